//! Claims, their leases, and held rows.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::samples::{
    LONGER, ROWS, SHORT, claimed, confirmed, counts, hold, holds, ids, link, lost_and_held, parked,
    parked_quietly, retry, returned, settle, take, take_for, want, wanted_at_once,
};
use crate::conformance::{LEASE, customer, north, ok, only};
use crate::ports::{Hold, Settlement, SyncLedger};

/// A row in doubt cannot be held before what was sent for it is over, however it was settled; one
/// for which nothing was sent can.
pub async fn nobody_holds_a_row_whose_write_may_still_come(port: &dyn SyncLedger) {
    let quiet = LONGER;
    let retry = Settlement::Retry { after: quiet, quiet, error: "no answer".to_owned() };
    for (id, how) in [
        ("retried", retry),
        ("parked", parked_quietly(quiet)),
        ("returned", Settlement::Returned { quiet }),
    ] {
        let claim = hold(port, id, LEASE).await;
        assert!(ok(port.begin(&claim).await), "{id}");
        assert!(settle(port, &claim, how).await, "{id}");
        want(port, &[id]).await;
        let again = ok(port.hold(&north(), &customer(id), LEASE).await);
        assert_eq!(again, Hold::Busy, "{id}: it may still come");
        assert!(take(port, 9).await.is_empty(), "{id}: it may still come");
        sleep(quiet + SHORT).await;
        hold(port, id, LEASE).await;
    }
    let claim = hold(port, "untouched", LEASE).await;
    assert!(settle(port, &claim, Settlement::Returned { quiet: LEASE }).await);
    hold(port, "untouched", LEASE).await;
}

/// A hold that is never given back does not forget when the row is due by itself.
pub async fn a_dropped_hold_does_not_forget_what_is_due_later(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    let claim = only(take(port, 1).await, "the wanted row");
    let retry_left_out = Some(SHORT);
    let left_out = Settlement::Confirmed { link: link(1), quiet: Duration::ZERO, retry_left_out };
    assert!(settle(port, &claim, left_out).await);
    hold(port, "a", SHORT).await;
    sleep(LONGER + SHORT).await;
    assert_eq!(ids(&take(port, 1).await), ["a"]);
}

/// A row whose lease has expired is claimed by the next worker, as a further attempt.
pub async fn a_row_can_be_claimed_again_when_its_lease_ends(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    let first = only(take_for(port, 10, SHORT).await, "a wanted row");
    assert_eq!(take(port, 10).await, [], "the lease holds");
    sleep(LONGER).await;
    let second = only(take(port, 10).await, "a row whose lease has ended");
    assert_eq!((second.wanted, second.wanted_at), (first.wanted, first.wanted_at), "the same");
    assert_eq!(second.tries, 1, "a claim that was never settled was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert_eq!(take(port, 10).await, [], "the second lease holds");
}

/// A worker with a lost claim can settle nothing.
pub async fn a_lost_claim_settles_nothing(port: &dyn SyncLedger) {
    let (lost, held) = lost_and_held(port).await;
    for settlement in [confirmed(7), retry(SHORT), returned(), Settlement::Gone, parked()] {
        assert!(!settle(port, &lost, settlement).await, "a lost claim settles nothing");
    }
    assert_eq!(take(port, 10).await, [], "a lost claim frees nothing");
    holds(port, 1, 1, "the row waits").await;
    assert!(settle(port, &held, confirmed(8)).await, "the claim that holds the row stands");
    assert_eq!(ok(port.link(&north(), &customer("a")).await), Some(link(8)), "its link");
}

/// A worker with a lost claim can begin and extend nothing.
pub async fn a_lost_claim_begins_and_extends_nothing(port: &dyn SyncLedger) {
    let (lost, held) = lost_and_held(port).await;
    assert!(!ok(port.begin(&lost).await), "a lost claim begins nothing");
    assert_eq!(counts(port).await.in_doubt, 0, "nor does it raise a doubt");
    let claims = [lost, held.clone()];
    assert_eq!(ok(port.extend(&claims, LEASE).await), [false, true], "only the other is extended");
    assert!(ok(port.begin(&held).await), "the claim that holds the row begins");
}

/// A late worker can still settle its claim while no other has claimed the row.
pub async fn a_lease_that_ended_stands_until_the_row_is_claimed(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    let claim = only(take_for(port, 10, SHORT).await, "a wanted row");
    sleep(LONGER).await;
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    assert_eq!(take(port, 10).await, [], "nothing is left");
}

/// An extended claim is valid until its new lease expires.
pub async fn an_extended_claim_holds_longer(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    let claim = only(take_for(port, 10, SHORT).await, "a wanted row");
    assert_eq!(ok(port.extend(std::slice::from_ref(&claim), LEASE).await), [true], "it stands");
    sleep(LONGER).await;
    assert_eq!(take(port, 10).await, [], "it is still held");
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
}

/// A held row cannot be claimed, and a claimed one cannot be held.
pub async fn a_held_row_is_given_to_nobody_else(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    let held = hold(port, "a", SHORT).await;
    assert_eq!(take(port, 10).await, [], "the row is held");
    assert_eq!(ok(port.hold(&north(), &customer("a"), LEASE).await), Hold::Busy, "by one");
    sleep(LONGER).await;
    let next = hold(port, "a", LEASE).await;
    assert!(next.fence > held.fence, "an ended hold is taken over");
    assert!(!settle(port, &held, confirmed(7)).await, "the lost one settles nothing");
    let claimed = claimed(port, "b").await;
    assert_eq!(ok(port.hold(&north(), &customer("b"), LEASE).await), Hold::Busy, "claimed");
    assert!(settle(port, &claimed, confirmed(8)).await, "the claim stands");
}

/// A row can be held even if it does not exist, is not wanted, or its store is paused.
pub async fn a_row_is_held_whether_it_is_wanted_or_not(port: &dyn SyncLedger) {
    let new = hold(port, "a", LEASE).await;
    holds(port, 1, 0, "a row that nobody wants").await;
    assert!(settle(port, &new, confirmed(7)).await, "the claim stands");
    ok(port.pause(&north(), LEASE, "away").await);
    let clean = hold(port, "a", LEASE).await;
    assert_eq!((clean.link.clone(), clean.pauses), (Some(link(7)), 0), "what is known of it");
    want(port, &["a"]).await;
    assert!(settle(port, &clean, confirmed(7)).await, "the claim stands");
    holds(port, 1, 1, "what was wanted meanwhile stays wanted").await;
}

/// A row that was held and returned unchanged is as before.
pub async fn a_held_row_that_is_returned_is_not_wanted(port: &dyn SyncLedger) {
    let held = hold(port, "a", LEASE).await;
    assert!(settle(port, &held, returned()).await, "the claim stands");
    holds(port, 1, 0, "nobody wants it").await;
    assert_eq!(take(port, 10).await, [], "it is not due");
}

/// Concurrent workers claim different rows, and all rows are claimed.
pub async fn workers_never_share_a_row(port: &dyn SyncLedger) {
    let names = wanted_at_once(port).await;
    let claims = join_all((0..8).map(|_| take(port, ROWS / 8))).await;
    let mut claims = claims.concat();
    // A worker may skip rows that another is examining, and leave them for the next round.
    claims.extend(take(port, ROWS).await);
    let mut taken = ids(&claims);
    taken.sort_unstable();
    assert_eq!(taken, names, "each row is claimed by one worker");
}

/// Of two concurrent settlements of a claim one is accepted.
pub async fn a_row_is_settled_once_by_workers_at_the_same_time(port: &dyn SyncLedger) {
    wanted_at_once(port).await;
    let claims = take(port, ROWS).await;
    let settled = |(n, claim)| settle(port, claim, confirmed(n));
    let numbered = claims.iter().chain(&claims).zip(0..).map(|(claim, n)| (n, claim));
    let stood = join_all(numbered.map(settled)).await;
    assert_eq!(stood.into_iter().filter(|stood| *stood).count(), ROWS, "each is settled once");
    holds(port, ROWS as u64, 0, "all is confirmed").await;
}
