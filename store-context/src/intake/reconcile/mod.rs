//! Finds events that Chatwoot never delivered.
//!
//! Chatwoot sends an account's webhook once; after a timeout, a restart or a 5xx it is lost. So the
//! reconciler requests every conversation that was active since the last round from the API, and
//! stores the events that the ledger does not know in the same way as a webhook.
//!
//! It finds each new conversation, the current state of each, a change of status that was not
//! reported as such, and each message except Chatwoot's own notes (for which it sends no webhook
//! either). The API does not report states between two rounds and changes of a message, so these
//! are not found.
//!
//! Rounds come from the ledger's schedule, so that any number of processes share them. An active
//! store is reconciled again soon, an idle one at growing intervals.

mod round;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::Error;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use self::round::Round;
#[cfg(feature = "live")]
pub(in crate::intake) use self::round::untold_state;
use crate::accounts::{Accounts, StoreAccountError};
use crate::backoff::retry_after;
use crate::guard::{self, guarded};
use crate::model::StoreId;
use crate::pool::{Pool, Stop, Work};
use crate::ports::{PortError, PortResult, Ports, RoundClaim, RoundOutcome};
use crate::store_ids::StoreIds;
use crate::time::{SHORTEST, TICK, scaled};

/// The configuration of a [`Reconciler`].
///
/// A round is one call for the list of active conversations, and one more for each of these whose
/// messages were not read since its last activity (and one for each 20 messages of it after the
/// first 20). With the defaults:
///
/// | store | rounds per hour | calls per hour | a lost event is found within |
/// |---|---|---|---|
/// | busy, `n` conversations active between two rounds | 48 | 48 + 48 `n` | 2 minutes |
/// | idle | 2.4 | 2.4 | 30 minutes |
///
/// So 10,000 stores of which 100 are busy, in one conversation each, cost some 560 calls per
/// minute: less than a fifth of the 3,000 that Chatwoot allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconcileConfig {
    /// The maximum number of stores reconciled concurrently. The default is 8.
    pub slots: usize,
    /// The delay until the next round of an active store, and the maximum delay of a round after a
    /// webhook. The default is 75 seconds, with a jitter of a fifth.
    pub busy: Duration,
    /// The maximum delay between two rounds. While a store is idle each delay is twice the one
    /// before. The default is 25 minutes, with a jitter of a tenth.
    pub idle: Duration,
    /// How much further back than the last round a round looks, since a server may show a write
    /// late. The default is two minutes.
    pub overlap: Duration,
    /// The tolerated difference between the server's clock and the ledger's. The default is five
    /// minutes.
    pub skew: Duration,
    /// How long an unreadable conversation is requested again. The default is a day.
    pub unread_for: Duration,
    /// The time limit of one round. The default is ten minutes.
    pub time_limit: Duration,
    /// The duration of a claim's lease on a round. It is renewed while the round runs. The default
    /// is a minute.
    pub lease: Duration,
    /// The delay when no round is due. The default is five seconds.
    pub poll: Duration,
    /// How long running rounds may continue when the reconciler stops. Then they are dropped, and
    /// are due again. The default is 5 seconds.
    pub stop_within: Duration,
}

impl Default for ReconcileConfig {
    fn default() -> Self {
        Self {
            slots: 8,
            busy: Duration::from_secs(75),
            idle: Duration::from_mins(25),
            overlap: Duration::from_mins(2),
            skew: Duration::from_mins(5),
            unread_for: Duration::from_hours(24),
            time_limit: Duration::from_mins(10),
            lease: Duration::from_mins(1),
            poll: Duration::from_secs(5),
            stop_within: Duration::from_secs(5),
        }
    }
}

/// The result of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The number of conversations that were active since the previous round.
    pub conversations: u64,
    /// The number of events that no webhook had delivered.
    pub found: u64,
    /// The number of conversations that could not be read; the next round requests them again.
    pub unread: u64,
}

/// The reason why a round did not finish; the next one checks from the same time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot did not respond, or responded with an error.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another worker has claimed the store's round.
    #[error("the store is reconciled by another worker")]
    NotClaimed,
    /// The round panicked, or exceeded its time limit.
    #[error("the round {0}")]
    Cut(String),
}

/// Requests from Chatwoot's API the events that its webhooks did not deliver.
#[derive(Clone, Debug)]
pub struct Reconciler {
    accounts: Accounts,
    ports: Ports,
    config: ReconcileConfig,
    /// Ends the wait for a round that is due.
    woken: Arc<Notify>,
    /// Whether active stores are listed for a line to their live feed.
    lists_lines: bool,
}

/// The result of one store's round; `None` if it was released.
type Served = (StoreId, Option<Result<Reconciled, ReconcileError>>);

/// How often unscheduled stores are looked for.
const SCHEDULE_EVERY: Duration = Duration::from_mins(10);

impl Reconciler {
    /// Creates a reconciler for the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: ReconcileConfig) -> Self {
        // A lease that ends at once would be claimed again at once.
        let config = ReconcileConfig { lease: config.lease.max(TICK), ..config };
        Self { accounts, ports, config, woken: Arc::default(), lists_lines: false }
    }

    /// Also lists each store in which a conversation was active for a line to its live feed
    /// ([`LiveStores::Busy`](crate::live::LiveStores::Busy)).
    #[cfg(feature = "live")]
    pub fn listing_lines(self) -> Self {
        Self { lists_lines: true, ..self }
    }

    /// Looks for due rounds now, and not only when [`ReconcileConfig::poll`] has passed.
    #[cfg(feature = "live")]
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Reconciles one store now, whether or not its round is due, and schedules it if it is not.
    ///
    /// # Errors
    /// Returns an error if the round did not finish; the next one checks from the same time.
    /// Returns `NotClaimed` while another worker has claimed the round.
    pub async fn run_once(&self, store: &StoreId) -> Result<Reconciled, ReconcileError> {
        let webhooks = &self.ports.webhooks;
        webhooks.schedule(std::slice::from_ref(store)).await?;
        let claim = webhooks.claim_round(store, self.config.lease).await?;
        let claim = claim.ok_or(ReconcileError::NotClaimed)?;
        self.settled(&claim).await
    }

    /// Reconciles every store whose round is due, until none is.
    ///
    /// # Errors
    /// Returns an error if the ledger failed.
    pub async fn run_due(&self) -> PortResult<Vec<(StoreId, Result<Reconciled, ReconcileError>)>> {
        let mut all = Vec::new();
        let told = |(store, round): Served| all.extend(round.map(|round| (store, round)));
        self.pool().run_until_idle(self, told).await?;
        Ok(all)
    }

    /// Reconciles stores for as long as the future is polled. To stop, use
    /// [`Reconciler::run_until`]: a round that is dropped is due again when its lease expires.
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Reconciles stores until `shutdown` completes. Then no round starts; running rounds have
    /// [`ReconcileConfig::stop_within`] to end, and are dropped after that. The method returns at
    /// most two seconds later, with nothing left claimed.
    ///
    /// It schedules unscheduled stores every ten minutes.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let pool = self.pool();
        tokio::select! { biased;
            () = pool.run_until(self, shutdown, |_| {}) => {}
            () = self.schedule() => {}
        }
    }

    fn pool(&self) -> Pool {
        let ReconcileConfig { slots, stop_within, .. } = self.config;
        Pool { slots, per_store: 1, stop_within }
    }

    /// Schedules unscheduled stores at intervals; never returns.
    async fn schedule(&self) {
        loop {
            if let Err(error) = self.schedule_all().await {
                tracing::error!(%error, "the stores could not be scheduled");
            }
            sleep(SCHEDULE_EVERY).await;
        }
    }

    async fn schedule_all(&self) -> PortResult<()> {
        let mut stores = StoreIds::new(&*self.ports.stores);
        while let Some(ids) = stores.next().await? {
            guard::port("webhooks", self.ports.webhooks.schedule(&ids)).await?;
        }
        Ok(())
    }

    /// Runs a claimed round, and settles it whatever its result.
    async fn settled(&self, claim: &RoundClaim) -> Result<Reconciled, ReconcileError> {
        let began = Instant::now();
        let limit = self.config.time_limit;
        let ended = guarded(limit, Round::run(&self.accounts, &self.ports, self.config, claim));
        let ended = ended.await.unwrap_or_else(|cut| Err(ReconcileError::Cut(cut.to_string())));
        let store = &claim.store;
        let (outcome, told) = match ended {
            Ok((account, reconciled, unread)) => {
                if reconciled.found > 0 {
                    tracing::info!(%store, found = reconciled.found, "found what no webhook brought");
                }
                if self.lists_lines && reconciled.conversations > 0 {
                    self.list_line(store).await;
                }
                let next = self.next(claim, reconciled);
                let after_webhook = jitter(self.config.busy, 0.2);
                let began_ago = began.elapsed();
                let finished =
                    RoundOutcome::Finished { account, began_ago, unread, next, after_webhook };
                (finished, Ok(reconciled))
            }
            Err(ReconcileError::Account(error)) if error.is_inactive() => {
                let next = jitter(self.config.idle, 0.1);
                (RoundOutcome::Skipped { next }, Err(error.into()))
            }
            Err(error) => {
                tracing::warn!(%error, %store, "not reconciled; the next round looks again");
                let retry = self.retry(claim, &error);
                (RoundOutcome::Failed { retry, error: error.to_string() }, Err(error))
            }
        };
        guard::observe(&*self.ports.observer, |to| match &outcome {
            RoundOutcome::Skipped { .. } => {}
            RoundOutcome::Failed { error, .. } => to.store_reconciled(store, Err(error)),
            RoundOutcome::Finished { .. } => {
                to.store_reconciled(store, Ok(told.as_ref().map_or(0, |told| told.found)));
            }
        });
        let settled = guard::port("webhooks", self.ports.webhooks.settle_round(claim, outcome));
        match settled.await {
            Ok(true) => told,
            // The events found are known now, and the other worker finds the rest.
            Ok(false) => told.and(Err(ReconcileError::NotClaimed)),
            Err(error) => told.and(Err(error.into())),
        }
    }

    /// Lists an active store for a line; a failure is repeated by the next round.
    async fn list_line(&self, store: &StoreId) {
        let listed = self.ports.live_lines.schedule(std::slice::from_ref(store));
        if let Err(error) = guard::port("live lines", listed).await {
            tracing::warn!(%error, %store, "a line could not be scheduled");
        }
    }

    /// Returns the delay until a store's next round.
    fn next(&self, claim: &RoundClaim, found: Reconciled) -> Duration {
        let ReconcileConfig { busy, idle, .. } = self.config;
        let quiet = claim.quiet_for.is_none_or(|quiet| quiet > busy.saturating_mul(2));
        if found.conversations > 0 || found.unread > 0 || !quiet {
            return jitter(busy, 0.2);
        }
        let next = claim.age.saturating_mul(2);
        // A wide jitter on growing delays, so that stores that started together spread out.
        if next < idle { jitter(next.max(busy), 0.4) } else { jitter(idle, 0.1) }
    }

    /// Returns the delay before a failed store is reconciled again: from some seconds up to the
    /// delay of an idle store.
    fn retry(&self, claim: &RoundClaim, error: &ReconcileError) -> Duration {
        let ReconcileConfig { busy, idle, .. } = self.config;
        // There is no account to request anything from: provisioning hurries the round.
        if matches!(error, ReconcileError::Account(_)) {
            return jitter(idle, 0.1);
        }
        let longest = busy.saturating_mul(2_u32.saturating_pow(claim.failures)).min(idle);
        jitter(longest, 0.1)
            .min(retry_after(claim.failures.saturating_add(4)).max(busy / 8).saturating_mul(8))
            .max(SHORTEST)
    }

    /// Renews a claim until it is lost.
    async fn renew(&self, claim: &RoundClaim) {
        let lease = self.config.lease;
        let mut renewed = Instant::now();
        loop {
            sleep((lease / 3).max(TICK)).await;
            let asked = Instant::now();
            match guard::port("webhooks", self.ports.webhooks.extend_round(claim, lease)).await {
                Ok(true) => renewed = asked,
                Err(_) if renewed.elapsed() < lease => {}
                Ok(false) | Err(_) => return,
            }
        }
    }
}

#[async_trait]
impl Work for Reconciler {
    type Claim = RoundClaim;
    type Outcome = Served;

    fn store<'c>(&self, claim: &'c RoundClaim) -> &'c StoreId {
        &claim.store
    }

    async fn claim(&self, limit: usize, _: &[StoreId]) -> PortResult<Vec<RoundClaim>> {
        let claims = self.ports.webhooks.claim_rounds(limit, self.config.lease);
        guard::port("webhooks", claims).await
    }

    async fn wait(&self) {
        tokio::select! { biased;
            () = self.woken.notified() => {}
            () = sleep(self.config.poll.max(TICK)) => {}
        }
    }

    async fn serve(&self, claim: RoundClaim, mut stop: Stop) -> Served {
        let round = tokio::select! { biased;
            round = self.settled(&claim) => Some(round),
            () = self.renew(&claim) => Some(Err(ReconcileError::NotClaimed)),
            () = stop.cut() => None,
        };
        if round.is_none() {
            self.release(&claim).await;
        }
        (claim.store, round)
    }

    async fn release(&self, claim: &RoundClaim) {
        let released = guard::port("webhooks", self.ports.webhooks.release_round(claim));
        if let Err(error) = released.await {
            tracing::warn!(%error, store = %claim.store, "a round was not given back");
        }
    }
}

/// Returns a duration that is longer or shorter by up to this fraction, so that rounds spread out,
/// and that is never so short that a store is reconciled all the time.
fn jitter(duration: Duration, part: f64) -> Duration {
    scaled(duration, 1.0 + part * (2.0 * fastrand::f64() - 1.0)).max(SHORTEST)
}
