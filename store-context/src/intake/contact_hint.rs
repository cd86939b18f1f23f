//! A new or changed contact: no fact to be handled, only a hint that the sync should look at it.

use std::sync::Arc;

use chatwoot_client::webhook::Event;

use crate::model::{AccountKey, StoreId};
use crate::ports::{Doubt, PortResult, Ports, SyncLedger};
use crate::sync::ContactState;

/// Takes hints of new and changed contacts. A lost one is found by
/// [`ContactSync::sweep`](crate::sync::ContactSync::sweep).
#[derive(Clone)]
pub(super) struct ContactHints {
    sync: Arc<dyn SyncLedger>,
}

impl ContactHints {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { sync: ports.sync.clone() }
    }

    /// Wants a customer looked at whose contact does not say what was last written. `false`: the
    /// event is of another kind.
    pub(super) async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        event: &Event,
    ) -> PortResult<bool> {
        let (Event::ContactCreated(shown) | Event::ContactUpdated(shown)) = event else {
            return Ok(false);
        };
        // Chatwoot tells our own writes back too.
        let ours = ContactState::of_webhook(shown).fingerprint();
        self.sync.doubt(store, account, shown.id, Doubt::Look, Some(&ours)).await?;
        Ok(true)
    }
}
