WITH held AS MATERIALIZED (
    SELECT q.id, q.entries FROM store_context.webhook_queues q
    WHERE q.id = $1 AND q.fence = $2 FOR UPDATE
), emptied AS (
    DELETE FROM store_context.webhook_queues q USING held WHERE q.id = held.id AND held.entries = 0
), released AS (
    UPDATE store_context.webhook_queues q SET
        fence = 0, due_at = q.first_due, ready = q.first_due <= store_context.ledger_now()
    FROM held WHERE q.id = held.id AND held.entries > 0
)
SELECT count(*) FROM held
