//! What is purged and forgotten.

use std::time::Duration;

use chatwoot_client::ConversationId;

use super::samples::{
    NEW, SEVEN, claim, claim_for, conversations, counts, entry_of, handle, keys, load, moved, park,
    settle, take,
};
use crate::conformance::{LEASE, MOMENT, account, moment, north, ok, only, south};
use crate::model::SupportEvent;
use crate::ports::{
    EntryOutcome, NewEntry, PurgeRequest, Purged, Taken, WebhookCounts, WebhookLedger,
};

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

/// Returns an entry of a conversation of a contact.
fn of(conversation: u64, key: &str, contact: u64) -> NewEntry {
    let mut new = entry_of(conversation, key, 1);
    if let SupportEvent::ConversationStatusChanged(fact) = &mut new.event {
        fact.contact = Some(contact.into());
    }
    new
}

/// Forgetting a contact removes its entries and states; keys stay known.
pub async fn a_forgotten_contact_leaves_only_keys(port: &dyn WebhookLedger) {
    for (conversation, key, contact) in [(7, "parked", 3), (7, "waiting", 3), (8, "other", 4)] {
        take(port, &of(conversation, key, contact)).await;
    }
    let held = only(claim(port, 1).await, "one queue");
    let first = load(port, &held).await.swap_remove(0);
    settle(port, &held, first.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    assert!(ok(port.release(&held).await), "the claim stands");
    let elsewhere = ok(port.forget_contacts(&north(), &moved(), &[3.into()], &[]).await);
    assert_eq!(elsewhere, 0, "another account's contact");
    let forgotten = ok(port.forget_contacts(&north(), &account(), &[3.into()], &[]).await);
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
    ok(port.forget_contacts(&north(), &account(), &[3.into()], &[]).await);
    assert_eq!(ok(port.begin(&held, id).await), None, "it waits no more");
    assert!(ok(port.settle(&held, &[(id, EntryOutcome::Handled)]).await), "the claim stands");
    assert_eq!(load(port, &held).await, [], "nothing is left");
    assert!(ok(port.release(&held).await), "the claim stands");
    assert_eq!(ok(port.counts(Some(&north())).await).handled, 0, "it was not handled");
}

/// A conversation whose entries were forgotten while somebody had it who never gave it back is as
/// good as new.
pub async fn a_queue_that_was_emptied_and_never_given_back_goes_on(port: &dyn WebhookLedger) {
    take(port, &of(7, "a", 3)).await;
    only(claim_for(port, MOMENT).await, "one queue");
    ok(port.forget_contacts(&north(), &account(), &[3.into()], &[]).await);
    moment().await;
    assert_eq!(claim(port, 1).await, [], "nothing waits");
    assert_eq!(ok(port.counts(Some(&north())).await).claimed, 0, "nobody has it");
    take(port, &of(7, "b", 4)).await;
    let held = only(claim(port, 1).await, "one queue");
    assert_eq!(only(load(port, &held).await, "one entry").key, "b");
}

/// Of a contact or a conversation that was forgotten nothing is taken any more, in that account.
pub async fn nothing_is_taken_of_whom_was_forgotten(port: &dyn WebhookLedger) {
    let eight = ConversationId(8);
    let forgotten = port.forget_contacts(&north(), &account(), &[3.into()], &[eight]).await;
    assert_eq!(ok(forgotten), 0, "nothing was there");
    assert_eq!(take(port, &of(7, "late", 3)).await, Taken::Known, "of the contact");
    assert_eq!(take(port, &of(8, "late", 4)).await, Taken::Known, "of the conversation");
    assert_eq!(claim(port, 10).await, [], "nothing waits");
    assert_eq!(ok(port.states(&north(), &account(), &[SEVEN, eight]).await), [], "no state");
    counts(port, &WebhookCounts::default(), "nothing is kept").await;
    assert_eq!(take(port, &of(9, "other", 4)).await, NEW);
    let elsewhere = ok(port.take(&north(), &moved(), &[of(7, "late", 3)]).await);
    assert_eq!(elsewhere, [NEW], "another account's contact");
    let of_south = ok(port.take(&south(), &account(), &[of(7, "late", 3)]).await);
    assert_eq!(of_south, [NEW], "another store's");
    let mut forgotten = 1;
    while forgotten > 0 {
        forgotten = ok(port.forget_store(&north(), 10).await);
    }
    assert_eq!(take(port, &of(7, "late", 3)).await, NEW, "the store is a new one");
}

/// A contact's waiting and parked entries are found, whichever conversation they belong to.
pub async fn the_entries_of_a_contact_are_found(port: &dyn WebhookLedger) {
    for (conversation, key, contact) in
        [(7, "parked", 3), (7, "waiting", 3), (8, "other", 4), (9, "second", 3)]
    {
        take(port, &of(conversation, key, contact)).await;
    }
    let held = only(claim(port, 1).await, "one queue");
    let first = load(port, &held).await.swap_remove(0);
    settle(port, &held, first.id, EntryOutcome::Parked { error: "no".to_owned() }).await;
    let of = async |after, limit| {
        ok(port.entries_of(&north(), &account(), 3.into(), after, limit).await)
    };
    let all = of(None, 10).await;
    assert_eq!(keys(&all), ["parked", "waiting", "second"]);
    assert_eq!(keys(&of(None, 2).await), ["parked", "waiting"]);
    assert_eq!(keys(&of(all.get(1).map(|it| it.id), 10).await), ["second"]);
    let elsewhere = ok(port.entries_of(&north(), &moved(), 3.into(), None, 10).await);
    assert_eq!(elsewhere, []);
    assert_eq!(ok(port.entries_of(&south(), &account(), 3.into(), None, 10).await), []);
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
