//! What is to be synced: per customer, the version that is wanted and the one that is confirmed.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::{CustomerId, StoreId};

/// A customer that one worker has claimed for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncClaim {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// The version that is wanted at the time of the claim.
    pub wanted: u64,
    /// When the oldest version that is not confirmed was wanted: the lag counts from here.
    pub wanted_at: Timestamp,
    /// How often this version was tried before; a claim that was never settled was a try.
    pub tries: u32,
    /// Grows with each claim of the row: an older claim can no longer confirm or release it.
    pub fence: u64,
}

/// What the ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// Rows in all.
    pub customers: u64,
    /// Rows whose wanted version is not confirmed, claimed ones included.
    pub dirty: u64,
}

/// Keeps what is to be synced. A trigger only raises "wanted": lost, doubled or reordered triggers
/// are harmless, and a hundred of them are one write.
#[async_trait]
pub trait SyncLedger: Send + Sync {
    /// Wants a new version of the customer. It is due at once, whatever retry the version before
    /// it waits for; while the row is claimed, the claim stands and the new version comes after it.
    async fn want(&self, store: &StoreId, customer: &CustomerId, now: Timestamp) -> PortResult<()>;

    /// Claims up to `limit` dirty rows that nobody holds and that are due, longest wanted first.
    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> PortResult<Vec<SyncClaim>>;

    /// The claimed version is in Chatwoot. A version that was wanted since stays wanted, from when
    /// it was. `false`: the claim was lost meanwhile, and another worker has the row, or it was
    /// settled before. A claim whose lease has ended stands until another worker takes the row.
    async fn confirm(&self, claim: &SyncClaim) -> PortResult<bool>;

    /// The claimed version could not be written: it is due again at `retry_at`, or at once if a
    /// later version was wanted since. `false` as in [`SyncLedger::confirm`].
    async fn release(&self, claim: &SyncClaim, retry_at: Timestamp) -> PortResult<bool>;

    /// What the ledger holds.
    async fn counts(&self) -> PortResult<SyncCounts>;
}
