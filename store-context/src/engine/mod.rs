//! The engine, which starts, stops and monitors all workers of a process.
//!
//! An [`Engine`] runs the contact sync, the dispatcher of webhooks, the reconciler, the sweep, the
//! purges and, if wanted, the live feed until it is stopped. Any number of processes may run one on the same ports: the
//! ledgers distribute the work.

mod builder;
mod health;
mod supervise;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;

pub use self::builder::EngineBuilder;
use self::health::LastCounts;
pub use self::health::{EngineHealth, WorkerHealth};
use self::supervise::Worker;
use crate::accounts::Accounts;
#[cfg(feature = "live")]
use crate::live::LiveFeed;
use crate::ports::{PortResult, Ports};

/// Runs the workers of a process.
///
/// ```
/// use std::sync::Arc;
/// use store_context::accounts::Accounts;
/// use store_context::async_trait;
/// use store_context::engine::Engine;
/// use store_context::intake::{Handler, HandlerContext, HandlerError};
/// use store_context::ports::{Entry, Ports};
///
/// struct Print;
///
/// #[async_trait]
/// impl Handler for Print {
///     async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
///         println!("{}: {}", entry.store, entry.event.name());
///         Ok(())
///     }
/// }
///
/// # async fn example(accounts: Accounts, ports: Ports, stop: tokio::sync::oneshot::Receiver<()>) {
/// let engine = Engine::builder(accounts, ports).handler(Arc::new(Print)).build();
/// engine.run_until(async { stop.await.unwrap_or_default() }).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    ports: Ports,
    workers: Arc<[Worker]>,
    counts: Arc<LastCounts>,
    #[cfg(feature = "live")]
    live: Option<LiveFeed>,
}

/// The maximum time that [`Engine::run_until`] takes to return after `shutdown` completes.
const STOP_WITHIN: Duration = Duration::from_secs(10);

impl Engine {
    /// Creates a builder with the default configuration of each worker.
    pub fn builder(accounts: Accounts, ports: Ports) -> EngineBuilder {
        EngineBuilder::new(accounts, ports)
    }

    fn new(
        ports: Ports,
        workers: Vec<Worker>,
        #[cfg(feature = "live")] live: Option<LiveFeed>,
    ) -> Self {
        Self {
            ports,
            workers: workers.into(),
            counts: Arc::default(),
            #[cfg(feature = "live")]
            live,
        }
    }

    /// Runs the workers until `shutdown` completes. Then the workers claim no more, finish or
    /// return the work in progress, and the method returns within ten seconds with nothing left
    /// claimed.
    ///
    /// A worker that panics is restarted after a growing delay, and the restart is counted in
    /// [`EngineHealth`]. The workers share the task that polls this future: handlers and ports with
    /// long computations should use a blocking thread.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let shutdown = shutdown.shared();
        let workers = join_all(self.workers.iter().map(|worker| worker.run(shutdown.clone())));
        let limit = async {
            shutdown.clone().await;
            tokio::time::sleep(STOP_WITHIN).await;
        };
        tokio::select! {
            biased;
            _ = workers => {}
            () = limit => tracing::error!("workers did not stop in time and were dropped"),
        }
    }

    /// Runs the workers for as long as the future is polled. Work that a dropped engine had claimed
    /// is due again when its leases expire; to stop without that delay, use [`Engine::run_until`].
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Returns the health of the workers and the ledgers, for a health endpoint and metrics. The
    /// counts of the ledgers are read at most every three seconds, however often it is called.
    ///
    /// # Errors
    /// Returns an error if a ledger failed or did not answer within three seconds, which is a
    /// health result too.
    pub async fn health(&self) -> PortResult<EngineHealth> {
        let health = health::of(&self.ports, &self.workers, &self.counts).await?;
        #[cfg(feature = "live")]
        let health = EngineHealth { live: self.live.as_ref().map(LiveFeed::health), ..health };
        Ok(health)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let workers: Vec<_> = self.workers.iter().map(Worker::name).collect();
        f.debug_struct("Engine").field("workers", &workers).finish_non_exhaustive()
    }
}
