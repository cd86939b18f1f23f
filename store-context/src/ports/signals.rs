//! Signals of changes, for what is open on a screen now.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{CustomerId, StoreId};

/// What of a customer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// The customer's own data.
    Customer,
    /// An order.
    Orders,
    /// The cart.
    Cart,
}

/// A customer of a store changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signal {
    /// The store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// What changed.
    pub change: Change,
}

/// What a [`Subscription`] receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    /// The customer changed.
    Changed(Change),
    /// Signals may have been lost: read everything again.
    Missed,
}

/// Tells the processes of a host which customers changed, so that an open panel can read again.
///
/// A signal is a hint. It is delivered at most once, to those who are subscribed at that moment,
/// and it may be lost. Nothing may depend on it but how soon a change is shown.
///
/// ```
/// use store_context::memory::MemorySignals;
/// use store_context::model::{CustomerId, StoreId};
/// use store_context::ports::{Change, PortResult, Signal, SignalEvent, Signals};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> PortResult<()> {
/// let signals = MemorySignals::new();
/// let (store, customer) = (StoreId::new("north")?, CustomerId::new("c-1")?);
/// let mut open = signals.subscribe(&store, &customer).await?;
/// signals.publish(&Signal { store, customer, change: Change::Cart }).await?;
/// assert_eq!(open.next().await, SignalEvent::Changed(Change::Cart));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells the subscribers of the customer, in all processes, that something changed. It does not
    /// wait for them.
    async fn publish(&self, signal: &Signal) -> PortResult<()>;

    /// Subscribes to the changes of one customer from now on.
    async fn subscribe(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Box<dyn Subscription>>;
}

/// The changes of one customer; dropping it ends the subscription.
///
/// The number of events that wait to be received is bounded: who is too slow receives a
/// [`SignalEvent::Missed`] instead of the oldest.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next event. Dropping the future loses none.
    async fn next(&mut self) -> SignalEvent;
}
