//! A worker pool that claims work for free slots as soon as a slot is free, until it is stopped.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::model::StoreId;
use crate::ports::PortResult;
use crate::time::later;

/// The kind of work that a pool runs.
#[async_trait]
pub(crate) trait Work: Sync {
    /// The claim on a unit of work.
    type Claim: Send;
    /// The result of a unit of work.
    type Outcome: Send;

    /// Returns the store of a claim.
    fn store<'c>(&self, claim: &'c Self::Claim) -> &'c StoreId;

    /// Claims up to `limit` due units of work, none of the stores in `except`.
    async fn claim(&self, limit: usize, except: &[StoreId]) -> PortResult<Vec<Self::Claim>>;

    /// Returns when work may have become due; the future may be dropped.
    async fn wait(&self);

    /// Works on a claim and releases it. After [`Stop::asked`] it starts nothing more; after
    /// [`Stop::cut`] it ends at once.
    async fn serve(&self, claim: Self::Claim, stop: Stop) -> Self::Outcome;

    /// Releases a claim that was not worked on.
    async fn release(&self, claim: &Self::Claim);
}

/// The concurrency of a pool, and its stop behavior.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    /// The maximum number of claims that are worked on concurrently.
    pub(crate) slots: usize,
    /// The maximum number of them per store.
    pub(crate) per_store: usize,
    /// How long running work may continue after a stop was requested.
    pub(crate) stop_within: Duration,
}

/// How long aborted work may then take to release its claim.
const CUT_WITHIN: Duration = Duration::from_secs(2);

/// The delay after a failure of the ledger.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Run,
    Stop,
    Cut,
}

/// Signals to running work when it must end.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<Phase>);

impl Stop {
    /// Returns whether a stop was requested, so that nothing more may be started.
    pub(crate) fn asked(&self) -> bool {
        *self.0.borrow() >= Phase::Stop
    }

    /// Completes when running work must end.
    pub(crate) async fn cut(&mut self) {
        // A pool that was dropped has dropped its work.
        let _ = self.0.wait_for(|phase| *phase == Phase::Cut).await;
    }
}

/// What the pool does to get more work.
enum Feed<'a, C> {
    Waiting(Pin<Box<dyn Future<Output = ()> + Send + 'a>>),
    // Never dropped while it runs, because its claims would be lost until their leases expire.
    Claiming(Pin<Box<dyn Future<Output = PortResult<Vec<C>>> + Send + 'a>>),
}

enum More<C> {
    Waited,
    Claimed(PortResult<Vec<C>>),
}

impl<C> Feed<'_, C> {
    async fn next(&mut self) -> More<C> {
        match self {
            Self::Waiting(wait) => {
                wait.await;
                More::Waited
            }
            Self::Claiming(claim) => More::Claimed(claim.await),
        }
    }
}

impl Pool {
    /// Works until `shutdown` completes, and then ends or releases running work within
    /// [`Pool::stop_within`] and two seconds.
    pub(crate) async fn run_until<W: Work>(
        &self,
        work: &W,
        shutdown: impl Future<Output = ()> + Send,
        mut told: impl FnMut(W::Outcome) + Send,
    ) {
        // Without `until_idle` no failure ends it.
        let _ = self.drive(work, shutdown, false, &mut told).await;
    }

    /// Works until nothing is due.
    pub(crate) async fn run_until_idle<W: Work>(
        &self,
        work: &W,
        mut told: impl FnMut(W::Outcome) + Send,
    ) -> PortResult<()> {
        self.drive(work, std::future::pending(), true, &mut told).await
    }

    async fn drive<W: Work>(
        &self,
        work: &W,
        shutdown: impl Future<Output = ()> + Send,
        until_idle: bool,
        told: &mut (impl FnMut(W::Outcome) + Send),
    ) -> PortResult<()> {
        let (phase, stop) = watch::channel(Phase::Run);
        let mut shutdown = pin!(shutdown.fuse());
        let mut running = FuturesUnordered::new();
        let mut in_hand = InHand::default();
        let mut feed = Some(self.claim(work, &in_hand, running.len()));
        let (mut ended, mut ends_at) = (Ok(()), None);
        // Whether more can be claimed than the claim under way asked for.
        let mut emptied = false;
        loop {
            let stopping = ends_at.is_some();
            if stopping && running.is_empty() && feed.is_none() {
                return ended;
            }
            tokio::select! { biased;
                () = &mut shutdown, if !stopping => {
                    phase.send_replace(Phase::Stop);
                    ends_at = Some(later(Instant::now(), self.stop_within));
                    feed = feed.filter(|feed| matches!(feed, Feed::Claiming(_)));
                }
                () = at(ends_at), if stopping => {
                    if *phase.borrow() == Phase::Cut {
                        return ended;
                    }
                    phase.send_replace(Phase::Cut);
                    ends_at = Some(Instant::now() + CUT_WITHIN);
                }
                Some((store, outcome)) = running.next(), if !running.is_empty() => {
                    in_hand.remove(&store);
                    if let Some(outcome) = outcome {
                        told(outcome);
                    }
                    emptied = true;
                    if !stopping && !matches!(feed, Some(Feed::Claiming(_))) {
                        emptied = false;
                        feed = Some(self.claim(work, &in_hand, running.len()));
                    }
                }
                more = next(&mut feed), if feed.is_some() => {
                    let emptied = std::mem::take(&mut emptied);
                    feed = match more {
                        More::Waited => Some(self.claim(work, &in_hand, running.len())),
                        More::Claimed(Ok(claims)) if stopping => {
                            for claim in &claims {
                                work.release(claim).await;
                            }
                            None
                        }
                        More::Claimed(Ok(claims)) => {
                            let none = claims.is_empty();
                            for claim in claims {
                                let store = work.store(&claim).clone();
                                in_hand.add(&store);
                                running.push(serve(work, store, claim, Stop(stop.clone())));
                            }
                            if none && !emptied && until_idle && running.is_empty() {
                                return ended;
                            }
                            if running.len() >= self.slots.max(1) {
                                None
                            } else if none && !emptied {
                                Some(Feed::Waiting(work.wait().boxed()))
                            } else {
                                Some(self.claim(work, &in_hand, running.len()))
                            }
                        }
                        More::Claimed(Err(error)) if until_idle => {
                            phase.send_replace(Phase::Stop);
                            (ended, ends_at) = (Err(error), Some(later(Instant::now(), self.stop_within)));
                            None
                        }
                        More::Claimed(Err(error)) => {
                            tracing::error!(%error, "nothing can be claimed; trying again");
                            let wait = sleep(AFTER_FAILURE).boxed();
                            (!stopping).then_some(Feed::Waiting(wait))
                        }
                    };
                }
            }
        }
    }

    /// Claims work for the free slots, and no more of a store than its share.
    fn claim<'a, W: Work>(
        &self,
        work: &'a W,
        in_hand: &InHand,
        running: usize,
    ) -> Feed<'a, W::Claim> {
        let (except, most) = in_hand.at(self.per_store.max(1));
        let free = self.slots.max(1).saturating_sub(running);
        let limit = free.min(self.per_store.max(1) - most);
        Feed::Claiming(async move { work.claim(limit, &except).await }.boxed())
    }
}

/// Waits until a time; never completes without one.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn next<C>(feed: &mut Option<Feed<'_, C>>) -> More<C> {
    match feed {
        Some(feed) => feed.next().await,
        None => std::future::pending().await,
    }
}

/// Works on one claim. If the work panics, its lease expires on its own.
async fn serve<W: Work>(
    work: &W,
    store: StoreId,
    claim: W::Claim,
    stop: Stop,
) -> (StoreId, Option<W::Outcome>) {
    let served = AssertUnwindSafe(work.serve(claim, stop)).catch_unwind().await;
    if served.is_err() {
        tracing::error!(%store, "the engine panicked; what it held comes again");
    }
    (store, served.ok())
}

/// The number of claims of each store that are worked on.
#[derive(Debug, Default)]
pub(crate) struct InHand(BTreeMap<StoreId, usize>);

impl InHand {
    fn add(&mut self, store: &StoreId) {
        *self.0.entry(store.clone()).or_default() += 1;
    }

    fn remove(&mut self, store: &StoreId) {
        if let Some(count) = self.0.get_mut(store) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(store);
            }
        }
    }

    /// Returns the stores that have reached their share, and the highest number of claims of the
    /// other stores.
    pub(crate) fn at(&self, per_store: usize) -> (Vec<StoreId>, usize) {
        let full = self.0.iter().filter(|(_, count)| **count >= per_store);
        let rest = self.0.values().filter(|count| **count < per_store);
        (full.map(|(store, _)| store.clone()).collect(), rest.max().copied().unwrap_or(0))
    }
}

impl<'a> FromIterator<&'a StoreId> for InHand {
    fn from_iter<I: IntoIterator<Item = &'a StoreId>>(stores: I) -> Self {
        let mut in_hand = Self::default();
        for store in stores {
            in_hand.add(store);
        }
        in_hand
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::guard::lock;

    /// Two units of work of one store, and a ledger that is slow to answer.
    #[derive(Default)]
    struct Slow {
        due: Mutex<u32>,
        done: Mutex<Vec<Instant>>,
    }

    #[async_trait]
    impl Work for Slow {
        type Claim = StoreId;
        type Outcome = ();

        fn store<'c>(&self, claim: &'c StoreId) -> &'c StoreId {
            claim
        }

        async fn claim(&self, limit: usize, except: &[StoreId]) -> PortResult<Vec<StoreId>> {
            let take = {
                let mut due = lock(&self.due);
                let take =
                    if except.is_empty() { (*due).min(u32::try_from(limit).unwrap()) } else { 0 };
                *due -= take;
                take
            };
            sleep(Duration::from_millis(100)).await;
            Ok((0..take).map(|_| StoreId::new("north").unwrap()).collect())
        }

        async fn wait(&self) {
            sleep(Duration::from_mins(1)).await;
        }

        async fn serve(&self, _: StoreId, _: Stop) {
            sleep(Duration::from_millis(50)).await;
            lock(&self.done).push(Instant::now());
        }

        async fn release(&self, _: &StoreId) {}
    }

    /// A store that gets room while a claim is under way, which leaves it out, is claimed at once.
    #[tokio::test(start_paused = true)]
    async fn a_slot_that_is_freed_during_a_claim_is_filled_at_once() {
        let work = Slow { due: Mutex::new(2), ..Slow::default() };
        let pool = Pool { slots: 4, per_store: 1, stop_within: Duration::ZERO };
        let began = Instant::now();
        pool.run_until(&work, sleep(Duration::from_secs(2)), |()| {}).await;
        let done = lock(&work.done).clone();
        assert_eq!(done.len(), 2, "{:?}", done.iter().map(|at| *at - began).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pool_without_slots_has_one() {
        let work = Slow { due: Mutex::new(2), ..Slow::default() };
        let pool = Pool { slots: 0, per_store: 0, stop_within: Duration::MAX };
        pool.run_until_idle(&work, |()| {}).await.unwrap();
        assert_eq!(lock(&work.done).len(), 2);
    }
}
