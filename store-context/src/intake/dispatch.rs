//! Passes entries from the ledger to the handler: a worker claims a conversation and handles its
//! entries one after another; a failed entry is retried or parked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::conversation_attributes::ConversationAttributes;
use super::handler::{Handler, HandlerError};
use super::handler_context::HandlerContext;
use crate::accounts::Accounts;
use crate::backoff::retry_after;
use crate::context::{ContextConfig, ContextService};
use crate::guard::{self, Cut, guarded};
use crate::model::StoreId;
use crate::pool::{Pool, Stop, Work};
use crate::ports::{
    AuditTrail, ClaimRequest, Entry, EntryOutcome, Observer, PortFailure, PortResult, Ports,
    QueueClaim, WebhookLedger,
};
use crate::time::{TICK, later};

/// The configuration of a [`Dispatcher`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatchConfig {
    /// The maximum number of conversations handled concurrently. The default is 32.
    pub slots: usize,
    /// The maximum number of them per store, so that a store whose handler hangs leaves the others
    /// half of the slots. The default is 16.
    pub per_store: usize,
    /// The time limit of a handler for one entry. The default is a minute.
    pub time_limit: Duration,
    /// The number of attempts after which an entry is parked. The default is 12, which takes about
    /// ten minutes.
    pub max_tries: u32,
    /// The duration of a claim's lease. It is renewed while a handler runs, so it only bounds how
    /// long a conversation waits after its process was killed. The default is a minute.
    pub lease: Duration,
    /// The number of a conversation's entries that are handled before other conversations. The
    /// default is 32.
    pub entries: usize,
    /// The maximum delay before the next claim when nothing is due. A ledger that is notified of
    /// new entries ends the delay. The default is a second.
    pub idle: Duration,
    /// How long running handlers may continue when the dispatcher stops. Then they are dropped, and
    /// their entries are retried. The default is 7 seconds.
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

/// The numbers of entries handled by [`Dispatcher::run_once`], by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Entries that were handled.
    pub handled: u64,
    /// Entries that failed and are retried.
    pub failed: u64,
    /// Entries that failed too often and were parked.
    pub parked: u64,
    /// Conversations that were lost to another worker, or whose ledger calls failed.
    pub lost: u64,
}

/// Passes entries to a [`Handler`], and keeps the declared attributes of conversations in which the
/// customer is proven
/// ([`Attribute::on_conversations`](crate::attributes::Attribute::on_conversations)): before an
/// entry is handled, the values that changed are written to its conversation.
#[derive(Clone)]
pub struct Dispatcher {
    accounts: Accounts,
    ledger: Arc<dyn WebhookLedger>,
    handler: Arc<dyn Handler>,
    observer: Arc<dyn Observer>,
    audit: Arc<dyn AuditTrail>,
    attributes: ConversationAttributes,
    customers: ContextService,
    config: DispatchConfig,
}

/// The delay before an entry is retried after one of its writes was interrupted: Chatwoot aborts
/// every request after 15 s, so by then the message exists or never will.
const AFTER_CUT_WRITE: Duration = Duration::from_secs(17);

/// The number of entries that are read at once.
const PAGE: usize = 8;

impl Dispatcher {
    /// Creates a dispatcher that passes the host's ledger entries to a handler.
    pub fn new(
        accounts: Accounts,
        ports: &Ports,
        handler: Arc<dyn Handler>,
        config: DispatchConfig,
    ) -> Self {
        let (ledger, observer) = (ports.webhooks.clone(), ports.observer.clone());
        let audit = ports.audit.clone();
        let customers = ContextService::new(ports.clone(), ContextConfig::default());
        // A lease that ends at once would be claimed again at once.
        let config = DispatchConfig { lease: config.lease.max(TICK), ..config };
        let attributes = ConversationAttributes::new(ports);
        Self { accounts, ledger, handler, observer, audit, attributes, customers, config }
    }

    /// Sets the source of [`HandlerContext::customer`], which is otherwise one of its own with the
    /// default configuration.
    #[must_use]
    pub fn with_context(self, context: ContextService) -> Self {
        Self { customers: context, ..self }
    }

    /// Handles entries until none is due.
    ///
    /// # Errors
    /// Returns an error if the ledger failed. Claimed queues are released, or due again when their
    /// leases expire.
    pub async fn run_once(&self) -> Result<Dispatched, PortFailure> {
        let mut sum = Dispatched::default();
        self.pool().run_until_idle(self, |served| sum.add(served)).await?;
        Ok(sum)
    }

    /// Handles entries for as long as the future is polled. To stop, use [`Dispatcher::run_until`]:
    /// queues that a dropped dispatcher had claimed are due again when their leases expire.
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Handles entries until `shutdown` completes. Then the dispatcher claims no more; running
    /// handlers have [`DispatchConfig::stop_within`] to end, and are dropped after that. The method
    /// returns at most two seconds later, with nothing left claimed.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        self.pool().run_until(self, shutdown, |_| {}).await;
    }

    const fn pool(&self) -> Pool {
        let DispatchConfig { slots, per_store, stop_within, .. } = self.config;
        Pool { slots, per_store, stop_within }
    }

    /// Handles a claimed conversation's entries, and releases the claim.
    async fn queue(&self, claim: &QueueClaim, stop: &mut Stop) -> Dispatched {
        let mut sum = Dispatched::default();
        // The queue stays as it is, and the next claims pass over the store.
        if self.accounts.active(&claim.store).await.is_err_and(|error| error.is_inactive()) {
            self.release(claim).await;
            return sum;
        }
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

    /// Handles entries until none is due or [`DispatchConfig::entries`] were handled. Returns `false` if the claim
    /// was lost.
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
                // Many short handlers can exceed a lease like one long handler.
                if renewed.elapsed() > self.config.lease / 3 {
                    let asked = Instant::now();
                    if !self.port(self.ledger.extend(claim, self.config.lease)).await? {
                        return Ok(false);
                    }
                    renewed = asked;
                }
                let begun = self.port(self.ledger.begin(claim, entry.id)).await?;
                let Some(tries) = begun else {
                    // The entry was removed meanwhile, or the claim was lost: `extend`
                    // distinguishes the two.
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

    /// Handles one entry whose attempt was counted. Returns `None` if the claim was lost and the
    /// handler was dropped.
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
            // Every attempt ended with its process.
            return Some(failed(entry, "no try came to its end", Duration::ZERO, true));
        }
        let context =
            HandlerContext::new(&self.accounts, &*self.audit, &self.customers, entry, is_last_try);
        // Before the handler, which may write to the conversation too.
        let handler = async {
            self.attributes.write(&context, entry, self.config.time_limit).await;
            self.handler.handle(&context, entry).await
        };
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
        // An interrupted write is looked up only once it can no longer arrive.
        let wait = if context.is_writing() { AFTER_CUT_WRITE } else { Duration::ZERO };
        Some(failed(entry, &whole(&*error), wait, is_last_try && !stop.asked()))
    }

    /// Renews a claim. Returns when it is lost: another worker has claimed the queue, or the ledger
    /// did not respond for so long that another worker may have.
    async fn renew(&self, claim: &QueueClaim, renewed: &mut Instant) {
        let lease = self.config.lease;
        let every = (lease / 3).max(TICK);
        let mut next = later(*renewed, every);
        loop {
            tokio::time::sleep_until(next).await;
            let asked = Instant::now();
            next = later(asked, every);
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
        let mut passed_over = except.to_vec();
        self.accounts.pass_over_inactive(&mut passed_over);
        let except = &passed_over;
        self.port(self.ledger.claim(ClaimRequest { limit, share, bulk: 0, lease, except })).await
    }

    async fn wait(&self) {
        guard::wait(self.config.idle, self.ledger.wait(self.config.idle)).await;
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

/// Returns the outcome of an entry whose handler failed.
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

/// Formats an error with its sources on one line.
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
