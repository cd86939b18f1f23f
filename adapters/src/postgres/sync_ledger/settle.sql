-- Settles claims: $1 stores, $2 customers, $3 fences, $4 how (0: confirmed, 1: gone, 2: retry,
-- 3: parked, 4: returned), $5 quiet periods and $6 delays (null: none) in microseconds, $7 the
-- merges of the claims. Returns the numbers of those that were valid, from 1.
WITH settled AS (
    SELECT n, r.store, r.customer, kind, claim.merge_into,
        r.priority AS priority_before, r.claimable_at AS claimable_before,
        store_context.ledger_now() + quiet * interval '1 microsecond' AS quiet_until,
        store_context.ledger_now() + delay * interval '1 microsecond' AS after,
        -- A newer version was never attempted: the row is as if it was returned.
        CASE WHEN kind >= 2 AND r.later_at IS NOT NULL THEN 4 ELSE kind END AS outcome
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[],
        $7::text[])
        WITH ORDINALITY AS claim (store, customer, fence, kind, quiet, delay, merge_into, n)
    JOIN store_context.sync_rows AS r
        ON r.store = claim.store COLLATE "C" AND r.customer = claim.customer COLLATE "C"
    WHERE r.fence = claim.fence AND r.claimed_until IS NOT NULL
    ORDER BY r.store, r.customer
    FOR UPDATE OF r
)
UPDATE store_context.sync_rows AS r SET
    claimed_until = NULL,
    claimed_version = NULL,
    later_at = NULL,
    later_priority = NULL,
    later_doubt = 0,
    confirmed = CASE WHEN kind < 2 THEN greatest(r.confirmed, r.claimed_version) ELSE r.confirmed END,
    -- A row that failed without being wanted becomes wanted.
    wanted = CASE WHEN outcome IN (2, 3) THEN greatest(r.wanted, r.confirmed + 1) ELSE r.wanted END,
    wanted_at = CASE
        WHEN kind < 2 THEN coalesce(r.later_at, r.wanted_at)
        WHEN outcome IN (2, 3) AND r.wanted = r.confirmed THEN store_context.ledger_now()
        ELSE r.wanted_at
    END,
    priority = CASE
        WHEN kind < 2 AND r.later_priority IS NOT NULL THEN r.later_priority
        WHEN kind = 0 AND after IS NOT NULL THEN 1
        ELSE least(r.priority, r.later_priority)
    END,
    doubt = CASE WHEN kind < 2 THEN r.later_doubt ELSE greatest(r.doubt, r.later_doubt) END,
    tries = CASE WHEN kind < 2 THEN 0 WHEN outcome IN (2, 3) THEN r.tries + 1 ELSE r.tries END,
    parked_at = CASE
        WHEN kind < 2 OR outcome = 2 THEN NULL
        WHEN outcome = 3 THEN store_context.ledger_now()
        ELSE r.parked_at
    END,
    quiet_until = CASE WHEN kind = 1 THEN r.quiet_until ELSE settled.quiet_until END,
    due_at = CASE
        WHEN kind = 0 AND r.later_at IS NOT NULL
        THEN greatest(store_context.ledger_now(), r.quiet_until, settled.quiet_until)
        WHEN kind = 0 THEN CASE WHEN after IS NOT NULL THEN greatest(after, settled.quiet_until) END
        WHEN kind = 1 THEN CASE
            WHEN r.later_at IS NOT NULL THEN greatest(store_context.ledger_now(), r.quiet_until)
        END
        WHEN outcome = 2 THEN greatest(after, settled.quiet_until)
        WHEN outcome = 3 THEN NULL
        WHEN r.wanted > r.confirmed AND r.parked_at IS NULL
        THEN greatest(store_context.ledger_now(), settled.quiet_until)
        ELSE r.due_at
    END,
    merged_into = CASE
        WHEN kind = 0 THEN NULL
        WHEN kind = 1 THEN coalesce(settled.merge_into, r.merged_into)
        ELSE r.merged_into
    END,
    merge_into = CASE
        WHEN kind = 1 AND r.merge_into IS NOT DISTINCT FROM settled.merge_into THEN NULL
        ELSE r.merge_into
    END
FROM settled
WHERE r.store = settled.store AND r.customer = settled.customer
RETURNING n, r.store, r.priority,
    -- Unless the store's time is early enough for it already.
    CASE
        WHEN r.priority <> priority_before OR r.claimable_at < claimable_before
            OR claimable_before IS NULL
        THEN r.claimable_at
    END AS claimable_at
