//! What the server does for a claim, with 100,000 rows.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store_context::ports::SyncLedger;
use store_context_adapters::postgres::{Database, PostgresSyncLedger, Schema};

use super::{confirmed, ledger, sql, take};

/// 10,000 stores with 10 rows each: of 4 the retry is far away, 2 are due, the rest is confirmed and
/// linked.
const ROWS: [&str; 4] = [
    "INSERT INTO store_context.sync_rows
        (store, customer, wanted, confirmed, wanted_at, priority, tries, due_at)
    SELECT 's' || lpad((n / 10)::text, 4, '0'), 'c' || n % 10, 1,
        (n % 10 >= 6)::integer, now() - interval '1 hour', n % 2, (n % 10 < 4)::integer,
        CASE WHEN n % 10 < 4 THEN now() + interval '1 day' + n * interval '1 second'
            WHEN n % 10 < 6 THEN now() - n * interval '1 second' END
    FROM generate_series(0, 99999) AS n",
    "INSERT INTO store_context.sync_stores
        (store, live_due_at, bulk_due_at, live_ready, bulk_ready)
    SELECT store, min(due_at) FILTER (WHERE priority = 0),
        min(due_at) FILTER (WHERE priority = 1), true, true
    FROM store_context.sync_rows GROUP BY store",
    "INSERT INTO store_context.sync_links
        (store, customer, base_url, account, contact, fingerprint, holds, waits_for, left_out)
    SELECT store, customer, 'https://chatwoot.example', 1, row_number() OVER (), 'x', '{}', '{}', 0
    FROM store_context.sync_rows WHERE confirmed = 1",
    "INSERT INTO store_context.sync_waits (store, value, customer)
    SELECT store, 'email/' || customer, customer FROM store_context.sync_rows WHERE confirmed = 1",
];

/// A claim, a settlement and the question for the next one use an index for each table of rows and
/// sort no backlog, whether the server plans for the parameters or once for all.
#[tokio::test]
async fn no_statement_scans_or_sorts_the_backlog() {
    let (database, _) = ledger().await;
    let mut owner = database.owner().await.unwrap();
    for rows in ROWS {
        owner.execute(sql(&database, rows)).await.unwrap();
    }
    for table in ["sync_rows", "sync_stores", "sync_links", "sync_waits"] {
        let analyze = format!("ANALYZE {}.{table}", database.schema());
        owner.execute(AssertSqlSafe(analyze)).await.unwrap();
    }
    // One connection, so that its prepared statements are the ledger's.
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let options = database.owner_options().clone();
    let options = options.username(database.role()).password(database.schema());
    let pool = pool.connect_with(options).await.unwrap();
    let schema = Schema::new(database.schema()).unwrap();
    let ledger = PostgresSyncLedger::new(Database::new(pool.clone()).with_schema(schema));
    let claims = take(&ledger, 100).await;
    assert_eq!(claims.len(), 100);
    let settled: Vec<_> = claims.iter().map(confirmed).collect();
    ledger.settle(&settled).await.unwrap();
    // Once more, so that values are released.
    let claims = take(&ledger, 10).await;
    let gone = claims.into_iter().map(|claim| (claim, store_context::ports::Settlement::Gone));
    ledger.settle(&gone.collect::<Vec<_>>()).await.unwrap();
    ledger.wait(std::time::Duration::from_millis(10)).await;
    let mut connection = pool.acquire().await.unwrap();
    let mut checked = 0;
    for plan in ["force_custom_plan", "force_generic_plan"] {
        // As in the ledger's transactions: what is scanned then has no index that could be used.
        let mode = format!("SET enable_seqscan = off; SET plan_cache_mode = {plan}");
        connection.execute(AssertSqlSafe(mode)).await.unwrap();
        for (name, statement, types) in statements(&mut connection).await {
            let Some(parameters) = types.iter().map(|name| sample(name)).collect() else {
                panic!("no sample for {types:?}")
            };
            let text = plan_of(&mut connection, &name, parameters).await;
            let scans = ["sync_rows", "sync_stores", "sync_links", "sync_waits"]
                .into_iter()
                .any(|table| text.contains(&format!("Seq Scan on {table}")));
            assert!(!scans, "{plan}: {statement}\n{text}");
            let is_claim = statement.contains("FROM locked");
            let lines: Vec<&str> = text.lines().collect();
            // The first rows are taken from an index; what is sorted first is all that there is.
            let sorted = |lines: &[&str]| {
                lines[0].contains("Limit") && lines[1..].iter().any(|line| line.contains("Sort"))
            };
            assert!(is_claim || !lines.windows(3).any(sorted), "{plan}: {statement}\n{text}");
            if is_claim {
                // The chosen rows are sorted, which are few; the stores and their rows are not.
                for index in ["sync_rows_claimable", "sync_stores_"] {
                    assert!(text.contains(index), "{plan}: without {index}\n{text}");
                }
                let first = text.split("CTE first").nth(1).unwrap_or_default();
                let first = first.split("CTE chosen").next().unwrap_or_default();
                assert!(!first.contains("Sort"), "{plan}: the stores are sorted\n{text}");
                let lateral = text.split("sync_rows_claimable").next().unwrap_or_default();
                let limit = lateral.rfind("Limit").map(|at| &lateral[at..]).unwrap_or_default();
                assert!(!limit.contains("Sort"), "{plan}: a store's rows are sorted\n{text}");
                // A chosen row is not searched for again.
                for place in ["TID Cond: (ctid = chosen_2.at)", "TID Cond: (ctid = locked.at)"] {
                    assert!(text.contains(place), "{plan}: without {place}\n{text}");
                }
            }
            checked += 1;
        }
    }
    assert!(checked >= 20, "only {checked} statements were found");
    drop(connection);
    pool.close().await;
    owner.close().await.unwrap();
}

/// The ledger's prepared statements of a connection: name, text, types of the parameters.
async fn statements(connection: &mut PgConnection) -> Vec<(String, String, Vec<String>)> {
    let all = "SELECT name, statement, parameter_types::text[] FROM pg_prepared_statements
        WHERE statement LIKE '%sync\\_%' AND statement NOT LIKE '%pg_prepared_statements%'";
    sqlx::query_as(all).persistent(false).fetch_all(connection).await.unwrap()
}

/// Returns a value of a type.
fn sample(name: &str) -> Option<&'static str> {
    Some(match name {
        "text" => "'s0001'",
        "text[]" => "'{s0001,s0002}'",
        "bigint" => "50",
        "bigint[]" | "smallint[]" | "integer[]" => "'{1,1}'",
        "boolean" => "false",
        "boolean[]" => "'{t,t}'",
        "jsonb[]" => "ARRAY['[]'::jsonb, '[]']",
        "timestamp with time zone[]" => "ARRAY[now(), now()]",
        _ => return None,
    })
}

async fn plan_of(connection: &mut PgConnection, name: &str, parameters: Vec<&str>) -> String {
    let parameters = parameters.join(", ");
    let parameters = if parameters.is_empty() { parameters } else { format!("({parameters})") };
    let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE {name} {parameters}"));
    // Not `sqlx::query`, which would prepare it.
    let rows = connection.fetch_all(sqlx::raw_sql(explain)).await.unwrap();
    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0) + "\n").collect()
}
