//! The conformance tests of a webhook ledger: entries, queues and states. Those of the schedule are
//! in [`webhook_rounds`](super::webhook_rounds).

use std::time::Duration;

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::types::Extra;
use chatwoot_client::{ConversationId, InboxId, Time, UserId};
use futures_util::future::join_all;
use serde_json::json;

use super::{LEASE, MOMENT, account, at, good, moment, north, ok, only, other_account, south};
use crate::model::{
    AccountKey, AttributeChange, ConversationFact, CustomerId, NotProven, Proof, StoreId,
    SupportEvent,
};
use crate::ports::{
    ClaimRequest, Entry, EntryOutcome, EntrySource, KnownState, NewEntry, PurgeRequest, Purged,
    QueueClaim, Taken, WebhookCounts, WebhookLedger,
};

/// Generates one test per requirement of [`WebhookLedger`](crate::ports::WebhookLedger), except
/// those of the schedule; see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! webhook_ledger_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            webhook_ledger_conformance of webhook_ledger,
            [
                it_starts_empty,
                a_key_is_taken_once,
                a_handled_key_stays_known,
                a_twin_is_taken_once_and_of_another_delivery,
                what_the_reconciler_told_is_known,
                entries_are_taken_in_order,
                stores_and_accounts_have_entries_of_their_own,
                an_entry_comes_back_whole,
                each_kind_of_entry_is_counted,
                unknown_keys_are_named,
                of_two_deliveries_at_the_same_time_one_is_new,
                a_state_that_is_older_than_the_known_one_is_stale,
                of_states_at_the_same_time_the_newest_stays,
                of_two_states_of_the_same_time_the_last_stays,
                the_status_that_was_told_is_known,
                messages_that_were_read_are_noted,
                states_are_of_a_conversation_a_store_and_an_account,
                an_unknown_status_comes_back,
                a_claim_takes_no_more_than_its_limit,
                the_store_that_was_served_longest_ago_comes_first,
                a_store_has_its_share,
                excepted_stores_are_passed_over,
                a_claimed_queue_is_held,
                a_conversations_entries_come_in_order,
                events_of_no_conversation_do_not_wait_for_each_other,
                a_try_is_counted_before_its_handler_runs,
                only_the_first_entry_is_begun,
                a_failed_entry_waits_and_the_later_ones_with_it,
                a_released_queue_is_due_at_once,
                what_comes_while_a_queue_is_held_is_loaded,
                a_queue_can_be_claimed_again_when_its_lease_ends,
                a_settled_queue_that_was_not_released_takes_more,
                an_extended_claim_holds_longer,
                a_claim_stands_until_its_queue_is_claimed_again,
                a_lost_claim_changes_nothing,
                a_parked_entry_lets_its_queue_go_on,
                a_replayed_entry_comes_last_and_untried,
                parked_entries_are_replayed_in_batches,
                workers_never_share_a_queue,
                what_was_handled_long_ago_is_purged,
                what_was_parked_long_ago_is_purged,
                a_forgotten_contact_leaves_only_keys,
                an_entry_that_is_forgotten_while_it_is_held_is_passed_over,
                a_queue_that_was_emptied_and_never_given_back_goes_on,
                a_forgotten_store_leaves_nothing,
                a_store_is_forgotten_in_batches,
                a_wait_ends,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An empty ledger has zero counts, knows no keys and has nothing to claim.
pub async fn it_starts_empty(port: &dyn WebhookLedger) {
    counts(port, &WebhookCounts::default(), "nothing came").await;
    assert_eq!(ok(port.counts(None).await), WebhookCounts::default(), "nothing in all");
    let unknown = ok(port.unknown(&north(), &account(), &["a".to_owned()]).await);
    assert_eq!(unknown, ["a"], "an unknown key");
    assert_eq!(claim(port, 10).await, [], "nothing to claim");
    assert_eq!(ok(port.states(&north(), &account(), &[SEVEN]).await), [], "no state");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "nothing was set aside");
}

/// A repeated fact is known, from either source; the entry stays unchanged.
pub async fn a_key_is_taken_once(port: &dyn WebhookLedger) {
    let key = "conversation 7 \"open\" 1790000000.123456";
    let first = entry(key, 1);
    assert_eq!(take(port, &first).await, NEW, "an unknown key is new");
    let doubled = NewEntry { source: EntrySource::Reconciler, ..first.clone() };
    assert_eq!(take(port, &doubled).await, Taken::Known, "a key counts once");
    let redelivered = NewEntry { delivery: Some("another".to_owned()), ..first.clone() };
    assert_eq!(take(port, &redelivered).await, Taken::Known, "whatever its delivery");
    let claim = only(claim(port, 10).await, "one entry");
    let loaded = only(load(port, &claim).await, "one entry");
    assert_eq!(loaded.source, EntrySource::Webhook, "the entry is as it was");
    assert_eq!(ok(port.counts(Some(&north())).await).webhooks, 1, "one entry");
}

/// A fact that is repeated after it was handled is known, and is not handled again.
pub async fn a_handled_key_stays_known(port: &dyn WebhookLedger) {
    assert_eq!(take(port, &entry("a", 1)).await, NEW, "an unknown key is new");
    handle(port, only(claim(port, 10).await, "one queue")).await;
    assert_eq!(take(port, &entry("a", 1)).await, Taken::Known, "a handled key");
    let unknown = ok(port.unknown(&north(), &account(), &["a".to_owned()]).await);
    assert_eq!(unknown, [""; 0], "a handled key");
    assert_eq!(claim(port, 10).await, [], "nothing to claim");
}

/// Of deliveries with one key and one twin key the second is stored if it is another delivery, and
/// no third.
pub async fn a_twin_is_taken_once_and_of_another_delivery(port: &dyn WebhookLedger) {
    let of = |delivery: Option<&str>| NewEntry {
        delivery: delivery.map(ToOwned::to_owned),
        twin_key: Some("a, again".to_owned()),
        ..entry("a", 1)
    };
    assert_eq!(take(port, &of(Some("one"))).await, NEW, "the first");
    assert_eq!(take(port, &of(Some("one"))).await, Taken::Known, "the same delivery");
    assert_eq!(take(port, &of(None)).await, Taken::Known, "a delivery without a name");
    let without = NewEntry { twin_key: None, ..of(Some("two")) };
    assert_eq!(take(port, &without).await, Taken::Known, "without a second key");
    assert_eq!(take(port, &of(Some("two"))).await, NEW, "another delivery");
    for delivery in [None, Some("one"), Some("two"), Some("three")] {
        assert_eq!(take(port, &of(delivery)).await, Taken::Known, "{delivery:?}");
    }
    let unknown = ok(port.unknown(&north(), &account(), &["a, again".to_owned()]).await);
    assert_eq!(unknown, [""; 0], "the second key is known");
    assert_eq!(ok(port.counts(Some(&north())).await).webhooks, 2, "two entries");
}

/// An entry is known if the reconciler reported its state under the key that the entry contains.
pub async fn what_the_reconciler_told_is_known(port: &dyn WebhookLedger) {
    let told = NewEntry { source: EntrySource::Reconciler, ..entry("state", 1) };
    assert_eq!(take(port, &told).await, NEW, "it was not known");
    let webhook = |key: &str, reconciled: &str| NewEntry {
        reconciled_key: Some(reconciled.to_owned()),
        ..entry(key, 1)
    };
    assert_eq!(take(port, &webhook("signed", "state")).await, Taken::Known, "it was told");
    assert_eq!(take(port, &webhook("signed", "another")).await, NEW, "it was not told");
}

/// Entries of one call are stored in order, each compared with those before it.
pub async fn entries_are_taken_in_order(port: &dyn WebhookLedger) {
    let entries = [entry_of(8, "first", 2), entry_of(8, "second", 1), entry_of(8, "first", 2)];
    let taken = ok(port.take(&north(), &account(), &entries).await);
    assert_eq!(taken, [NEW, Taken::New { stale: true }, Taken::Known], "one after the other");
    let loaded = load(port, &only(claim(port, 10).await, "one queue")).await;
    assert_eq!(keys(&loaded), ["first", "second"], "in order");
    assert!(loaded[0].id < loaded[1].id, "ids rise");
}

/// The same key in another store, or in another account of the store, is another entry.
pub async fn stores_and_accounts_have_entries_of_their_own(port: &dyn WebhookLedger) {
    let same = entry_of(8, "a", 1);
    let places = [
        (north(), account()),
        (south(), account()),
        (north(), other_account()),
        (north(), moved()),
    ];
    for (store, of) in &places {
        let taken = ok(port.take(store, of, std::slice::from_ref(&same)).await);
        assert_eq!(taken, [NEW], "{store} {of:?}");
    }
    let mut found = Vec::new();
    for claim in claim(port, 10).await {
        let loaded = only(load(port, &claim).await, "one entry");
        assert_eq!((&claim.store, &claim.account), (&loaded.store, &loaded.account));
        assert_eq!(claim.conversation, Some(ConversationId(8)), "the conversation");
        found.push((claim.store, claim.account));
    }
    found.sort();
    let mut places = places.to_vec();
    places.sort();
    assert_eq!(found, places, "a claim is over all stores and accounts");
    assert_eq!(ok(port.counts(Some(&north())).await).webhooks, 3, "counts are a store's");
    assert_eq!(ok(port.counts(None).await).webhooks, 4, "or of all");
}

/// Entries are read back as they were stored, including events that this version does not know.
pub async fn an_entry_comes_back_whole(port: &dyn WebhookLedger) {
    let change = AttributeChange {
        name: "assignee_id".to_owned(),
        previous: json!(null),
        current: json!({"id": 9_007_199_254_740_993_u64, "☕": [1.5]}),
    };
    let known = NewEntry { changed: vec![change], ..entry("a", 1) };
    for new in [known, unknown("b", 2)] {
        assert_eq!(take(port, &new).await, NEW, "an unknown key is new");
        let claim = only(claim(port, 10).await, "one queue");
        let loaded = only(load(port, &claim).await, "one entry");
        assert_eq!(claim.waiting_since, loaded.received_at, "since when it waits");
        let expected = Entry {
            id: loaded.id,
            store: north(),
            account: account(),
            key: new.key.clone(),
            event: new.event.clone(),
            changed: new.changed.clone(),
            source: new.source,
            stale: false,
            received_at: loaded.received_at,
            tries: 0,
        };
        assert_eq!(loaded, expected, "the entry");
        handle(port, claim).await;
    }
}

/// Entries are counted by source, by state, and by whether their event is unknown.
pub async fn each_kind_of_entry_is_counted(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    take(port, &unknown("b", 2)).await;
    let now = ok(port.counts(Some(&north())).await);
    let since = now.oldest_waiting_since;
    assert!(since.is_some(), "since when the oldest waits");
    let both = WebhookCounts {
        webhooks: 1,
        reconciled: 1,
        waiting: 2,
        unknown: 1,
        oldest_waiting_since: since,
        ..WebhookCounts::default()
    };
    assert_eq!(now, both, "one from Chatwoot, and one that was reconciled");
    let claims = claim(port, 10).await;
    let claimed = WebhookCounts { claimed: 2, ..both };
    counts(port, &claimed, "entries of claimed queues are waiting").await;
    assert_eq!(claims[0].waiting_since, since.unwrap_or_default(), "the oldest");
    let [first, second] = [0, 1].map(|n: usize| claims[n].clone());
    handle(port, first).await;
    let loaded = only(load(port, &second).await, "one entry");
    settle(port, &second, loaded.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    assert!(ok(port.release(&second).await), "the claim stands");
    let settled =
        WebhookCounts { handled: 1, parked: 1, waiting: 0, oldest_waiting_since: None, ..both };
    counts(port, &settled, "neither is waiting").await;
}

/// Of several keys the unknown ones are returned, in their order.
pub async fn unknown_keys_are_named(port: &dyn WebhookLedger) {
    take(port, &entry("b", 1)).await;
    let asked = ["c", "b", "a"].map(ToOwned::to_owned);
    assert_eq!(ok(port.unknown(&north(), &account(), &asked).await), ["c", "a"]);
    assert_eq!(ok(port.unknown(&south(), &account(), &asked).await), asked, "another store");
    assert_eq!(ok(port.unknown(&north(), &moved(), &asked).await), asked, "another account");
    assert_eq!(ok(port.unknown(&north(), &account(), &[]).await), [""; 0], "none asked");
}

/// Of two concurrent deliveries of a fact one is new.
pub async fn of_two_deliveries_at_the_same_time_one_is_new(port: &dyn WebhookLedger) {
    let entries = many();
    let taken = join_all(entries.iter().chain(&entries).map(|entry| take(port, entry))).await;
    let new = taken.iter().filter(|taken| **taken != Taken::Known).count();
    assert_eq!(new, ENTRIES, "each fact is new once");
}

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

/// A claim respects its limit; the other queues are left for the next one.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn WebhookLedger) {
    for conversation in 1..=4 {
        take(port, &entry_of(conversation, &conversation.to_string(), 1)).await;
    }
    assert_eq!(claim(port, 0).await, [], "a limit of 0 claims nothing");
    assert_eq!(conversations(&claim(port, 3).await), [1, 2, 3], "in the order they became due");
    assert_eq!(conversations(&claim(port, 3).await), [4], "then the rest");
}

/// Of stores with due queues the one that was served longest ago comes first.
pub async fn the_store_that_was_served_longest_ago_comes_first(port: &dyn WebhookLedger) {
    crowd(port).await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(only(claim(port, 1).await, "one queue").store);
    }
    assert!(stores[..2].contains(&south()), "a store with many does not starve one with few");
    assert!(stores[2..].contains(&south()), "in turn: {stores:?}");
}

/// No more than a store's share is claimed while other stores have due queues.
pub async fn a_store_has_its_share(port: &dyn WebhookLedger) {
    crowd(port).await;
    let request = ClaimRequest { limit: 4, share: 2, bulk: 0, lease: LEASE, except: &[] };
    let claims = ok(port.claim(request).await);
    let souths = claims.iter().filter(|claim| claim.store == south()).count();
    assert_eq!((claims.len(), souths), (4, 2), "two of each");
    let rest = ok(port.claim(request).await);
    assert_eq!(rest.len(), 4, "a share does not hold the only store back");
}

/// Nothing is claimed of excepted stores.
pub async fn excepted_stores_are_passed_over(port: &dyn WebhookLedger) {
    crowd(port).await;
    let except = [north()];
    let request = ClaimRequest { limit: 9, share: 9, bulk: 0, lease: LEASE, except: &except };
    let claims = ok(port.claim(request).await);
    assert!(claims.iter().all(|claim| claim.store == south()), "{claims:?}");
    assert_eq!(claims.len(), 2, "all of the other store");
    assert_eq!(claim(port, 9).await.len(), 6, "they are claimed by others");
}

/// A claimed queue is given to no other worker.
pub async fn a_claimed_queue_is_held(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let held = only(claim(port, 10).await, "one queue");
    assert_eq!(claim(port, 10).await, [], "the queue is held");
    handle(port, held).await;
    assert_eq!(claim(port, 10).await, [], "nothing is left");
}

/// A conversation's entries are in the order in which they were stored, and those of other
/// conversations do not wait for them.
pub async fn a_conversations_entries_come_in_order(port: &dyn WebhookLedger) {
    for (conversation, key) in [(8, "8 first"), (9, "9 first"), (8, "8 second")] {
        take(port, &entry_of(conversation, key, 600)).await;
    }
    let eight = only(claim(port, 1).await, "one queue");
    let nine = only(claim(port, 10).await, "the other conversation");
    assert_eq!(keys(&load(port, &nine).await), ["9 first"]);
    let loaded = load(port, &eight).await;
    assert_eq!(keys(&loaded), ["8 first", "8 second"], "in order");
    assert_eq!(ok(port.load(&eight, 1).await).len(), 1, "as many as asked for");
    begin(port, &eight, loaded[0].id, 0).await;
    settle(port, &eight, loaded[0].id, EntryOutcome::Handled).await;
    assert_eq!(keys(&load(port, &eight).await), ["8 second"], "then the rest");
}

/// An event without a conversation has a queue of its own.
pub async fn events_of_no_conversation_do_not_wait_for_each_other(port: &dyn WebhookLedger) {
    for key in ["a", "b"] {
        take(port, &unknown(key, 1)).await;
    }
    let claims = claim(port, 10).await;
    assert!(claims.iter().all(|claim| claim.conversation.is_none()), "{claims:?}");
    let mut loaded = Vec::new();
    for claim in &claims {
        loaded.push(only(load(port, claim).await, "one entry").key);
    }
    assert_eq!(loaded, ["a", "b"], "each by itself");
}

/// An attempt counts from its begin, whatever happens to the worker.
pub async fn a_try_is_counted_before_its_handler_runs(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    for tries in 0..3 {
        let claim = only(claim(port, 10).await, "one queue");
        let loaded = only(load(port, &claim).await, "one entry");
        assert_eq!(loaded.tries, tries, "tries before");
        begin(port, &claim, loaded.id, tries).await;
        assert!(ok(port.release(&claim).await), "the claim stands");
    }
}

/// Only the first entry of a queue can be begun, and none that is settled.
pub async fn only_the_first_entry_is_begun(port: &dyn WebhookLedger) {
    take(port, &entry_of(8, "first", 1)).await;
    take(port, &entry_of(8, "second", 1)).await;
    let claim = only(claim(port, 10).await, "one queue");
    let ids: Vec<u64> = load(port, &claim).await.iter().map(|entry| entry.id).collect();
    assert_eq!(ok(port.begin(&claim, ids[1]).await), None, "the second waits for the first");
    begin(port, &claim, ids[0], 0).await;
    settle(port, &claim, ids[0], EntryOutcome::Handled).await;
    assert_eq!(ok(port.begin(&claim, ids[0]).await), None, "it is handled");
    begin(port, &claim, ids[1], 0).await;
}

/// A failed entry is due again after its delay, as a further attempt; later entries wait too.
pub async fn a_failed_entry_waits_and_the_later_ones_with_it(port: &dyn WebhookLedger) {
    take(port, &entry_of(8, "first", 1)).await;
    take(port, &entry_of(8, "second", 1)).await;
    let held = only(claim(port, 10).await, "one queue");
    let first = load(port, &held).await.swap_remove(0);
    begin(port, &held, first.id, 0).await;
    let failed = EntryOutcome::Retry { after: MOMENT, error: "no".to_owned() };
    settle(port, &held, first.id, failed).await;
    assert_eq!(load(port, &held).await, [], "nothing is due");
    assert!(ok(port.release(&held).await), "the claim stands");
    take(port, &entry_of(8, "third", 1)).await;
    assert_eq!(claim(port, 10).await, [], "the later ones wait");
    moment().await;
    let again = only(claim(port, 10).await, "it is due");
    assert_eq!(again.queue, held.queue, "the same queue");
    assert!(again.fence > held.fence, "fences rise");
    let loaded = load(port, &again).await;
    assert_eq!(keys(&loaded), ["first", "second", "third"], "in order");
    assert_eq!((loaded[0].tries, loaded[1].tries), (1, 0), "a failure was a try");
}

/// A released queue is due at once, and an empty one is removed.
pub async fn a_released_queue_is_due_at_once(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let first = only(claim(port, 10).await, "one queue");
    assert!(ok(port.release(&first).await), "the claim stands");
    assert!(!ok(port.release(&first).await), "it was given back");
    assert_eq!(ok(port.counts(Some(&north())).await).claimed, 0, "nobody holds it");
    let second = only(claim(port, 10).await, "it is due");
    assert_eq!(only(load(port, &second).await, "one entry").tries, 0, "it was not tried");
    handle(port, second).await;
    assert_eq!(claim(port, 10).await, [], "it is gone");
}

/// An entry that is stored while its conversation's queue is claimed can be loaded with that claim.
pub async fn what_comes_while_a_queue_is_held_is_loaded(port: &dyn WebhookLedger) {
    take(port, &entry_of(8, "first", 1)).await;
    let held = only(claim(port, 10).await, "one queue");
    let first = only(load(port, &held).await, "one entry");
    begin(port, &held, first.id, 0).await;
    settle(port, &held, first.id, EntryOutcome::Handled).await;
    assert_eq!(load(port, &held).await, [], "all is handled");
    take(port, &entry_of(8, "second", 1)).await;
    assert_eq!(claim(port, 10).await, [], "the queue is held");
    assert_eq!(keys(&load(port, &held).await), ["second"]);
    assert!(ok(port.release(&held).await), "the claim stands");
    assert_eq!(claim(port, 10).await.len(), 1, "it is due");
}

/// A queue whose lease has expired is claimed by the next worker.
pub async fn a_queue_can_be_claimed_again_when_its_lease_ends(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let first = only(claim_for(port, MOMENT).await, "one queue");
    assert_eq!(claim(port, 10).await, [], "the lease holds");
    moment().await;
    let second = only(claim(port, 10).await, "a queue whose lease has ended");
    assert_eq!(second.queue, first.queue, "the same queue");
    assert!(second.fence > first.fence, "fences rise");
    assert_eq!(claim(port, 10).await, [], "the second lease holds");
    assert_eq!(ok(port.counts(Some(&north())).await).claimed, 1, "one worker holds it");
}

/// A worker may end after it settled a queue's last entry and before it released the queue: an entry
/// that comes later is claimed.
pub async fn a_settled_queue_that_was_not_released_takes_more(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let held = only(claim_for(port, MOMENT).await, "one queue");
    let first = only(load(port, &held).await, "one entry");
    assert!(ok(port.settle(&held, &[(first.id, EntryOutcome::Handled)]).await), "it stands");
    moment().await;
    assert_eq!(claim(port, 10).await, [], "nothing waits");
    assert_eq!(ok(port.counts(Some(&north())).await).claimed, 0, "nobody holds it");
    take(port, &entry("b", 1)).await;
    let again = only(claim(port, 10).await, "the queue of the later entry");
    assert_eq!(keys(&load(port, &again).await), ["b"]);
}

/// An extended claim is valid for the lease from then on.
pub async fn an_extended_claim_holds_longer(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let held = only(claim_for(port, MOMENT).await, "one queue");
    assert!(ok(port.extend(&held, LEASE).await), "the claim stands");
    moment().await;
    assert_eq!(claim(port, 10).await, [], "the lease holds");
    handle(port, held).await;
}

/// A late worker can still settle while no other has claimed the queue.
pub async fn a_claim_stands_until_its_queue_is_claimed_again(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let late = only(claim_for(port, MOMENT).await, "one queue");
    moment().await;
    assert!(ok(port.extend(&late, MOMENT).await), "the claim stands");
    moment().await;
    handle(port, late).await;
    assert_eq!(claim(port, 10).await, [], "nothing is left");
}

/// A worker with a lost claim can change nothing.
pub async fn a_lost_claim_changes_nothing(port: &dyn WebhookLedger) {
    take(port, &entry("a", 1)).await;
    let lost = only(claim_for(port, MOMENT).await, "one queue");
    let id = only(load(port, &lost).await, "one entry").id;
    moment().await;
    let held = only(claim(port, 10).await, "a queue whose lease has ended");
    assert_eq!(load(port, &lost).await, [], "a lost claim loads nothing");
    assert_eq!(ok(port.begin(&lost, id).await), None, "a lost claim begins nothing");
    assert!(!ok(port.extend(&lost, LEASE).await), "a lost claim is not extended");
    for outcome in [
        EntryOutcome::Handled,
        EntryOutcome::Parked { error: "no".to_owned() },
        EntryOutcome::Retry { after: Duration::ZERO, error: "no".to_owned() },
    ] {
        let settled = ok(port.settle(&lost, &[(id, outcome.clone())]).await);
        assert!(!settled, "a lost claim settles nothing: {outcome:?}");
    }
    assert!(!ok(port.release(&lost).await), "a lost claim releases nothing");
    assert_eq!(claim(port, 10).await, [], "a lost claim frees nothing");
    assert_eq!(only(load(port, &held).await, "one entry").tries, 0, "no try was counted");
    handle(port, held).await;
}

/// After an entry was parked the later ones are due; it is listed with its error, and not claimed.
pub async fn a_parked_entry_lets_its_queue_go_on(port: &dyn WebhookLedger) {
    let parked = park(port, &["first", "second"]).await;
    let held = only(claim(port, 10).await, "the queue goes on");
    assert_eq!(keys(&load(port, &held).await), ["second"]);
    handle(port, held).await;
    assert_eq!(claim(port, 10).await, [], "it is not claimed");
    let listed = only(ok(port.parked(&north(), None, 10).await), "one was set aside");
    assert_eq!((listed.entry.key.as_str(), listed.error.as_str()), ("first", "no"));
    assert_eq!((listed.entry.id, listed.entry.tries), (parked, 1), "as it was");
    assert!(listed.parked_at >= listed.entry.received_at, "when it was set aside");
    assert_eq!(ok(port.parked(&north(), Some(parked), 10).await), [], "after it");
    assert_eq!(ok(port.parked(&north(), None, 0).await), [], "a limit of 0");
    assert_eq!(ok(port.parked(&south(), None, 10).await), [], "another store");
    assert_eq!(take(port, &entry_of(8, "first", 1)).await, Taken::Known, "its key is known");
}

/// A replayed entry is due again, at the end of its queue and with no attempts.
pub async fn a_replayed_entry_comes_last_and_untried(port: &dyn WebhookLedger) {
    let parked = park(port, &["first", "second"]).await;
    assert_eq!(ok(port.replay(&south(), None, 10).await), 0, "another store");
    assert_eq!(ok(port.replay(&north(), Some(parked + 1000), 10).await), 0, "another entry");
    assert_eq!(ok(port.replay(&north(), Some(parked), 10).await), 1, "one");
    assert_eq!(ok(port.replay(&north(), None, 10).await), 0, "none is left");
    let held = only(claim(port, 10).await, "one queue");
    let loaded = load(port, &held).await;
    assert_eq!(keys(&loaded), ["second", "first"], "it comes last");
    assert_eq!(loaded[1].tries, 0, "untried");
    handle(port, held).await;
    assert_eq!(ok(port.counts(Some(&north())).await).handled, 2, "both");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "nothing is set aside");
}

/// Parked entries are replayed no more at once than asked for, the first ones first, until none is
/// left.
pub async fn parked_entries_are_replayed_in_batches(port: &dyn WebhookLedger) {
    for key in ["a", "b", "c"] {
        park(port, &[key]).await;
    }
    assert_eq!(ok(port.replay(&north(), None, 2).await), 2, "no more than the limit");
    let held = only(claim(port, 10).await, "one queue");
    assert_eq!(keys(&load(port, &held).await), ["a", "b"], "in ascending order");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 1, "what is left");
    assert_eq!(keys(&load(port, &held).await), ["a", "b", "c"], "at the end");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 0, "none is left");
}

/// Concurrent workers claim different queues, and all queues are claimed.
pub async fn workers_never_share_a_queue(port: &dyn WebhookLedger) {
    for entry in &many() {
        take(port, entry).await;
    }
    let claims = join_all((0..8).map(|_| claim(port, ENTRIES / 8))).await;
    let mut claims = claims.concat();
    // A worker may skip queues that another is examining, and leave them for the next round.
    claims.extend(claim(port, ENTRIES).await);
    let mut queues: Vec<u64> = claims.iter().map(|claim| claim.queue).collect();
    queues.sort_unstable();
    queues.dedup();
    assert_eq!((claims.len(), queues.len()), (ENTRIES, ENTRIES), "each is claimed by one worker");
    for claim in claims {
        handle(port, claim).await;
    }
    assert_eq!(ok(port.counts(Some(&north())).await).waiting, 0, "all is handled");
}

/// Entries that were handled long ago are removed with their keys, and so are states that were not
/// updated; waiting and parked entries are not.
pub async fn what_was_handled_long_ago_is_purged(port: &dyn WebhookLedger) {
    take(port, &entry_of(7, "handled", 1)).await;
    handle(port, only(claim(port, 10).await, "one queue")).await;
    park(port, &["parked", "waiting"]).await;
    let purge = async |handled_before: Duration, limit: usize| {
        ok(port.purge(&PurgeRequest { handled_before, parked_before: None, limit }).await)
    };
    assert_eq!(purge(LEASE, 99).await, Purged::default(), "nothing is that old");
    moment().await;
    take(port, &entry_of(9, "recent", 1)).await;
    let first = purge(MOMENT / 2, 1).await;
    assert_eq!(first.total(), 1, "no more than the limit");
    let rest = purge(MOMENT / 2, 99).await;
    assert_eq!(rest.total(), 2, "what is left");
    let kinds = (first.handled + rest.handled, first.states + rest.states);
    assert_eq!(kinds, (1, 2), "the handled entry, and the states of 7 and 8");
    let asked = ["handled", "parked", "waiting", "recent"].map(ToOwned::to_owned);
    let unknown = ok(port.unknown(&north(), &account(), &asked).await);
    assert_eq!(unknown, ["handled"], "the keys of the others stay");
    assert_eq!(ok(port.states(&north(), &account(), &[SEVEN]).await), [], "the state");
    let nine = ok(port.states(&north(), &account(), &[ConversationId(9)]).await);
    assert_eq!(nine.len(), 1, "a state that was touched stays");
    let now = ok(port.counts(Some(&north())).await);
    assert_eq!((now.webhooks, now.handled, now.parked, now.waiting), (3, 0, 1, 2), "{now:?}");
}

/// Entries that were parked long ago are removed with their keys, if the request says so; the age
/// counts from when they were parked.
pub async fn what_was_parked_long_ago_is_purged(port: &dyn WebhookLedger) {
    let purge = async |parked_before: Duration, limit: usize| {
        let parked_before = Some(parked_before);
        ok(port.purge(&PurgeRequest { handled_before: LEASE, parked_before, limit }).await)
    };
    park(port, &["first"]).await;
    let second = park(port, &["second", "waiting"]).await;
    assert_eq!(purge(LEASE, 99).await, Purged::default(), "nothing is that old");
    moment().await;
    assert_eq!(ok(port.replay(&north(), Some(second), 10).await), 1, "it waits again");
    let late = only(claim(port, 10).await, "one queue");
    let waiting = load(port, &late).await.swap_remove(0);
    settle(port, &late, waiting.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    assert_eq!(purge(MOMENT / 2, 0).await, Purged::default(), "a limit of 0");
    let purged = purge(MOMENT / 2, 99).await;
    assert_eq!(purged, Purged { parked: 1, ..Purged::default() }, "the first one");
    let asked = ["first", "second", "waiting"].map(ToOwned::to_owned);
    let unknown = ok(port.unknown(&north(), &account(), &asked).await);
    assert_eq!(unknown, ["first"], "the keys of the others stay");
    let left = only(ok(port.parked(&north(), None, 10).await), "one was set aside later");
    assert_eq!(left.entry.key, "waiting");
    let now = ok(port.counts(Some(&north())).await);
    assert_eq!((now.webhooks, now.handled, now.parked, now.waiting), (2, 0, 1, 1), "{now:?}");
}

/// Forgetting a contact removes its entries and states; keys stay known.
pub async fn a_forgotten_contact_leaves_only_keys(port: &dyn WebhookLedger) {
    let of = |conversation, key: &str, contact: u64| {
        let mut new = entry_of(conversation, key, 1);
        if let SupportEvent::ConversationStatusChanged(fact) = &mut new.event {
            fact.contact = Some(contact.into());
        }
        new
    };
    for (conversation, key, contact) in [(7, "parked", 3), (7, "waiting", 3), (8, "other", 4)] {
        take(port, &of(conversation, key, contact)).await;
    }
    let held = only(claim(port, 1).await, "one queue");
    let first = load(port, &held).await.swap_remove(0);
    settle(port, &held, first.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    assert!(ok(port.release(&held).await), "the claim stands");
    let elsewhere = ok(port.forget_contact(&north(), &moved(), 3.into()).await);
    assert_eq!(elsewhere, 0, "another account's contact");
    let forgotten = ok(port.forget_contact(&north(), &account(), 3.into()).await);
    assert_eq!(forgotten, 3, "two entries and a state");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "nothing is set aside");
    assert_eq!(ok(port.replay(&north(), None, 10).await), 0, "nothing to replay");
    let claims = claim(port, 10).await;
    assert_eq!(conversations(&claims), [8], "the other contact's conversation");
    let known = ok(port.states(&north(), &account(), &[SEVEN, ConversationId(8)]).await);
    assert_eq!(known.len(), 1, "the other conversation's state");
    assert_eq!(take(port, &of(7, "waiting", 3)).await, Taken::Known, "what is under way");
    let now = ok(port.counts(Some(&north())).await);
    assert_eq!((now.webhooks, now.waiting, now.parked), (1, 1, 0), "{now:?}");
}

/// An entry that is forgotten while its queue is claimed can be neither begun nor settled; the
/// claim stays valid.
pub async fn an_entry_that_is_forgotten_while_it_is_held_is_passed_over(port: &dyn WebhookLedger) {
    let mut new = entry_of(7, "a", 1);
    if let SupportEvent::ConversationStatusChanged(fact) = &mut new.event {
        fact.contact = Some(3.into());
    }
    take(port, &new).await;
    let held = only(claim(port, 1).await, "one queue");
    let id = only(load(port, &held).await, "one entry").id;
    ok(port.forget_contact(&north(), &account(), 3.into()).await);
    assert_eq!(ok(port.begin(&held, id).await), None, "it waits no more");
    assert!(ok(port.settle(&held, &[(id, EntryOutcome::Handled)]).await), "the claim stands");
    assert_eq!(load(port, &held).await, [], "nothing is left");
    assert!(ok(port.release(&held).await), "the claim stands");
    assert_eq!(ok(port.counts(Some(&north())).await).handled, 0, "it was not handled");
}

/// A conversation whose entries were forgotten while somebody had it who never gave it back is as
/// good as new.
pub async fn a_queue_that_was_emptied_and_never_given_back_goes_on(port: &dyn WebhookLedger) {
    let of = |key: &str| {
        let mut new = entry_of(7, key, 1);
        if let SupportEvent::ConversationStatusChanged(fact) = &mut new.event {
            fact.contact = Some(3.into());
        }
        new
    };
    take(port, &of("a")).await;
    only(claim_for(port, MOMENT).await, "one queue");
    ok(port.forget_contact(&north(), &account(), 3.into()).await);
    moment().await;
    assert_eq!(claim(port, 1).await, [], "nothing waits");
    assert_eq!(ok(port.counts(Some(&north())).await).claimed, 0, "nobody has it");
    take(port, &of("b")).await;
    let held = only(claim(port, 1).await, "one queue");
    assert_eq!(only(load(port, &held).await, "one entry").key, "b");
}

/// Of a store that is forgotten nothing is left, and its claims are lost.
pub async fn a_forgotten_store_leaves_nothing(port: &dyn WebhookLedger) {
    take(port, &entry_of(7, "a", 1)).await;
    ok(port.take(&south(), &account(), &[entry_of(7, "a", 1)]).await);
    let claims = claim(port, 10).await;
    assert_eq!(ok(port.forget_store(&north(), 10).await), 2, "an entry and a state");
    counts(port, &WebhookCounts::default(), "nothing is kept").await;
    for held in claims {
        assert_eq!(ok(port.release(&held).await), held.store == south(), "{held:?}");
    }
    let left = only(claim(port, 10).await, "the other store's");
    assert_eq!(left.store, south());
    assert_eq!(ok(port.states(&north(), &account(), &[SEVEN]).await), [], "no state");
    assert_eq!(take(port, &entry_of(7, "a", 1)).await, NEW, "no key");
}

/// The data of a store is forgotten no more at once than asked for, whatever state it is in.
pub async fn a_store_is_forgotten_in_batches(port: &dyn WebhookLedger) {
    park(port, &["parked"]).await;
    take(port, &entry_of(7, "handled", 1)).await;
    handle(port, only(claim(port, 10).await, "one queue")).await;
    for (conversation, key) in [(7, "first"), (7, "second"), (9, "other")] {
        take(port, &entry_of(conversation, key, 1)).await;
    }
    ok(port.take(&south(), &account(), &[entry_of(7, "elsewhere", 1)]).await);
    let held = claim(port, 1).await;
    let mut forgotten = Vec::new();
    while forgotten.last().is_none_or(|last| *last == 3) {
        forgotten.push(ok(port.forget_store(&north(), 3).await));
    }
    assert_eq!(forgotten, [3, 3, 2], "five entries and three states");
    counts(port, &WebhookCounts::default(), "nothing is kept").await;
    for held in held {
        assert_eq!(ok(port.release(&held).await), held.store == south(), "{held:?}");
    }
    assert_eq!(ok(port.counts(Some(&south())).await).waiting, 1, "the other store's");
    assert_eq!(take(port, &entry_of(8, "parked", 1)).await, NEW, "no key");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "nothing is set aside");
}

/// A wait ends after the longest time at the latest.
pub async fn a_wait_ends(port: &dyn WebhookLedger) {
    let longest = tokio::time::timeout(LEASE, port.wait(MOMENT)).await;
    assert!(longest.is_ok(), "it ends when nothing comes");
    take(port, &entry("a", 1)).await;
    let longest = tokio::time::timeout(LEASE, port.wait(MOMENT)).await;
    assert!(longest.is_ok(), "and when something came");
}

const NEW: Taken = Taken::New { stale: false };

const SEVEN: ConversationId = ConversationId(7);

const ENTRIES: usize = 40;

/// Returns the same account number on another server.
fn moved() -> AccountKey {
    AccountKey { base_url: "https://moved.example.com".to_owned(), ..account() }
}

fn body() -> Extra {
    let text =
        r#"{"event": "new_thing", "n": 1.5, "deep": {"list": [null, "☕", 9007199254740993]}}"#;
    good(serde_json::from_str(text))
}

/// Returns an entry of a separate conversation.
fn entry(key: &str, second: i64) -> NewEntry {
    let conversation = key.bytes().fold(100, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
    entry_of(conversation, key, second)
}

fn entry_of(conversation: u64, key: &str, second: i64) -> NewEntry {
    with_status(conversation, key, ConversationStatus::Open, second)
}

/// Returns a change of status.
fn with_status(conversation: u64, key: &str, status: ConversationStatus, second: i64) -> NewEntry {
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
fn unknown(key: &str, second: i64) -> NewEntry {
    NewEntry {
        event: SupportEvent::Other { name: "new_thing".to_owned(), body: body() },
        source: EntrySource::Reconciler,
        ..entry(key, second)
    }
}

fn many() -> Vec<NewEntry> {
    (0..ENTRIES).map(|n| entry(&format!("shared {n:02}"), 500)).collect()
}

/// Stores entries of six conversations of one store, then of two of another.
async fn crowd(port: &dyn WebhookLedger) {
    let mut entries: Vec<(StoreId, NewEntry)> = Vec::new();
    for (store, count) in [(north(), 6), (south(), 2)] {
        entries.extend((1..=count).map(|n| (store.clone(), entry_of(n, &n.to_string(), 1))));
    }
    for (store, entry) in entries {
        ok(port.take(&store, &account(), &[entry]).await);
    }
}

/// Stores entries of conversation 8 and parks the first; returns its id.
async fn park(port: &dyn WebhookLedger, keys: &[&str]) -> u64 {
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

async fn take(port: &dyn WebhookLedger, entry: &NewEntry) -> Taken {
    only(ok(port.take(&north(), &account(), std::slice::from_ref(entry)).await), "one entry")
}

async fn claim(port: &dyn WebhookLedger, limit: usize) -> Vec<QueueClaim> {
    ok(port.claim(ClaimRequest { limit, share: limit, bulk: 0, lease: LEASE, except: &[] }).await)
}

async fn claim_for(port: &dyn WebhookLedger, lease: Duration) -> Vec<QueueClaim> {
    ok(port.claim(ClaimRequest { limit: 10, share: 10, bulk: 0, lease, except: &[] }).await)
}

async fn load(port: &dyn WebhookLedger, claim: &QueueClaim) -> Vec<Entry> {
    ok(port.load(claim, 10).await)
}

async fn begin(port: &dyn WebhookLedger, claim: &QueueClaim, entry: u64, tries: u32) {
    assert_eq!(ok(port.begin(claim, entry).await), Some(tries), "the claim stands: {claim:?}");
}

async fn settle(port: &dyn WebhookLedger, claim: &QueueClaim, entry: u64, outcome: EntryOutcome) {
    assert!(ok(port.settle(claim, &[(entry, outcome)]).await), "the claim stands: {claim:?}");
}

/// Handles all entries of a queue.
async fn handle(port: &dyn WebhookLedger, claim: QueueClaim) {
    for entry in load(port, &claim).await {
        begin(port, &claim, entry.id, entry.tries).await;
        settle(port, &claim, entry.id, EntryOutcome::Handled).await;
    }
    assert!(ok(port.release(&claim).await), "the claim stands: {claim:?}");
}

/// Returns the state of conversation 7.
async fn state(port: &dyn WebhookLedger) -> KnownState {
    only(ok(port.states(&north(), &account(), &[SEVEN]).await), "one state")
}

async fn counts(port: &dyn WebhookLedger, expected: &WebhookCounts, what: &str) {
    assert_eq!(ok(port.counts(Some(&north())).await), *expected, "{what}");
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn conversations(claims: &[QueueClaim]) -> Vec<u64> {
    claims.iter().filter_map(|claim| Some(claim.conversation?.0)).collect()
}
