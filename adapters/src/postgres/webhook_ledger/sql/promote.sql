-- Finds queues that have become due: those that waited for an attempt, and those whose lease has
-- ended. What was emptied and never given back is removed.
WITH due AS (
    SELECT q.id, q.entries FROM store_context.webhook_queues q
    WHERE NOT q.ready AND q.due_at <= store_context.ledger_now()
    ORDER BY q.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
), emptied AS (
    DELETE FROM store_context.webhook_queues q USING due WHERE q.id = due.id AND due.entries = 0
)
UPDATE store_context.webhook_queues q SET ready = true
FROM due WHERE q.id = due.id AND due.entries > 0
