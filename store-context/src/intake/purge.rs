//! Removes entries that were handled long ago.

use std::sync::Arc;
use std::time::Duration;

use crate::guard;
use crate::ports::{PortResult, Ports, WebhookLedger};

/// The configuration of a [`WebhookPurge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeConfig {
    /// How long keys of handled entries and states of unchanged conversations are kept. It must be
    /// longer than the reconciler looks back. The default is a week.
    pub keep: Duration,
    /// The interval between two purges. The default is ten minutes.
    pub every: Duration,
    /// The number of entries and states that are removed at once. The default is 1,000.
    pub batch: usize,
}

impl Default for PurgeConfig {
    fn default() -> Self {
        Self { keep: Duration::from_hours(7 * 24), every: Duration::from_mins(10), batch: 1_000 }
    }
}

/// Removes entries that were handled long ago, so that the ledger does not grow for ever.
#[derive(Clone)]
pub struct WebhookPurge {
    ledger: Arc<dyn WebhookLedger>,
    config: PurgeConfig,
}

impl WebhookPurge {
    /// Creates a purge of the host's webhook ledger.
    pub fn new(ports: &Ports, config: PurgeConfig) -> Self {
        Self { ledger: ports.webhooks.clone(), config }
    }

    /// Removes everything that is old enough, batch after batch, and returns the number of entries
    /// and states.
    ///
    /// # Errors
    /// Returns an error if the ledger failed.
    pub async fn run_once(&self) -> PortResult<u64> {
        let PurgeConfig { keep, batch, .. } = self.config;
        let mut sum = 0;
        loop {
            let purged = guard::port("webhooks", self.ledger.purge(keep, batch.max(1))).await?;
            sum += purged;
            if purged < batch.max(1) as u64 {
                return Ok(sum);
            }
        }
    }

    /// Purges at intervals until `shutdown` completes, and then returns at once.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let purge = async {
            loop {
                match self.run_once().await {
                    Ok(0) => {}
                    Ok(purged) => tracing::debug!(purged, "handled webhooks were forgotten"),
                    Err(error) => tracing::error!(%error, "the webhook ledger cannot be purged"),
                }
                tokio::time::sleep(self.config.every).await;
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
