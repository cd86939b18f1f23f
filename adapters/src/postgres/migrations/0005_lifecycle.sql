-- Processes of the previous version go on: they neither read nor write these columns. Constants as
-- defaults rewrite no row.
ALTER TABLE store_context.stores
    -- Whether the store is suspended, offboarding or moved. Not in the column of the account, which a
    -- process of the previous version writes as a whole.
    ADD COLUMN lifecycle jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN previous_webhook_address bytea,
    ADD COLUMN previous_webhook_address_until timestamptz;
