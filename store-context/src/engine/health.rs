//! How the engine of a process is.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::supervise::Worker;
use crate::ports::{PortResult, Ports, SyncCounts, WebhookCounts};

/// How a worker is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorkerHealth {
    /// Its name: `sync`, `dispatch`, `reconcile`, `sweep` or `purge`.
    pub name: &'static str,
    /// Whether it runs. It does not before the engine runs, after a stop, and while it waits to be
    /// started again after a panic.
    pub running: bool,
    /// How often it panicked and was started again.
    pub restarts: u32,
    /// How long ago it was last polled, in seconds; `None` before it ran. It is every few
    /// seconds: a minute means that the task it is in is blocked.
    pub polled_seconds_ago: Option<u64>,
}

/// How the workers of this process and the ledgers of all are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EngineHealth {
    /// The workers of this process.
    pub workers: Vec<WorkerHealth>,
    /// What the sync ledger holds, of all stores.
    pub sync: SyncCounts,
    /// How long the oldest customer has waited to be synced, in seconds.
    pub sync_lag_seconds: u64,
    /// What the webhook ledger holds, of all stores.
    pub webhooks: WebhookCounts,
    /// How long the oldest entry has waited to be handled, in seconds.
    pub webhook_lag_seconds: u64,
    /// How many stores are paused because their Chatwoot cannot be used, at most a hundred counted.
    pub paused_stores: usize,
}

/// A worker that was not polled for so long is not alive.
const ALIVE: Duration = Duration::from_mins(1);

/// How many paused stores are counted.
const PAUSED: usize = 100;

impl EngineHealth {
    /// Returns whether each worker of this process runs and was polled within a minute: what a
    /// liveness probe asks. Lags, parked rows and paused stores are no part of it, since starting the
    /// process again mends none of them.
    pub fn is_alive(&self) -> bool {
        let recent = |ago: u64| ago <= ALIVE.as_secs();
        self.workers
            .iter()
            .all(|worker| worker.running && worker.polled_seconds_ago.is_some_and(recent))
    }
}

pub(super) async fn of(ports: &Ports, workers: &[Worker]) -> PortResult<EngineHealth> {
    let workers = workers.iter().map(|worker| WorkerHealth {
        name: worker.name(),
        running: worker.is_running(),
        restarts: worker.restarts(),
        polled_seconds_ago: worker.polled_ago().map(|ago| ago.as_secs()),
    });
    let sync = ports.sync.counts(None).await?;
    let webhooks = ports.webhooks.counts(None).await?;
    let paused_stores = ports.sync.paused(None, PAUSED).await?.len();
    let now = ports.clock.now();
    let lag = |since: Option<Timestamp>| {
        let seconds = since.map_or(0, |since| now.duration_since(since).as_secs());
        u64::try_from(seconds).unwrap_or_default()
    };
    Ok(EngineHealth {
        workers: workers.collect(),
        sync_lag_seconds: lag(sync.oldest_wanted_at),
        webhook_lag_seconds: lag(webhooks.oldest_waiting_since),
        sync,
        webhooks,
        paused_stores,
    })
}
