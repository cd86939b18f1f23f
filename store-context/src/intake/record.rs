//! Recording an event in the ledger, whether a webhook or the reconciler brought it.

use chatwoot_client::Time;
use chatwoot_client::webhook::Verifier;
use jiff::Timestamp;

use crate::model::StoreId;
use crate::model::SupportEvent;
use crate::ports::{Entry, EntrySource, PortResult, Remembered, WebhookLedger};

/// Remembers an event under its key, then notes the conversation's state. In this order: a state
/// that is noted counts as told, so it must not be noted before its event is kept.
pub(super) async fn remember(
    ledger: &dyn WebhookLedger,
    store: &StoreId,
    event: SupportEvent,
    key: String,
    source: EntrySource,
) -> PortResult<Remembered> {
    let stale = is_stale(ledger, store, &event).await?;
    let received_at = Timestamp::now();
    let entry = Entry { store: store.clone(), key, event, source, stale, received_at };
    let remembered = ledger.remember(&entry).await?;
    if let Some(state) = entry.event.conversation() {
        ledger.observe(store, state).await?;
    }
    Ok(remembered)
}

/// A time that a server can know: none ahead of the clock by more than a delivery may be. A state
/// from years ahead would make all that follow it stale.
pub(super) fn credible(told: Option<Time>, now: Timestamp) -> Option<Time> {
    let latest = now.checked_add(Verifier::TOLERANCE).unwrap_or(Timestamp::MAX);
    told.filter(|told| told.at().is_some_and(|at| at <= latest))
}

/// Whether a newer state of the event's conversation is known already.
async fn is_stale(
    ledger: &dyn WebhookLedger,
    store: &StoreId,
    event: &SupportEvent,
) -> PortResult<bool> {
    let Some(state) = event.conversation() else { return Ok(false) };
    let known = ledger.observed(store, state.conversation).await?;
    Ok(known.is_some_and(|known| known.updated_at > state.updated_at))
}
