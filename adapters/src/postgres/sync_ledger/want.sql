-- Wants rows: $1 stores, $2 customers, $3 priorities, $4 when (null: now), $5 doubts, $6 erasures,
-- $7 customers to merge into. $8: only rows that exist.
WITH input AS (
    SELECT store, customer, min(priority) AS priority, least(min(at), store_context.ledger_now()) AS at,
        max(doubt) AS doubt, bool_or(erased) AS erased, max(merge_into) AS merge_into
    FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[], $5::smallint[],
        $6::boolean[], $7::text[])
        AS input (store, customer, priority, at, doubt, erased, merge_into)
    GROUP BY store, customer
)
INSERT INTO store_context.sync_rows AS r
    (store, customer, wanted, wanted_at, priority, due_at, doubt, erased, merge_into)
SELECT store, customer, 1, at, priority, at, doubt, erased, merge_into
FROM input
WHERE NOT $8::boolean OR EXISTS (
    SELECT FROM store_context.sync_rows AS r
    WHERE r.store = input.store COLLATE "C" AND r.customer = input.customer COLLATE "C"
)
ORDER BY store COLLATE "C", customer COLLATE "C"
ON CONFLICT (store, customer) DO UPDATE SET
    wanted = r.wanted + 1,
    tries = 0,
    parked_at = NULL,
    wanted_at = CASE WHEN r.wanted > r.confirmed THEN r.wanted_at ELSE excluded.wanted_at END,
    priority = CASE
        WHEN r.claimed_until IS NOT NULL THEN r.priority
        WHEN r.wanted > r.confirmed THEN least(r.priority, excluded.priority)
        ELSE excluded.priority
    END,
    -- What is due already keeps its place.
    due_at = CASE
        WHEN r.claimed_until IS NOT NULL OR r.due_at <= store_context.ledger_now() THEN r.due_at
        ELSE greatest(excluded.due_at, r.quiet_until)
    END,
    later_at = CASE
        WHEN r.claimed_until IS NOT NULL THEN coalesce(r.later_at, excluded.wanted_at)
    END,
    later_priority = CASE
        WHEN r.claimed_until IS NOT NULL THEN least(r.later_priority, excluded.priority)
    END,
    doubt = CASE
        WHEN r.claimed_until IS NULL THEN greatest(r.doubt, excluded.doubt) ELSE r.doubt
    END,
    later_doubt = CASE
        WHEN r.claimed_until IS NOT NULL THEN greatest(r.later_doubt, excluded.doubt) ELSE 0
    END,
    erased = r.erased OR excluded.erased,
    merge_into = coalesce(excluded.merge_into, r.merge_into)
RETURNING store, priority, claimable_at
