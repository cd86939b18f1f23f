//! A cache for values that can be read again.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::PortResult;

/// Keeps bytes for a limited time. Losing an entry costs a read, never data.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Returns the bytes under the key; `None` if there are none or they have expired.
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>>;

    /// Returns the bytes under the key if they can be had without waiting, which spares the most frequent
    /// read a timeout and a place in a queue. `None`, the default, says nothing.
    fn peek(&self, _key: &str) -> Option<Bytes> {
        None
    }

    /// Stores bytes under the key for at most `ttl`.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()>;

    /// Removes the key.
    async fn remove(&self, key: &str) -> PortResult<()>;
}
