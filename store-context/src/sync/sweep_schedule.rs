//! The schedule of the sweeps of all stores, shared by all processes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::sweep::{SweepCursor, SweepStep, VerifyError};
use super::worker::ContactSync;
use crate::guard::{self, guarded};
use crate::ports::{PortResult, SweepClaim};
use crate::store_ids::StoreIds;
use crate::time::{SHORTEST, scaled};

/// The lease of a claim on a sweep; it is renewed while the store is swept.
const LEASE: Duration = Duration::from_mins(5);

/// How often a process looks for stores whose sweep is due.
const EVERY: Duration = Duration::from_mins(1);

/// How often unscheduled stores are looked for.
const SCHEDULE_EVERY: Duration = Duration::from_mins(10);

/// The delay after a failed sweep.
const AFTER_FAILURE: Duration = Duration::from_mins(30);

/// The time limit of a step: one call to Chatwoot that may wait for the rate limit, and a page of
/// the ports.
const STEP_LIMIT: Duration = Duration::from_mins(4);

impl ContactSync {
    /// Sweeps every store once per `every`, one after another, until `shutdown` completes; see
    /// [`ContactSync::sweep`]. An interrupted sweep starts from the beginning.
    ///
    /// Each process sweeps one store at a time, with at most
    /// [`SyncConfig::sweep_calls_per_minute`](super::SyncConfig::sweep_calls_per_minute) calls per
    /// minute; [`Sweeps`](crate::ports::Sweeps) distributes the stores among the processes.
    pub async fn sweep_until(&self, every: Duration, shutdown: impl Future<Output = ()> + Send) {
        let every = every.max(SHORTEST);
        let mut held = None;
        tokio::select! {
            biased;
            () = shutdown => {}
            () = self.sweep_all(every, &mut held) => {}
        }
        if let Some(claim) = held {
            self.end_sweep(&claim, Duration::ZERO).await;
        }
    }

    async fn sweep_all(&self, every: Duration, held: &mut Option<SweepClaim>) {
        let mut scheduled: Option<Instant> = None;
        loop {
            if scheduled.is_none_or(|at| at.elapsed() >= SCHEDULE_EVERY) {
                match self.schedule_sweeps().await {
                    Ok(()) => scheduled = Some(Instant::now()),
                    Err(error) => tracing::error!(%error, "the sweeps could not be scheduled"),
                }
            }
            match guard::port("sweeps", self.ports.sweeps.claim(LEASE)).await {
                Ok(Some(claim)) => {
                    *held = Some(claim.clone());
                    let next = self.sweep_claimed(&claim, every).await;
                    *held = None;
                    self.end_sweep(&claim, next).await;
                }
                Ok(None) => sleep(EVERY).await,
                Err(error) => {
                    tracing::error!(%error, "no sweep could be claimed; trying again");
                    sleep(EVERY).await;
                }
            }
        }
    }

    async fn schedule_sweeps(&self) -> PortResult<()> {
        let mut stores = StoreIds::new(&*self.ports.stores);
        while let Some(ids) = stores.next().await? {
            guard::port("sweeps", self.ports.sweeps.schedule(&ids)).await?;
        }
        Ok(())
    }

    /// Sweeps a store, and returns the delay before its next sweep.
    async fn sweep_claimed(&self, claim: &SweepClaim, every: Duration) -> Duration {
        let store = &claim.store;
        let pace = Duration::from_mins(1) / self.config.sweep_calls_per_minute.max(1);
        let mut cursor = SweepCursor::default();
        let mut renewed = Instant::now();
        loop {
            let step = guarded(STEP_LIMIT, self.sweep_step(store, cursor)).await;
            if matches!(&step, Ok(Err(VerifyError::Account(error))) if error.is_inactive()) {
                return AFTER_FAILURE.min(every);
            }
            let step = step.map_err(|cut| format!("the step {cut}"));
            match step.and_then(|step| step.map_err(|error| error.to_string())) {
                Ok(SweepStep { next: Some(next), calls, .. }) => {
                    cursor = next;
                    sleep(pace * calls).await;
                }
                // Up to a tenth more or less, so that stores that started together spread out.
                Ok(_) => return scaled(every, 0.9 + fastrand::f64() / 5.0),
                Err(error) => {
                    tracing::warn!(%store, error, "a sweep was cut short; it begins again later");
                    return AFTER_FAILURE.min(every);
                }
            }
            if renewed.elapsed() >= LEASE / 5 {
                renewed = Instant::now();
                match guard::port("sweeps", self.ports.sweeps.extend(claim, LEASE)).await {
                    Ok(true) => {}
                    // Another process sweeps the store: settling changes nothing.
                    Ok(false) => return every,
                    Err(error) => tracing::warn!(%error, %store, "a sweep could not be renewed"),
                }
            }
        }
    }

    async fn end_sweep(&self, claim: &SweepClaim, next: Duration) {
        if let Err(error) = guard::port("sweeps", self.ports.sweeps.settle(claim, next)).await {
            tracing::warn!(%error, store = %claim.store, "a sweep's end was not noted");
        }
    }
}
