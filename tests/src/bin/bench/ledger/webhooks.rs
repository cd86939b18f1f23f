//! The webhook ledger: 10,000 stores with 50 conversations each, and an entry in each of them.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use examples::local_postgres::LocalPostgres;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use store_context::chatwoot::types::Extra;
use store_context::intake::DispatchConfig;
use store_context::model::{AccountKey, StoreId, SupportEvent};
use store_context::ports::{
    ClaimRequest, EntryOutcome, EntrySource, NewEntry, PortFailure, QueueClaim, WebhookLedger,
};
use store_context_adapters::postgres::{Database, PostgresWebhookLedger};

use super::{TASKS, pool, spent};
use crate::median;
use crate::sync::ok;

/// Of each store's conversations 20 wait in backoff and 30 are due.
const ROWS: [&str; 4] = [
    "INSERT INTO store_context.webhook_stores (store)
    SELECT 'store-' || lpad(n::text, 5, '0') FROM generate_series(0, 9999) AS n
    ON CONFLICT DO NOTHING",
    "INSERT INTO store_context.webhook_queues
        (store, base_url, account, conversation, entries, waiting_since, first_due, due_at, ready)
    SELECT 'store-' || lpad((n / 50)::text, 5, '0'), 'https://chatwoot.example', 1, n, 1,
        now() - interval '1 hour', due.at, due.at, n % 50 >= 20
    FROM generate_series(0, 499999) AS n
    CROSS JOIN LATERAL (SELECT CASE WHEN n % 50 < 20
        THEN now() + interval '1 day' + n * interval '1 millisecond'
        ELSE now() - n * interval '1 millisecond' END AS at) AS due
    ORDER BY hashint4(n)",
    "INSERT INTO store_context.webhook_entries
        (id, queue, place, account, conversation, received_at, reconciled, unknown, stale, store,
         digest, base_url, key, event)
    SELECT q.id, q.id, q.id, q.account, q.conversation, q.waiting_since, false, false, false, q.store,
        decode(md5(q.id::text), 'hex'), q.base_url, convert_to(q.id::text, 'UTF8'), e.event
    FROM store_context.webhook_queues q
    CROSS JOIN (SELECT event FROM store_context.webhook_entries) e WHERE q.conversation IS NOT NULL",
    "VACUUM ANALYZE",
];

/// Measures the ledger, prints the plan of a claim and a few numbers, and returns them.
pub(super) async fn measure(
    server: &LocalPostgres,
    owner: &mut PgConnection,
) -> anyhow::Result<Value> {
    let ledger = |pool: &PgPool| PostgresWebhookLedger::new(Database::new(pool.clone()));
    let pool = pool(server, 1).await?;
    let one = ledger(&pool);
    // The event of all the others.
    take(&one).await?;
    for rows in ROWS {
        owner.execute(rows).await?;
    }
    // What a dispatcher claims at most with its default configuration.
    let slots = DispatchConfig::default().slots;
    // The server plans the first few calls for their parameters.
    for _ in 0..20 {
        work(&one, slots).await?;
    }
    println!("{}", plan(&pool, slots).await?);
    let (claim, entry) = times(owner, &one, slots).await?;
    let rate = rate(server, slots).await?;
    let counted = Instant::now();
    ok(one.counts(None)).await?;
    let counted = counted.elapsed().as_secs_f64();
    let (asks, statements) = idle(owner, &one, slots).await?;
    println!("database time of a claim of {slots} conversations, a dispatcher's    {claim:.2} ms");
    println!("database time of an entry, loaded, begun, settled and released    {entry:.2} ms");
    println!("entries a second of {TASKS} processes    {rate:.0}");
    println!("the counts of all stores    {counted:.2} s");
    println!("claims a second of an idle process    {asks:.2} ({statements:.1} statements)");
    Ok(json!({
        "claim_ms": claim, "entry_ms": entry, "entries_per_second": rate, "counts_s": counted,
        "idle_asks_per_second": asks,
    }))
}

async fn take(ledger: &PostgresWebhookLedger) -> anyhow::Result<()> {
    let account = AccountKey { base_url: "https://chatwoot.example".to_owned(), account: 1.into() };
    let entry = NewEntry {
        key: "first".to_owned(),
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event: SupportEvent::Other { name: "x".repeat(250), body: Extra::new() },
        changed: Vec::new(),
        source: EntrySource::Webhook,
    };
    let store = StoreId::new("store-00000")?;
    ok(ledger.take(&store, &account, &[entry])).await?;
    Ok(())
}

async fn claim(
    ledger: &PostgresWebhookLedger,
    limit: usize,
) -> Result<Vec<QueueClaim>, PortFailure> {
    let lease = Duration::from_mins(5);
    let share = DispatchConfig::default().per_store;
    ok(ledger.claim(ClaimRequest { limit, share, bulk: 0, lease, except: &[] })).await
}

/// Handles the entries of a claimed conversation as a dispatcher does, and returns their number.
async fn handle(ledger: &PostgresWebhookLedger, claim: QueueClaim) -> anyhow::Result<usize> {
    let entries = ok(ledger.load(&claim, 8)).await?;
    for entry in &entries {
        ok(ledger.begin(&claim, entry.id)).await?.context("a claim was lost")?;
        let settled = [(entry.id, EntryOutcome::Handled)];
        ensure!(ok(ledger.settle(&claim, &settled)).await?, "a claim was lost");
    }
    ensure!(ok(ledger.release(&claim)).await?, "a claim was lost");
    Ok(entries.len())
}

/// Claims conversations and handles their entries; returns the number of entries.
async fn work(ledger: &PostgresWebhookLedger, slots: usize) -> anyhow::Result<usize> {
    let claims = claim(ledger, slots).await?;
    let handled = try_join_all(claims.into_iter().map(|claim| handle(ledger, claim))).await?;
    Ok(handled.into_iter().sum())
}

/// Returns the plan of the statement that claims, with its times.
async fn plan(pool: &PgPool, slots: usize) -> anyhow::Result<String> {
    let find = "SELECT name FROM pg_prepared_statements
        WHERE statement LIKE '-- Claims queues that are due%'";
    let mut connection = pool.acquire().await?;
    let name: String = sqlx::query_scalar(find).fetch_one(&mut *connection).await?;
    let explain = format!(
        "BEGIN; EXPLAIN (ANALYZE, BUFFERS) EXECUTE {name} ('', 256, '{{}}', {slots}, 16, 300)"
    );
    let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(explain))).await?;
    connection.execute("ROLLBACK").await?;
    let lines = rows.iter().map(|row| row.try_get::<String, _>(0));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// Returns the milliseconds that the server spends on a claim and on all that is done with one
/// entry, without the waits for the disk when they commit.
async fn times(
    owner: &mut PgConnection,
    ledger: &PostgresWebhookLedger,
    slots: usize,
) -> anyhow::Result<(f64, f64)> {
    const ROUNDS: usize = 101;
    let (mut claiming, mut handling) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        owner.execute("SELECT pg_stat_statements_reset()").await?;
        let claims = claim(ledger, slots).await?;
        ensure!(claims.len() == slots, "{} conversations were claimed", claims.len());
        claiming.push(spent(owner).await?.0);
        owner.execute("SELECT pg_stat_statements_reset()").await?;
        let mut handled = 0_u32;
        for claim in claims {
            handled += u32::try_from(handle(ledger, claim).await?)?;
        }
        handling.push(spent(owner).await?.0 / f64::from(handled));
    }
    Ok((median(claiming), median(handling)))
}

/// Returns how many entries are handled in a second by processes with a pool each.
async fn rate(server: &LocalPostgres, slots: usize) -> anyhow::Result<f64> {
    const LONG: Duration = Duration::from_secs(10);
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        let ledger = PostgresWebhookLedger::new(Database::new(pool(server, 4).await?));
        tasks.push(tokio::spawn(async move {
            let (started, mut entries) = (Instant::now(), 0_u32);
            while started.elapsed() < LONG {
                let done = work(&ledger, slots).await?;
                ensure!(done > 0, "too few entries");
                entries += u32::try_from(done)?;
            }
            anyhow::Ok(f64::from(entries) / started.elapsed().as_secs_f64())
        }));
    }
    let mut rate = 0.0;
    for task in tasks {
        rate += task.await??;
    }
    Ok(rate)
}

/// Returns how often a second a process claims that has nothing to do, and the statements that this is.
async fn idle(
    owner: &mut PgConnection,
    ledger: &PostgresWebhookLedger,
    slots: usize,
) -> anyhow::Result<(f64, f64)> {
    const LONG: Duration = Duration::from_secs(10);
    let later = "UPDATE store_context.webhook_queues SET ready = false, due_at = 'infinity'";
    owner.execute(later).await?;
    // What was taken last has left a word.
    ledger.wait(Duration::ZERO).await;
    owner.execute("SELECT pg_stat_statements_reset()").await?;
    let (started, mut claims) = (Instant::now(), 0.0);
    while started.elapsed() < LONG {
        ledger.wait(DispatchConfig::default().idle).await;
        ensure!(claim(ledger, slots).await?.is_empty(), "there was something to do");
        claims += 1.0;
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok((claims / seconds, spent(owner).await?.1 / seconds))
}
