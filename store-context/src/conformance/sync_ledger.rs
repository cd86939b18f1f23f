//! The promises of a sync ledger.

use futures_util::future::join_all;

use super::{LEASE, at, customer, north, ok, only, south};
use crate::ports::{SyncClaim, SyncLedger};

/// Makes one test for each promise of [`SyncLedger`](crate::ports::SyncLedger); see
/// [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! sync_ledger_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            sync_ledger_conformance of sync_ledger,
            [
                it_starts_empty,
                many_triggers_are_one_row,
                a_claimed_row_is_held_and_dirty,
                a_confirmed_row_is_clean,
                a_claim_is_settled_once,
                a_clean_row_that_is_wanted_again_starts_anew,
                stores_have_rows_of_their_own,
                an_unknown_row_has_no_claim,
                the_longest_wanted_comes_first,
                a_further_trigger_keeps_a_rows_place,
                a_claim_takes_no_more_than_its_limit,
                a_released_row_waits_until_it_is_due,
                a_new_version_does_not_wait_for_a_retry,
                a_trigger_does_not_break_a_claim,
                a_version_wanted_during_a_claim_stays_wanted,
                a_version_wanted_during_a_claim_does_not_wait_for_its_retry,
                a_row_can_be_claimed_again_when_its_lease_ends,
                a_lost_claim_settles_nothing,
                a_lease_that_ended_stands_until_the_row_is_claimed,
                workers_never_share_a_row,
                a_row_is_confirmed_once_by_workers_at_the_same_time,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An empty ledger has no rows and nothing to claim.
pub async fn it_starts_empty(port: &dyn SyncLedger) {
    holds(port, 0, 0, "nothing was wanted").await;
    assert_eq!(take(port, 10, 0).await, [], "nothing to claim");
}

/// A hundred triggers of a customer are one row, wanted since the first of them.
pub async fn many_triggers_are_one_row(port: &dyn SyncLedger) {
    for second in 0..100 {
        want(port, "ada", second).await;
    }
    holds(port, 1, 1, "a hundred triggers").await;
    let claim = only(take(port, 10, 100).await, "a wanted row");
    assert_eq!((&claim.store, &claim.customer), (&north(), &customer("ada")), "whose it is");
    assert_eq!(claim.wanted_at, at(0), "the lag counts from the first trigger");
    assert_eq!(claim.tries, 0, "it was never tried");
}

/// A row that a worker has claimed is given to no other, and is dirty until it is confirmed.
pub async fn a_claimed_row_is_held_and_dirty(port: &dyn SyncLedger) {
    let _claim = claimed(port, "ada", 0).await;
    assert_eq!(take(port, 10, 0).await, [], "the row is held");
    holds(port, 1, 1, "a claimed row is dirty").await;
}

/// A row whose wanted version is confirmed stays in the ledger, clean, and is not claimed.
pub async fn a_confirmed_row_is_clean(port: &dyn SyncLedger) {
    let claim = claimed(port, "ada", 0).await;
    assert!(ok(port.confirm(&claim).await), "the claim stands");
    holds(port, 1, 0, "a confirmed row").await;
    assert_eq!(take(port, 10, 9_999).await, [], "a clean row is not claimed");
}

/// A claim that was confirmed or released can be neither again.
pub async fn a_claim_is_settled_once(port: &dyn SyncLedger) {
    let confirmed = claimed(port, "ada", 0).await;
    assert!(ok(port.confirm(&confirmed).await), "the claim stands");
    assert!(!ok(port.confirm(&confirmed).await), "confirmed twice");
    assert!(!ok(port.release(&confirmed, at(0)).await), "released after it was confirmed");
    holds(port, 1, 0, "the row stays clean").await;

    let released = claimed(port, "bob", 0).await;
    assert!(ok(port.release(&released, at(500)).await), "the claim stands");
    assert!(!ok(port.release(&released, at(0)).await), "released twice");
    assert!(!ok(port.confirm(&released).await), "confirmed after it was released");
    assert_eq!(take(port, 10, 499).await, [], "the first release holds");
    holds(port, 2, 1, "the released row stays dirty").await;
}

/// A clean row that is wanted again has a higher version and fence, and its lag starts anew.
pub async fn a_clean_row_that_is_wanted_again_starts_anew(port: &dyn SyncLedger) {
    let first = claimed(port, "ada", 0).await;
    confirm_all(port, std::slice::from_ref(&first)).await;
    let second = claimed(port, "ada", 200).await;
    holds(port, 1, 1, "the same row").await;
    assert!(second.wanted > first.wanted, "versions rise");
    assert!(second.fence > first.fence, "fences rise");
    assert_eq!(second.wanted_at, at(200), "the lag starts anew");
    assert!(!ok(port.confirm(&first).await), "the old claim confirms no new version");
    assert!(ok(port.confirm(&second).await), "the new claim stands");
}

/// The same customer id in another store is another row; one claim gives rows of all stores.
pub async fn stores_have_rows_of_their_own(port: &dyn SyncLedger) {
    ok(port.want(&south(), &customer("ada"), at(200)).await);
    want(port, "ada", 201).await;
    holds(port, 2, 2, "two stores").await;
    let claims = take(port, 10, 201).await;
    let stores: Vec<_> = claims.iter().map(|claim| claim.store.clone()).collect();
    assert_eq!(stores, [south(), north()], "a claim is over all stores");
    confirm_all(port, &claims[..1]).await;
    holds(port, 2, 1, "one store's row is confirmed").await;
    confirm_all(port, &claims[1..]).await;
    holds(port, 2, 0, "both are confirmed").await;
}

/// A claim of a row that the ledger does not have settles nothing.
pub async fn an_unknown_row_has_no_claim(port: &dyn SyncLedger) {
    let claim = claimed(port, "ada", 0).await;
    let unknown = SyncClaim { customer: customer("nobody"), ..claim.clone() };
    assert!(!ok(port.confirm(&unknown).await), "an unknown customer");
    assert!(!ok(port.release(&unknown, at(0)).await), "an unknown customer");
    let elsewhere = SyncClaim { store: south(), ..claim };
    assert!(!ok(port.confirm(&elsewhere).await), "an unknown store");
    holds(port, 1, 1, "the row stays dirty").await;
}

/// Rows are claimed in the order in which they were first wanted.
pub async fn the_longest_wanted_comes_first(port: &dyn SyncLedger) {
    for (id, second) in [("c", 503), ("a", 501), ("d", 504), ("b", 502)] {
        want(port, id, second).await;
    }
    let claims = take(port, 10, 510).await;
    assert_eq!(ids(&claims), ["a", "b", "c", "d"], "the longest wanted comes first");
}

/// A further trigger does not send a row to the end of the line.
pub async fn a_further_trigger_keeps_a_rows_place(port: &dyn SyncLedger) {
    want(port, "a", 501).await;
    want(port, "b", 502).await;
    want(port, "a", 505).await;
    let claims = take(port, 10, 510).await;
    assert_eq!(ids(&claims), ["a", "b"], "the first trigger counts");
}

/// A claim gives no more rows than it is asked for; the others are left for the next.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn SyncLedger) {
    for (id, second) in [("a", 501), ("b", 502), ("c", 503), ("d", 504)] {
        want(port, id, second).await;
    }
    assert_eq!(take(port, 0, 510).await, [], "a limit of 0 claims nothing");
    let claims = take(port, 3, 510).await;
    assert_eq!(ids(&claims), ["a", "b", "c"], "as many as were asked for");
    let rest = take(port, 3, 510).await;
    assert_eq!(ids(&rest), ["d"], "then the rest");
}

/// A released row is claimed again when it is due, as a further try of the same version.
pub async fn a_released_row_waits_until_it_is_due(port: &dyn SyncLedger) {
    let first = claimed(port, "a", 600).await;
    assert!(ok(port.release(&first, at(700)).await), "the claim stands");
    want(port, "b", 650).await;
    let others = take(port, 10, 699).await;
    assert_eq!(ids(&others), ["b"], "others are claimed meanwhile, and it is not");

    let second = only(take(port, 10, 700).await, "a row that is due again");
    assert_eq!(second.wanted, first.wanted, "the version is the same");
    assert_eq!(second.wanted_at, at(600), "the lag goes on");
    assert_eq!(second.tries, 1, "a release was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert!(!ok(port.confirm(&first).await), "the released claim confirms nothing");
}

/// A version that is wanted while the row waits for a retry is due at once, and was never tried.
pub async fn a_new_version_does_not_wait_for_a_retry(port: &dyn SyncLedger) {
    let first = claimed(port, "a", 600).await;
    assert!(ok(port.release(&first, at(900)).await), "the claim stands");
    want(port, "a", 710).await;
    let second = only(take(port, 10, 710).await, "a new version");
    assert!(second.wanted > first.wanted, "versions rise");
    assert_eq!(second.tries, 0, "the new version was never tried");
    assert_eq!(second.wanted_at, at(600), "the lag counts from what is not yet confirmed");
}

/// A trigger while a row is claimed leaves the row to its worker.
pub async fn a_trigger_does_not_break_a_claim(port: &dyn SyncLedger) {
    let claim = claimed(port, "a", 1_000).await;
    want(port, "a", 1_010).await;
    assert_eq!(take(port, 10, 1_010).await, [], "the row is still held");
    assert!(ok(port.confirm(&claim).await), "the claim still stands");
}

/// Confirming the claimed version leaves a later one wanted, since when it was wanted.
pub async fn a_version_wanted_during_a_claim_stays_wanted(port: &dyn SyncLedger) {
    let first = claimed(port, "a", 1_000).await;
    want(port, "a", 1_010).await;
    want(port, "a", 1_020).await;
    confirm_all(port, std::slice::from_ref(&first)).await;
    holds(port, 1, 1, "a later version keeps the row dirty").await;
    want(port, "a", 1_020).await;
    holds(port, 1, 1, "a dirty row counts once").await;
    let second = only(take(port, 10, 1_020).await, "a later version");
    assert!(second.wanted > first.wanted, "only the claimed version was confirmed");
    assert_eq!(second.wanted_at, at(1_010), "the later version has its own time");
    assert_eq!(second.tries, 0, "the later version was never tried");
    confirm_all(port, &[second]).await;
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

/// Releasing the claimed version leaves a later one due at once.
pub async fn a_version_wanted_during_a_claim_does_not_wait_for_its_retry(port: &dyn SyncLedger) {
    let first = claimed(port, "a", 1_000).await;
    want(port, "a", 1_030).await;
    assert!(ok(port.release(&first, at(9_000)).await), "the claim stands");
    let second = only(take(port, 10, 1_030).await, "a later version");
    assert!(second.wanted > first.wanted, "versions rise");
    assert_eq!(second.wanted_at, at(1_000), "the lag counts from what is not yet confirmed");
    confirm_all(port, &[second]).await;
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

/// A row whose lease has ended is claimed by the next worker, as a further try.
pub async fn a_row_can_be_claimed_again_when_its_lease_ends(port: &dyn SyncLedger) {
    let first = claimed(port, "a", 2_000).await;
    assert_eq!(take(port, 10, 2_059).await, [], "the lease holds");
    let second = only(take(port, 10, 2_061).await, "a row whose lease has ended");
    assert_eq!(second.wanted, first.wanted, "the version is the same");
    assert_eq!(second.wanted_at, at(2_000), "the lag goes on");
    assert_eq!(second.tries, 1, "a claim that was never settled was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert_eq!(take(port, 10, 2_062).await, [], "the second lease holds");

    want(port, "a", 2_063).await;
    let third = only(take(port, 10, 2_122).await, "a row whose second lease has ended");
    assert!(third.wanted > second.wanted, "the newest version is claimed");
    assert_eq!(third.wanted_at, at(2_000), "the lag still goes on");
}

/// A worker whose row was claimed by another can neither confirm nor release it.
pub async fn a_lost_claim_settles_nothing(port: &dyn SyncLedger) {
    let lost = claimed(port, "a", 2_000).await;
    let held = only(take(port, 10, 2_061).await, "a row whose lease has ended");
    assert!(!ok(port.confirm(&lost).await), "a lost claim confirms nothing");
    assert!(!ok(port.release(&lost, at(2_061)).await), "a lost claim releases nothing");
    assert_eq!(take(port, 10, 2_062).await, [], "a lost claim frees nothing");
    holds(port, 1, 1, "the row stays dirty").await;
    assert!(ok(port.confirm(&held).await), "the claim that holds the row stands");
}

/// A worker that is late can still settle its claim while nobody else has taken the row.
pub async fn a_lease_that_ended_stands_until_the_row_is_claimed(port: &dyn SyncLedger) {
    let claim = claimed(port, "a", 2_000).await;
    assert_eq!(take(port, 0, 9_000).await, [], "nobody takes the row");
    assert!(ok(port.confirm(&claim).await), "the claim stands");
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

/// Workers that claim at the same time are given different rows, and all rows are given.
pub async fn workers_never_share_a_row(port: &dyn SyncLedger) {
    let names = wanted_at_once(port).await;
    let claims = join_all((0..8).map(|_| take(port, ROWS / 8, 3_000))).await;
    let mut claims = claims.concat();
    // A worker may pass over what another is looking at, and leave it for the next round.
    claims.extend(take(port, ROWS, 3_000).await);
    let mut taken = ids(&claims);
    taken.sort_unstable();
    assert_eq!(taken, names, "each row is claimed by one worker");
}

/// Of two settlements of a claim at the same time one stands.
pub async fn a_row_is_confirmed_once_by_workers_at_the_same_time(port: &dyn SyncLedger) {
    wanted_at_once(port).await;
    let claims = take(port, ROWS, 3_000).await;
    let confirmed = join_all(claims.iter().chain(&claims).map(|claim| port.confirm(claim))).await;
    let confirmed = confirmed.into_iter().map(ok).filter(|confirmed| *confirmed).count();
    assert_eq!(confirmed, ROWS, "each claim is settled once");
    holds(port, ROWS as u64, 0, "all is confirmed").await;
}

const ROWS: usize = 40;

/// Wants as many customers as there are [`ROWS`], at the same time; returns their ids in order.
async fn wanted_at_once(port: &dyn SyncLedger) -> Vec<String> {
    let names: Vec<_> = (0..ROWS).map(|n| format!("row {n:02}")).collect();
    join_all(names.iter().map(|name| want(port, name, 3_000))).await;
    names
}

/// Wants a customer and claims its row.
async fn claimed(port: &dyn SyncLedger, id: &str, second: i64) -> SyncClaim {
    want(port, id, second).await;
    only(take(port, 10, second).await, "a wanted row")
}

async fn want(port: &dyn SyncLedger, id: &str, second: i64) {
    ok(port.want(&north(), &customer(id), at(second)).await);
}

async fn take(port: &dyn SyncLedger, limit: usize, second: i64) -> Vec<SyncClaim> {
    ok(port.claim(limit, LEASE, at(second)).await)
}

async fn confirm_all(port: &dyn SyncLedger, claims: &[SyncClaim]) {
    for claim in claims {
        assert!(ok(port.confirm(claim).await), "the claim stands: {claim:?}");
    }
}

async fn holds(port: &dyn SyncLedger, customers: u64, dirty: u64, what: &str) {
    let counts = ok(port.counts().await);
    assert_eq!((counts.customers, counts.dirty), (customers, dirty), "customers, dirty: {what}");
}

fn ids(claims: &[SyncClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.customer.as_str()).collect()
}
