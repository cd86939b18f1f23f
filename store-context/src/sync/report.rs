//! The results of syncing customers.

use jiff::SignedDuration;

use super::drift::Drift;
use super::write::LeftOut;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Link, Settlement};

/// The outcome of one customer's sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The contact was created.
    Created,
    /// An existing contact became the customer's.
    Adopted,
    /// The contact was updated.
    Updated,
    /// The contact was up to date; nothing was written.
    Unchanged,
    /// The shop has no such customer (any more), and there is no contact to remove.
    Gone,
    /// The contact of a customer who no longer exists was anonymized.
    Anonymized,
    /// The contact of a customer who no longer exists was deleted.
    Deleted,
    /// The contact was merged into that of another customer, because the shop merged the two.
    Merged,
    /// The sync failed and is retried later.
    Failed,
    /// The sync failed too often and is parked until it is replayed.
    Parked,
    /// The claim was returned without an attempt: the store is paused, or another worker holds a
    /// row that the sync needs.
    Returned,
    /// The claim was lost to another worker, or the ledger failed.
    Lost,
}

impl Outcome {
    /// Returns the outcome as a metric label: `created`, `updated`, `parked` and so on.
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

    /// Returns whether the wanted version is in Chatwoot now.
    pub(super) fn is_confirmed(self) -> bool {
        !matches!(self, Self::Failed | Self::Parked | Self::Returned | Self::Lost)
    }
}

/// The result of one customer's sync.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Synced {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// The outcome.
    pub outcome: Outcome,
    /// The time from the first trigger to the confirmation; `None` unless it was confirmed.
    pub lag: Option<SignedDuration>,
    /// Fields that were left out of this customer's contact; the others were written.
    pub left_out: Vec<LeftOut>,
    /// How the contact had drifted, if that was detected; it is repaired now.
    pub drift: Option<Drift>,
    /// The reason of the failure, or of the store's pause.
    pub error: Option<String>,
}

/// The result of a sync before the claim is settled.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) settlement: Settlement,
    pub(super) outcome: Outcome,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) drift: Option<Drift>,
    /// Whether Chatwoot responded.
    pub(super) called: bool,
}

impl Done {
    pub(super) fn new(settlement: Settlement, outcome: Outcome) -> Self {
        let called = !matches!(outcome, Outcome::Unchanged | Outcome::Gone);
        Self { settlement, outcome, left_out: Vec::new(), drift: None, called }
    }

    /// Returns the result for a contact that matches its link.
    pub(super) fn unchanged(link: Link) -> Self {
        let retry_left_out = retry_left_out(&link);
        let quiet = std::time::Duration::ZERO;
        Self::new(Settlement::Confirmed { link, quiet, retry_left_out }, Outcome::Unchanged)
    }
}

/// Returns the delay before fields left out because of another contact are retried: two seconds at
/// first, since two contacts that swap values may wait for each other, then longer. If the other
/// contact is another customer's, the ledger triggers the retry when it releases the value.
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
