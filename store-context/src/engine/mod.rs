//! All workers of a process together: start, stop, health.
//!
//! An [`Engine`] runs the contact sync, the dispatcher of webhooks, the reconciler and the sweep until
//! it is told to stop. Any number of processes may run one on the same ports: the ledgers share the
//! work out.

mod builder;
mod health;
mod supervise;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;

pub use self::builder::EngineBuilder;
pub use self::health::{EngineHealth, WorkerHealth};
use self::supervise::Worker;
use crate::accounts::Accounts;
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
}

/// How long after `shutdown` [`Engine::run_until`] returns at the latest.
const STOP_WITHIN: Duration = Duration::from_secs(10);

impl Engine {
    /// Begins an engine with the default configuration of each worker.
    pub fn builder(accounts: Accounts, ports: Ports) -> EngineBuilder {
        EngineBuilder::new(accounts, ports)
    }

    fn new(ports: Ports, workers: Vec<Worker>) -> Self {
        Self { ports, workers: workers.into() }
    }

    /// Runs the workers until `shutdown` is done. Then nothing more is claimed, what is under way is
    /// finished or given back, and it returns within ten seconds with nothing left claimed.
    ///
    /// A worker that panics is started again after a while that grows each time, and is counted in
    /// [`EngineHealth`]. The workers share the task that polls this future: handlers and ports that
    /// compute for long should use a blocking thread.
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

    /// Runs the workers for as long as the future is polled. What a dropped engine held is due again
    /// when its leases end; to stop without that, use [`Engine::run_until`].
    pub async fn run(&self) {
        self.run_until(std::future::pending()).await;
    }

    /// Returns how the workers and the ledgers are: for a health endpoint and metrics. It counts in
    /// both ledgers, so ask for it every few seconds, not at each request.
    ///
    /// # Errors
    /// A ledger failed, which is a finding too.
    pub async fn health(&self) -> PortResult<EngineHealth> {
        health::of(&self.ports, &self.workers).await
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let workers: Vec<_> = self.workers.iter().map(Worker::name).collect();
        f.debug_struct("Engine").field("workers", &workers).finish_non_exhaustive()
    }
}
