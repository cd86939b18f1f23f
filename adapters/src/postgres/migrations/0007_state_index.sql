-- A look-up of one conversation never names the day, so that it cannot use this index by mistake: the
-- previous one looked as good as the primary key as long as the table had no statistics.
CREATE INDEX webhook_states_old ON store_context.webhook_states (store, updated_on)
    WHERE updated_on IS NOT NULL;
DROP INDEX store_context.webhook_states_updated;
