//! The engine's storage in Postgres, in a schema of the example's own.

use std::sync::Arc;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store_context::ports::{AddressToken, Ports};
use store_context_adapters::postgres::{
    Database, KeyRing, Migrations, PostgresAuditTrail, PostgresErasures, PostgresLiveLines,
    PostgresStores, PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger, Schema,
};

/// The schema. Each run replaces it.
const SCHEMA: &str = "two_stores";
/// The role of the example's own connections, to which row-level security applies.
const ROLE: &str = "two_stores_runtime";

/// Creates the tables with the given role, and replaces the ports that they are for.
pub(crate) async fn on_postgres(owner: &PgConnectOptions, ports: Ports) -> anyhow::Result<Ports> {
    let mut connection =
        PgConnection::connect_with(owner).await.context("connect with --database")?;
    let schema = Schema::new(SCHEMA)?;
    let password = AddressToken::random()?;
    // The names are ours and the password is of letters and digits.
    let prepare = format!(
        "DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
         DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
                 CREATE ROLE {ROLE};
             END IF;
         END $$;
         ALTER ROLE {ROLE} LOGIN PASSWORD '{}'",
        password.expose()
    );
    let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await;
    prepared.context("the role of --database must be allowed to create schemas and roles")?;
    let migrations = Migrations::for_role(ROLE)?.with_schema(schema.clone());
    migrations.run(&mut connection).await.context("run the migrations")?;
    connection.close().await?;

    let runtime = owner.clone().username(ROLE).password(password.expose());
    let pool = PgPoolOptions::new().max_connections(20).connect_with(runtime).await;
    let database = Database::new(pool.context("connect as the runtime role")?).with_schema(schema);
    // A key of this run: the credentials are of no use after it.
    let (half, other) = (AddressToken::random()?, AddressToken::random()?);
    let key = format!("run:{}{}", half.expose(), other.expose());
    let keys = Arc::new(KeyRing::parse(&key)?);
    Ok(Ports {
        stores: Arc::new(PostgresStores::new(database.clone(), keys, "two_stores")),
        audit: Arc::new(PostgresAuditTrail::new(database.clone())),
        sweeps: Arc::new(PostgresSweeps::new(database.clone())),
        live_lines: Arc::new(PostgresLiveLines::new(database.clone())),
        erasures: Arc::new(PostgresErasures::new(database.clone())),
        sync: Arc::new(PostgresSyncLedger::new(database.clone())),
        webhooks: Arc::new(PostgresWebhookLedger::new(database)),
        ..ports
    })
}
