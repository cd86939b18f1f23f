//! What the ledgers in Postgres take, on a server that loses nothing in a crash.

mod sync;
mod webhooks;

use examples::local_postgres::LocalPostgres;
use serde_json::json;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store_context_adapters::postgres::Migrations;

/// The processes that work at the same time.
const TASKS: usize = 4;

const ROLE: &str = "bench_runtime";

/// Measures both ledgers, and prints the plans of their claims, a few numbers, and a line of JSON.
pub(crate) fn report() -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // The shared buffers are those of a small server: the default is 128 MB.
    let settings = ["shared_preload_libraries=pg_stat_statements", "shared_buffers=512MB"];
    let server = LocalPostgres::start(&settings)?;
    runtime.block_on(async {
        let mut owner = PgConnection::connect(&server.url("postgres")).await?;
        let role = format!("CREATE ROLE {ROLE} LOGIN; CREATE EXTENSION pg_stat_statements");
        owner.execute(AssertSqlSafe(role)).await?;
        Migrations::for_role(ROLE)?.run(&mut owner).await?;
        let sync = sync::measure(&server, &mut owner).await?;
        let webhooks = webhooks::measure(&server, &mut owner).await?;
        println!("{}", json!({ "sync": sync, "webhooks": webhooks }));
        Ok(())
    })
}

async fn pool(server: &LocalPostgres, connections: u32) -> anyhow::Result<PgPool> {
    let url = server.url("postgres").replace("postgres@", &format!("{ROLE}@"));
    Ok(PgPoolOptions::new().max_connections(connections).connect(&url).await?)
}

/// Returns the milliseconds that the runtime role's statements took, and their number.
async fn spent(owner: &mut PgConnection) -> anyhow::Result<(f64, f64)> {
    let spent = "SELECT coalesce(sum(total_exec_time + total_plan_time), 0),
            coalesce(sum(calls), 0)::float8
        FROM pg_stat_statements JOIN pg_roles ON oid = userid WHERE rolname = $1";
    Ok(sqlx::query_as(spent).bind(ROLE).fetch_one(owner).await?)
}
