//! The service against a host that can be slow, broken and counted.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::memory::{self, MemoryShop};
use crate::model::{
    Branding, Cart, CartItem, Customer, Money, Order, OrderId, OrderItem, OrderStatus, Store,
    TierPolicy,
};
use crate::ports::{Cache, Carts, Customers, Fingerprint, Link, Orders};

const MS: Duration = Duration::from_millis(1);

/// How one part of the host behaves.
#[derive(Clone, Copy, Default)]
struct Mood {
    delay: Duration,
    broken: bool,
}

impl Mood {
    async fn pass(mood: &Mutex<Self>) -> PortResult<()> {
        let Self { delay, broken } = *mood.lock().unwrap();
        sleep(delay).await;
        if broken { Err(PortError::new("host", "broken")) } else { Ok(()) }
    }
}

#[derive(Default)]
struct Host {
    shop: MemoryShop,
    reads: AtomicUsize,
    customer: Mutex<Mood>,
    totals: Mutex<Mood>,
    recent: Mutex<Mood>,
    cart: Mutex<Mood>,
}

#[async_trait]
impl Customers for Host {
    async fn get(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let customer = Customers::get(&self.shop, store, id).await;
        Mood::pass(&self.customer).await?;
        customer
    }

    async fn ids(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<CustomerId>> {
        self.shop.ids(store, after, limit).await
    }
}

#[async_trait]
impl Orders for Host {
    async fn recent(&self, s: &StoreId, c: &CustomerId, limit: usize) -> PortResult<Vec<Order>> {
        Mood::pass(&self.recent).await?;
        self.shop.recent(s, c, limit).await
    }

    async fn totals(&self, store: &StoreId, customer: &CustomerId) -> PortResult<OrderTotals> {
        Mood::pass(&self.totals).await?;
        self.shop.totals(store, customer).await
    }
}

#[async_trait]
impl Carts for Host {
    async fn get(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
        Mood::pass(&self.cart).await?;
        Carts::get(&self.shop, store, customer).await
    }
}

/// A cache that fails, or never answers.
struct NoCache {
    hangs: bool,
}

impl NoCache {
    async fn fail<T>(&self) -> PortResult<T> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(PortError::new("cache", "gone"))
    }
}

#[async_trait]
impl Cache for NoCache {
    async fn get(&self, _: &str) -> PortResult<Option<Bytes>> {
        self.fail().await
    }

    async fn put(&self, _: &str, _: Bytes, _: Duration) -> PortResult<()> {
        self.fail().await
    }

    async fn remove(&self, _: &str) -> PortResult<()> {
        self.fail().await
    }
}

/// A cache into which values take their time.
#[derive(Default)]
struct SlowCache(memory::MemoryCache);

#[async_trait]
impl Cache for SlowCache {
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>> {
        self.0.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()> {
        sleep(100 * MS).await;
        self.0.put(key, value, ttl).await
    }

    async fn remove(&self, key: &str) -> PortResult<()> {
        self.0.remove(key).await
    }
}

fn north() -> StoreId {
    StoreId::new("north").unwrap()
}

fn ada() -> CustomerId {
    CustomerId::new("ada").unwrap()
}

fn store(id: &StoreId) -> Store {
    Store {
        id: id.clone(),
        name: "North".to_owned(),
        locale: "nl".to_owned(),
        currency: Currency::EUR,
        time_zone: "Europe/Amsterdam".to_owned(),
        website: "https://north.example.com".parse().unwrap(),
        support_email: "help@north.example.com".to_owned(),
        branding: Branding {
            color: "#1F93FF".to_owned(),
            welcome_title: String::new(),
            welcome_tagline: String::new(),
            greeting: String::new(),
        },
        tiers: TierPolicy::new([("bronze", 0), ("gold", 50)]).unwrap(),
    }
}

fn order(day: i64, amount: &str) -> Order {
    Order {
        id: OrderId::new(format!("order {day}")).unwrap(),
        customer: ada(),
        placed_at: Timestamp::from_second(day * 86_400).unwrap(),
        status: OrderStatus::Paid,
        total: Money::new(amount.parse().unwrap(), Currency::EUR),
        items: vec![OrderItem { title: "Tea".to_owned(), quantity: 2 }],
    }
}

/// A host with Ada, her six orders and her cart, and its ports.
async fn host() -> (Arc<Host>, Ports) {
    let host = Arc::new(Host::default());
    host.shop.open(&north(), Currency::EUR);
    host.shop.put_customer(&north(), Customer::new(ada(), "Ada")).unwrap();
    for day in 1..=6 {
        host.shop.put_order(&north(), order(day, "10.10")).unwrap();
    }
    let price = Money::new("2.50".parse().unwrap(), Currency::EUR);
    let items = vec![CartItem { title: "Tea".to_owned(), quantity: 1, price }];
    let cart = Cart { items, total: price, updated_at: Timestamp::UNIX_EPOCH };
    host.shop.put_cart(&north(), &ada(), cart).unwrap();
    let ports = memory::ports(host.clone(), host.clone(), host.clone());
    ports.stores.put(&store(&north())).await.unwrap();
    (host, ports)
}

async fn service() -> (Arc<Host>, ContextService) {
    let (host, ports) = host().await;
    (host, ContextService::new(ports, ContextConfig::default()))
}

async fn ask(service: &ContextService) -> ContextSnapshot {
    service.snapshot(&north(), &ada()).await.unwrap().unwrap()
}

fn reads(host: &Host) -> usize {
    host.reads.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_holds_what_the_host_knows() {
    let (_, service) = service().await;
    let snapshot = ask(&service).await;
    assert_eq!(snapshot.customer.name, "Ada");
    assert_eq!(snapshot.store, StoreSummary::from(&store(&north())));
    let insights = snapshot.insights.as_ref().unwrap();
    assert_eq!((insights.totals.count, insights.tier.as_str()), (6, "gold"));
    let days: Vec<_> = snapshot.recent_orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(days, ["order 6", "order 5", "order 4", "order 3", "order 2"]);
    assert_eq!(snapshot.cart.as_ref().unwrap().quantity(), 1);
    assert_eq!(snapshot.unavailable, []);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_kept_whole_until_its_time_is_over() {
    let (host, service) = service().await;
    let first = ask(&service).await;
    advance(Duration::from_secs(29)).await;
    assert_eq!(ask(&service).await, first);
    assert_eq!(reads(&host), 1);
    advance(Duration::from_secs(1)).await;
    ask(&service).await;
    assert_eq!(reads(&host), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_none_and_not_kept() {
    let (host, service) = service().await;
    let bob = CustomerId::new("bob").unwrap();
    let south = StoreId::new("south").unwrap();
    assert_eq!(service.snapshot(&south, &ada()).await.unwrap(), None);
    assert_eq!(service.snapshot(&north(), &bob).await.unwrap(), None);
    host.shop.put_customer(&north(), Customer::new(bob.clone(), "Bob")).unwrap();
    assert!(service.snapshot(&north(), &bob).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_late_source_is_named_and_nothing_is_kept() {
    let (host, service) = service().await;
    host.totals.lock().unwrap().delay = 151 * MS;
    host.cart.lock().unwrap().delay = 149 * MS;
    host.recent.lock().unwrap().broken = true;
    let began = Instant::now();
    let snapshot = ask(&service).await;
    assert_eq!(began.elapsed(), 150 * MS, "sources are read at once");
    assert_eq!(snapshot.unavailable, [Source::Totals, Source::Orders]);
    assert_eq!((snapshot.insights, snapshot.recent_orders.len()), (None, 0));
    assert!(snapshot.cart.is_some());

    *host.totals.lock().unwrap() = Mood::default();
    *host.recent.lock().unwrap() = Mood::default();
    host.cart.lock().unwrap().delay = Duration::MAX;
    let snapshot = ask(&service).await;
    assert_eq!(snapshot.unavailable, [Source::Cart]);
    assert!(snapshot.insights.is_some() && snapshot.cart.is_none());
    *host.cart.lock().unwrap() = Mood::default();
    assert_eq!(ask(&service).await.unavailable, []);
}

#[tokio::test(start_paused = true)]
async fn without_the_customer_there_is_no_snapshot() {
    let (host, service) = service().await;
    host.customer.lock().unwrap().broken = true;
    let error = service.snapshot(&north(), &ada()).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "broken");

    host.customer.lock().unwrap().delay = 50 * MS;
    let (north, ada) = (north(), ada());
    let asked = (0..3).map(|_| service.snapshot(&north, &ada));
    let reads_before = reads(&host);
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap_err().port(), "host", "who waits gets the failure too");
    }
    assert_eq!(reads(&host), reads_before + 1);

    *host.customer.lock().unwrap() = Mood { delay: Duration::MAX, broken: false };
    let began = Instant::now();
    let error = service.snapshot(&north, &ada).await.unwrap_err();
    assert_eq!((error.port(), began.elapsed()), ("customers", Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn totals_in_another_currency_are_not_ranked() {
    let (_, ports) = host().await;
    let dollars = Store { currency: Currency::USD, ..store(&north()) };
    ports.stores.put(&dollars).await.unwrap();
    let snapshot = ask(&ContextService::new(ports, ContextConfig::default())).await;
    assert_eq!(snapshot.unavailable, [Source::Totals]);
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_fails_costs_only_time() {
    for hangs in [false, true] {
        let (host, mut ports) = host().await;
        ports.cache = Arc::new(NoCache { hangs });
        let service = ContextService::new(ports, ContextConfig::default());
        assert_eq!(ask(&service).await.unavailable, []);
        service.forget(&north(), &ada()).await;
        assert_eq!(ask(&service).await.unavailable, []);
        assert_eq!(reads(&host), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_cache_garbled_is_read_anew() {
    let (host, ports) = host().await;
    let text = key(&north(), &ada());
    ports.cache.put(&text, "{}".into(), Duration::from_mins(1)).await.unwrap();
    let service = ContextService::new(ports, ContextConfig::default());
    ask(&service).await;
    ask(&service).await;
    assert_eq!(reads(&host), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_nothing_is_kept() {
    let (host, ports) = host().await;
    let config = ContextConfig { ttl: Duration::ZERO, ..ContextConfig::default() };
    let service = ContextService::new(ports, config);
    ask(&service).await;
    ask(&service).await;
    assert_eq!(reads(&host), 2);
}

#[tokio::test(start_paused = true)]
async fn who_asks_at_once_shares_one_read() {
    let (host, service) = service().await;
    host.customer.lock().unwrap().delay = 50 * MS;
    let clone = service.clone();
    let late = async {
        sleep(25 * MS).await;
        ask(&clone).await
    };
    let (answers, late) = tokio::join!(join_all((0..20).map(|_| ask(&service))), late);
    assert_eq!(reads(&host), 1);
    assert!(answers.iter().all(|answer| *answer == late));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_change_is_not_kept() {
    let (host, service) = service().await;
    host.customer.lock().unwrap().delay = 50 * MS;
    let change = async {
        sleep(25 * MS).await;
        host.shop.put_customer(&north(), Customer::new(ada(), "Ada Lovelace")).unwrap();
        service.forget(&north(), &ada()).await;
        // The old read ends while this one is under way.
        ask(&service).await
    };
    let (before, after) = tokio::join!(ask(&service), change);
    assert_eq!(
        (before.customer.name.as_str(), after.customer.name.as_str()),
        ("Ada", "Ada Lovelace")
    );
    assert_eq!(ask(&service).await.customer.name, "Ada Lovelace");
    assert_eq!(reads(&host), 2);

    host.shop.put_customer(&north(), Customer::new(ada(), "Ada King")).unwrap();
    assert_eq!(ask(&service).await.customer.name, "Ada Lovelace", "nobody said that it changed");
    service.forget(&north(), &ada()).await;
    assert_eq!(ask(&service).await.customer.name, "Ada King");
}

#[tokio::test(start_paused = true)]
async fn a_change_while_a_snapshot_is_being_kept_undoes_it() {
    let (host, mut ports) = host().await;
    let cache = Arc::new(SlowCache::default());
    ports.cache = cache.clone();
    let service = ContextService::new(ports, ContextConfig::default());
    let change = async {
        sleep(50 * MS).await;
        service.forget(&north(), &ada()).await;
    };
    tokio::join!(ask(&service), change);
    assert_eq!(cache.get(&key(&north(), &ada())).await.unwrap(), None);
    ask(&service).await;
    ask(&service).await;
    assert_eq!(reads(&host), 2);
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_its_customer_and_a_guest_is_nobody() {
    let (_, ports) = host().await;
    let fingerprint = Fingerprint(String::new());
    let link = Link { customer: ada(), contact: ContactId(7), fingerprint };
    ports.links.put(&north(), &link).await.unwrap();
    let service = ContextService::new(ports, ContextConfig::default());
    let found = service.for_contact(&north(), ContactId(7)).await.unwrap().unwrap();
    assert_eq!(found.customer.id, ada());
    assert_eq!(service.for_contact(&north(), ContactId(8)).await.unwrap(), None);
    let south = StoreId::new("south").unwrap();
    assert_eq!(service.for_contact(&south, ContactId(7)).await.unwrap(), None);
}

#[test]
fn no_two_customers_share_a_key() {
    let id = |store: &str, customer: &str| {
        key(&StoreId::new(store).unwrap(), &CustomerId::new(customer).unwrap())
    };
    assert_ne!(id("a", "b:c"), id("a:b", "c"));
    assert_ne!(id("a", "bc"), id("ab", "c"));
    assert!(StoreId::new("a\u{1f}b").is_err() && CustomerId::new("a\u{1f}b").is_err());
}

#[test]
fn debug_shows_only_the_config() {
    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports(shop.clone(), shop.clone(), shop);
    let text = format!("{:?}", ContextService::new(ports, ContextConfig::default()));
    assert!(text.contains("recent_orders: 5"), "{text}");
}
