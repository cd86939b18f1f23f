//! Tests of a hostile review's findings in the sync, one each, named after the review's points.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::application::contacts::{Contact, ContactPatch, NewContact};
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::{Account, Attributes, ContactId, Patch, RetryPolicy};
use serde_json::json;
use store_context::Timestamp;
use store_context::memory::MemoryShop;
use store_context::model::{
    Customer, CustomerId, Money, Order, OrderId, OrderStatus, OrderTotals, StoreId,
};
use store_context::ports::{
    BoundToken, Cursor, CustomerPage, Customers, Orders, PortResult, StoreAccount, StoreRecord,
};
use store_context::sync::{ContactSync, SweepCursor, SyncConfig};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{BASE_URL, Bench, customer};

fn hasty() -> RetryPolicy {
    RetryPolicy { max_attempts: 1, deadline: Duration::from_mins(2), ..RetryPolicy::default() }
}

async fn hasty_bench() -> Bench {
    let bench = Bench::provisioned().await;
    let client = chatwoot_client::Client::builder(BASE_URL)
        .transport(bench.fake.clone())
        .retry(hasty())
        .limits(chatwoot_client::Limits::off())
        .build()
        .unwrap();
    Bench { accounts: bench.accounts_by(client.clone()), client, ..bench }
}

fn renamed(customer: &Customer, name: &str) -> Customer {
    Customer { name: name.to_owned(), ..customer.clone() }
}

fn buy(bench: &Bench, customer: &CustomerId, number: u32) {
    let id = OrderId::new(format!("{customer}-{number}")).unwrap();
    let total = Money::new(10.into(), bench.stores[0].currency);
    let order = Order::new(id, customer.clone(), Timestamp::now(), OrderStatus::Paid, total);
    bench.shop.put_order(bench.north(), order).unwrap();
}

/// A `PUT` succeeded but got a 500; then the customer changes back.
#[tokio::test(start_paused = true)]
async fn point_01_a_write_of_unknown_outcome_is_written_again() {
    let bench = hasty_bench().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.put(&renamed(&ada, "Ada L."));
    let sync = bench.sync();
    sync.want(bench.north(), &ada.id).await.unwrap();
    bench.fake.fault(Fault::new(FaultKind::ErrorAfter).verb("PUT").times(1));
    sync.run_once().await.unwrap();
    bench.put(&ada);
    bench.synced(&ada.id).await;
    assert_eq!(bench.contact(&ada.id).await.name, Some(ada.name), "Chatwoot stays wrong");
}

/// The worker is dropped during its `PUT`, which succeeds; then the customer changes back.
#[tokio::test(start_paused = true)]
async fn point_01_a_write_of_a_dropped_worker_is_written_again() {
    let bench = hasty_bench().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.put(&renamed(&ada, "Ada L."));
    let sync = bench.sync();
    sync.want(bench.north(), &ada.id).await.unwrap();
    let slow = Fault::new(FaultKind::Delay(Duration::from_secs(9))).verb("PUT").times(1);
    bench.fake.fault(slow);
    timeout(Duration::from_secs(3), sync.run_once()).await.unwrap_err();
    assert_eq!(bench.contact(&ada.id).await.name.as_deref(), Some("Ada L."), "it was done");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    assert_eq!(bench.contact(&ada.id).await.name, Some(ada.name), "Chatwoot stays wrong");
}

/// A contact that an agent edited or deleted is repaired by a sweep, and by rewriting all.
#[tokio::test(start_paused = true)]
async fn point_01_edits_and_deletions_do_not_stay_hidden() {
    for rewrites in [false, true] {
        Box::pin(edited_and_deleted(rewrites)).await;
    }
}

async fn edited_and_deleted(rewrites: bool) {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    for one in [&ada, &bob] {
        bench.put(one);
        bench.synced(&one.id).await;
    }
    let account = bench.account(bench.north()).await;
    let patch = ContactPatch { name: Patch::Set("Eve".to_owned()), ..ContactPatch::default() };
    let of_ada = bench.contact(&ada.id).await.id;
    account.contacts().update(of_ada, &patch).await.unwrap();
    account.contacts().delete(bench.contact(&bob.id).await.id).await.unwrap();
    bench.fake.run_background_jobs();
    let sync = bench.sync();
    if rewrites {
        assert_eq!(sync.rewrite_all(bench.north()).await.unwrap(), 2);
    } else {
        let report = sync.sweep(bench.north(), SweepCursor::default(), |_| ()).await.unwrap();
        assert_eq!((report.checked, report.drifted.len()), (2, 2), "{report}");
    }
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&ada.id).await.name, Some(ada.name), "the edit stays");
    bench.contact(&bob.id).await;
}

/// Erases a customer and the contact between the engine's read of the customer and its write.
struct ErasesMeanwhile {
    shop: Arc<MemoryShop>,
    account: Account,
    contact: ContactId,
    erased: AtomicBool,
}

#[async_trait]
impl Orders for ErasesMeanwhile {
    async fn recent_orders(
        &self,
        s: &StoreId,
        c: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        self.shop.recent_orders(s, c, limit).await
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let totals = self.shop.order_totals(store, customer).await;
        if !self.erased.swap(true, Ordering::SeqCst) {
            self.shop.remove_customer(store, customer);
            self.account.contacts().delete(self.contact).await.unwrap();
        }
        totals
    }
}

#[tokio::test(start_paused = true)]
async fn point_02_a_stale_read_does_not_make_an_erased_contact_again() {
    let mut bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.put(&renamed(&ada, "Ada L."));
    bench.ports.orders = Arc::new(ErasesMeanwhile {
        shop: bench.shop.clone(),
        account: bench.account(bench.north()).await,
        contact: bench.contact(&ada.id).await.id,
        erased: AtomicBool::new(false),
    });
    bench.synced(&ada.id).await;
    let contacts = bench.contacts().await;
    assert!(contacts.is_empty(), "an erased customer is there again: {contacts:#?}");
}

#[tokio::test(start_paused = true)]
async fn point_02_a_customer_who_is_gone_leaves_nothing_in_chatwoot() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.shop.remove_customer(bench.north(), &ada.id);
    bench.synced(&ada.id).await;
    let contacts = bench.contacts().await;
    let shows = contacts.iter().any(|contact| contact.name == Some(ada.name.clone()));
    assert!(!shows, "name and e-mail of who is gone stay: {contacts:#?}");
}

/// Gives the first store another account.
async fn move_account(bench: &Bench) {
    let (account, token) = bench.fake.add_account("Another");
    let base_url: store_context::Url = BASE_URL.parse().unwrap();
    let account = StoreAccount {
        base_url: Some(base_url.clone()),
        account: Some(account.into()),
        ..StoreAccount::default()
    };
    let moved = |record: &mut StoreRecord| {
        record.account = account.clone();
        let token = token.clone().into();
        record.credentials.user_token = Some(BoundToken { base_url: base_url.clone(), token });
    };
    bench.accounts.update(bench.north(), moved).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn point_03_no_customer_is_unchanged_in_a_new_account() {
    let bench = Bench::provisioned().await;
    for n in 0..3 {
        bench.put(&customer(&format!("c{n}")));
    }
    let sync = bench.sync();
    sync.want_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(bench.contacts().await.len(), 3);
    move_account(&bench).await;
    sync.want_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(bench.contacts().await.len(), 3, "customers are unchanged in a new account");
}

/// Runs a worker until the customer has a contact; returns how long that took.
async fn until_there(bench: &Bench, sync: &ContactSync, store: &StoreId, name: &str) -> Duration {
    let started = Instant::now();
    let there = async {
        while bench.contacts_of(store).await.iter().all(|one| one.name.as_deref() != Some(name)) {
            sleep(Duration::from_millis(250)).await;
        }
    };
    tokio::select! {
        biased;
        () = there => {}
        () = sync.run() => {}
        () = sleep(Duration::from_hours(3)) => {}
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn point_05_a_suspended_store_delays_nobody() {
    let bench = hasty_bench().await;
    let south = bench.stores[1].id.clone();
    for n in 0..2_000 {
        bench.put(&customer(&format!("c{n}")));
    }
    bench.shop.put_customer(&south, customer("ada")).unwrap();
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), SyncConfig::default());
    sync.want_all(bench.north()).await.unwrap();
    sync.want(&south, &customer("ada").id).await.unwrap();
    let north = bench.account(bench.north()).await.id();
    let path = format!("/accounts/{north}/");
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(500))).path(&path));
    let body = r#"{"error":"Account is suspended"}"#.into();
    bench.fake.fault(Fault::new(FaultKind::Respond { status: 401, body }).path(&path));
    bench.fake.clear_journal();
    let took = until_there(&bench, &sync, &south, "Customer ada").await;
    assert!(took < Duration::from_secs(5), "the healthy store waited {took:?}");
    let journal = bench.fake.journal();
    let refused = journal.iter().filter(|entry| entry.path.contains(&path)).count();
    assert!(refused <= 64, "{refused} calls to a suspended account");
}

#[tokio::test(start_paused = true)]
async fn point_05_one_stores_bulk_delays_nobody() {
    let bench = hasty_bench().await;
    let south = bench.stores[1].id.clone();
    for n in 0..2_000 {
        bench.put(&customer(&format!("c{n}")));
    }
    bench.shop.put_customer(&south, customer("ada")).unwrap();
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), SyncConfig::default());
    sync.want_all(bench.north()).await.unwrap();
    sync.want(&south, &customer("ada").id).await.unwrap();
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(500))).verb("POST"));
    let took = until_there(&bench, &sync, &south, "Customer ada").await;
    assert!(took < Duration::from_secs(5), "the live change waited {took:?}");
}

/// Reads customers, except one, for which it panics or never responds.
struct Trap {
    shop: Arc<MemoryShop>,
    hangs: bool,
}

#[async_trait]
impl Customers for Trap {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        if id.as_str() == "bad" {
            assert!(self.hangs, "the port panics");
            std::future::pending::<()>().await;
        }
        self.shop.customer(store, id).await
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

async fn trapped(hangs: bool) -> Duration {
    let mut bench = Bench::provisioned().await;
    bench.put(&customer("bad"));
    for n in 0..300 {
        bench.put(&customer(&format!("c{n:03}")));
    }
    bench.ports.customers = Arc::new(Trap { shop: bench.shop.clone(), hangs });
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), SyncConfig::default());
    sync.want_all(bench.north()).await.unwrap();
    let started = Instant::now();
    let worker = {
        let sync = sync.clone();
        tokio::spawn(async move { sync.run().await })
    };
    for _ in 0..2_000 {
        if bench.contacts().await.len() == 300 {
            worker.abort();
            return started.elapsed();
        }
        sleep(Duration::from_millis(500)).await;
    }
    panic!("{} of 300 others were synced", bench.contacts().await.len());
}

#[tokio::test(start_paused = true)]
async fn point_06_a_customer_whose_port_panics_stops_nobody() {
    let took = trapped(false).await;
    assert!(took < Duration::from_secs(5), "the others waited {took:?}");
}

#[tokio::test(start_paused = true)]
async fn point_06_a_customer_whose_port_hangs_delays_nobody() {
    let took = trapped(true).await;
    assert!(took < Duration::from_secs(5), "the others waited {took:?}");
}

async fn guest(bench: &Bench) -> Contact {
    let account = bench.account(bench.north()).await;
    let stale = Attributes::from_iter([("cart_items".to_owned(), json!(99))]);
    let new = NewContact {
        name: Some("Guest".to_owned()),
        phone_number: Some("+31612345678".to_owned()),
        custom_attributes: Some(stale),
        ..NewContact::default()
    };
    account.contacts().create(&new).await.unwrap().contact
}

/// Returns the final state for an offset if it is wrong although nothing is wanted any more.
async fn wrong_after(offset: u64, dropped: Option<u64>) -> Option<String> {
    let bench = hasty_bench().await;
    let ada = customer("ada");
    bench.put(&ada);
    if offset.is_multiple_of(2) {
        bench.synced(&ada.id).await;
    }
    let is_guest = guest(&bench).await;
    bench.fake.set_merge_window(Duration::from_millis(30));
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(10))));
    buy(&bench, &ada.id, 1);
    let sync = bench.sync();
    sync.want(bench.north(), &ada.id).await.unwrap();
    let recognised = async {
        sleep(Duration::from_millis(offset)).await;
        let merge = sync.merge_guest(bench.north(), &ada.id, is_guest.id);
        match dropped {
            Some(after) => drop(timeout(Duration::from_millis(after), merge).await),
            None => drop(merge.await),
        }
    };
    let changes = async {
        sleep(Duration::from_millis(20)).await;
        buy(&bench, &ada.id, 2);
        sync.want(bench.north(), &ada.id).await.unwrap();
    };
    let work = async {
        for _ in 0..3 {
            sync.run_once().await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::join!(work, recognised, changes);
    bench.fake.clear_faults();
    sleep(Duration::from_secs(2)).await;
    bench.settled(&sync).await;
    let contact = bench.contact(&ada.id).await;
    let orders = contact.custom_attributes.get("order_count").cloned();
    let cart = contact.custom_attributes.get("cart_items").cloned();
    let phone = contact.phone_number.filter(|phone| !phone.is_empty());
    let wrong = orders != Some(json!(2)) || cart == Some(json!(99)) || phone.is_some();
    wrong.then(|| format!("offset {offset}, dropped {dropped:?}: {orders:?} {cart:?} {phone:?}"))
}

#[tokio::test(start_paused = true)]
async fn point_08_recognition_does_not_race_the_worker() {
    let mut wrong = Vec::new();
    for offset in 0..140 {
        wrong.extend(wrong_after(offset, None).await);
    }
    assert!(wrong.is_empty(), "{} of 140 end clean and wrong: {wrong:#?}", wrong.len());
}

#[tokio::test(start_paused = true)]
async fn point_08_recognition_may_be_dropped_half_way() {
    let (mut wrong, mut all) = (Vec::new(), 0);
    for offset in (0..70).step_by(10) {
        for after in (0..100).step_by(4) {
            wrong.extend(wrong_after(offset, Some(after)).await);
            all += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {all} end clean and wrong: {:#?}", wrong.len(), wrong.first());
}

#[tokio::test(start_paused = true)]
async fn point_09_a_refused_address_is_tried_again_when_it_is_free() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let again = Customer { email: ada.email.clone(), ..customer("again") };
    bench.put(&again);
    bench.synced(&again.id).await;
    bench.shop.remove_customer(bench.north(), &ada.id);
    bench.synced(&ada.id).await;
    assert_eq!(bench.contact(&again.id).await.email, ada.email, "who registers again has none");
}

#[tokio::test(start_paused = true)]
async fn point_09_two_who_swap_their_addresses_have_them() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    for one in [&ada, &bob] {
        bench.put(one);
        bench.synced(&one.id).await;
    }
    bench.put(&Customer { email: bob.email.clone(), ..ada.clone() });
    bench.put(&Customer { email: ada.email.clone(), ..bob.clone() });
    let sync = bench.sync();
    sync.want_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&ada.id).await.email, bob.email, "two who swap end without");
    assert_eq!(bench.contact(&bob.id).await.email, ada.email, "two who swap end without");
}

/// A merge without a webhook is detected by a sweep.
#[tokio::test(start_paused = true)]
async fn point_13_a_merge_by_an_agent_is_noticed() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let other = guest(&bench).await;
    let account = bench.account(bench.north()).await;
    account.contacts().merge(other.id, bench.contact(&ada.id).await.id).await.unwrap();
    let sync = bench.sync();
    sync.sweep(bench.north(), SweepCursor::default(), |_| ()).await.unwrap();
    bench.settled(&sync).await;
    let contact = bench.linked(&ada.id).await;
    assert_eq!((contact.id, contact.email, contact.name), (other.id, ada.email, Some(ada.name)));
}

/// The account's webhook reports new and changed contacts: our own writes cost no call, changes by
/// others are repaired.
#[tokio::test(start_paused = true)]
async fn point_13_what_is_not_ours_puts_the_row_in_doubt() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let created = bench.fake.take_deliveries();
    let event = |delivery: &chatwoot_client::fake::Delivery| {
        String::from_utf8_lossy(delivery.request(Timestamp::now()).body())
            .contains("contact_created")
    };
    assert!(created.iter().any(event), "new contacts are told");
    for delivery in &created {
        bench.receive(delivery).await.unwrap();
    }
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().waiting, 0, "our own write");
    let account = bench.account(bench.north()).await;
    let patch = ContactPatch { email: Patch::Clear, ..ContactPatch::default() };
    account.contacts().update(bench.contact(&ada.id).await.id, &patch).await.unwrap();
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().in_doubt, 1, "an agent's");
    bench.settled(&bench.sync()).await;
    assert_eq!(bench.contact(&ada.id).await.email, ada.email, "noticed by nobody");
}

/// Fails while it is away.
struct Away {
    shop: Arc<MemoryShop>,
    away: AtomicBool,
}

#[async_trait]
impl Customers for Away {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        if self.away.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("connection refused").into());
        }
        self.shop.customer(store, id).await
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

/// A port of the host that is down is no customer's fault: nobody is parked for it.
#[tokio::test(start_paused = true)]
async fn a_port_that_is_down_for_half_an_hour_parks_nobody() {
    let mut bench = Bench::provisioned().await;
    let shop = Away { shop: bench.shop.clone(), away: AtomicBool::new(true) };
    let shop = Arc::new(shop);
    bench.ports.customers = shop.clone();
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), SyncConfig::default());
    for number in 0..50 {
        let one = customer(&format!("c-{number}"));
        bench.put(&one);
        sync.want(bench.north(), &one.id).await.unwrap();
    }
    timeout(Duration::from_mins(30), sync.run()).await.unwrap_err();
    shop.away.store(false, Ordering::SeqCst);
    timeout(Duration::from_mins(1), sync.run()).await.unwrap_err();
    let counts = bench.ports.sync.counts(None).await.unwrap();
    assert_eq!((counts.parked, counts.waiting, bench.contacts().await.len()), (0, 0, 50));
}
