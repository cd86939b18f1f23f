-- Removes the data of waiting and parked entries of contacts and conversations, and says what of which queue. The
-- queues are locked.
WITH gone AS (
    SELECT e.digest, e.queue,
           e.place = (SELECT f.place FROM store_context.webhook_entries f
                      WHERE f.queue = e.queue ORDER BY f.place LIMIT 1) AS was_first
    FROM unnest($1::bigint[]) AS q (id)
    CROSS JOIN LATERAL (
        SELECT e.digest, e.queue, e.place FROM store_context.webhook_entries e
        WHERE e.queue = q.id AND (e.contact = ANY ($5) OR e.conversation = ANY ($6)) ORDER BY e.place FOR UPDATE
    ) e
    UNION ALL
    SELECT p.digest, NULL, NULL FROM (
        SELECT e.digest FROM store_context.webhook_entries e
        WHERE e.store = $2 AND e.state = 2 AND e.base_url = $3 AND e.account = $4
          AND (e.contact = ANY ($5) OR e.conversation = ANY ($6))
        ORDER BY e.id FOR UPDATE
    ) p
), forgotten AS (
    UPDATE store_context.webhook_entries e SET
        state = 3, queue = NULL, place = NULL, ended_at = store_context.ledger_now(),
        key = NULL, event = NULL, error = NULL,
        base_url = NULL, account = NULL, conversation = NULL, contact = NULL
    FROM gone WHERE e.store = $2 AND e.digest = gone.digest
    RETURNING 1
)
SELECT gone.queue, count(*)::integer, COALESCE(bool_or(gone.was_first), false),
       (SELECT count(*) FROM forgotten)::integer
FROM gone GROUP BY gone.queue
