//! The tables: the engine's, and those that stand for the shop's own.

use anyhow::Context;
use examples::shop;
use sqlx::{Connection, PgConnection};
use store_context_adapters::postgres::{AuditRetention, Migrations};

use crate::config::MigrateConfig;

/// How many months the entries of the audit trail are kept.
const AUDIT_MONTHS: u32 = 24;

/// Runs the migrations with the role of `DATABASE_OWNER_URL`, for the role of `DATABASE_URL`, and
/// creates and drops the monthly partitions of the audit trail.
pub(crate) async fn run() -> anyhow::Result<()> {
    let MigrateConfig { owner, role } = MigrateConfig::from_env()?;
    let migrations = migrations(&role)?;
    let mut owner =
        PgConnection::connect_with(&owner).await.context("connect with DATABASE_OWNER_URL")?;
    shop::migrate(&mut owner, &role).await.context("create the shop's tables")?;
    migrations.run(&mut owner).await.context("run the migrations")?;
    AuditRetention::months(AUDIT_MONTHS).run(&mut owner).await.context("keep the audit trail")?;
    eprintln!("support_service: the tables are up to date, for the role {role}");
    Ok(())
}

/// Prints the SQL of the migrations.
pub(crate) fn print() -> anyhow::Result<()> {
    let role = MigrateConfig::role_from_env()?;
    println!("{}\n{}", migrations(&role)?.sql(), shop::tables(&role));
    Ok(())
}

fn migrations(role: &str) -> anyhow::Result<Migrations> {
    Migrations::for_role(role).context("the role of DATABASE_URL cannot be used")
}
