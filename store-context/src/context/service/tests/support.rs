//! A host that can be slow or broken and counts its calls, and caches that fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use iso_currency::Currency;
use jiff::Timestamp;
use tokio::time::sleep;

use super::*;
use crate::memory::{self, MemoryShop};
use crate::model::{
    Activity, ActivityKind, Cart, CartItem, Customer, Money, Order, OrderId, OrderItem,
    OrderStatus, OrderTotals, Store, TierPolicy,
};
use crate::ports::{
    ActivityLog, ActivityRecord, Cache, Carts, Cursor, CustomerPage, Customers, NewActivity, Orders,
};

pub(super) const MS: Duration = Duration::from_millis(1);

/// The behavior of one part of the host.
#[derive(Clone, Copy, Default)]
pub(super) struct Mood {
    pub(super) delay: Duration,
    pub(super) broken: bool,
}

impl Mood {
    async fn pass(mood: &Mutex<Self>) -> PortResult<()> {
        let Self { delay, broken } = *mood.lock().unwrap();
        sleep(delay).await;
        if broken { Err(PortError::new("host", "broken")) } else { Ok(()) }
    }
}

#[derive(Default)]
pub(super) struct Host {
    pub(super) shop: MemoryShop,
    reads: AtomicUsize,
    pub(super) customer: Mutex<Mood>,
    pub(super) totals: Mutex<Mood>,
    pub(super) recent: Mutex<Mood>,
    pub(super) cart: Mutex<Mood>,
}

#[async_trait]
impl Customers for Host {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let customer = self.shop.customer(store, id).await;
        Mood::pass(&self.customer).await?;
        customer
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
impl Orders for Host {
    async fn recent_orders(
        &self,
        s: &StoreId,
        c: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        Mood::pass(&self.recent).await?;
        self.shop.recent_orders(s, c, limit).await
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        Mood::pass(&self.totals).await?;
        self.shop.order_totals(store, customer).await
    }
}

#[async_trait]
impl Carts for Host {
    async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
        Mood::pass(&self.cart).await?;
        self.shop.cart(store, customer).await
    }
}

/// An activity log that can be slow or broken.
#[derive(Default)]
pub(super) struct SlowLog {
    log: memory::MemoryActivityLog,
    pub(super) mood: Mutex<Mood>,
}

impl SlowLog {
    /// Records that Ada viewed a page at a second of 1970.
    pub(super) async fn view(&self, second: i64) {
        let at = Timestamp::from_second(second).unwrap();
        let activity = Activity::new(at, ActivityKind::PageViewed, "Tea");
        let new = NewActivity { store: north(), customer: ada(), activity };
        self.record(&[new]).await.unwrap();
    }
}

#[async_trait]
impl ActivityLog for SlowLog {
    async fn record(&self, activities: &[NewActivity]) -> PortResult<()> {
        self.log.record(activities).await
    }

    async fn activities(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        before: Option<&ActivityRecord>,
        limit: usize,
    ) -> PortResult<Vec<ActivityRecord>> {
        Mood::pass(&self.mood).await?;
        self.log.activities(store, customer, before, limit).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> PortResult<u64> {
        self.log.purge(age, limit).await
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<u64> {
        self.log.forget(store, customer).await
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.log.forget_store(store, limit).await
    }
}

/// A cache that fails or never responds.
pub(super) struct NoCache {
    pub(super) hangs: bool,
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

/// A cache with slow writes.
#[derive(Default)]
pub(super) struct SlowCache(memory::MemoryCache);

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

pub(super) fn north() -> StoreId {
    StoreId::new("north").unwrap()
}

pub(super) fn ada() -> CustomerId {
    CustomerId::new("ada").unwrap()
}

pub(super) fn store(id: &StoreId) -> Store {
    Store {
        locale: "nl".to_owned(),
        time_zone: "Europe/Amsterdam".to_owned(),
        tiers: Some(TierPolicy::new([("bronze", 0), ("gold", 50)]).unwrap()),
        ..Store::new(
            id.clone(),
            "North",
            "https://north.example.com".parse().unwrap(),
            "help@north.example.com",
            Currency::EUR,
        )
    }
}

pub(super) fn order(day: i64, amount: &str) -> Order {
    let (id, at) = (format!("order {day}"), Timestamp::from_second(day * 86_400).unwrap());
    let total = Money::new(amount.parse().unwrap(), Currency::EUR);
    Order {
        items: vec![OrderItem { title: "Tea".to_owned(), quantity: 2 }],
        ..Order::new(OrderId::new(id).unwrap(), ada(), at, OrderStatus::Paid, total)
    }
}

/// Returns a host with Ada, her six orders and her cart, and its ports.
pub(super) async fn host() -> (Arc<Host>, Ports) {
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
    let ports = memory::ports(host.clone(), host.clone(), Some(host.clone()));
    ports.stores.put(&store(&north())).await.unwrap();
    (host, ports)
}

pub(super) async fn service() -> (Arc<Host>, ContextService) {
    let (host, ports) = host().await;
    (host, ContextService::new(ports, ContextConfig::default()))
}

pub(super) async fn ask(service: &ContextService) -> ContextSnapshot {
    service.snapshot(&north(), &ada()).await.unwrap().unwrap()
}

pub(super) fn reads(host: &Host) -> usize {
    host.reads.load(Ordering::SeqCst)
}
