//! The erasure of a customer everywhere: one call, a receipt, and a tombstone.
//!
//! An erasure is recorded before anything else happens, and the workers of the sync go on with it
//! until nothing is left: after a restart, while the contact is online, and until Chatwoot has
//! removed the conversations in the background. They look into Chatwoot again before they call it
//! complete. Erased are the contact and its conversations, the link, the events that wait or are
//! parked, the known states of the conversations, the recorded activity and the cached snapshot; the
//! audit trail names a customer by a keyed digest, and has nothing to remove.
//!
//! What stays is the tombstone: the customer's id with the mark of the erasure in the ledger of the
//! sync, the receipt, and the numbers of the contacts and conversations. Because of it a late
//! trigger, a sweep, a delivery that comes again and a round of the reconciler bring nothing back.
//!
//! The host's own data is the host's to remove.

use std::fmt;
use std::sync::Arc;

use crate::model::{CustomerId, ErasureReceipt, StoreId};
use crate::ports::{Change, PortError, PortFailure, Ports, Signal, Signals};
use crate::sync::ContactSync;

/// Erases customers. Clones share their state.
///
/// ```
/// use store_context::erasure::ErasureService;
/// use store_context::model::{CustomerId, StoreId};
/// # use store_context::ports::{PortFailure, Ports};
/// # use store_context::sync::ContactSync;
///
/// # async fn example(sync: ContactSync, ports: Ports, store: StoreId, ada: CustomerId) -> Result<(), PortFailure> {
/// let erasures = ErasureService::new(sync, ports);
/// let receipt = erasures.erase(&store, &ada).await?;
/// for left in receipt.pending() {
///     println!("still to be erased: {left:?}");
/// }
/// // Later, in any process:
/// let receipt = erasures.receipt(&store, &ada).await?;
/// assert!(receipt.is_some_and(|receipt| receipt.is_complete()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ErasureService {
    sync: ContactSync,
    ports: Ports,
    signals: Option<Arc<dyn Signals>>,
}

impl ErasureService {
    /// Creates a service. Some process must run the sync
    /// ([`Engine`](crate::engine::Engine)), or an erasure that has to wait is never completed.
    pub const fn new(sync: ContactSync, ports: Ports) -> Self {
        Self { sync, ports, signals: None }
    }

    /// Also tells what is open on a screen, in all processes, that the customer changed.
    #[must_use]
    pub fn with_signals(self, signals: Arc<dyn Signals>) -> Self {
        Self { signals: Some(signals), ..self }
    }

    /// Erases a customer, and returns how far that is: complete, or what is left to the workers.
    ///
    /// The store's [`PrivacyPolicy`](crate::model::PrivacyPolicy) says how the conversations are
    /// deleted. Repeating the call is safe; it goes on at once with what is left.
    ///
    /// # Errors
    /// Returns an error if a port failed. Once the ledger of the sync has the mark, the workers
    /// erase the customer all the same; repeat the call to be sure that it has.
    pub async fn erase(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<ErasureReceipt, PortFailure> {
        self.sync.erase(store, customer).await?;
        if let Some(signals) = &self.signals {
            let signal = Signal::new(store.clone(), customer.clone(), Change::Customer);
            // A hint, which may be lost.
            if let Err(error) = signals.publish(&signal).await {
                tracing::warn!(%error, "the erasure of a customer was not signaled");
            }
        }
        let missing = || PortError::new("erasures", "the receipt is not there any more");
        Ok(self.ports.erasures.receipt(store, customer).await?.ok_or_else(missing)?)
    }

    /// Returns the receipt of a customer's erasure; `None` if it was never requested.
    ///
    /// # Errors
    /// Returns an error if the port failed.
    pub async fn receipt(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Option<ErasureReceipt>, PortFailure> {
        Ok(self.ports.erasures.receipt(store, customer).await?)
    }

    /// Returns up to `limit` receipts of a store's erasures that are not complete, of customers
    /// after `after`, in ascending order.
    ///
    /// # Errors
    /// Returns an error if the port failed.
    pub async fn pending(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> Result<Vec<ErasureReceipt>, PortFailure> {
        Ok(self.ports.erasures.pending(store, after, limit).await?)
    }

    /// Removes the tombstone, so that a customer with this id may exist again: the id is used for
    /// another person, or the person came back. Contacts and conversations that were erased stay
    /// forgotten.
    ///
    /// # Errors
    /// Returns an error if a port failed. Repeating the call is safe.
    pub async fn forget(&self, store: &StoreId, customer: &CustomerId) -> Result<(), PortFailure> {
        self.ports.sync.forget(store, customer).await?;
        Ok(self.ports.erasures.forget(store, customer).await?)
    }
}

impl fmt::Debug for ErasureService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasureService").finish_non_exhaustive()
    }
}
