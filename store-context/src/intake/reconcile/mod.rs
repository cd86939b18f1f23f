//! Finds what Chatwoot never delivered.
//!
//! Chatwoot sends an account's webhook once; a timeout, a restart, a 5xx, and it is gone. So the
//! reconciler asks the API for every conversation that was touched since the last round, and takes
//! what the ledger does not know in the same way as a webhook.
//!
//! It finds each conversation that began, the state each is in now, a change of status that was not
//! told as such, and each message but Chatwoot's own notes (of which it sends no webhook either).
//! States between two rounds, and changes of a message, are not told by the API and not found.
//!
//! Rounds come from the ledger's schedule, so that any number of processes share them. A store is
//! asked for again soon while something happens there, and ever less often while nothing does.

mod round;

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::Error;
use tokio::time::Instant;

use self::round::Round;
use crate::accounts::{Accounts, StoreAccountError};
use crate::backoff::retry_after;
use crate::guard::{self, guarded};
use crate::model::StoreId;
use crate::pool::{Pool, Stop, Work};
use crate::ports::{PortError, PortResult, Ports, RoundClaim, RoundOutcome};

/// When and how stores are reconciled.
///
/// A round is one call for the list of touched conversations, one more for each of these whose
/// messages were not read since it was touched (and one for each 20 messages of it after the first
/// 20). With the defaults:
///
/// | store | rounds an hour | calls an hour | a lost event is found within |
/// |---|---|---|---|
/// | busy, `n` conversations touched between two rounds | 48 | 48 + 48 `n` | 2 minutes |
/// | idle | 2.4 | 2.4 | 30 minutes |
///
/// So 10,000 stores of which 100 are busy, in one conversation each, cost some 560 calls a minute:
/// less than a fifth of the 3,000 that Chatwoot allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconcileConfig {
    /// How many stores are reconciled at the same time: 8.
    pub slots: usize,
    /// How long until the next round of a store where something happened, and how long after a
    /// webhook one is due at the latest: 75 seconds, a fifth more or less.
    pub busy: Duration,
    /// How long between two rounds at the most: 25 minutes, a tenth more or less. While nothing
    /// happens each wait is twice as long as the one before.
    pub idle: Duration,
    /// How much further back than to the last round it looks: two minutes, since a server may be late
    /// to show what it has written.
    pub overlap: Duration,
    /// How far the server's clock may be from the ledger's: five minutes.
    pub skew: Duration,
    /// How long a conversation that cannot be read is asked for again: a day.
    pub unread_for: Duration,
    /// How long one round may take: ten minutes.
    pub time_limit: Duration,
    /// How long a claim of a round holds: a minute. It is renewed while the round runs.
    pub lease: Duration,
    /// How long to wait when no round is due: five seconds.
    pub poll: Duration,
    /// How long rounds may go on when the reconciler stops: 5 seconds. Then they are dropped, and
    /// are due again.
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

/// What a round found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Conversations that were touched since the round before.
    pub conversations: u64,
    /// Events that no webhook had told.
    pub found: u64,
    /// Conversations that could not be read; the next round asks for them again.
    pub unread: u64,
}

/// Why a round was not finished; the next one looks from the same time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another worker has the store's round.
    #[error("the store is reconciled by another worker")]
    NotClaimed,
    /// The round panicked, or took too long.
    #[error("the round {0}")]
    Cut(String),
}

/// Asks Chatwoot for what its webhooks did not bring.
#[derive(Clone, Debug)]
pub struct Reconciler {
    accounts: Accounts,
    ports: Ports,
    config: ReconcileConfig,
}

/// What became of one store's round; `None` if it was given back.
type Served = (StoreId, Option<Result<Reconciled, ReconcileError>>);

/// How often stores are looked for that are not scheduled.
const SCHEDULE_EVERY: Duration = Duration::from_mins(10);

/// How many stores are scheduled at once.
const STORES: usize = 500;

impl Reconciler {
    /// Creates a reconciler between the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: ReconcileConfig) -> Self {
        Self { accounts, ports, config }
    }

    /// Reconciles one store now, whether or not its round is due, and schedules it if it is not.
    ///
    /// # Errors
    /// The round was not finished; the next one looks from the same time. `NotClaimed` while another
    /// worker has it.
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
    /// The ledger failed.
    pub async fn run_due(&self) -> PortResult<Vec<(StoreId, Result<Reconciled, ReconcileError>)>> {
        let mut all = Vec::new();
        let told = |(store, round): Served| all.extend(round.map(|round| (store, round)));
        self.pool().run_until_idle(self, told).await?;
        Ok(all)
    }

    /// Reconciles stores for as long as the future is polled. To stop, use
    /// [`Reconciler::run_until`]: a round that is dropped is due again when its lease ends.
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Reconciles stores until `shutdown` is done. Then no round begins; those that run have
    /// [`ReconcileConfig::stop_within`] to end, and are dropped after that. It returns at most two
    /// seconds later, and nothing stays claimed.
    ///
    /// Every ten minutes it schedules the stores that are not.
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

    /// Schedules stores for ever.
    async fn schedule(&self) {
        loop {
            if let Err(error) = self.schedule_all().await {
                tracing::error!(%error, "the stores could not be scheduled");
            }
            tokio::time::sleep(SCHEDULE_EVERY).await;
        }
    }

    async fn schedule_all(&self) -> PortResult<()> {
        let mut after = None;
        loop {
            let ids = self.ports.stores.ids(after.as_ref(), STORES);
            let stores = guard::port("stores", ids).await?;
            let Some(last) = stores.last() else { return Ok(()) };
            guard::port("webhooks", self.ports.webhooks.schedule(&stores)).await?;
            after = Some(last.clone());
        }
    }

    /// Runs a claimed round, and settles it whatever comes of it.
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
                let next = self.next(claim, reconciled);
                let after_webhook = jitter(self.config.busy, 0.2);
                let began_ago = began.elapsed();
                let finished =
                    RoundOutcome::Finished { account, began_ago, unread, next, after_webhook };
                (finished, Ok(reconciled))
            }
            Err(error) => {
                tracing::warn!(%error, %store, "not reconciled; the next round looks again");
                let retry = self.retry(claim, &error);
                (RoundOutcome::Failed { retry, error: error.to_string() }, Err(error))
            }
        };
        guard::observe(&*self.ports.observer, |to| match &outcome {
            RoundOutcome::Failed { error, .. } => to.store_reconciled(store, Err(error)),
            RoundOutcome::Finished { .. } => {
                to.store_reconciled(store, Ok(told.as_ref().map_or(0, |told| told.found)));
            }
        });
        let settled = guard::port("webhooks", self.ports.webhooks.settle_round(claim, outcome));
        match settled.await {
            Ok(true) => told,
            // What was found is known now, and the other worker finds the rest.
            Ok(false) => told.and(Err(ReconcileError::NotClaimed)),
            Err(error) => told.and(Err(error.into())),
        }
    }

    /// How long until a store's next round.
    fn next(&self, claim: &RoundClaim, found: Reconciled) -> Duration {
        let ReconcileConfig { busy, idle, .. } = self.config;
        let quiet = claim.quiet_for.is_none_or(|quiet| quiet > busy * 2);
        if found.conversations > 0 || found.unread > 0 || !quiet {
            return jitter(busy, 0.2);
        }
        let next = claim.age * 2;
        // Widely spread on the way, so that stores that began together do not go on together.
        if next < idle { jitter(next.max(busy), 0.4) } else { jitter(idle, 0.1) }
    }

    /// How long until a store is asked again that could not be reconciled: from some seconds on, and
    /// as seldom as an idle one in the end.
    fn retry(&self, claim: &RoundClaim, error: &ReconcileError) -> Duration {
        let ReconcileConfig { busy, idle, .. } = self.config;
        // There is nothing to ask for: provisioning hurries the round.
        if matches!(error, ReconcileError::Account(_)) {
            return jitter(idle, 0.1);
        }
        let longest = busy.saturating_mul(2_u32.saturating_pow(claim.failures)).min(idle);
        jitter(longest, 0.1).min(retry_after(claim.failures.saturating_add(4)).max(busy / 8) * 8)
    }

    /// Renews a claim until it is lost.
    async fn renew(&self, claim: &RoundClaim) {
        let lease = self.config.lease;
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(lease / 3).await;
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
        tokio::time::sleep(self.config.poll).await;
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

/// A duration that is longer or shorter by up to this part of it, so that rounds spread.
fn jitter(duration: Duration, part: f64) -> Duration {
    duration.mul_f64(1.0 + part * (2.0 * fastrand::f64() - 1.0))
}
