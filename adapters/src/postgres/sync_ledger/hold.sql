-- Claims a row, whether or not it is due: $1 store, $2 customer, $3 lease in microseconds. Returns
-- nothing while another worker holds it, or while what was sent for it may still be worked on.
UPDATE store_context.sync_rows AS r SET
    fence = nextval('store_context.sync_fences'),
    claimed_version = r.wanted,
    claimed_until = store_context.ledger_now() + greatest($3::bigint, 1) * interval '1 microsecond',
    tries = r.tries + (r.claimed_until IS NOT NULL AND r.later_at IS NULL)::integer,
    priority = least(r.priority, r.later_priority),
    doubt = greatest(r.doubt, r.later_doubt),
    later_at = NULL,
    later_priority = NULL,
    later_doubt = 0
WHERE store = $1 AND customer = $2
    AND CASE
        WHEN r.claimed_until IS NOT NULL THEN r.claimed_until <= store_context.ledger_now()
        ELSE r.doubt <> 2 OR r.quiet_until IS NULL OR r.quiet_until <= store_context.ledger_now()
    END
RETURNING store, customer, wanted,
    CASE WHEN wanted > confirmed THEN wanted_at ELSE store_context.ledger_now() END AS wanted_at,
    priority, tries, fence, doubt, erased, merge_into, merged_into, claimable_at
