-- The time of the ledgers. A function, so that a test can replace it.
CREATE FUNCTION store_context.ledger_now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN now();

-- Of all stores, so that neither starts again when a store is removed and added again.
CREATE SEQUENCE store_context.store_changes;
CREATE SEQUENCE store_context.store_fences;

-- The stores that exist, for workers of all stores.
CREATE TABLE store_context.store_versions (
    store text COLLATE "C" PRIMARY KEY,
    -- The version of the account and the credentials.
    version bigint NOT NULL,
    -- The key that the credentials are sealed with; null if there are none.
    sealing_key text,
    -- The fence of the last lock. Without a time it was released.
    fence bigint,
    locked_until timestamptz
) WITH (fillfactor = 80);

-- A column of bytes is a sealed secret.
CREATE TABLE store_context.stores (
    store text COLLATE "C" PRIMARY KEY REFERENCES store_context.store_versions,
    config jsonb NOT NULL,
    account jsonb NOT NULL,
    user_token bytea,
    user_token_base_url text,
    webhook_secret bytea,
    previous_webhook_secret bytea,
    previous_webhook_secret_until timestamptz,
    website_hmac bytea,
    api_hmac bytea,
    webhook_address bytea,
    panel_address bytea,
    panel_address_since timestamptz,
    previous_panel_address bytea,
    previous_panel_address_until timestamptz,
    identifier_key bytea,
    proof_key bytea,
    previous_proof_key bytea,
    previous_proof_key_until timestamptz
) WITH (fillfactor = 80);

ALTER TABLE store_context.stores ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.stores
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

-- The store of each URL, by a keyed hash of its unguessable part.
CREATE TABLE store_context.store_addresses (
    address text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    -- The key of the hash.
    sealing_key text NOT NULL,
    store text COLLATE "C" NOT NULL REFERENCES store_context.store_versions,
    -- Null for a URL that was not replaced.
    expires_at timestamptz,
    PRIMARY KEY (address, hash)
);
CREATE INDEX ON store_context.store_addresses (store);

-- Who did what with a secret, a customer or a message. The runtime role adds and reads; the owner
-- drops the partitions of old months.
CREATE SEQUENCE store_context.audit_entries;
CREATE TABLE store_context.audit_trail (
    id bigint NOT NULL DEFAULT nextval('store_context.audit_entries'),
    at timestamptz NOT NULL DEFAULT store_context.ledger_now(),
    store text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX ON store_context.audit_trail (store, id);

ALTER TABLE store_context.audit_trail ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.audit_trail
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

-- The entries of months that have no partition yet.
CREATE TABLE store_context.audit_trail_default
    PARTITION OF store_context.audit_trail DEFAULT;
ALTER TABLE store_context.audit_trail_default
    ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.audit_trail_default
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));
