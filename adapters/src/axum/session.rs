//! Sessions: how the host knows which customer a request comes from.

use async_trait::async_trait;
use http::request::Parts;
use store_context::model::{CustomerId, StoreId};

/// Tells who is signed in. A host implements it with what it already has: a cookie, a token, or
/// what its own middleware has left in [`Parts::extensions`].
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The customer that the request proves to come from; `None` without a valid session.
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)>;
}
