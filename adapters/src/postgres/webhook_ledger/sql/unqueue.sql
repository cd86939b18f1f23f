-- Takes back the places of entries that turned out to be known, or were removed. `first` says
-- whether the queue's first entry was among them.
WITH n AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::boolean[]) AS n (id, entries, was_first)
), emptied AS (
    DELETE FROM store_context.webhook_queues q USING n
    WHERE q.id = n.id AND q.fence = 0 AND q.entries <= n.entries
)
UPDATE store_context.webhook_queues q SET
    entries = q.entries - n.entries,
    waiting_since = COALESCE(
        (SELECT e.received_at FROM store_context.webhook_entries e
         WHERE e.queue = q.id ORDER BY e.place LIMIT 1), q.waiting_since),
    first_due = CASE WHEN n.was_first THEN store_context.ledger_now() ELSE q.first_due END,
    due_at = CASE WHEN n.was_first AND q.fence = 0 THEN store_context.ledger_now() ELSE q.due_at END,
    ready = q.ready OR n.was_first AND q.fence = 0
FROM n WHERE q.id = n.id AND NOT (q.fence = 0 AND q.entries <= n.entries)
