//! From the ledger to the handler: a conversation is claimed, its entries are handled one after
//! another, and what fails comes again or is set aside.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::handler::{Handler, HandlerError};
use super::handler_context::HandlerContext;
use crate::accounts::Accounts;
use crate::backoff::retry_after;
use crate::guard::{self, Cut, guarded};
use crate::model::StoreId;
use crate::pool::{Pool, Stop, Work};
use crate::ports::{
    ClaimRequest, Entry, EntryOutcome, Observer, PortFailure, PortResult, Ports, QueueClaim,
    WebhookLedger,
};

/// How entries are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatchConfig {
    /// How many conversations are handled at the same time: 32.
    pub slots: usize,
    /// How many of them may be one store's: 16, so that a store whose handler hangs leaves the others
    /// half of the slots.
    pub per_store: usize,
    /// How long a handler may take for one entry: a minute.
    pub time_limit: Duration,
    /// After how many tries an entry is set aside: 12, which takes some ten minutes.
    pub max_tries: u32,
    /// How long a claim holds: a minute. It is renewed while a handler runs, so it is only how long a
    /// conversation waits for a process that was killed.
    pub lease: Duration,
    /// How many entries of a conversation are handled before others have their turn: 32.
    pub entries: usize,
    /// How long to wait at most when nothing is due: a second. A ledger that hears of new entries
    /// ends the wait.
    pub idle: Duration,
    /// How long handlers may go on when the dispatcher stops: 7 seconds. Then they are dropped, and
    /// their entries come again.
    pub stop_within: Duration,
}

impl Default for DispatchConfig {
    fn default() -> Self {
        Self {
            slots: 32,
            per_store: 16,
            time_limit: Duration::from_mins(1),
            max_tries: 12,
            lease: Duration::from_mins(1),
            entries: 32,
            idle: Duration::from_secs(1),
            stop_within: Duration::from_secs(7),
        }
    }
}

/// What became of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Handled.
    pub handled: u64,
    /// Failed; they come again.
    pub failed: u64,
    /// Failed too often, and set aside.
    pub parked: u64,
    /// Conversations that were lost to another worker, or whose ledger failed.
    pub lost: u64,
}

/// Hands entries to a [`Handler`].
#[derive(Clone)]
pub struct Dispatcher {
    accounts: Accounts,
    ledger: Arc<dyn WebhookLedger>,
    handler: Arc<dyn Handler>,
    observer: Arc<dyn Observer>,
    config: DispatchConfig,
}

/// How long after a write was cut off or failed the entry comes again: Chatwoot ends every request after 15 s,
/// so by then it is there or will not come.
const AFTER_CUT_WRITE: Duration = Duration::from_secs(17);

/// How many entries are read at once.
const PAGE: usize = 8;

impl Dispatcher {
    /// Creates a dispatcher from the host's ledger to a handler.
    pub fn new(
        accounts: Accounts,
        ports: &Ports,
        handler: Arc<dyn Handler>,
        config: DispatchConfig,
    ) -> Self {
        let (ledger, observer) = (ports.webhooks.clone(), ports.observer.clone());
        Self { accounts, ledger, handler, observer, config }
    }

    /// Handles what is due, until nothing is.
    ///
    /// # Errors
    /// The ledger failed. What was claimed is given back, or due again when its lease ends.
    pub async fn run_once(&self) -> Result<Dispatched, PortFailure> {
        let mut sum = Dispatched::default();
        self.pool().run_until_idle(self, |served| sum.add(served)).await?;
        Ok(sum)
    }

    /// Handles entries for as long as the future is polled. To stop, use
    /// [`Dispatcher::run_until`]: what a dropped dispatcher held is due again when its lease ends.
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Handles entries until `shutdown` is done. Then nothing more is claimed; handlers that run have
    /// [`DispatchConfig::stop_within`] to end, and are dropped after that. It returns at most two
    /// seconds later, and nothing stays claimed.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        self.pool().run_until(self, shutdown, |_| {}).await;
    }

    const fn pool(&self) -> Pool {
        let DispatchConfig { slots, per_store, stop_within, .. } = self.config;
        Pool { slots, per_store, stop_within }
    }

    /// Handles a claimed conversation's entries, and gives it back.
    async fn queue(&self, claim: &QueueClaim, stop: &mut Stop) -> Dispatched {
        let mut sum = Dispatched::default();
        match self.entries(claim, stop, &mut sum).await {
            Ok(true) => self.release(claim).await,
            Ok(false) => {
                tracing::warn!(store = %claim.store, conversation = ?claim.conversation,
                    "the conversation was lost to another worker");
                sum.lost += 1;
            }
            Err(error) => {
                tracing::error!(%error, store = %claim.store, conversation = ?claim.conversation,
                    "the webhook ledger failed; the conversation comes again when its lease ends");
                sum.lost += 1;
            }
        }
        sum
    }

    /// Handles entries until none is due or others have their turn. `false`: the claim was lost.
    async fn entries(
        &self,
        claim: &QueueClaim,
        stop: &mut Stop,
        sum: &mut Dispatched,
    ) -> PortResult<bool> {
        let mut left = self.config.entries.max(1);
        let mut renewed = Instant::now();
        while left > 0 {
            let entries = self.port(self.ledger.load(claim, left.min(PAGE))).await?;
            if entries.is_empty() {
                break;
            }
            for mut entry in entries {
                if stop.asked() {
                    return Ok(true);
                }
                left -= 1;
                // Many short handlers outlast a lease as one long one does.
                if renewed.elapsed() > self.config.lease / 3 {
                    let asked = Instant::now();
                    if !self.port(self.ledger.extend(claim, self.config.lease)).await? {
                        return Ok(false);
                    }
                    renewed = asked;
                }
                let begun = self.port(self.ledger.begin(claim, entry.id)).await?;
                let Some(tries) = begun else {
                    // It was forgotten meanwhile, or the claim was lost: `extend` says which.
                    let lease = self.config.lease;
                    if self.port(self.ledger.extend(claim, lease)).await? {
                        continue;
                    }
                    return Ok(false);
                };
                entry.tries = tries;
                let started = Instant::now();
                let handled = self.entry(claim, &mut renewed, &entry, stop).await;
                let elapsed = started.elapsed();
                let Some(outcome) = handled else { return Ok(false) };
                let goes_on = !matches!(outcome, EntryOutcome::Retry { .. });
                sum.count(&outcome);
                let settled = [(entry.id, outcome)];
                if !self.port(self.ledger.settle(claim, &settled)).await? {
                    return Ok(false);
                }
                let [(_, outcome)] = &settled;
                let tell = |to: &dyn Observer| to.entry_settled(&entry, outcome, elapsed);
                guard::observe(&*self.observer, tell);
                if !goes_on {
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    /// Handles one entry whose try was counted. `None`: the claim was lost, and the handler was
    /// dropped.
    async fn entry(
        &self,
        claim: &QueueClaim,
        renewed: &mut Instant,
        entry: &Entry,
        stop: &mut Stop,
    ) -> Option<EntryOutcome> {
        let tries = entry.tries.saturating_add(1);
        let is_last_try = tries >= self.config.max_tries;
        if tries > self.config.max_tries {
            // Each try ended with its process.
            return Some(failed(entry, "no try came to its end", Duration::ZERO, true));
        }
        let context = HandlerContext::new(&self.accounts, entry, is_last_try);
        let handler = async { self.handler.handle(&context, entry).await };
        let ended = tokio::select! { biased;
            ended = guarded(self.config.time_limit, handler) => ended,
            () = self.renew(claim, renewed) => return None,
            () = stop.cut() => Err(Cut::TimedOut(self.config.stop_within)),
        };
        let error: HandlerError = match ended {
            Ok(Ok(())) => return Some(EntryOutcome::Handled),
            Ok(Err(error)) => error,
            Err(cut) => format!("the handler {cut}").into(),
        };
        // A write that was cut off or failed is looked for when nothing of it can come any more.
        let wait = if context.is_writing() { AFTER_CUT_WRITE } else { Duration::ZERO };
        Some(failed(entry, &whole(&*error), wait, is_last_try && !stop.asked()))
    }

    /// Renews a claim. Returns when it is lost: somebody else has it, or nobody could be asked for so
    /// long that somebody may.
    async fn renew(&self, claim: &QueueClaim, renewed: &mut Instant) {
        let lease = self.config.lease;
        let mut next = *renewed + lease / 3;
        loop {
            tokio::time::sleep_until(next).await;
            let asked = Instant::now();
            next = asked + lease / 3;
            match self.port(self.ledger.extend(claim, lease)).await {
                Ok(true) => *renewed = asked,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, store = %claim.store, "a claim could not be renewed");
                    if renewed.elapsed() >= lease {
                        return;
                    }
                }
            }
        }
    }

    async fn port<T>(&self, call: impl Future<Output = PortResult<T>> + Send) -> PortResult<T> {
        guard::port("webhooks", call).await
    }
}

#[async_trait]
impl Work for Dispatcher {
    type Claim = QueueClaim;
    type Outcome = Dispatched;

    fn store<'c>(&self, claim: &'c QueueClaim) -> &'c StoreId {
        &claim.store
    }

    async fn claim(&self, limit: usize, except: &[StoreId]) -> PortResult<Vec<QueueClaim>> {
        let DispatchConfig { per_store, lease, .. } = self.config;
        let share = (per_store / 4).max(1);
        self.port(self.ledger.claim(ClaimRequest { limit, share, lease, except })).await
    }

    async fn wait(&self) {
        // A port that panics or hangs must not end the wait early or never.
        let wait = self.ledger.wait(self.config.idle);
        if let Err(Cut::Panicked(_)) = guarded(self.config.idle * 2, wait).await {
            tokio::time::sleep(self.config.idle).await;
        }
    }

    async fn serve(&self, claim: QueueClaim, mut stop: Stop) -> Dispatched {
        self.queue(&claim, &mut stop).await
    }

    async fn release(&self, claim: &QueueClaim) {
        if let Err(error) = self.port(self.ledger.release(claim)).await {
            tracing::warn!(%error, store = %claim.store, "a claim was not given back");
        }
    }
}

impl Dispatched {
    fn count(&mut self, outcome: &EntryOutcome) {
        match outcome {
            EntryOutcome::Handled => self.handled += 1,
            EntryOutcome::Retry { .. } => self.failed += 1,
            EntryOutcome::Parked { .. } => self.parked += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.handled += other.handled;
        self.failed += other.failed;
        self.parked += other.parked;
        self.lost += other.lost;
    }
}

/// What becomes of an entry whose handler failed.
fn failed(entry: &Entry, error: &str, wait: Duration, park: bool) -> EntryOutcome {
    let (store, key, tries) = (&entry.store, &entry.key, entry.tries + 1);
    let error = error.to_owned();
    if park {
        tracing::error!(error, %store, key, tries, "the handler failed; the entry is set aside");
        return EntryOutcome::Parked { error };
    }
    tracing::warn!(error, %store, key, tries, "the handler failed; the entry comes again");
    EntryOutcome::Retry { after: retry_after(entry.tries).max(wait), error }
}

/// An error with its causes, on one line.
fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("config", &self.config).finish_non_exhaustive()
    }
}
