//! What the process hears from the others: invalidations of the cache, and signals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ::redis::aio::{PubSubSink, PubSubStream};
use ::redis::{Client, Msg, RedisResult};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use store_context::memory::MemorySignals;
use store_context::ports::Signal;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::keys::Hashed;
use super::link::{Link, describe};

/// How often the subscription is checked: a broken network closes no connection.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The maximum duration of a check, and of connecting.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait before connecting again.
const RECONNECT_AFTER: Duration = Duration::from_millis(250);

/// The number of counts of invalidations. An invalidation invalidates what shares its count, which
/// is one key in this many.
const SHARDS: usize = 4_096;

/// What is heard, and what was invalidated when.
pub(super) struct Feed {
    /// Names this process, which does not listen to itself.
    pub(super) origin: [u8; 8],
    subscribed: AtomicBool,
    everything: AtomicU64,
    shards: Box<[AtomicU64]>,
    pub(super) signals: MemorySignals,
}

/// A signal on the wire.
#[derive(Serialize, Deserialize)]
pub(super) struct SentSignal<S> {
    pub(super) origin: [u8; 8],
    pub(super) signal: S,
}

impl Feed {
    pub(super) fn new() -> Self {
        // Random keys of the standard library, so that processes have different origins; zeros are
        // nobody.
        let random = std::hash::BuildHasher::hash_one(
            &std::collections::hash_map::RandomState::new(),
            std::process::id(),
        );
        Self {
            origin: random.max(1).to_le_bytes(),
            subscribed: AtomicBool::new(false),
            everything: AtomicU64::new(0),
            shards: (0..SHARDS).map(|_| AtomicU64::new(0)).collect(),
            signals: MemorySignals::new(),
        }
    }

    pub(super) fn is_subscribed(&self) -> bool {
        self.subscribed.load(Ordering::SeqCst)
    }

    /// Returns a number that grows when the key is invalidated: what was read at a lower one is out
    /// of date.
    pub(super) fn stamp(&self, key: &Hashed) -> u64 {
        let shard = self.shards.get(key.shard(SHARDS)).map_or(0, |it| it.load(Ordering::SeqCst));
        self.everything.load(Ordering::SeqCst) + shard
    }

    /// Invalidates the copies of a key.
    pub(super) fn invalidate(&self, key: &Hashed) {
        if let Some(shard) = self.shards.get(key.shard(SHARDS)) {
            shard.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Sets whether invalidations arrive; what was copied before is invalidated.
    fn set_subscribed(&self, subscribed: bool) {
        self.everything.fetch_add(1, Ordering::SeqCst);
        self.subscribed.store(subscribed, Ordering::SeqCst);
    }

    fn hear(&self, link: &Link, message: &Msg) {
        let payload = message.get_payload_bytes();
        if message.get_channel_name() == link.keys.invalidations {
            let parts = payload.split_first_chunk::<8>();
            let Some((origin, key)) = parts else { return };
            if let Some(key) = Hashed::from_bytes(key).filter(|_| *origin != self.origin) {
                self.invalidate(&key);
            }
        } else if let Ok(SentSignal { origin, signal }) =
            serde_json::from_slice::<SentSignal<Signal>>(payload)
            && origin != self.origin
        {
            link.counters.signals_received.add();
            self.signals.deliver(signal);
        }
    }
}

/// Listens with a connection of the client, and connects again when it is lost; for a task.
pub(super) async fn listen(link: Arc<Link>, feed: Arc<Feed>, client: Client) {
    let mut told = false;
    let mut lost = false;
    loop {
        match subscribe(&link, &client).await {
            Ok((sink, stream)) => {
                feed.set_subscribed(true);
                if lost {
                    feed.signals.deliver_missed();
                }
                tracing::debug!("subscribed to Redis");
                told = false;
                hear(&link, &feed, sink, stream).await;
                feed.set_subscribed(false);
                lost = true;
                link.counters.subscriptions_lost.add();
            }
            Err(error) if !told => {
                tracing::warn!(error, "no subscription to Redis: each read of the cache asks it");
                told = true;
            }
            Err(_same) => {}
        }
        sleep(RECONNECT_AFTER).await;
    }
}

async fn subscribe(link: &Link, client: &Client) -> Result<(PubSubSink, PubSubStream), String> {
    let connect = async {
        let mut connection = client.get_async_pubsub().await?;
        connection.subscribe(&[&link.keys.invalidations, &link.keys.signals]).await?;
        RedisResult::Ok(connection.split())
    };
    match timeout(CHECK_TIMEOUT, connect).await {
        Ok(connected) => connected.map_err(|error| describe(&error)),
        Err(_elapsed) => Err(format!("no answer within {CHECK_TIMEOUT:?}")),
    }
}

/// Hears messages until the connection is lost.
async fn hear(link: &Link, feed: &Feed, mut sink: PubSubSink, mut stream: PubSubStream) {
    let mut checks = interval(CHECK_EVERY);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => feed.hear(link, &message),
                None => return,
            },
            _ = checks.tick() => match timeout(CHECK_TIMEOUT, sink.ping::<::redis::Value>()).await {
                Ok(Ok(_pong)) => {}
                Ok(Err(_)) | Err(_) => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_grows_with_what_is_invalidated() {
        let feed = Feed::new();
        let (a, b) = (Hashed::of("a"), Hashed::of("b"));
        assert_ne!(a.shard(SHARDS), b.shard(SHARDS));
        let (at_a, at_b) = (feed.stamp(&a), feed.stamp(&b));
        feed.invalidate(&a);
        assert!(feed.stamp(&a) > at_a);
        assert_eq!(feed.stamp(&b), at_b);
        feed.set_subscribed(true);
        assert!(feed.stamp(&b) > at_b);
    }

    #[test]
    fn no_two_processes_have_the_same_origin() {
        assert_ne!(Feed::new().origin, Feed::new().origin);
    }
}
