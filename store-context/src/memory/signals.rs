//! Signals within one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};

use crate::guard::lock;
use crate::model::StoreId;
use crate::ports::{PortResult, Signal, SignalEvent, SignalSubject, Signals, Subscription};

/// The number of events that may wait for a subscriber.
const WAITING: usize = 16;

/// Delivers signals within this process. Clones share the subscriptions.
///
/// A signal costs one look-up; only the subscribers of its subject receive it.
#[derive(Clone, Default)]
pub struct MemorySignals(Arc<Mutex<Open>>);

/// The customers and contacts with subscribers.
type Open = HashMap<(StoreId, SignalSubject), Sender<SignalEvent>>;

impl MemorySignals {
    /// Creates a hub without subscribers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells the subscribers of a customer or contact what changed.
    ///
    /// ```
    /// # use store_context::memory::MemorySignals;
    /// # use store_context::model::{CustomerId, StoreId};
    /// use store_context::ports::{Change, Signal};
    ///
    /// # fn example(signals: MemorySignals, store: StoreId, customer: CustomerId) {
    /// signals.deliver(Signal::new(store, customer, Change::Orders));
    /// # }
    /// ```
    pub fn deliver(&self, signal: Signal) {
        let Signal { store, subject, change } = signal;
        if let Some(sender) = lock(&self.0).get(&(store, subject)) {
            let _none_left = sender.send(SignalEvent::Changed(change));
        }
    }

    /// Tells all subscribers that signals may have been lost: for an adapter that delivers signals
    /// of other processes, after it was cut off from them.
    ///
    /// ```
    /// # fn example(signals: store_context::memory::MemorySignals) {
    /// signals.deliver_missed();
    /// # }
    /// ```
    pub fn deliver_missed(&self) {
        for sender in lock(&self.0).values() {
            let _none_left = sender.send(SignalEvent::Missed);
        }
    }
}

impl std::fmt::Debug for MemorySignals {
    /// Without the subjects.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = lock(&self.0).len();
        f.debug_struct("MemorySignals").field("subjects", &open).finish()
    }
}

#[async_trait]
impl Signals for MemorySignals {
    async fn publish(&self, signal: &Signal) -> PortResult<()> {
        self.deliver(signal.clone());
        Ok(())
    }

    async fn subscribe(
        &self,
        store: &StoreId,
        subject: &SignalSubject,
    ) -> PortResult<Box<dyn Subscription>> {
        let key = (store.clone(), subject.clone());
        let mut open = lock(&self.0);
        let sender = open.entry(key.clone()).or_insert_with(|| broadcast::channel(WAITING).0);
        let events = Some(sender.subscribe());
        Ok(Box::new(MemorySubscription { hub: self.clone(), key, events }))
    }
}

struct MemorySubscription {
    hub: MemorySignals,
    key: (StoreId, SignalSubject),
    /// `None` only while it is dropped.
    events: Option<Receiver<SignalEvent>>,
}

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self) -> SignalEvent {
        let Some(events) = &mut self.events else { return std::future::pending().await };
        match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => SignalEvent::Missed,
            // The hub keeps the sender while there is a subscription.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for MemorySubscription {
    fn drop(&mut self) {
        let mut open = lock(&self.hub.0);
        self.events = None;
        if open.get(&self.key).is_some_and(|sender| sender.receiver_count() == 0) {
            open.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CustomerId;
    use crate::ports::Change;

    crate::signals_conformance!(async { MemorySignals::new() }, start_paused = true);

    #[tokio::test]
    async fn the_last_subscription_leaves_nothing() {
        let signals = MemorySignals::new();
        let store = StoreId::new("s").unwrap();
        let customer = SignalSubject::from(CustomerId::new("c").unwrap());
        let first = signals.subscribe(&store, &customer).await.unwrap();
        let second = signals.subscribe(&store, &customer).await.unwrap();
        drop(first);
        assert_eq!(lock(&signals.0).len(), 1);
        drop(second);
        assert_eq!(lock(&signals.0).len(), 0);
        signals.deliver(Signal::new(store, customer, Change::Cart));
    }

    #[tokio::test]
    async fn all_are_told_that_something_was_missed() {
        let signals = MemorySignals::new();
        let store = StoreId::new("s").unwrap();
        for id in ["c", "d"] {
            let customer = CustomerId::new(id).unwrap().into();
            let mut open = signals.subscribe(&store, &customer).await.unwrap();
            signals.deliver_missed();
            assert_eq!(open.next().await, SignalEvent::Missed);
        }
    }
}
