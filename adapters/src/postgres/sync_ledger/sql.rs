//! The statements that are longer than a line or two.

/// Wants rows.
pub(super) const WANT: &str = include_str!("want.sql");

/// Settles claims.
pub(super) const SETTLE: &str = include_str!("settle.sql");

/// Claims a row, whether or not it is due: $1 store, $2 customer, $3 lease in microseconds.
pub(super) const HOLD: &str = include_str!("hold.sql");

/// Claims rows of a priority, of the stores that were served longest ago: $1 stores to pass over, $2
/// the number of rows, $3 the share of a store, $4 stores and $5 how many of theirs were claimed
/// already, $6 lease in microseconds. Returns one row per claim, in order, with the number of rows
/// that the store had, up to one more than it could give; or a row without a claim for one that
/// another claim took, and for a store that had none.
///
/// A store that has as many gives at least four rows at a time: to look at a store costs about as much
/// as to claim a row.
///
/// The store's row is locked against other claims, not against triggers: these lock it for less
/// (`KEY SHARE`).
macro_rules! claim {
    ($ready:literal, $priority:literal) => {
        concat!(
            "WITH first AS (
                SELECT store, served, gate_at, pauses FROM store_context.sync_stores
                WHERE ", $ready, " AND store <> ALL ($1::text[])
                ORDER BY served, store LIMIT $2::bigint
                FOR NO KEY UPDATE SKIP LOCKED
            ), quota AS (
                SELECT first.*, CASE WHEN gate_at IS NOT NULL THEN 1 ELSE least(
                    $3::bigint - coalesce(n, 0),
                    greatest(ceil($2::float8 / count(*) OVER ())::bigint, 4)
                ) END AS quota
                FROM first LEFT JOIN unnest($4::text[], $5::bigint[]) AS taken (name, n)
                    ON name = store
                ORDER BY first.served, first.store
            ), chosen AS (
                -- A nested loop in the order of the stores, which ends with the last row that is
                -- needed.
                SELECT quota.store, gate_at, pauses, due.at, due.n AS due,
                    row_number() OVER () AS turn
                FROM quota LEFT JOIN LATERAL (
                    SELECT at, row_number() OVER () AS place, count(*) OVER () AS n
                    FROM (
                        SELECT r.ctid AS at FROM store_context.sync_rows AS r
                        WHERE r.store = quota.store AND r.priority = ", $priority, "
                            AND claimable_at <= store_context.ledger_now()
                        ORDER BY claimable_at, customer LIMIT quota.quota + 1
                    ) AS first
                ) AS due ON place <= quota
                LIMIT $2::bigint
            ), turned AS (
                -- They move to the end, also those that turn out to have nothing.
                UPDATE store_context.sync_stores AS s
                SET served = nextval('store_context.sync_turns')
                WHERE s.store = ANY (ARRAY(SELECT DISTINCT store FROM chosen))
            ), locked AS (
                SELECT r.ctid AS at, turn FROM chosen
                JOIN store_context.sync_rows AS r ON r.ctid = chosen.at
                WHERE r.priority = ", $priority, "
                    AND r.claimable_at <= store_context.ledger_now()
                FOR UPDATE OF r SKIP LOCKED
            ), claimed AS (
                -- Not one that was changed since it was chosen: the next claim finds it.
                UPDATE store_context.sync_rows AS r SET
                    fence = nextval('store_context.sync_fences'),
                    -- A row that is due without being wanted becomes wanted now, so that a lost
                    -- claim is tried again.
                    wanted = greatest(r.wanted, r.confirmed + 1),
                    wanted_at = CASE WHEN r.wanted > r.confirmed
                        THEN r.wanted_at ELSE store_context.ledger_now() END,
                    claimed_version = greatest(r.wanted, r.confirmed + 1),
                    -- A lease of zero ends after the call that grants it.
                    claimed_until = store_context.ledger_now()
                        + greatest($6::bigint, 1) * interval '1 microsecond',
                    -- A claim that was not settled is lost, and counts as an attempt, unless a newer
                    -- version was wanted: that was never attempted.
                    tries = r.tries
                        + (r.claimed_until IS NOT NULL AND r.later_at IS NULL)::integer,
                    priority = least(r.priority, r.later_priority),
                    doubt = greatest(r.doubt, r.later_doubt),
                    later_at = NULL, later_priority = NULL, later_doubt = 0
                FROM locked WHERE r.ctid = locked.at
                RETURNING r.*, locked.turn
            )
            SELECT chosen.store, chosen.gate_at IS NOT NULL AS probe, chosen.pauses, chosen.due,
                c.customer, c.wanted, c.wanted_at, c.priority, c.tries, c.fence, c.doubt, c.erased,
                c.merge_into, c.merged_into
            FROM chosen LEFT JOIN claimed AS c USING (turn) ORDER BY turn"
        )
    };
}

pub(super) const CLAIM_LIVE: &str = claim!("live_ready", "0");
pub(super) const CLAIM_BULK: &str = claim!("bulk_ready", "1");

/// Makes up to $1 stores per priority ready whose first row has become due.
pub(super) const ADVANCE: &str = "
    WITH live AS (
        SELECT store FROM store_context.sync_stores
        WHERE NOT live_ready AND live_at <= store_context.ledger_now()
        ORDER BY live_at LIMIT $1
        FOR NO KEY UPDATE SKIP LOCKED
    ), bulk AS (
        SELECT store FROM store_context.sync_stores
        WHERE NOT bulk_ready AND bulk_at <= store_context.ledger_now()
        ORDER BY bulk_at LIMIT $1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE store_context.sync_stores AS s SET
        live_ready = coalesce(live_at <= store_context.ledger_now(), false),
        bulk_ready = coalesce(bulk_at <= store_context.ledger_now(), false)
    FROM (SELECT store FROM live UNION SELECT store FROM bulk) AS due
    WHERE s.store = due.store";

/// Locks stores, and returns which of them no trigger is changing at the moment.
pub(super) const LOCK_SERVED: &str = "
    SELECT store FROM store_context.sync_stores WHERE store = ANY ($1::text[])
    FOR UPDATE SKIP LOCKED";

/// Sets when the next rows of stores are due that no trigger is changing: $1.
pub(super) const SERVED: &str = "
    UPDATE store_context.sync_stores AS s SET
        live_due_at = next.live, bulk_due_at = next.bulk,
        live_ready = next.live IS NOT NULL
            AND greatest(next.live, s.gate_at) <= store_context.ledger_now(),
        bulk_ready = next.bulk IS NOT NULL
            AND greatest(next.bulk, s.gate_at) <= store_context.ledger_now()
    FROM (
        SELECT name, (
            SELECT claimable_at FROM store_context.sync_rows AS r
            WHERE r.store = name AND r.priority = 0 AND claimable_at IS NOT NULL
            ORDER BY claimable_at LIMIT 1
        ) AS live, (
            SELECT claimable_at FROM store_context.sync_rows AS r
            WHERE r.store = name AND r.priority = 1 AND claimable_at IS NOT NULL
            ORDER BY claimable_at LIMIT 1
        ) AS bulk
        FROM unnest($1::text[]) AS served (name)
    ) AS next
    WHERE s.store = next.name";

/// Closes the gates of paused stores that are probed: $1 stores, $2 fences of the probes, $3 lease in
/// microseconds.
pub(super) const PROBED: &str = "
    UPDATE store_context.sync_stores AS s SET
        probe_fence = fence,
        gate_at = store_context.ledger_now() + greatest($3::bigint, 1) * interval '1 microsecond',
        live_ready = false, bulk_ready = false
    FROM unnest($1::text[], $2::bigint[]) AS probe (name, fence)
    WHERE s.store = name";

/// Locks stores against claims that are setting when their rows are due, but not against other
/// triggers, and returns which of them are due too late or not at all: $1 stores, $2 and $3 when
/// their live and bulk rows are due at the latest.
pub(super) const LATE_STORES: &str = "
    SELECT s.store,
        (live IS NOT NULL AND (s.live_due_at IS NULL OR s.live_due_at > live))
        OR (bulk IS NOT NULL AND (s.bulk_due_at IS NULL OR s.bulk_due_at > bulk)) AS late
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS due (name, live, bulk)
    JOIN store_context.sync_stores AS s ON s.store = name
    ORDER BY s.store
    FOR KEY SHARE OF s";

/// Sets when the first rows of stores are due, if it is earlier than what they have; the parameters
/// are those of [`LATE_STORES`], in the order of the stores.
pub(super) const HASTEN: &str = "
    INSERT INTO store_context.sync_stores AS s
        (store, live_due_at, bulk_due_at, live_ready, bulk_ready)
    SELECT store, live, bulk, coalesce(live <= store_context.ledger_now(), false),
        coalesce(bulk <= store_context.ledger_now(), false)
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS due (store, live, bulk)
    ON CONFLICT (store) DO UPDATE SET
        live_due_at = least(s.live_due_at, excluded.live_due_at),
        bulk_due_at = least(s.bulk_due_at, excluded.bulk_due_at),
        live_ready = s.live_ready OR (excluded.live_due_at IS NOT NULL
            AND greatest(excluded.live_due_at, s.gate_at) <= store_context.ledger_now()),
        bulk_ready = s.bulk_ready OR (excluded.bulk_due_at IS NOT NULL
            AND greatest(excluded.bulk_due_at, s.gate_at) <= store_context.ledger_now())";

/// Removes up to $1 wants of hosts' transactions, live ones first, and returns them.
pub(super) const TAKE_WANTS: &str = "
    WITH first AS (
        SELECT ctid FROM store_context.sync_wants ORDER BY priority, id LIMIT $1
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM store_context.sync_wants WHERE ctid = ANY (ARRAY(SELECT ctid FROM first))
    RETURNING store, customer, priority, at";

/// Returns in how many seconds a row may become due: of a trigger in a host's transaction, or of a
/// store. `NULL` if never.
pub(super) const NEXT: &str = "
    SELECT CASE
        WHEN EXISTS (SELECT FROM store_context.sync_wants)
            OR EXISTS (SELECT FROM store_context.sync_stores WHERE live_ready)
            OR EXISTS (SELECT FROM store_context.sync_stores WHERE bulk_ready) THEN 0
        ELSE extract(epoch FROM least(
            (SELECT min(live_at) FROM store_context.sync_stores
                WHERE NOT live_ready AND live_at IS NOT NULL),
            (SELECT min(bulk_at) FROM store_context.sync_stores
                WHERE NOT bulk_ready AND bulk_at IS NOT NULL)
        ) - store_context.ledger_now())
    END::float8";

/// Counts rows: of one store, or of all if $1 is null.
pub(super) const COUNTS: &str = "
    WITH work AS (
        SELECT wanted > confirmed AND parked_at IS NULL AS waiting, wanted_at, claimed_until,
            parked_at, doubt, erased
        FROM store_context.sync_rows
        WHERE claimable_at IS NOT NULL AND ($1::text IS NULL OR store = $1)
        UNION ALL
        SELECT false, wanted_at, claimed_until, parked_at, doubt, erased
        FROM store_context.sync_rows
        WHERE claimable_at IS NULL
            AND (claimed_until IS NOT NULL OR parked_at IS NOT NULL OR doubt <> 0 OR erased)
            AND ($1::text IS NULL OR store = $1)
    )
    SELECT
        (SELECT count(*) FROM store_context.sync_rows WHERE $1::text IS NULL OR store = $1)
            AS customers,
        count(*) FILTER (WHERE waiting) AS waiting,
        count(*) FILTER (WHERE claimed_until > store_context.ledger_now()) AS claimed,
        count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
        count(*) FILTER (WHERE doubt <> 0) AS in_doubt,
        count(*) FILTER (WHERE erased) AS erased,
        min(wanted_at) FILTER (WHERE waiting) AS oldest_wanted_at
    FROM work";

/// Marks a claimed row as in doubt and wanted: $1 store, $2 customer, $3 fence, $4 whether the claim
/// knows that the customer was erased.
pub(super) const BEGIN: &str = "
    UPDATE store_context.sync_rows AS r SET
        doubt = 2,
        tries = CASE WHEN r.parked_at IS NULL THEN r.tries ELSE 0 END,
        parked_at = NULL,
        wanted = greatest(r.wanted, r.confirmed + 1),
        wanted_at = CASE WHEN r.wanted > r.confirmed
            THEN r.wanted_at ELSE store_context.ledger_now() END,
        priority = CASE WHEN r.wanted > r.confirmed THEN r.priority ELSE 0 END,
        claimed_version = CASE WHEN r.wanted > r.confirmed
            THEN r.claimed_version ELSE r.confirmed + 1 END
    WHERE store = $1 AND customer = $2 AND fence = $3 AND claimed_until IS NOT NULL
        AND (NOT erased OR $4)
    RETURNING store, priority, claimable_at";

/// Extends claims: $1 stores, $2 customers, $3 fences, $4 lease in microseconds. Returns the numbers
/// of those that were valid, from 1, and when the row can be claimed if that is earlier than before.
pub(super) const EXTEND: &str = "
    WITH held AS (
        SELECT r.store, r.customer, r.claimed_until, numbers
        FROM (
            SELECT store, customer, fence, array_agg(n) AS numbers
            FROM unnest($1::text[], $2::text[], $3::bigint[])
                WITH ORDINALITY AS claim (store, customer, fence, n)
            GROUP BY store, customer, fence
        ) AS claim
        JOIN store_context.sync_rows AS r USING (store, customer)
        WHERE r.fence = claim.fence AND r.claimed_until IS NOT NULL
        ORDER BY r.store, r.customer
        FOR UPDATE OF r
    )
    UPDATE store_context.sync_rows AS r
    SET claimed_until = store_context.ledger_now() + $4 * interval '1 microsecond'
    FROM held WHERE r.store = held.store AND r.customer = held.customer
    RETURNING numbers, r.store, r.priority,
        CASE WHEN r.claimed_until < held.claimed_until THEN r.claimable_at END AS claimable_at";

/// Keeps the gates of probed stores closed for longer: $1 stores, $2 fences of the probes, $3 lease
/// in microseconds.
pub(super) const EXTEND_PROBES: &str = "
    UPDATE store_context.sync_stores AS s
    SET gate_at = store_context.ledger_now() + $3 * interval '1 microsecond',
        live_ready = false, bulk_ready = false
    FROM unnest($1::text[], $2::bigint[]) AS probe (name, fence)
    WHERE s.store = name AND s.probe_fence = fence";

/// Ends probes: $1 stores, $2 fences.
pub(super) const END_PROBES: &str = "
    UPDATE store_context.sync_stores AS s
    SET probe_fence = NULL, gate_at = s.paused_until,
        live_ready = s.live_due_at IS NOT NULL
            AND greatest(s.live_due_at, s.paused_until) <= store_context.ledger_now(),
        bulk_ready = s.bulk_due_at IS NOT NULL
            AND greatest(s.bulk_due_at, s.paused_until) <= store_context.ledger_now()
    FROM unnest($1::text[], $2::bigint[]) AS probe (name, fence)
    WHERE s.store = name AND s.probe_fence = fence";

/// Keeps why rows were parked: $1 stores, $2 customers, $3 errors.
pub(super) const PARK: &str = "
    INSERT INTO store_context.sync_errors (store, customer, error)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT (store, customer) DO UPDATE SET error = excluded.error";

/// Returns the other rows with the contacts: $1 stores, $2 customers, $3 base URLs, $4 accounts, $5
/// contacts.
pub(super) const OTHERS: &str = "
    SELECT l.store, l.customer
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
        AS new (store, customer, base_url, account, contact)
    JOIN store_context.sync_links AS l USING (store, base_url, account, contact)
    WHERE l.customer <> new.customer";

/// Removes links, and why the rows were parked: $1 stores, $2 customers.
pub(super) const REMOVE_LINKS: &str = "
    WITH gone AS (
        SELECT * FROM unnest($1::text[], $2::text[]) AS gone (store, customer)
    ), errors AS (
        DELETE FROM store_context.sync_errors AS e USING gone
        WHERE e.store = gone.store AND e.customer = gone.customer
    )
    DELETE FROM store_context.sync_links AS l USING gone
    WHERE l.store = gone.store AND l.customer = gone.customer";

/// Removes what rows wait for: $1 stores, $2 customers.
pub(super) const REMOVE_WAITS: &str = "
    DELETE FROM store_context.sync_waits AS w
    USING unnest($1::text[], $2::text[]) AS gone (store, customer)
    WHERE w.store = gone.store AND w.customer = gone.customer";

/// Adds what rows wait for: $1 stores, $2 customers, $3 values.
pub(super) const ADD_WAITS: &str = "
    INSERT INTO store_context.sync_waits (store, customer, value)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT DO NOTHING";

/// Returns the rows that wait for values: $1 stores, $2 customers that released them, $3 values.
pub(super) const WAITERS: &str = "
    SELECT DISTINCT w.store, w.customer
    FROM unnest($1::text[], $2::text[], $3::text[]) AS freed (store, customer, value)
    JOIN store_context.sync_waits AS w USING (store, value)
    WHERE w.customer <> freed.customer";

/// Writes links: $1 stores, $2 customers, $3 base URLs, $4 accounts, $5 contacts, $6 fingerprints,
/// $7 and $8 what they hold and wait for, as arrays in JSON, $9 how often a value was left out.
pub(super) const WRITE_LINKS: &str = "
    INSERT INTO store_context.sync_links
        (store, customer, base_url, account, contact, fingerprint, holds, waits_for, left_out)
    SELECT store, customer, base_url, account, contact, fingerprint,
        ARRAY(SELECT jsonb_array_elements_text(holds)),
        ARRAY(SELECT jsonb_array_elements_text(waits_for)), left_out
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[],
        $7::jsonb[], $8::jsonb[], $9::integer[])
        AS new (store, customer, base_url, account, contact, fingerprint, holds, waits_for, left_out)
    ON CONFLICT (store, customer) DO UPDATE SET
        base_url = excluded.base_url, account = excluded.account, contact = excluded.contact,
        fingerprint = excluded.fingerprint, holds = excluded.holds,
        waits_for = excluded.waits_for, left_out = excluded.left_out";

/// Pauses a store: $1 store, $2 microseconds. A store that is paused already stays so for the longer
/// of the two times, and its pauses are counted once.
pub(super) const PAUSE: &str = "
    INSERT INTO store_context.sync_stores AS s (store, paused_until, gate_at, pauses)
    SELECT $1, until, until, 1
    FROM (SELECT store_context.ledger_now() + $2 * interval '1 microsecond' AS until) AS pause
    ON CONFLICT (store) DO UPDATE SET
        paused_until = greatest(s.paused_until, excluded.paused_until),
        gate_at = CASE
            WHEN s.paused_until > store_context.ledger_now() AND s.probe_fence IS NOT NULL
            THEN s.gate_at ELSE greatest(s.paused_until, excluded.paused_until)
        END,
        pauses = CASE
            WHEN s.paused_until > store_context.ledger_now() THEN s.pauses ELSE s.pauses + 1
        END,
        probe_fence = CASE
            WHEN s.paused_until > store_context.ledger_now() THEN s.probe_fence
        END,
        live_ready = false, bulk_ready = false";

/// Ends the pause of a store: $1.
pub(super) const RESUME: &str = "
    UPDATE store_context.sync_stores AS s
    SET paused_until = NULL, gate_at = NULL, pauses = 0, probe_fence = NULL,
        live_ready = coalesce(s.live_due_at <= store_context.ledger_now(), false),
        bulk_ready = coalesce(s.bulk_due_at <= store_context.ledger_now(), false)
    WHERE store = $1 AND paused_until IS NOT NULL";
