//! Webhooks of new or changed contacts, which are not stored but may trigger a sync.

use chatwoot_client::webhook::Event;

use crate::model::{AccountKey, Store};
use crate::ports::{Doubt, PortResult, Ports};
use crate::sync::ContactState;

/// Processes webhooks of new and changed contacts. A lost one is compensated by
/// [`ContactSync::sweep`](crate::sync::ContactSync::sweep).
#[derive(Clone)]
pub(super) struct ContactHints {
    ports: Ports,
}

impl ContactHints {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { ports: ports.clone() }
    }

    /// Marks a customer as doubtful if the contact differs from what was last written. Returns
    /// `false` if the event is of another kind.
    pub(super) async fn take(
        &self,
        store: &Store,
        account: &AccountKey,
        event: &Event,
    ) -> PortResult<bool> {
        let (Event::ContactCreated(shown) | Event::ContactUpdated(shown)) = event else {
            return Ok(false);
        };
        // Chatwoot also sends webhooks for our own writes.
        let attributes = self.ports.attributes_of(store);
        let ours = ContactState::of_webhook(shown, &attributes).fingerprint();
        self.ports.sync.doubt(&store.id, account, shown.id, Doubt::Look, Some(&ours)).await?;
        Ok(true)
    }
}
