//! Tests of what the engine does with customers' activity.

use std::sync::Arc;
use std::time::Duration;

use store_context::activity::{ActivityPurge, ActivityRetention};
use store_context::engine::Engine;
use store_context::memory::MemoryActivityLog;
use store_context::model::{Activity, ActivityKind};
use store_context::ports::{ActivityLog, Clock, NewActivity};

use crate::support::{Bench, customer};

/// Records that a customer of both stores viewed a page, so many hours ago.
async fn view(bench: &Bench, log: &MemoryActivityLog, id: &str, hours: u64) {
    let at = bench.clock.now() - Duration::from_hours(hours);
    let activity = Activity::new(at, ActivityKind::PageViewed, format!("{hours}"));
    let customer = customer(id).id;
    let new = bench.stores.clone().map(|store| NewActivity {
        store: store.id,
        customer: customer.clone(),
        activity: activity.clone(),
    });
    log.record(&new).await.unwrap();
}

async fn titles(bench: &Bench, log: &MemoryActivityLog, store: usize, id: &str) -> Vec<String> {
    let store = &bench.stores[store].id;
    let records = log.activities(store, &customer(id).id, None, 100).await.unwrap();
    records.into_iter().map(|record| record.activity.title().to_owned()).collect()
}

fn with_log(bench: &mut Bench) -> Arc<MemoryActivityLog> {
    let log = Arc::new(MemoryActivityLog::with_clock(bench.clock.clone()));
    bench.ports.activity = Some(log.clone());
    log
}

#[tokio::test(start_paused = true)]
async fn an_engine_removes_activity_that_is_older_than_its_retention() {
    let mut bench = Bench::provisioned().await;
    assert!(ActivityPurge::new(&bench.ports, ActivityRetention::default()).is_none());
    let log = with_log(&mut bench);
    for hours in [90 * 24 + 1, 90 * 24 - 1, 31 * 24, 1] {
        view(&bench, &log, "ada", hours).await;
    }
    let engine = Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let engine = engine.sync(None).reconcile(None).purge(None).build();
    engine.run_until(tokio::time::sleep(Duration::from_secs(1))).await;
    for store in [0, 1] {
        assert_eq!(titles(&bench, &log, store, "ada").await, ["1", "744", "2159"], "{store}");
    }

    // A shorter retention, in batches of one.
    let keep = Duration::from_hours(30 * 24);
    let month = ActivityRetention { keep, batch: 1, ..ActivityRetention::default() };
    let purge = ActivityPurge::new(&bench.ports, month).unwrap();
    assert_eq!(purge.run_once().await.unwrap(), 4);
    assert_eq!(titles(&bench, &log, 0, "ada").await, ["1"]);

    // Another process purges.
    let engine = Engine::builder(bench.accounts.clone(), bench.ports.clone());
    let engine = engine.sync(None).reconcile(None).purge(None).activity(None).build();
    assert_eq!(engine.health().await.unwrap().workers, []);
}

#[tokio::test(start_paused = true)]
async fn an_erased_customer_has_no_activity() {
    let mut bench = Bench::provisioned().await;
    let log = with_log(&mut bench);
    for id in ["ada", "bob"] {
        bench.put(&customer(id));
        view(&bench, &log, id, 1).await;
    }
    bench.sync().erase(bench.north(), &customer("ada").id).await.unwrap();
    assert_eq!(titles(&bench, &log, 0, "ada").await, [""; 0]);
    assert_eq!(titles(&bench, &log, 0, "bob").await, ["1"], "another customer");
    assert_eq!(titles(&bench, &log, 1, "ada").await, ["1"], "the customer of another store");
}
