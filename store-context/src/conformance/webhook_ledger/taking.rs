//! Which entries are new, and what is stored of them.

use chatwoot_client::ConversationId;
use futures_util::future::join_all;
use serde_json::json;

use super::samples::{
    ENTRIES, NEW, SEVEN, claim, counts, entry, entry_of, handle, keys, load, many, moved, settle,
    take, unknown,
};
use crate::conformance::{MOMENT, account, moment, north, ok, only, other_account, south};
use crate::model::AttributeChange;
use crate::ports::{
    Entry, EntryOutcome, EntrySource, NewEntry, PurgeRequest, Taken, WebhookCounts, WebhookLedger,
};

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

/// A remembered key is known in its store and account, and is purged with those of handled entries;
/// nothing is to be handled for it, and no count includes it.
pub async fn a_remembered_key_is_known_and_nothing_more(port: &dyn WebhookLedger) {
    let keys = ["probe/1", "probe/2", "taken"].map(ToOwned::to_owned);
    take(port, &entry("taken", 1)).await;
    let before = ok(port.counts(Some(&north())).await);
    for _ in 0..2 {
        ok(port.remember(&north(), &account(), &keys).await);
    }
    ok(port.remember(&north(), &account(), &[]).await);
    assert_eq!(ok(port.unknown(&north(), &account(), &keys).await), [""; 0], "they are known");
    let elsewhere = ok(port.unknown(&north(), &moved(), &keys).await);
    assert_eq!(elsewhere, keys, "in this account only");
    assert_eq!(ok(port.unknown(&south(), &account(), &keys).await), keys, "in this store only");
    assert_eq!(ok(port.counts(Some(&north())).await), before, "no count includes them");
    assert_eq!(take(port, &entry("probe/1", 1)).await, Taken::Known, "a remembered key");
    let left = only(claim(port, 10).await, "the entry that was taken");
    assert_eq!(left.conversation, entry("taken", 1).event.conversation_id());
    moment().await;
    let handled_before = MOMENT / 2;
    let request = PurgeRequest { handled_before, parked_before: None, limit: 99 };
    ok(port.purge(&request).await);
    let gone = ok(port.unknown(&north(), &account(), &keys).await);
    assert_eq!(gone, keys[..2], "they are purged, and the entry that waits is not");
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
