//! The health of the workers and the ledgers.

use std::error::Error;
use std::time::Duration;

use futures_util::future::try_join3;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::supervise::Worker;
use crate::guard;
use crate::ports::{PortError, PortFailure, PortResult, Ports, SyncCounts, WebhookCounts};

/// The health of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorkerHealth {
    /// The worker's name: `sync`, `dispatch`, `reconcile`, `sweep`, `purge`, `activity` or
    /// `live`.
    pub name: &'static str,
    /// Whether the worker is running. It is not before the engine starts, after a stop, and while
    /// it waits for a restart after a panic.
    pub running: bool,
    /// The number of restarts after a panic.
    pub restarts: u32,
    /// The time since the worker was last polled, in seconds; `None` before it first ran. A worker
    /// wakes every few seconds: a minute means that its task is blocked.
    pub polled_seconds_ago: Option<u64>,
}

/// The health of the workers of this process and of the shared ledgers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EngineHealth {
    /// The workers of this process.
    pub workers: Vec<WorkerHealth>,
    /// The counts of the sync ledger, for all stores.
    pub sync: SyncCounts,
    /// How long the oldest customer has waited to be synced, in seconds.
    pub sync_lag_seconds: u64,
    /// The counts of the webhook ledger, for all stores.
    pub webhooks: WebhookCounts,
    /// How long the oldest entry has waited to be handled, in seconds.
    pub webhook_lag_seconds: u64,
    /// The number of stores that are paused because their Chatwoot cannot be used; at most 100.
    pub paused_stores: usize,
    /// The lines of this process to live feeds; `None` if it listens to none.
    #[cfg(feature = "live")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<crate::live::LiveHealth>,
}

/// A worker that was not polled for this long counts as dead.
const ALIVE: Duration = Duration::from_mins(1);

/// The time limit of the ledgers: a health endpoint is asked by somebody who waits.
const LIMIT: Duration = Duration::from_secs(3);

/// How long counts are kept: counting may take a database a while, however often it is asked.
const KEPT: Duration = Duration::from_secs(3);

/// The maximum number of paused stores that are counted.
const PAUSED: usize = 100;

impl EngineHealth {
    /// Returns whether each worker of this process runs and was polled within the last minute, for
    /// a liveness probe. Lags, parked rows and paused stores are not considered, since restarting
    /// the process repairs none of them.
    pub fn is_alive(&self) -> bool {
        let recent = |ago: u64| ago <= ALIVE.as_secs();
        self.workers
            .iter()
            .all(|worker| worker.running && worker.polled_seconds_ago.is_some_and(recent))
    }
}

/// The ledgers' counts of the last few seconds.
#[derive(Debug, Default)]
pub(super) struct LastCounts(Mutex<Option<(Instant, Result<Counts, Failed>)>>);

#[derive(Clone, Copy, Debug)]
struct Counts {
    sync: SyncCounts,
    webhooks: WebhookCounts,
    paused_stores: usize,
}

/// An error of a port that can be returned again.
#[derive(Clone, Debug)]
struct Failed {
    port: &'static str,
    reason: String,
}

impl LastCounts {
    /// Returns the counts, which are read at most once at a time and every few seconds.
    async fn get(&self, ports: &Ports) -> PortResult<Counts> {
        let mut last = self.0.lock().await;
        let recent = last.as_ref().filter(|(at, _)| at.elapsed() < KEPT).map(|(_, it)| it.clone());
        let counts = if let Some(counts) = recent {
            counts
        } else {
            let counts = count(ports).await.map_err(|error| Failed::of(&error));
            *last = Some((Instant::now(), counts.clone()));
            counts
        };
        counts.map_err(|Failed { port, reason }| PortError::new(port, reason))
    }
}

impl Failed {
    fn of(error: &PortFailure) -> Self {
        let reason = error.source().map_or_else(String::new, ToString::to_string);
        Self { port: error.port().unwrap_or("ledger"), reason }
    }
}

async fn count(ports: &Ports) -> PortResult<Counts> {
    let (sync, webhooks, paused) = try_join3(
        guard::port_within(LIMIT, "sync ledger", ports.sync.counts(None)),
        guard::port_within(LIMIT, "webhook ledger", ports.webhooks.counts(None)),
        guard::port_within(LIMIT, "sync ledger", ports.sync.paused(None, PAUSED)),
    )
    .await?;
    Ok(Counts { sync, webhooks, paused_stores: paused.len() })
}

pub(super) async fn of(
    ports: &Ports,
    workers: &[Worker],
    last: &LastCounts,
) -> PortResult<EngineHealth> {
    let workers = workers.iter().map(|worker| WorkerHealth {
        name: worker.name(),
        running: worker.is_running(),
        restarts: worker.restarts(),
        polled_seconds_ago: worker.polled_ago().map(|ago| ago.as_secs()),
    });
    let Counts { sync, webhooks, paused_stores } = last.get(ports).await?;
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
        #[cfg(feature = "live")]
        live: None,
    })
}
