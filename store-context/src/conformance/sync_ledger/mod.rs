//! The conformance tests of a sync ledger.
//!
//! Leases and delays use the ledger's own clock, so some tests wait: a second or three, or not at all
//! if tokio's clock is paused and the ledger uses it.

mod doubts;
mod gone;
mod leases;
mod links;
mod parked;
mod pauses;
mod rows;
mod samples;
mod turns;

pub use self::doubts::*;
pub use self::gone::*;
pub use self::leases::*;
pub use self::links::*;
pub use self::parked::*;
pub use self::pauses::*;
pub use self::rows::*;
pub use self::turns::*;

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
