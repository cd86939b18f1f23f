-- The lock on the queue keeps another worker from claiming it before the attempt is counted.
WITH held AS MATERIALIZED (
    SELECT q.id FROM store_context.webhook_queues q WHERE q.id = $1 AND q.fence = $2 FOR SHARE
), first AS (
    SELECT e.id FROM store_context.webhook_entries e WHERE e.queue = $1 ORDER BY e.place LIMIT 1
)
UPDATE store_context.webhook_entries e SET tries = LEAST(e.tries, 2147483646) + 1
FROM held, first
WHERE e.queue = $1 AND e.queue = held.id AND e.id = $3 AND first.id = $3
RETURNING e.tries - 1
