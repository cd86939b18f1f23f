//! Tests of all workers of a process together: their work, their stop, and their restart.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::http::CallReport;
use store_context::Timestamp;
use store_context::engine::Engine;
use store_context::intake::{
    DispatchConfig, Handler, HandlerContext, HandlerError, PurgeConfig, ReconcileConfig,
};
use store_context::memory::MemoryShop;
use store_context::model::{Customer, CustomerId, StoreId};
use store_context::ports::{
    Clock, Cursor, CustomerPage, Customers, Entry, EntryOutcome, Observer, PortResult, Ports,
    Priority, SyncReport,
};
use store_context::provision::{PanelRotation, ProvisionConfig, RotateConfig};
use store_context::sync::{ContactSync, SyncConfig};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Bench, DOMAIN, PUBLIC_URL, Seen, customer};

/// The notifications of an observer, one line each.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Told {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn has(&self, part: &str) -> bool {
        self.0.lock().unwrap().iter().any(|line| line.contains(part))
    }
}

impl Observer for Told {
    fn call_ended(&self, call: &CallReport<'_>) {
        let error = call.error.map_or("ok".to_owned(), ToString::to_string);
        self.add(format!("call {} {error}", call.operation));
    }

    fn customer_synced(&self, report: &SyncReport<'_>) {
        let SyncReport { store, customer, outcome, .. } = report;
        self.add(format!("synced {store} {customer} {outcome}"));
    }

    fn store_paused(&self, store: &StoreId, _: Duration, reason: &str) {
        self.add(format!("paused {store}: {reason}"));
    }

    fn store_resumed(&self, store: &StoreId) {
        self.add(format!("resumed {store}"));
    }

    fn entry_settled(&self, entry: &Entry, outcome: &EntryOutcome, _: Duration) {
        let parked = matches!(outcome, EntryOutcome::Parked { .. });
        self.add(format!("entry {} parked {parked}", entry.event.name()));
    }

    fn store_reconciled(&self, store: &StoreId, result: Result<u64, &str>) {
        self.add(format!("reconciled {store} {result:?}"));
    }

    fn worker_restarted(&self, worker: &'static str, restarts: u32) {
        self.add(format!("restarted {worker} {restarts}"));
    }
}

async fn nothing_is_leased(ports: &Ports) {
    let sync = ports.sync.counts(None).await.unwrap();
    let webhooks = ports.webhooks.counts(None).await.unwrap();
    assert_eq!((sync.claimed, webhooks.claimed), (0, 0), "claimed when the engine had stopped");
}

/// Runs an engine until `work` completes, then stops it, and returns how long the stop took.
async fn with_engine(engine: &Engine, work: impl Future<Output = ()>) -> Duration {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = engine.run_until(async { stopped.await.unwrap_or_default() });
    let working = async {
        work.await;
        stop.send(()).unwrap();
        Instant::now()
    };
    let ((), asked) = tokio::join!(running, working);
    asked.elapsed()
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if done().await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} never happened");
}

#[tokio::test(start_paused = true)]
async fn every_worker_works_and_a_stop_leaves_nothing_claimed() {
    let mut bench = Bench::provisioned().await;
    let told = Arc::new(Told::default());
    bench.ports.observer = told.clone();
    let accounts = bench.accounts_by(bench.client.clone());
    let seen = Arc::new(Seen::default());
    let engine = Engine::builder(accounts, bench.ports.clone()).handler(seen.clone()).build();
    assert!(!engine.health().await.unwrap().is_alive(), "nothing runs yet");

    let ada = customer("ada");
    bench.put(&ada);
    bench.talk(&ada).await.say("Where is my parcel?").await;
    for delivery in bench.fake.take_deliveries() {
        drop(bench.receive(&delivery).await);
    }
    let sync = bench.sync();
    let stop = with_engine(&engine, async {
        sync.want(bench.north(), &ada.id).await.unwrap();
        until("the message", async || !seen.named("message_created").is_empty()).await;
        until("the contact", async || {
            bench.ports.sync.link(bench.north(), &ada.id).await.unwrap().is_some()
        })
        .await;
        until("a round", async || told.has("reconciled kaasplank Ok(0)")).await;
        assert!(engine.health().await.unwrap().is_alive());
    })
    .await;
    assert!(stop <= Duration::from_secs(1), "nothing was under way: {stop:?}");
    nothing_is_leased(&bench.ports).await;
    assert!(!engine.health().await.unwrap().is_alive(), "it has stopped");
    for part in ["call contacts.", "synced kaasplank ada", "entry message_created parked false"] {
        assert!(told.has(part), "{part}: {:?}", told.0.lock().unwrap());
    }
}

/// Hangs until it is dropped.
struct Hangs(AtomicU32);

#[async_trait]
impl Handler for Hangs {
    async fn handle(&self, _: &HandlerContext<'_>, _: &Entry) -> Result<(), HandlerError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_within_ten_seconds_whatever_hangs() {
    let bench = Bench::provisioned().await;
    bench.fake.set_fault_script(|request| {
        let contact = request.uri().path().contains("/contacts");
        contact.then_some(FaultKind::Delay(Duration::from_secs(14)))
    });
    let hangs = Arc::new(Hangs(AtomicU32::new(0)));
    let engine = Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let engine = engine.handler(hangs.clone()).build();
    let ids: Vec<CustomerId> = (0..60).map(|n| customer(&format!("c-{n}")).id).collect();
    for id in &ids {
        bench.put(&customer(id.as_str()));
    }
    bench.fake.clear_faults();
    bench.talk(&customer("ada")).await;
    for delivery in bench.fake.take_deliveries() {
        drop(bench.receive(&delivery).await);
    }
    bench.fake.set_fault_script(|request| {
        let contact = request.uri().path().contains("/contacts");
        contact.then_some(FaultKind::Delay(Duration::from_secs(14)))
    });
    let stop = with_engine(&engine, async {
        bench.ports.sync.want(bench.north(), &ids, Priority::Live).await.unwrap();
        until("a handler hangs", async || hangs.0.load(Ordering::Relaxed) > 0).await;
        let claimed = async || bench.ports.sync.counts(None).await.unwrap().claimed > 0;
        until("customers are under way", claimed).await;
    })
    .await;
    assert!(stop <= Duration::from_secs(10), "{stop:?}");
    nothing_is_leased(&bench.ports).await;
}

/// A clock that panics, once.
#[derive(Debug)]
struct Panics {
    inner: Arc<dyn Clock>,
    left: AtomicU32,
}

impl Clock for Panics {
    fn now(&self) -> Timestamp {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        assert!(left.is_err(), "the host's clock");
        self.inner.now()
    }
}

/// An observer that panics on every notification.
struct PanickingObserver;

impl Observer for PanickingObserver {
    fn call_ended(&self, _: &CallReport<'_>) {
        panic!("the host's observer");
    }

    fn customer_synced(&self, _: &SyncReport<'_>) {
        panic!("the host's observer");
    }

    fn entry_settled(&self, _: &Entry, _: &EntryOutcome, _: Duration) {
        panic!("the host's observer");
    }

    fn worker_restarted(&self, _: &'static str, _: u32) {
        panic!("the host's observer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_panics_is_started_again_and_counted() {
    let mut bench = Bench::provisioned().await;
    let clock = Arc::new(Panics { inner: bench.clock.clone(), left: AtomicU32::new(3) });
    bench.ports.observer = Arc::new(PanickingObserver);
    let accounts = bench.accounts_by(bench.client.clone());
    let mut ports = bench.ports.clone();
    ports.clock = clock.clone();
    let seen = Arc::new(Seen::default());
    let engine = Engine::builder(accounts, ports).handler(seen.clone()).build();
    let ada = customer("ada");
    bench.put(&ada);
    bench.talk(&ada).await.say("Hello").await;
    for delivery in bench.fake.take_deliveries() {
        drop(bench.receive(&delivery).await);
    }
    with_engine(&engine, async {
        bench.sync().want(bench.north(), &ada.id).await.unwrap();
        until("the message", async || !seen.named("message_created").is_empty()).await;
        until("the contact", async || {
            bench.ports.sync.link(bench.north(), &ada.id).await.unwrap().is_some()
        })
        .await;
        until("the panics", async || clock.left.load(Ordering::SeqCst) == 0).await;
        until("all workers", async || engine.health().await.is_ok_and(|it| it.is_alive())).await;
        let health = engine.health().await.unwrap();
        let restarts: u32 = health.workers.iter().map(|worker| worker.restarts).sum();
        assert!(restarts > 0, "{health:?}");
    })
    .await;
    nothing_is_leased(&bench.ports).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_refused_is_paused_and_told() {
    let mut bench = Bench::provisioned().await;
    let told = Arc::new(Told::default());
    bench.ports.observer = told.clone();
    let accounts = bench.accounts_by(bench.client.clone());
    let engine = Engine::builder(accounts, bench.ports.clone()).build();
    let refused =
        FaultKind::Respond { status: 401, body: r#"{"error":"Account is suspended"}"#.into() };
    bench.fake.fault(Fault::new(refused).path("/contacts"));
    let ada = customer("ada");
    bench.put(&ada);
    with_engine(&engine, async {
        bench.sync().want(bench.north(), &ada.id).await.unwrap();
        until("a pause", async || told.has("paused kaasplank")).await;
        assert_eq!(engine.health().await.unwrap().paused_stores, 1);
        bench.fake.clear_faults();
        until("the end of the pause", async || told.has("resumed kaasplank")).await;
        until("the contact", async || told.has("synced kaasplank ada created")).await;
    })
    .await;
    nothing_is_leased(&bench.ports).await;
}

/// Work of a dropped engine is due again when its leases expire.
#[tokio::test(start_paused = true)]
async fn what_a_dropped_engine_held_comes_again() {
    let bench = Bench::provisioned().await;
    let hangs = Arc::new(Hangs(AtomicU32::new(0)));
    bench.talk(&customer("ada")).await;
    for delivery in bench.fake.take_deliveries() {
        drop(bench.receive(&delivery).await);
    }
    let builder = || Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let dropped = builder().handler(hangs).build();
    assert!(timeout(Duration::from_secs(5), dropped.run()).await.is_err(), "it never ends");
    let seen = Arc::new(Seen::default());
    let engine = builder().handler(seen.clone()).build();
    with_engine(&engine, async {
        until("the event", async || !seen.named("conversation_created").is_empty()).await;
    })
    .await;
    nothing_is_leased(&bench.ports).await;
}

/// A worker that sleeps for minutes is alive all the while.
#[tokio::test(start_paused = true)]
async fn an_engine_with_little_to_do_is_alive() {
    let bench = Bench::provisioned().await;
    let builder = Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let engine = builder.sync(None).reconcile(None).build();
    let runs = engine.clone();
    let running = tokio::spawn(async move { runs.run().await });
    sleep(Duration::from_mins(5)).await;
    let health = engine.health().await.unwrap();
    assert!(health.is_alive(), "{health:?}");
    running.abort();
}

/// A ledger that cannot be reached is told within seconds, and counted no more often than that.
#[tokio::test(start_paused = true)]
async fn the_health_of_a_ledger_that_hangs_is_known_in_time() {
    let bench = Bench::provisioned().await;
    let engine = Engine::builder(bench.accounts.clone(), bench.ports.clone()).build();
    assert_eq!(engine.health().await.unwrap().sync.customers, 0);
    bench.ports.sync.want(bench.north(), &[customer("ada").id], Priority::Live).await.unwrap();
    assert_eq!(engine.health().await.unwrap().sync.customers, 0, "counted just now");
    sleep(Duration::from_secs(4)).await;
    assert_eq!(engine.health().await.unwrap().sync.customers, 1, "counted again");
    bench.ledger.panic("hang counts");
    sleep(Duration::from_secs(4)).await;
    let began = Instant::now();
    let asked = (0..10).map(|_| timeout(Duration::from_secs(4), engine.health()));
    for answer in futures_util::future::join_all(asked).await {
        let error = answer.expect("an answer in time").unwrap_err();
        assert_eq!(error.to_string(), "the port `sync ledger` failed");
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// A shop that takes longer to answer for each customer than for the one before.
struct Slow(Arc<MemoryShop>);

#[async_trait]
impl Customers for Slow {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        let number: u32 = id.as_str().trim_start_matches('c').parse()?;
        sleep(Duration::from_millis(800) * number).await;
        self.0.customer(store, id).await
    }

    async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
        self.0.customers(store, ids).await
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        self.0.customer_ids(store, after, limit).await
    }
}

/// A burst of refusals is one pause, and told once, also if the last ones come when it is over.
#[tokio::test(start_paused = true)]
async fn a_burst_of_refusals_is_one_pause() {
    let mut bench = Bench::provisioned().await;
    let told = Arc::new(Told::default());
    bench.ports.observer = told.clone();
    bench.ports.customers = Arc::new(Slow(bench.shop.clone()));
    let sync = ContactSync::new(
        bench.accounts.clone(),
        bench.ports.clone(),
        SyncConfig { parallel: 12, ..SyncConfig::default() },
    );
    for n in 0..12 {
        let ada = customer(&format!("c{n}"));
        bench.put(&ada);
        sync.want(bench.north(), &ada.id).await.unwrap();
    }
    let body = r#"{"error":"Account is suspended"}"#;
    let refused = FaultKind::Respond { status: 401, body: body.into() };
    bench.fake.fault(Fault::new(refused).path("/contacts"));
    let synced = sync.run_once().await.unwrap();
    assert_eq!(synced.len(), 12, "all were under way");
    let pauses = told.0.lock().unwrap().iter().filter(|line| line.starts_with("paused")).count();
    assert_eq!(pauses, 1, "{:?}", told.0.lock().unwrap());
    let stores = bench.ports.sync.paused(None, 10).await.unwrap();
    assert_eq!((stores.len(), stores[0].pauses), (1, 1), "{stores:?}");
}

/// Whatever durations a host configures, nothing panics and nothing spins.
#[tokio::test(start_paused = true)]
async fn the_longest_and_the_shortest_durations_are_taken() {
    for any in [Duration::MAX, Duration::ZERO] {
        let mut bench = Bench::provisioned().await;
        let told = Arc::new(Told::default());
        bench.ports.observer = told.clone();
        let ada = customer("ada");
        bench.put(&ada);
        bench.talk(&ada).await;
        for delivery in bench.fake.take_deliveries() {
            drop(bench.receive(&delivery).await);
        }
        let sync = SyncConfig {
            lease: any,
            idle: any,
            port_timeout: any,
            quiet: any,
            drain: any,
            ..SyncConfig::default()
        };
        let dispatch = DispatchConfig {
            time_limit: any,
            lease: any,
            idle: any,
            stop_within: any,
            ..DispatchConfig::default()
        };
        let reconcile = ReconcileConfig {
            busy: any,
            idle: any,
            overlap: any,
            skew: any,
            unread_for: any,
            time_limit: any,
            lease: any,
            poll: any,
            stop_within: any,
            ..ReconcileConfig::default()
        };
        let keep_parked = Some(any);
        let purge = PurgeConfig { keep: any, keep_parked, every: any, ..PurgeConfig::default() };
        let engine = Engine::builder(bench.accounts_by(bench.client.clone()), bench.ports.clone())
            .handler(Arc::new(Seen::default()))
            .sync(sync)
            .dispatch(dispatch)
            .reconcile(reconcile)
            .sweep_every(any)
            .purge(purge)
            .build();
        let rotation = RotateConfig { max_age: any, overlap: any, every: any };
        let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
        let rotation = PanelRotation::new(bench.provisioner(config), rotation);
        tokio::select! {
            () = rotation.run() => {}
            _ = with_engine(&engine, sleep(Duration::from_secs(3))) => {}
        }
        assert!(!told.has("restarted"), "{any:?}: {:?}", told.0.lock().unwrap());
    }
}
