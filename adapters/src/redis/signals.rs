//! Signals between processes.

use std::sync::Arc;

use async_trait::async_trait;
use store_context::model::StoreId;
use store_context::ports::{PortResult, Signal, SignalSubject, Signals, Subscription};

use super::Shared;
use super::feed::SentSignal;

/// The [`Signals`] of all processes, by publish and subscribe.
///
/// A process receives all signals of the prefix over its one subscription, and gives each to the
/// subscribers of its subject. Its own signals it delivers itself, with or without Redis. When the
/// subscription was lost and is back, all subscribers receive a
/// [`Missed`](store_context::ports::SignalEvent::Missed).
#[derive(Clone)]
pub struct RedisSignals(Arc<Shared>);

impl RedisSignals {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl std::fmt::Debug for RedisSignals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RedisSignals").field(&self.0.feed.signals).finish()
    }
}

#[async_trait]
impl Signals for RedisSignals {
    /// Delivers the signal in this process, and publishes it for the others. It does not fail: a
    /// signal that Redis does not take is lost to the others.
    async fn publish(&self, signal: &Signal) -> PortResult<()> {
        let Shared { link, feed, .. } = &*self.0;
        feed.signals.deliver(signal.clone());
        link.counters.signals_published.add();
        let message = serde_json::to_vec(&SentSignal { origin: feed.origin, signal })?;
        let mut publish = ::redis::cmd("PUBLISH");
        publish.arg(&link.keys.signals).arg(message);
        let run = async |mut connection| publish.query_async::<()>(&mut connection).await;
        let _counted = link.run(run).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        store: &StoreId,
        subject: &SignalSubject,
    ) -> PortResult<Box<dyn Subscription>> {
        self.0.feed.signals.subscribe(store, subject).await
    }
}
