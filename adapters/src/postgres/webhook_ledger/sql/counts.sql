WITH ended AS (
    SELECT e.state, e.reconciled, e.unknown, count(*) AS number
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT e.state, e.reconciled, e.unknown FROM store_context.webhook_entries e
        WHERE e.store = s.store AND e.state IN (1, 2) AND e.ended_at IS NOT NULL
    ) e
    GROUP BY 1, 2, 3
), waiting AS (
    SELECT 0::smallint AS state, e.reconciled, e.unknown, count(*) AS number
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT q.id FROM store_context.webhook_queues q WHERE q.store = s.store
    ) q
    CROSS JOIN LATERAL (
        SELECT e.reconciled, e.unknown FROM store_context.webhook_entries e WHERE e.queue = q.id
    ) e
    GROUP BY 1, 2, 3
), queues AS (
    SELECT count(*) FILTER (WHERE q.fence <> 0) AS claimed,
           min(q.waiting_since) FILTER (WHERE q.entries > 0) AS oldest
    FROM unnest($1::text[]) AS s (store)
    CROSS JOIN LATERAL (
        SELECT q.fence, q.waiting_since, q.entries FROM store_context.webhook_queues q
        WHERE q.store = s.store
    ) q
), entries AS (
    SELECT * FROM ended UNION ALL SELECT * FROM waiting
)
SELECT COALESCE(sum(number) FILTER (WHERE NOT reconciled), 0)::bigint AS webhooks,
       COALESCE(sum(number) FILTER (WHERE reconciled), 0)::bigint AS reconciled,
       COALESCE(sum(number) FILTER (WHERE state = 1), 0)::bigint AS handled,
       COALESCE(sum(number) FILTER (WHERE state = 0), 0)::bigint AS waiting,
       COALESCE(sum(number) FILTER (WHERE state = 2), 0)::bigint AS parked,
       COALESCE(sum(number) FILTER (WHERE unknown), 0)::bigint AS unknown,
       (SELECT claimed FROM queues) AS claimed,
       (SELECT oldest FROM queues) AS oldest,
       (
           SELECT max(r.last_webhook_at) FROM store_context.webhook_rounds r
           WHERE r.store = ANY($1::text[])
       ) AS last_webhook
FROM entries
