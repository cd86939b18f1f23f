//! What a webhook ledger must do.

use chatwoot_client::{ConversationId, ConversationStatus, Extra, InboxId, Time, UserId};
use futures_util::future::join_all;

use super::{LEASE, at, north, ok, only, south};
use crate::intake::{ConversationFact, DeskEvent};
use crate::model::{CustomerId, NotProven, Proof};
use crate::ports::{Entry, EntryClaim, EntrySource, Remembered, WebhookCounts, WebhookLedger};

/// Checks an empty [`WebhookLedger`].
///
/// # Panics
/// It does not do what the port says.
pub async fn webhook_ledger(port: &dyn WebhookLedger) {
    let nothing = WebhookCounts::default();
    assert_eq!(ok(port.counts(&north()).await), nothing, "it starts empty");
    assert_eq!(take(port, 10, 0).await, [], "an empty ledger has nothing to claim");
    a_key_is_remembered_once(port).await;
    the_oldest_comes_first(port).await;
    a_released_entry_waits(port).await;
    a_lease_ends(port).await;
    workers_never_share(port).await;
    a_conversation_keeps_its_order(port).await;
    the_newest_state_stays(port).await;
    a_cursor_moves(port).await;
}

async fn a_key_is_remembered_once(port: &dyn WebhookLedger) {
    let key = "conversation 7 \"open\" 1790000000.123456";
    let first = entry(key, 1);
    assert!(!ok(port.knows(&north(), key).await), "an unknown key");
    assert_eq!(ok(port.remember(&first).await), Remembered::New, "an unknown key is new");
    assert!(ok(port.knows(&north(), key).await), "a remembered key is known");
    assert!(!ok(port.knows(&south(), key).await), "stores are apart");
    let doubled = Entry { source: EntrySource::Reconciler, received_at: at(2), ..first.clone() };
    assert_eq!(ok(port.remember(&doubled).await), Remembered::Known, "a key counts once");

    let unknown = Entry {
        store: south(),
        event: DeskEvent::Other { name: "new_thing".to_owned(), body: body() },
        source: EntrySource::Reconciler,
        stale: true,
        received_at: at(3),
        ..first.clone()
    };
    assert_eq!(ok(port.remember(&unknown).await), Remembered::New, "stores are apart");
    let counts = WebhookCounts { webhooks: 1, waiting: 1, ..WebhookCounts::default() };
    assert_eq!(ok(port.counts(&north()).await), counts, "a webhook is waiting");
    let counts =
        WebhookCounts { reconciled: 1, waiting: 1, unknown: 1, ..WebhookCounts::default() };
    assert_eq!(ok(port.counts(&south()).await), counts, "what was reconciled is waiting");

    let claims = take(port, 10, 5).await;
    let entries: Vec<_> = claims.iter().map(|claim| claim.entry.clone()).collect();
    assert_eq!(entries, [first.clone(), unknown], "entries come back whole, the first as it was");
    assert_eq!(take(port, 10, 5).await, [], "a claimed entry is held");
    finish(port, &claims).await;
    let counts = WebhookCounts { webhooks: 1, handled: 1, ..WebhookCounts::default() };
    assert_eq!(ok(port.counts(&north()).await), counts, "a handled entry is not waiting");
    for claim in &claims {
        assert!(!ok(port.done(claim).await), "a claim is settled once");
        assert!(!ok(port.release(claim, at(5)).await), "a settled claim releases nothing");
    }
    assert_eq!(ok(port.remember(&first).await), Remembered::Known, "a handled key is known");
    assert_eq!(take(port, 10, 9_999).await, [], "a handled entry is not claimed");
}

async fn the_oldest_comes_first(port: &dyn WebhookLedger) {
    for (key, second) in [("c", 103), ("a", 101), ("d", 104), ("b", 102)] {
        ok(port.remember(&entry(key, second)).await);
    }
    assert_eq!(take(port, 0, 110).await, [], "a limit of 0 claims nothing");
    let mut claims = take(port, 3, 110).await;
    assert_eq!(keys(&claims), ["a", "b", "c"], "the oldest comes first");
    claims.extend(take(port, 3, 110).await);
    assert_eq!(keys(&claims), ["a", "b", "c", "d"], "then the rest");
    finish(port, &claims).await;
}

async fn a_released_entry_waits(port: &dyn WebhookLedger) {
    ok(port.remember(&entry("released", 200)).await);
    let first = only(take(port, 10, 200).await, "a remembered entry");
    assert_eq!(first.tries, 0, "it was never tried");
    assert!(ok(port.release(&first, at(300)).await), "the claim stands");
    assert!(!ok(port.release(&first, at(200)).await), "a claim is settled once");
    assert!(!ok(port.done(&first).await), "a released claim finishes nothing");
    assert_eq!(take(port, 10, 299).await, [], "an entry is not claimed before it is due");
    assert_eq!(ok(port.counts(&north()).await).waiting, 1, "a released entry is waiting");

    let second = only(take(port, 10, 300).await, "an entry that is due again");
    assert_eq!((second.id, second.tries), (first.id, 1), "a release was a try");
    assert!(second.fence > first.fence, "fences rise");
    finish(port, &[second]).await;
}

async fn a_lease_ends(port: &dyn WebhookLedger) {
    ok(port.remember(&entry("leased", 400)).await);
    let first = only(take(port, 10, 400).await, "a remembered entry");
    assert_eq!(take(port, 10, 459).await, [], "a lease holds");
    let second = only(take(port, 10, 461).await, "an entry whose lease has ended");
    assert_eq!(second.tries, 1, "a claim that was never settled was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert!(!ok(port.done(&first).await), "a lost claim finishes nothing");
    assert!(!ok(port.release(&first, at(461)).await), "a lost claim releases nothing");
    assert_eq!(take(port, 10, 462).await, [], "a lost claim frees nothing");
    finish(port, &[second]).await;
}

async fn workers_never_share(port: &dyn WebhookLedger) {
    const ENTRIES: usize = 40;
    let entries: Vec<_> = (0..ENTRIES).map(|n| entry(&format!("shared {n:02}"), 500)).collect();
    let remembered = join_all(entries.iter().chain(&entries).map(|entry| port.remember(entry)));
    let remembered = remembered.await.into_iter().map(ok);
    let new = remembered.filter(|remembered| *remembered == Remembered::New).count();
    assert_eq!(new, ENTRIES, "of two deliveries at once, one is new");

    let claims = join_all((0..8).map(|_| take(port, ENTRIES / 8, 500))).await;
    let mut claims = claims.concat();
    // A worker may pass over what another is looking at, and leave it for the next round.
    claims.extend(take(port, ENTRIES, 500).await);
    let mut taken = keys(&claims);
    taken.sort_unstable();
    let known: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(taken, known, "each entry is claimed by one worker");
    finish(port, &claims).await;
    assert_eq!(ok(port.counts(&north()).await).waiting, 0, "all is handled");
}

async fn a_conversation_keeps_its_order(port: &dyn WebhookLedger) {
    for (conversation, key) in [(8, "8 first"), (8, "8 second"), (9, "9 first"), (8, "8 third")] {
        ok(port.remember(&entry_of(conversation, key, 600)).await);
    }
    let mut first = take(port, 1, 600).await;
    let nine = only(take(port, 10, 600).await, "what waits for nothing");
    assert_eq!(keys(&first), ["8 first"], "the first of a conversation");
    assert_eq!(nine.entry.key, "9 first", "conversations do not wait for each other");
    finish(port, &[nine]).await;
    for claim in first.drain(..) {
        assert!(ok(port.release(&claim, at(700)).await), "the claim stands");
    }
    assert_eq!(take(port, 10, 699).await, [], "the later ones wait for one that is not due");
    let claims = take(port, 2, 700).await;
    assert_eq!(keys(&claims), ["8 first", "8 second"], "in order, as many as asked for");
    assert_eq!(take(port, 10, 701).await, [], "the last waits for those that are held");
    finish(port, &claims).await;
    let last = take(port, 10, 702).await;
    assert_eq!(keys(&last), ["8 third"], "then it comes");
    finish(port, &last).await;
}

async fn the_newest_state_stays(port: &dyn WebhookLedger) {
    let seven = ConversationId(7);
    let open = state(7, ConversationStatus::Open, 10);
    let resolved = state(7, ConversationStatus::Resolved, 20);
    assert_eq!(ok(port.observed(&north(), seven).await), None, "an unknown conversation");
    assert!(ok(port.observe(&north(), &resolved).await), "a first state is the newest");
    assert!(!ok(port.observe(&north(), &open).await), "an older state is not");
    let known = ok(port.observed(&north(), seven).await);
    assert_eq!(known.as_ref(), Some(&resolved), "the newest state stays");
    let same_time = ConversationFact { labels: vec!["vip".to_owned()], ..resolved.clone() };
    assert!(ok(port.observe(&north(), &same_time).await), "one of the same time is not older");
    let known = ok(port.observed(&north(), seven).await);
    assert_eq!(known.as_ref(), Some(&same_time), "of two of the same time the last is kept");

    assert!(ok(port.observe(&south(), &open).await), "stores are apart");
    let eight = state(8, ConversationStatus::Open, 10);
    assert!(ok(port.observe(&north(), &eight).await), "conversations are apart");
    let known = ok(port.observed(&north(), seven).await);
    assert_eq!(known.as_ref(), Some(&same_time), "others change nothing");

    let later = state(7, ConversationStatus::from("status-of-tomorrow"), 21);
    assert!(ok(port.observe(&north(), &later).await), "a newer state is the newest");
    let known = ok(port.observed(&north(), seven).await);
    assert_eq!(known, Some(later), "a word that we do not know comes back");
}

fn state(conversation: u64, status: ConversationStatus, second: i64) -> ConversationFact {
    ConversationFact {
        conversation: conversation.into(),
        inbox: 1.into(),
        contact: Some(3.into()),
        identifier: Some("customer-1".to_owned()),
        proof: Proof::NotProven(NotProven::Missing),
        status,
        assignee: None,
        labels: Vec::new(),
        updated_at: at(second).into(),
    }
}

async fn a_cursor_moves(port: &dyn WebhookLedger) {
    assert_eq!(ok(port.cursor(&north()).await), None, "a cursor starts nowhere");
    for second in [50, 60] {
        ok(port.set_cursor(&north(), at(second)).await);
        assert_eq!(ok(port.cursor(&north()).await), Some(at(second)), "a cursor moves");
    }
    assert_eq!(ok(port.cursor(&south()).await), None, "stores are apart");
}

fn body() -> Extra {
    let text =
        r#"{"event": "new_thing", "n": 1.5, "deep": {"list": [null, "☕", 9007199254740993]}}"#;
    super::good(serde_json::from_str(text))
}

/// An entry of a conversation of its own.
fn entry(key: &str, second: i64) -> Entry {
    let conversation = key.bytes().fold(100, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
    entry_of(conversation, key, second)
}

fn entry_of(conversation: u64, key: &str, second: i64) -> Entry {
    let fact = ConversationFact {
        conversation: ConversationId(conversation),
        inbox: InboxId(3),
        contact: None,
        identifier: Some("ada".to_owned()),
        proof: Proof::Proven(super::good(CustomerId::new("ada"))),
        status: ConversationStatus::Open,
        assignee: Some(UserId(2)),
        labels: vec!["vip".to_owned()],
        updated_at: Time::from(at(second)),
    };
    Entry {
        store: north(),
        key: key.to_owned(),
        event: DeskEvent::ConversationStatusChanged(fact),
        source: EntrySource::Webhook,
        stale: false,
        received_at: at(second),
    }
}

async fn take(port: &dyn WebhookLedger, limit: usize, second: i64) -> Vec<EntryClaim> {
    ok(port.claim(limit, LEASE, at(second)).await)
}

async fn finish(port: &dyn WebhookLedger, claims: &[EntryClaim]) {
    for claim in claims {
        assert!(ok(port.done(claim).await), "the claim stands: {claim:?}");
    }
}

fn keys(claims: &[EntryClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.entry.key.as_str()).collect()
}
