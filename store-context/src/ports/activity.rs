//! What customers did in the shop, for a limited time.

use std::time::Duration;

use async_trait::async_trait;

use super::{PortResult, batches};
use crate::model::{Activity, CustomerId, StoreId};

/// An activity to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewActivity {
    /// The store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// What the customer did.
    pub activity: Activity,
}

/// An activity as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityRecord {
    /// The number of the record; of two activities of the same time, the one that was recorded later
    /// has the greater number.
    pub id: u64,
    /// What the customer did.
    pub activity: Activity,
}

/// Stores what customers did in the shop, for a limited time: the host records it, agents see the
/// newest, and [`ActivityPurge`](crate::activity::ActivityPurge) removes what is old. A host that
/// records none leaves the port out ([`Ports::activity`](super::Ports::activity)).
///
/// It is personal data: [`ContactSync::erase`](crate::sync::ContactSync::erase) removes a customer's.
/// The host records nothing of a customer who was erased.
///
/// ```
/// use store_context::memory::MemoryActivityLog;
/// use store_context::model::{Activity, ActivityKind, CustomerId, StoreId};
/// use store_context::ports::{ActivityLog, NewActivity, PortResult};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> PortResult<()> {
/// let log = MemoryActivityLog::new();
/// let (store, ada) = (StoreId::new("north")?, CustomerId::new("ada")?);
/// let viewed = Activity::new("2026-11-21T12:00:00Z".parse()?, ActivityKind::ProductViewed, "Darjeeling");
/// let new = NewActivity { store: store.clone(), customer: ada.clone(), activity: viewed.clone() };
/// log.record(&[new]).await?;
/// let newest = log.activities(&store, &ada, None, 10).await?;
/// assert_eq!(newest[0].activity, viewed);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ActivityLog: Send + Sync {
    /// Records activities, of any number of customers and stores, all or none of them. One whose time
    /// is in the future, by the port's own clock, is recorded as done now.
    async fn record(&self, activities: &[NewActivity]) -> PortResult<()>;

    /// Returns up to `limit` of a customer's activities, newest first; with `before`, only those that
    /// follow that record in the list, so that an export reads all of them page by page.
    async fn activities(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        before: Option<&ActivityRecord>,
        limit: usize,
    ) -> PortResult<Vec<ActivityRecord>>;

    /// Removes up to `limit` activities of any store that were done longer ago than `age`, by the
    /// port's own clock, and returns their number. It is less than `limit` only if none is left.
    async fn purge(&self, age: Duration, limit: usize) -> PortResult<u64>;

    /// Removes all activities of a customer and returns their number.
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<u64>;

    /// Removes up to `limit` activities of a store and returns their number. It is less than `limit`
    /// only if none is left.
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64>;
}

impl dyn ActivityLog + '_ {
    /// Removes all activities of a store: [`ActivityLog::forget_store`] in batches. Returns their
    /// number.
    ///
    /// # Errors
    /// Returns an error if the port failed; what was removed until then stays removed.
    pub async fn forget_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        const BATCH: usize = 1_000;
        batches(BATCH, || self.forget_store(store, BATCH)).await
    }
}
