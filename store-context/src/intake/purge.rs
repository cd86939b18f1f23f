//! Lets go what was handled long ago.

use std::sync::Arc;
use std::time::Duration;

use crate::guard;
use crate::ports::{PortResult, Ports, WebhookLedger};

/// What is forgotten, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeConfig {
    /// For how long entries that were handled are known again, and states of conversations that were
    /// not touched are kept: a week. It has to be longer than the reconciler looks back.
    pub keep: Duration,
    /// How long to wait between two purges: ten minutes.
    pub every: Duration,
    /// How many entries and states are forgotten at once: 1,000.
    pub batch: usize,
}

impl Default for PurgeConfig {
    fn default() -> Self {
        Self { keep: Duration::from_hours(7 * 24), every: Duration::from_mins(10), batch: 1_000 }
    }
}

/// Forgets what was handled long ago, so that the ledger does not grow for ever.
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

    /// Forgets all that is old enough, batch after batch, and returns how many entries and states.
    ///
    /// # Errors
    /// The ledger failed.
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

    /// Purges round after round until `shutdown` is done; it ends at once.
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
