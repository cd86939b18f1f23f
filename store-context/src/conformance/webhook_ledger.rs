//! The promises of a webhook ledger.

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::types::Extra;
use chatwoot_client::{ConversationId, InboxId, Time, UserId};
use futures_util::future::join_all;

use super::{LEASE, at, north, ok, only, south};
use crate::model::{ConversationFact, SupportEvent};
use crate::model::{CustomerId, NotProven, Proof};
use crate::ports::{Entry, EntryClaim, EntrySource, Remembered, WebhookCounts, WebhookLedger};

/// Makes one test for each promise of [`WebhookLedger`](crate::ports::WebhookLedger); see
/// [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! webhook_ledger_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            webhook_ledger_conformance of webhook_ledger,
            [
                it_starts_empty,
                a_key_is_remembered_once,
                a_handled_key_stays_known,
                stores_have_entries_of_their_own,
                an_entry_comes_back_whole,
                each_kind_of_entry_is_counted,
                the_oldest_comes_first,
                a_claim_takes_no_more_than_its_limit,
                a_claimed_entry_is_held,
                a_handled_entry_is_not_claimed,
                a_claim_is_settled_once,
                a_released_entry_waits_until_it_is_due,
                an_entry_can_be_claimed_again_when_its_lease_ends,
                a_lost_claim_settles_nothing,
                a_lease_that_ended_stands_until_the_entry_is_claimed,
                of_two_deliveries_at_the_same_time_one_is_new,
                workers_never_share_an_entry,
                conversations_do_not_wait_for_each_other,
                a_conversation_waits_for_its_first_entry,
                a_conversation_waits_for_what_is_held,
                an_unknown_conversation_has_no_state,
                the_newest_state_stays,
                of_two_states_of_the_same_time_the_last_stays,
                conversations_and_stores_have_states_of_their_own,
                an_unknown_status_comes_back,
                a_cursor_moves,
                stores_have_cursors_of_their_own,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An empty ledger counts nothing, knows nothing and has nothing to claim.
pub async fn it_starts_empty(port: &dyn WebhookLedger) {
    counts(port, &WebhookCounts::default(), "nothing came").await;
    assert!(!ok(port.knows(&north(), "a").await), "an unknown key");
    assert_eq!(take(port, 10, 0).await, [], "nothing to claim");
}

/// A fact that comes again, whichever way, is known; the entry stays as it was.
pub async fn a_key_is_remembered_once(port: &dyn WebhookLedger) {
    let key = "conversation 7 \"open\" 1790000000.123456";
    let first = entry(key, 1);
    assert_eq!(ok(port.remember(&first).await), Remembered::New, "an unknown key is new");
    assert!(ok(port.knows(&north(), key).await), "a remembered key is known");
    let doubled = Entry { source: EntrySource::Reconciler, received_at: at(2), ..first.clone() };
    assert_eq!(ok(port.remember(&doubled).await), Remembered::Known, "a key counts once");
    let claim = only(take(port, 10, 5).await, "one entry");
    assert_eq!(claim.entry, first, "the entry is as it was");
    let one = WebhookCounts { webhooks: 1, waiting: 1, ..WebhookCounts::default() };
    counts(port, &one, "one entry").await;
}

/// A fact that comes again after it was handled is known, and is not handled again.
pub async fn a_handled_key_stays_known(port: &dyn WebhookLedger) {
    let claim = claimed(port, "a", 1).await;
    finish(port, std::slice::from_ref(&claim)).await;
    assert_eq!(ok(port.remember(&claim.entry).await), Remembered::Known, "a handled key");
    assert!(ok(port.knows(&north(), "a").await), "a handled key");
    assert_eq!(take(port, 10, 9_999).await, [], "nothing to claim");
}

/// The same key in another store is another entry.
pub async fn stores_have_entries_of_their_own(port: &dyn WebhookLedger) {
    let first = entry("a", 1);
    ok(port.remember(&first).await);
    assert!(!ok(port.knows(&south(), "a").await), "the other store's key");
    ok(port.remember(&entry("b", 2)).await);
    let other = Entry { store: south(), received_at: at(3), ..first };
    assert_eq!(ok(port.remember(&other).await), Remembered::New, "the other store's key");
    let claims = take(port, 10, 5).await;
    let stores: Vec<_> = claims.iter().map(|claim| claim.entry.store.clone()).collect();
    assert_eq!(stores, [north(), north(), south()], "a claim is over all stores");
    let two = WebhookCounts { webhooks: 2, waiting: 2, ..WebhookCounts::default() };
    counts(port, &two, "the other store's entry is not counted").await;
}

/// Entries come back as they were remembered, events that this version does not know included.
pub async fn an_entry_comes_back_whole(port: &dyn WebhookLedger) {
    let (known, unknown) = (entry("a", 1), unknown("b", 2));
    ok(port.remember(&known).await);
    ok(port.remember(&unknown).await);
    let claims = take(port, 10, 5).await;
    let entries: Vec<_> = claims.into_iter().map(|claim| claim.entry).collect();
    assert_eq!(entries, [known, unknown], "the entries");
}

/// Entries are counted by the way they came, by whether they are handled, and if unknown.
pub async fn each_kind_of_entry_is_counted(port: &dyn WebhookLedger) {
    let none = WebhookCounts::default();
    ok(port.remember(&entry("a", 1)).await);
    counts(port, &WebhookCounts { webhooks: 1, waiting: 1, ..none }, "one from Chatwoot").await;
    ok(port.remember(&unknown("b", 2)).await);
    let both = WebhookCounts { webhooks: 1, reconciled: 1, waiting: 2, unknown: 1, ..none };
    counts(port, &both, "and one that was reconciled").await;
    let claims = take(port, 10, 5).await;
    counts(port, &both, "claimed entries are waiting").await;
    finish(port, &claims[..1]).await;
    let handled = WebhookCounts { waiting: 1, handled: 1, ..both };
    counts(port, &handled, "a handled entry is not waiting").await;
    assert!(ok(port.release(&claims[1], at(900)).await), "the claim stands");
    counts(port, &handled, "a released entry is waiting").await;
}

/// Entries are claimed in the order in which they came.
pub async fn the_oldest_comes_first(port: &dyn WebhookLedger) {
    remember_four(port).await;
    let claims = take(port, 10, 110).await;
    assert_eq!(keys(&claims), ["a", "b", "c", "d"], "the oldest comes first");
}

/// A claim gives no more entries than it is asked for; the others are left for the next.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn WebhookLedger) {
    remember_four(port).await;
    assert_eq!(take(port, 0, 110).await, [], "a limit of 0 claims nothing");
    let claims = take(port, 3, 110).await;
    assert_eq!(keys(&claims), ["a", "b", "c"], "as many as were asked for");
    let rest = take(port, 3, 110).await;
    assert_eq!(keys(&rest), ["d"], "then the rest");
}

/// An entry that a worker has claimed is given to no other.
pub async fn a_claimed_entry_is_held(port: &dyn WebhookLedger) {
    let claim = claimed(port, "a", 1).await;
    assert_eq!(claim.tries, 0, "it was never tried");
    assert_eq!(take(port, 10, 1).await, [], "the entry is held");
}

/// An entry that is handled is never claimed again.
pub async fn a_handled_entry_is_not_claimed(port: &dyn WebhookLedger) {
    let claim = claimed(port, "a", 1).await;
    assert!(ok(port.done(&claim).await), "the claim stands");
    assert_eq!(take(port, 10, 9_999).await, [], "nothing to claim");
}

/// A claim that was finished or released can be neither again.
pub async fn a_claim_is_settled_once(port: &dyn WebhookLedger) {
    let done = claimed(port, "a", 1).await;
    assert!(ok(port.done(&done).await), "the claim stands");
    assert!(!ok(port.done(&done).await), "finished twice");
    assert!(!ok(port.release(&done, at(5)).await), "released after it was finished");

    let released = claimed(port, "b", 200).await;
    assert!(ok(port.release(&released, at(300)).await), "the claim stands");
    assert!(!ok(port.release(&released, at(200)).await), "released twice");
    assert!(!ok(port.done(&released).await), "finished after it was released");
    assert_eq!(take(port, 10, 299).await, [], "the first release holds");
}

/// A released entry is claimed again when it is due, as a further try.
pub async fn a_released_entry_waits_until_it_is_due(port: &dyn WebhookLedger) {
    let first = claimed(port, "released", 200).await;
    assert!(ok(port.release(&first, at(300)).await), "the claim stands");
    assert_eq!(take(port, 10, 299).await, [], "it is not due");
    let second = only(take(port, 10, 300).await, "an entry that is due again");
    assert_eq!((second.id, second.tries), (first.id, 1), "a release was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert!(!ok(port.done(&first).await), "the released claim finishes nothing");
}

/// An entry whose lease has ended is claimed by the next worker, as a further try.
pub async fn an_entry_can_be_claimed_again_when_its_lease_ends(port: &dyn WebhookLedger) {
    let first = claimed(port, "leased", 400).await;
    assert_eq!(take(port, 10, 459).await, [], "the lease holds");
    let second = only(take(port, 10, 461).await, "an entry whose lease has ended");
    assert_eq!(second.id, first.id, "the same entry");
    assert_eq!(second.tries, 1, "a claim that was never settled was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert_eq!(take(port, 10, 462).await, [], "the second lease holds");
}

/// A worker whose entry was claimed by another can neither finish nor release it.
pub async fn a_lost_claim_settles_nothing(port: &dyn WebhookLedger) {
    let lost = claimed(port, "leased", 400).await;
    let held = only(take(port, 10, 461).await, "an entry whose lease has ended");
    assert!(!ok(port.done(&lost).await), "a lost claim finishes nothing");
    assert!(!ok(port.release(&lost, at(461)).await), "a lost claim releases nothing");
    assert_eq!(take(port, 10, 462).await, [], "a lost claim frees nothing");
    assert!(ok(port.done(&held).await), "the claim that holds the entry stands");
}

/// A worker that is late can still settle its claim while nobody else has taken the entry.
pub async fn a_lease_that_ended_stands_until_the_entry_is_claimed(port: &dyn WebhookLedger) {
    let claim = claimed(port, "leased", 400).await;
    assert_eq!(take(port, 0, 9_000).await, [], "nobody takes the entry");
    assert!(ok(port.done(&claim).await), "the claim stands");
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

/// Of two deliveries of a fact at the same time one is new.
pub async fn of_two_deliveries_at_the_same_time_one_is_new(port: &dyn WebhookLedger) {
    let entries = many();
    let remembered = join_all(entries.iter().chain(&entries).map(|entry| port.remember(entry)));
    let remembered = remembered.await.into_iter().map(ok);
    let new = remembered.filter(|remembered| *remembered == Remembered::New).count();
    assert_eq!(new, ENTRIES, "each fact is new once");
}

/// Workers that claim at the same time are given different entries, and all entries are given.
pub async fn workers_never_share_an_entry(port: &dyn WebhookLedger) {
    let entries = many();
    for entry in &entries {
        ok(port.remember(entry).await);
    }
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

/// While one conversation's entry is held, another conversation's is claimed.
pub async fn conversations_do_not_wait_for_each_other(port: &dyn WebhookLedger) {
    for (conversation, key) in [(8, "8 first"), (8, "8 second"), (9, "9 first")] {
        ok(port.remember(&entry_of(conversation, key, 600)).await);
    }
    let first = take(port, 1, 600).await;
    assert_eq!(keys(&first), ["8 first"], "the first of a conversation");
    let nine = only(take(port, 10, 600).await, "what waits for nothing");
    assert_eq!(nine.entry.key, "9 first", "the other conversation");
}

/// While the first entry of a conversation is not due, those after it are not claimed.
pub async fn a_conversation_waits_for_its_first_entry(port: &dyn WebhookLedger) {
    remember_eight(port).await;
    let first = only(take(port, 1, 600).await, "the first of a conversation");
    assert!(ok(port.release(&first, at(700)).await), "the claim stands");
    assert_eq!(take(port, 10, 699).await, [], "the later ones wait for one that is not due");
    let claims = take(port, 10, 700).await;
    assert_eq!(keys(&claims), ["8 first", "8 second", "8 third"], "then they come in order");
}

/// While entries of a conversation are held, those after them are not claimed.
pub async fn a_conversation_waits_for_what_is_held(port: &dyn WebhookLedger) {
    remember_eight(port).await;
    let claims = take(port, 2, 600).await;
    assert_eq!(keys(&claims), ["8 first", "8 second"], "in order, as many as asked for");
    assert_eq!(take(port, 10, 601).await, [], "the last waits for those that are held");
    finish(port, &claims[..1]).await;
    assert_eq!(take(port, 10, 601).await, [], "it still waits for the second");
    finish(port, &claims[1..]).await;
    let last = take(port, 10, 602).await;
    assert_eq!(keys(&last), ["8 third"], "then it comes");
}

/// A conversation of which nothing was observed has no state.
pub async fn an_unknown_conversation_has_no_state(port: &dyn WebhookLedger) {
    assert_eq!(ok(port.observed(&north(), SEVEN).await), None, "an unknown conversation");
}

/// A state that is older than the one that is known is not kept, and one that is newer is.
pub async fn the_newest_state_stays(port: &dyn WebhookLedger) {
    let open = state(7, ConversationStatus::Open, 10);
    let resolved = state(7, ConversationStatus::Resolved, 20);
    assert!(ok(port.observe(&north(), &resolved).await), "a first state is the newest");
    assert!(!ok(port.observe(&north(), &open).await), "an older state is not");
    let known = ok(port.observed(&north(), SEVEN).await);
    assert_eq!(known, Some(resolved), "the newest state stays");
    let later = state(7, ConversationStatus::Open, 21);
    assert!(ok(port.observe(&north(), &later).await), "a newer state");
    assert_eq!(ok(port.observed(&north(), SEVEN).await), Some(later), "the newest state");
}

/// Of two states of the same time the one that came last is kept.
pub async fn of_two_states_of_the_same_time_the_last_stays(port: &dyn WebhookLedger) {
    let first = state(7, ConversationStatus::Resolved, 20);
    let last = ConversationFact { labels: vec!["vip".to_owned()], ..first.clone() };
    assert!(ok(port.observe(&north(), &first).await), "a first state is the newest");
    assert!(ok(port.observe(&north(), &last).await), "one of the same time is not older");
    assert_eq!(ok(port.observed(&north(), SEVEN).await), Some(last), "the last of them");
}

/// A conversation's state is neither another conversation's nor that of another store's.
pub async fn conversations_and_stores_have_states_of_their_own(port: &dyn WebhookLedger) {
    let seven = state(7, ConversationStatus::Resolved, 20);
    assert!(ok(port.observe(&north(), &seven).await), "a first state is the newest");
    assert_eq!(ok(port.observed(&south(), SEVEN).await), None, "another store");
    let elsewhere = state(7, ConversationStatus::Open, 10);
    assert!(ok(port.observe(&south(), &elsewhere).await), "older, in another store");
    let eight = state(8, ConversationStatus::Open, 10);
    assert!(ok(port.observe(&north(), &eight).await), "older, of another conversation");
    assert_eq!(ok(port.observed(&north(), SEVEN).await), Some(seven), "others change nothing");
    assert_eq!(ok(port.observed(&south(), SEVEN).await), Some(elsewhere), "the other store's");
}

/// A status that this version does not know comes back as it was.
pub async fn an_unknown_status_comes_back(port: &dyn WebhookLedger) {
    let unknown = state(7, ConversationStatus::from("status-of-tomorrow"), 21);
    assert!(ok(port.observe(&north(), &unknown).await), "a first state is the newest");
    assert_eq!(ok(port.observed(&north(), SEVEN).await), Some(unknown), "the state");
}

/// A cursor starts nowhere, and is where it was set last.
pub async fn a_cursor_moves(port: &dyn WebhookLedger) {
    assert_eq!(ok(port.cursor(&north()).await), None, "a cursor starts nowhere");
    for second in [50, 60] {
        ok(port.set_cursor(&north(), at(second)).await);
        assert_eq!(ok(port.cursor(&north()).await), Some(at(second)), "a cursor moves");
    }
}

/// One store's cursor is not another's.
pub async fn stores_have_cursors_of_their_own(port: &dyn WebhookLedger) {
    ok(port.set_cursor(&north(), at(50)).await);
    assert_eq!(ok(port.cursor(&south()).await), None, "the other store's cursor");
    ok(port.set_cursor(&south(), at(60)).await);
    assert_eq!(ok(port.cursor(&north()).await), Some(at(50)), "it was set before");
}

const SEVEN: ConversationId = ConversationId(7);

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
        event: SupportEvent::ConversationStatusChanged(fact),
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

/// Remembers an entry and claims it.
async fn claimed(port: &dyn WebhookLedger, key: &str, second: i64) -> EntryClaim {
    ok(port.remember(&entry(key, second)).await);
    only(take(port, 10, second).await, "a remembered entry")
}

/// Remembers four entries of four conversations, not in the order of their times.
async fn remember_four(port: &dyn WebhookLedger) {
    for (key, second) in [("c", 103), ("a", 101), ("d", 104), ("b", 102)] {
        ok(port.remember(&entry(key, second)).await);
    }
}

/// Remembers three entries of one conversation.
async fn remember_eight(port: &dyn WebhookLedger) {
    for key in ["8 first", "8 second", "8 third"] {
        ok(port.remember(&entry_of(8, key, 600)).await);
    }
}

const ENTRIES: usize = 40;

fn many() -> Vec<Entry> {
    (0..ENTRIES).map(|n| entry(&format!("shared {n:02}"), 500)).collect()
}

/// An entry of an event that this version does not know, which the reconciler found late.
fn unknown(key: &str, second: i64) -> Entry {
    Entry {
        event: SupportEvent::Other { name: "new_thing".to_owned(), body: body() },
        source: EntrySource::Reconciler,
        stale: true,
        ..entry(key, second)
    }
}

async fn counts(port: &dyn WebhookLedger, expected: &WebhookCounts, what: &str) {
    assert_eq!(ok(port.counts(&north()).await), *expected, "{what}");
}

fn keys(claims: &[EntryClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.entry.key.as_str()).collect()
}
