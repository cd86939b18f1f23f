//! Tests of the conformance tests: each macro lists them all, and broken ports are detected.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::ContactId;

use super::*;
use crate::memory::{MemoryCache, MemoryShop, MemoryStores, MemorySyncLedger};
use crate::model::{AccountKey, Customer, Money, Order, OrderId, OrderStatus, OrderTotals};
use crate::ports::{
    Address, AddressToken, Cache, ClaimRequest, Clock, Cursor, CustomerPage, Customers, Doubt,
    Fingerprint, Hold, Link, Orders, ParkedRow, PausedStore, Priority, ProvisionLock, Settlement,
    StoreRecord, Stores, SyncClaim, SyncCounts, SyncLedger, TokioClock,
};

/// A requirement that its port's macro does not list would never be checked.
#[test]
fn each_macro_lists_every_promise_of_its_port() {
    for (port, source) in [
        ("audit", include_str!("audit.rs")),
        ("cache", include_str!("cache.rs")),
        ("host", include_str!("host.rs")),
        ("stores", include_str!("stores.rs")),
        (
            "sync_ledger",
            concat!(
                include_str!("sync_ledger/mod.rs"),
                include_str!("sync_ledger/rows.rs"),
                include_str!("sync_ledger/turns.rs"),
                include_str!("sync_ledger/leases.rs"),
                include_str!("sync_ledger/doubts.rs"),
                include_str!("sync_ledger/links.rs"),
                include_str!("sync_ledger/gone.rs"),
                include_str!("sync_ledger/parked.rs"),
                include_str!("sync_ledger/pauses.rs")
            ),
        ),
        (
            "webhook_ledger",
            concat!(
                include_str!("webhook_ledger/mod.rs"),
                include_str!("webhook_ledger/taking.rs"),
                include_str!("webhook_ledger/states.rs"),
                include_str!("webhook_ledger/turns.rs"),
                include_str!("webhook_ledger/queues.rs"),
                include_str!("webhook_ledger/parked.rs"),
                include_str!("webhook_ledger/removal.rs")
            ),
        ),
        ("webhook_rounds", include_str!("webhook_rounds.rs")),
    ] {
        let promises: BTreeSet<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next())
            .collect();
        let listed = source.split_once(" [\n").and_then(|(_, rest)| rest.split_once(']'));
        let (listed, _) = listed.expect("a macro with a list");
        let listed: Vec<&str> =
            listed.split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
        let distinct: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(listed.len(), distinct.len(), "{port}: a promise is listed twice");
        assert_eq!(distinct, promises, "{port}: listed, and written");
        assert!(!promises.is_empty(), "{port}");
    }
}

/// A ledger that settles a claim whatever its fence is, like an update without a condition.
struct Unfenced(MemorySyncLedger, Mutex<Option<SyncClaim>>);

impl Default for Unfenced {
    fn default() -> Self {
        let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
        Self(MemorySyncLedger::with_clock(std::sync::Arc::new(clock)), Mutex::default())
    }
}

#[async_trait]
impl SyncLedger for Unfenced {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        self.0.want(store, customers, priority).await
    }

    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        self.0.doubt(store, account, contact, doubt, unless).await
    }

    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        self.0.doubt_all(store, doubt, after, limit).await
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        let claims = self.0.claim(request).await?;
        if let Some(claim) = claims.last() {
            *self.1.lock().unwrap() = Some(claim.clone());
        }
        Ok(claims)
    }

    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        self.0.hold(store, customer, lease).await
    }

    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        self.0.begin(claim).await
    }

    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.0.extend(claims, lease).await
    }

    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        let last = self.1.lock().unwrap().clone();
        let newest = |claim: &SyncClaim| last.clone().unwrap_or_else(|| claim.clone());
        let settled = settled.iter().map(|(claim, how)| (newest(claim), how.clone()));
        self.0.settle(&settled.collect::<Vec<_>>()).await
    }

    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        self.0.want_merge(store, from, into).await
    }

    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.0.erase(store, customer).await
    }

    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        self.0.pause(store, duration, reason).await
    }

    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        self.0.resume(store).await
    }

    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        self.0.paused(after, limit).await
    }

    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        self.0.link(store, customer).await
    }

    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        self.0.customer_of(store, account, contact).await
    }

    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        self.0.links(store, after, limit).await
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        self.0.parked(store, after, limit).await
    }

    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        self.0.replay(store, customer, limit).await
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.0.forget(store, customer).await
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.0.forget_store(store, limit).await
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        self.0.counts(store).await
    }

    async fn wait(&self, longest: Duration) {
        self.0.wait(longest).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_without_fences_keeps_the_other_promises() {
    sync_ledger::a_confirmed_row_is_clean(&Unfenced::default()).await;
    sync_ledger::a_row_can_be_claimed_again_when_its_lease_ends(&Unfenced::default()).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "a lost claim settles nothing")]
async fn a_ledger_without_fences_lets_a_lost_claim_settle() {
    sync_ledger::a_lost_claim_settles_nothing(&Unfenced::default()).await;
}

/// Saves every record, outdated or not, and its clock does not advance.
struct Careless(MemoryStores);

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::MIN
    }
}

impl Default for Careless {
    fn default() -> Self {
        Self(MemoryStores::with_clock(Arc::new(Stopped)))
    }
}

#[async_trait]
impl Stores for Careless {
    async fn put(&self, store: &Store) -> PortResult<()> {
        self.0.put(store).await
    }

    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        self.0.open(id).await
    }

    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        self.0.ids(after, limit).await
    }

    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        let Some(kept) = self.0.open(&record.store.id).await? else { return Ok(None) };
        self.0.save(&StoreRecord { version: kept.version, ..record.clone() }).await
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        self.0.store_at(address, token).await
    }

    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        self.0.lock(id, lease).await
    }

    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        self.0.extend(lock, lease).await
    }

    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()> {
        self.0.unlock(lock).await
    }

    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        self.0.remove(id).await
    }
}

#[tokio::test]
async fn careless_stores_keep_the_other_promises() {
    stores::every_secret_comes_back(&Careless::default()).await;
    stores::a_lock_is_one_holders(&Careless::default()).await;
    // It is listed by the port's own default.
    stores::the_stores_of_an_organization_are_listed(&Careless::default()).await;
}

#[tokio::test]
#[should_panic(expected = "when its time is over")]
async fn stores_whose_clock_stands_take_a_replaced_address_for_ever() {
    stores::a_replaced_address_is_taken_until_its_time_is_over(&Careless::default()).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the lock after the lease")]
async fn stores_whose_clock_stands_are_locked_for_ever() {
    stores::a_lock_ends_with_its_lease(&Careless::default()).await;
}

#[tokio::test]
#[should_panic(expected = "the second change")]
async fn stores_that_keep_every_record_lose_a_change() {
    stores::an_outdated_record_is_not_kept(&Careless::default()).await;
}

#[tokio::test]
#[should_panic(expected = "every change of the account")]
async fn stores_that_keep_every_record_lose_changes_at_once() {
    stores::of_many_changes_at_once_none_is_lost(&Careless::default()).await;
}

/// A host that ignores the store, and drops the first customer of a batch.
struct Sloppy(MemoryShop, StoreId);

#[async_trait]
impl Customers for Sloppy {
    async fn customer(&self, _: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        self.0.customer(&self.1, id).await
    }

    async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
        self.0.customers(store, ids.get(1..).unwrap_or_default()).await
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        let page = self.0.customer_ids(store, after, limit).await?;
        let next = page.next.or_else(|| after.cloned());
        Ok(CustomerPage { next, ..page })
    }
}

/// Returns the orders oldest first, and counts all of them in the totals.
#[async_trait]
impl Orders for Sloppy {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        let mut orders = self.0.recent_orders(store, customer, limit).await?;
        orders.reverse();
        Ok(orders)
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let mut totals = self.0.order_totals(store, customer).await?;
        let orders = self.0.recent_orders(store, customer, usize::MAX).await?;
        for totals in &mut totals {
            totals.count = orders.len() as u64;
        }
        Ok(totals)
    }
}

fn sloppy() -> host::HostSample {
    let (shop, id) = (MemoryShop::new(), customer);
    shop.open(&north(), Currency::EUR);
    for known in ["1", "2", "3"] {
        shop.put_customer(&north(), Customer::new(id(known), known)).unwrap();
    }
    for (number, status) in [(1, OrderStatus::Paid), (2, OrderStatus::Cancelled)] {
        let (name, total) = (number.to_string(), Money::new(5.into(), Currency::EUR));
        let order = Order::new(OrderId::new(name).unwrap(), id("1"), at(number), status, total);
        shop.put_order(&north(), order).unwrap();
    }
    let shop = Arc::new(Sloppy(shop, north()));
    host::HostSample {
        customers: shop.clone(),
        orders: shop,
        carts: None,
        store: north(),
        currency: Currency::EUR,
        known: ["1", "2", "3"].map(id).to_vec(),
        unknown: id("4"),
        other_store: south(),
    }
}

#[tokio::test]
async fn a_sloppy_host_keeps_the_other_promises() {
    host::a_known_customer_is_found(&sloppy()).await;
    host::carts_are_found_together(&sloppy()).await;
}

#[tokio::test]
#[should_panic(expected = "a customer at another store")]
async fn a_host_that_asks_for_no_store_is_found_out() {
    host::a_customer_of_another_store_is_none(&sloppy()).await;
}

#[tokio::test]
#[should_panic(expected = "together, and alone")]
async fn a_host_that_forgets_one_of_many_is_found_out() {
    host::customers_are_found_together(&sloppy()).await;
}

#[tokio::test]
#[should_panic(expected = "a cursor leads to itself")]
async fn a_host_whose_listing_never_ends_is_found_out() {
    host::a_listing_ends_and_keeps_to_its_limit(&sloppy()).await;
}

#[tokio::test]
#[should_panic(expected = "newest first")]
async fn a_host_whose_orders_come_oldest_first_is_found_out() {
    host::recent_orders_are_the_newest_of_the_customer(&sloppy()).await;
}

#[tokio::test]
#[should_panic(expected = "what the orders add up to")]
async fn a_host_that_counts_every_order_is_found_out() {
    host::totals_are_of_the_orders_that_count(&sloppy()).await;
}

/// Keeps a value for the lifetime with which it was first put.
#[derive(Default)]
struct FirstTime(MemoryCache, Mutex<Option<Duration>>);

#[async_trait]
impl Cache for FirstTime {
    async fn get(&self, key: &str) -> PortResult<Option<Bytes>> {
        self.0.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> PortResult<()> {
        let first = *self.1.lock().unwrap().get_or_insert(ttl);
        self.0.put(key, value, first).await
    }

    async fn remove(&self, key: &str) -> PortResult<()> {
        self.0.remove(key).await
    }
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the later value has a minute")]
async fn a_cache_that_keeps_the_first_time_drops_a_later_value_early() {
    cache::a_replaced_value_has_the_new_time(&FirstTime::default()).await;
}
