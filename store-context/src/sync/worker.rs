//! The worker: claims customers, as many as it has room for, syncs them side by side, settles them.

use std::collections::BTreeMap;
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::config::SyncConfig;
use super::error::{Blame, SERVER_TIME, SyncError};
use super::report::{Done, Outcome, Synced};
use crate::accounts::Accounts;
use crate::backoff::retry_after;
use crate::context::ContextService;
use crate::guard::{self, Cut, guarded};
use crate::model::{CustomerId, StoreId};
use crate::ports::{
    ClaimRequest, Cursor, CustomerPage, Doubt, Hold, PortError, PortFailure, PortResult, Ports,
    Priority, Settlement, SyncClaim, SyncReport,
};

/// Syncs customers to contacts. Any number of them may run on one ledger; clones are the same one.
#[derive(Clone, Debug)]
pub struct ContactSync {
    pub(super) accounts: Accounts,
    pub(super) ports: Ports,
    pub(super) config: SyncConfig,
    context: Option<ContextService>,
    /// How often in a row each store's Chatwoot failed in a way that may be a customer's fault.
    failures: Arc<Mutex<BTreeMap<StoreId, u32>>>,
    /// The second row of each claim that needs one, until it is given back: whoever is cut off leaves
    /// it here.
    beside: Arc<Mutex<BTreeMap<RowKey, SyncClaim>>>,
}

/// A row of the ledger. A fence grows by row, so that two rows may have the same one.
type RowKey = (StoreId, CustomerId);

fn key(claim: &SyncClaim) -> RowKey {
    (claim.store.clone(), claim.customer.clone())
}

/// After so many failures in a row that may be a customer's fault, it is the store's Chatwoot.
const STORE_FAILURES: u32 = 5;

/// A customer who was synced, before the claim is settled.
struct Finished {
    claim: SyncClaim,
    done: Done,
    error: Option<String>,
}

/// How a batch was settled: which of the claims stood.
type Settled = (Vec<Finished>, PortResult<Vec<bool>>);

impl ContactSync {
    /// Creates a sync between the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: SyncConfig) -> Self {
        let (failures, beside) = (Arc::default(), Arc::default());
        Self { accounts, ports, config, context: None, failures, beside }
    }

    /// Also forgets a customer's cached snapshot when a change is wanted.
    pub fn refreshing(mut self, context: ContextService) -> Self {
        self.context = Some(context);
        self
    }

    /// Wants the customer synced: call it after any change of the customer, the orders or the
    /// cart, as often as you like.
    ///
    /// # Errors
    /// The ledger failed: the change is not noted.
    pub async fn want(&self, store: &StoreId, customer: &CustomerId) -> Result<(), PortFailure> {
        self.forget_context(store, customer).await;
        self.ports.sync.want(store, std::slice::from_ref(customer), Priority::Live).await?;
        Ok(())
    }

    /// Wants every customer of the store synced, as bulk work that live changes go before. Returns
    /// how many. Customers who changed and whose contact is in doubt are written; the others cost
    /// no call of Chatwoot.
    ///
    /// # Errors
    /// A port failed; what was noted until then stays.
    pub async fn want_all(&self, store: &StoreId) -> Result<u64, PortFailure> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.page(store, after.as_ref()).await?;
            self.ports.sync.want(store, &page.ids, Priority::Bulk).await?;
            count += page.ids.len() as u64;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// Wants every customer of the store written, whatever was written before: nothing that was
    /// confirmed is trusted. One call a customer.
    ///
    /// # Errors
    /// As for [`ContactSync::want_all`].
    pub async fn rewrite_all(&self, store: &StoreId) -> Result<u64, PortFailure> {
        self.ports.sync.doubt_all(store, Doubt::Write).await?;
        self.want_all(store).await
    }

    pub(super) async fn forget_context(&self, store: &StoreId, customer: &CustomerId) {
        if let Some(context) = &self.context {
            context.forget(store, customer).await;
        }
    }

    /// The next of the store's customers.
    pub(super) async fn page(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
    ) -> PortResult<CustomerPage> {
        const PAGE: usize = 1_000;
        let page = self.in_time("customers", self.ports.customers.customer_ids(store, after, PAGE));
        let page = page.await?;
        if page.next.is_some() && page.next.as_ref() == after {
            let text = "`customer_ids` answers the cursor that it was asked with";
            return Err(PortError::new("customers", text));
        }
        Ok(page)
    }

    /// Syncs what is due now, at most [`SyncConfig::batch`] customers; empty when nothing was due.
    ///
    /// # Errors
    /// The ledger failed; what was claimed is due again when its lease ends.
    pub async fn run_once(&self) -> Result<Vec<Synced>, PortFailure> {
        let mut all = Vec::new();
        self.drive(pending(), Some(self.config.batch), |synced| all.push(synced)).await?;
        Ok(all)
    }

    /// Syncs for as long as the future is polled. To stop without leaving customers claimed, use
    /// [`ContactSync::run_until`].
    pub async fn run(&self) {
        self.run_until(pending()).await;
    }

    /// Syncs until `stop` is ready, then claims nothing more, waits for what is under way for
    /// [`SyncConfig::drain`], and gives the rest back.
    ///
    /// ```
    /// # use store_context::sync::ContactSync;
    /// # async fn example(sync: ContactSync, stopped: tokio::sync::oneshot::Receiver<()>) {
    /// sync.run_until(async { stopped.await.unwrap_or_default() }).await;
    /// # }
    /// ```
    pub async fn run_until(&self, stop: impl Future<Output = ()>) {
        // Without an end of its own it reports a failing ledger and goes on.
        let _ = self.drive(stop, None, |_| ()).await;
    }

    /// Keeps all slots filled until `stop`, or until nothing is due or `quota` customers were
    /// claimed.
    async fn drive(
        &self,
        stop: impl Future<Output = ()>,
        quota: Option<usize>,
        mut tell: impl FnMut(Synced),
    ) -> PortResult<()> {
        let mut stop = pin!(stop);
        let mut left = quota;
        let mut failed = None;
        let mut deadline: Option<Instant> = None;
        let mut slots = FuturesUnordered::new();
        let mut held: BTreeMap<RowKey, SyncClaim> = BTreeMap::new();
        let mut finished: Vec<Finished> = Vec::new();
        let mut claiming: Option<BoxFuture<'_, (usize, PortResult<Vec<SyncClaim>>)>> = None;
        let mut settling: Option<BoxFuture<'_, Settled>> = None;
        let mut resting: Option<BoxFuture<'_, ()>> = None;
        loop {
            if settling.is_none() && !finished.is_empty() {
                settling = Some(self.settle(std::mem::take(&mut finished)).boxed());
            }
            let ends = deadline.is_some() || left == Some(0);
            if ends && claiming.is_none() && settling.is_none() && slots.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            if !ends && claiming.is_none() && resting.is_none() {
                let (limit, except) = self.room(&held, left);
                if limit > 0 {
                    claiming = Some(self.claim(limit, except).boxed());
                }
            }
            tokio::select! {
                biased;
                () = &mut stop, if deadline.is_none() => {
                    deadline = Some(Instant::now() + self.config.drain);
                    resting = None;
                }
                () = or_pending(deadline.map(sleep_until)), if !slots.is_empty() => {
                    slots.clear();
                    finished.extend(std::mem::take(&mut held).into_values().map(given_back));
                }
                (batch, stood) = or_pending(settling.as_mut()) => {
                    settling = None;
                    let stood = stood.unwrap_or_else(|error| {
                        failed = Some(error);
                        Vec::new()
                    });
                    let mut stood = stood.into_iter();
                    for one in batch {
                        tell(self.told(one, stood.next().unwrap_or(false)));
                    }
                    if failed.is_some() && quota.is_some() {
                        left = Some(0);
                    }
                }
                Some(one) = slots.next(), if !slots.is_empty() => {
                    let one: Finished = one;
                    // A store that had all that it may have can be claimed from again.
                    if of_store(&held, &one.claim.store) >= self.config.per_store {
                        resting = None;
                    }
                    held.remove(&key(&one.claim));
                    finished.push(one);
                }
                (limit, claims) = or_pending(claiming.as_mut()) => {
                    claiming = None;
                    match claims {
                        Ok(claims) => {
                            if claims.is_empty() && quota.is_some() {
                                left = Some(0);
                            } else if claims.len() < limit {
                                resting = Some(self.rest().boxed());
                            }
                            left = left.map(|left| left.saturating_sub(claims.len()));
                            for claim in claims {
                                held.insert(key(&claim), claim.clone());
                                slots.push(self.attend(claim));
                            }
                        }
                        Err(error) => {
                            tracing::error!(%error, "the sync ledger failed; trying again");
                            resting = Some(sleep(Duration::from_secs(1)).boxed());
                            if quota.is_some() {
                                (failed, left) = (Some(error), Some(0));
                            }
                        }
                    }
                }
                () = or_pending(resting.as_mut()) => resting = None,
            }
        }
    }

    /// How many customers may be claimed now, and of which stores none. No more than any store has
    /// room for, so that none gets more than its share.
    fn room(
        &self,
        held: &BTreeMap<RowKey, SyncClaim>,
        left: Option<usize>,
    ) -> (usize, Vec<StoreId>) {
        let most = self.config.per_store.max(1);
        let mut in_hand: BTreeMap<&StoreId, usize> = BTreeMap::new();
        for claim in held.values() {
            *in_hand.entry(&claim.store).or_default() += 1;
        }
        let full = in_hand.iter().filter(|(_, count)| **count >= most);
        let full: Vec<StoreId> = full.map(|(store, _)| (*store).clone()).collect();
        let fullest = in_hand.values().filter(|count| **count < most).max();
        let free = self.config.parallel.max(1).saturating_sub(held.len());
        let limit = free.min(most - fullest.copied().unwrap_or_default());
        (limit.min(left.unwrap_or(usize::MAX)), full)
    }

    /// Waits until something may be due. A ledger that panics or hangs ends the wait neither early
    /// nor never.
    async fn rest(&self) {
        let wait = self.ports.sync.wait(self.config.idle);
        if let Err(Cut::Panicked(_)) = guarded(self.config.idle * 2, wait).await {
            sleep(self.config.idle).await;
        }
    }

    async fn claim(
        &self,
        limit: usize,
        except: Vec<StoreId>,
    ) -> (usize, PortResult<Vec<SyncClaim>>) {
        let share = (limit / 2).max(1);
        let request = ClaimRequest { limit, share, lease: self.config.lease, except: &except };
        (limit, self.in_time("sync ledger", self.ports.sync.claim(request)).await)
    }

    /// Syncs one claimed customer, whatever that comes to, in less time than the claim holds: the
    /// rest of the lease is for a request that is under way at the end.
    async fn attend(&self, claim: SyncClaim) -> Finished {
        if claim.tries >= self.config.tries {
            let error = "the customer was claimed too often without being settled".to_owned();
            let parked = Settlement::Parked { quiet: Duration::ZERO, error: error.clone() };
            return Finished {
                claim,
                done: Done::new(parked, Outcome::Parked),
                error: Some(error),
            };
        }
        let limit = self.config.time_limit();
        let work = AssertUnwindSafe(timeout(limit, self.sync_customer(&claim))).catch_unwind();
        let result = match work.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SyncError::Late),
            Err(_) => Err(SyncError::Panicked),
        };
        match result {
            Ok(done) => {
                if done.called {
                    self.store_works(&claim).await;
                }
                Finished { claim, done, error: None }
            }
            Err(error) => self.failed(claim, error).await,
        }
    }

    async fn store_works(&self, claim: &SyncClaim) {
        self.failures().remove(&claim.store);
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

    /// What becomes of a customer who failed, and of the store.
    async fn failed(&self, claim: SyncClaim, error: SyncError) -> Finished {
        let text = error.to_string();
        let quiet = error.settles_in();
        let blame = match error.blame() {
            Blame::Perhaps => {
                let mut failures = self.failures();
                let count = failures.entry(claim.store.clone()).or_default();
                *count += 1;
                // A probe that fails is one failure too many.
                let store = *count >= STORE_FAILURES || claim.pauses > 0;
                if store { Blame::Store } else { Blame::Customer }
            }
            blame => blame,
        };
        let done = match blame {
            Blame::Nobody => {
                // Whoever has the other row is done in a moment.
                let wait = Duration::from_millis(200).mul_f64(0.5 + fastrand::f64());
                Done::new(Settlement::Returned { quiet: quiet.max(wait) }, Outcome::Returned)
            }
            Blame::Store => {
                self.pause(&claim, &text).await;
                // Where it may be the customer, it counts, so that one alone does not stop a store
                // for ever.
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

    /// Pauses a store, longer each time it fails again.
    async fn pause(&self, claim: &SyncClaim, reason: &str) {
        const FIRST: Duration = Duration::from_secs(5);
        const LONGEST: Duration = Duration::from_mins(10);
        let longest = FIRST.saturating_mul(2_u32.saturating_pow(claim.pauses)).min(LONGEST);
        let pause = longest.mul_f64(0.5 + fastrand::f64() / 2.0);
        tracing::warn!(store = %claim.store, reason, ?pause, "a store's sync is paused");
        let paused = self.ports.sync.pause(&claim.store, pause, reason);
        match self.in_time("sync ledger", paused).await {
            Ok(()) => guard::observe(&*self.ports.observer, |to| {
                to.store_paused(&claim.store, pause, reason);
            }),
            Err(error) => {
                tracing::warn!(%error, store = %claim.store, "a store could not be paused");
            }
        }
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, BTreeMap<StoreId, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds another customer's row besides a claimed one, until [`ContactSync::return_beside`], or
    /// until the claim is settled. `None`: somebody else has it.
    pub(super) async fn hold_beside(
        &self,
        claim: &SyncClaim,
        other: &CustomerId,
    ) -> PortResult<Option<SyncClaim>> {
        let Hold::Held(held) = self.hold(&claim.store, other).await? else { return Ok(None) };
        self.beside().insert(key(claim), (*held).clone());
        Ok(Some(*held))
    }

    /// Gives the row back that is held besides a claimed one.
    pub(super) async fn return_beside(&self, claim: &SyncClaim, quiet: Duration) -> PortResult<()> {
        let Some(held) = self.beside().get(&key(claim)).cloned() else { return Ok(()) };
        let returned = [(held, Settlement::Returned { quiet })];
        self.in_time("sync ledger", self.ports.sync.settle(&returned)).await?;
        self.beside().remove(&key(claim));
        Ok(())
    }

    fn beside(&self) -> std::sync::MutexGuard<'_, BTreeMap<RowKey, SyncClaim>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Settles a batch, and gives back what was held besides it; where the ledger fails, again.
    async fn settle(&self, batch: Vec<Finished>) -> Settled {
        const TRIES: u32 = 3;
        let settled = batch.iter().map(|one| (one.claim.clone(), one.done.settlement.clone()));
        let mut settled: Vec<_> = settled.collect();
        let left = |one: &Finished| self.beside().remove(&key(&one.claim));
        let cut_off = Settlement::Returned { quiet: SERVER_TIME };
        settled.extend(batch.iter().filter_map(left).map(|held| (held, cut_off.clone())));
        let mut tries = 0;
        loop {
            let stood = self.in_time("sync ledger", self.ports.sync.settle(&settled)).await;
            tries += 1;
            match stood {
                Err(error) if tries < TRIES => {
                    tracing::error!(%error, "the sync ledger failed; settling again");
                    sleep(Duration::from_millis(100) * tries).await;
                }
                stood => return (batch, stood),
            }
        }
    }

    /// What is told of a customer whose claim was settled.
    fn told(&self, Finished { claim, done, error }: Finished, stood: bool) -> Synced {
        let Done { outcome, left_out, drift, .. } = done;
        let outcome = if stood { outcome } else { Outcome::Lost };
        let now = self.ports.clock.now();
        let lag = outcome.is_confirmed().then(|| now.duration_since(claim.wanted_at));
        let report = SyncReport {
            store: &claim.store,
            customer: &claim.customer,
            outcome: outcome.as_str(),
            error: error.as_deref(),
            lag: lag.map(SignedDuration::unsigned_abs),
        };
        guard::observe(&*self.ports.observer, |to| to.customer_synced(&report));
        Synced {
            lag,
            store: claim.store,
            customer: claim.customer,
            outcome,
            left_out,
            drift,
            error,
        }
    }

    /// Syncs one claimed customer and settles the claim.
    pub(super) async fn attend_and_settle(&self, claim: SyncClaim) -> PortResult<Synced> {
        let finished = self.attend(claim).await;
        let (batch, stood) = self.settle(vec![finished]).await;
        let stood = stood?.first().copied().unwrap_or(false);
        let mut told = batch.into_iter().map(|one| self.told(one, stood));
        told.next().ok_or_else(|| PortError::new("sync ledger", "it settled nothing"))
    }
}

fn of_store(held: &BTreeMap<RowKey, SyncClaim>, store: &StoreId) -> usize {
    held.values().filter(|claim| claim.store == *store).count()
}

/// A customer whose sync was cut off: what was sent may still be worked on.
fn given_back(claim: SyncClaim) -> Finished {
    let settlement = Settlement::Returned { quiet: SERVER_TIME };
    Finished { claim, done: Done::new(settlement, Outcome::Returned), error: None }
}

/// Waits for a future that may not be there.
async fn or_pending<F: Future>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}
