//! The schedule of the sweeps, which compare each store with its Chatwoot account, so that nothing
//! depends on triggers alone.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::StoreId;

/// A worker's claim on a store's sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepClaim {
    /// The store.
    pub store: StoreId,
    /// The fencing token. It increases with each claim of the store's sweep: an older claim changes
    /// nothing any more.
    pub fence: u64,
}

/// Stores when each store is due for a sweep, so that several processes share the sweeps.
///
/// Times are durations, counted on the port's own clock. In SQL this is one small table: store,
/// due, lease, fence.
#[async_trait]
pub trait Sweeps: Send + Sync {
    /// Schedules the sweeps of stores as due now, unless they are scheduled already.
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()>;

    /// Claims the unclaimed sweep that has been due for longest; `None` if none is due.
    async fn claim(&self, lease: Duration) -> PortResult<Option<SweepClaim>>;

    /// Extends a claim to `lease` from now. Returns `false` if the claim was lost.
    async fn extend(&self, claim: &SweepClaim, lease: Duration) -> PortResult<bool>;

    /// Ends a claim; the store's next sweep is due after `next`. Returns `false` if the claim was
    /// lost.
    async fn settle(&self, claim: &SweepClaim, next: Duration) -> PortResult<bool>;

    /// Makes a scheduled sweep due within `within` from now at the latest; while the store is swept,
    /// the sweep after that. It makes none later, and schedules none.
    async fn hurry(&self, store: &StoreId, within: Duration) -> PortResult<()>;

    /// Removes a store's schedule.
    async fn forget_store(&self, store: &StoreId) -> PortResult<()>;
}
