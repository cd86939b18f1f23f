//! The row of a customer: wanted, claimed, confirmed.

use std::time::Duration;

use tokio::time::sleep;

use super::samples::{
    LONGER, SHORT, claimed, confirmed, counts, holds, ids, link, retry, returned, settle, take,
    want, want_in,
};
use crate::conformance::{LEASE, customer, north, ok, only, south};
use crate::ports::{Doubt, Hold, Priority, Settlement, SyncClaim, SyncCounts, SyncLedger};

/// An empty ledger has no rows and nothing to claim.
pub async fn it_starts_empty(port: &dyn SyncLedger) {
    assert_eq!(counts(port).await, SyncCounts::default(), "nothing was wanted");
    assert_eq!(take(port, 10).await, [], "nothing to claim");
}

/// A hundred triggers of a customer are one row, wanted since the first of them.
pub async fn many_triggers_are_one_row(port: &dyn SyncLedger) {
    for _ in 0..100 {
        want(port, &["ada"]).await;
    }
    holds(port, 1, 1, "a hundred triggers").await;
    let claim = only(take(port, 10).await, "a wanted row");
    assert_eq!((&claim.store, &claim.customer), (&north(), &customer("ada")), "whose it is");
    assert_eq!((claim.tries, claim.pauses), (0, 0), "it was never tried");
    assert_eq!((claim.link, claim.doubt, claim.erased), (None, Doubt::None, false), "a new row");
}

/// A claimed row is given to no other worker, and counts as waiting until it is confirmed.
pub async fn a_claimed_row_is_held_and_waiting(port: &dyn SyncLedger) {
    let _claim = claimed(port, "ada").await;
    assert_eq!(take(port, 10).await, [], "the row is held");
    holds(port, 1, 1, "a claimed row waits").await;
    assert_eq!(counts(port).await.claimed, 1, "it is claimed");
}

/// A confirmed row stays in the ledger, is clean, and is not claimed.
pub async fn a_confirmed_row_is_clean(port: &dyn SyncLedger) {
    let claim = claimed(port, "ada").await;
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    holds(port, 1, 0, "a confirmed row").await;
    assert_eq!(counts(port).await.claimed, 0, "it is not claimed");
    assert_eq!(take(port, 10).await, [], "a clean row is not claimed");
}

/// A claim that was settled cannot be settled again.
pub async fn a_claim_is_settled_once(port: &dyn SyncLedger) {
    let claim = claimed(port, "ada").await;
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    assert!(!settle(port, &claim, confirmed(7)).await, "confirmed twice");
    assert!(!settle(port, &claim, retry(LEASE)).await, "failed after it was confirmed");
    holds(port, 1, 0, "the row stays clean").await;
    let claim = claimed(port, "bob").await;
    assert!(settle(port, &claim, retry(LEASE)).await, "the claim stands");
    assert!(!settle(port, &claim, returned()).await, "returned after it failed");
    assert!(!settle(port, &claim, confirmed(8)).await, "confirmed after it failed");
    assert_eq!(take(port, 10).await, [], "the first settlement holds");
    holds(port, 2, 1, "the failed row waits").await;
}

/// A clean row that is wanted again has a higher version and fence, its link, and no attempts.
pub async fn a_clean_row_that_is_wanted_again_starts_anew(port: &dyn SyncLedger) {
    let first = claimed(port, "ada").await;
    assert!(settle(port, &first, confirmed(7)).await, "the claim stands");
    sleep(SHORT).await;
    let second = claimed(port, "ada").await;
    holds(port, 1, 1, "the same row").await;
    assert!(second.wanted > first.wanted && second.fence > first.fence, "both rise");
    assert!(second.wanted_at > first.wanted_at, "the lag starts anew");
    assert_eq!(second.link, Some(link(7)), "the link is kept");
    assert!(!settle(port, &first, confirmed(7)).await, "the old claim settles nothing");
}

/// The same customer id in another store is another row; one claim returns rows of all stores.
pub async fn stores_have_rows_of_their_own(port: &dyn SyncLedger) {
    want_in(port, &south(), &["ada"], Priority::Live).await;
    want(port, &["ada"]).await;
    holds(port, 2, 2, "two stores").await;
    assert_eq!(ok(port.counts(Some(&south())).await).customers, 1, "of one store");
    let claims = take(port, 10).await;
    assert_eq!(claims.len(), 2, "a claim is over all stores");
    let of_south = claims.iter().find(|claim| claim.store == south());
    assert!(settle(port, of_south.unwrap_or(&claims[0]), confirmed(7)).await, "it stands");
    holds(port, 2, 1, "one store's row is confirmed").await;
    assert_eq!(ok(port.counts(Some(&north())).await).waiting, 1, "the other store's waits");
}

/// A claim on an unknown row settles nothing.
pub async fn an_unknown_row_has_no_claim(port: &dyn SyncLedger) {
    let claim = claimed(port, "ada").await;
    let unknown = SyncClaim { customer: customer("nobody"), ..claim.clone() };
    assert!(!settle(port, &unknown, confirmed(7)).await, "an unknown customer");
    let elsewhere = SyncClaim { store: south(), ..claim };
    assert!(!settle(port, &elsewhere, confirmed(7)).await, "an unknown store");
    assert!(!ok(port.begin(&elsewhere).await), "an unknown store");
    holds(port, 1, 1, "the row waits").await;
}

/// A failed row is claimed again when its retry is due, as a further attempt of the same version.
pub async fn a_failed_row_waits_for_its_retry(port: &dyn SyncLedger) {
    let first = claimed(port, "a").await;
    assert!(settle(port, &first, retry(SHORT)).await, "the claim stands");
    want(port, &["b"]).await;
    assert_eq!(ids(&take(port, 10).await), ["b"], "others are claimed meanwhile, and it is not");
    sleep(LONGER).await;
    let second = only(take(port, 10).await, "a row that is due again");
    assert_eq!((second.wanted, second.wanted_at), (first.wanted, first.wanted_at), "the same");
    assert_eq!(second.tries, 1, "a failure was a try");
    assert!(second.fence > first.fence, "fences rise");
}

/// A version that is wanted while the row waits for a retry is due at once, with no attempts.
pub async fn a_new_version_does_not_wait_for_a_retry(port: &dyn SyncLedger) {
    let first = claimed(port, "a").await;
    assert!(settle(port, &first, retry(LEASE)).await, "the claim stands");
    want(port, &["a"]).await;
    let second = only(take(port, 10).await, "a new version");
    assert!(second.wanted > first.wanted, "versions rise");
    assert_eq!(second.tries, 0, "the new version was never tried");
    assert_eq!(second.wanted_at, first.wanted_at, "the lag counts from what is not yet confirmed");
}

/// A row whose request may still be processed is not due, even if a new version is wanted.
pub async fn a_row_that_may_still_be_written_is_left_alone(port: &dyn SyncLedger) {
    let error = "lost".to_owned();
    let lost = Settlement::Retry { after: SHORT, quiet: SHORT, error };
    for (id, settlement) in [("a", lost), ("b", Settlement::Returned { quiet: SHORT })] {
        let claim = claimed(port, id).await;
        assert!(settle(port, &claim, settlement).await, "the claim stands");
        want(port, &[id]).await;
    }
    assert_eq!(take(port, 10).await, [], "they are left alone");
    sleep(LONGER).await;
    assert_eq!(take(port, 10).await.len(), 2, "and then they are due");
}

/// A trigger on a claimed row leaves the claim valid.
pub async fn a_trigger_does_not_break_a_claim(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    want(port, &["a"]).await;
    assert_eq!(take(port, 10).await, [], "the row is still held");
    assert!(settle(port, &claim, confirmed(7)).await, "the claim still stands");
}

/// Confirming the claimed version leaves a later one wanted, since the time it was wanted.
pub async fn a_version_wanted_during_a_claim_stays_wanted(port: &dyn SyncLedger) {
    let first = claimed(port, "a").await;
    sleep(SHORT).await;
    want(port, &["a"]).await;
    want(port, &["a"]).await;
    assert!(settle(port, &first, confirmed(7)).await, "the claim stands");
    holds(port, 1, 1, "a later version keeps the row waiting").await;
    let second = only(take(port, 10).await, "a later version");
    assert!(second.wanted > first.wanted, "only the claimed version was confirmed");
    assert!(second.wanted_at > first.wanted_at, "the later version has its own time");
    assert_eq!((second.tries, second.link.clone()), (0, Some(link(7))), "as confirmed");
    assert!(settle(port, &second, confirmed(7)).await, "the claim stands");
    assert_eq!(take(port, 10).await, [], "nothing is left");
}

/// Failing the claimed version leaves a later one due at once.
pub async fn a_version_wanted_during_a_claim_does_not_wait_for_its_retry(port: &dyn SyncLedger) {
    let first = claimed(port, "a").await;
    want(port, &["a"]).await;
    assert!(settle(port, &first, retry(LEASE)).await, "the claim stands");
    let second = only(take(port, 10).await, "a later version");
    assert!(second.wanted > first.wanted, "versions rise");
    assert_eq!((second.tries, second.wanted_at), (0, first.wanted_at), "the lag goes on");
}

/// A confirmed row that is wanted again is not due before its quiet period has passed.
pub async fn a_confirmed_row_is_quiet_for_a_while(port: &dyn SyncLedger) {
    let quiet =
        |contact| Settlement::Confirmed { link: link(contact), quiet: SHORT, retry_left_out: None };
    let during = claimed(port, "a").await;
    want(port, &["a"]).await;
    assert!(settle(port, &during, quiet(7)).await, "the claim stands");
    let before = claimed(port, "b").await;
    assert!(settle(port, &before, quiet(8)).await, "the claim stands");
    want(port, &["b"]).await;
    assert_eq!(take(port, 10).await, [], "they are quiet");
    sleep(LONGER).await;
    assert_eq!(take(port, 10).await.len(), 2, "and then they are due");
}

/// A returned row is due at once, and no attempt was counted.
pub async fn a_returned_row_is_due_at_once_and_was_not_tried(port: &dyn SyncLedger) {
    let first = claimed(port, "a").await;
    assert!(settle(port, &first, returned()).await, "the claim stands");
    let second = only(take(port, 10).await, "a returned row");
    assert_eq!((second.tries, second.wanted), (0, first.wanted), "it was not tried");
    assert_eq!(second.wanted_at, first.wanted_at, "the lag goes on");
}

/// The counts contain when the longest waiting row became wanted.
pub async fn the_lag_counts_from_the_oldest(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    sleep(Duration::from_millis(5)).await;
    want_in(port, &south(), &["b"], Priority::Live).await;
    let claims = take(port, 10).await;
    let oldest = claims.iter().map(|claim| claim.wanted_at).min();
    assert_eq!(counts(port).await.oldest_wanted_at, oldest, "the oldest of all");
    for claim in claims {
        assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    }
    assert_eq!(counts(port).await.oldest_wanted_at, None, "nothing waits");
}

/// A claim whose lease has expired, for example because its worker was dropped, is not counted.
pub async fn a_lease_that_ended_is_not_counted(port: &dyn SyncLedger) {
    let held = ok(port.hold(&north(), &customer("a"), SHORT).await);
    assert!(matches!(held, Hold::Held(_)), "nobody else holds it");
    assert_eq!(counts(port).await.claimed, 1);
    sleep(LONGER).await;
    assert_eq!(counts(port).await.claimed, 0, "its lease has ended");
}

/// A wait ends after the longest time at the latest.
pub async fn a_wait_ends(port: &dyn SyncLedger) {
    let wait = tokio::time::timeout(Duration::from_secs(5), port.wait(SHORT)).await;
    assert!(wait.is_ok(), "it took far longer than it should");
}
