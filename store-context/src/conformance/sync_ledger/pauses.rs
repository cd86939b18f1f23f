//! Paused stores.

use tokio::time::sleep;

use super::samples::{
    LONGER, SHORT, claimed, confirmed, holds, ids, returned, settle, take, take_for, want, want_in,
};
use crate::conformance::{LEASE, north, ok, only, south};
use crate::ports::{Priority, SyncLedger};

/// Rows of a paused store are skipped, even if they are wanted; the pause is listed.
pub async fn a_paused_store_is_passed_over(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    ok(port.pause(&north(), LEASE, "401").await);
    want(port, &["b"]).await;
    want_in(port, &south(), &["c"], Priority::Bulk).await;
    assert_eq!(ids(&take(port, 10).await), ["c"], "only the other store's");
    let paused = ok(port.paused(None, 10).await);
    assert_eq!(paused.len(), 1, "one store is paused");
    let pause = &paused[0];
    assert_eq!((&pause.store, pause.pauses), (&north(), 1), "which one");
    assert_eq!(pause.reason, "401", "and why");
    assert_eq!(ok(port.paused(Some(&north()), 10).await), [], "after it there is none");
    holds(port, 3, 3, "its rows wait").await;
}

/// Claims from before a pause can be begun and settled.
pub async fn a_paused_stores_claims_stand(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    ok(port.pause(&north(), LEASE, "401").await);
    assert!(ok(port.begin(&claim).await), "the claim stands");
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
}

/// When a store's pause is over, one row is claimed as a probe, and no other while it is held.
pub async fn a_store_is_probed_by_one_row(port: &dyn SyncLedger) {
    want(port, &["a", "b"]).await;
    ok(port.pause(&north(), SHORT, "401").await);
    assert_eq!(take(port, 10).await, [], "the store is paused");
    sleep(LONGER).await;
    let probe = only(take_for(port, 10, SHORT).await, "a probe");
    assert_eq!(probe.pauses, 1, "it says so");
    assert_eq!(take(port, 10).await, [], "there is one");
    sleep(LONGER).await;
    let next = only(take(port, 10).await, "a probe whose worker died");
    assert_eq!(next.pauses, 1, "it is a probe too");
}

/// A probe that is settled, with the store neither paused nor resumed, allows another probe.
pub async fn a_probe_that_is_settled_lets_the_next_one_go(port: &dyn SyncLedger) {
    want(port, &["a", "b"]).await;
    ok(port.pause(&north(), SHORT, "401").await);
    sleep(LONGER).await;
    let probe = only(take(port, 10).await, "a probe");
    assert!(settle(port, &probe, confirmed(7)).await, "the claim stands");
    let next = only(take(port, 10).await, "the next one");
    assert_eq!(next.pauses, 1, "is a probe too");
}

/// A resumed store is served as before, and its count of pauses is reset.
pub async fn a_resumed_store_is_well(port: &dyn SyncLedger) {
    want(port, &["a", "b"]).await;
    ok(port.pause(&north(), LEASE, "401").await);
    ok(port.resume(&north()).await);
    let claims = take(port, 10).await;
    assert_eq!(claims.len(), 2, "all are due");
    assert!(claims.iter().all(|claim| claim.pauses == 0), "no probes");
    assert_eq!(ok(port.paused(None, 10).await), [], "no store is paused");
}

/// A pause of a paused store is not counted; one after a probe is.
pub async fn pauses_are_counted_once_each(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    ok(port.pause(&north(), SHORT, "401").await);
    ok(port.pause(&north(), SHORT, "401").await);
    sleep(LONGER).await;
    let probe = only(take(port, 10).await, "a probe");
    assert_eq!(probe.pauses, 1, "both were one");
    ok(port.pause(&north(), SHORT, "still 401").await);
    assert!(settle(port, &probe, returned()).await, "the claim stands");
    assert_eq!(take(port, 10).await, [], "it is paused again");
    sleep(LONGER).await;
    assert_eq!(only(take(port, 10).await, "the next probe").pauses, 2, "in a row");
}
