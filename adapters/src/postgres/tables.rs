//! The tables, and who may see what of them.

/// What a table holds. It decides what the runtime role may do with it, and who sees its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ids, times, leases and fences, which a worker claims across stores. Without row-level
    /// security.
    Queue,
    /// Data of a store, which only a transaction that names the store sees.
    Payload,
    /// Payload that may be added and read, and neither changed nor removed.
    AppendOnly,
    /// The list of the migrations, which the runtime role may read.
    Migrations,
}

impl Kind {
    /// Returns what the runtime role may do with the table.
    pub(super) const fn privileges(self) -> &'static str {
        match self {
            Self::Queue | Self::Payload => "SELECT, INSERT, UPDATE, DELETE",
            Self::AppendOnly => "SELECT, INSERT",
            Self::Migrations => "SELECT",
        }
    }

    /// Returns whether only a transaction that names a store may see the store's rows.
    pub(super) const fn is_payload(self) -> bool {
        matches!(self, Self::Payload | Self::AppendOnly)
    }
}

/// All tables. Partitions have the kind of the table that they belong to.
pub(super) const TABLES: &[(&str, Kind)] = &[
    ("migrations", Kind::Migrations),
    ("stores", Kind::Payload),
    ("store_lifecycles", Kind::Payload),
    ("store_versions", Kind::Queue),
    ("store_addresses", Kind::Queue),
    ("audit_trail", Kind::AppendOnly),
    ("sync_rows", Kind::Queue),
    ("sync_stores", Kind::Queue),
    ("sync_wants", Kind::Queue),
    ("sync_links", Kind::Payload),
    ("sync_waits", Kind::Payload),
    ("sync_errors", Kind::Payload),
    ("sync_pauses", Kind::Payload),
    ("sweeps", Kind::Queue),
    ("live_lines", Kind::Queue),
    ("webhook_stores", Kind::Queue),
    ("webhook_queues", Kind::Queue),
    ("webhook_entries", Kind::Payload),
    ("webhook_states", Kind::Payload),
    ("webhook_inbox", Kind::Payload),
    ("webhook_arrivals", Kind::Queue),
    ("webhook_rounds", Kind::Queue),
    ("activity_stores", Kind::Queue),
    ("activity", Kind::Payload),
    ("webhook_forgotten", Kind::Payload),
    ("erasures", Kind::Payload),
];

/// The columns of the queues: ids, hashes, times, leases, fences and counters. Whoever adds one has
/// looked whether every store may see it.
pub(super) const QUEUE_COLUMNS: &[(&str, &[&str])] = &[
    (
        "store_versions",
        &["store", "version", "sealing_key", "fence", "locked_until", "organization"],
    ),
    ("store_addresses", &["address", "hash", "sealing_key", "store", "expires_at"]),
    (
        "sync_rows",
        &[
            "store",
            "customer",
            "wanted",
            "confirmed",
            "wanted_at",
            "priority",
            "tries",
            "due_at",
            "quiet_until",
            "doubt",
            "erased",
            "merge_into",
            "merged_into",
            "parked_at",
            "fence",
            "claimed_until",
            "claimed_version",
            "later_at",
            "later_priority",
            "later_doubt",
            "claimable_at",
        ],
    ),
    (
        "sync_stores",
        &[
            "store",
            "served",
            "live_due_at",
            "bulk_due_at",
            "live_ready",
            "bulk_ready",
            "paused_until",
            "pauses",
            "probe_fence",
            "gate_at",
            "live_at",
            "bulk_at",
        ],
    ),
    ("sync_wants", &["id", "store", "customer", "priority", "at"]),
    ("sweeps", &["store", "due_at", "fence", "held", "at_latest"]),
    ("live_lines", &["store", "due_at", "fence", "held"]),
    ("webhook_stores", &["store", "served"]),
    (
        "webhook_queues",
        &[
            "id",
            "account",
            "conversation",
            "fence",
            "waiting_since",
            "first_due",
            "due_at",
            "entries",
            "ready",
            "store",
            "base_url",
        ],
    ),
    ("webhook_arrivals", &["id", "store"]),
    (
        "webhook_rounds",
        &[
            "store",
            "due_at",
            "fence",
            "at_latest",
            "base_url",
            "account",
            "since",
            "failures",
            "last_webhook_at",
            "after_webhook",
            "unread",
        ],
    ),
    ("activity_stores", &["store"]),
];
