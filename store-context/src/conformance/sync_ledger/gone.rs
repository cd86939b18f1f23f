//! Customers who are gone, erased, merged or forgotten.

use std::time::Duration;

use tokio::time::sleep;

use super::samples::{
    SHORT, claimed, confirmed, counts, customer_of, hold, holds, link, linked, retry, returned,
    settle, take, want, want_in,
};
use crate::conformance::{LEASE, customer, north, ok, only, south};
use crate::ports::{Priority, Settlement, SyncCounts, SyncLedger};

/// A row without a contact stays, without a link and without a doubt.
pub async fn a_gone_row_has_no_link(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let claim = claimed(port, "a").await;
    assert!(ok(port.begin(&claim).await), "the claim stands");
    assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
    assert_eq!(ok(port.link(&north(), &customer("a")).await), None, "by customer");
    assert_eq!(customer_of(port, 7).await, None, "by contact");
    let counts = counts(port).await;
    assert_eq!((counts.customers, counts.waiting, counts.in_doubt), (1, 0, 0), "the row stays");
}

/// An erased customer's row is wanted and marked as erased in each claim, until it is forgotten.
pub async fn an_erased_customer_stays_erased(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    ok(port.erase(&north(), &customer("a")).await);
    let claim = only(take(port, 10).await, "an erased row is wanted");
    assert!(claim.erased && claim.link == Some(link(7)), "with what is left: {claim:?}");
    assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
    assert!(claimed(port, "a").await.erased, "it stays erased");
    assert_eq!(counts(port).await.erased, 1, "and is counted");
    ok(port.forget(&north(), &customer("a")).await);
    assert!(!claimed(port, "a").await.erased, "until it is forgotten");
    ok(port.erase(&north(), &customer("never seen")).await);
    assert!(only(take(port, 10).await, "an unknown customer").erased, "erased as well");
}

/// A claim from before an erasure can begin nothing any more.
pub async fn an_erasure_stops_what_was_claimed_before(port: &dyn SyncLedger) {
    let before = claimed(port, "a").await;
    ok(port.erase(&north(), &customer("a")).await);
    assert!(!ok(port.begin(&before).await), "the customer was erased");
    assert!(settle(port, &before, returned()).await, "the claim stands");
    let knows = only(take(port, 10).await, "an erased row");
    assert!(knows.erased && ok(port.begin(&knows).await), "who knows may remove the contact");
}

/// A merge is in the row's claims until one is settled as gone.
pub async fn a_merge_is_wanted_until_it_is_done(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    ok(port.want_merge(&north(), &customer("a"), &customer("b")).await);
    let claim = only(take(port, 10).await, "a merge is wanted");
    assert_eq!(claim.merge_into, Some(customer("b")), "into whom");
    assert!(settle(port, &claim, retry(Duration::ZERO)).await, "the claim stands");
    sleep(SHORT).await;
    let again = only(take(port, 10).await, "a merge that failed");
    assert_eq!(again.merge_into, Some(customer("b")), "it is still wanted");
    assert!(settle(port, &again, Settlement::Gone).await, "the claim stands");
    assert_eq!(claimed(port, "a").await.merge_into, None, "it is done");
}

/// A row that was merged knows into whom, until it has a contact again.
pub async fn a_merged_row_keeps_where_it_went(port: &dyn SyncLedger) {
    let merged_into = async || {
        let held = hold(port, "a", LEASE).await;
        assert!(settle(port, &held, returned()).await, "the claim stands");
        held.merged_into
    };
    linked(port, "a", 7).await;
    ok(port.want_merge(&north(), &customer("a"), &customer("b")).await);
    let claim = only(take(port, 10).await, "a merge is wanted");
    assert_eq!(claim.merged_into, None, "it is still to be done");
    assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
    assert_eq!(merged_into().await, Some(customer("b")), "it is done");
    let gone = claimed(port, "a").await;
    assert!(settle(port, &gone, Settlement::Gone).await, "the claim stands");
    assert_eq!(merged_into().await, Some(customer("b")), "it is still known");
    let anew = claimed(port, "a").await;
    assert!(settle(port, &anew, confirmed(8)).await, "the claim stands");
    assert_eq!(merged_into().await, None, "the row has a contact again");
}

/// A forgotten row does not know into whom it was merged.
pub async fn a_forgotten_row_went_nowhere(port: &dyn SyncLedger) {
    ok(port.want_merge(&north(), &customer("a"), &customer("b")).await);
    let claim = only(take(port, 10).await, "a merge is wanted");
    assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
    ok(port.forget(&north(), &customer("a")).await);
    assert_eq!(claimed(port, "a").await.merged_into, None, "nothing is left");
}

/// A forgotten row is removed with its link, its claim and its erasure mark.
pub async fn a_forgotten_row_is_gone(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let claim = claimed(port, "a").await;
    ok(port.forget(&north(), &customer("a")).await);
    assert_eq!(counts(port).await, SyncCounts::default(), "nothing is left");
    assert_eq!(customer_of(port, 7).await, None, "by contact");
    let anew = claimed(port, "a").await;
    assert_eq!(anew.link, None, "it starts anew");
    assert!(!settle(port, &claim, confirmed(7)).await, "the claim of before is lost");
}

/// A forgotten store is removed with its rows and its pause; others stay.
pub async fn a_forgotten_store_is_gone(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    want_in(port, &south(), &["b"], Priority::Live).await;
    ok(port.pause(&north(), LEASE, "401").await);
    assert_eq!(ok(port.forget_store(&north(), 10).await), 1, "its row");
    holds(port, 1, 1, "the other's row").await;
    assert_eq!(ok(port.paused(None, 10).await), [], "its pause is gone");
    assert_eq!(ok(port.links(&north(), None, 10).await), [], "its links are gone");
    want(port, &["a"]).await;
    assert_eq!(take(port, 10).await.len(), 2, "it starts anew");
}

/// The rows of a store are forgotten no more at once than asked for; the pause stays until the last.
pub async fn a_store_is_forgotten_in_batches(port: &dyn SyncLedger) {
    want_in(port, &south(), &["other"], Priority::Live).await;
    want(port, &["a", "b", "c"]).await;
    ok(port.pause(&north(), LEASE, "401").await);
    assert_eq!(ok(port.forget_store(&north(), 2).await), 2, "no more than the limit");
    holds(port, 2, 2, "what is left, and the other store's row").await;
    assert_eq!(ok(port.paused(None, 10).await).len(), 1, "the rest stays paused");
    assert_eq!(ok(port.forget_store(&north(), 2).await), 1, "what is left");
    assert_eq!(ok(port.forget_store(&north(), 2).await), 0, "nothing is left");
    assert_eq!(ok(port.paused(None, 10).await), [], "its pause went with the last row");
    holds(port, 1, 1, "the other store's row").await;
}

/// A paused store without rows loses its pause when it is forgotten.
pub async fn a_forgotten_store_without_rows_loses_its_pause(port: &dyn SyncLedger) {
    ok(port.pause(&north(), LEASE, "401").await);
    assert_eq!(ok(port.forget_store(&north(), 10).await), 0, "it has no rows");
    assert_eq!(ok(port.paused(None, 10).await), [], "its pause is gone");
}
