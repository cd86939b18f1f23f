-- The stores that recorded activity, for workers of all stores.
CREATE TABLE store_context.activity_stores (
    store text COLLATE "C" PRIMARY KEY
);

-- What customers did in the shop, for a limited time. The reference keeps a store in the list while
-- it has activity, also if it is forgotten while more is recorded.
CREATE TABLE store_context.activity (
    store text COLLATE "C" NOT NULL REFERENCES store_context.activity_stores,
    customer text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    title text NOT NULL,
    url text,
    PRIMARY KEY (store, customer, at, id)
);
-- For what is old.
CREATE INDEX ON store_context.activity (store, at);

ALTER TABLE store_context.activity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.activity
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

-- The organization of a store, an id: its stores are listed across stores.
ALTER TABLE store_context.store_versions ADD COLUMN organization text COLLATE "C";
CREATE INDEX ON store_context.store_versions (organization, store) WHERE organization IS NOT NULL;
