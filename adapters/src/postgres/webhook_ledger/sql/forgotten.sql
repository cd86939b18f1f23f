-- Contacts and conversations of which nothing may be taken any more, by their place in the arrays.
SELECT f.number
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::smallint[], $5::bigint[])
    WITH ORDINALITY AS f (store, base_url, account, kind, id, number)
CROSS JOIN LATERAL (
    SELECT FROM store_context.webhook_forgotten w
    WHERE w.store = f.store AND w.base_url = f.base_url AND w.account = f.account
      AND w.kind = f.kind AND w.number = f.id LIMIT 1
) w
