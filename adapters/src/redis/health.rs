//! The health of Redis, as one process sees it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use store_context::Timestamp;

use super::feed::Feed;
use super::link::Link;

/// Redis is away: the host works without it, slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisAway {
    /// It does not answer commands in time.
    NoAnswer,
    /// It answers, but this process has no subscription, so the cache keeps nothing in process.
    NoSubscription,
}

impl std::fmt::Display for RedisAway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoAnswer => "Redis does not answer",
            Self::NoSubscription => "no subscription to Redis",
        })
    }
}

impl std::error::Error for RedisAway {}

/// The state of a process's connections to Redis, and counts since it started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RedisHealth {
    /// Whether Redis is used: it answers commands in time.
    pub is_answering: bool,
    /// Whether the process receives invalidations and signals of others.
    pub is_subscribed: bool,
    /// When `is_answering` last changed.
    pub since: Timestamp,
    /// The kind of the last error, if there was one, without details.
    pub last_error: Option<String>,
    /// The number of commands that were sent.
    pub commands: u64,
    /// The number of commands that failed with an error.
    pub errors: u64,
    /// The number of commands that exceeded the time limit.
    pub timeouts: u64,
    /// The number of commands that were not sent because Redis was away.
    pub skipped: u64,
    /// The number of times that the subscription was lost.
    pub subscriptions_lost: u64,
    /// The number of reads of the cache that were answered from the process's own memory.
    pub cache_local_hits: u64,
    /// The number of reads of the cache that were answered by Redis.
    pub cache_hits: u64,
    /// The number of reads of the cache that found nothing.
    pub cache_misses: u64,
    /// The number of values that were not cached because their key was removed while they were read.
    pub cache_outdated: u64,
    /// The number of keys whose removal Redis has not confirmed.
    pub cache_open_removals: usize,
    /// The number of requests that a budget granted.
    pub budget_granted: u64,
    /// The number of times that a budget made a request wait.
    pub budget_waits: u64,
    /// The number of requests for which a budget could not be asked.
    pub budget_fallbacks: u64,
    /// The number of signals that were published here.
    pub signals_published: u64,
    /// The number of signals that were received from other processes.
    pub signals_received: u64,
}

impl RedisHealth {
    /// Returns whether Redis answers and the subscription is there.
    pub fn is_up(&self) -> bool {
        self.checked().is_ok()
    }

    pub(super) const fn checked(&self) -> Result<(), RedisAway> {
        match (self.is_answering, self.is_subscribed) {
            (true, true) => Ok(()),
            (false, _) => Err(RedisAway::NoAnswer),
            (true, false) => Err(RedisAway::NoSubscription),
        }
    }
}

pub(super) fn of(link: &Link, feed: &Feed) -> RedisHealth {
    let state = link.state();
    let counters = &link.counters;
    RedisHealth {
        is_answering: link.is_in_use(),
        is_subscribed: feed.is_subscribed(),
        since: state.since,
        last_error: state.last_error,
        commands: counters.commands.get(),
        errors: counters.errors.get(),
        timeouts: counters.timeouts.get(),
        skipped: counters.skipped.get(),
        subscriptions_lost: counters.subscriptions_lost.get(),
        cache_local_hits: counters.cache_local_hits.get(),
        cache_hits: counters.cache_hits.get(),
        cache_misses: counters.cache_misses.get(),
        cache_outdated: counters.cache_outdated.get(),
        cache_open_removals: link.open_removals(),
        budget_granted: counters.budget_granted.get(),
        budget_waits: counters.budget_waits.get(),
        budget_fallbacks: counters.budget_fallbacks.get(),
        signals_published: counters.signals_published.get(),
        signals_received: counters.signals_received.get(),
    }
}

/// A count that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts behind [`RedisHealth`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commands: Counter,
    pub(super) errors: Counter,
    pub(super) timeouts: Counter,
    pub(super) skipped: Counter,
    pub(super) subscriptions_lost: Counter,
    pub(super) cache_local_hits: Counter,
    pub(super) cache_hits: Counter,
    pub(super) cache_misses: Counter,
    pub(super) cache_outdated: Counter,
    pub(super) budget_granted: Counter,
    pub(super) budget_waits: Counter,
    pub(super) budget_fallbacks: Counter,
    pub(super) signals_published: Counter,
    pub(super) signals_received: Counter,
}
