//! The known states of conversations.

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{ConversationId, Time};
use futures_util::future::join_all;

use super::samples::{NEW, SEVEN, claim, entry_of, load, moved, state, take, with_status};
use crate::conformance::{account, at, north, ok, only, other_account, south};
use crate::model::SupportEvent;
use crate::ports::{NewEntry, Taken, WebhookLedger};

/// A state that is older than the known one is stale and changes nothing; a newer one becomes the
/// known state.
pub async fn a_state_that_is_older_than_the_known_one_is_stale(port: &dyn WebhookLedger) {
    let states = [(20, false), (10, true), (19, true), (21, false)];
    for (n, (second, stale)) in states.into_iter().enumerate() {
        let taken = take(port, &entry_of(7, &format!("state {n}"), second)).await;
        assert_eq!(taken, Taken::New { stale }, "second {second}");
        let newest = if second < 20 { 20 } else { second };
        assert_eq!(state(port).await.state.updated_at, at(newest).into(), "the newest stays");
    }
    let loaded = load(port, &only(claim(port, 10).await, "one queue")).await;
    let stale: Vec<bool> = loaded.iter().map(|entry| entry.stale).collect();
    assert_eq!(stale, [false, true, true, false], "the entry says so");
}

/// Of concurrent states the newest stays, and one that was stored after a newer one is stale.
pub async fn of_states_at_the_same_time_the_newest_stays(port: &dyn WebhookLedger) {
    let seconds = (0..20).map(|n| (n * 7) % 20);
    let entries: Vec<_> =
        seconds.map(|second| entry_of(7, &format!("second {second}"), second)).collect();
    join_all(entries.iter().map(|entry| take(port, entry))).await;
    assert_eq!(state(port).await.state.updated_at, at(19).into(), "the newest");
    let loaded = ok(port.load(&only(claim(port, 10).await, "one queue"), 99).await);
    let mut newest = None;
    for entry in &loaded {
        let updated = entry.event.conversation().map(|fact| fact.updated_at);
        assert_eq!(entry.stale, updated < newest, "{} after {newest:?}", entry.key);
        newest = newest.max(updated);
    }
    assert_eq!(loaded.len(), entries.len(), "all of them");
}

/// Of two states with the same time the last one is kept, and neither is stale.
pub async fn of_two_states_of_the_same_time_the_last_stays(port: &dyn WebhookLedger) {
    take(port, &with_status(7, "a", ConversationStatus::Resolved, 20)).await;
    let last = with_status(7, "b", ConversationStatus::Snoozed, 20);
    assert_eq!(take(port, &last).await, NEW, "one of the same time is not older");
    assert_eq!(state(port).await.state.status, ConversationStatus::Snoozed, "the last of them");
}

/// The reported status is that of the last event that reports one and is not stale.
pub async fn the_status_that_was_told_is_known(port: &dyn WebhookLedger) {
    use ConversationStatus::{Open, Pending, Resolved, Snoozed};
    let updated = |new: NewEntry| {
        let fact = new.event.conversation().cloned();
        let event = fact.map(SupportEvent::ConversationUpdated);
        NewEntry { event: event.unwrap_or(new.event.clone()), ..new }
    };
    take(port, &updated(with_status(7, "a", Open, 10))).await;
    assert_eq!(state(port).await.status_told, None, "an update tells no status");
    take(port, &with_status(7, "b", Snoozed, 20)).await;
    assert_eq!(state(port).await.status_told, Some(Snoozed), "a change of status does");
    take(port, &updated(with_status(7, "c", Resolved, 30))).await;
    let now = state(port).await;
    assert_eq!((now.state.status, now.status_told), (Resolved, Some(Snoozed)), "they may differ");
    take(port, &with_status(7, "d", Pending, 25)).await;
    assert_eq!(state(port).await.status_told, Some(Snoozed), "a stale one does not");
}

/// The state up to which a conversation's messages were read is recorded, and a new state preserves
/// it.
pub async fn messages_that_were_read_are_noted(port: &dyn WebhookLedger) {
    take(port, &entry_of(7, "a", 10)).await;
    assert_eq!(state(port).await.messages_read_at, None, "they were never read");
    let read = [(SEVEN, Time::from(at(10))), (ConversationId(8), Time::from(at(10)))];
    ok(port.messages_read(&north(), &account(), &read).await);
    assert_eq!(state(port).await.messages_read_at, Some(at(10).into()), "they were read");
    take(port, &entry_of(7, "b", 20)).await;
    assert_eq!(state(port).await.messages_read_at, Some(at(10).into()), "a new state keeps it");
    let known = ok(port.states(&north(), &account(), &[ConversationId(8)]).await);
    assert_eq!(known, [], "a conversation without a state has none by it");
}

/// States are separate per conversation, store and account.
pub async fn states_are_of_a_conversation_a_store_and_an_account(port: &dyn WebhookLedger) {
    take(port, &entry_of(7, "a", 20)).await;
    take(port, &entry_of(8, "b", 10)).await;
    for (store, of) in [(south(), account()), (north(), other_account()), (north(), moved())] {
        assert_eq!(ok(port.states(&store, &of, &[SEVEN]).await), [], "{store} {of:?}");
        let older = [entry_of(7, "a", 5)];
        assert_eq!(ok(port.take(&store, &of, &older).await), [NEW], "{store} {of:?}: its first");
    }
    let mut known = ok(port.states(&north(), &account(), &[SEVEN, ConversationId(8)]).await);
    known.sort_by_key(|known| known.state.conversation);
    let seconds: Vec<Time> = known.iter().map(|known| known.state.updated_at).collect();
    assert_eq!(seconds, [Time::from(at(20)), Time::from(at(10))], "others change nothing");
}

/// A status that this version does not know is read back unchanged.
pub async fn an_unknown_status_comes_back(port: &dyn WebhookLedger) {
    let new = with_status(7, "a", ConversationStatus::from("status-of-tomorrow"), 21);
    take(port, &new).await;
    assert_eq!(Some(&state(port).await.state), new.event.conversation(), "the state");
}
