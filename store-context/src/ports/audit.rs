//! The audit trail: who did what with a secret, a customer or a message.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortResult;
use crate::model::StoreId;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditAction {
    /// A sealed secret was opened.
    Open,
    /// A sealed secret was opened and sealed with another key.
    Reseal,
    /// A store was provisioned.
    Provision,
    /// A URL or a secret was replaced.
    Rotate,
    /// A customer's erasure was requested.
    Erase,
    /// The merge of a customer into another one was requested.
    Merge,
    /// A message or a note was sent. A retry that finds the message is entered too.
    Send,
    /// A store was suspended.
    Suspend,
    /// A suspended store was made active again.
    Resume,
    /// A store's webhook and panel were moved to another public URL, or back.
    Repoint,
    /// A store's offboarding began or ended.
    Offboard,
    /// An action of the host's own, or one of a later version.
    Other(String),
}

impl AuditAction {
    /// Returns the text that is stored.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Reseal => "reseal",
            Self::Provision => "provision",
            Self::Rotate => "rotate",
            Self::Erase => "erase",
            Self::Merge => "merge",
            Self::Send => "send",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Repoint => "repoint",
            Self::Offboard => "offboard",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for AuditAction {
    fn from(text: &str) -> Self {
        match text {
            "open" => Self::Open,
            "reseal" => Self::Reseal,
            "provision" => Self::Provision,
            "rotate" => Self::Rotate,
            "erase" => Self::Erase,
            "merge" => Self::Merge,
            "send" => Self::Send,
            "suspend" => Self::Suspend,
            "resume" => Self::Resume,
            "repoint" => Self::Repoint,
            "offboard" => Self::Offboard,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What it was done with: a kind and an id, and no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditSubject {
    /// The store itself.
    Store,
    /// A secret of the store, by the name of its field: `webhook_secret`.
    Secret(String),
    /// A customer, by a keyed digest of the host's id
    /// ([`StoreIdentity::audit_subject`](crate::identity::StoreIdentity::audit_subject)): entries
    /// stay when a customer is erased.
    Customer(String),
    /// A message in Chatwoot, by its id.
    Message(String),
    /// Something of the host's own, or of a later version.
    Other {
        /// The kind, for example `order`.
        kind: String,
        /// The id.
        id: String,
    },
}

impl AuditSubject {
    /// Returns the subject for a kind and an id, as they are stored.
    pub fn new(kind: &str, id: impl Into<String>) -> Self {
        let id = id.into();
        match kind {
            "store" => Self::Store,
            "secret" => Self::Secret(id),
            "customer" => Self::Customer(id),
            "message" => Self::Message(id),
            other => Self::Other { kind: other.to_owned(), id },
        }
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::Store => "store",
            Self::Secret(_) => "secret",
            Self::Customer(_) => "customer",
            Self::Message(_) => "message",
            Self::Other { kind, .. } => kind,
        }
    }

    /// Returns the id; empty for the store itself.
    pub fn id(&self) -> &str {
        match self {
            Self::Store => "",
            Self::Secret(id) | Self::Customer(id) | Self::Message(id) | Self::Other { id, .. } => {
                id
            }
        }
    }
}

/// An entry to append. The trail adds the time.
///
/// ```
/// use store_context::model::StoreId;
/// use store_context::ports::{AuditAction, AuditEntry, AuditSubject};
///
/// let entry = AuditEntry {
///     store: StoreId::new("north")?,
///     actor: "backoffice/employee-17".to_owned(),
///     action: AuditAction::Other("export".to_owned()),
///     subject: AuditSubject::new("order", "2026-0017"),
/// };
/// assert_eq!(entry.subject.kind(), "order");
/// assert_eq!(entry.action.as_str(), "export");
/// # Ok::<(), store_context::model::InvalidId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The store.
    pub store: StoreId,
    /// Who did it: a service of the engine (`store-context/sync`), or whatever the host calls its
    /// services and users. An id and not a person's name.
    pub actor: String,
    /// What was done.
    pub action: AuditAction,
    /// With what.
    pub subject: AuditSubject,
}

impl AuditEntry {
    /// Creates an entry.
    ///
    /// ```
    /// use store_context::model::StoreId;
    /// use store_context::ports::{AuditAction, AuditEntry, AuditSubject};
    ///
    /// let north = StoreId::new("north")?;
    /// let subject = AuditSubject::Secret("panel_address".to_owned());
    /// let entry = AuditEntry::new(&north, "backoffice", AuditAction::Rotate, subject);
    /// assert_eq!(entry.subject.id(), "panel_address");
    /// # Ok::<(), store_context::model::InvalidId>(())
    /// ```
    pub fn new(
        store: &StoreId,
        actor: impl Into<String>,
        action: AuditAction,
        subject: AuditSubject,
    ) -> Self {
        Self { store: store.clone(), actor: actor.into(), action, subject }
    }
}

/// An entry as it was appended. `Display` writes one line.
///
/// ```
/// use store_context::model::StoreId;
/// use store_context::ports::{AuditAction, AuditEntry, AuditRecord, AuditSubject};
///
/// let subject = AuditSubject::Secret("user_token".to_owned());
/// let entry = AuditEntry::new(&StoreId::new("north")?, "shop", AuditAction::Rotate, subject);
/// let record = AuditRecord { id: 7, at: "2026-11-21T12:00:00Z".parse()?, entry };
/// assert_eq!(record.to_string(), "2026-11-21T12:00:00Z north shop rotate secret user_token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The position in the trail; it increases with each entry.
    pub id: u64,
    /// The time of the entry, by the trail's own clock.
    pub at: Timestamp,
    /// The entry.
    pub entry: AuditEntry,
}

impl fmt::Display for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AuditEntry { store, actor, action, subject } = &self.entry;
        write!(f, "{} {store} {actor} {action} {}", self.at, subject.kind())?;
        match subject.id() {
            "" => Ok(()),
            id => write!(f, " {id}"),
        }
    }
}

/// Stores the audit trail: who did what with which secret, customer or message, and when.
///
/// It has no personal data: a customer is named by a keyed digest
/// ([`StoreIdentity::audit_subject`](crate::identity::StoreIdentity::audit_subject)), so that an
/// erasure has nothing to remove from it.
/// Nothing that has this port can change or remove an entry. Old entries are removed by the
/// storage's owner, in the storage's own way.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Appends entries in their order, all or none of them.
    async fn append(&self, entries: &[AuditEntry]) -> PortResult<()>;

    /// Returns up to `limit` entries of a store, newest first; with `before`, only those with a
    /// smaller [`AuditRecord::id`].
    async fn entries(
        &self,
        store: &StoreId,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AuditRecord>>;
}
