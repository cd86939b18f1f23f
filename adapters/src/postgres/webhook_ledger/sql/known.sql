-- What is known of keys, conversations and stores, and new numbers. `LATERAL ... LIMIT 1` makes each a
-- look-up of its own: a plan that was made when the table was empty never reads the whole of it.
SELECT 0::smallint AS what, k.number, e.delivery AS value,
       e.received_at >= store_context.ledger_now() - interval '10 seconds' AS recent,
       NULL::bytea AS state
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS k (store, digest, number)
CROSS JOIN LATERAL (
    SELECT e.delivery, e.received_at FROM store_context.webhook_entries e
    WHERE e.store = k.store AND e.digest = k.digest LIMIT 1
) e
UNION ALL
SELECT 1::smallint, s.number, NULL, NULL, w.state
FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[])
    WITH ORDINALITY AS s (store, base_url, account, conversation, number)
CROSS JOIN LATERAL (
    SELECT w.state FROM store_context.webhook_states w
    WHERE w.store = s.store AND w.base_url = s.base_url AND w.account = s.account
      AND w.conversation = s.conversation LIMIT 1
) w
UNION ALL
SELECT 2::smallint, n.number, nextval('store_context.webhook_numbers'), NULL, NULL
FROM generate_series(1, $7) AS n (number)
UNION ALL
-- The stores of which something was forgotten: few.
SELECT 3::smallint, s.number, NULL, NULL, NULL
FROM unnest($8::text[]) WITH ORDINALITY AS s (store, number)
CROSS JOIN LATERAL (
    SELECT FROM store_context.webhook_forgotten w WHERE w.store = s.store LIMIT 1
) w
UNION ALL
-- The stores that had no entries before.
SELECT 4::smallint, s.number, NULL, NULL, NULL
FROM unnest($8::text[]) WITH ORDINALITY AS s (store, number)
LEFT JOIN LATERAL (
    SELECT w.store FROM store_context.webhook_stores w WHERE w.store = s.store LIMIT 1
) w ON true
WHERE w.store IS NULL
UNION ALL
-- The stores whose rounds a webhook moves forward. No more than once a second, if that changes nothing
-- but the time of the last webhook.
SELECT 5::smallint, s.number, NULL, NULL, NULL
FROM unnest($8::text[]) WITH ORDINALITY AS s (store, number)
CROSS JOIN LATERAL (
    SELECT FROM store_context.webhook_rounds r
    WHERE r.store = s.store AND (
        r.last_webhook_at IS NULL
        OR r.last_webhook_at < store_context.ledger_now() - interval '1 second'
        OR store_context.ledger_now() + r.after_webhook
            < CASE WHEN r.fence = 0 THEN r.due_at ELSE COALESCE(r.at_latest, 'infinity') END)
    LIMIT 1
) r
