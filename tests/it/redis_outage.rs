//! A Redis that hangs, dies and comes back while a host is at work.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ::axum::Router;
use chatwoot_client::application::conversations::ConversationsQuery;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::{Client, Limits};
use examples::local_redis::RedisServer;
use serde_json::{Value, json};
use store_context::Currency;
use store_context::conformance::sample_stores;
use store_context::context::{ContextConfig, ContextService};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Customer, CustomerId, StoreId};
use store_context::ports::{Cache, Change, Ports, Signal, SignalEvent, Signals};
use store_context_adapters::axum::{AxumConfig, Health};
use store_context_adapters::redis::{CacheConfig, Redis, RedisBudgetConfig};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::host::{Host, ports};
use crate::redis::{connected, until};

const CUSTOMERS: usize = 50;

/// Longer than any command may take here, with much room for a busy machine.
const SLOWER: Duration = Duration::from_secs(2);

/// A host with a store and customers, whose context is cached in Redis.
struct Shop {
    context: ContextService,
    store: StoreId,
}

async fn shop(redis: &Redis) -> Shop {
    let memory = Arc::new(MemoryShop::new());
    let [store, _] = sample_stores();
    memory.open(&store.id, Currency::EUR);
    for number in 0..CUSTOMERS {
        memory.put_customer(&store.id, Customer::new(customer(number), "Ada")).unwrap();
    }
    let ports = memory::ports(memory.clone(), memory.clone(), Some(memory));
    ports.stores.put(&store).await.unwrap();
    let ports = Ports { cache: Arc::new(redis.cache(CacheConfig::default())), ..ports };
    // A cache that takes too long must not be hidden by the service's own limit.
    let config =
        ContextConfig { source_timeout: Duration::from_secs(10), ..ContextConfig::default() };
    Shop { context: ContextService::new(ports, config), store: store.id }
}

fn customer(number: usize) -> CustomerId {
    CustomerId::new(format!("c-{number}")).unwrap()
}

/// Agents who look at customers, and customers who change, until they are told to stop; returns how
/// often, and the longest time that an agent waited.
struct Load {
    ended: Arc<AtomicBool>,
    agents: Vec<JoinHandle<(u32, Duration)>>,
}

impl Load {
    fn start(shop: &Shop) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let agents = (0..8).map(|agent| {
            let (context, store, ended) = (shop.context.clone(), shop.store.clone(), ended.clone());
            tokio::spawn(async move {
                let (mut looks, mut longest) = (0, Duration::ZERO);
                while !ended.load(Ordering::Relaxed) {
                    let customer = customer((looks as usize * 7 + agent) % CUSTOMERS);
                    let began = Instant::now();
                    let snapshot = context.snapshot(&store, &customer).await.unwrap().unwrap();
                    assert_eq!(snapshot.customer.id, customer);
                    longest = longest.max(began.elapsed());
                    looks += 1;
                    if looks % 10 == 0 {
                        context.forget(&store, &customer).await;
                    }
                    sleep(Duration::from_millis(2)).await;
                }
                (looks, longest)
            })
        });
        let agents = agents.collect();
        Self { ended, agents }
    }

    async fn stop(self) -> (u32, Duration) {
        self.ended.store(true, Ordering::Relaxed);
        let (mut looks, mut longest) = (0, Duration::ZERO);
        for agent in self.agents {
            let (own, slowest) = agent.await.unwrap();
            looks += own;
            longest = longest.max(slowest);
        }
        (looks, longest)
    }
}

/// Serves the health endpoint of a host with this Redis.
async fn endpoint(redis: &Redis) -> Host {
    let redis = redis.clone();
    let health = Health::new().check("disk", || async { Ok::<(), String>(()) }).optional_check(
        "redis",
        move || {
            let checked = redis.check();
            async move { checked }
        },
    );
    let change = |config: &mut AxumConfig| config.health = health;
    Host::serve_with(ports().await, Router::new(), change).await
}

async fn health(host: &Host) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/health", host.url)).await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json::<Value>().await.unwrap()["status"].take())
}

async fn survives(
    leave: impl FnOnce(&mut RedisServer) -> anyhow::Result<()>,
    come_back: impl FnOnce(&mut RedisServer) -> anyhow::Result<()>,
) {
    let mut server = RedisServer::start().unwrap();
    let redis = connected(&server.url(), "outage").await;
    let (shop, host) = (shop(&redis).await, endpoint(&redis).await);
    let load = Load::start(&shop);
    until(|| redis.health().cache_local_hits > 50).await;
    assert_eq!(health(&host).await, (200, json!("ok")));

    leave(&mut server).unwrap();
    until(|| !redis.health().is_answering).await;
    assert_eq!(health(&host).await, (200, json!("degraded")));
    until(|| !redis.health().is_subscribed).await;
    let before = redis.health();
    sleep(Duration::from_secs(2)).await;
    let during = redis.health();
    assert!(during.skipped > before.skipped + 100, "who works waits for nothing: {during:#?}");
    // Only the task that asks whether it is back.
    assert!(during.timeouts - before.timeouts <= 10, "{during:#?}");
    let (looks, longest) = load.stop().await;
    assert!(looks > 100 && longest < SLOWER, "{looks} looks, the longest took {longest:?}");
    assert!(redis.health().cache_open_removals > 0, "some changed meanwhile");

    let load = Load::start(&shop);
    come_back(&mut server).unwrap();
    until(|| redis.health().is_up()).await;
    let hits = redis.health().cache_local_hits;
    until(|| redis.health().cache_local_hits > hits + 50).await;
    assert_eq!(health(&host).await, (200, json!("ok")));
    let (looks, longest) = load.stop().await;
    assert!(looks > 50 && longest < SLOWER, "{looks} looks, the longest took {longest:?}");
    assert_eq!(redis.health().cache_open_removals, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_survives_a_redis_that_hangs() {
    survives(|server| server.hang(), |server| server.go_on()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_survives_a_redis_that_dies() {
    survives(RedisServer::kill, RedisServer::restart).await;
}

#[tokio::test]
async fn a_host_starts_without_redis() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let client = ::redis::Client::open(server.url()).unwrap();
    let connection = ::redis::aio::ConnectionManager::new_lazy_with_config(
        client.clone(),
        ::redis::aio::ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(200)),
    );
    let config = store_context_adapters::redis::RedisConfig::new("start");
    let redis = Redis::new(connection.unwrap(), client, config);
    let shop = shop(&redis).await;
    assert!(shop.context.snapshot(&shop.store, &customer(1)).await.unwrap().is_some());
    assert!(redis.check().is_err());
    server.restart().unwrap();
    until(|| redis.health().is_up()).await;
}

#[tokio::test]
async fn what_was_removed_while_redis_hung_is_gone_when_it_is_back() {
    let server = RedisServer::start().unwrap();
    let (here, there) =
        (connected(&server.url(), "removals").await, connected(&server.url(), "removals").await);
    let (a, b) = (here.cache(CacheConfig::default()), there.cache(CacheConfig::default()));
    let long = Duration::from_mins(10);
    for key in ["k", "l"] {
        a.put(key, "one".into(), long).await.unwrap();
        assert!(b.get(key).await.unwrap().is_some());
    }
    server.hang().unwrap();
    a.remove("k").await.unwrap();
    assert_eq!(a.get("k").await.unwrap(), None);
    until(|| !there.health().is_subscribed).await;
    assert_eq!(b.get("k").await.unwrap(), None, "who hears nothing keeps no copy");
    assert_eq!(here.health().cache_open_removals, 1);
    server.go_on().unwrap();
    until(|| here.health().is_up() && there.health().is_up()).await;
    for cache in [&a, &b] {
        assert_eq!(cache.get("k").await.unwrap(), None);
        assert!(cache.get("l").await.unwrap().is_some(), "the other is still there");
    }
}

#[tokio::test]
async fn open_panels_learn_that_signals_may_be_lost() {
    let mut server = RedisServer::start().unwrap();
    let redis = connected(&server.url(), "signals").await;
    let signals = redis.signals();
    let (store, customer) = (StoreId::new("north").unwrap(), customer(1));
    let mut open = signals.subscribe(&store, &customer.clone().into()).await.unwrap();
    server.kill().unwrap();
    until(|| !redis.health().is_subscribed).await;
    let signal = Signal::new(store, customer, Change::Orders);
    signals.publish(&signal).await.unwrap();
    let own = timeout(Duration::from_secs(5), open.next()).await.unwrap();
    assert_eq!(own, SignalEvent::Changed(Change::Orders), "in this process they need no Redis");
    server.restart().unwrap();
    let back = timeout(Duration::from_secs(20), open.next()).await.unwrap();
    assert_eq!(back, SignalEvent::Missed);
}

/// What is logged, kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const MARKER: &str = "m4rk3r";

#[tokio::test]
async fn neither_logs_nor_keys_tell_who_a_customer_is_or_a_token() {
    let log = Log::default();
    // With one subscriber, tracing asks that of the thread that first logs something whether it is
    // wanted, for all threads; and another test's has none.
    let _second = tracing_subscriber::fmt().with_writer(std::io::sink).finish().set_default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // All of these tasks run on this thread, so their logs come here.
    let guard = subscriber.set_default();

    let server = RedisServer::start().unwrap();
    let redis = connected(&server.url(), "secrets").await;
    let cache = redis.cache(CacheConfig::default());
    let fake = FakeChatwoot::new();
    let client = Client::builder("https://chatwoot.test")
        .transport(fake)
        .limits(Limits::server())
        .budget(Arc::new(redis.budget(RedisBudgetConfig::default())))
        .build()
        .unwrap();
    let customer = CustomerId::new(format!("{MARKER}@example.com")).unwrap();
    let signal = Signal::new(StoreId::new("north").unwrap(), customer, Change::Cart);
    let signals = redis.signals();
    let work = async || {
        cache.get(MARKER).await.unwrap();
        cache.put(MARKER, MARKER.into(), Duration::from_mins(1)).await.unwrap();
        cache.get(MARKER).await.unwrap();
        cache.remove(&format!("{MARKER}-2")).await.unwrap();
        let _open = signals.subscribe(&signal.store, &signal.subject).await.unwrap();
        signals.publish(&signal).await.unwrap();
        // Refused: the token is none. It is counted nevertheless, once for all and once by token.
        let query = ConversationsQuery::default();
        client.account(1, MARKER).conversations().meta(&query).await.unwrap_err();
        format!("{redis:?} {cache:?} {signals:?} {:?}", redis.health())
    };
    let mut shown = work().await;

    let mut connection = ::redis::Client::open(server.url())
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let mut keys: Vec<String> =
        ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    keys.sort();
    assert_eq!(keys.len(), 4, "a value, a removal and two budgets: {keys:?}");
    // A value of the wrong type, whose error would repeat what was sent.
    for key in &keys {
        let mut command = ::redis::cmd("RESTORE");
        command.arg(key).arg(0).arg(MARKER.as_bytes());
        command.query_async::<()>(&mut connection).await.unwrap_err();
        let mut set = ::redis::cmd("DEL");
        set.arg(key).query_async::<()>(&mut connection).await.unwrap();
        let mut set = ::redis::cmd("LPUSH");
        set.arg(key).arg(MARKER).query_async::<()>(&mut connection).await.unwrap();
    }
    cache.remove(&format!("{MARKER}-3")).await.unwrap();
    shown += &work().await;
    assert!(redis.health().errors > 0, "the wrong types were met");
    server.hang().unwrap();
    shown += &work().await;
    until(|| !redis.health().is_subscribed).await;
    drop(guard);

    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("Redis is away") && told.contains("conversations.meta"), "{told}");
    for (what, text) in [("logs", &told), ("Debug", &shown), ("keys", &keys.concat())] {
        assert!(!text.contains(MARKER), "{what}: {text}");
    }
}
