-- Appends a number of entries to queues, and creates those that do not exist. The rows stay locked,
-- so that all that is decided of a conversation afterwards is decided in one order. The arrays are
-- sorted: that is the order in which rows are locked.
INSERT INTO store_context.webhook_queues AS q
    (store, base_url, account, conversation, entries, waiting_since, first_due, due_at)
SELECT n.store, n.base_url, n.account, n.conversation, n.entries,
       COALESCE(n.waiting_since, store_context.ledger_now()),
       store_context.ledger_now(), store_context.ledger_now()
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::timestamptz[])
    AS n (store, base_url, account, conversation, entries, waiting_since)
ON CONFLICT (store, base_url, account, conversation) DO UPDATE SET
    entries = q.entries + EXCLUDED.entries,
    waiting_since = CASE WHEN q.entries = 0 THEN EXCLUDED.waiting_since ELSE q.waiting_since END,
    first_due = CASE WHEN q.entries = 0 THEN EXCLUDED.first_due ELSE q.first_due END
RETURNING q.conversation, q.id
