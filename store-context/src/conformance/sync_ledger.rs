//! The conformance tests of a sync ledger.
//!
//! Leases and delays use the ledger's own clock, so some tests wait: a second or three, or not at all
//! if tokio's clock is paused and the ledger uses it.

use std::time::Duration;

use chatwoot_client::{AccountId, ContactId};
use futures_util::future::join_all;
use tokio::time::sleep;

use super::{LEASE, customer, north, ok, only, south};
use crate::model::{AccountKey, CustomerId, StoreId};
use crate::ports::{
    ClaimRequest, Doubt, Fingerprint, Hold, Link, Priority, Settlement, SyncClaim, SyncCounts,
    SyncLedger,
};

/// Generates one test per requirement of [`SyncLedger`](crate::ports::SyncLedger); see
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
                a_claimed_row_is_held_and_waiting,
                a_confirmed_row_is_clean,
                a_claim_is_settled_once,
                a_clean_row_that_is_wanted_again_starts_anew,
                stores_have_rows_of_their_own,
                an_unknown_row_has_no_claim,
                rows_come_in_the_order_in_which_they_became_due,
                a_further_trigger_keeps_a_rows_place,
                live_goes_before_bulk,
                a_claim_takes_no_more_bulk_than_it_asks_for,
                a_live_trigger_makes_a_bulk_row_live,
                a_claim_takes_no_more_than_its_limit,
                a_store_gets_its_share_while_others_wait,
                a_store_gets_the_rest_when_nobody_else_waits,
                stores_take_turns,
                excepted_stores_are_passed_over,
                a_failed_row_waits_for_its_retry,
                a_new_version_does_not_wait_for_a_retry,
                a_row_that_may_still_be_written_is_left_alone,
                a_trigger_does_not_break_a_claim,
                a_version_wanted_during_a_claim_stays_wanted,
                a_version_wanted_during_a_claim_does_not_wait_for_its_retry,
                a_confirmed_row_is_quiet_for_a_while,
                a_returned_row_is_due_at_once_and_was_not_tried,
                a_row_can_be_claimed_again_when_its_lease_ends,
                a_lost_claim_settles_nothing,
                a_lost_claim_begins_and_extends_nothing,
                a_lease_that_ended_stands_until_the_row_is_claimed,
                an_extended_claim_holds_longer,
                a_held_row_is_given_to_nobody_else,
                a_row_is_held_whether_it_is_wanted_or_not,
                nobody_holds_a_row_whose_write_may_still_come,
                a_dropped_hold_does_not_forget_what_is_due_later,
                a_held_row_that_is_returned_is_not_wanted,
                a_begun_row_is_in_doubt_and_wanted,
                a_doubt_outlives_its_worker,
                a_confirmation_ends_the_doubt,
                a_doubt_during_a_claim_outlives_it,
                a_contact_is_doubted_by_its_account,
                a_doubt_is_not_raised_for_what_was_written,
                all_linked_rows_can_be_doubted,
                all_linked_rows_are_doubted_in_batches,
                a_link_is_found_both_ways,
                a_contact_has_one_customer,
                a_customer_has_one_contact,
                links_are_listed_in_order,
                who_waits_for_a_value_is_wanted_when_it_is_free,
                who_waits_is_wanted_when_the_holder_is_gone,
                what_was_left_out_is_due_again_by_itself,
                a_gone_row_has_no_link,
                an_erased_customer_stays_erased,
                an_erasure_stops_what_was_claimed_before,
                a_merge_is_wanted_until_it_is_done,
                a_merged_row_keeps_where_it_went,
                a_forgotten_row_went_nowhere,
                a_parked_row_waits_for_a_replay,
                parked_rows_are_replayed_in_batches,
                a_parked_row_is_freed_by_a_new_version,
                a_parked_row_that_is_begun_is_freed,
                a_paused_store_is_passed_over,
                a_paused_stores_claims_stand,
                a_store_is_probed_by_one_row,
                a_probe_that_is_settled_lets_the_next_one_go,
                a_resumed_store_is_well,
                pauses_are_counted_once_each,
                a_forgotten_row_is_gone,
                a_forgotten_store_is_gone,
                a_store_is_forgotten_in_batches,
                a_forgotten_store_without_rows_loses_its_pause,
                the_lag_counts_from_the_oldest,
                a_lease_that_ended_is_not_counted,
                a_wait_ends,
                workers_never_share_a_row,
                a_row_is_settled_once_by_workers_at_the_same_time,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// A duration that passes during a test: long enough for a few calls of a busy database.
const SHORT: Duration = Duration::from_millis(300);

/// A duration longer than [`SHORT`], also on a database's clock.
const LONGER: Duration = Duration::from_millis(700);

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

/// Within a store and a priority, rows are claimed in the order in which they became due.
pub async fn rows_come_in_the_order_in_which_they_became_due(port: &dyn SyncLedger) {
    for id in ["c", "a", "d", "b"] {
        want(port, &[id]).await;
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ids(&take(port, 10).await), ["c", "a", "d", "b"], "first come, first served");
}

/// A further trigger does not move a row to the end of the queue.
pub async fn a_further_trigger_keeps_a_rows_place(port: &dyn SyncLedger) {
    for id in ["a", "b", "a"] {
        want(port, &[id]).await;
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ids(&take(port, 10).await), ["a", "b"], "the first trigger counts");
}

/// Live rows are claimed before bulk rows, however long those have waited, in any store.
pub async fn live_goes_before_bulk(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b", "c"], Priority::Bulk).await;
    sleep(Duration::from_millis(5)).await;
    want_in(port, &south(), &["d"], Priority::Live).await;
    want(port, &["e"]).await;
    let first = take(port, 2).await;
    let mut first = ids(&first);
    first.sort_unstable();
    assert_eq!(first, ["d", "e"], "live goes first");
    let claims = take(port, 10).await;
    assert_eq!(claims.len(), 3, "then bulk");
    assert!(claims.iter().all(|claim| claim.priority == Priority::Bulk), "and it says so");
}

/// A claim gives no more bulk than it asks for, however much there is room for.
pub async fn a_claim_takes_no_more_bulk_than_it_asks_for(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b", "c"], Priority::Bulk).await;
    want_in(port, &south(), &["d", "e"], Priority::Bulk).await;
    want(port, &["f", "g"]).await;
    let few = ClaimRequest { bulk: 2, ..request(10, 10, &[]) };
    let claims = ok(port.claim(few).await);
    let live = |claims: &[SyncClaim]| {
        claims.iter().filter(|claim| claim.priority == Priority::Live).count()
    };
    assert_eq!((claims.len(), live(&claims)), (4, 2), "all that is live, and some bulk");
    let none = ClaimRequest { bulk: 0, ..few };
    assert_eq!(ok(port.claim(none).await), [], "bulk waits");
    want_in(port, &south(), &["h"], Priority::Live).await;
    assert_eq!(ids(&ok(port.claim(none).await)), ["h"], "what is live does not");
    assert_eq!(take(port, 10).await.len(), 3, "bulk is there for the next");
}

/// A row that waits as bulk and is wanted live goes before bulk.
pub async fn a_live_trigger_makes_a_bulk_row_live(port: &dyn SyncLedger) {
    want_in(port, &north(), &["a", "b"], Priority::Bulk).await;
    want(port, &["b"]).await;
    want_in(port, &north(), &["b"], Priority::Bulk).await;
    assert_eq!(ids(&take(port, 1).await), ["b"], "live beats bulk");
}

/// A claim respects its limit; the other rows are left for the next one.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d"]).await;
    assert_eq!(take(port, 0).await, [], "a limit of 0 claims nothing");
    assert_eq!(take(port, 3).await.len(), 3, "as many as were asked for");
    assert_eq!(take(port, 3).await.len(), 1, "then the rest");
}

/// While other stores wait, a claim returns no more than a store's share.
pub async fn a_store_gets_its_share_while_others_wait(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d", "e"]).await;
    want_in(port, &south(), &["f", "g"], Priority::Bulk).await;
    let claims = ok(port.claim(request(4, 2, &[])).await);
    let of_north = claims.iter().filter(|claim| claim.store == north()).count();
    assert_eq!((claims.len(), of_north), (4, 2), "half is the other's, though it is bulk");
}

/// Capacity that other stores do not need goes to the store that has more rows.
pub async fn a_store_gets_the_rest_when_nobody_else_waits(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c", "d", "e"]).await;
    want_in(port, &south(), &["f"], Priority::Live).await;
    let claims = ok(port.claim(request(5, 2, &[])).await);
    let of_north = claims.iter().filter(|claim| claim.store == north()).count();
    assert_eq!((claims.len(), of_north), (5, 4), "nothing is left unused");
}

/// The store that was served longest ago comes first.
pub async fn stores_take_turns(port: &dyn SyncLedger) {
    want(port, &["a", "b", "c"]).await;
    sleep(Duration::from_millis(5)).await;
    want_in(port, &south(), &["d", "e", "f"], Priority::Live).await;
    let mut stores = Vec::new();
    for _ in 0..6 {
        stores.push(only(take(port, 1).await, "a waiting row").store);
    }
    for turn in stores.chunks(2) {
        assert_ne!(turn[0], turn[1], "each has its turn: {stores:?}");
    }
}

/// A claim returns no rows of excepted stores.
pub async fn excepted_stores_are_passed_over(port: &dyn SyncLedger) {
    want(port, &["a"]).await;
    want_in(port, &south(), &["b"], Priority::Bulk).await;
    let claims = ok(port.claim(request(10, 10, &[north()])).await);
    assert_eq!(ids(&claims), ["b"], "only the other store's");
    assert_eq!(ids(&take(port, 10).await), ["a"], "it is there for the next");
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

/// A row is in doubt and wanted from before a request is sent for it, so that it is claimed again
/// without a trigger.
pub async fn a_begun_row_is_in_doubt_and_wanted(port: &dyn SyncLedger) {
    let held = hold(port, "a", LEASE).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    assert!(ok(port.begin(&held).await), "as often as something is sent");
    assert_eq!((counts(port).await.in_doubt, counts(port).await.waiting), (1, 1), "both");
    assert!(settle(port, &held, returned()).await, "the claim stands");
    let claim = only(take(port, 10).await, "a row in doubt");
    assert_eq!(claim.doubt, Doubt::Write, "it is to be written");
}

/// A worker that dies leaves its begun rows in doubt, and so does a failure.
pub async fn a_doubt_outlives_its_worker(port: &dyn SyncLedger) {
    let held = hold(port, "a", SHORT).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    sleep(LONGER).await;
    let next = only(take(port, 10).await, "a row whose worker died");
    assert_eq!(next.doubt, Doubt::Write, "it is to be written");
    assert!(settle(port, &next, retry(Duration::ZERO)).await, "the claim stands");
    sleep(SHORT).await;
    let last = only(take(port, 10).await, "a row that failed");
    assert_eq!(last.doubt, Doubt::Write, "it is still to be written");
}

/// Confirming a begun write ends the doubt, and nothing is wanted.
pub async fn a_confirmation_ends_the_doubt(port: &dyn SyncLedger) {
    let held = hold(port, "a", LEASE).await;
    assert!(ok(port.begin(&held).await), "the claim stands");
    assert!(settle(port, &held, confirmed(7)).await, "the claim stands");
    assert_eq!((counts(port).await.in_doubt, counts(port).await.waiting), (0, 0), "neither");
    assert_eq!(take(port, 10).await, [], "nothing is due");
}

/// A doubt that is raised while the row is claimed is not ended by the confirmation.
pub async fn a_doubt_during_a_claim_outlives_it(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let claim = claimed(port, "a").await;
    assert!(doubt(port, 7, Doubt::Look).await, "it is linked");
    assert!(settle(port, &claim, confirmed(7)).await, "the claim stands");
    let next = only(take(port, 10).await, "a row in doubt");
    assert_eq!(next.doubt, Doubt::Look, "it is to be looked at");
}

/// A contact's row is marked and wanted; the same number in another account or store is another
/// contact. A greater doubt stays.
pub async fn a_contact_is_doubted_by_its_account(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let contact = ContactId(7);
    for (store, account, contact) in [
        (south(), account(1), contact),
        (north(), account(2), contact),
        (north(), account(1), ContactId(8)),
    ] {
        let found = port.doubt(&store, &account, contact, Doubt::Look, None).await;
        assert!(!ok(found), "nobody's contact: {store} {account:?} {contact}");
    }
    assert_eq!(take(port, 10).await, [], "nothing is wanted");
    assert!(doubt(port, 7, Doubt::Write).await, "it is linked");
    assert!(doubt(port, 7, Doubt::Look).await, "it is linked");
    let claim = only(take(port, 10).await, "a row in doubt");
    assert_eq!((claim.doubt, claim.priority), (Doubt::Write, Priority::Live), "as marked");
}

/// A contact that matches what was written is not doubted.
pub async fn a_doubt_is_not_raised_for_what_was_written(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    let written = link(7).fingerprint;
    let unless = |as_shown| {
        let (store, account) = (north(), account(1));
        async move { port.doubt(&store, &account, ContactId(7), Doubt::Look, as_shown).await }
    };
    assert!(ok(unless(Some(&written)).await), "it is linked");
    assert_eq!(take(port, 10).await, [], "and as it was written");
    let other = Fingerprint("another".to_owned());
    assert!(ok(unless(Some(&other)).await), "it is linked");
    assert_eq!(take(port, 10).await.len(), 1, "and somebody changed it");
}

/// All linked rows of a store can be doubted at once, with bulk priority.
pub async fn all_linked_rows_can_be_doubted(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "b", 8).await;
    let gone = claimed(port, "c").await;
    assert!(settle(port, &gone, Settlement::Gone).await, "the claim stands");
    let doubt_all = async |store: StoreId| ok(port.doubt_all(&store, Doubt::Write, None, 10).await);
    assert_eq!(doubt_all(south()).await, None, "another store has none");
    assert_eq!(doubt_all(north()).await, Some(customer("b")), "the linked ones");
    let claims = take(port, 10).await;
    let bulk = claims.iter().all(|one| (one.doubt, one.priority) == (Doubt::Write, Priority::Bulk));
    assert!(claims.len() == 2 && bulk, "{claims:?}");
}

/// Linked rows are doubted in ascending order, no more at once than asked for.
pub async fn all_linked_rows_are_doubted_in_batches(port: &dyn SyncLedger) {
    for (id, contact) in [("c", 3), ("a", 1), ("b", 2)] {
        linked(port, id, contact).await;
    }
    want(port, &["aa"]).await;
    let unlinked = only(take(port, 10).await, "the row without a link");
    let (mut after, mut doubted) = (None, Vec::new());
    loop {
        let last = ok(port.doubt_all(&north(), Doubt::Look, after.as_ref(), 2).await);
        let batch = take(port, 10).await;
        assert!(batch.len() <= 2, "no more than the limit: {batch:?}");
        let greatest = batch.iter().map(|claim| claim.customer.clone()).max();
        assert_eq!(last, greatest, "the last one of the batch");
        doubted.extend(batch);
        match last {
            Some(_) => after = last,
            None => break,
        }
    }
    assert_eq!(ids(&doubted), ["a", "b", "c"], "each once, in order");
    assert!(settle(port, &unlinked, returned()).await, "the claim stands");
}

/// A confirmed link is found by customer and by contact, completely.
pub async fn a_link_is_found_both_ways(port: &dyn SyncLedger) {
    let link = Link {
        holds: vec!["email/1".to_owned(), "phone_number/2".to_owned()],
        waits_for: vec!["identifier/3".to_owned()],
        left_out: 3,
        ..link(7)
    };
    let claim = claimed(port, "ada").await;
    let whole =
        Settlement::Confirmed { link: link.clone(), quiet: Duration::ZERO, retry_left_out: None };
    assert!(settle(port, &claim, whole).await, "the claim stands");
    assert_eq!(ok(port.link(&north(), &customer("ada")).await), Some(link), "by customer");
    assert_eq!(customer_of(port, 7).await, Some(customer("ada")), "by contact");
    assert_eq!(ok(port.link(&south(), &customer("ada")).await), None, "another store");
    let elsewhere = port.customer_of(&north(), &account(2), ContactId(7)).await;
    assert_eq!(ok(elsewhere), None, "another account");
}

/// A contact that becomes another customer's is unlinked from the first, whose row is in doubt.
pub async fn a_contact_has_one_customer(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "b", 7).await;
    assert_eq!(customer_of(port, 7).await, Some(customer("b")), "the later one has it");
    assert_eq!(ok(port.link(&north(), &customer("a")).await), None, "the earlier one has none");
    let claim = only(take(port, 10).await, "the earlier one is wanted");
    assert_eq!((claim.customer, claim.doubt), (customer("a"), Doubt::Write), "and in doubt");
}

/// A customer who gets another contact is unlinked from the first one.
pub async fn a_customer_has_one_contact(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "a", 8).await;
    assert_eq!(customer_of(port, 7).await, None, "the contact before is nobody's");
    assert_eq!(customer_of(port, 8).await, Some(customer("a")), "the later one is theirs");
}

/// Linked customers are listed in ascending order, in pages.
pub async fn links_are_listed_in_order(port: &dyn SyncLedger) {
    for (id, contact) in [("c", 3), ("a", 1), ("b", 2)] {
        linked(port, id, contact).await;
    }
    want(port, &["aa"]).await;
    let first = ok(port.links(&north(), None, 2).await);
    assert_eq!(first, [(customer("a"), link(1)), (customer("b"), link(2))], "the first page");
    let rest = ok(port.links(&north(), Some(&customer("b")), 2).await);
    assert_eq!(rest, [(customer("c"), link(3))], "the rest");
    assert_eq!(ok(port.links(&south(), None, 2).await), [], "another store");
}

/// A row that waits for a value is wanted, live, when the row that holds it releases it.
pub async fn who_waits_for_a_value_is_wanted_when_it_is_free(port: &dyn SyncLedger) {
    confirm_values(port, "holder", 1, &["email/x"], &[]).await;
    confirm_values(port, "waiter", 2, &[], &["email/x"]).await;
    confirm_values(port, "holder", 1, &["email/x", "email/y"], &[]).await;
    assert_eq!(take(port, 10).await, [], "it is still held");
    confirm_values(port, "holder", 1, &["email/y"], &[]).await;
    let claim = only(take(port, 10).await, "the waiter");
    assert_eq!((claim.customer.as_str(), claim.priority), ("waiter", Priority::Live), "live");
}

/// The row of a customer who is gone or forgotten releases its contact's values.
pub async fn who_waits_is_wanted_when_the_holder_is_gone(port: &dyn SyncLedger) {
    for gone in [true, false] {
        confirm_values(port, "holder", 1, &["email/x"], &[]).await;
        confirm_values(port, "waiter", 2, &[], &["email/x"]).await;
        if gone {
            let claim = claimed(port, "holder").await;
            assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
        } else {
            ok(port.forget(&north(), &customer("holder")).await);
        }
        let claim = only(take(port, 10).await, "the waiter");
        assert_eq!(claim.customer, customer("waiter"), "is wanted");
        assert!(settle(port, &claim, returned()).await, "the claim stands");
    }
}

/// A row whose link left a value out is due again after its delay, without a trigger.
pub async fn what_was_left_out_is_due_again_by_itself(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    let retry =
        Settlement::Confirmed { link: link(7), quiet: Duration::ZERO, retry_left_out: Some(SHORT) };
    assert!(settle(port, &claim, retry).await, "the claim stands");
    holds(port, 1, 0, "it is not waiting").await;
    assert_eq!(take(port, 10).await, [], "nor due");
    sleep(LONGER).await;
    let again = only(take(port, 10).await, "what was left out");
    assert_eq!((again.priority, again.doubt), (Priority::Bulk, Doubt::None), "as bulk");
    assert!(settle(port, &again, confirmed(7)).await, "the claim stands");
    sleep(LONGER).await;
    assert_eq!(take(port, 10).await, [], "once");
}

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

const ROWS: usize = 40;

/// Wants [`ROWS`] customers concurrently; returns their ids in order.
async fn wanted_at_once(port: &dyn SyncLedger) -> Vec<String> {
    let names: Vec<_> = (0..ROWS).map(|n| format!("row {n:02}")).collect();
    join_all(names.iter().map(|name| want_in_north(port, name))).await;
    names
}

async fn want_in_north(port: &dyn SyncLedger, id: &str) {
    want(port, &[id]).await;
}

/// Wants a customer and claims its row.
async fn claimed(port: &dyn SyncLedger, id: &str) -> SyncClaim {
    want(port, &[id]).await;
    only(take(port, 10).await, "a wanted row")
}

/// Returns a lost claim, and the one that took the row.
async fn lost_and_held(port: &dyn SyncLedger) -> (SyncClaim, SyncClaim) {
    want(port, &["a"]).await;
    let lost = only(take_for(port, 10, SHORT).await, "a wanted row");
    sleep(LONGER).await;
    (lost, only(take(port, 10).await, "a row whose lease has ended"))
}

/// Gives a customer a contact.
async fn linked(port: &dyn SyncLedger, id: &str, contact: u64) {
    let held = hold(port, id, LEASE).await;
    assert!(settle(port, &held, confirmed(contact)).await, "the claim stands");
}

async fn confirm_values(
    port: &dyn SyncLedger,
    id: &str,
    contact: u64,
    holds: &[&str],
    waits_for: &[&str],
) {
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let link = Link { holds: texts(holds), waits_for: texts(waits_for), ..link(contact) };
    let held = hold(port, id, LEASE).await;
    let values = Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None };
    assert!(settle(port, &held, values).await, "the claim stands");
}

#[track_caller]
fn held(hold: Hold) -> Option<SyncClaim> {
    match hold {
        Hold::Held(claim) => Some(*claim),
        Hold::Busy => None,
    }
}

async fn hold(port: &dyn SyncLedger, id: &str, lease: Duration) -> SyncClaim {
    let found = held(ok(port.hold(&north(), &customer(id), lease).await));
    only(found.into_iter().collect(), "a row that nobody has")
}

async fn want(port: &dyn SyncLedger, customers: &[&str]) {
    want_in(port, &north(), customers, Priority::Live).await;
}

async fn want_in(port: &dyn SyncLedger, store: &StoreId, customers: &[&str], priority: Priority) {
    let customers: Vec<CustomerId> = customers.iter().map(|id| customer(id)).collect();
    ok(port.want(store, &customers, priority).await);
}

fn request(limit: usize, share: usize, except: &[StoreId]) -> ClaimRequest<'_> {
    ClaimRequest { limit, share, bulk: usize::MAX, lease: LEASE, except }
}

async fn take(port: &dyn SyncLedger, limit: usize) -> Vec<SyncClaim> {
    take_for(port, limit, LEASE).await
}

async fn take_for(port: &dyn SyncLedger, limit: usize, lease: Duration) -> Vec<SyncClaim> {
    ok(port.claim(ClaimRequest { lease, ..request(limit, usize::MAX, &[]) }).await)
}

async fn settle(port: &dyn SyncLedger, claim: &SyncClaim, settlement: Settlement) -> bool {
    let stood = ok(port.settle(&[(claim.clone(), settlement)]).await);
    only(stood, "one answer a claim")
}

async fn doubt(port: &dyn SyncLedger, contact: u64, doubt: Doubt) -> bool {
    ok(port.doubt(&north(), &account(1), ContactId(contact), doubt, None).await)
}

async fn customer_of(port: &dyn SyncLedger, contact: u64) -> Option<CustomerId> {
    ok(port.customer_of(&north(), &account(1), ContactId(contact)).await)
}

fn account(number: u64) -> AccountKey {
    AccountKey { base_url: "https://chatwoot.example".to_owned(), account: AccountId(number) }
}

fn link(contact: u64) -> Link {
    let fingerprint = Fingerprint(format!("written to {contact}"));
    Link::new(account(1), ContactId(contact), fingerprint)
}

fn confirmed(contact: u64) -> Settlement {
    Settlement::Confirmed { link: link(contact), quiet: Duration::ZERO, retry_left_out: None }
}

fn retry(after: Duration) -> Settlement {
    Settlement::Retry { after, quiet: Duration::ZERO, error: "refused".to_owned() }
}

fn parked() -> Settlement {
    parked_quietly(Duration::ZERO)
}

fn parked_quietly(quiet: Duration) -> Settlement {
    Settlement::Parked { quiet, error: "refused".to_owned() }
}

fn returned() -> Settlement {
    Settlement::Returned { quiet: Duration::ZERO }
}

async fn counts(port: &dyn SyncLedger) -> SyncCounts {
    ok(port.counts(None).await)
}

async fn holds(port: &dyn SyncLedger, customers: u64, waiting: u64, what: &str) {
    let counts = counts(port).await;
    assert_eq!((counts.customers, counts.waiting), (customers, waiting), "rows, waiting: {what}");
}

fn ids(claims: &[SyncClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.customer.as_str()).collect()
}
