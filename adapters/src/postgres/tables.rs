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
    ("store_versions", Kind::Queue),
    ("sync_rows", Kind::Queue),
    ("sync_stores", Kind::Queue),
    ("sync_wants", Kind::Queue),
    ("sync_links", Kind::Payload),
    ("sync_waits", Kind::Payload),
    ("sync_errors", Kind::Payload),
    ("sync_pauses", Kind::Payload),
    ("sweeps", Kind::Queue),
];
