//! What was done for a customer.

use jiff::SignedDuration;

use super::drift::Drift;
use super::write::LeftOut;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Link, Settlement};

/// What was done for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The contact is new.
    Created,
    /// A contact that was there already became the customer's.
    Adopted,
    /// The contact was changed.
    Updated,
    /// The contact says it already; nothing was written.
    Unchanged,
    /// The shop has no such customer (any more), and there is no contact to remove.
    Gone,
    /// The contact of a customer who is gone was anonymized.
    Anonymized,
    /// The contact of a customer who is gone was deleted.
    Deleted,
    /// The contact was merged into that of another customer, as the shop did with the two.
    Merged,
    /// It failed, and is due again later.
    Failed,
    /// It failed too often, and waits to be replayed.
    Parked,
    /// It was given back untried: its store is paused, or another worker has a row that it needs.
    Returned,
    /// Another worker took it over meanwhile, or the ledger failed.
    Lost,
}

impl Outcome {
    /// Returns the outcome as a label for a metric: `created`, `updated`, `parked` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Gone => "gone",
            Self::Anonymized => "anonymized",
            Self::Deleted => "deleted",
            Self::Merged => "merged",
            Self::Failed => "failed",
            Self::Parked => "parked",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    /// Whether the version that was wanted is in Chatwoot now.
    pub(super) fn is_confirmed(self) -> bool {
        !matches!(self, Self::Failed | Self::Parked | Self::Returned | Self::Lost)
    }
}

/// One customer's sync.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Synced {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// What was done.
    pub outcome: Outcome,
    /// From the first trigger to the confirmation; `None` unless it was confirmed.
    pub lag: Option<SignedDuration>,
    /// Fields that this customer's contact had to go without; the rest was written.
    pub left_out: Vec<LeftOut>,
    /// What was wrong with the contact before, if that was seen; it is put right now.
    pub drift: Option<Drift>,
    /// Why it failed, or why the store was paused.
    pub error: Option<String>,
}

/// What was done for a customer, before the claim is settled.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) settlement: Settlement,
    pub(super) outcome: Outcome,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) drift: Option<Drift>,
    /// Whether Chatwoot answered.
    pub(super) called: bool,
}

impl Done {
    pub(super) fn new(settlement: Settlement, outcome: Outcome) -> Self {
        let called = !matches!(outcome, Outcome::Unchanged | Outcome::Gone);
        Self { settlement, outcome, left_out: Vec::new(), drift: None, called }
    }

    /// The contact is as its link says.
    pub(super) fn unchanged(link: Link) -> Self {
        let retry_left_out = retry_left_out(&link);
        let quiet = std::time::Duration::ZERO;
        Self::new(Settlement::Confirmed { link, quiet, retry_left_out }, Outcome::Unchanged)
    }
}

/// When to try again by itself what was left out because another contact has it: after two seconds,
/// as two who swap may wait for each other, then seldom: that the other is another customer's and
/// lets it go is told by the ledger.
pub(super) fn retry_left_out(link: &Link) -> Option<std::time::Duration> {
    const WAITS: [u64; 5] = [2, 60, 600, 3_600, 21_600];
    const LONGEST: u64 = 86_400;
    if link.waits_for.is_empty() {
        return None;
    }
    let place = usize::try_from(link.left_out.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = WAITS.get(place).copied().unwrap_or(LONGEST);
    Some(std::time::Duration::from_secs(seconds).mul_f64(1.0 + fastrand::f64() / 4.0))
}
