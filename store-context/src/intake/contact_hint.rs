//! A new or changed contact: no fact to be handled, only a hint that the sync should look at it.

use std::sync::Arc;

use chatwoot_client::webhook::Event;

use crate::model::StoreId;
use crate::ports::{Links, PortResult, Ports, SyncLedger};
use crate::sync::{ContactState, look_again};

/// Takes hints of new and changed contacts. A lost one is found by
/// [`ContactSync::verify`](crate::sync::ContactSync::verify).
#[derive(Clone)]
pub(super) struct ContactHints {
    links: Arc<dyn Links>,
    sync: Arc<dyn SyncLedger>,
}

impl ContactHints {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { links: ports.links.clone(), sync: ports.sync.clone() }
    }

    /// Wants a customer looked at whose contact does not say what was last written. `false`: the
    /// event is of another kind.
    pub(super) async fn take(&self, store: &StoreId, event: &Event) -> PortResult<bool> {
        let (Event::ContactCreated(shown) | Event::ContactUpdated(shown)) = event else {
            return Ok(false);
        };
        let Some(customer) = self.links.customer_of(store, shown.id).await? else {
            return Ok(true);
        };
        let link = self.links.get(store, &customer).await?;
        let Some(link) = link.filter(|link| link.contact == shown.id) else { return Ok(true) };
        // Chatwoot tells our own writes back too.
        if link.fingerprint != ContactState::of_webhook(shown).fingerprint() {
            look_again(&*self.links, &*self.sync, store, link).await?;
        }
        Ok(true)
    }
}
