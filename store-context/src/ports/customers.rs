//! The host's customers.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{Customer, CustomerId, StoreId};

/// Reads the host's customers: always the current state, never a change.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer now; `None` if there is none (any more).
    async fn get(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>>;

    /// Up to `limit` ids greater than `after`, in rising order: for a sweep over all.
    async fn ids(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<CustomerId>>;
}
