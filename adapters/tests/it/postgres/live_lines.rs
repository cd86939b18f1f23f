//! Which process holds which line.

use std::collections::BTreeSet;
use std::time::Duration;

use examples::test_database::TestDatabase;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use store_context::model::StoreId;
use store_context::ports::{LineClaim, LiveLines, Sweeps};
use store_context_adapters::postgres::{PostgresLiveLines, PostgresSweeps};

store_context::live_lines_conformance!(
    async { PostgresLiveLines::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

const LEASE: Duration = Duration::from_mins(1);

fn names(stores: std::ops::Range<usize>) -> Vec<StoreId> {
    stores.map(|n| StoreId::new(format!("s{n:04}")).unwrap()).collect()
}

/// Returns the port of another process.
fn another(database: &TestDatabase) -> PostgresLiveLines {
    PostgresLiveLines::new(database.another_process(4).unwrap())
}

/// Processes that claim, extend and release 500 lines at the same time never share one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_never_share_a_line() {
    let database = TestDatabase::new().await.unwrap();
    another(&database).schedule(&names(0..500)).await.unwrap();
    let processes: Vec<_> = (0..4)
        .map(|_| {
            let lines = another(&database);
            tokio::spawn(async move {
                let mut mine: Vec<LineClaim> = Vec::new();
                for _ in 0..20 {
                    mine.extend(lines.claim(10, LEASE).await.unwrap());
                    let valid = lines.extend(&mine, LEASE).await.unwrap();
                    assert!(valid.iter().all(|valid| *valid), "a claim was lost");
                    lines
                        .release(&mine.split_off(mine.len().saturating_sub(3)), LEASE)
                        .await
                        .unwrap();
                }
                mine
            })
        })
        .collect();
    let mut held = Vec::new();
    for process in processes {
        held.extend(process.await.unwrap().into_iter().map(|claim| claim.store));
    }
    assert!(held.len() > 200, "{}", held.len());
    assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "each by one process");
}

/// A claim whose process dies in mid-call is either made or not; the line is claimed again after the
/// lease at the latest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_claim_comes_back_after_its_lease() {
    let database = TestDatabase::new().await.unwrap();
    let (dying, other) = (another(&database), another(&database));
    other.schedule(&names(0..50)).await.unwrap();
    let lease = Duration::from_millis(400);
    for micros in 0..20 {
        let claim = dying.claim(2, lease);
        let _dropped = tokio::time::timeout(Duration::from_micros(micros * 100), claim).await;
    }
    tokio::time::sleep(lease * 2).await;
    let claims = other.claim(100, LEASE).await.unwrap();
    let all: BTreeSet<_> = claims.into_iter().map(|claim| claim.store).collect();
    assert_eq!(all.len(), 50);
}

/// A claim uses its index, whatever waits, and sorts nothing.
#[tokio::test]
async fn a_claim_sorts_no_backlog() {
    let database = TestDatabase::new().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let fill = "INSERT INTO store_context.live_lines (store, due_at, held)
        SELECT 's' || n, now() + (n - 50000) * interval '1 second', n > 50000
        FROM generate_series(1, 100000) AS n; ANALYZE store_context.live_lines";
    let fill = fill.replace("store_context", database.schema());
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut owner).await.unwrap();
    let explain = "EXPLAIN SELECT store FROM store_context.live_lines
        WHERE due_at <= store_context.ledger_now() ORDER BY due_at LIMIT 100
        FOR UPDATE SKIP LOCKED";
    let explain = explain.replace("store_context", database.schema());
    let rows = owner.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("live_lines_due") && !plan.contains("Sort"), "{plan}");
}

/// A process of the version before the lines sweeps on while the migration runs and afterwards, with
/// the statements that it has prepared: no sweep is lost, and none is claimed by both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_previous_versions_sweeps_go_on_on_the_migrated_schema() {
    const SCHEDULE: &str = "
        INSERT INTO store_context.sweeps (store, due_at)
        SELECT store, store_context.ledger_now() FROM unnest($1::text[]) AS new (store)
        ON CONFLICT DO NOTHING";
    const CLAIM: &str = "
        UPDATE store_context.sweeps AS s SET
            held = true, fence = nextval('store_context.sync_fences'),
            due_at = store_context.ledger_now() + $1 * interval '1 microsecond'
        FROM (
            SELECT store FROM store_context.sweeps
            WHERE due_at <= store_context.ledger_now()
            ORDER BY due_at LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) AS first
        WHERE s.store = first.store
        RETURNING s.store, s.fence";
    const CHANGE: &str = "
        UPDATE store_context.sweeps SET held = $4,
            due_at = store_context.ledger_now() + $3 * interval '1 microsecond'
        WHERE store = $1 AND fence = $2 AND held";

    let database = TestDatabase::empty().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let migrations = database.migrations().unwrap();
    migrations.clone().up_to(7).run(&mut owner).await.unwrap();
    let sql = |text: &str| AssertSqlSafe(text.replace("store_context", database.schema()));
    let mut previous = database.pool.acquire().await.unwrap();
    let stores: Vec<String> = names(0..4).iter().map(ToString::to_string).collect();
    sqlx::query(sql(SCHEDULE)).bind(&stores).execute(&mut *previous).await.unwrap();
    let claim = async |connection: &mut PgConnection| -> (String, i64) {
        let claim = sqlx::query_as(sql(CLAIM)).bind(60_000_000_i64);
        claim.fetch_one(connection).await.unwrap()
    };
    let first = claim(&mut previous).await;
    migrations.run(&mut owner).await.unwrap();

    let present = PostgresSweeps::new(database.database.clone());
    let own = present.claim(LEASE).await.unwrap().unwrap();
    let second = claim(&mut previous).await;
    let held: BTreeSet<&str> = [first.0.as_str(), second.0.as_str(), own.store.as_str()].into();
    assert_eq!(held.len(), 3, "each by one process");
    // Hurried while the previous version holds it, which settles without a look at that.
    let store = StoreId::new(first.0.as_str()).unwrap();
    present.hurry(&store, Duration::ZERO).await.unwrap();
    let settle = sqlx::query(sql(CHANGE)).bind(&first.0).bind(first.1).bind(0_i64).bind(false);
    assert_eq!(settle.execute(&mut *previous).await.unwrap().rows_affected(), 1);
    // The fourth store and the settled one are due, one for each version.
    let third = present.claim(LEASE).await.unwrap().unwrap();
    let fourth = claim(&mut previous).await;
    assert_ne!(third.store.as_str(), fourth.0);
    for claim in [&own, &third] {
        assert!(present.settle(claim, LEASE).await.unwrap());
    }
    // What is left of the hurry is one more sweep of that store, if the previous version had it.
    let settle = sqlx::query(sql(CHANGE)).bind(&fourth.0).bind(fourth.1);
    let settle = settle.bind(60_000_000_i64).bind(false);
    assert_eq!(settle.execute(&mut *previous).await.unwrap().rows_affected(), 1);
    assert_eq!(present.claim(LEASE).await.unwrap(), None, "nothing is due");
}
