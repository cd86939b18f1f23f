-- Numbers of entries and queues, places in queues, fences, and the order in which stores are served.
CREATE SEQUENCE store_context.webhook_numbers;

-- The stores that have entries.
CREATE TABLE store_context.webhook_stores (
    store text COLLATE "C" PRIMARY KEY,
    -- The store with the lowest number was served longest ago.
    served bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The queues of waiting entries: one a conversation, and one for each entry without one. A queue
-- without entries exists only while it is claimed.
CREATE TABLE store_context.webhook_queues (
    id bigint PRIMARY KEY DEFAULT nextval('store_context.webhook_numbers'),
    account bigint NOT NULL,
    conversation bigint,
    -- The fence of its claim; 0 if nobody has it.
    fence bigint NOT NULL DEFAULT 0,
    -- When its first entry was received.
    waiting_since timestamptz NOT NULL,
    -- When its first entry is due.
    first_due timestamptz NOT NULL,
    -- When it is due: when its lease ends, if it is claimed.
    due_at timestamptz NOT NULL,
    -- The number of its entries.
    entries integer NOT NULL,
    -- Whether it was found to be due. A claim looks for what is due in two steps, so that it never
    -- reads what is not.
    ready boolean NOT NULL DEFAULT true,
    store text COLLATE "C" NOT NULL,
    base_url text COLLATE "C" NOT NULL,
    UNIQUE (store, base_url, account, conversation)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

CREATE INDEX webhook_queues_ready ON store_context.webhook_queues (store, due_at, id) WHERE ready;

CREATE INDEX webhook_queues_later ON store_context.webhook_queues (due_at) WHERE NOT ready;

-- The entries. Of a handled one only its key is left, as a digest.
CREATE TABLE store_context.webhook_entries (
    id bigint NOT NULL,
    -- Its queue and its place there, while it waits.
    queue bigint,
    place bigint,
    -- Where it is from; nothing once it is handled.
    account bigint,
    conversation bigint,
    contact bigint,
    -- A digest of the delivery's id.
    delivery bigint,
    received_at timestamptz NOT NULL,
    -- When it was handled, parked or forgotten.
    ended_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    -- 0 waiting, 1 handled, 2 parked, 3 forgotten.
    state smallint NOT NULL DEFAULT 0,
    reconciled boolean NOT NULL,
    unknown boolean NOT NULL,
    stale boolean NOT NULL,
    store text COLLATE "C" NOT NULL,
    -- A digest of the account and the key.
    digest bytea NOT NULL,
    base_url text COLLATE "C",
    -- Bytes, not text or jsonb: JSON may hold U+0000 and numbers that these refuse or round.
    key bytea,
    event bytea,
    error bytea,
    UNIQUE (store, digest)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX webhook_entries_waiting ON store_context.webhook_entries (queue, place)
    WHERE queue IS NOT NULL;

CREATE INDEX webhook_entries_parked ON store_context.webhook_entries (store, id)
    WHERE state = 2;

CREATE INDEX webhook_entries_ended ON store_context.webhook_entries (store, state, ended_at)
    INCLUDE (reconciled, unknown) WHERE ended_at IS NOT NULL;

-- The newest known states of conversations.
CREATE TABLE store_context.webhook_states (
    account bigint NOT NULL,
    conversation bigint NOT NULL,
    contact bigint,
    updated_at timestamptz NOT NULL,
    -- The day of it. An index of the time itself would be written with each state.
    updated_on date NOT NULL,
    store text COLLATE "C" NOT NULL,
    base_url text COLLATE "C" NOT NULL,
    -- The state, the status that was told last, and the time up to which messages were read; JSON.
    state bytea NOT NULL,
    status_told bytea,
    messages_read_at bytea,
    PRIMARY KEY (store, base_url, account, conversation)
) WITH (fillfactor = 70);

CREATE INDEX webhook_states_updated ON store_context.webhook_states (store, updated_on);

-- Deliveries that were taken in a transaction of the host's, until the next claim files them; and
-- the stores that have some.
CREATE TABLE store_context.webhook_inbox (
    id bigint PRIMARY KEY DEFAULT nextval('store_context.webhook_numbers'),
    store text COLLATE "C" NOT NULL,
    base_url text COLLATE "C" NOT NULL,
    account bigint NOT NULL,
    entry bytea NOT NULL
);

CREATE TABLE store_context.webhook_arrivals (
    id bigint PRIMARY KEY,
    store text COLLATE "C" NOT NULL
);

-- The schedule of the reconciliation.
CREATE TABLE store_context.webhook_rounds (
    store text COLLATE "C" PRIMARY KEY,
    due_at timestamptz NOT NULL,
    -- The fence of its claim; 0 if nobody has it.
    fence bigint NOT NULL DEFAULT 0,
    -- The latest time of the next round, if that was asked for while this one is claimed.
    at_latest timestamptz,
    base_url text COLLATE "C",
    account bigint,
    since timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    last_webhook_at timestamptz,
    after_webhook interval,
    -- Numbers of conversations, and times.
    unread jsonb NOT NULL DEFAULT '[]'
) WITH (fillfactor = 50);

CREATE INDEX webhook_rounds_due ON store_context.webhook_rounds (due_at, store);

ALTER TABLE store_context.webhook_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.webhook_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.webhook_entries
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

ALTER TABLE store_context.webhook_states ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.webhook_states FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.webhook_states
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));

ALTER TABLE store_context.webhook_inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE store_context.webhook_inbox FORCE ROW LEVEL SECURITY;
CREATE POLICY named_stores ON store_context.webhook_inbox
    USING (store = ANY (NULLIF(current_setting('store_context_tenant.stores', true), '')::text[]));
