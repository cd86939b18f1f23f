//! What a sync ledger must do.

use futures_util::future::join_all;

use super::{LEASE, at, customer, north, ok, only, south};
use crate::ports::{SyncClaim, SyncLedger};

/// Checks an empty [`SyncLedger`].
///
/// # Panics
/// It does not do what the port says.
pub async fn sync_ledger(port: &dyn SyncLedger) {
    holds(port, 0, 0, "it starts empty").await;
    assert_eq!(take(port, 10, 0).await, [], "an empty ledger has nothing to claim");
    triggers_are_one_row(port).await;
    the_longest_wanted_comes_first(port).await;
    a_released_row_waits(port).await;
    a_later_version_stays(port).await;
    a_lease_ends(port).await;
    workers_never_share(port).await;
}

async fn triggers_are_one_row(port: &dyn SyncLedger) {
    for second in 0..100 {
        want(port, "ada", second).await;
    }
    holds(port, 1, 1, "a hundred triggers are one row").await;
    let claim = only(take(port, 10, 100).await, "a wanted row");
    assert_eq!((&claim.store, &claim.customer), (&north(), &customer("ada")), "whose it is");
    assert_eq!(claim.wanted_at, at(0), "the lag counts from the first trigger");
    assert_eq!(claim.tries, 0, "it was never tried");
    assert_eq!(take(port, 10, 100).await, [], "a claimed row is held");
    holds(port, 1, 1, "a claimed row is dirty").await;

    assert!(ok(port.confirm(&claim).await), "the claim stands");
    holds(port, 1, 0, "a confirmed row is clean").await;
    assert_eq!(take(port, 10, 1_000).await, [], "a clean row is not claimed");
    assert!(!ok(port.confirm(&claim).await), "a claim is settled once");
    assert!(!ok(port.release(&claim, at(1_000)).await), "a settled claim releases nothing");

    ok(port.want(&south(), &customer("ada"), at(200)).await);
    want(port, "ada", 201).await;
    holds(port, 2, 2, "the same id in another store is another row").await;
    let claims = take(port, 10, 201).await;
    let stores: Vec<_> = claims.iter().map(|claim| claim.store.clone()).collect();
    assert_eq!(stores, [south(), north()], "a claim is over all stores");
    let again = claims.into_iter().find(|claim| claim.store == north());
    let again = only(again.into_iter().collect(), "the row that was confirmed before");
    assert!(again.wanted > claim.wanted, "versions rise");
    assert!(again.fence > claim.fence, "fences rise");
    assert_eq!(again.wanted_at, at(201), "a clean row's lag starts anew");
    assert!(!ok(port.confirm(&claim).await), "an old claim confirms no new version");
    assert!(ok(port.confirm(&again).await), "the claim stands");
    let other = SyncClaim { customer: customer("nobody"), ..again };
    assert!(!ok(port.confirm(&other).await), "an unknown row has no claim");
    // What is left is taken by the lease's end.
    let left = only(take(port, 10, 300).await, "the other store's row");
    assert!(ok(port.confirm(&left).await), "the claim stands");
    holds(port, 2, 0, "all is confirmed").await;
}

async fn the_longest_wanted_comes_first(port: &dyn SyncLedger) {
    for (id, second) in [("c", 503), ("a", 501), ("d", 504), ("b", 502)] {
        want(port, id, second).await;
    }
    // A further trigger does not send a row to the end of the line.
    want(port, "a", 505).await;
    assert_eq!(take(port, 0, 510).await, [], "a limit of 0 claims nothing");
    let mut claims = take(port, 3, 510).await;
    assert_eq!(ids(&claims), ["a", "b", "c"], "the longest wanted comes first");
    claims.extend(take(port, 3, 510).await);
    assert_eq!(ids(&claims), ["a", "b", "c", "d"], "then the rest");
    confirm_all(port, &claims).await;
}

async fn a_released_row_waits(port: &dyn SyncLedger) {
    want(port, "a", 600).await;
    let first = only(take(port, 10, 600).await, "a wanted row");
    assert!(ok(port.release(&first, at(700)).await), "the claim stands");
    assert!(!ok(port.release(&first, at(600)).await), "a claim is settled once");
    assert!(!ok(port.confirm(&first).await), "a released claim confirms nothing");
    want(port, "b", 650).await;
    let claims = take(port, 10, 699).await;
    assert_eq!(ids(&claims), ["b"], "a row is not claimed before it is due");
    confirm_all(port, &claims).await;

    let second = only(take(port, 10, 700).await, "a row that is due again");
    assert_eq!(second.wanted, first.wanted, "the version is the same");
    assert_eq!(second.wanted_at, at(600), "the lag goes on");
    assert_eq!(second.tries, 1, "a release was a try");
    assert!(second.fence > first.fence, "fences rise");
    assert!(ok(port.release(&second, at(900)).await), "the claim stands");

    want(port, "a", 710).await;
    let third = only(take(port, 10, 710).await, "a new version does not wait for the retry");
    assert!(third.wanted > second.wanted, "versions rise");
    assert_eq!(third.tries, 0, "the new version was never tried");
    assert_eq!(third.wanted_at, at(600), "the lag counts from what is not yet confirmed");
    confirm_all(port, &[third]).await;
}

async fn a_later_version_stays(port: &dyn SyncLedger) {
    want(port, "a", 1_000).await;
    let first = only(take(port, 10, 1_000).await, "a wanted row");
    want(port, "a", 1_010).await;
    want(port, "a", 1_020).await;
    assert_eq!(take(port, 10, 1_020).await, [], "a trigger does not break a claim");
    assert!(ok(port.confirm(&first).await), "a trigger does not undo a claim");
    assert_eq!(ok(port.counts().await).dirty, 1, "a later version keeps the row dirty");
    want(port, "a", 1_020).await;
    assert_eq!(ok(port.counts().await).dirty, 1, "a dirty row counts once");
    let second = only(take(port, 10, 1_020).await, "a later version keeps the row dirty");
    assert!(second.wanted > first.wanted, "only the claimed version was confirmed");
    assert_eq!(second.wanted_at, at(1_010), "the later version has its own time");
    assert_eq!(second.tries, 0, "the later version was never tried");

    want(port, "a", 1_030).await;
    assert!(ok(port.release(&second, at(9_000)).await), "a trigger does not undo a claim");
    let third = only(take(port, 10, 1_030).await, "a later version does not wait for the retry");
    assert!(third.wanted > second.wanted, "versions rise");
    assert_eq!(third.wanted_at, at(1_010), "the lag counts from what is not yet confirmed");
    confirm_all(port, &[third]).await;
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

async fn a_lease_ends(port: &dyn SyncLedger) {
    want(port, "a", 2_000).await;
    let first = only(take(port, 10, 2_000).await, "a wanted row");
    assert_eq!(take(port, 10, 2_059).await, [], "a lease holds");
    want(port, "a", 2_059).await;
    let second = only(take(port, 10, 2_061).await, "a row whose lease has ended");
    assert!(second.wanted > first.wanted, "the newest version is claimed");
    assert_eq!(second.wanted_at, at(2_000), "the lag goes on");
    assert!(second.fence > first.fence, "fences rise");
    assert!(!ok(port.confirm(&first).await), "a lost claim confirms nothing");
    assert!(!ok(port.release(&first, at(2_061)).await), "a lost claim releases nothing");
    assert_eq!(take(port, 10, 2_062).await, [], "a lost claim frees nothing");

    let third = only(take(port, 10, 2_122).await, "a row whose lease has ended again");
    assert_eq!(third.wanted, second.wanted, "the version is the same");
    assert_eq!(third.tries, 1, "a claim that was never settled was a try");
    // Late, but nobody else has taken the row.
    assert!(ok(port.confirm(&third).await), "the claim stands");
    assert_eq!(take(port, 10, 9_999).await, [], "nothing is left");
}

async fn workers_never_share(port: &dyn SyncLedger) {
    const ROWS: usize = 40;
    let names: Vec<_> = (0..ROWS).map(|n| format!("row {n:02}")).collect();
    join_all(names.iter().map(|name| want(port, name, 3_000))).await;
    let claims = join_all((0..8).map(|_| take(port, ROWS / 8, 3_000))).await;
    let mut claims = claims.concat();
    // A worker may pass over what another is looking at, and leave it for the next round.
    claims.extend(take(port, ROWS, 3_000).await);
    let mut taken = ids(&claims);
    taken.sort_unstable();
    assert_eq!(taken, names, "each row is claimed by one worker");
    let confirmed = join_all(claims.iter().chain(&claims).map(|claim| port.confirm(claim))).await;
    let confirmed = confirmed.into_iter().map(ok).filter(|confirmed| *confirmed).count();
    assert_eq!(confirmed, ROWS, "each claim is settled once");
    assert_eq!(ok(port.counts().await).dirty, 0, "all is confirmed");
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
