//! The known states of conversations.

use std::sync::Arc;

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{ConversationId, Time};
use tokio::time::Instant;

use super::{Entries, State};
use crate::model::{AccountKey, ConversationFact, StoreId, SupportEvent};
use crate::ports::KnownState;

impl Entries {
    pub(in crate::memory::webhook_ledger) fn state(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversation: ConversationId,
    ) -> Option<&KnownState> {
        let states = self.of_account(store, account).map(|rows| &rows.states);
        states?.get(&conversation).map(|state| &state.known)
    }

    pub(in crate::memory::webhook_ledger) fn messages_read(
        &mut self,
        store: &StoreId,
        account: &AccountKey,
        conversation: ConversationId,
        at: Time,
    ) {
        let accounts = self.stores.get_mut(store).map(|rows| &mut rows.accounts);
        let states = accounts.and_then(|all| all.get_mut(account)).map(|rows| &mut rows.states);
        if let Some(state) = states.and_then(|states| states.get_mut(&conversation)) {
            state.known.messages_read_at = state.known.messages_read_at.max(Some(at));
        }
    }

    /// Records a state unless a newer one is known; returns `false` if one is.
    pub(super) fn observe(
        &mut self,
        store: &StoreId,
        account: &Arc<AccountKey>,
        event: &SupportEvent,
        fact: &ConversationFact,
        now: Instant,
    ) -> bool {
        let touched = self.number();
        let rows = self.stores.entry(store.clone()).or_default();
        let states = &mut rows.accounts.entry(account.clone()).or_default().states;
        let known = states.remove(&fact.conversation);
        if let Some(known) = &known {
            self.touched.remove(&known.touched);
        }
        let place = (now, store.clone(), account.clone(), fact.conversation);
        self.touched.insert(touched, place);
        let known = known.map(|state| state.known);
        let newest = known.as_ref().is_none_or(|it| it.state.updated_at <= fact.updated_at);
        let known = match known {
            Some(known) if !newest => known,
            known => KnownState {
                state: fact.clone(),
                status_told: told(event).or(known.as_ref().and_then(|it| it.status_told.clone())),
                messages_read_at: known.and_then(|it| it.messages_read_at),
            },
        };
        states.insert(fact.conversation, State { known, touched });
        newest
    }
}

/// Returns the status that an event reports as such.
fn told(event: &SupportEvent) -> Option<ConversationStatus> {
    match event {
        SupportEvent::ConversationCreated(fact) | SupportEvent::ConversationStatusChanged(fact) => {
            Some(fact.status.clone())
        }
        _ => None,
    }
}
