-- The receipts of customers' erasures: with the mark in `sync_rows` they are the tombstones. Besides
-- the customer's id they have numbers and times only.
CREATE TABLE store_context.erasures (
    store text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    -- The fence of the claim that wrote it last.
    fence bigint NOT NULL DEFAULT 0,
    complete boolean NOT NULL DEFAULT false,
    receipt jsonb NOT NULL,
    PRIMARY KEY (store, customer)
) WITH (fillfactor = 70);

CREATE INDEX erasures_pending ON store_context.erasures (store, customer) WHERE NOT complete;

-- The contacts (0) and conversations (1) of which no event is stored any more.
CREATE TABLE store_context.webhook_forgotten (
    store text COLLATE "C" NOT NULL,
    base_url text COLLATE "C" NOT NULL,
    account bigint NOT NULL,
    kind smallint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (store, base_url, account, kind, number)
);

ALTER TABLE store_context.erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.erasures
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

ALTER TABLE store_context.webhook_forgotten ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.webhook_forgotten FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.webhook_forgotten
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));
