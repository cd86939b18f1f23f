//! Parked rows.

use super::samples::{claimed, counts, hold, ids, parked, returned, settle, take, want};
use crate::conformance::{LEASE, customer, north, ok, only};
use crate::ports::{Doubt, SyncLedger};

/// A parked row is not due, is listed with its error, and is due when it is replayed.
pub async fn a_parked_row_waits_for_a_replay(port: &dyn SyncLedger) {
    for id in ["b", "a"] {
        let claim = claimed(port, id).await;
        assert!(settle(port, &claim, parked()).await, "the claim stands");
    }
    assert_eq!(take(port, 10).await, [], "they are not due");
    let counts = counts(port).await;
    assert_eq!((counts.parked, counts.waiting), (2, 0), "they are counted as parked");
    let rows = ok(port.parked(&north(), None, 1).await);
    assert_eq!(rows.len(), 1, "page by page");
    assert_eq!((&rows[0].customer, rows[0].tries), (&customer("a"), 1), "in rising order");
    assert_eq!(rows[0].error, "refused", "with why");
    let rest = ok(port.parked(&north(), Some(&customer("a")), 10).await);
    assert_eq!(rest.len(), 1, "the rest");
    assert_eq!(ok(port.replay(&north(), Some(&customer("a")), 10).await), 1, "one");
    assert_eq!(ids(&take(port, 10).await), ["a"], "the one");
    assert_eq!(ok(port.replay(&north(), None, 10).await), 1, "all that are left");
    let claim = only(take(port, 10).await, "the other");
    assert_eq!(claim.tries, 0, "its tries count anew");
    assert_eq!(ok(port.parked(&north(), None, 10).await), [], "none is parked");
}

/// Parked rows are replayed no more at once than asked for, until none is left.
pub async fn parked_rows_are_replayed_in_batches(port: &dyn SyncLedger) {
    for id in ["c", "a", "b"] {
        let claim = claimed(port, id).await;
        assert!(settle(port, &claim, parked()).await, "the claim stands");
    }
    assert_eq!(ok(port.replay(&north(), None, 2).await), 2, "no more than the limit");
    let mut first = take(port, 10).await;
    first.sort_by(|a, b| a.customer.cmp(&b.customer));
    assert_eq!(ids(&first), ["a", "b"], "in ascending order");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 1, "what is left");
    assert_eq!(ids(&take(port, 10).await), ["c"], "the last one");
    assert_eq!(ok(port.replay(&north(), None, 2).await), 0, "none is left");
}

/// A parked row whose customer changes again is due at once.
pub async fn a_parked_row_is_freed_by_a_new_version(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    assert!(settle(port, &claim, parked()).await, "the claim stands");
    want(port, &["a"]).await;
    let claim = only(take(port, 10).await, "a new version");
    assert_eq!(claim.tries, 0, "it was never tried");
    let during = claimed(port, "b").await;
    want(port, &["b"]).await;
    assert!(settle(port, &during, parked()).await, "the claim stands");
    assert_eq!(ids(&take(port, 10).await), ["b"], "what came during the claim is not parked");
}

/// A parked row that is held and begun is written again, without a replay.
pub async fn a_parked_row_that_is_begun_is_freed(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    assert!(settle(port, &claim, parked()).await, "the claim stands");
    let held = hold(port, "a", LEASE).await;
    assert!(settle(port, &held, returned()).await, "the claim stands");
    assert_eq!(counts(port).await.parked, 1, "holding it changes nothing");
    let held = hold(port, "a", LEASE).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    assert!(settle(port, &held, returned()).await, "the claim stands");
    let claim = only(take(port, 10).await, "a row in doubt");
    assert_eq!((claim.doubt, claim.tries), (Doubt::Write, 0), "it is to be written");
}
