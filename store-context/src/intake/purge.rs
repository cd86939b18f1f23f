//! Removes entries that were handled or parked long ago.

use std::sync::Arc;
use std::time::Duration;

use crate::guard;
use crate::ports::{Observer, PortResult, Ports, PurgeRequest, Purged, WebhookLedger};
use crate::time::pause;

/// The configuration of a [`WebhookPurge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeConfig {
    /// How long keys of handled entries and states of unchanged conversations are kept. It must be
    /// longer than the reconciler looks back. The default is a week.
    pub keep: Duration,
    /// How long parked entries are kept, with their events, for a replay; `None` keeps them for
    /// ever. They contain personal data. It must not be shorter than `keep`. The default is 90 days.
    pub keep_parked: Option<Duration>,
    /// The interval between two purges. The default is ten minutes.
    pub every: Duration,
    /// The number of entries and states that are removed at once. The default is 1,000.
    pub batch: usize,
}

impl Default for PurgeConfig {
    fn default() -> Self {
        Self {
            keep: Duration::from_hours(7 * 24),
            keep_parked: Some(Duration::from_hours(90 * 24)),
            every: Duration::from_mins(10),
            batch: 1_000,
        }
    }
}

/// Removes entries that were handled or parked long ago, so that the ledger does not grow for ever.
#[derive(Clone)]
pub struct WebhookPurge {
    ledger: Arc<dyn WebhookLedger>,
    observer: Arc<dyn Observer>,
    config: PurgeConfig,
}

impl WebhookPurge {
    /// Creates a purge of the host's webhook ledger.
    pub fn new(ports: &Ports, config: PurgeConfig) -> Self {
        Self { ledger: ports.webhooks.clone(), observer: ports.observer.clone(), config }
    }

    /// Removes everything that is old enough, batch after batch, and returns the numbers of entries
    /// and states. The observer is told of each batch.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; what was removed until then stays removed.
    pub async fn run_once(&self) -> PortResult<Purged> {
        let PurgeConfig { keep, keep_parked, batch, .. } = self.config;
        let request = PurgeRequest {
            handled_before: keep,
            parked_before: keep_parked.map(|parked| parked.max(keep)),
            limit: batch.max(1),
        };
        let mut sum = Purged::default();
        loop {
            let purged = guard::port("webhooks", self.ledger.purge(&request)).await?;
            if purged.total() > 0 {
                guard::observe(&*self.observer, |to| to.webhooks_purged(&purged));
            }
            sum.handled += purged.handled;
            sum.states += purged.states;
            sum.parked += purged.parked;
            if purged.total() < request.limit as u64 {
                return Ok(sum);
            }
        }
    }

    /// Purges at intervals until `shutdown` completes, and then returns at once.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let purge = async {
            loop {
                match self.run_once().await {
                    Ok(Purged { handled, states, parked: 0 }) => {
                        tracing::debug!(handled, states, "handled webhooks were purged");
                    }
                    Ok(Purged { handled, states, parked }) => {
                        tracing::warn!(
                            parked,
                            handled,
                            states,
                            "webhooks were purged that no handler succeeded with"
                        );
                    }
                    Err(error) => tracing::error!(%error, "the webhook ledger cannot be purged"),
                }
                pause(self.config.every).await;
            }
        };
        tokio::select! { biased; () = shutdown => {}, () = purge => {} }
    }
}

impl std::fmt::Debug for WebhookPurge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookPurge").field("config", &self.config).finish_non_exhaustive()
    }
}
