//! The live feed: hears at once what happens in the stores' accounts, webhooks or not.
//!
//! Chatwoot's own dashboard hears of everything over a WebSocket. A [`LiveFeed`] holds such a line
//! for each store that is to have one, with the token of the store's administrator. What it hears is
//! a hint and never a fact: nothing is kept for who is not connected, and nothing is sent again. So
//! it replaces neither webhooks nor the reconciler nor the sweep; it only makes them look now.
//!
//! | heard | what it does |
//! |---|---|
//! | a message or a state of a conversation that the webhook ledger does not know | the next round of the [`Reconciler`] is due now; it stores what is missing as it does any other time |
//! | a contact was merged, deleted or changed | the row of the contact's customer is in doubt, and synced now |
//! | the line was opened, or lost frames | both: a round now, and a sweep of the contacts within [`LiveConfig::sweep_within`] |
//! | something of a customer's contact | open panels read again, if there are [`LiveConfig::signals`] |
//! | what the store's administrator did, who is the engine itself | nothing |
//!
//! Processes share the lines by the port [`LiveLines`](crate::ports::LiveLines): the lines of a
//! process that died go to the others when their leases expire. A store that is suspended,
//! offboarding, or paused because its account cannot be used has no line. Where a human uses the
//! administrator's account too, what they do is found by the next round or sweep only.
//!
//! As long as a line is open, Chatwoot shows the administrator as online for 20 seconds after each
//! connect, and not longer: a service does not renew its presence.

mod health;
mod heard;
mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{AbortHandle, AbortRegistration, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, future};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use self::health::Counters;
pub use self::health::LiveHealth;
use self::line::{Ended, Line};
use crate::accounts::Accounts;
use crate::guard::{self, lock};
use crate::intake::Reconciler;
use crate::model::StoreId;
use crate::ports::{LineClaim, PortResult, Ports, Signals};
use crate::store_ids::StoreIds;
use crate::time::{SHORTEST, TICK};

/// The stores whose live feed is listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiveStores {
    /// All stores.
    All,
    /// Stores in which conversations were active lately: a round of the reconciler that finds one
    /// lists the store, and the line is given up after [`LiveConfig::quiet`] without an event.
    #[default]
    Busy,
}

/// The configuration of a [`LiveFeed`].
#[derive(Clone)]
pub struct LiveConfig {
    /// The stores to listen to. The default is the busy ones.
    pub stores: LiveStores,
    /// The maximum number of lines of this process; stores beyond the lines of all processes have
    /// none. The default is 200.
    pub lines: usize,
    /// How long after the first event of a burst it is acted upon: long enough that a webhook of
    /// the same event has usually arrived, which makes a round unnecessary. The default is half a
    /// second.
    pub act_after: Duration,
    /// How soon a store's contacts are compared after a line was opened: merges and deletions may
    /// have been missed, and a sweep costs a call per 15 contacts. `None` leaves them to the
    /// regular sweep. The default is an hour.
    pub sweep_within: Option<Duration>,
    /// How long a line of [`LiveStores::Busy`] is kept without an event. The default is an hour.
    pub quiet: Duration,
    /// The duration of a claim's lease on a line, which is renewed three times as often. The
    /// default is a minute.
    pub lease: Duration,
    /// The delay before the next claim if there are fewer lines than this process can hold. The
    /// default is five seconds.
    pub poll: Duration,
    /// How often the record of a line's store is read again, so that a suspended store loses its
    /// line and a changed token is used. The default is a minute.
    pub check: Duration,
    /// Wakes open panels. The default is `None`.
    pub signals: Option<Arc<dyn Signals>>,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            stores: LiveStores::default(),
            lines: 200,
            act_after: Duration::from_millis(500),
            sweep_within: Some(Duration::from_hours(1)),
            quiet: Duration::from_hours(1),
            lease: Duration::from_mins(1),
            poll: Duration::from_secs(5),
            check: Duration::from_mins(1),
            signals: None,
        }
    }
}

impl fmt::Debug for LiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveConfig")
            .field("stores", &self.stores)
            .field("lines", &self.lines)
            .field("act_after", &self.act_after)
            .field("sweep_within", &self.sweep_within)
            .field("signals", &self.signals.is_some())
            .finish_non_exhaustive()
    }
}

/// Listens to the stores' live feeds. Clones share their state.
///
/// [`Engine`](crate::engine::Engine) runs it with the other workers
/// ([`EngineBuilder::live`](crate::engine::EngineBuilder::live)).
///
/// ```
/// use store_context::accounts::Accounts;
/// use store_context::intake::Reconciler;
/// use store_context::live::{LiveConfig, LiveFeed, LiveStores};
/// use store_context::ports::Ports;
///
/// # async fn example(accounts: Accounts, ports: Ports, reconciler: Reconciler) {
/// let config = LiveConfig { stores: LiveStores::All, ..LiveConfig::default() };
/// let feed = LiveFeed::new(accounts, ports, config).waking(reconciler);
/// feed.run_until(async { tokio::time::sleep(std::time::Duration::from_secs(60)).await }).await;
/// println!("{} lines were open", feed.health().opened);
/// # }
/// ```
#[derive(Clone)]
pub struct LiveFeed {
    accounts: Accounts,
    ports: Ports,
    config: Arc<LiveConfig>,
    reconciler: Option<Reconciler>,
    counters: Arc<Counters>,
    held: Arc<Mutex<BTreeMap<StoreId, Held>>>,
}

/// A line of this process.
struct Held {
    claim: LineClaim,
    stop: AbortHandle,
}

/// A claim, and how its line is stopped.
type Opened = (LineClaim, AbortRegistration);

/// The number of lines that are opened per second: each asks for the user's profile.
const OPEN_AT_ONCE: usize = 20;

/// How often stores without a line are looked for.
const SCHEDULE_EVERY: Duration = Duration::from_mins(10);

/// How long a line of a paused store is left alone.
const PAUSED_FOR: Duration = Duration::from_mins(1);

/// The time limit of what a stop waits for: a claim that is made, and the return of the lines.
const STOP_WITHIN: Duration = Duration::from_secs(3);

impl LiveFeed {
    /// Creates a feed for the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: LiveConfig) -> Self {
        let lease = config.lease.max(SHORTEST);
        let config = Arc::new(LiveConfig { lease, ..config });
        let (counters, held) = (Arc::default(), Arc::default());
        Self { accounts, ports, config, reconciler: None, counters, held }
    }

    /// Also wakes the reconciler of this process, which otherwise notices a hint within
    /// [`ReconcileConfig::poll`](crate::intake::ReconcileConfig::poll), as those of other processes
    /// do.
    pub fn waking(self, reconciler: Reconciler) -> Self {
        Self { reconciler: Some(reconciler), ..self }
    }

    /// Returns the state of this process's lines.
    pub fn health(&self) -> LiveHealth {
        self.counters.health(lock(&self.held).len())
    }

    /// Listens until `shutdown` completes, and returns the lines, so that other processes can have
    /// them at once.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let (opened, lines) = unbounded_channel();
        tokio::select! { biased;
            // No claim is dropped while it is made: its lines would wait for their leases.
            () = self.claim(&opened, shutdown) => {}
            () = self.listen(lines) => {}
            _ = future::join(self.schedule(), self.renew()) => {}
        }
        let held = std::mem::take(&mut *lock(&self.held));
        let claims: Vec<LineClaim> = held.into_values().map(|held| held.claim).collect();
        let released = self.ports.live_lines.release(&claims, Duration::ZERO);
        let released = guard::port_within(STOP_WITHIN, "live lines", released).await;
        if let Err(error) = released {
            tracing::warn!(%error, "the lines were not returned; their leases expire");
        }
    }

    /// Listens for as long as the future is polled. To stop, use [`LiveFeed::run_until`]: lines
    /// that are dropped go to other processes when their leases expire.
    pub async fn run(&self) {
        self.run_until(future::pending()).await;
    }

    /// Drives all lines, each on its own; what becomes of one does nothing to the others.
    async fn listen(&self, mut opened: UnboundedReceiver<Opened>) {
        let mut lines = FuturesUnordered::new();
        loop {
            tokio::select! { biased;
                Some((claim, stopped)) = opened.recv() => {
                    lines.push(Abortable::new(self.line(claim).boxed(), stopped));
                }
                Some(_) = lines.next(), if !lines.is_empty() => {}
                else => return,
            }
        }
    }

    /// Holds one line until it ends, and gives it back.
    async fn line(&self, claim: LineClaim) {
        let store = &claim.store;
        let line = AssertUnwindSafe(Line::new(self, store).run()).catch_unwind().await;
        let ended = line.unwrap_or_else(|_| {
            tracing::error!(%store, "a line panicked; it is opened again later");
            Ended::Failed
        });
        let lines = &self.ports.live_lines;
        let released = match ended.wait() {
            Some(wait) => {
                let release = lines.release(std::slice::from_ref(&claim), wait);
                guard::port("live lines", release).await
            }
            None => guard::port("live lines", lines.forget_store(store)).await,
        };
        if let Err(error) = released {
            tracing::warn!(%error, %store, "a line was not given back; its lease expires");
        }
        self.drop_lines(&[claim]);
    }

    /// Claims lines as long as there is room, until `shutdown` completes.
    async fn claim(
        &self,
        opened: &UnboundedSender<Opened>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        let mut shutdown = pin!(shutdown);
        loop {
            let room = self.config.lines.saturating_sub(lock(&self.held).len()).min(OPEN_AT_ONCE);
            let full = match self.claim_up_to(room, opened).await {
                Ok(claimed) => claimed > 0 && claimed == room,
                Err(error) => {
                    tracing::error!(%error, "no line can be claimed; trying again");
                    false
                }
            };
            let pause = if full { SHORTEST } else { self.config.poll.max(TICK) };
            tokio::select! { biased;
                () = &mut shutdown => return,
                () = sleep(pause) => {}
            }
        }
    }

    async fn claim_up_to(
        &self,
        room: usize,
        opened: &UnboundedSender<Opened>,
    ) -> PortResult<usize> {
        if room == 0 {
            return Ok(0);
        }
        let claims = self.ports.live_lines.claim(room, self.config.lease);
        let claims = guard::port_within(STOP_WITHIN, "live lines", claims).await?;
        for claim in &claims {
            let (stop, stopped) = AbortHandle::new_pair();
            let held = Held { claim: claim.clone(), stop };
            // An older claim on the same line was lost.
            if let Some(old) = lock(&self.held).insert(claim.store.clone(), held) {
                old.stop.abort();
            }
            // The receiver lives as long as this future.
            drop(opened.send((claim.clone(), stopped)));
        }
        if !claims.is_empty() {
            self.drop_paused().await?;
        }
        Ok(claims.len())
    }

    /// Renews the claims, and drops the lines that were lost and those of paused stores; never
    /// returns.
    async fn renew(&self) {
        loop {
            sleep(self.config.lease / 3).await;
            if let Err(error) = self.renew_once().await {
                // Two processes that listen to the same store do no harm.
                tracing::warn!(%error, "the lines could not be renewed");
            }
        }
    }

    async fn renew_once(&self) -> PortResult<()> {
        let claims: Vec<LineClaim> =
            lock(&self.held).values().map(|held| held.claim.clone()).collect();
        if claims.is_empty() {
            return Ok(());
        }
        let lines = &self.ports.live_lines;
        let valid = guard::port("live lines", lines.extend(&claims, self.config.lease)).await?;
        let claims = claims.into_iter().zip(valid);
        let lost: Vec<_> = claims.filter(|(_, valid)| !valid).map(|(claim, _)| claim).collect();
        self.drop_lines(&lost);
        self.drop_paused().await
    }

    /// Gives back the lines of paused stores.
    async fn drop_paused(&self) -> PortResult<()> {
        let paused = self.paused().await?;
        let claims: Vec<LineClaim> = {
            let held = lock(&self.held);
            let held = paused.iter().filter_map(|store| held.get(store));
            held.map(|held| held.claim.clone()).collect()
        };
        self.drop_lines(&claims);
        if claims.is_empty() {
            return Ok(());
        }
        guard::port("live lines", self.ports.live_lines.release(&claims, PAUSED_FOR)).await
    }

    fn drop_lines(&self, claims: &[LineClaim]) {
        let mut held = lock(&self.held);
        for claim in claims {
            if held.get(&claim.store).is_some_and(|held| held.claim == *claim)
                && let Some(dropped) = held.remove(&claim.store)
            {
                dropped.stop.abort();
            }
        }
    }

    /// Returns the stores whose account cannot be used at the moment.
    async fn paused(&self) -> PortResult<BTreeSet<StoreId>> {
        const PAGE: usize = 500;
        let mut paused = BTreeSet::new();
        loop {
            let page = self.ports.sync.paused(paused.last(), PAGE);
            let page = guard::port("sync ledger", page).await?;
            let before = paused.len();
            paused.extend(page.iter().map(|it| it.store.clone()));
            if page.len() < PAGE || paused.len() == before {
                return Ok(paused);
            }
        }
    }

    /// Lists all stores at intervals, if all are to have a line; never returns.
    async fn schedule(&self) {
        if self.config.stores != LiveStores::All {
            return future::pending().await;
        }
        loop {
            if let Err(error) = self.schedule_all().await {
                tracing::error!(%error, "the lines could not be scheduled");
            }
            sleep(SCHEDULE_EVERY).await;
        }
    }

    async fn schedule_all(&self) -> PortResult<()> {
        let mut stores = StoreIds::new(&*self.ports.stores);
        while let Some(ids) = stores.next().await? {
            guard::port("live lines", self.ports.live_lines.schedule(&ids)).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for LiveFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, counters, .. } = self;
        let held = lock(&self.held).len();
        f.debug_struct("LiveFeed")
            .field("config", config)
            .field("health", &counters.health(held))
            .finish_non_exhaustive()
    }
}
