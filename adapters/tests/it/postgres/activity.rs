//! What customers did in the shop.

use std::time::Duration;

use examples::test_database::TestDatabase;
use futures_util::future::join_all;
use sqlx::AssertSqlSafe;
use store_context::model::{Activity, ActivityKind, CustomerId, StoreId};
use store_context::ports::{ActivityLog, NewActivity};
use store_context_adapters::postgres::PostgresActivityLog;

store_context::activity_conformance!(
    async { PostgresActivityLog::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

fn north() -> StoreId {
    StoreId::new("north").unwrap()
}

fn viewed(store: &StoreId, customer: &str, title: &str) -> NewActivity {
    let at = store_context::Timestamp::now();
    NewActivity {
        store: store.clone(),
        customer: CustomerId::new(customer).unwrap(),
        activity: Activity::new(at, ActivityKind::PageViewed, title),
    }
}

/// Processes that record, purge and forget at once lose nothing that is kept, and meet no deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_record_purge_and_forget_at_once() {
    let database = TestDatabase::new().await.unwrap();
    let log = PostgresActivityLog::new(database.database.clone());
    let other = PostgresActivityLog::new(database.another_process(4).unwrap());
    let stores = ["a", "b", "c"].map(|id| StoreId::new(id).unwrap());
    let rounds = (0..20).map(|round| {
        let (log, other, stores) = (&log, &other, &stores);
        async move {
            let title = format!("{round}");
            let mut new: Vec<_> = stores.iter().map(|store| viewed(store, "ada", &title)).collect();
            if round % 2 == 1 {
                new.reverse();
            }
            let of_bob = [viewed(&stores[2], "bob", &title)];
            let bob = CustomerId::new("bob").unwrap();
            let (one, two, purged, forgotten, bob) = tokio::join!(
                log.record(&new),
                other.record(&of_bob),
                other.purge(Duration::from_hours(1), 100),
                log.forget_store(&stores[2], 1_000),
                other.forget(&stores[0], &bob),
            );
            one.unwrap();
            two.unwrap();
            assert_eq!(purged.unwrap(), 0);
            forgotten.unwrap();
            bob.unwrap();
        }
    });
    join_all(rounds).await;
    let ada = CustomerId::new("ada").unwrap();
    for store in &stores[..2] {
        assert_eq!(log.activities(store, &ada, None, 100).await.unwrap().len(), 20, "{store}");
    }
    // What is left of a forgotten store can still be purged, however its forgetting was raced.
    let left = log.activities(&stores[2], &ada, None, 100).await.unwrap().len()
        + log
            .activities(&stores[2], &CustomerId::new("bob").unwrap(), None, 100)
            .await
            .unwrap()
            .len();
    let purged = other.purge(Duration::ZERO, 1_000).await.unwrap();
    assert_eq!(purged, 40 + left as u64);
}

/// A call that is dropped before it ends records nothing, or everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_record_is_whole_or_nothing() {
    let database = TestDatabase::new().await.unwrap();
    let log = PostgresActivityLog::new(database.database.clone());
    let ada = CustomerId::new("ada").unwrap();
    let new = [viewed(&north(), "ada", "1"), viewed(&north(), "ada", "2")];
    for micros in [1, 200, 500, 1_000, 2_000, 4_000, 8_000] {
        let dropped = tokio::time::timeout(Duration::from_micros(micros), log.record(&new)).await;
        let found = log.activities(&north(), &ada, None, 1_000).await.unwrap().len();
        assert_eq!(found % 2, 0, "{micros}: {dropped:?}");
    }
    log.record(&new).await.unwrap();
}

/// The list of a customer and the purge use an index, also with many rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_and_purges_use_their_indexes() {
    let database = TestDatabase::new().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let schema = database.schema();
    let fill = format!(
        "INSERT INTO {schema}.activity_stores SELECT 'store ' || n FROM generate_series(1, 20) n; \
         SELECT set_config('store_context_tenant.stores', \
            (SELECT array_agg(store)::text FROM {schema}.activity_stores), false); \
         INSERT INTO {schema}.activity (store, customer, at, kind, title) \
         SELECT 'store ' || (1 + n % 20), 'c' || (n % 1000), now() - n * interval '1 minute', \
            'page_viewed', 'Tea' FROM generate_series(1, 100000) n; \
         ANALYZE {schema}.activity"
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut owner).await.unwrap();
    let mut explained = Vec::new();
    for statement in [
        "SELECT id FROM activity WHERE store = 'store 1' AND customer = 'c20' \
            AND (at, id) < ('infinity', 9223372036854775807) ORDER BY at DESC, id DESC LIMIT 10",
        "SELECT a.* FROM unnest('{store 1,store 2}'::text[]) AS s (store) CROSS JOIN LATERAL ( \
            SELECT a.id FROM activity a WHERE a.store = s.store \
                AND a.at < now() - interval '60 days' \
            ORDER BY a.at LIMIT 100 FOR UPDATE SKIP LOCKED) AS a LIMIT 100",
    ] {
        let mut runtime = database
            .pool
            .begin_with(AssertSqlSafe(format!(
                "BEGIN; SET LOCAL store_context_tenant.stores = '{{store 1,store 2}}'; \
                 SET LOCAL search_path = {schema}"
            )))
            .await
            .unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN {statement}"));
        let lines: Vec<String> =
            sqlx::query_scalar(explain).fetch_all(&mut *runtime).await.unwrap();
        explained.push(lines.join("\n"));
    }
    assert!(
        !explained[0].contains("Sort"),
        "the index has the order of the list: {}",
        explained[0]
    );
    for plan in explained {
        assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{plan}");
    }
}
