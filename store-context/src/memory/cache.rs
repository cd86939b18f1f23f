//! An in-memory cache.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use crate::guard::lock;
use crate::ports::{Cache, PortResult};

/// A limit longer than a process runs, and small enough for every clock.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// Caches bytes in memory, up to a number of entries: when it is full, the entry that expires first
/// is removed.
///
/// ```
/// use std::time::Duration;
/// use store_context::memory::MemoryCache;
/// use store_context::ports::{Cache, PortResult};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> PortResult<()> {
/// let cache = MemoryCache::new(1_000);
/// cache.put("key", "value".into(), Duration::from_secs(30)).await?;
/// assert_eq!(cache.get("key").await?.as_deref(), Some(&b"value"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryCache {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<String, Kept>,
    // Ordered by expiry; the number distinguishes entries that expire in the same instant.
    ends: BTreeSet<(Instant, u64, String)>,
    next: u64,
}

struct Kept {
    value: Bytes,
    until: Instant,
    number: u64,
}

impl std::fmt::Debug for State {
    /// Without keys and values, which may be personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Default for MemoryCache {
    /// Creates a cache of 10,000 entries.
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl MemoryCache {
    /// Creates a cache of up to this many entries.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }
}

impl State {
    fn remove(&mut self, key: &str) {
        if let Some((key, kept)) = self.entries.remove_entry(key) {
            self.ends.remove(&(kept.until, kept.number, key));
        }
    }

    fn get(&mut self, key: &str, now: Instant) -> Option<Bytes> {
        let kept = self.entries.get(key)?;
        if kept.until > now {
            return Some(kept.value.clone());
        }
        self.remove(key);
        None
    }

    fn put(&mut self, key: &str, kept: Kept) {
        self.remove(key);
        self.ends.insert((kept.until, kept.number, key.to_owned()));
        self.entries.insert(key.to_owned(), kept);
    }

    /// Removes the expired entries, and then those that expire next, until at most `most` are left.
    fn shrink(&mut self, most: usize, now: Instant) {
        while let Some((until, ..)) = self.ends.first()
            && (*until <= now || self.entries.len() > most)
        {
            if let Some((.., key)) = self.ends.pop_first() {
                self.entries.remove(&key);
            }
        }
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>> {
        Ok(self.peek(key))
    }

    fn peek(&self, key: &str) -> Option<Bytes> {
        lock(&self.state).get(key, Instant::now())
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()> {
        let now = Instant::now();
        let until = now + ttl.min(LONGEST);
        let mut state = lock(&self.state);
        state.next += 1;
        let number = state.next;
        state.remove(key);
        if let Some(others) = self.capacity.checked_sub(1) {
            state.shrink(others, now);
            state.put(key, Kept { value, until, number });
        }
        Ok(())
    }

    async fn remove(&self, key: &str) -> PortResult<()> {
        lock(&self.state).remove(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn has(cache: &MemoryCache, key: &str) -> bool {
        cache.get(key).await.unwrap().is_some()
    }

    crate::cache_conformance!(async { MemoryCache::default() }, start_paused = true);

    #[tokio::test(start_paused = true)]
    async fn an_entry_ends_with_its_time() {
        let cache = MemoryCache::new(8);
        cache.put("a", "1".into(), 30 * SECOND).await.unwrap();
        cache.put("always", "1".into(), Duration::MAX).await.unwrap();
        tokio::time::advance(29 * SECOND).await;
        assert!(has(&cache, "a").await);
        tokio::time::advance(SECOND).await;
        assert!(!has(&cache, "a").await);
        assert!(has(&cache, "always").await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_next_makes_room() {
        let cache = MemoryCache::new(2);
        cache.put("long", "1".into(), 60 * SECOND).await.unwrap();
        cache.put("short", "1".into(), 10 * SECOND).await.unwrap();
        cache.put("new", "1".into(), 5 * SECOND).await.unwrap();
        assert!(has(&cache, "long").await && has(&cache, "new").await);
        assert!(!has(&cache, "short").await);

        cache.put("new", "2".into(), 5 * SECOND).await.unwrap();
        assert!(has(&cache, "long").await, "a key that is there needs no room");
        let state = lock(&cache.state);
        assert_eq!((state.entries.len(), state.ends.len()), (2, 2));
    }

    #[tokio::test]
    async fn a_cache_of_nothing_keeps_nothing() {
        let cache = MemoryCache::new(0);
        cache.put("a", "1".into(), SECOND).await.unwrap();
        assert!(!has(&cache, "a").await);
    }
}
