//! The worker: claims as many customers as it has room for, syncs them concurrently, and settles
//! them.

use std::collections::BTreeMap;
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::config::SyncConfig;
use super::error::{SERVER_TIME, SyncError};
use super::failure::Failures;
use super::report::{Done, Outcome, Synced};
use crate::accounts::Accounts;
use crate::context::ContextService;
use crate::guard::{self, lock};
use crate::model::{CustomerId, StoreId};
use crate::pool::InHand;
use crate::ports::{
    ClaimRequest, Cursor, CustomerPage, Doubt, Hold, PortError, PortFailure, PortResult, Ports,
    Priority, Settlement, SyncClaim, SyncReport,
};
use crate::time::{TICK, later};

/// Syncs customers to contacts. Any number of instances may run on one ledger; clones share their
/// state.
#[derive(Clone, Debug)]
pub struct ContactSync {
    pub(super) accounts: Accounts,
    pub(super) ports: Ports,
    pub(super) config: SyncConfig,
    context: Option<ContextService>,
    pub(super) failures: Arc<Failures>,
    /// The second row of each claim that needs one, until it is returned: a worker that is cut off
    /// leaves it here.
    beside: Arc<Mutex<BTreeMap<RowKey, SyncClaim>>>,
}

/// A row of the ledger. A fence grows per row, so two rows may have the same one.
type RowKey = (StoreId, CustomerId);

fn key(claim: &SyncClaim) -> RowKey {
    (claim.store.clone(), claim.customer.clone())
}

/// A synced customer, before the claim is settled.
pub(super) struct Finished {
    pub(super) claim: SyncClaim,
    pub(super) done: Done,
    pub(super) error: Option<String>,
}

/// What there is room for.
struct Room {
    limit: usize,
    /// How many of them may be bulk work.
    bulk: usize,
    /// Stores that have all that they may have.
    full: Vec<StoreId>,
    /// Whether a customer may be due who is not to be claimed before another is done.
    holds_back: bool,
}

/// How a batch was settled: which of the claims stood.
type Settled = (Vec<Finished>, PortResult<Vec<bool>>);

impl ContactSync {
    /// Creates a sync between the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: SyncConfig) -> Self {
        let (failures, beside) = (Arc::default(), Arc::default());
        // A lease that ends at once would be claimed again at once.
        let config = SyncConfig { lease: config.lease.max(TICK), ..config };
        Self { accounts, ports, config, context: None, failures, beside }
    }

    /// Also removes a customer's cached snapshot when a change is wanted.
    pub fn refreshing(mut self, context: ContextService) -> Self {
        self.context = Some(context);
        self
    }

    /// Marks the customer as wanted: call this after any change of the customer, the orders or the
    /// cart, as often as needed.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the change is then not recorded.
    pub async fn want(&self, store: &StoreId, customer: &CustomerId) -> Result<(), PortFailure> {
        self.forget_context(store, customer).await;
        self.ports.sync.want(store, std::slice::from_ref(customer), Priority::Live).await?;
        Ok(())
    }

    /// Marks every customer of the store as wanted, with bulk priority, which live changes precede.
    /// Returns the number of customers. Customers who changed and those whose contact is in doubt
    /// are written; the others cost no call to Chatwoot.
    ///
    /// # Errors
    /// Returns an error if a port failed; the customers marked until then stay marked.
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

    /// Marks every customer of the store to be written, whatever was written before: no confirmed
    /// write is trusted. This costs one call per customer.
    ///
    /// # Errors
    /// As for [`ContactSync::want_all`].
    pub async fn rewrite_all(&self, store: &StoreId) -> Result<u64, PortFailure> {
        self.ports.sync.doubt_whole_store(store, Doubt::Write).await?;
        self.want_all(store).await
    }

    pub(super) async fn forget_context(&self, store: &StoreId, customer: &CustomerId) {
        if let Some(context) = &self.context {
            context.forget(store, customer).await;
        }
    }

    /// Returns the next page of the store's customers.
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

    /// Syncs the customers that are due now, at most [`SyncConfig::batch`]. Returns an empty list
    /// if none was due.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the claimed customers are due again when their leases
    /// expire.
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

    /// Syncs until `stop` completes, then claims no more, waits up to [`SyncConfig::drain`] for the
    /// syncs in progress, and returns the remaining claims.
    ///
    /// ```
    /// # use store_context::sync::ContactSync;
    /// # async fn example(sync: ContactSync, stopped: tokio::sync::oneshot::Receiver<()>) {
    /// sync.run_until(async { stopped.await.unwrap_or_default() }).await;
    /// # }
    /// ```
    pub async fn run_until(&self, stop: impl Future<Output = ()>) {
        // Without a limit it reports ledger failures and continues.
        let _ = self.drive(stop, None, |_| ()).await;
    }

    /// Keeps all slots filled until `stop` completes, or until nothing is due or `quota` customers
    /// were claimed.
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
        let mut claiming: Option<BoxFuture<'_, (Room, PortResult<Vec<SyncClaim>>)>> = None;
        let mut settling: Option<BoxFuture<'_, Settled>> = None;
        let mut resting: Option<BoxFuture<'_, ()>> = None;
        // Whether more can be claimed than the claim under way asked for.
        let mut freed = false;
        loop {
            if settling.is_none() && !finished.is_empty() {
                settling = Some(self.settle(std::mem::take(&mut finished)).boxed());
            }
            let ends = deadline.is_some() || left == Some(0);
            if ends && claiming.is_none() && settling.is_none() && slots.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            if !ends && claiming.is_none() && resting.is_none() {
                let room = self.room(&held, left);
                if room.limit > 0 {
                    freed = false;
                    claiming = Some(self.claim(room).boxed());
                }
            }
            tokio::select! {
                biased;
                () = &mut stop, if deadline.is_none() => {
                    deadline = Some(later(Instant::now(), self.config.drain));
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
                    // A store that had all that it may have, and bulk work, can be claimed again.
                    if of_store(&held, &one.claim.store) >= self.config.per_store.max(1)
                        || in_bulk(&held) >= self.config.bulk.max(1)
                    {
                        (resting, freed) = (None, true);
                    }
                    held.remove(&key(&one.claim));
                    finished.push(one);
                }
                (room, claims) = or_pending(claiming.as_mut()) => {
                    claiming = None;
                    match claims {
                        Ok(claims) => {
                            if claims.is_empty() && quota.is_some() && !room.holds_back {
                                left = Some(0);
                            } else if claims.len() < room.limit && !freed {
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

    /// How many customers may be claimed now. No more than any store has room for, so that none gets
    /// more than its share.
    fn room(&self, held: &BTreeMap<RowKey, SyncClaim>, left: Option<usize>) -> Room {
        let most = self.config.per_store.max(1);
        let in_hand: InHand = held.values().map(|claim| &claim.store).collect();
        let (full, fullest) = in_hand.at(most);
        let free = self.config.parallel.max(1).saturating_sub(held.len());
        let limit = free.min(most - fullest);
        let bulk = self.config.bulk.max(1).saturating_sub(in_bulk(held));
        let holds_back = bulk == 0 || !full.is_empty();
        Room { limit: limit.min(left.unwrap_or(usize::MAX)), bulk, full, holds_back }
    }

    /// Waits until a row may be due.
    async fn rest(&self) {
        guard::wait(self.config.idle, self.ports.sync.wait(self.config.idle)).await;
    }

    async fn claim(&self, room: Room) -> (Room, PortResult<Vec<SyncClaim>>) {
        let Room { limit, bulk, ref full, .. } = room;
        let (share, lease) = ((limit / 2).max(1), self.config.lease);
        let mut except = full.clone();
        self.accounts.pass_over_inactive(&mut except);
        let request = ClaimRequest { limit, share, bulk, lease, except: &except };
        let claims = self.in_time("sync ledger", self.ports.sync.claim(request)).await;
        (room, claims)
    }

    /// Syncs one claimed customer within less time than the lease: the rest of the lease covers a
    /// request that is in progress at the end.
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
        let began = Instant::now();
        let limit = self.config.time_limit();
        let work = AssertUnwindSafe(timeout(limit, self.sync_customer(&claim))).catch_unwind();
        let result = match work.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SyncError::Late),
            Err(_) => Err(SyncError::Panicked),
        };
        match result {
            Ok(done) => {
                self.failures.worked();
                if done.called {
                    self.store_works(&claim).await;
                }
                Finished { claim, done, error: None }
            }
            Err(error) => self.failed(claim, error, began).await,
        }
    }

    /// Holds another customer's row beside a claimed one, until [`ContactSync::return_beside`] or
    /// until the claim is settled. Returns `None` if another worker holds it.
    pub(super) async fn hold_beside(
        &self,
        claim: &SyncClaim,
        other: &CustomerId,
    ) -> PortResult<Option<SyncClaim>> {
        let Hold::Held(held) = self.hold(&claim.store, other).await? else { return Ok(None) };
        lock(&self.beside).insert(key(claim), (*held).clone());
        Ok(Some(*held))
    }

    /// Returns the row that is held beside a claimed one.
    pub(super) async fn return_beside(&self, claim: &SyncClaim, quiet: Duration) -> PortResult<()> {
        let Some(held) = lock(&self.beside).get(&key(claim)).cloned() else { return Ok(()) };
        let returned = [(held, Settlement::Returned { quiet })];
        self.in_time("sync ledger", self.ports.sync.settle(&returned)).await?;
        lock(&self.beside).remove(&key(claim));
        Ok(())
    }

    /// Settles a batch and returns the rows held beside it; retries if the ledger fails. Rows whose
    /// claims were lost are put in doubt.
    async fn settle(&self, batch: Vec<Finished>) -> Settled {
        const TRIES: u32 = 3;
        let settled = batch.iter().map(|one| (one.claim.clone(), one.done.settlement.clone()));
        let mut settled: Vec<_> = settled.collect();
        let left = |one: &Finished| lock(&self.beside).remove(&key(&one.claim));
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
                Ok(stood) => {
                    let lost = settled.iter().zip(&stood).filter(|(_, stood)| !**stood);
                    self.doubt_lost(lost.map(|((claim, _), _)| claim)).await;
                    return (batch, Ok(stood));
                }
                Err(error) => return (batch, Err(error)),
            }
        }
    }

    /// Returns the result of a customer whose claim was settled.
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

    /// Syncs one held customer and settles the claim. Whoever holds a customer waits for it, so it is
    /// live work whatever the row is.
    pub(super) async fn attend_and_settle(&self, held: SyncClaim) -> PortResult<Synced> {
        let claim = SyncClaim { priority: Priority::Live, ..held };
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

fn in_bulk(held: &BTreeMap<RowKey, SyncClaim>) -> usize {
    held.values().filter(|claim| claim.priority == Priority::Bulk).count()
}

/// A customer whose sync was cut off: what was sent may still be worked on.
fn given_back(claim: SyncClaim) -> Finished {
    let settlement = Settlement::Returned { quiet: SERVER_TIME };
    Finished { claim, done: Done::new(settlement, Outcome::Returned), error: None }
}

/// Awaits a future if there is one; otherwise never completes.
async fn or_pending<F: Future>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}
