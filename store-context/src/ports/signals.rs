//! Signals of changes, for what is open on a screen now.

use async_trait::async_trait;
use chatwoot_client::ContactId;

use super::PortResult;
use crate::model::{CustomerId, StoreId};

/// What changed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// The customer's own data.
    Customer,
    /// An order.
    Orders,
    /// The cart.
    Cart,
    /// The recorded activity.
    Activity,
    /// The contact in Chatwoot: it was edited, merged or deleted, linked to a customer, or given
    /// another's conversation.
    Contact,
    /// A conversation of the contact: its status or attributes, and with them the proof of who
    /// writes.
    Conversation,
}

/// Whose change it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignalSubject {
    /// A customer of the store.
    Customer(CustomerId),
    /// A contact of the store's account in Chatwoot, who may be a guest.
    Contact(ContactId),
}

impl From<CustomerId> for SignalSubject {
    fn from(customer: CustomerId) -> Self {
        Self::Customer(customer)
    }
}

impl From<ContactId> for SignalSubject {
    fn from(contact: ContactId) -> Self {
        Self::Contact(contact)
    }
}

/// A customer or a contact of a store changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Signal {
    /// The store.
    pub store: StoreId,
    /// The customer or the contact.
    #[serde(flatten)]
    pub subject: SignalSubject,
    /// What changed.
    pub change: Change,
}

impl Signal {
    /// Creates a signal of a customer or a contact.
    ///
    /// ```
    /// use chatwoot_client::ContactId;
    /// use store_context::model::{CustomerId, StoreId};
    /// use store_context::ports::{Change, Signal};
    ///
    /// let north = StoreId::new("north")?;
    /// let cart = Signal::new(north.clone(), CustomerId::new("c-1")?, Change::Cart);
    /// let merged = Signal::new(north, ContactId(7), Change::Contact);
    /// assert_ne!(cart, merged);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(store: StoreId, subject: impl Into<SignalSubject>, change: Change) -> Self {
        Self { store, subject: subject.into(), change }
    }
}

/// What a [`Subscription`] receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    /// The customer or the contact changed.
    Changed(Change),
    /// Signals may have been lost: read everything again.
    Missed,
}

/// Tells the processes of a host which customers and contacts changed, so that an open panel
/// can read again.
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
/// let mut open = signals.subscribe(&store, &customer.clone().into()).await?;
/// signals.publish(&Signal::new(store, customer, Change::Cart)).await?;
/// assert_eq!(open.next().await, SignalEvent::Changed(Change::Cart));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells the subscribers of the signal's subject, in all processes, that something changed. It does not
    /// wait for them.
    async fn publish(&self, signal: &Signal) -> PortResult<()>;

    /// Subscribes to the changes of one customer or contact from now on.
    async fn subscribe(
        &self,
        store: &StoreId,
        subject: &SignalSubject,
    ) -> PortResult<Box<dyn Subscription>>;
}

/// The changes of one customer or contact; dropping it ends the subscription.
///
/// The number of events that wait to be received is bounded: who is too slow receives a
/// [`SignalEvent::Missed`] instead of the oldest.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next event. Dropping the future loses none.
    async fn next(&mut self) -> SignalEvent;
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    /// Processes of two versions exchange them.
    #[test]
    fn the_json_of_a_signal_is_flat() {
        let store = StoreId::new("north").unwrap();
        let cart = Signal::new(store.clone(), CustomerId::new("7").unwrap(), Change::Cart);
        let merged = Signal::new(store, ContactId(7), Change::Contact);
        let of_cart = json!({ "store": "north", "customer": "7", "change": "cart" });
        let of_merged = json!({ "store": "north", "contact": 7, "change": "contact" });
        for (signal, json) in [(cart, of_cart), (merged, of_merged)] {
            assert_eq!(to_value(&signal).unwrap(), json);
            assert_eq!(from_value::<Signal>(json).unwrap(), signal);
        }
    }
}
