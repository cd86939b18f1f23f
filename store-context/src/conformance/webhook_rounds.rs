//! The conformance tests of a webhook ledger's schedule of rounds.

use std::time::Duration;

use chatwoot_client::types::Extra;

use super::{LEASE, MOMENT, account, at, moment, north, ok, only, other_account, south};
use crate::model::SupportEvent;
use crate::ports::{EntrySource, NewEntry, RoundClaim, RoundOutcome, Unread, WebhookLedger};

/// Generates one test per requirement of the schedule of
/// [`WebhookLedger`](crate::ports::WebhookLedger); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! webhook_rounds_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            webhook_rounds_conformance of webhook_rounds,
            [
                a_store_that_is_not_scheduled_has_no_round,
                a_scheduled_store_has_a_round_at_once,
                a_store_is_scheduled_once,
                a_claim_of_rounds_takes_no_more_than_its_limit,
                a_claimed_round_is_held,
                one_stores_round_is_claimed_before_it_is_due,
                a_finished_round_is_followed_by_one_that_looks_from_it,
                a_failed_round_is_followed_by_one_that_looks_from_the_same_time,
                a_released_round_is_due_as_it_was,
                a_round_can_be_claimed_again_when_its_lease_ends,
                an_extended_round_is_held_longer,
                a_skipped_round_counts_no_failure,
                a_lost_round_changes_nothing,
                a_webhook_brings_the_next_round_forward,
                a_webhook_brings_no_failed_round_forward,
                a_hurried_round_is_due_now,
                a_round_that_is_hurried_while_it_runs_is_followed_by_another,
                a_forgotten_store_has_no_round,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// Only scheduled stores have rounds; webhooks and `hurry` schedule none.
pub async fn a_store_that_is_not_scheduled_has_no_round(port: &dyn WebhookLedger) {
    webhook(port, "a").await;
    ok(port.hurry(&north()).await);
    assert_eq!(claim(port).await, []);
}

/// The first round of a store is due at once and checks from when it was scheduled.
pub async fn a_scheduled_store_has_a_round_at_once(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    moment().await;
    let round = only(claim(port).await, "one round");
    assert_eq!((round.store, round.account, round.unread), (north(), None, Vec::new()));
    assert_eq!((round.failures, round.quiet_for), (0, None));
    assert!(round.age >= MOMENT && round.age < LEASE, "it looks from then: {:?}", round.age);
}

/// A store that is scheduled again keeps its round.
pub async fn a_store_is_scheduled_once(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    finish(port, &only(claim(port).await, "one round"), LEASE).await;
    ok(port.schedule(&[north()]).await);
    assert_eq!(claim(port).await, [], "it is not due");
}

/// A claim of rounds respects its limit, and returns the longest due first.
pub async fn a_claim_of_rounds_takes_no_more_than_its_limit(port: &dyn WebhookLedger) {
    ok(port.schedule(&[south()]).await);
    moment().await;
    ok(port.schedule(&[north()]).await);
    assert_eq!(ok(port.claim_rounds(0, LEASE).await), [], "a limit of 0");
    for store in [south(), north()] {
        let round = only(ok(port.claim_rounds(1, LEASE).await), "one round");
        assert_eq!(round.store, store, "the longest due first");
    }
}

/// A claimed round is given to no other worker.
pub async fn a_claimed_round_is_held(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    assert_eq!(claim(port).await.len(), 1, "it is due");
    assert_eq!(claim(port).await, [], "it is held");
}

/// One store's round can be claimed whether or not it is due, unless it is claimed already.
pub async fn one_stores_round_is_claimed_before_it_is_due(port: &dyn WebhookLedger) {
    assert_eq!(ok(port.claim_round(&north(), LEASE).await), None, "it is not scheduled");
    ok(port.schedule(&[north(), south()]).await);
    let round = ok(port.claim_round(&north(), MOMENT).await);
    let round = only(round.into_iter().collect(), "it is due");
    assert_eq!(ok(port.claim_round(&north(), LEASE).await), None, "it is held");
    moment().await;
    let again = ok(port.claim_round(&north(), LEASE).await);
    let again = only(again.into_iter().collect(), "its lease has ended");
    assert!(again.fence > round.fence, "fences rise");
    finish(port, &again, LEASE).await;
    let early = ok(port.claim_round(&north(), LEASE).await);
    assert_eq!(only(early.into_iter().collect(), "it is not due").store, north());
}

/// The round after a finished one is due when that requested, and checks from when that began.
pub async fn a_finished_round_is_followed_by_one_that_looks_from_it(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let first = only(claim(port).await, "one round");
    moment().await;
    let unread = vec![Unread { conversation: 7.into(), from: at(3) }];
    let finished = RoundOutcome::Finished {
        account: other_account(),
        began_ago: MOMENT / 2,
        unread: unread.clone(),
        next: MOMENT,
        after_webhook: MOMENT,
    };
    assert!(ok(port.settle_round(&first, finished).await), "the claim stands");
    assert_eq!(claim(port).await, [], "it is not due");
    moment().await;
    let second = only(claim(port).await, "it is due");
    assert!(second.since > first.since, "it looks from a later time");
    assert!(second.age >= MOMENT && second.age < LEASE, "{:?}", second.age);
    assert_eq!((&second.account, &second.unread), (&Some(other_account()), &unread));
    assert!(second.fence > first.fence, "fences rise");
    finish(port, &second, Duration::ZERO).await;
    assert_eq!(only(claim(port).await, "one round").unread, [], "all was read");
}

/// The round after a failed one checks from the same time, and failures are counted until one
/// finishes.
pub async fn a_failed_round_is_followed_by_one_that_looks_from_the_same_time(
    port: &dyn WebhookLedger,
) {
    ok(port.schedule(&[north()]).await);
    let mut round = only(claim(port).await, "one round");
    let since = round.since;
    for failures in 1..=2 {
        fail(port, &round, MOMENT).await;
        assert_eq!(claim(port).await, [], "it is not due");
        moment().await;
        round = only(claim(port).await, "it is due");
        assert_eq!((round.failures, round.since), (failures, since));
    }
    finish(port, &round, Duration::ZERO).await;
    assert_eq!(only(claim(port).await, "one round").failures, 0, "one was finished");
}

/// A released round is due at once and unchanged.
pub async fn a_released_round_is_due_as_it_was(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let first = only(claim(port).await, "one round");
    assert!(ok(port.release_round(&first).await), "the claim stands");
    assert!(!ok(port.release_round(&first).await), "it was given back");
    let second = only(claim(port).await, "it is due");
    assert_eq!((second.failures, second.since), (0, first.since));
}

/// A round whose lease has expired is claimed by the next worker.
pub async fn a_round_can_be_claimed_again_when_its_lease_ends(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let first = only(ok(port.claim_rounds(9, MOMENT).await), "one round");
    assert_eq!(claim(port).await, [], "the lease holds");
    moment().await;
    let second = only(claim(port).await, "a round whose lease has ended");
    assert!(second.fence > first.fence, "fences rise");
}

/// An extended round is claimed for the lease from then on.
pub async fn an_extended_round_is_held_longer(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let round = only(ok(port.claim_rounds(9, MOMENT).await), "one round");
    assert!(ok(port.extend_round(&round, LEASE).await), "the claim stands");
    moment().await;
    assert_eq!(claim(port).await, [], "the lease holds");
}

/// A skipped round is due again after its delay or when it is hurried, checks from the same time,
/// counts no failure, and is not moved forward by webhooks.
pub async fn a_skipped_round_counts_no_failure(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    finish(port, &only(claim(port).await, "one round"), Duration::ZERO).await;
    let first = only(claim(port).await, "the next round");
    fail(port, &first, Duration::ZERO).await;
    let second = only(claim(port).await, "a round that failed");
    assert!(ok(port.settle_round(&second, RoundOutcome::Skipped { next: LEASE }).await));
    assert_eq!(claim(port).await, [], "it is not due");
    webhook(port, "a").await;
    moment().await;
    assert_eq!(claim(port).await, [], "no webhook moves it forward");
    ok(port.hurry(&north()).await);
    let third = only(claim(port).await, "a hurried round");
    assert_eq!((third.failures, third.since), (1, first.since), "as if nothing had been");
    assert!(!ok(port.settle_round(&second, RoundOutcome::Skipped { next: LEASE }).await));
}

/// A worker with a lost round can change nothing.
pub async fn a_lost_round_changes_nothing(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let lost = only(ok(port.claim_rounds(9, MOMENT).await), "one round");
    moment().await;
    let held = only(claim(port).await, "a round whose lease has ended");
    assert!(!ok(port.extend_round(&lost, LEASE).await), "a lost claim is not extended");
    assert!(!ok(port.release_round(&lost).await), "a lost claim releases nothing");
    let failed = RoundOutcome::Failed { retry: Duration::ZERO, error: "no".to_owned() };
    assert!(!ok(port.settle_round(&lost, failed).await), "a lost claim settles nothing");
    let finished = finished(Duration::ZERO);
    assert!(!ok(port.settle_round(&lost, finished).await), "a lost claim settles nothing");
    assert_eq!(claim(port).await, [], "a lost claim frees nothing");
    finish(port, &held, LEASE).await;
}

/// A webhook moves the round forward as the last finished one requested, and is the store's last
/// webhook.
pub async fn a_webhook_brings_the_next_round_forward(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    finish(port, &only(claim(port).await, "one round"), LEASE).await;
    let reconciled = NewEntry { source: EntrySource::Reconciler, ..entry("found") };
    ok(port.take(&north(), &account(), &[reconciled]).await);
    moment().await;
    assert_eq!(claim(port).await, [], "what the reconciler finds does not");
    let last = async || ok(port.counts(Some(&north())).await).last_webhook_at;
    assert_eq!(last().await, None, "it is no webhook");
    webhook(port, "a").await;
    assert_eq!(claim(port).await, [], "it is not due yet");
    assert!(last().await.is_some(), "it is counted");
    moment().await;
    let round = only(claim(port).await, "it is due");
    let quiet = round.quiet_for.unwrap_or_default();
    assert!(quiet >= MOMENT / 2 && quiet < LEASE, "{quiet:?}");
    webhook(port, "b").await;
    finish(port, &round, LEASE).await;
    moment().await;
    assert_eq!(claim(port).await.len(), 1, "one that comes while a round runs, the next");
}

/// A webhook does not move the round after a failure forward.
pub async fn a_webhook_brings_no_failed_round_forward(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    finish(port, &only(claim(port).await, "one round"), Duration::ZERO).await;
    fail(port, &only(claim(port).await, "one round"), LEASE).await;
    webhook(port, "a").await;
    moment().await;
    assert_eq!(claim(port).await, [], "it waits");
}

/// A hurried round is due now, even after a failure.
pub async fn a_hurried_round_is_due_now(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    fail(port, &only(claim(port).await, "one round"), LEASE).await;
    ok(port.hurry(&north()).await);
    assert_eq!(claim(port).await.len(), 1, "it is due");
}

/// A round that is hurried while it runs is followed by another at once.
pub async fn a_round_that_is_hurried_while_it_runs_is_followed_by_another(
    port: &dyn WebhookLedger,
) {
    ok(port.schedule(&[north()]).await);
    let round = only(claim(port).await, "one round");
    ok(port.hurry(&north()).await);
    assert_eq!(claim(port).await, [], "it is held");
    finish(port, &round, LEASE).await;
    let next = only(claim(port).await, "the next is due");
    finish(port, &next, LEASE).await;
    assert_eq!(claim(port).await, [], "and no other");
}

/// A forgotten store has no round, and its claim is lost.
pub async fn a_forgotten_store_has_no_round(port: &dyn WebhookLedger) {
    ok(port.schedule(&[north()]).await);
    let round = only(claim(port).await, "one round");
    ok(port.forget_store(&north(), 10).await);
    assert!(!ok(port.release_round(&round).await), "the claim is lost");
    assert_eq!(claim(port).await, [], "no round");
}

async fn claim(port: &dyn WebhookLedger) -> Vec<RoundClaim> {
    ok(port.claim_rounds(9, LEASE).await)
}

async fn finish(port: &dyn WebhookLedger, round: &RoundClaim, next: Duration) {
    assert!(ok(port.settle_round(round, finished(next)).await), "the claim stands: {round:?}");
}

fn finished(next: Duration) -> RoundOutcome {
    RoundOutcome::Finished {
        account: account(),
        began_ago: Duration::ZERO,
        unread: Vec::new(),
        next,
        after_webhook: MOMENT / 2,
    }
}

async fn fail(port: &dyn WebhookLedger, round: &RoundClaim, retry: Duration) {
    let failed = RoundOutcome::Failed { retry, error: "no".to_owned() };
    assert!(ok(port.settle_round(round, failed).await), "the claim stands: {round:?}");
}

async fn webhook(port: &dyn WebhookLedger, key: &str) {
    ok(port.take(&north(), &account(), &[entry(key)]).await);
}

fn entry(key: &str) -> NewEntry {
    NewEntry {
        key: key.to_owned(),
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event: SupportEvent::Other { name: "e".to_owned(), body: Extra::new() },
        changed: Vec::new(),
        source: EntrySource::Webhook,
    }
}
