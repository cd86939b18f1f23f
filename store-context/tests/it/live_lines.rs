//! Who holds which line, and what becomes of a line that fails.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::Patch;
use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::fake::{Fault, FaultKind};
use store_context::attributes::AttributeSet;
use store_context::engine::Engine;
use store_context::lifecycle::Lifecycle;
use store_context::live::{LiveConfig, LiveFeed, LiveStores};
use store_context::model::StoreId;
use store_context::ports::{
    AttributeSets, LineClaim, LineState, LiveLines, Observer, PortError, PortResult, Ports,
};
use store_context::sync::SyncConfig;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::live::{all, bench, beside, colleague, engine, live, until_open};
use crate::support::{Bench, Seen, customer, holds_none};

/// The process of a feed.
struct Process {
    feed: LiveFeed,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Process {
    fn start(bench: &Bench, ports: &Ports, config: LiveConfig) -> Self {
        let feed = LiveFeed::new(bench.accounts.clone(), ports.clone(), config);
        let (stop, stopped) = oneshot::channel::<()>();
        let of = feed.clone();
        let task = tokio::spawn(async move {
            of.run_until(async { stopped.await.unwrap_or_default() }).await;
        });
        Self { feed, stop: Some(stop), task }
    }

    async fn until_open(&self, lines: usize, within: Duration) {
        let open = async {
            while self.feed.health().open != lines {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let health = || self.feed.health();
        assert!(timeout(within, open).await.is_ok(), "not {lines}: {:?}", health());
    }

    /// Dies: nothing is returned.
    fn kill(self) {
        self.task.abort();
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
    }
}

const SOON: Duration = Duration::from_secs(10);

/// Two processes share the lines; when one dies, the other takes over when the leases expire, and
/// when one stops, at once.
#[tokio::test(start_paused = true)]
async fn two_processes_share_the_lines() {
    let bench = bench().await;
    let one = Process::start(&bench, &bench.ports, LiveConfig { lines: 1, ..all() });
    one.until_open(1, SOON).await;
    let two = Process::start(&bench, &bench.ports, all());
    two.until_open(1, SOON).await;
    sleep(Duration::from_mins(10)).await;
    assert_eq!((one.feed.health().open, two.feed.health().open), (1, 1), "each keeps its own");
    assert_eq!(bench.fake.live_lines().len(), 2);
    one.kill();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.fake.live_lines().len(), 1, "its line is closed");
    two.until_open(2, Duration::from_secs(70)).await;

    let three = Process::start(&bench, &bench.ports, all());
    sleep(Duration::from_mins(5)).await;
    assert_eq!(three.feed.health().claimed, 0, "nothing is left");
    two.stop().await;
    three.until_open(2, SOON).await;
    assert_eq!(bench.fake.live_lines().len(), 2);
    three.stop().await;
    assert_eq!(bench.fake.live_lines().len(), 0);
}

/// A process that stood still for longer than its lease drops the lines that another one has.
#[tokio::test(start_paused = true)]
async fn a_lost_claim_closes_the_line() {
    let bench = bench().await;
    let one = Process::start(&bench, &bench.ports, LiveConfig { lines: 2, ..all() });
    one.until_open(2, SOON).await;
    // Another one has them.
    for store in &bench.stores {
        bench.ports.live_lines.forget_store(&store.id).await.unwrap();
    }
    let ids: Vec<StoreId> = bench.stores.iter().map(|store| store.id.clone()).collect();
    bench.ports.live_lines.schedule(&ids).await.unwrap();
    let other = bench.ports.live_lines.claim(2, Duration::from_hours(1)).await.unwrap();
    assert_eq!(other.len(), 2);
    one.until_open(0, Duration::from_secs(25)).await;
    assert_eq!(one.feed.health().claimed, 0);
    assert_eq!(bench.ports.live_lines.extend(&other, SOON).await.unwrap(), [true, true]);
    one.stop().await;
}

/// A suspended store has no line, and gets it back when it is resumed; so has a paused one.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_not_used_has_no_line() {
    let bench = bench().await;
    let lifecycle = Lifecycle::new(bench.accounts.clone(), bench.ports.clone());
    let engine = engine(&bench).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        lifecycle.suspend(bench.north(), "unpaid").await.unwrap();
        sleep(Duration::from_secs(70)).await;
        assert_eq!(live(&engine).await.open, 1);
        sleep(Duration::from_mins(30)).await;
        assert_eq!(live(&engine).await.open, 1);
        lifecycle.resume(bench.north()).await.unwrap();
        sleep(Duration::from_mins(6)).await;
        assert_eq!(live(&engine).await.open, 2);

        bench.ports.sync.pause(bench.north(), Duration::from_mins(10), "refused").await.unwrap();
        sleep(Duration::from_secs(25)).await;
        assert_eq!(live(&engine).await.open, 1);
        bench.ports.sync.resume(bench.north()).await.unwrap();
        sleep(Duration::from_mins(2)).await;
        assert_eq!(live(&engine).await.open, 2);
    })
    .await;
}

/// A store has a line while conversations are active in it: a round finds the first, and the line is
/// given up an hour after the last.
#[tokio::test(start_paused = true)]
async fn a_busy_store_has_a_line() {
    let bench = bench().await;
    let seen = Arc::new(Seen::default());
    let builder = Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let config = LiveConfig::default();
    assert_eq!(config.stores, LiveStores::Busy);
    let engine = builder.handler(seen.clone()).live(config).build();
    beside(&engine, async {
        sleep(Duration::from_mins(30)).await;
        assert_eq!(live(&engine).await.claimed, 0, "nothing happens");
        let talk = bench.talk(&customer("ada")).await;
        talk.say("hello").await;
        sleep(Duration::from_mins(30)).await;
        assert_eq!(live(&engine).await.open, 1, "a round found it");
        for _ in 0..3 {
            sleep(Duration::from_mins(50)).await;
            talk.say("still there?").await;
        }
        assert_eq!(live(&engine).await.open, 1);
        sleep(Duration::from_mins(63)).await;
        assert_eq!(live(&engine).await.claimed, 0, "it is quiet");
    })
    .await;
    assert_eq!(seen.named("message_created").len(), 4);
}

/// Notes what is told, and panics while told to.
#[derive(Default)]
struct Told {
    lines: Mutex<Vec<String>>,
    panics: AtomicU32,
}

impl Observer for Told {
    fn live_line(&self, store: &StoreId, state: LineState<'_>) {
        self.lines.lock().unwrap().push(format!("{store} {state:?}"));
        let left =
            self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        assert!(left.is_err(), "the host's observer");
    }
}

impl Told {
    fn count(&self, store: &StoreId, state: &str) -> usize {
        let start = format!("{store} {state}");
        self.lines.lock().unwrap().iter().filter(|line| line.starts_with(&start)).count()
    }
}

/// A line that is refused or lost is told of, without a secret, and the other store's stays open; it
/// is opened again when that works.
#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_line_is_told() {
    let mut bench = bench().await;
    let told = Arc::new(Told { panics: AtomicU32::new(2), ..Told::default() });
    bench.ports.observer = told.clone();
    let engine = engine(&bench).sync(None).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        let account = bench.account(bench.north()).await.id().0;
        // Its user's token is refused from now on.
        bench.fake.set_suspended(account, false);
        bench.fake.fault(Fault::new(FaultKind::NoConnection).path("/cable").times(3));
        bench.fake.cut_live_lines(|line| line.account == Some(account));
        sleep(Duration::from_mins(3)).await;
        let health = live(&engine).await;
        assert_eq!((health.open, health.lost, health.refused), (2, 1, 3), "{health:?}");
        let (north, south) = (bench.north(), &bench.stores[1].id);
        assert_eq!(told.count(north, "Open"), 2);
        assert_eq!(told.count(north, "Lost"), 1);
        assert_eq!(told.count(north, "Refused"), 3);
        assert_eq!((told.count(south, "Open"), told.count(south, "Lost")), (1, 0));
        assert!(engine.health().await.unwrap().is_alive());
    })
    .await;
    let mut secrets = bench.secrets().await;
    secrets.push("pubsub".to_owned());
    let health = serde_json::to_string(&engine.health().await.unwrap()).unwrap();
    let text = format!("{:?} {engine:?} {health} {:?}", told.lines.lock().unwrap(), all());
    holds_none(&text, &secrets);
}

/// The host's attributes, which panic once.
struct PanicsOnce(AtomicU32);

impl AttributeSets for PanicsOnce {
    fn attributes(&self, _: &StoreId) -> AttributeSet {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        assert!(left.is_err(), "the host's attributes");
        AttributeSet::standard()
    }
}

/// A line on which the host's code panics is opened again soon; the other stays open, and no worker
/// is restarted.
#[tokio::test(start_paused = true)]
async fn a_panic_ends_one_line() {
    let mut bench = bench().await;
    let agent = colleague(&bench).await;
    let made = NewContact { name: Some("Guest".to_owned()), ..NewContact::default() };
    let guest = agent.contacts().create(&made).await.unwrap().contact.id;
    let panics = Arc::new(PanicsOnce(AtomicU32::new(0)));
    bench.ports.attributes = panics.clone();
    let engine = engine(&bench).sync(None).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        let south = bench.fake.live_lines()[1].id;
        panics.0.store(1, Ordering::SeqCst);
        let patch = ContactPatch { name: Patch::Set("Edited".to_owned()), ..Default::default() };
        agent.contacts().update(guest, &patch).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!((live(&engine).await.open, live(&engine).await.claimed), (1, 1));
        sleep(Duration::from_secs(20)).await;
        assert_eq!(live(&engine).await.open, 2, "it is opened again");
        assert!(bench.fake.live_lines().iter().any(|line| line.id == south), "the other stays");
        let health = engine.health().await.unwrap();
        assert!(health.workers.iter().all(|worker| worker.restarts == 0), "{health:?}");
    })
    .await;
}

/// The storage of lines, which fails or panics while told to.
struct Broken {
    inner: Arc<dyn LiveLines>,
    /// 0: works, 1: fails, 2: panics.
    how: AtomicU32,
}

impl Broken {
    fn check(&self) -> PortResult<()> {
        match self.how.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(PortError::new("live lines", "told to fail")),
            _ => panic!("told to panic"),
        }
    }
}

#[async_trait]
impl LiveLines for Broken {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.check()?;
        self.inner.schedule(stores).await
    }
    async fn claim(&self, limit: usize, lease: Duration) -> PortResult<Vec<LineClaim>> {
        self.check()?;
        self.inner.claim(limit, lease).await
    }
    async fn extend(&self, claims: &[LineClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.check()?;
        self.inner.extend(claims, lease).await
    }
    async fn release(&self, claims: &[LineClaim], next: Duration) -> PortResult<()> {
        self.check()?;
        self.inner.release(claims, next).await
    }
    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        self.check()?;
        self.inner.forget_store(store).await
    }
}

/// While the storage fails or panics the open lines go on, and messages are handled once it works.
#[tokio::test(start_paused = true)]
async fn a_broken_storage_ends_no_line() {
    let mut bench = bench().await;
    let lines = bench.ports.live_lines.clone();
    let broken = Arc::new(Broken { inner: lines, how: AtomicU32::new(0) });
    bench.ports.live_lines = broken.clone();
    let seen = Arc::new(Seen::default());
    let talk = bench.talk(&customer("ada")).await;
    let engine = engine(&bench).sync(SyncConfig::default()).handler(seen.clone()).build();
    beside(&engine, async {
        until_open(&engine, 2).await;
        for how in [1, 2] {
            broken.how.store(how, Ordering::SeqCst);
            bench.webhooks.fail("hurry");
            talk.say(&format!("while it is broken: {how}")).await;
            sleep(Duration::from_secs(30)).await;
            bench.webhooks.mend();
            sleep(Duration::from_mins(5)).await;
            assert_eq!(live(&engine).await.open, 2);
            let handled = seen.named("message_created").len();
            assert_eq!(handled, usize::try_from(how).unwrap());
        }
        broken.how.store(0, Ordering::SeqCst);
        sleep(Duration::from_mins(5)).await;
        let health = engine.health().await.unwrap();
        assert_eq!(health.live.unwrap().open, 2);
        assert!(health.workers.iter().all(|worker| worker.restarts == 0), "{health:?}");
    })
    .await;
}
