-- Settles entries of a claimed queue. The lock on the queue comes first, and what was removed
-- meanwhile is not counted: the number of entries is always that of the rows.
WITH held AS MATERIALIZED (
    SELECT q.id FROM store_context.webhook_queues q WHERE q.id = $1 AND q.fence = $2 FOR UPDATE
), first AS (
    SELECT e.id FROM store_context.webhook_entries e WHERE e.queue = $1 ORDER BY e.place LIMIT 1
), ended AS (
    UPDATE store_context.webhook_entries e SET
        state = o.state, queue = NULL, place = NULL, ended_at = store_context.ledger_now(),
        error = o.error,
        key = CASE WHEN o.state = 2 THEN e.key END,
        event = CASE WHEN o.state = 2 THEN e.event END,
        base_url = CASE WHEN o.state = 2 THEN e.base_url END,
        account = CASE WHEN o.state = 2 THEN e.account END,
        conversation = CASE WHEN o.state = 2 THEN e.conversation END,
        contact = CASE WHEN o.state = 2 THEN e.contact END
    FROM held, unnest($3::bigint[], $4::smallint[], $5::bytea[]) AS o (id, state, error)
    WHERE e.queue = $1 AND e.queue = held.id AND e.id = o.id
    RETURNING e.id
), next AS (
    SELECT e.received_at FROM store_context.webhook_entries e
    WHERE e.queue = $1 AND e.id NOT IN (SELECT ended.id FROM ended) ORDER BY e.place LIMIT 1
)
UPDATE store_context.webhook_queues q SET
    entries = q.entries - (SELECT count(*) FROM ended)::integer,
    waiting_since = COALESCE((SELECT next.received_at FROM next), store_context.ledger_now()),
    first_due = CASE
        WHEN $6 IS NOT NULL AND $6 NOT IN (SELECT ended.id FROM ended)
             AND EXISTS (SELECT FROM store_context.webhook_entries e WHERE e.queue = $1 AND e.id = $6)
            THEN store_context.ledger_now() + make_interval(secs => $7)
        WHEN (SELECT first.id FROM first) IN (SELECT ended.id FROM ended)
            THEN store_context.ledger_now()
        ELSE q.first_due END
FROM held WHERE q.id = held.id
