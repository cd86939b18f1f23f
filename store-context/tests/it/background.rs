//! Bulk work leaves room to live work: in the server's limit, and in the worker's slots.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use chatwoot_client::fake::{FakeLimits, Fault, FaultKind};
use chatwoot_client::{Client, Limits};
use futures_util::future::join_all;
use store_context::Timestamp;
use store_context::model::{Customer, StoreId};
use store_context::ports::{Observer, Ports, SyncReport};
use store_context::sync::{ContactSync, SyncConfig};
use tokio::time::{Instant, interval, sleep};

use crate::support::{BASE_URL, Bench, customer};

/// Keeps each confirmed customer's store and lag, and how often a store was paused.
#[derive(Default)]
struct Told {
    lags: Mutex<Vec<(StoreId, Duration)>>,
    pauses: Mutex<u32>,
}

impl Observer for Told {
    fn customer_synced(&self, report: &SyncReport<'_>) {
        let lag = report.lag.map(|lag| (report.store.clone(), lag));
        self.lags.lock().unwrap().extend(lag);
    }

    fn store_paused(&self, _: &StoreId, _: Duration, _: &str) {
        *self.pauses.lock().unwrap() += 1;
    }
}

impl Told {
    fn lags(&self, store: &StoreId) -> Vec<Duration> {
        let lags = self.lags.lock().unwrap();
        lags.iter().filter(|(of, _)| of == store).map(|(_, lag)| *lag).collect()
    }
}

/// A bench whose fake and client keep a limit of so many requests a minute, from the beginning of a
/// minute on, with a worker.
async fn limited(per_minute: u32, config: SyncConfig) -> (Bench, Arc<Told>, ContactSync) {
    let bench = Bench::provisioned().await;
    let start = SystemTime::UNIX_EPOCH + Duration::from_mins(29_833_334);
    let began = Instant::now();
    bench.fake.follow_tokio(Timestamp::try_from(start).unwrap());
    let limits = FakeLimits { all_per_minute: per_minute, ..FakeLimits::default() };
    bench.fake.set_limits(Some(limits));
    let client = Client::builder(BASE_URL)
        .transport(bench.fake.clone())
        .limits(Limits { per_minute: Some(per_minute), ..Limits::server() })
        .wall_clock(move || start + began.elapsed())
        .build()
        .unwrap();
    let told = Arc::new(Told::default());
    let ports = Ports { observer: told.clone(), ..bench.ports.clone() };
    let accounts = bench.accounts_by(client.clone());
    let sync = ContactSync::new(accounts.clone(), ports.clone(), config);
    (Bench { client, ports, accounts, ..bench }, told, sync)
}

fn refused(bench: &Bench) -> usize {
    bench.fake.journal().iter().filter(|entry| entry.status == Some(429)).count()
}

/// One store's first sync takes two minutes of all that the server allows; another store's changes
/// are written at once meanwhile.
#[tokio::test(start_paused = true)]
async fn point_05_bulk_leaves_room_in_the_servers_limit() {
    const BULK: usize = 6_000;
    let (bench, told, sync) = limited(3_000, SyncConfig::default()).await;
    let (north, south) = (bench.north().clone(), bench.stores[1].id.clone());
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(80))));
    for n in 0..BULK {
        bench.put(&customer(&format!("c{n}")));
    }
    sync.want_all(&north).await.unwrap();
    let began = Instant::now();
    let live = async {
        let mut every = interval(Duration::from_secs(2));
        let mut changes = 0;
        while told.lags(&north).len() < BULK {
            every.tick().await;
            let name = format!("Change {changes}");
            let customer = Customer { name, ..customer(&format!("live{}", changes % 10)) };
            bench.shop.put_customer(&south, customer.clone()).unwrap();
            sync.want(&south, &customer.id).await.unwrap();
            changes += 1;
        }
        sleep(Duration::from_secs(5)).await;
        changes
    };
    let changes = tokio::select! {
        biased;
        changes = live => changes,
        () = sync.run() => 0,
        () = sleep(Duration::from_mins(30)) => panic!("the bulk is never done"),
    };
    let (took, lags) = (began.elapsed(), told.lags(&south));
    assert_eq!((lags.len(), refused(&bench)), (changes, 0));
    assert!(changes > 60, "{changes} changes");
    let worst = lags.iter().max().unwrap();
    assert!(*worst < Duration::from_secs(5), "a live change waited {worst:?}");
    assert!(took < Duration::from_secs(140), "the limit allows 120 s; the bulk took {took:?}");
}

/// Bulk calls that take long have some of the slots; in the others live changes go on, of the same
/// store and of another.
#[tokio::test(start_paused = true)]
async fn point_05_bulk_leaves_slots_to_live_changes() {
    let config = SyncConfig { parallel: 5, per_store: 5, bulk: 3, ..SyncConfig::default() };
    let (bench, told, sync) = limited(3_000, config).await;
    let (north, south) = (bench.north().clone(), bench.stores[1].id.clone());
    for n in 0..20 {
        bench.put(&customer(&format!("c{n}")));
    }
    sync.want_all(&north).await.unwrap();
    // The bulk calls under way; whatever else is sent is quick.
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(10))).times(3));
    let live = async {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(bench.ports.sync.counts(None).await.unwrap().claimed, 3, "bulk has its part");
        for store in [&north, &south] {
            bench.shop.put_customer(store, customer("ada")).unwrap();
            sync.want(store, &customer("ada").id).await.unwrap();
        }
        sleep(Duration::from_millis(500)).await;
        let there = [told.lags(&north).len(), told.lags(&south).len()];
        assert_eq!(there, [1, 1], "what is live does not wait for what is slow");
        sleep(Duration::from_mins(1)).await;
    };
    tokio::select! { biased; () = live => {}, () = sync.run() => {} }
    assert_eq!(told.lags(&north).len(), 21, "then the rest of the bulk");
}

/// While live calls take all that the server allows, bulk work waits; its store is not paused for
/// it, and no customer is parked.
#[tokio::test(start_paused = true)]
async fn bulk_work_that_finds_no_room_pauses_no_store() {
    let (bench, told, sync) = limited(60, SyncConfig::default()).await;
    for n in 0..40 {
        bench.put(&customer(&format!("c{n}")));
    }
    sync.want_all(bench.north()).await.unwrap();
    let account = bench.account(&bench.stores[1].id).await;
    let busy = async {
        let until = Instant::now() + Duration::from_mins(30);
        let caller = async || {
            while Instant::now() < until {
                // Those that wait too long fail.
                let _ = account.labels().list().await;
            }
        };
        join_all((0..100).map(|_| caller())).await;
        assert!(told.lags(bench.north()).len() < 40, "live calls leave nearly nothing");
        sleep(Duration::from_mins(2)).await;
    };
    tokio::select! { biased; () = busy => {}, () = sync.run() => {} }
    assert_eq!(*told.pauses.lock().unwrap(), 0, "the store is well");
    assert_eq!(told.lags(bench.north()).len(), 40, "then there is room");
    assert_eq!(refused(&bench), 0);
}

/// A run by hand goes on past what may be in hand at once.
#[tokio::test(start_paused = true)]
async fn a_run_by_hand_syncs_all_that_is_due() {
    let config = SyncConfig { parallel: 5, per_store: 3, bulk: 2, ..SyncConfig::default() };
    let (bench, _, sync) = limited(3_000, config).await;
    for n in 0..20 {
        bench.put(&customer(&format!("c{n}")));
    }
    sync.want_all(bench.north()).await.unwrap();
    assert_eq!(sync.run_once().await.unwrap().len(), 20);
    assert_eq!(sync.run_once().await.unwrap().len(), 0);
}
