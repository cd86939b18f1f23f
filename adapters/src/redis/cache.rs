//! The cache: copies in process, then Redis.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::Script;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared as SharedFuture, WeakShared};
use moka::Expiry;
use moka::sync::Cache as Moka;
use store_context::ports::{Cache, PortResult};
use tokio::time::Instant;

use super::keys::Hashed;
use super::{Shared, lock};

/// The longest time of a value, for what has no end.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How long a miss is remembered: shorter than Redis keeps the number of removals.
const MISS_KEPT: Duration = Duration::from_mins(1);

/// How many misses are remembered.
const MOST_MISSES: u64 = 50_000;

/// What a copy takes besides its bytes, about.
const OVERHEAD: usize = 256;

/// The configuration of a [`RedisCache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// The maximum size of the copies in process, in bytes. The default is 32 MiB; zero disables
    /// them.
    pub local_bytes: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { local_bytes: 32 * 1024 * 1024 }
    }
}

/// A [`Cache`] that all processes share: copies in this process, bounded in bytes, and behind them
/// Redis. Clones share the copies.
///
/// A put or removed key is invalidated in the other processes by a message. A process that receives
/// none, because its subscription is lost, keeps no copies: each read asks Redis. A network that
/// breaks silently is noticed within two seconds, and copies are out of date for no longer.
///
/// A value that was read before another process removed its key is not put after it: a get that
/// finds nothing remembers how often the key was removed until then, and the put that follows
/// within a minute compares. It is for a user that has one read of a key at a time in a process, and
/// puts nothing that the process itself removed meanwhile, as
/// [`ContextService`](store_context::context::ContextService) does. Concurrent gets of a key share
/// one command.
///
/// No method fails: without Redis a get finds nothing, a put does nothing, and a removal is made up
/// for before Redis is used again. [`Redis::health`](super::Redis::health) tells of it.
#[derive(Clone)]
pub struct RedisCache(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    put: Script,
    copies: Moka<Hashed, Copied>,
    /// How often a key was removed when it was found to be missing; `None` if that is unknown.
    misses: Moka<Hashed, Option<u64>>,
    flights: Mutex<HashMap<Hashed, WeakShared<Flight>>>,
}

/// A read of Redis that several gets may wait for.
type Flight = BoxFuture<'static, Option<Copied>>;

/// A value of Redis.
#[derive(Clone)]
struct Copied {
    value: Bytes,
    until: Instant,
    /// The stamp before it was read.
    stamp: u64,
}

/// Copies end with their value's time in Redis.
struct Ends;

impl Expiry<Hashed, Copied> for Ends {
    fn expire_after_create(
        &self,
        _: &Hashed,
        copied: &Copied,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(copied.until.saturating_duration_since(Instant::now()))
    }

    fn expire_after_update(
        &self,
        key: &Hashed,
        copied: &Copied,
        at: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, copied, at)
    }
}

impl std::fmt::Debug for RedisCache {
    /// Without keys and values, which are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisCache")
            .field("copies", &self.0.copies.entry_count())
            .finish_non_exhaustive()
    }
}

impl RedisCache {
    pub(super) fn new(shared: Arc<Shared>, config: CacheConfig) -> Self {
        let weigh = |_: &Hashed, copied: &Copied| {
            u32::try_from(copied.value.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        let copies = Moka::builder()
            .max_capacity(config.local_bytes)
            .weigher(weigh)
            .expire_after(Ends)
            .build();
        let misses = Moka::builder().max_capacity(MOST_MISSES).time_to_live(MISS_KEPT).build();
        let put = Script::new(include_str!("put.lua"));
        Self(Arc::new(Inner { shared, put, copies, misses, flights: Mutex::default() }))
    }
}

impl Inner {
    /// Returns the copy in process, if it is certain to be what Redis has.
    fn copy(&self, key: &Hashed) -> Option<Bytes> {
        let Shared { link, feed, .. } = &*self.shared;
        let copied = self.copies.get(key)?;
        let certain = feed.is_subscribed() && link.is_in_use();
        if certain && copied.stamp == feed.stamp(key) && copied.until > Instant::now() {
            link.counters.cache_local_hits.add();
            return Some(copied.value);
        }
        None
    }

    /// Reads a value of Redis, with those who read it now.
    fn join(self: &Arc<Self>, key: Hashed) -> SharedFuture<Flight> {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(&key).and_then(WeakShared::upgrade) {
            return flight;
        }
        let landing = Landing { inner: self.clone(), key };
        let flight = async move { landing.inner.read(&landing.key).await }.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key, weak);
        }
        flight
    }

    /// Reads a value of Redis and copies it.
    async fn read(&self, key: &Hashed) -> Option<Copied> {
        let Shared { link, feed, .. } = &*self.shared;
        let stamp = feed.stamp(key);
        let began = Instant::now();
        let [value, removed] = link.keys.cache(key);
        let mut pipeline = ::redis::pipe();
        pipeline.atomic().cmd("GET").arg(&value).cmd("PTTL").arg(&value).cmd("GET").arg(&removed);
        let run = async |mut connection| pipeline.query_async(&mut connection).await;
        match link.run(run).await {
            Ok((Some(value), ttl, _)) => {
                let (value, ttl): (Vec<u8>, i64) = (value, ttl);
                // A negative time is a key without an end, which is not ours.
                let ttl = Duration::from_millis(u64::try_from(ttl).unwrap_or_default());
                let until = began + ttl.min(LONGEST);
                let copied = Copied { value: value.into(), until, stamp };
                self.copies.insert(*key, copied.clone());
                Some(copied)
            }
            Ok((None, _, removed)) => {
                let removed: Option<u64> = removed;
                // The oldest counts, since who missed first may put last.
                self.misses.entry(*key).or_insert(Some(removed.unwrap_or_default()));
                None
            }
            Err(_unavailable) => {
                self.misses.insert(*key, None);
                None
            }
        }
    }
}

/// Removes a flight from the list when it has ended or nobody waits for it anymore.
struct Landing {
    inner: Arc<Inner>,
    key: Hashed,
}

impl Drop for Landing {
    fn drop(&mut self) {
        lock(&self.inner.flights).remove(&self.key);
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>> {
        let key = Hashed::of(key);
        let Shared { link, feed, .. } = &*self.0.shared;
        if let Some(value) = self.0.copy(&key) {
            return Ok(Some(value));
        }
        let asked = feed.stamp(&key);
        let mut found = self.0.join(key).await;
        if found.as_ref().is_some_and(|found| found.stamp < asked) {
            // It was read before an invalidation that precedes this get.
            found = self.0.read(&key).await;
        }
        if found.is_some() { &link.counters.cache_hits } else { &link.counters.cache_misses }.add();
        Ok(found.map(|found| found.value))
    }

    fn peek(&self, key: &str) -> Option<Bytes> {
        self.0.copy(&Hashed::of(key))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()> {
        let hashed = Hashed::of(key);
        let Shared { link, feed, .. } = &*self.0.shared;
        let millis = u64::try_from(ttl.min(LONGEST).as_millis()).unwrap_or_default();
        if millis == 0 {
            return self.remove(key).await;
        }
        let removed = match self.0.misses.remove(&hashed) {
            Some(None) => return Ok(()),
            Some(Some(removed)) => removed.to_string(),
            None => "-".to_owned(),
        };
        feed.invalidate(&hashed);
        let stamp = feed.stamp(&hashed);
        let until = Instant::now() + Duration::from_millis(millis);
        let [name, removals] = link.keys.cache(&hashed);
        let message = [feed.origin.as_slice(), hashed.as_bytes()].concat();
        let mut put = self.0.put.key(name);
        put.key(removals).arg(&*value).arg(millis).arg(removed);
        put.arg(&link.keys.invalidations).arg(message);
        match link.run(async |mut connection| put.invoke_async(&mut connection).await).await {
            Ok(true) => self.0.copies.insert(hashed, Copied { value, until, stamp }),
            Ok(false) => link.counters.cache_outdated.add(),
            Err(_unavailable) => {}
        }
        Ok(())
    }

    async fn remove(&self, key: &str) -> PortResult<()> {
        let key = Hashed::of(key);
        let Shared { link, feed, .. } = &*self.0.shared;
        self.0.misses.invalidate(&key);
        feed.invalidate(&key);
        self.0.copies.invalidate(&key);
        link.remove(&key, feed.origin).await;
        // Who read meanwhile may have read what was removed.
        feed.invalidate(&key);
        Ok(())
    }
}
