-- Whether a store is suspended, offboarding or moved, and what came with that. A table of its own:
-- a column more would break the prepared `SELECT stores.*` of processes of the previous version
-- ("cached plan must not change result type"), and the account's column is written as a whole by them.
-- They remove a store by its version, which removes this too.
CREATE TABLE store_context.store_lifecycles (
    store text COLLATE "C" PRIMARY KEY REFERENCES store_context.store_versions ON DELETE CASCADE,
    lifecycle jsonb NOT NULL,
    -- Sealed.
    previous_webhook_address bytea,
    previous_webhook_address_until timestamptz
) WITH (fillfactor = 80);

ALTER TABLE store_context.store_lifecycles ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.store_lifecycles
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));
