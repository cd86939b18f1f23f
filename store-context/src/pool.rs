//! Workers that claim work for free slots, one claim as soon as a slot is free, until they are told
//! to stop.

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

/// What a pool works on.
#[async_trait]
pub(crate) trait Work: Sync {
    /// What is claimed.
    type Claim: Send;
    /// What became of it.
    type Outcome: Send;

    /// Whose it is.
    fn store<'c>(&self, claim: &'c Self::Claim) -> &'c StoreId;

    /// Claims up to `limit` of what is due, none of the stores in `except`.
    async fn claim(&self, limit: usize, except: &[StoreId]) -> PortResult<Vec<Self::Claim>>;

    /// Returns when something may have become due; may be dropped.
    async fn wait(&self);

    /// Works on a claim and gives it back. After [`Stop::asked`] it begins nothing more; after
    /// [`Stop::cut`] it ends at once.
    async fn serve(&self, claim: Self::Claim, stop: Stop) -> Self::Outcome;

    /// Gives a claim back that was not worked on.
    async fn release(&self, claim: &Self::Claim);
}

/// How much is worked on at the same time, and how a pool ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    /// How many claims are worked on at the same time.
    pub(crate) slots: usize,
    /// How many of them may be one store's.
    pub(crate) per_store: usize,
    /// How long what runs may go on after a stop was asked for.
    pub(crate) stop_within: Duration,
}

/// How long after that what was told to end at once may take to give its claim back.
const CUT_WITHIN: Duration = Duration::from_secs(2);

/// How long to wait after a ledger failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Run,
    Stop,
    Cut,
}

/// Tells who works on a claim when to end.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<Phase>);

impl Stop {
    /// Whether nothing more is to be begun.
    pub(crate) fn asked(&self) -> bool {
        *self.0.borrow() >= Phase::Stop
    }

    /// Returns when what runs has to end.
    pub(crate) async fn cut(&mut self) {
        // A pool that is gone has dropped what it ran.
        let _ = self.0.wait_for(|phase| *phase == Phase::Cut).await;
    }
}

/// What the pool does to get more to do.
enum Feed<'a, C> {
    Waiting(Pin<Box<dyn Future<Output = ()> + Send + 'a>>),
    // Never dropped while it runs: what it claims would be held by nobody.
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
    /// Works until `shutdown` is done, and then ends what runs or gives it back within
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
        loop {
            let stopping = ends_at.is_some();
            if stopping && running.is_empty() && feed.is_none() {
                return ended;
            }
            tokio::select! { biased;
                () = &mut shutdown, if !stopping => {
                    phase.send_replace(Phase::Stop);
                    ends_at = Some(Instant::now() + self.stop_within);
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
                    if !stopping && !matches!(feed, Some(Feed::Claiming(_))) {
                        feed = Some(self.claim(work, &in_hand, running.len()));
                    }
                }
                more = next(&mut feed), if feed.is_some() => {
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
                            if none && until_idle && running.is_empty() {
                                return ended;
                            }
                            if running.len() >= self.slots {
                                None
                            } else if none {
                                Some(Feed::Waiting(work.wait().boxed()))
                            } else {
                                Some(self.claim(work, &in_hand, running.len()))
                            }
                        }
                        More::Claimed(Err(error)) if until_idle => {
                            phase.send_replace(Phase::Stop);
                            (ended, ends_at) = (Err(error), Some(Instant::now() + self.stop_within));
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

    /// Claims for the slots that are free, and of no store more than it may have.
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

/// Never returns where there is nothing to wait for.
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

/// Works on one claim. Its lease ends by itself if the work panics.
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

/// How many claims of each store are worked on.
#[derive(Debug, Default)]
struct InHand(BTreeMap<StoreId, usize>);

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

    /// The stores that have as many as they may, and the most that any other has.
    fn at(&self, per_store: usize) -> (Vec<StoreId>, usize) {
        let full = self.0.iter().filter(|(_, count)| **count >= per_store);
        let rest = self.0.values().filter(|count| **count < per_store);
        (full.map(|(store, _)| store.clone()).collect(), rest.max().copied().unwrap_or(0))
    }
}
