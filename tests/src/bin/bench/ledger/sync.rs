//! The sync ledger: 10,000 stores with 50 rows each.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use examples::local_postgres::LocalPostgres;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use store_context::chatwoot::ContactId;
use store_context::ports::{
    ClaimRequest, Fingerprint, PortFailure, Settlement, SyncClaim, SyncLedger,
};
use store_context::sync::SyncConfig;
use store_context_adapters::postgres::{Database, PostgresSyncLedger};

use super::{TASKS, pool, spent};
use crate::median;
use crate::sync::ok;

const BATCH: usize = 50;

/// 10,000 stores with 50 rows each: 20 wait in backoff, 15 are due, 15 are confirmed. All that was
/// confirmed once is linked.
const ROWS: [&str; 4] = [
    "INSERT INTO store_context.sync_rows
        (store, customer, wanted, confirmed, wanted_at, priority, tries, due_at)
    SELECT 'store-' || lpad((n / 50)::text, 5, '0'), 'customer-' || lpad((n % 50)::text, 6, '0'),
        CASE WHEN n % 50 < 35 THEN 2 ELSE 1 END, 1, now() - interval '1 hour', n % 2,
        (n % 50 < 20)::integer,
        CASE WHEN n % 50 < 20 THEN now() + interval '1 day' + n * interval '1 millisecond'
            WHEN n % 50 < 35 THEN now() - n * interval '1 millisecond' END
    FROM generate_series(0, 499999) AS n ORDER BY hashint4(n)",
    "INSERT INTO store_context.sync_stores
        (store, live_due_at, bulk_due_at, live_ready, bulk_ready)
    SELECT store, min(due_at) FILTER (WHERE priority = 0),
        min(due_at) FILTER (WHERE priority = 1), true, true
    FROM store_context.sync_rows GROUP BY store ORDER BY md5(store)",
    "INSERT INTO store_context.sync_links
        (store, customer, base_url, account, contact, fingerprint, holds, waits_for, left_out)
    SELECT store, customer, 'https://chatwoot.example', 1, row_number() OVER (), md5(customer),
        ARRAY['email/' || md5(store || customer), 'identifier/' || md5(customer || store)], '{}', 0
    FROM store_context.sync_rows",
    "VACUUM ANALYZE",
];

/// Measures the ledger, prints the plan of a claim and a few numbers, and returns them.
pub(super) async fn measure(
    server: &LocalPostgres,
    owner: &mut PgConnection,
) -> anyhow::Result<Value> {
    for rows in ROWS {
        owner.execute(rows).await?;
    }
    let ledger = |pool: &PgPool| PostgresSyncLedger::new(Database::new(pool.clone()));
    let pool = pool(server, 1).await?;
    // The server plans the first few calls for their parameters.
    for _ in 0..20 {
        work(&ledger(&pool)).await?;
    }
    println!("{}", plan(&pool).await?);
    // What a worker claims at most with its default configuration.
    let workers = SyncConfig::default().parallel;
    let (small, _) = times(owner, &ledger(&pool), workers).await?;
    let (claim, settle) = times(owner, &ledger(&pool), BATCH).await?;
    let rate = rate(server).await?;
    let (asks, statements) = idle(owner, &ledger(&pool)).await?;
    println!("database time of a claim of {workers} rows, a worker's    {small:.2} ms");
    println!("database time of a claim of {BATCH} rows    {claim:.2} ms");
    println!("database time of their settlement      {settle:.2} ms");
    println!("rows a second, claimed and settled by {TASKS} processes    {rate:.0}");
    println!(
        "questions and claims a second of an idle process    {asks:.2} ({statements:.1} statements)"
    );
    Ok(json!({
        "claim_of_worker_ms": small, "claim_ms": claim, "settle_ms": settle, "rows_per_second": rate,
        "idle_asks_per_second": asks,
    }))
}

async fn claim(ledger: &PostgresSyncLedger, limit: usize) -> Result<Vec<SyncClaim>, PortFailure> {
    let lease = Duration::from_mins(5);
    let share = limit / 2;
    ok(ledger.claim(ClaimRequest { limit, share, bulk: limit, lease, except: &[] })).await
}

async fn settle(ledger: &PostgresSyncLedger, claims: Vec<SyncClaim>) -> anyhow::Result<()> {
    let settled = claims.into_iter().map(|claim| {
        let mut link = claim.link.clone().context("a row without a link")?;
        link.contact = ContactId(link.contact.0);
        link.fingerprint = Fingerprint(format!("{:032x}", claim.fence));
        let (quiet, retry_left_out) = (Duration::from_secs(10), None);
        Ok((claim, Settlement::Confirmed { link, quiet, retry_left_out }))
    });
    let settled: Vec<_> = settled.collect::<anyhow::Result<_>>()?;
    let stood = ok(ledger.settle(&settled)).await?;
    ensure!(stood.iter().all(|stood| *stood), "a claim was lost");
    Ok(())
}

/// Claims and settles a batch; returns its length.
async fn work(ledger: &PostgresSyncLedger) -> anyhow::Result<usize> {
    let claims = claim(ledger, BATCH).await?;
    let rows = claims.len();
    settle(ledger, claims).await?;
    Ok(rows)
}

/// Returns the plan of the statement that claims live rows, with its times.
async fn plan(pool: &PgPool) -> anyhow::Result<String> {
    let find = "SELECT name FROM pg_prepared_statements
        WHERE statement LIKE 'WITH first AS%live_ready%'";
    let mut connection = pool.acquire().await?;
    let name: String = sqlx::query_scalar(find).fetch_one(&mut *connection).await?;
    let explain = format!(
        "BEGIN; EXPLAIN (ANALYZE, BUFFERS) EXECUTE {name} ('{{}}', {BATCH}, 25, '{{}}', '{{}}', 300000000)"
    );
    let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await?;
    connection.execute("ROLLBACK").await?;
    let lines = rows.iter().map(|row| row.try_get::<String, _>(0));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// Returns the milliseconds that the server spends on a claim and on a settlement, without the waits
/// for the disk when they commit.
async fn times(
    owner: &mut PgConnection,
    ledger: &PostgresSyncLedger,
    batch: usize,
) -> anyhow::Result<(f64, f64)> {
    const ROUNDS: usize = 101;
    let (mut claiming, mut settling) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        owner.execute("SELECT pg_stat_statements_reset()").await?;
        let claims = claim(ledger, batch).await?;
        ensure!(claims.len() == batch, "{} rows were claimed", claims.len());
        claiming.push(spent(owner).await?.0);
        owner.execute("SELECT pg_stat_statements_reset()").await?;
        settle(ledger, claims).await?;
        settling.push(spent(owner).await?.0);
    }
    // Medians: another program on the machine may take the processor away for longer than either.
    Ok((median(claiming), median(settling)))
}

/// Returns how many rows are claimed and settled in a second by processes with a pool each.
async fn rate(server: &LocalPostgres) -> anyhow::Result<f64> {
    const LONG: Duration = Duration::from_secs(10);
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        let ledger = PostgresSyncLedger::new(Database::new(pool(server, 4).await?));
        tasks.push(tokio::spawn(async move {
            let (started, mut rows) = (Instant::now(), 0_u32);
            while started.elapsed() < LONG {
                let done = work(&ledger).await?;
                if done == 0 {
                    break;
                }
                rows += u32::try_from(done)?;
            }
            anyhow::Ok(f64::from(rows) / started.elapsed().as_secs_f64())
        }));
    }
    let mut rate = 0.0;
    for task in tasks {
        rate += task.await??;
    }
    Ok(rate)
}

/// Returns how often a second a process asks that has nothing to do: questions and claims, and the
/// statements that these are.
async fn idle(owner: &mut PgConnection, ledger: &PostgresSyncLedger) -> anyhow::Result<(f64, f64)> {
    const LONG: Duration = Duration::from_secs(10);
    while work(ledger).await? > 0 {}
    owner.execute("SELECT pg_stat_statements_reset()").await?;
    let (started, mut claims) = (Instant::now(), 0.0);
    while started.elapsed() < LONG {
        ok(async {
            ledger.wait(Duration::from_secs(1)).await;
            Ok(())
        })
        .await?;
        ensure!(claim(ledger, BATCH).await?.is_empty(), "there was something to do");
        claims += 1.0;
    }
    let asked = "SELECT coalesce(sum(calls), 0)::float8 FROM pg_stat_statements
        WHERE query LIKE '%extract(epoch FROM least(%'";
    let asked: f64 = sqlx::query_scalar(asked).fetch_one(&mut *owner).await?;
    let (_, statements) = spent(owner).await?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(((asked + claims) / seconds, statements / seconds))
}
