//! Audits the row-level security of the engine's schema in a Postgres, and prints what breaks a
//! rule.
//!
//! ```sh
//! rls_audit postgres://shop_owner@localhost/shop --role shop_runtime
//! ```
//!
//! With no address it starts the installed Postgres in a temporary folder, runs the migrations as
//! an owner without special rights, and audits what they made.
//!
//! Exits with 0 if no rule is broken, 1 if one is, 2 if the database could not be audited.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use examples::local_postgres::LocalPostgres;
use sqlx::{Connection, PgConnection};
use store_context_adapters::postgres::{AuditRetention, Breach, Migrations, RlsAudit, Schema};

/// Audits the row-level security of the engine's schema.
#[derive(Parser)]
struct Args {
    /// The address of the database: `postgres://user@host/database`.
    database_url: Option<String>,
    /// The schema.
    #[arg(long, default_value = "store_context")]
    schema: String,
    /// The runtime role, which the hosts' pools use.
    #[arg(long, default_value = "store_context_runtime")]
    role: String,
}

async fn audit(args: &Args, url: &str) -> Result<Vec<Breach>> {
    let schema = Schema::new(&args.schema)?;
    let mut connection = PgConnection::connect(url).await.context("connect to the database")?;
    let audit = RlsAudit::of_role(&args.role).with_schema(schema);
    let found = audit.run(&mut connection).await.context("read the catalogs")?;
    connection.close().await.context("close the connection")?;
    Ok(found)
}

/// Makes a schema as a host does: the owner is a role of its own.
async fn migrate(args: &Args, url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await.context("connect to the database")?;
    let migrations = Migrations::for_role(&args.role)?.with_schema(Schema::new(&args.schema)?);
    // The name is valid, or there were no migrations for it.
    let roles = format!(
        "CREATE ROLE {} LOGIN; CREATE ROLE schema_owner; \
         GRANT CREATE ON DATABASE postgres TO schema_owner; SET ROLE schema_owner",
        args.role
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(roles)).execute(&mut connection).await?;
    migrations.run(&mut connection).await.context("run the migrations")?;
    let retention = AuditRetention::months(12).with_schema(Schema::new(&args.schema)?);
    retention.run(&mut connection).await.context("create the partitions")?;
    connection.close().await.context("close the connection")?;
    Ok(())
}

async fn run(args: &Args) -> Result<Vec<Breach>> {
    if let Some(url) = &args.database_url {
        return audit(args, url).await;
    }
    let server = tokio::task::spawn_blocking(|| LocalPostgres::start(&["fsync=off"])).await??;
    let url = server.url("postgres");
    migrate(args, &url).await?;
    let found = audit(args, &url).await;
    tokio::task::spawn_blocking(move || drop(server)).await?;
    found
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(found) if found.is_empty() => {
            println!("Schema {}, role {}: no rule is broken.", args.schema, args.role);
            ExitCode::SUCCESS
        }
        Ok(found) => {
            let mut table = Table::new();
            table.load_style(UTF8_FULL_CONDENSED);
            table.set_header(["object", "rule", "what is wrong"]);
            for Breach { object, rule, detail, .. } in &found {
                table.add_row([object.as_str(), rule.as_str(), detail.as_str()]);
            }
            println!("{table}");
            println!("Schema {}, role {}: {} broken.", args.schema, args.role, found.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rls_audit: {error:#}");
            ExitCode::from(2)
        }
    }
}
