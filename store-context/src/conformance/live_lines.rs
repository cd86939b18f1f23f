//! The conformance tests of the claims of lines.

use std::time::Duration;

use super::{LEASE, MOMENT, moment, north, ok, only, south};
use crate::model::StoreId;
use crate::ports::{LineClaim, LiveLines};

/// Generates one test per requirement of [`LiveLines`](crate::ports::LiveLines); see
/// [`conformance`].
///
/// Some of the tests sleep for a second of real time.
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! live_lines_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            live_lines_conformance of live_lines,
            [
                a_scheduled_line_is_claimed_once,
                a_claim_takes_no_more_than_its_limit,
                who_waited_for_longest_comes_first,
                a_lease_that_ended_gives_the_line_to_another,
                an_extended_line_is_held_longer,
                a_claim_stays_valid_until_another_is_made,
                a_released_line_waits_for_its_time,
                a_lost_line_changes_nothing,
                a_forgotten_store_has_no_line,
                concurrent_claims_are_disjoint,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// A line may be claimed as soon as it is scheduled; scheduling it again changes nothing.
pub async fn a_scheduled_line_is_claimed_once(port: &dyn LiveLines) {
    assert_eq!(claim(port).await, [], "nothing is scheduled");
    ok(port.schedule(&[]).await);
    ok(port.schedule(&[south(), north()]).await);
    let mut claims = claim(port).await;
    claims.sort_by(|a, b| a.store.cmp(&b.store));
    assert_eq!(stores(&claims), [north(), south()]);
    assert_eq!(claim(port).await, [], "they are held");
    ok(port.schedule(&[north()]).await);
    assert_eq!(claim(port).await, [], "it is held");
    assert_eq!(ok(port.extend(&claims, LEASE).await), [true, true]);
}

/// A claim respects its limit.
pub async fn a_claim_takes_no_more_than_its_limit(port: &dyn LiveLines) {
    ok(port.schedule(&[north(), south()]).await);
    assert_eq!(ok(port.claim(0, LEASE).await), [], "a limit of 0");
    let one = only(ok(port.claim(1, LEASE).await), "one line");
    let other = only(ok(port.claim(1, LEASE).await), "the other line");
    assert_ne!(one.store, other.store);
}

/// If there are more lines than the limit, those that nobody held for longest are claimed.
pub async fn who_waited_for_longest_comes_first(port: &dyn LiveLines) {
    ok(port.schedule(&[south()]).await);
    moment().await;
    ok(port.schedule(&[north()]).await);
    let first = only(ok(port.claim(1, LEASE).await), "one line");
    assert_eq!(first.store, south());
    ok(port.release(&[first], Duration::ZERO).await);
    assert_eq!(only(ok(port.claim(1, LEASE).await), "one line").store, north());
}

/// After a lease expired another process claims the line, and the previous claim is lost.
pub async fn a_lease_that_ended_gives_the_line_to_another(port: &dyn LiveLines) {
    ok(port.schedule(&[north()]).await);
    let old = only(ok(port.claim(9, MOMENT).await), "one line");
    assert_eq!(claim(port).await, [], "the lease holds");
    moment().await;
    let new = only(claim(port).await, "a line whose lease has ended");
    assert!(new.fence > old.fence, "fences rise");
    assert_eq!(ok(port.extend(&[old, new], LEASE).await), [false, true]);
}

/// An extended line is held for the lease from then on.
pub async fn an_extended_line_is_held_longer(port: &dyn LiveLines) {
    ok(port.schedule(&[north()]).await);
    let line = only(ok(port.claim(9, MOMENT).await), "one line");
    assert_eq!(ok(port.extend(&[line], LEASE).await), [true]);
    assert_eq!(ok(port.extend(&[], LEASE).await), [] as [bool; 0]);
    moment().await;
    assert_eq!(claim(port).await, [], "the lease holds");
}

/// A claim whose lease has expired can be extended as long as nobody else claimed the line.
pub async fn a_claim_stays_valid_until_another_is_made(port: &dyn LiveLines) {
    ok(port.schedule(&[north()]).await);
    let line = only(ok(port.claim(9, MOMENT).await), "one line");
    moment().await;
    assert_eq!(ok(port.extend(&[line], LEASE).await), [true]);
    assert_eq!(claim(port).await, [], "it is held again");
}

/// A released line may be claimed again after its delay, or at once.
pub async fn a_released_line_waits_for_its_time(port: &dyn LiveLines) {
    ok(port.schedule(&[north(), south()]).await);
    let lines = claim(port).await;
    ok(port.release(&lines, MOMENT).await);
    assert_eq!(claim(port).await, [], "not yet");
    assert_eq!(ok(port.extend(&lines, LEASE).await), [false, false], "they were released");
    moment().await;
    let lines = claim(port).await;
    assert_eq!(lines.len(), 2, "their time has come");
    ok(port.release(&lines, Duration::ZERO).await);
    assert_eq!(claim(port).await.len(), 2, "at once");
}

/// A process with a lost claim can change nothing.
pub async fn a_lost_line_changes_nothing(port: &dyn LiveLines) {
    ok(port.schedule(&[north()]).await);
    let lost = only(ok(port.claim(9, MOMENT).await), "one line");
    moment().await;
    let held = only(claim(port).await, "a line whose lease has ended");
    assert_eq!(ok(port.extend(std::slice::from_ref(&lost), LEASE).await), [false]);
    ok(port.release(&[lost], Duration::ZERO).await);
    assert_eq!(claim(port).await, [], "a lost claim frees nothing");
    assert_eq!(ok(port.extend(&[held], LEASE).await), [true]);
}

/// A forgotten store has no line, its claim is lost, and it may be scheduled again.
pub async fn a_forgotten_store_has_no_line(port: &dyn LiveLines) {
    ok(port.schedule(&[north(), south()]).await);
    let lines = claim(port).await;
    ok(port.forget_store(&north()).await);
    let valid = ok(port.extend(&lines, LEASE).await);
    let valid: Vec<_> = lines.iter().zip(valid).filter(|(_, valid)| *valid).collect();
    assert_eq!(valid.len(), 1, "one is lost");
    assert_eq!(valid[0].0.store, south());
    ok(port.release(&lines, LEASE).await);
    assert_eq!(claim(port).await, [], "no line");
    ok(port.schedule(&[north()]).await);
    let again = only(claim(port).await, "a line");
    assert!(lines.iter().all(|line| line.fence < again.fence), "fences rise");
    let old: Vec<LineClaim> = lines.into_iter().filter(|it| it.store == north()).collect();
    assert_eq!(ok(port.extend(&old, LEASE).await), [false], "it was lost");
}

/// Processes that claim at the same time get different lines.
pub async fn concurrent_claims_are_disjoint(port: &dyn LiveLines) {
    ok(port.schedule(&[north(), south()]).await);
    let (one, two, three) =
        tokio::join!(port.claim(1, LEASE), port.claim(1, LEASE), port.claim(1, LEASE));
    let mut claims = [ok(one), ok(two), ok(three)].concat();
    // A storage may let a claim pass over what another one is just about to claim.
    claims.extend(claim(port).await);
    claims.sort_by(|a, b| a.store.cmp(&b.store));
    assert_eq!(stores(&claims), [north(), south()]);
}

async fn claim(port: &dyn LiveLines) -> Vec<LineClaim> {
    ok(port.claim(9, LEASE).await)
}

fn stores(claims: &[LineClaim]) -> Vec<StoreId> {
    claims.iter().map(|claim| claim.store.clone()).collect()
}
