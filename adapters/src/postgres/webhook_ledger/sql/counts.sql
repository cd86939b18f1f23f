-- What waits is counted by its queues: only what is not a plain delivery of a known event is read.
WITH ended AS (
    SELECT e.state, e.reconciled, e.unknown, count(*) AS number
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT e.state, e.reconciled, e.unknown FROM store_context.webhook_entries e
        WHERE e.store = s.store AND e.state IN (1, 2) AND e.ended_at IS NOT NULL
    ) e
    GROUP BY 1, 2, 3
), marked AS (
    SELECT count(*) FILTER (WHERE e.reconciled) AS reconciled,
           count(*) FILTER (WHERE e.unknown) AS unknown
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT e.reconciled, e.unknown FROM store_context.webhook_entries e
        WHERE e.store = s.store AND e.queue IS NOT NULL AND (e.reconciled OR e.unknown)
    ) e
), queues AS (
    SELECT COALESCE(sum(q.entries), 0) AS entries,
           count(*) FILTER (WHERE q.fence <> 0) AS claimed,
           min(q.waiting_since) FILTER (WHERE q.entries > 0) AS oldest
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT q.entries, q.fence, q.waiting_since FROM store_context.webhook_queues q
        WHERE q.store = s.store
    ) q
), sums AS (
    SELECT COALESCE(sum(number), 0) AS ended,
           COALESCE(sum(number) FILTER (WHERE reconciled), 0) AS reconciled,
           COALESCE(sum(number) FILTER (WHERE state = 1), 0) AS handled,
           COALESCE(sum(number) FILTER (WHERE state = 2), 0) AS parked,
           COALESCE(sum(number) FILTER (WHERE unknown), 0) AS unknown
    FROM ended
)
SELECT (e.ended - e.reconciled + q.entries - m.reconciled)::bigint AS webhooks,
       (e.reconciled + m.reconciled)::bigint AS reconciled,
       e.handled::bigint AS handled,
       q.entries::bigint AS waiting,
       e.parked::bigint AS parked,
       (e.unknown + m.unknown)::bigint AS unknown,
       q.claimed,
       q.oldest,
       (
           SELECT max(r.last_webhook_at) FROM store_context.webhook_rounds r
           WHERE r.store = ANY($1::text[])
       ) AS last_webhook
FROM sums e, queues q, marked m
