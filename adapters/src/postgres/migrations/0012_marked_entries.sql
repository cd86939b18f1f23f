-- Of what waits, the entries that are not plain deliveries of known events: few. With them the counts
-- need not read the others.
CREATE INDEX webhook_entries_marked ON store_context.webhook_entries (store)
    INCLUDE (reconciled, unknown) WHERE queue IS NOT NULL AND (reconciled OR unknown);
