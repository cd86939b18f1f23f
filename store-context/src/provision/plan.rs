//! The plan of a provisioning: what it would do with each resource.

use std::fmt;

use serde::Serialize;
use url::Url;

use crate::model::StoreId;

/// The kind of a resource in Chatwoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceKind {
    /// The store's account.
    Account,
    /// The user whose token the engine uses.
    Administrator,
    /// The store's team.
    Team,
    /// The membership of the administrator in the team.
    TeamMember,
    /// A label.
    Label,
    /// The definition of an attribute.
    Attribute,
    /// The website inbox.
    WebsiteInbox,
    /// The API inbox.
    ApiInbox,
    /// The email inbox.
    EmailInbox,
    /// The membership of the administrator in an inbox.
    InboxMember,
    /// The account's webhook to this host.
    Webhook,
    /// The dashboard app that shows the panel.
    DashboardApp,
}

/// A field that a provisioning changes. The values of a secret are not shown; of a URL that
/// contains one, only the origin is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field, by its name in Chatwoot's API.
    pub field: String,
    /// The present value; `None` if there is none, or it is a secret.
    pub from: Option<String>,
    /// The new value; `None` if it is removed, or it is a secret.
    pub to: Option<String>,
}

impl FieldChange {
    pub(super) fn new(
        field: impl Into<String>,
        from: Option<impl Into<String>>,
        to: Option<impl Into<String>>,
    ) -> Self {
        Self { field: field.into(), from: from.map(Into::into), to: to.map(Into::into) }
    }

    /// Creates the change of a secret, without its values.
    pub(super) fn secret(field: impl Into<String>) -> Self {
        Self { field: field.into(), from: None, to: None }
    }

    /// Creates the change of a URL whose path is a secret: the values are the origins.
    pub(super) fn address(field: impl Into<String>, from: Option<&str>, to: &str) -> Self {
        Self::new(field, from.map(masked), Some(masked(to)))
    }
}

/// Returns the URL with everything after its origin masked.
fn masked(url: &str) -> String {
    let origin = Url::parse(url).map(|url| url.origin().ascii_serialization());
    origin.map_or_else(|_| "***".to_owned(), |origin| format!("{origin}/***"))
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (None, None) => f.write_str(&self.field),
            (from, to) => {
                let text = |value: &Option<String>| match value {
                    Some(value) => format!("{value:?}"),
                    None => "nothing".to_owned(),
                };
                write!(f, "{} from {} to {}", self.field, text(from), text(to))
            }
        }
    }
}

/// What a provisioning does with a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanAction {
    /// The resource does not exist; it is created.
    Create,
    /// The resource differs in these fields; they are changed.
    Change(Vec<FieldChange>),
    /// The resource is up to date.
    Unchanged,
    /// The resource cannot be provisioned, for this reason and with this to do. While a plan has a
    /// conflict, provisioning changes none of the account's resources.
    Conflict(String),
    /// The resource was created by an earlier provisioning and is no longer wanted. Provisioning
    /// leaves it; [`Provisioner::delete_orphans`](super::Provisioner::delete_orphans) deletes it.
    Orphan,
    /// The resource cannot be read before the administrator is provisioned, which an entry above
    /// does. Provisioning reads it then, and creates or changes what is needed.
    Unread,
}

impl PlanAction {
    /// Returns `Change`, or `Unchanged` if no field differs.
    pub(super) fn of(changes: Vec<FieldChange>) -> Self {
        if changes.is_empty() { Self::Unchanged } else { Self::Change(changes) }
    }
}

/// A resource of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct PlanEntry {
    /// The resource's kind.
    pub kind: ResourceKind,
    /// The resource, in words.
    pub what: String,
    /// What provisioning does with it.
    pub action: PlanAction,
}

/// The plan of a provisioning, one entry per resource, in the order in which they are provisioned.
/// `Display` writes one line with the counts, then one line per entry that is not unchanged. It
/// contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvisionPlan {
    store: StoreId,
    entries: Vec<PlanEntry>,
    warnings: Vec<String>,
}

impl ProvisionPlan {
    pub(super) const fn new(store: StoreId) -> Self {
        Self { store, entries: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn push(&mut self, kind: ResourceKind, what: String, action: PlanAction) {
        self.entries.push(PlanEntry { kind, what, action });
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Returns the store's id.
    pub const fn store(&self) -> &StoreId {
        &self.store
    }

    /// Returns the entries, in the order in which they are provisioned.
    pub fn entries(&self) -> &[PlanEntry] {
        &self.entries
    }

    /// Returns the warnings about the host's configuration.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the entries that cannot be provisioned.
    pub fn conflicts(&self) -> impl Iterator<Item = &PlanEntry> {
        self.entries.iter().filter(|entry| matches!(entry.action, PlanAction::Conflict(_)))
    }

    /// Returns the entries that an earlier provisioning created and that are no longer wanted.
    pub fn orphans(&self) -> impl Iterator<Item = &PlanEntry> {
        self.entries.iter().filter(|entry| entry.action == PlanAction::Orphan)
    }

    /// Returns whether a provisioning would change nothing. Orphans are not counted.
    pub fn is_up_to_date(&self) -> bool {
        let leaves =
            |entry: &PlanEntry| matches!(entry.action, PlanAction::Unchanged | PlanAction::Orphan);
        self.entries.iter().all(leaves)
    }
}

impl fmt::Display for ProvisionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&PlanAction) -> bool| {
            self.entries.iter().filter(|entry| is(&entry.action)).count()
        };
        write!(
            f,
            "{}: {} to create, {} to change, {} unchanged, {} in conflict, {} orphaned",
            self.store,
            count(|action| *action == PlanAction::Create),
            count(|action| matches!(action, PlanAction::Change(_))),
            count(|action| *action == PlanAction::Unchanged),
            count(|action| matches!(action, PlanAction::Conflict(_))),
            count(|action| *action == PlanAction::Orphan),
        )?;
        let unread = count(|action| *action == PlanAction::Unread);
        if unread > 0 {
            write!(f, ", {unread} not read yet")?;
        }
        for PlanEntry { what, action, .. } in &self.entries {
            match action {
                PlanAction::Unchanged => {}
                PlanAction::Create => write!(f, "\n  create {what}")?,
                PlanAction::Change(fields) => {
                    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                    write!(f, "\n  change {what}: {}", fields.join("; "))?;
                }
                PlanAction::Conflict(reason) => write!(f, "\n  conflict {what}: {reason}")?,
                PlanAction::Orphan => write!(f, "\n  orphan {what}")?,
                PlanAction::Unread => write!(f, "\n  not read {what}")?,
            }
        }
        for warning in &self.warnings {
            write!(f, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}

/// A resource with what applying the plan does with it: `R` is the resource as it is, `N` its
/// creation and `P` its change.
pub(super) enum Planned<R, N, P> {
    Create(N),
    Change(R, P),
    Keep(R),
    /// Nothing is applied.
    Conflict,
}
