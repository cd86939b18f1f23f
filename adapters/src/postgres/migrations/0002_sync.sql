-- The ledger of the sync: one row per customer. Ids, times and counters, so without row-level
-- security; a worker claims rows of all stores.
CREATE TABLE store_context.sync_rows (
    store text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    wanted bigint NOT NULL DEFAULT 0,
    confirmed bigint NOT NULL DEFAULT 0,
    -- When the oldest unconfirmed version was wanted.
    wanted_at timestamptz NOT NULL,
    -- 0: live, 1: bulk.
    priority smallint NOT NULL DEFAULT 1,
    tries integer NOT NULL DEFAULT 0,
    -- When the row is due, unless it is claimed.
    due_at timestamptz,
    quiet_until timestamptz,
    -- 0: none, 1: look, 2: write.
    doubt smallint NOT NULL DEFAULT 0,
    erased boolean NOT NULL DEFAULT false,
    merge_into text COLLATE "C",
    merged_into text COLLATE "C",
    parked_at timestamptz,
    -- The claim: its token, which is kept after it; the end of its lease; the version.
    fence bigint NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    claimed_version bigint,
    -- The first version that was wanted during the claim, and the doubt that was raised.
    later_at timestamptz,
    later_priority smallint,
    later_doubt smallint NOT NULL DEFAULT 0,
    -- From when on the row can be claimed.
    claimable_at timestamptz GENERATED ALWAYS AS (
        CASE
            WHEN claimed_until IS NULL THEN due_at
            WHEN due_at IS NOT NULL OR (wanted > confirmed AND parked_at IS NULL)
            THEN claimed_until
        END
    ) STORED,
    PRIMARY KEY (store, customer)
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

-- Every row that waits is in this index. A confirmed row is in none but the primary key's.
CREATE INDEX sync_rows_claimable
    ON store_context.sync_rows (store, priority, claimable_at, customer)
    WHERE claimable_at IS NOT NULL;
CREATE INDEX sync_rows_parked
    ON store_context.sync_rows (store, customer)
    WHERE parked_at IS NOT NULL;
-- The rest of what is counted.
CREATE INDEX sync_rows_other
    ON store_context.sync_rows (store)
    WHERE claimable_at IS NULL
        AND (claimed_until IS NOT NULL OR parked_at IS NOT NULL OR doubt <> 0 OR erased);

CREATE SEQUENCE store_context.sync_fences;

-- One row per store: its turn among the stores, and its pause. Due times are at most as late as
-- those of the store's rows, per priority.
CREATE TABLE store_context.sync_stores (
    store text COLLATE "C" PRIMARY KEY,
    -- The number of the claim that served the store last.
    served bigint NOT NULL DEFAULT 0,
    live_due_at timestamptz,
    bulk_due_at timestamptz,
    -- Whether rows are due now: a due time that has passed, seen by a claim.
    live_ready boolean NOT NULL DEFAULT false,
    bulk_ready boolean NOT NULL DEFAULT false,
    -- Set if the store is paused, until it is resumed.
    paused_until timestamptz,
    pauses integer NOT NULL DEFAULT 0,
    -- The claim that probes the paused store.
    probe_fence bigint,
    -- Until when no row of the paused store is claimed: the pause's end, or that of the probe's lease.
    gate_at timestamptz,
    live_at timestamptz GENERATED ALWAYS AS (
        CASE WHEN live_due_at IS NOT NULL THEN greatest(live_due_at, gate_at) END
    ) STORED,
    bulk_at timestamptz GENERATED ALWAYS AS (
        CASE WHEN bulk_due_at IS NOT NULL THEN greatest(bulk_due_at, gate_at) END
    ) STORED
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE INDEX sync_stores_live ON store_context.sync_stores (served, store) WHERE live_ready;
CREATE INDEX sync_stores_bulk ON store_context.sync_stores (served, store) WHERE bulk_ready;
CREATE INDEX sync_stores_live_later
    ON store_context.sync_stores (live_at) WHERE NOT live_ready AND live_at IS NOT NULL;
CREATE INDEX sync_stores_bulk_later
    ON store_context.sync_stores (bulk_at) WHERE NOT bulk_ready AND bulk_at IS NOT NULL;
CREATE INDEX sync_stores_paused
    ON store_context.sync_stores (store) WHERE paused_until IS NOT NULL;

CREATE SEQUENCE store_context.sync_turns;

-- What was wanted in a host's own transaction. Without a unique index and without a foreign key, an
-- insert waits for nobody. The next claim moves it into the rows.
CREATE TABLE store_context.sync_wants (
    id bigint GENERATED ALWAYS AS IDENTITY,
    store text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX sync_wants_order ON store_context.sync_wants (priority, id);

-- The contacts of customers.
CREATE TABLE store_context.sync_links (
    store text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    base_url text COLLATE "C" NOT NULL,
    account bigint NOT NULL,
    contact bigint NOT NULL,
    fingerprint text NOT NULL,
    holds text[] NOT NULL,
    waits_for text[] NOT NULL,
    left_out integer NOT NULL,
    PRIMARY KEY (store, customer)
) WITH (fillfactor = 85);

CREATE UNIQUE INDEX sync_links_contact
    ON store_context.sync_links (store, contact, account, base_url);

-- The values of `sync_links.waits_for`, to be found by value. A table, because a policy keeps an
-- index from being used for an operator of arrays.
CREATE TABLE store_context.sync_waits (
    store text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    PRIMARY KEY (store, value, customer)
);

CREATE INDEX sync_waits_customer ON store_context.sync_waits (store, customer);

-- Why rows were parked the last time.
CREATE TABLE store_context.sync_errors (
    store text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (store, customer)
);

-- Why stores are paused.
CREATE TABLE store_context.sync_pauses (
    store text COLLATE "C" PRIMARY KEY,
    reason text NOT NULL
);

ALTER TABLE store_context.sync_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.sync_links FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.sync_links USING (
    store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[])
);
ALTER TABLE store_context.sync_waits ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.sync_waits FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.sync_waits USING (
    store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[])
);
ALTER TABLE store_context.sync_errors ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.sync_errors FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.sync_errors USING (
    store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[])
);
ALTER TABLE store_context.sync_pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.sync_pauses FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.sync_pauses USING (
    store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[])
);

-- The schedule of the sweeps.
CREATE TABLE store_context.sweeps (
    store text COLLATE "C" PRIMARY KEY,
    -- When the sweep is due, or when its lease ends.
    due_at timestamptz NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    held boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80);

CREATE INDEX sweeps_due ON store_context.sweeps (due_at);
