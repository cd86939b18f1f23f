//! The retention of what customers did in the shop.
//!
//! A host records it in its [`ActivityLog`] while it happens. It is personal data, so the engine
//! removes what is old ([`ActivityPurge`]).

use std::sync::Arc;
use std::time::Duration;

use crate::guard;
use crate::ports::{ActivityLog, PortResult, Ports};
use crate::time::pause;

/// How long activities are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityRetention {
    /// How long an activity is kept. The default is 90 days.
    pub keep: Duration,
    /// The interval between two purges. The default is ten minutes.
    pub every: Duration,
    /// The number of activities that are removed at once. The default is 1,000.
    pub batch: usize,
}

impl Default for ActivityRetention {
    fn default() -> Self {
        Self { keep: Duration::from_hours(90 * 24), every: Duration::from_mins(10), batch: 1_000 }
    }
}

/// Removes activities that are older than their retention. An
/// [`Engine`](crate::engine::Engine) runs one if the host records activities.
///
/// ```
/// use std::time::Duration;
/// use store_context::activity::{ActivityPurge, ActivityRetention};
/// # use store_context::ports::{PortResult, Ports};
///
/// # async fn example(ports: Ports) -> PortResult<()> {
/// let month = ActivityRetention { keep: Duration::from_hours(30 * 24), ..Default::default() };
/// if let Some(purge) = ActivityPurge::new(&ports, month) {
///     println!("{} activities were removed", purge.run_once().await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ActivityPurge {
    log: Arc<dyn ActivityLog>,
    retention: ActivityRetention,
}

impl ActivityPurge {
    /// Creates a purge of the host's activity log; `None` if the host records no activities.
    pub fn new(ports: &Ports, retention: ActivityRetention) -> Option<Self> {
        Some(Self { log: ports.activity.clone()?, retention })
    }

    /// Removes everything that is old enough, batch after batch, and returns the number.
    ///
    /// # Errors
    /// Returns an error if the log failed; what was removed until then stays removed.
    pub async fn run_once(&self) -> PortResult<u64> {
        let batch = self.retention.batch.max(1);
        let mut sum = 0;
        loop {
            let purge = self.log.purge(self.retention.keep, batch);
            let removed = guard::port("activity", purge).await?;
            sum += removed;
            if removed < batch as u64 {
                return Ok(sum);
            }
        }
    }

    /// Purges at intervals until `shutdown` completes, and then returns at once.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let purge = async {
            loop {
                match self.run_once().await {
                    Ok(removed) => tracing::debug!(removed, "old activities were purged"),
                    Err(error) => tracing::error!(%error, "the activity log cannot be purged"),
                }
                pause(self.retention.every).await;
            }
        };
        tokio::select! { biased; () = shutdown => {}, () = purge => {} }
    }
}

impl std::fmt::Debug for ActivityPurge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ActivityPurge");
        shown.field("retention", &self.retention).finish_non_exhaustive()
    }
}
