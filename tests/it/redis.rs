//! The cache and the signals of Redis, on a real server.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ::redis::Client;
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use examples::local_redis::{prefix, shared_url};
use store_context::conformance::sample_stores;
use store_context::context::{ContextConfig, ContextService};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Customer, CustomerId, StoreId};
use store_context::ports::{
    Cache, Change, Cursor, CustomerPage, Customers, PortResult, Ports, Signal, SignalEvent, Signals,
};
use store_context::{Bytes, Currency, async_trait};
use store_context_adapters::redis::{CacheConfig, Redis, RedisCache, RedisConfig, RedisSignals};
use tokio::time::{sleep, timeout};

const MINUTE: Duration = Duration::from_mins(1);

/// Returns a process's Redis at the URL, in use and subscribed.
pub(crate) async fn connected(url: &str, prefix: &str) -> Redis {
    let client = Client::open(url).unwrap();
    let quick = ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(200));
    let connection = ConnectionManager::new_lazy_with_config(client.clone(), quick).unwrap();
    let mut config = RedisConfig::new(prefix);
    // This machine may be busy: only a server that is stopped takes this long.
    config.command_timeout = Duration::from_millis(400);
    let redis = Redis::new(connection, client, config);
    until(|| redis.health().is_up()).await;
    redis
}

/// Waits until it holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come to hold");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Returns processes that share a prefix of their own on the shared server.
async fn processes<const N: usize>() -> [Redis; N] {
    let (url, prefix) = (shared_url().unwrap(), prefix());
    let mut processes = Vec::new();
    for _ in 0..N {
        processes.push(connected(&url, &prefix).await);
    }
    processes.try_into().unwrap()
}

async fn cache() -> RedisCache {
    let [redis] = processes().await;
    redis.cache(CacheConfig::default())
}

async fn signals() -> RedisSignals {
    let [redis] = processes().await;
    redis.signals()
}

/// A cache without copies in process: everything goes to Redis.
async fn remote_cache() -> RedisCache {
    let [redis] = processes().await;
    redis.cache(CacheConfig { local_bytes: 0 })
}

store_context::cache_conformance!(cache());
store_context::signals_conformance!(signals());

mod without_copies {
    use super::*;

    store_context::cache_conformance!(remote_cache());
}

async fn has(cache: &RedisCache, key: &str) -> Option<String> {
    let value = cache.get(key).await.unwrap()?;
    Some(String::from_utf8(value.to_vec()).unwrap())
}

async fn put(cache: &RedisCache, key: &str, value: &str) {
    cache.put(key, Bytes::from(value.to_owned()), MINUTE).await.unwrap();
}

/// Waits until the cache has this under the key; it may not have for the time of a message.
async fn comes_to_have(cache: &RedisCache, key: &str, value: Option<&str>) {
    let began = Instant::now();
    while has(cache, key).await.as_deref() != value {
        assert!(began.elapsed() < Duration::from_secs(5), "{value:?} is not seen");
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_process_answers_from_its_copy_until_another_changes_the_key() {
    let [here, there] = processes().await;
    let [a, b] = [&here, &there].map(|redis| redis.cache(CacheConfig::default()));
    put(&a, "k", "one").await;
    assert_eq!(has(&b, "k").await.as_deref(), Some("one"));
    let commands = there.health().commands;
    for _ in 0..10 {
        assert_eq!(has(&b, "k").await.as_deref(), Some("one"));
    }
    let health = there.health();
    assert_eq!((health.commands, health.cache_local_hits), (commands, 10));

    put(&a, "k", "two").await;
    comes_to_have(&b, "k", Some("two")).await;
    a.remove("k").await.unwrap();
    comes_to_have(&b, "k", None).await;
    assert_eq!(has(&a, "k").await, None);
}

#[tokio::test]
async fn a_copy_ends_with_the_value() {
    let [here, there] = processes().await;
    let [a, b] = [&here, &there].map(|redis| redis.cache(CacheConfig::default()));
    a.put("k", "one".into(), Duration::from_secs(2)).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    assert!(has(&b, "k").await.is_some(), "copied a quarter into its time");
    sleep(Duration::from_millis(1_700)).await;
    assert_eq!((has(&a, "k").await, has(&b, "k").await), (None, None));
}

#[tokio::test]
async fn copies_are_bounded_in_bytes() {
    let [redis] = processes().await;
    let cache = redis.cache(CacheConfig { local_bytes: 100_000 });
    let value = "v".repeat(10_000);
    for number in 0..100 {
        put(&cache, &format!("k{number}"), &value).await;
    }
    for number in 0..100 {
        assert_eq!(has(&cache, &format!("k{number}")).await.as_deref(), Some(&*value));
    }
    let health = redis.health();
    assert_eq!(health.cache_local_hits + health.cache_hits, 100);
    assert!(health.cache_local_hits < 20, "{health:?}");
}

#[tokio::test]
async fn gets_of_one_key_share_a_command() {
    let [redis] = processes().await;
    let cache = redis.cache(CacheConfig { local_bytes: 0 });
    put(&cache, "k", "one").await;
    let before = redis.health().commands;
    let found = futures_util::future::join_all((0..100).map(|_| has(&cache, "k"))).await;
    assert!(found.iter().all(|found| found.as_deref() == Some("one")));
    assert_eq!(redis.health().commands, before + 1);
    has(&cache, "k").await.unwrap();
    assert_eq!(redis.health().commands, before + 2, "who asks later asks again");
}

#[tokio::test]
async fn what_was_read_before_a_removal_is_put_by_no_process() {
    let [here, there] = processes().await;
    let [a, b] = [&here, &there].map(|redis| redis.cache(CacheConfig::default()));
    assert_eq!(has(&b, "k").await, None);
    // Now b reads the customer, who changes meanwhile, which a is told.
    a.remove("k").await.unwrap();
    put(&b, "k", "outdated").await;
    assert_eq!((has(&a, "k").await, has(&b, "k").await), (None, None));
    assert_eq!(there.health().cache_outdated, 1);
    put(&b, "k", "new").await;
    assert_eq!(has(&a, "k").await.as_deref(), Some("new"));
}

/// A shop whose customers are read slowly: each answer is out of date by some milliseconds.
struct SlowShop(MemoryShop);

impl SlowShop {
    fn set(&self, store: &StoreId, number: usize, version: u64) {
        let customer = Customer::new(customer(number), version.to_string());
        self.0.put_customer(store, customer).unwrap();
    }
}

fn customer(number: usize) -> CustomerId {
    CustomerId::new(format!("c-{number}")).unwrap()
}

#[async_trait]
impl Customers for SlowShop {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        let customer = self.0.customer(store, id).await;
        sleep(Duration::from_millis(fastrand::u64(..5))).await;
        customer
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

/// Three processes look at 20 customers, who change at random, which one of the processes is told.
/// Whenever nothing is under way, each of them shows what is true.
#[tokio::test]
async fn no_process_keeps_what_is_outdated() {
    const CUSTOMERS: usize = 20;
    let processes = processes::<3>().await;
    let [store, _] = sample_stores();
    let shop = Arc::new(SlowShop(MemoryShop::new()));
    shop.0.open(&store.id, Currency::EUR);
    let versions: Arc<Vec<_>> = Arc::new((0..CUSTOMERS).map(|_| AtomicU64::new(0)).collect());
    (0..CUSTOMERS).for_each(|number| shop.set(&store.id, number, 0));
    let mut contexts = Vec::new();
    for redis in &processes {
        let orders = Arc::new(MemoryShop::new());
        orders.open(&store.id, Currency::EUR);
        let ports = memory::ports(shop.clone(), orders, None);
        ports.stores.put(&store).await.unwrap();
        let cache = Arc::new(redis.cache(CacheConfig::default()));
        let config = ContextConfig::default();
        contexts.push(ContextService::new(Ports { cache, ..ports }, config));
    }
    for _round in 0..30 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..60 {
            let (context, shop) = (contexts[number % 3].clone(), shop.clone());
            let (versions, store) = (versions.clone(), store.id.clone());
            tasks.spawn(async move {
                for _ in 0..5 {
                    let number = fastrand::usize(..CUSTOMERS);
                    if fastrand::u8(..5) == 0 {
                        let new = versions[number].fetch_add(1, Ordering::SeqCst) + 1;
                        shop.set(&store, number, new);
                        context.forget(&store, &customer(number)).await;
                    } else {
                        context.snapshot(&store, &customer(number)).await.unwrap().unwrap();
                    }
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        // The last messages.
        sleep(Duration::from_millis(30)).await;
        for (process, context) in contexts.iter().enumerate() {
            for number in 0..CUSTOMERS {
                let shown = context.snapshot(&store.id, &customer(number)).await.unwrap().unwrap();
                let now = versions[number].load(Ordering::SeqCst);
                assert_eq!(shown.customer.name, now.to_string(), "{number} in process {process}");
            }
        }
    }
    let healths: Vec<_> = processes.iter().map(Redis::health).collect();
    assert!(healths.iter().all(|it| it.is_up() && it.timeouts == 0), "{healths:#?}");
    assert!(healths.iter().all(|it| it.cache_local_hits > 0), "{healths:#?}");
    let outdated: u64 = healths.iter().map(|it| it.cache_outdated).sum();
    assert!(outdated > 0, "none changed while it was read: {healths:#?}");
}

fn cart(store: &str, customer: &str) -> Signal {
    let (store, customer) = (StoreId::new(store).unwrap(), CustomerId::new(customer).unwrap());
    Signal::new(store, customer, Change::Cart)
}

#[tokio::test]
async fn a_signal_reaches_the_open_panels_of_all_processes_once() {
    let [here, there] = processes().await;
    let signal = cart("north", "c-1");
    let mut open = Vec::new();
    for redis in [&here, &there] {
        open.push(redis.signals().subscribe(&signal.store, &signal.subject).await.unwrap());
    }
    here.signals().publish(&cart("north", "c-2")).await.unwrap();
    here.signals().publish(&signal).await.unwrap();
    for open in &mut open {
        let event = timeout(Duration::from_secs(5), open.next()).await.unwrap();
        assert_eq!(event, SignalEvent::Changed(Change::Cart));
        assert!(timeout(Duration::from_millis(200), open.next()).await.is_err(), "once");
    }
    assert_eq!((here.health().signals_published, there.health().signals_received), (2, 2));
    assert_eq!(here.health().signals_received, 0, "its own");
}

#[tokio::test]
async fn prefixes_are_apart() {
    let [here] = processes().await;
    let [there] = processes().await;
    let [a, b] = [&here, &there].map(|redis| redis.cache(CacheConfig::default()));
    put(&a, "k", "one").await;
    assert_eq!(has(&b, "k").await, None);
    put(&b, "k", "two").await;
    b.remove("k").await.unwrap();
    assert_eq!(has(&a, "k").await.as_deref(), Some("one"));
    here.signals().publish(&cart("north", "c")).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(there.health().signals_received, 0);
}

#[tokio::test]
async fn dropping_it_ends_its_connections() {
    let url = shared_url().unwrap();
    let client = Client::open(&*url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let prefix = prefix();
    let redis = connected(&url, &prefix).await;
    let mut subscribers = async || {
        let mut command = ::redis::cmd("PUBSUB");
        command.arg("NUMSUB").arg(format!("{prefix}:signals"));
        let (_, number): (String, u32) = command.query_async(&mut connection).await.unwrap();
        number
    };
    assert_eq!(subscribers().await, 1);
    let cache = redis.cache(CacheConfig::default());
    drop(redis);
    assert_eq!(subscribers().await, 1, "the cache still needs it");
    drop(cache);
    let began = Instant::now();
    while subscribers().await > 0 {
        assert!(began.elapsed() < Duration::from_secs(5), "it still listens");
        sleep(Duration::from_millis(5)).await;
    }
}
