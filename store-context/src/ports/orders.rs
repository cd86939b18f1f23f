//! The host's orders.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{CustomerId, Order, OrderTotals, StoreId};

/// Reads a customer's orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Up to `limit` orders, newest first, whatever their status.
    async fn recent(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>>;

    /// What the orders that count add up to, in the store's currency.
    async fn totals(&self, store: &StoreId, customer: &CustomerId) -> PortResult<OrderTotals>;
}
