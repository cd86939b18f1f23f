//! Tests of the service with a host that can be slow or broken and counts its calls.

mod support;

use chatwoot_client::AccountId;
use futures_util::future::join_all;
use iso_currency::Currency;
use tokio::time::{Instant, advance, sleep};

use self::support::*;
use super::*;
use crate::memory::{self, MemoryShop};
use crate::model::{AccountKey, Customer, NotProven, Proof, Refund, Store, Tracking};
use crate::ports::{Cache, Fingerprint, Hold, Link, Settlement, StoreRecord};

#[tokio::test(start_paused = true)]
async fn a_snapshot_holds_what_the_host_knows() {
    let (_, service) = service().await;
    let snapshot = ask(&service).await;
    assert_eq!(snapshot.customer.name, "Ada");
    assert_eq!(snapshot.store, StoreSummary::from(&store(&north())));
    let insights = snapshot.insights.as_ref().unwrap();
    assert_eq!((insights.totals.count, insights.tier.as_ref().unwrap().as_str()), (6, "gold"));
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
        assert_eq!(answer.unwrap_err().port(), Some("host"), "who waits gets the failure too");
    }
    assert_eq!(reads(&host), reads_before + 1);

    *host.customer.lock().unwrap() = Mood { delay: Duration::MAX, broken: false };
    let began = Instant::now();
    let error = service.snapshot(&north, &ada).await.unwrap_err();
    assert_eq!((error.port(), began.elapsed()), (Some("customers"), Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn totals_in_another_currency_are_listed_and_not_ranked() {
    let (host, ports) = host().await;
    let mut foreign = order(7, "900");
    foreign.total.currency = Currency::GBP;
    host.shop.put_order(&north(), foreign).unwrap();
    let uncached = ContextConfig { ttl: Duration::ZERO, ..ContextConfig::default() };
    let snapshot = ask(&ContextService::new(ports.clone(), uncached.clone())).await;
    assert_eq!(snapshot.unavailable, []);
    let insights = snapshot.insights.unwrap();
    assert_eq!(insights.totals.lifetime_value.to_string(), "60.60 EUR");
    let others: Vec<_> =
        insights.other_currencies.iter().map(|it| it.lifetime_value.to_string()).collect();
    assert_eq!(others, ["900.00 GBP"]);

    let dollars = Store { currency: Currency::USD, ..store(&north()) };
    ports.stores.put(&dollars).await.unwrap();
    let insights = ask(&ContextService::new(ports, uncached)).await.insights.unwrap();
    assert_eq!((insights.totals.count, insights.tier.unwrap().as_str()), (0, "bronze"));
    assert_eq!(insights.other_currencies.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn links_that_are_no_web_pages_are_left_out() {
    let (host, ports) = host().await;
    let tracking = |url: &str| Tracking { url: url.parse().ok(), ..Tracking::default() };
    let mut odd = order(9, "1");
    odd.admin_url = "javascript:alert(document.domain)".parse().ok();
    odd.tracking = vec![tracking("data:text/html,x"), tracking("https://postnl.example/3S1")];
    host.shop.put_order(&north(), odd).unwrap();
    let mut fine = order(8, "1");
    fine.admin_url = "https://north.example.com/admin/8".parse().ok();
    host.shop.put_order(&north(), fine.clone()).unwrap();
    let orders = ask(&ContextService::new(ports, ContextConfig::default())).await.recent_orders;
    assert_eq!((&orders[0].admin_url, &orders[0].tracking[0].url), (&None, &None));
    assert_eq!(orders[0].tracking.len(), 2);
    assert!(orders[0].tracking[1].url.is_some());
    assert_eq!(orders[1], fine);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_newest_activity_if_the_host_records_any() {
    let (_, service) = service().await;
    assert_eq!(ask(&service).await.recent_activity, None, "a host without");
    let json = serde_json::to_value(ask(&service).await).unwrap();
    assert_eq!(json.get("recent_activity"), None);

    let (_, mut ports) = host().await;
    let log = Arc::new(SlowLog::default());
    ports.activity = Some(log.clone());
    let config = ContextConfig { recent_activity: 2, ..ContextConfig::default() };
    let service = ContextService::new(ports, config);
    assert_eq!(ask(&service).await.recent_activity, Some(Vec::new()), "nothing yet");
    for second in [1, 3, 2] {
        log.view(second).await;
    }
    assert_eq!(ask(&service).await.recent_activity, Some(Vec::new()), "a cached snapshot");
    service.forget(&north(), &ada()).await;
    let seen = |snapshot: ContextSnapshot| {
        let activity = snapshot.recent_activity.unwrap();
        activity.iter().map(|it| it.at().as_second()).collect::<Vec<_>>()
    };
    assert_eq!(seen(ask(&service).await), [3, 2]);
    assert_eq!(seen(ask(&service).await), [3, 2], "cached");

    service.forget(&north(), &ada()).await;
    *log.mood.lock().unwrap() = Mood { delay: 151 * MS, broken: false };
    let late = ask(&service).await;
    assert_eq!((&*late.unavailable, seen(late.clone()).len()), (&[Source::Activity][..], 0));
    *log.mood.lock().unwrap() = Mood { delay: Duration::ZERO, broken: true };
    assert_eq!(ask(&service).await.unavailable, [Source::Activity], "nothing late is cached");
    *log.mood.lock().unwrap() = Mood::default();
    assert_eq!(seen(ask(&service).await), [3, 2]);
}

/// What may be said in a conversation that is not proven has nothing of the customer, whatever the
/// host knows.
#[tokio::test(start_paused = true)]
async fn an_unproven_conversation_has_nothing_of_the_customer() {
    let (host, mut ports) = host().await;
    let log = Arc::new(SlowLog::default());
    log.view(1).await;
    ports.activity = Some(log);
    let mut order = order(9, "77.77");
    order.admin_url = "https://north.example.com/admin/9".parse().ok();
    let (amount, at) = (order.total, order.placed_at);
    order.refunds = vec![Refund { amount, at, reason: Some("broken".to_owned()) }];
    host.shop.put_order(&north(), order).unwrap();
    let service = ContextService::new(ports, ContextConfig::default());
    let proof = Proof::NotProven(NotProven::Missing);
    let said = service.for_conversation(&north(), &proof).await.unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(said).unwrap(),
        serde_json::json!({ "not_proven": { "why": "missing", "store": {
            "id": "north", "name": "North", "locale": "nl", "currency": "EUR",
            "time_zone": "Europe/Amsterdam",
        }}})
    );
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
    // Of another version, and of this one.
    for (garbled, first, second) in [("1 {}", 1, 1), ("2 2 {}{}", 2, 3), ("2 9 {}", 4, 4)] {
        ports.cache.put(&text, garbled.into(), Duration::from_mins(1)).await.unwrap();
        let service = ContextService::new(ports.clone(), ContextConfig::default());
        ask(&service).await;
        assert_eq!(reads(&host), first);
        ask(&service).await;
        assert_eq!(reads(&host), second);
        ask(&service).await;
        assert_eq!(reads(&host), second);
    }
}

#[tokio::test(start_paused = true)]
async fn the_customers_own_json_is_the_same_whether_it_is_cached_or_not() {
    let (host, ports) = host().await;
    let service = ContextService::new(ports, ContextConfig::default());
    let read = service.own_json(&north(), &ada()).await.unwrap().unwrap();
    let cached = service.own_json(&north(), &ada()).await.unwrap().unwrap();
    assert_eq!(read, cached);
    let snapshot = service.snapshot(&north(), &ada()).await.unwrap().unwrap();
    let own = OwnContext::new(&snapshot, OwnView::default());
    assert_eq!(serde_json::to_vec(&own).unwrap(), cached);
    assert_eq!(reads(&host), 1);
    let nobody = CustomerId::new("nobody").unwrap();
    assert_eq!(service.own_json(&north(), &nobody).await.unwrap(), None);
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
        // The old read ends while this one is in progress.
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
    let base_url: crate::Url = "https://chatwoot.example".parse().unwrap();
    let provisioned = |record: &mut StoreRecord| {
        record.account.base_url = Some(base_url.clone());
        record.account.account = Some(AccountId(1));
    };
    ports.stores.update(&north(), provisioned).await.unwrap();
    let Hold::Held(held) = ports.sync.hold(&north(), &ada(), 50 * MS).await.unwrap() else {
        panic!("nobody has it");
    };
    let account = AccountKey::new(&base_url, AccountId(1));
    let link = Link::new(account, ContactId(7), Fingerprint(String::new()));
    let confirmed = Settlement::Confirmed { link, quiet: Duration::ZERO, retry_left_out: None };
    ports.sync.settle(&[(*held, confirmed)]).await.unwrap();
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
    let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
    let text = format!("{:?}", ContextService::new(ports, ContextConfig::default()));
    assert!(text.contains("recent_orders: 5"), "{text}");
}
