//! What the processes of a host share through Redis: a [cache](RedisCache), [budgets of
//! requests](RedisBudget) and [signals](RedisSignals).
//!
//! A host passes its own connection, a [`ConnectionManager`], which all commands go through. A
//! subscriber cannot share a connection with commands, so the host also passes the [`Client`] that
//! [`Redis`] opens one connection with, for as long as it lives. Nothing else is opened, and nothing
//! is read from the environment. TLS, user and database are those of the host's connection.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use redis::aio::{ConnectionManager, ConnectionManagerConfig};
//! use store_context::accounts::Clients;
//! use store_context::chatwoot::Client;
//! use store_context::ports::Ports;
//! use store_context_adapters::redis::{CacheConfig, Redis, RedisBudgetConfig, RedisConfig};
//!
//! # async fn example(ports: Ports) -> redis::RedisResult<()> {
//! let client = redis::Client::open("redis://127.0.0.1/")?;
//! let quick = ConnectionManagerConfig::new().set_max_delay(std::time::Duration::from_secs(1));
//! // Lazy: the host also starts while Redis is down.
//! let connection = ConnectionManager::new_lazy_with_config(client.clone(), quick)?;
//! let redis = Redis::new(connection, client, RedisConfig::new("support"));
//!
//! let ports = Ports { cache: Arc::new(redis.cache(CacheConfig::default())), ..ports };
//! let budget = Arc::new(redis.budget(RedisBudgetConfig { processes: 3, ..Default::default() }));
//! let clients = Clients::new(move |base_url| {
//!     Client::builder(base_url.as_str()).budget(budget.clone()).build()
//! });
//! let signals = redis.signals();
//! # Ok(())
//! # }
//! ```
//!
//! # Without Redis
//!
//! The host works without Redis, slower. A command has a time limit, 100 milliseconds unless set.
//! The first that exceeds it, or finds no connection, ends the use of Redis; from then on nothing
//! waits for it. A task asks Redis four times a second, and use resumes when it answers.
//!
//! | part | while Redis is away |
//! |---|---|
//! | cache | Nothing is cached: each read goes to the host's services. Removals are made up for before use resumes. |
//! | budgets | Each process keeps to its part of the limits: the limit divided by [`RedisBudgetConfig::processes`]. |
//! | signals | Delivered within the process. When the connection is back, all subscribers learn that they may have missed some. |
//!
//! [`Redis::health`] tells of it, with counts for metrics, and [`Redis::check`] is an optional check
//! of the health endpoint: a host without Redis is degraded, not unhealthy.
//!
//! # Keys
//!
//! `{prefix}` is the host's; hosts with different prefixes share a Redis without sharing data.
//!
//! | key | content | expires after |
//! |---|---|---|
//! | `{prefix}:cache:{hash}` | A value of the cache. The hash is the SHA-256 of the cache's key, which names a customer. | the value's time |
//! | `{prefix}:cache:{hash}:removed` | How often the key was removed, so that no process caches what it read before. | 2 minutes |
//! | `{prefix}:budget:{base URL}:{count}` | The number of requests in the current window; a token is named by its hash. | the end of the next window |
//! | channel `{prefix}:cache` | The hashes of keys that were put or removed. | |
//! | channel `{prefix}:signals` | Signals, as JSON with store and customer. | |
//!
//! The values of the cache are customers' data in plain JSON, and a store's and a customer's id are
//! in the signals: who may read this Redis may read them. Set a memory limit with an eviction policy
//! such as `volatile-lru`; an evicted entry costs a read, an evicted budget may cost a 429.
//!
//! A single server or a primary with replicas is supported, not a cluster. Redis 5 or later.

mod budget;
mod cache;
mod feed;
mod health;
mod keys;
mod link;
mod signals;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Client;
use ::redis::aio::ConnectionManager;
use tokio::task::AbortHandle;

pub use self::budget::{RedisBudget, RedisBudgetConfig};
pub use self::cache::{CacheConfig, RedisCache};
use self::feed::Feed;
pub use self::health::{RedisAway, RedisHealth};
use self::keys::Keys;
use self::link::Link;
pub use self::signals::RedisSignals;

/// The configuration of a [`Redis`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisConfig {
    /// The first part of each key and channel: processes of the same host use the same.
    pub prefix: String,
    /// The maximum duration of a command. The default is 100 milliseconds.
    pub command_timeout: Duration,
}

impl RedisConfig {
    /// Creates the default configuration with this prefix.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), command_timeout: Duration::from_millis(100) }
    }
}

/// A host's Redis: cache, budgets and signals over one connection, with one health. Clones share
/// everything.
///
/// Its tasks (listening, and asking a Redis that is away whether it is back) end when it and all
/// that was made of it are dropped.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

/// What all parts share.
struct Shared {
    link: Arc<Link>,
    feed: Arc<Feed>,
    tasks: [AbortHandle; 2],
}

impl Redis {
    /// Creates the host's Redis from its connection, and starts to listen with a connection of
    /// `subscriber`. It waits for nothing.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime.
    pub fn new(connection: ConnectionManager, subscriber: Client, config: RedisConfig) -> Self {
        let RedisConfig { prefix, command_timeout } = config;
        let keys = Keys::new(prefix);
        let link = Arc::new(Link::new(connection, command_timeout, keys));
        let feed = Arc::new(Feed::new());
        let tasks = [
            tokio::spawn(link.clone().recover()).abort_handle(),
            tokio::spawn(feed::listen(link.clone(), feed.clone(), subscriber)).abort_handle(),
        ];
        Self(Arc::new(Shared { link, feed, tasks }))
    }

    /// Creates a cache. Caches of the same prefix share their values, in this process and others.
    ///
    /// ```
    /// # use store_context::ports::Ports;
    /// # use store_context_adapters::redis::Redis;
    /// use store_context_adapters::redis::CacheConfig;
    ///
    /// # fn example(redis: Redis, ports: Ports) {
    /// let cache = redis.cache(CacheConfig { local_bytes: 8 * 1024 * 1024 });
    /// let ports = Ports { cache: std::sync::Arc::new(cache), ..ports };
    /// # }
    /// ```
    pub fn cache(&self, config: CacheConfig) -> RedisCache {
        RedisCache::new(self.0.clone(), config)
    }

    /// Creates a budget of requests. Budgets of the same prefix count together.
    ///
    /// ```
    /// # use store_context_adapters::redis::Redis;
    /// use store_context::chatwoot::{BuildError, Client};
    /// use store_context_adapters::redis::RedisBudgetConfig;
    ///
    /// # fn example(redis: Redis) -> Result<(), BuildError> {
    /// let budget = redis.budget(RedisBudgetConfig { processes: 3, ..Default::default() });
    /// let builder = Client::builder("https://chatwoot.example.com");
    /// let client = builder.budget(std::sync::Arc::new(budget)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn budget(&self, config: RedisBudgetConfig) -> RedisBudget {
        RedisBudget::new(self.0.clone(), config)
    }

    /// Returns the signals of this prefix.
    ///
    /// ```
    /// # use store_context_adapters::redis::Redis;
    /// use store_context::ports::{Change, PortResult, Signal, Signals};
    ///
    /// # async fn example(redis: Redis, signal: Signal) -> PortResult<()> {
    /// let Signal { store, subject, .. } = &signal;
    /// let mut open = redis.signals().subscribe(store, subject).await?;
    /// redis.signals().publish(&signal).await?;
    /// println!("{:?}", open.next().await);
    /// # Ok(())
    /// # }
    /// ```
    pub fn signals(&self) -> RedisSignals {
        RedisSignals::new(self.0.clone())
    }

    /// Returns the state of the connections and the counts since the start. It asks nobody, so it
    /// may be called at any rate.
    ///
    /// ```
    /// # fn example(redis: store_context_adapters::redis::Redis) {
    /// let health = redis.health();
    /// println!("{} hits, {} misses", health.cache_hits, health.cache_misses);
    /// # }
    /// ```
    pub fn health(&self) -> RedisHealth {
        health::of(&self.0.link, &self.0.feed)
    }

    /// Returns an error while Redis is not used because it does not answer, or while the process
    /// hears of no invalidations: for an optional check of the health endpoint.
    ///
    /// # Errors
    /// Returns which of the two it is.
    ///
    /// ```
    /// # #[cfg(feature = "axum")]
    /// # fn example(redis: store_context_adapters::redis::Redis) {
    /// use store_context_adapters::axum::Health;
    ///
    /// let health = Health::new().optional_check("redis", move || {
    ///     let checked = redis.check();
    ///     async move { checked }
    /// });
    /// # }
    /// ```
    pub fn check(&self) -> Result<(), RedisAway> {
        self.health().checked()
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("health", &self.health()).finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Locks a mutex; no code here panics while it holds a lock, so a poisoned one is consistent.
fn lock<T>(state: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
