//! When each store is swept: compared with its Chatwoot, so that nothing depends on a trigger alone.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::StoreId;

/// A store's sweep that one worker does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepClaim {
    /// The store.
    pub store: StoreId,
    /// Grows with each claim of the store's sweep: an older claim changes nothing any more.
    pub fence: u64,
}

/// Keeps when each store is to be swept, so that many processes share the sweeps.
///
/// Times are durations, counted on the port's own clock. In SQL it is one small table: store, due,
/// lease, fence.
#[async_trait]
pub trait Sweeps: Send + Sync {
    /// Makes the sweeps of stores due now, unless they are scheduled already.
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()>;

    /// Claims the sweep that has been due for longest and that nobody holds; `None` if none is due.
    async fn claim(&self, lease: Duration) -> PortResult<Option<SweepClaim>>;

    /// Holds a claim longer, from now. `false`: it was lost.
    async fn extend(&self, claim: &SweepClaim, lease: Duration) -> PortResult<bool>;

    /// Ends a claim; the store's next sweep is due after `next`. `false`: it was lost.
    async fn settle(&self, claim: &SweepClaim, next: Duration) -> PortResult<bool>;

    /// Removes a store's schedule.
    async fn forget_store(&self, store: &StoreId) -> PortResult<()>;
}
