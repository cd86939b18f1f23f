//! What follows from a failed sync, for the customer and for the store.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Blame, SyncError};
use super::report::{Done, Outcome};
use super::worker::{ContactSync, Finished};
use crate::backoff::retry_after;
use crate::guard::{self, lock};
use crate::model::StoreId;
use crate::ports::{Priority, Settlement, SyncClaim};
use crate::time::scaled;

/// The number of consecutive ambiguous failures after which the store's Chatwoot is taken as the
/// cause.
const STORE_FAILURES: u32 = 5;

/// How long after a successful sync a failing port is held against the customer.
const WORKED_LATELY: Duration = Duration::from_mins(1);

/// The delay, on average, before a customer is tried again whose sync failed by a port that is down.
const PORT_IS_DOWN: Duration = Duration::from_secs(15);

/// How long the failures of a store are remembered.
const REMEMBERED: Duration = Duration::from_hours(1);

/// The failures of the stores in this process.
#[derive(Debug, Default)]
pub(super) struct Failures {
    stores: Mutex<BTreeMap<StoreId, StoreFailures>>,
    /// Held while a store is being paused, so that what failed together with it waits until the
    /// ledger knows of the pause.
    pausing: tokio::sync::Mutex<()>,
    /// When a customer was last synced, so that the host's ports worked.
    worked: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct StoreFailures {
    /// The number of consecutive failures that may be caused by a customer or by the store's
    /// Chatwoot.
    in_a_row: u32,
    /// When the store was last paused.
    paused: Option<Instant>,
    last: Instant,
}

impl Failures {
    /// Notes that a customer was synced.
    pub(super) fn worked(&self) {
        *lock(&self.worked) = Some(Instant::now());
    }

    fn worked_lately(&self) -> bool {
        lock(&self.worked).is_some_and(|worked| worked.elapsed() < WORKED_LATELY)
    }

    /// Notes that a store's Chatwoot responded.
    fn store_works(&self, store: &StoreId) {
        if let Some(failures) = lock(&self.stores).get_mut(store) {
            failures.in_a_row = 0;
        }
    }

    /// Changes a store's failures. Those of stores that have not failed lately are forgotten.
    fn note<T>(&self, store: &StoreId, change: impl FnOnce(&mut StoreFailures) -> T) -> T {
        let now = Instant::now();
        let mut stores = lock(&self.stores);
        if !stores.contains_key(store) {
            stores.retain(|_, failures| now.duration_since(failures.last) < REMEMBERED);
        }
        let new = StoreFailures { in_a_row: 0, paused: None, last: now };
        let failures = stores.entry(store.clone()).or_insert(new);
        failures.last = now;
        change(failures)
    }

    /// Counts an ambiguous failure; returns how many there were in a row.
    fn count(&self, store: &StoreId) -> u32 {
        self.note(store, |failures| {
            failures.in_a_row = failures.in_a_row.saturating_add(1);
            failures.in_a_row
        })
    }

    /// Returns whether the store was paused after this time.
    fn paused_since(&self, store: &StoreId, began: Instant) -> bool {
        let paused = lock(&self.stores).get(store).and_then(|failures| failures.paused);
        paused.is_some_and(|paused| paused >= began)
    }
}

impl ContactSync {
    /// Notes that a store's Chatwoot responded; ends the store's pause if the claim was its probe.
    pub(super) async fn store_works(&self, claim: &SyncClaim) {
        self.failures.store_works(&claim.store);
        if claim.pauses > 0 {
            let resumed = self.ports.sync.resume(&claim.store);
            match self.in_time("sync ledger", resumed).await {
                Ok(()) => {
                    guard::observe(&*self.ports.observer, |to| to.store_resumed(&claim.store));
                }
                Err(error) => {
                    tracing::warn!(%error, store = %claim.store, "a store's pause was not ended");
                }
            }
        }
    }

    /// Decides what follows from a failed sync that began at this time, for the customer and for
    /// the store.
    pub(super) async fn failed(
        &self,
        claim: SyncClaim,
        error: SyncError,
        began: Instant,
    ) -> Finished {
        let text = error.to_string();
        let quiet = error.settles_in();
        if error.is_inactive() {
            let done = Done::new(Settlement::Returned { quiet }, Outcome::Returned);
            return Finished { claim, done, error: Some(text) };
        }
        let blame = match error.blame() {
            Blame::Perhaps => {
                // One failed probe pauses the store again.
                let store = self.failures.count(&claim.store) >= STORE_FAILURES || claim.pauses > 0;
                if store { Blame::Store } else { Blame::Customer }
            }
            // Live calls took the whole limit for as long as a call waits, which is no fault of the
            // store's.
            Blame::Store if claim.priority == Priority::Bulk && error.was_held_back() => {
                Blame::Nobody
            }
            // While no customer is synced the port is down, which is no customer's fault.
            Blame::Customer if error.is_of_a_port() && !self.failures.worked_lately() => {
                let quiet = scaled(PORT_IS_DOWN, 0.5 + fastrand::f64()).max(quiet);
                let done = Done::new(Settlement::Returned { quiet }, Outcome::Returned);
                tracing::warn!(error = %text, store = %claim.store, "a port of the host failed");
                return Finished { claim, done, error: Some(text) };
            }
            blame => blame,
        };
        let done = match blame {
            Blame::Nobody => {
                // The worker that holds the other row finishes soon.
                let wait = scaled(Duration::from_millis(200), 0.5 + fastrand::f64());
                Done::new(Settlement::Returned { quiet: quiet.max(wait) }, Outcome::Returned)
            }
            Blame::Store => {
                self.pause(&claim, &text, began).await;
                // If the customer may be the cause, the failure counts, so that one customer alone
                // does not block a store for ever.
                if error.blame() == Blame::Perhaps {
                    self.retry_or_park(&claim, quiet, &text)
                } else {
                    Done::new(Settlement::Returned { quiet }, Outcome::Returned)
                }
            }
            Blame::Customer | Blame::Perhaps => self.retry_or_park(&claim, quiet, &text),
        };
        let (store, customer, outcome) = (&claim.store, &claim.customer, done.outcome);
        tracing::warn!(error = %text, %store, %customer, tries = claim.tries + 1, ?outcome,
            "the sync failed");
        Finished { claim, done, error: Some(text) }
    }

    fn retry_or_park(&self, claim: &SyncClaim, quiet: Duration, error: &str) -> Done {
        let error = error.to_owned();
        if claim.tries + 1 >= self.config.tries {
            return Done::new(Settlement::Parked { quiet, error }, Outcome::Parked);
        }
        let after = retry_after(claim.tries).max(quiet);
        Done::new(Settlement::Retry { after, quiet, error }, Outcome::Failed)
    }

    /// Pauses a store, longer after each consecutive failure. What began before the last pause says
    /// nothing new: a burst of failures is one pause.
    async fn pause(&self, claim: &SyncClaim, reason: &str, began: Instant) {
        const FIRST: Duration = Duration::from_secs(5);
        const LONGEST: Duration = Duration::from_mins(10);
        let _one_at_a_time = self.failures.pausing.lock().await;
        if self.failures.paused_since(&claim.store, began) {
            return;
        }
        let longest = FIRST.saturating_mul(2_u32.saturating_pow(claim.pauses)).min(LONGEST);
        let pause = scaled(longest, 0.5 + fastrand::f64() / 2.0);
        tracing::warn!(store = %claim.store, reason, ?pause, "a store's sync is paused");
        let paused = self.ports.sync.pause(&claim.store, pause, reason);
        match self.in_time("sync ledger", paused).await {
            Ok(()) => {
                self.failures.note(&claim.store, |store| store.paused = Some(Instant::now()));
                guard::observe(&*self.ports.observer, |to| {
                    to.store_paused(&claim.store, pause, reason);
                });
            }
            Err(error) => {
                tracing::warn!(%error, store = %claim.store, "a store could not be paused");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stores that left the host are not kept for ever.
    #[tokio::test(start_paused = true)]
    async fn failures_of_long_ago_are_forgotten() {
        let failures = Failures::default();
        let store = |n: u32| StoreId::new(format!("s{n}")).unwrap();
        for n in 0..1_000 {
            assert_eq!(failures.count(&store(n)), 1);
            tokio::time::advance(Duration::from_mins(1)).await;
        }
        assert!(lock(&failures.stores).len() <= 61, "{}", lock(&failures.stores).len());
        assert_eq!(failures.count(&store(999)), 2, "what failed lately is known");
        failures.store_works(&store(999));
        assert_eq!(failures.count(&store(999)), 1, "it worked in between");
    }
}
