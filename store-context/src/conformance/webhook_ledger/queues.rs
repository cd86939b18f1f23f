//! Claimed queues and their entries.

use std::time::Duration;

use super::samples::{
    begin, claim, claim_for, entry, entry_of, handle, keys, load, settle, take, unknown,
};
use crate::conformance::{LEASE, MOMENT, moment, north, ok, only};
use crate::ports::{EntryOutcome, WebhookLedger};

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
