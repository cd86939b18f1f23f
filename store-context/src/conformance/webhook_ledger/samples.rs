//! What the tests have in common.

use std::time::Duration;

use chatwoot_client::types::{ConversationStatus, Extra};
use chatwoot_client::{ConversationId, InboxId, Time, UserId};

use crate::conformance::{LEASE, account, at, good, north, ok, only, south};
use crate::model::{
    AccountKey, ConversationFact, CustomerId, NotProven, Proof, StoreId, SupportEvent,
};
use crate::ports::{
    ClaimRequest, Entry, EntryOutcome, EntrySource, KnownState, NewEntry, QueueClaim, Taken,
    WebhookCounts, WebhookLedger,
};

pub(super) const NEW: Taken = Taken::New { stale: false };

pub(super) const SEVEN: ConversationId = ConversationId(7);

pub(super) const ENTRIES: usize = 40;

/// Returns the same account number on another server.
pub(super) fn moved() -> AccountKey {
    AccountKey { base_url: "https://moved.example.com".to_owned(), ..account() }
}

pub(super) fn body() -> Extra {
    let text =
        r#"{"event": "new_thing", "n": 1.5, "deep": {"list": [null, "☕", 9007199254740993]}}"#;
    good(serde_json::from_str(text))
}

/// Returns an entry of a separate conversation.
pub(super) fn entry(key: &str, second: i64) -> NewEntry {
    let conversation = key.bytes().fold(100, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
    entry_of(conversation, key, second)
}

pub(super) fn entry_of(conversation: u64, key: &str, second: i64) -> NewEntry {
    with_status(conversation, key, ConversationStatus::Open, second)
}

/// Returns a change of status.
pub(super) fn with_status(
    conversation: u64,
    key: &str,
    status: ConversationStatus,
    second: i64,
) -> NewEntry {
    let fact = ConversationFact {
        conversation: ConversationId(conversation),
        inbox: InboxId(3),
        contact: None,
        identifier: Some("ada".to_owned()),
        proof: if second % 2 == 0 {
            Proof::Proven(good(CustomerId::new("ada")))
        } else {
            Proof::NotProven(NotProven::Missing)
        },
        status,
        assignee: Some(UserId(2)),
        labels: vec!["vip".to_owned()],
        updated_at: Time::from(at(second)),
    };
    NewEntry {
        key: key.to_owned(),
        delivery: Some("a delivery".to_owned()),
        twin_key: None,
        reconciled_key: None,
        event: SupportEvent::ConversationStatusChanged(fact),
        changed: Vec::new(),
        source: EntrySource::Webhook,
    }
}

/// Returns an entry from the reconciler with an event that this version does not know.
pub(super) fn unknown(key: &str, second: i64) -> NewEntry {
    NewEntry {
        event: SupportEvent::Other { name: "new_thing".to_owned(), body: body() },
        source: EntrySource::Reconciler,
        ..entry(key, second)
    }
}

pub(super) fn many() -> Vec<NewEntry> {
    (0..ENTRIES).map(|n| entry(&format!("shared {n:02}"), 500)).collect()
}

/// Stores entries of six conversations of one store, then of two of another.
pub(super) async fn crowd(port: &dyn WebhookLedger) {
    let mut entries: Vec<(StoreId, NewEntry)> = Vec::new();
    for (store, count) in [(north(), 6), (south(), 2)] {
        entries.extend((1..=count).map(|n| (store.clone(), entry_of(n, &n.to_string(), 1))));
    }
    for (store, entry) in entries {
        ok(port.take(&store, &account(), &[entry]).await);
    }
}

/// Stores entries of conversation 8 and parks the first; returns its id.
pub(super) async fn park(port: &dyn WebhookLedger, keys: &[&str]) -> u64 {
    for key in keys {
        take(port, &entry_of(8, key, 1)).await;
    }
    let held = only(claim(port, 10).await, "one queue");
    let first = load(port, &held).await.swap_remove(0);
    begin(port, &held, first.id, 0).await;
    settle(port, &held, first.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    assert!(ok(port.release(&held).await), "the claim stands");
    first.id
}

pub(super) async fn take(port: &dyn WebhookLedger, entry: &NewEntry) -> Taken {
    only(ok(port.take(&north(), &account(), std::slice::from_ref(entry)).await), "one entry")
}

pub(super) async fn claim(port: &dyn WebhookLedger, limit: usize) -> Vec<QueueClaim> {
    ok(port.claim(ClaimRequest { limit, share: limit, bulk: 0, lease: LEASE, except: &[] }).await)
}

pub(super) async fn claim_for(port: &dyn WebhookLedger, lease: Duration) -> Vec<QueueClaim> {
    ok(port.claim(ClaimRequest { limit: 10, share: 10, bulk: 0, lease, except: &[] }).await)
}

pub(super) async fn load(port: &dyn WebhookLedger, claim: &QueueClaim) -> Vec<Entry> {
    ok(port.load(claim, 10).await)
}

pub(super) async fn begin(port: &dyn WebhookLedger, claim: &QueueClaim, entry: u64, tries: u32) {
    assert_eq!(ok(port.begin(claim, entry).await), Some(tries), "the claim stands: {claim:?}");
}

pub(super) async fn settle(
    port: &dyn WebhookLedger,
    claim: &QueueClaim,
    entry: u64,
    outcome: EntryOutcome,
) {
    assert!(ok(port.settle(claim, &[(entry, outcome)]).await), "the claim stands: {claim:?}");
}

/// Handles all entries of a queue.
pub(super) async fn handle(port: &dyn WebhookLedger, claim: QueueClaim) {
    for entry in load(port, &claim).await {
        begin(port, &claim, entry.id, entry.tries).await;
        settle(port, &claim, entry.id, EntryOutcome::Handled).await;
    }
    assert!(ok(port.release(&claim).await), "the claim stands: {claim:?}");
}

/// Returns the state of conversation 7.
pub(super) async fn state(port: &dyn WebhookLedger) -> KnownState {
    only(ok(port.states(&north(), &account(), &[SEVEN]).await), "one state")
}

pub(super) async fn counts(port: &dyn WebhookLedger, expected: &WebhookCounts, what: &str) {
    assert_eq!(ok(port.counts(Some(&north())).await), *expected, "{what}");
}

pub(super) fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

pub(super) fn conversations(claims: &[QueueClaim]) -> Vec<u64> {
    claims.iter().filter_map(|claim| Some(claim.conversation?.0)).collect()
}
