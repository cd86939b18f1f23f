//! The host's carts.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{Cart, CustomerId, StoreId};

/// Reads a customer's cart.
#[async_trait]
pub trait Carts: Send + Sync {
    /// The cart now; `None` if it is empty.
    async fn get(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>>;
}
