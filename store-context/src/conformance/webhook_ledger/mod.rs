//! The conformance tests of a webhook ledger: entries, queues and states. Those of the schedule are
//! in [`webhook_rounds`](super::webhook_rounds).

mod parked;
mod queues;
mod removal;
mod samples;
mod states;
mod taking;
mod turns;

pub use self::parked::*;
pub use self::queues::*;
pub use self::removal::*;
pub use self::states::*;
pub use self::taking::*;
pub use self::turns::*;

/// Generates one test per requirement of [`WebhookLedger`](crate::ports::WebhookLedger), except
/// those of the schedule; see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! webhook_ledger_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            webhook_ledger_conformance of webhook_ledger,
            [
                it_starts_empty,
                a_key_is_taken_once,
                a_handled_key_stays_known,
                a_twin_is_taken_once_and_of_another_delivery,
                what_the_reconciler_told_is_known,
                entries_are_taken_in_order,
                stores_and_accounts_have_entries_of_their_own,
                an_entry_comes_back_whole,
                each_kind_of_entry_is_counted,
                unknown_keys_are_named,
                a_remembered_key_is_known_and_nothing_more,
                of_two_deliveries_at_the_same_time_one_is_new,
                a_state_that_is_older_than_the_known_one_is_stale,
                of_states_at_the_same_time_the_newest_stays,
                of_two_states_of_the_same_time_the_last_stays,
                the_status_that_was_told_is_known,
                messages_that_were_read_are_noted,
                states_are_of_a_conversation_a_store_and_an_account,
                an_unknown_status_comes_back,
                a_claim_takes_no_more_than_its_limit,
                the_store_that_was_served_longest_ago_comes_first,
                a_store_has_its_share,
                excepted_stores_are_passed_over,
                a_claimed_queue_is_held,
                a_conversations_entries_come_in_order,
                events_of_no_conversation_do_not_wait_for_each_other,
                a_try_is_counted_before_its_handler_runs,
                only_the_first_entry_is_begun,
                a_failed_entry_waits_and_the_later_ones_with_it,
                a_released_queue_is_due_at_once,
                what_comes_while_a_queue_is_held_is_loaded,
                a_queue_can_be_claimed_again_when_its_lease_ends,
                a_settled_queue_that_was_not_released_takes_more,
                an_extended_claim_holds_longer,
                a_claim_stands_until_its_queue_is_claimed_again,
                a_lost_claim_changes_nothing,
                a_parked_entry_lets_its_queue_go_on,
                a_replayed_entry_comes_last_and_untried,
                parked_entries_are_replayed_in_batches,
                workers_never_share_a_queue,
                what_was_handled_long_ago_is_purged,
                what_was_parked_long_ago_is_purged,
                a_forgotten_contact_leaves_only_keys,
                an_entry_that_is_forgotten_while_it_is_held_is_passed_over,
                a_queue_that_was_emptied_and_never_given_back_goes_on,
                nothing_is_taken_of_whom_was_forgotten,
                the_entries_of_a_contact_are_found,
                a_forgotten_store_leaves_nothing,
                a_store_is_forgotten_in_batches,
                a_wait_ends,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}
