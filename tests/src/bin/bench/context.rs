//! The endpoint of a customer's context against an axum handler that returns the same bytes, with
//! stores in Postgres and a cache in Redis.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use examples::local_redis::RedisServer;
use examples::test_database::TestDatabase;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use serde_json::json;
use store_context::context::{ContextConfig, ContextService};
use store_context::memory::{self, MemoryShop};
use store_context::model::{
    Cart, Customer, CustomerId, Money, Order, OrderId, OrderItem, OrderStatus, OrderTotals, Store,
    StoreId,
};
use store_context::ports::{
    Carts, Cursor, CustomerPage, Customers, Orders, PortFailure, PortResult, Ports, Stores,
};
use store_context::{Currency, Decimal, Timestamp};
use store_context_adapters::axum::support_context::{self, PATH};
use store_context_adapters::axum::{Sessions, SupportContext};
use store_context_adapters::postgres::{KeyRing, PostgresStores, PostgresSyncLedger};
use store_context_adapters::redis::{CacheConfig, Redis, RedisConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::median;

/// Rounds of each, in turn, so that what else the machine does is in both.
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 16;
const CUSTOMERS: usize = 500;
/// The minimum of our requests per second, relative to the plain handler's.
const BOUND: f64 = 0.7;

/// Prints the measurements; returns whether the bounds are held.
pub(crate) fn report() -> Result<bool> {
    // The server and its load have a thread each.
    let server = runtime()?;
    let load = runtime()?;
    let bench = server.block_on(Bench::start())?;
    server.block_on(bench.cold())?;
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let (rate, mut waited) = load.block_on(burst(bench.ours, &bench.requests))?;
        let (base, _) = load.block_on(burst(bench.plain, &bench.requests))?;
        // The first round warms both up.
        if round > 0 {
            ours.push(rate);
            plain.push(base);
            times.append(&mut waited);
        }
    }
    let ratios = ours.iter().zip(&plain).map(|(ours, plain)| ours / plain).collect();
    let ratio = median(ratios);
    let (ours, plain) = (median(ours), median(plain));
    times.sort_unstable();
    let at = |per_mille: usize| times.get(times.len() * per_mille / 1_000).copied();
    let (p50, p99) = (at(500).unwrap_or_default(), at(990).unwrap_or_default());
    let calls = bench.chatwoot.fake().requests();
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["what", "measured", "bound"]);
    table.add_row(["warm contexts per second".to_owned(), format!("{ours:.0}"), String::new()]);
    table.add_row(["the same bytes, plain".to_owned(), format!("{plain:.0}"), String::new()]);
    table.add_row(["ratio".to_owned(), format!("{ratio:.2}"), format!("at least {BOUND}")]);
    table.add_row(["p50".to_owned(), format!("{p50:.1?}"), String::new()]);
    table.add_row(["p99".to_owned(), format!("{p99:.1?}"), String::new()]);
    table.add_row(["calls to Chatwoot".to_owned(), calls.to_string(), "0".to_owned()]);
    println!("{table}");
    let rounded = |value: f64| (value * 1e3).round() / 1e3;
    println!(
        "{}",
        json!({
            "context_per_second": ours.round(),
            "plain_per_second": plain.round(),
            "context_ratio": rounded(ratio),
            "context_p50_ms": rounded(p50.as_secs_f64() * 1e3),
            "context_p99_ms": rounded(p99.as_secs_f64() * 1e3),
            "cold_reads_per_port": 1,
            "chatwoot_calls": calls,
            "connections": CONNECTIONS,
        })
    );
    Ok(ratio >= BOUND && calls == 0)
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(1).enable_all().build()?)
}

/// Two servers with the same responses, and what they need.
struct Bench {
    ours: std::net::SocketAddr,
    plain: std::net::SocketAddr,
    requests: Arc<[String]>,
    counts: Arc<Counts>,
    chatwoot: FakeServer,
    _database: TestDatabase,
    _redis: RedisServer,
}

impl Bench {
    async fn start() -> Result<Self> {
        let database = TestDatabase::new().await?;
        let redis = tokio::task::spawn_blocking(RedisServer::start).await??;
        let chatwoot = FakeServer::start(FakeChatwoot::new()).await;
        let counts = Arc::new(Counts::default());
        let shop = Arc::new(MemoryShop::new());
        let store = store()?;
        let sample = fill(&shop, &store)?;
        let host = Arc::new(Counted { shop: shop.clone(), counts: counts.clone() });
        let keys = Arc::new(KeyRing::parse(&format!("bench:{}", "5a".repeat(32)))?);
        let stores = PostgresStores::new(database.database.clone(), keys, "bench");
        let stores: Arc<dyn Stores> = Arc::new(stores);
        stores.put(&store).await.map_err(PortFailure::from)?;
        let record = stores.update(&store.id, |record| {
            record.account.base_url = chatwoot.uri().parse().ok();
            record.account.account = Some(chatwoot_client::AccountId(1));
        });
        record.await.map_err(PortFailure::from)?.context("the store is there")?;
        let client = redis::Client::open(redis.url())?;
        let manager = redis::aio::ConnectionManager::new(client.clone()).await?;
        let cache = Redis::new(manager, client, RedisConfig::new("bench"));
        let cache = cache.cache(CacheConfig::default());
        let ports = Ports {
            stores,
            sync: Arc::new(PostgresSyncLedger::new(database.database.clone())),
            cache: Arc::new(cache),
            ..memory::ports(host.clone(), host.clone(), Some(host))
        };
        // Longer than a measurement: a warm one is asked for. In process it ends sooner.
        let config = ContextConfig { ttl: Duration::from_mins(10), ..ContextConfig::default() };
        let context = ContextService::new(ports, config);
        let first = CustomerId::new("c-0")?;
        let same = context.own_json(&store.id, &first).await?.context("a customer")?;
        context.forget(&store.id, &first).await;
        counts.reset();
        ensure!(same.len() > 500, "a snapshot of {sample} orders is larger");
        let sessions = Arc::new(HeaderSessions(store.id.clone()));
        let ours =
            serve(support_context::router(SupportContext { context, sessions: sessions.clone() }))
                .await?;
        let plain = serve(plain(same, sessions)).await?;
        let requests = (0..CUSTOMERS)
            .map(|number| {
                format!("GET {PATH} HTTP/1.1\r\nhost: shop\r\nx-customer: c-{number}\r\n\r\n")
            })
            .collect();
        Ok(Self { ours, plain, requests, counts, chatwoot, _database: database, _redis: redis })
    }

    /// Asks for each customer once: each port is read once for each, and Chatwoot not at all.
    async fn cold(&self) -> Result<()> {
        let mut connection = Connection::open(self.ours).await?;
        for (number, request) in (1..).zip(self.requests.iter()) {
            connection.ask(request).await?;
            let Counts { customers, totals, orders, carts } = &*self.counts;
            for (port, reads) in
                [("customers", customers), ("totals", totals), ("orders", orders), ("carts", carts)]
            {
                let reads = reads.load(Ordering::SeqCst);
                ensure!(reads == number, "{port}: {reads} reads for {number} cold contexts");
            }
        }
        // A warm one reads none of them.
        for request in self.requests.iter() {
            connection.ask(request).await?;
        }
        let reads = self.counts.customers.load(Ordering::SeqCst);
        ensure!(reads == self.requests.len() as u64, "a warm context is read again");
        ensure!(self.chatwoot.fake().requests() == 0, "a context called Chatwoot");
        Ok(())
    }
}

/// The handler to compare with: it looks the session up and returns the bytes with the headers.
fn plain(same: Bytes, sessions: Arc<HeaderSessions>) -> Router {
    let answer = move |parts: Parts| {
        let (same, sessions) = (same.clone(), sessions.clone());
        async move {
            let found = sessions.customer(&parts).await;
            let body = found.map(|_| same).unwrap_or_default();
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (CACHE_CONTROL, "no-store"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, body)
        }
    };
    Router::new().route(PATH, get(answer))
}

async fn serve(router: Router) -> Result<std::net::SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Sends requests over all connections for a while; returns their number per second and how long
/// each took.
async fn burst(
    server: std::net::SocketAddr,
    requests: &Arc<[String]>,
) -> Result<(f64, Vec<Duration>)> {
    let began = Instant::now();
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut connection = Connection::open(server).await?;
                let mut times = Vec::new();
                let mut next = number * requests.len() / CONNECTIONS;
                while began.elapsed() < ROUND {
                    let asked = Instant::now();
                    connection.ask(&requests[next % requests.len()]).await?;
                    times.push(asked.elapsed());
                    next += 1;
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for connection in connections {
        times.append(&mut connection.await??);
    }
    Ok((f64::from(u32::try_from(times.len())?) / began.elapsed().as_secs_f64(), times))
}

/// A client as cheap as possible, so that the server's time counts.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(server: std::net::SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request and reads the response, which must be a 200 with a body.
    async fn ask(&mut self, request: &str) -> Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the connection was closed");
            filled += read;
            let got = &self.buffer[..filled];
            let Some(end) = got.windows(4).position(|window| window == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&got[..end])?;
            ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.context("a length")?.parse()?;
            ensure!(length > 500, "a body of {length} bytes");
            if filled >= end + 4 + length {
                return Ok(());
            }
        }
    }
}

/// How often each port of the host was read.
#[derive(Debug, Default)]
struct Counts {
    customers: AtomicU64,
    totals: AtomicU64,
    orders: AtomicU64,
    carts: AtomicU64,
}

impl Counts {
    fn reset(&self) {
        for count in [&self.customers, &self.totals, &self.orders, &self.carts] {
            count.store(0, Ordering::SeqCst);
        }
    }
}

/// The shop, with its reads counted.
struct Counted {
    shop: Arc<MemoryShop>,
    counts: Arc<Counts>,
}

/// Counts a read of a port.
fn count<T>(port: &AtomicU64, read: impl Future<Output = T>) -> impl Future<Output = T> {
    port.fetch_add(1, Ordering::SeqCst);
    read
}

#[async_trait]
impl Customers for Counted {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        count(&self.counts.customers, self.shop.customer(store, id)).await
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        self.shop.customer_ids(store, after, limit).await
    }
}

#[async_trait]
impl Orders for Counted {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        count(&self.counts.orders, self.shop.recent_orders(store, customer, limit)).await
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        count(&self.counts.totals, self.shop.order_totals(store, customer)).await
    }
}

#[async_trait]
impl Carts for Counted {
    async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
        count(&self.counts.carts, self.shop.cart(store, customer)).await
    }
}

/// The customer is named by a header: looking sessions up is the host's own.
struct HeaderSessions(StoreId);

#[async_trait]
impl Sessions for HeaderSessions {
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)> {
        let named = parts.headers.get("x-customer")?.to_str().ok()?;
        Some((self.0.clone(), CustomerId::new(named).ok()?))
    }
}

fn store() -> Result<Store> {
    Ok(Store {
        time_zone: "Europe/Amsterdam".to_owned(),
        ..Store::new(
            StoreId::new("north")?,
            "North",
            "https://north.example.com".parse()?,
            "help@north.example.com",
            Currency::EUR,
        )
    })
}

/// Fills the shop with customers who have five orders each; returns how many each has.
fn fill(shop: &MemoryShop, store: &Store) -> Result<usize> {
    const ORDERS: usize = 5;
    shop.open(&store.id, store.currency);
    for number in 0..CUSTOMERS {
        let id = CustomerId::new(format!("c-{number}"))?;
        let mut customer = Customer::new(id.clone(), format!("Customer {number}"));
        customer.email = Some(format!("customer-{number}@example.com"));
        customer.email_verified = true;
        customer.registered_at = Some(Timestamp::from_second(1_700_000_000)?);
        shop.put_customer(&store.id, customer)?;
        for order in 0..ORDERS {
            let at = Timestamp::from_second(1_750_000_000 + i64::try_from(order)?)?;
            let total = Money::new(Decimal::new(1_999, 2), store.currency);
            let order_id = OrderId::new(format!("{number}-{order}"))?;
            let order = Order {
                items: vec![OrderItem { title: "Darjeeling, first flush".to_owned(), quantity: 2 }],
                ..Order::new(order_id, id.clone(), at, OrderStatus::Delivered, total)
            };
            shop.put_order(&store.id, order)?;
        }
    }
    Ok(ORDERS)
}
