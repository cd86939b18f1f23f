//! The host's sessions, which identify the customer of a request.

use async_trait::async_trait;
use http::request::Parts;
use store_context::model::{CustomerId, StoreId};

/// Identifies the signed-in customer. A host implements it with its existing mechanism: a cookie, a
/// token, or a value that its own middleware has added to [`Parts::extensions`].
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Returns the customer of the request's session; `None` without a valid session.
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)>;
}
