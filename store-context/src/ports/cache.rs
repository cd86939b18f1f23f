//! What may be forgotten.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::PortResult;

/// Keeps bytes for a while. Losing them costs time, never truth.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The bytes under the key, if they are still there.
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>>;

    /// Keeps bytes under the key for at most `ttl`.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()>;

    /// Forgets the key.
    async fn remove(&self, key: &str) -> PortResult<()>;
}
