//! The conformance tests of a schedule of sweeps.

use std::time::Duration;

use super::{north, ok, south};
use crate::ports::{SweepClaim, Sweeps};

/// Generates one test per requirement of [`Sweeps`](crate::ports::Sweeps); see [`conformance`].
///
/// Some of the tests sleep for a second of real time.
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! sweeps_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            sweeps_conformance of sweeps,
            [
                a_store_is_due_when_it_is_scheduled,
                a_held_sweep_is_nobody_elses,
                a_lease_that_ended_gives_the_sweep_to_another,
                an_extended_lease_holds,
                a_settled_sweep_waits_for_its_time,
                the_longest_due_comes_first,
                a_hurried_sweep_is_due_in_time,
                a_sweep_that_is_hurried_while_it_runs_is_followed_by_another,
                a_forgotten_store_is_not_swept,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

const LEASE: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);
const LONGER_THAN_SHORT: Duration = Duration::from_millis(900);

async fn claimed(port: &dyn Sweeps, lease: Duration) -> SweepClaim {
    let claim = ok(port.claim(lease).await);
    assert!(claim.is_some(), "no sweep is due");
    claim.unwrap_or_else(|| SweepClaim { store: north(), fence: 0 })
}

/// A store is due as soon as it is scheduled; scheduling it again changes nothing.
pub async fn a_store_is_due_when_it_is_scheduled(port: &dyn Sweeps) {
    assert_eq!(ok(port.claim(LEASE).await), None, "nothing is scheduled");
    ok(port.schedule(&[north()]).await);
    let claim = claimed(port, LEASE).await;
    assert_eq!(claim.store, north());
    assert!(ok(port.settle(&claim, LEASE).await));
    ok(port.schedule(&[north()]).await);
    assert_eq!(ok(port.claim(LEASE).await), None, "it waits for its time");
}

/// Of two workers only one claims the sweep.
pub async fn a_held_sweep_is_nobody_elses(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    claimed(port, LEASE).await;
    assert_eq!(ok(port.claim(LEASE).await), None, "it is held");
}

/// After a lease expired another worker claims the sweep, and the previous claim changes nothing.
pub async fn a_lease_that_ended_gives_the_sweep_to_another(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    let old = claimed(port, SHORT).await;
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    let new = claimed(port, LEASE).await;
    assert!(new.fence > old.fence);
    assert!(!ok(port.extend(&old, LEASE).await), "it was lost");
    assert!(!ok(port.settle(&old, Duration::ZERO).await), "it was lost");
    assert_eq!(ok(port.claim(LEASE).await), None, "the new one stands");
    assert!(ok(port.settle(&new, LEASE).await));
}

/// An extended lease is valid from the time of the extension.
pub async fn an_extended_lease_holds(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    let claim = claimed(port, SHORT).await;
    assert!(ok(port.extend(&claim, LEASE).await));
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    assert_eq!(ok(port.claim(LEASE).await), None, "it is held longer");
}

/// A settled sweep is due after its delay, or at once, and is settled once.
pub async fn a_settled_sweep_waits_for_its_time(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    let claim = claimed(port, LEASE).await;
    assert!(ok(port.settle(&claim, SHORT).await));
    assert!(!ok(port.settle(&claim, Duration::ZERO).await), "it was settled");
    assert_eq!(ok(port.claim(LEASE).await), None, "not yet");
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    let claim = claimed(port, LEASE).await;
    assert!(ok(port.settle(&claim, Duration::ZERO).await));
    claimed(port, LEASE).await;
}

/// Of several due sweeps, the one that has been due for longest comes first.
pub async fn the_longest_due_comes_first(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    tokio::time::sleep(SHORT).await;
    ok(port.schedule(&[south()]).await);
    assert_eq!(claimed(port, LEASE).await.store, north());
    assert_eq!(claimed(port, LEASE).await.store, south());
}

/// A hurried sweep is due after the given time, or at its own if that is sooner; a store that is not
/// scheduled stays so.
pub async fn a_hurried_sweep_is_due_in_time(port: &dyn Sweeps) {
    ok(port.hurry(&south(), Duration::ZERO).await);
    assert_eq!(ok(port.claim(LEASE).await), None, "it is not scheduled");
    ok(port.schedule(&[north()]).await);
    ok(port.hurry(&north(), LEASE).await);
    let claim = claimed(port, LEASE).await;
    assert!(ok(port.settle(&claim, LEASE).await));
    ok(port.hurry(&north(), SHORT).await);
    ok(port.hurry(&north(), LEASE).await);
    assert_eq!(ok(port.claim(LEASE).await), None, "not yet");
    tokio::time::sleep(LONGER_THAN_SHORT).await;
    claimed(port, LEASE).await;
}

/// A sweep that is hurried while it runs stays claimed, and the next one is due in time; the one
/// after that has its own time again.
pub async fn a_sweep_that_is_hurried_while_it_runs_is_followed_by_another(port: &dyn Sweeps) {
    ok(port.schedule(&[north()]).await);
    let claim = claimed(port, LEASE).await;
    ok(port.hurry(&north(), Duration::ZERO).await);
    assert_eq!(ok(port.claim(LEASE).await), None, "it is held");
    assert!(ok(port.extend(&claim, LEASE).await));
    assert!(ok(port.settle(&claim, LEASE).await));
    let next = claimed(port, LEASE).await;
    assert!(ok(port.settle(&next, LEASE).await));
    assert_eq!(ok(port.claim(LEASE).await), None, "it waits for its time");
}

/// A forgotten store is not swept, and may be scheduled again.
pub async fn a_forgotten_store_is_not_swept(port: &dyn Sweeps) {
    ok(port.schedule(&[north(), south()]).await);
    ok(port.forget_store(&north()).await);
    assert_eq!(claimed(port, LEASE).await.store, south());
    assert_eq!(ok(port.claim(LEASE).await), None);
    ok(port.schedule(&[north()]).await);
    assert_eq!(claimed(port, LEASE).await.store, north());
}
