//! The builder of the engine: its workers and their configuration.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::supervise::Worker;
use crate::accounts::Accounts;
use crate::activity::{ActivityPurge, ActivityRetention};
use crate::intake::{
    DispatchConfig, Dispatcher, Handler, PurgeConfig, ReconcileConfig, Reconciler, WebhookPurge,
};
#[cfg(feature = "live")]
use crate::live::{LiveConfig, LiveFeed, LiveStores};
use crate::ports::Ports;
use crate::sync::{ContactSync, SyncConfig};

/// Builds an [`Engine`]. Every worker runs unless it is disabled; without a handler there is no
/// dispatcher.
#[must_use = "a builder does nothing until it is built"]
pub struct EngineBuilder {
    accounts: Accounts,
    ports: Ports,
    sync: Option<SyncConfig>,
    handler: Option<Arc<dyn Handler>>,
    dispatch: DispatchConfig,
    reconcile: Option<ReconcileConfig>,
    sweep_every: Option<Duration>,
    purge: Option<PurgeConfig>,
    activity: Option<ActivityRetention>,
    #[cfg(feature = "live")]
    live: Option<LiveConfig>,
}

impl EngineBuilder {
    pub(super) fn new(accounts: Accounts, ports: Ports) -> Self {
        Self {
            accounts,
            ports,
            sync: Some(SyncConfig::default()),
            handler: None,
            dispatch: DispatchConfig::default(),
            reconcile: Some(ReconcileConfig::default()),
            sweep_every: Some(Duration::from_hours(24)),
            purge: Some(PurgeConfig::default()),
            activity: Some(ActivityRetention::default()),
            #[cfg(feature = "live")]
            live: None,
        }
    }

    /// Sets the configuration of the contact sync; `None` leaves the sync and the sweep to other
    /// processes.
    pub fn sync(mut self, config: impl Into<Option<SyncConfig>>) -> Self {
        self.sync = config.into();
        self
    }

    /// Sets the handler of events; without one, events wait for a process that has a handler.
    pub fn handler(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handler = Some(handler);
        self
    }

    /// Sets the configuration of the dispatcher.
    pub fn dispatch(mut self, config: DispatchConfig) -> Self {
        self.dispatch = config;
        self
    }

    /// Sets the configuration of the reconciler; `None` leaves reconciliation to other processes.
    pub fn reconcile(mut self, config: impl Into<Option<ReconcileConfig>>) -> Self {
        self.reconcile = config.into();
        self
    }

    /// Sets the interval between two sweeps of a store, a day by default; `None` leaves the sweeps
    /// to other processes.
    pub fn sweep_every(mut self, every: impl Into<Option<Duration>>) -> Self {
        self.sweep_every = every.into();
        self
    }

    /// Sets when handled events are purged; `None` leaves the purge to other processes.
    pub fn purge(mut self, config: impl Into<Option<PurgeConfig>>) -> Self {
        self.purge = config.into();
        self
    }

    /// Sets how long customers' activities are kept, 90 days by default, if the host records any;
    /// `None` leaves their purge to other processes.
    pub fn activity(mut self, retention: impl Into<Option<ActivityRetention>>) -> Self {
        self.activity = retention.into();
        self
    }

    /// Sets the configuration of the live feed, which is not listened to by default.
    ///
    /// With [`LiveStores::Busy`] each process that reconciles needs it, because the reconciler lists
    /// the busy stores; one that is to hold no line sets [`LiveConfig::lines`] to 0.
    #[cfg(feature = "live")]
    pub fn live(mut self, config: impl Into<Option<LiveConfig>>) -> Self {
        self.live = config.into();
        self
    }

    /// Builds the engine without starting it.
    pub fn build(self) -> Engine {
        let Self { accounts, ports, .. } = self;
        let mut workers = Vec::new();
        if let Some(config) = self.sync {
            let sync = ContactSync::new(accounts.clone(), ports.clone(), config);
            let of = sync.clone();
            workers.push(Worker::new("sync", ports.clone(), move |shutdown| {
                let sync = of.clone();
                async move { sync.run_until(shutdown).await }
            }));
            if let Some(every) = self.sweep_every {
                workers.push(Worker::new("sweep", ports.clone(), move |shutdown| {
                    let sync = sync.clone();
                    async move { sync.sweep_until(every, shutdown).await }
                }));
            }
        }
        if let Some(handler) = self.handler {
            let dispatcher = Dispatcher::new(accounts.clone(), &ports, handler, self.dispatch);
            workers.push(Worker::new("dispatch", ports.clone(), move |shutdown| {
                let dispatcher = dispatcher.clone();
                async move { dispatcher.run_until(shutdown).await }
            }));
        }
        let reconciler =
            self.reconcile.map(|config| Reconciler::new(accounts.clone(), ports.clone(), config));
        #[cfg(feature = "live")]
        let (reconciler, live) = with_live(reconciler, &accounts, &ports, self.live);
        #[cfg(feature = "live")]
        if let Some(feed) = live.clone() {
            workers.push(Worker::new("live", ports.clone(), move |shutdown| {
                let feed = feed.clone();
                async move { feed.run_until(shutdown).await }
            }));
        }
        if let Some(reconciler) = reconciler {
            workers.push(Worker::new("reconcile", ports.clone(), move |shutdown| {
                let reconciler = reconciler.clone();
                async move { reconciler.run_until(shutdown).await }
            }));
        }
        if let Some(config) = self.purge {
            let purge = WebhookPurge::new(&ports, config);
            workers.push(Worker::new("purge", ports.clone(), move |shutdown| {
                let purge = purge.clone();
                async move { purge.run_until(shutdown).await }
            }));
        }
        let purge = self.activity.and_then(|retention| ActivityPurge::new(&ports, retention));
        if let Some(purge) = purge {
            workers.push(Worker::new("activity", ports.clone(), move |shutdown| {
                let purge = purge.clone();
                async move { purge.run_until(shutdown).await }
            }));
        }
        Engine::new(
            ports,
            workers,
            #[cfg(feature = "live")]
            live,
        )
    }
}

/// Adds the live feed, which wakes the reconciler, which lists the busy stores.
#[cfg(feature = "live")]
fn with_live(
    reconciler: Option<Reconciler>,
    accounts: &Accounts,
    ports: &Ports,
    config: Option<LiveConfig>,
) -> (Option<Reconciler>, Option<LiveFeed>) {
    let Some(config) = config else { return (reconciler, None) };
    let busy = config.stores == LiveStores::Busy;
    let reconciler = reconciler.map(|it| if busy { it.listing_lines() } else { it });
    let feed = LiveFeed::new(accounts.clone(), ports.clone(), config);
    let feed = match reconciler.clone() {
        Some(reconciler) => feed.waking(reconciler),
        None => feed,
    };
    (reconciler, Some(feed))
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder").finish_non_exhaustive()
    }
}
