//! The tables: the engine's, and those that stand for the shop's own.

use std::env;

use anyhow::{Context, bail};
use examples::shop;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use store_context_adapters::postgres::Migrations;

use crate::config::postgres_url;

/// Runs the migrations with the role of `DATABASE_OWNER_URL`, for the role of `DATABASE_URL`.
pub(crate) async fn run() -> anyhow::Result<()> {
    let (migrations, role) = migrations()?;
    let mut owner = PgConnection::connect_with(&options("DATABASE_OWNER_URL")?)
        .await
        .context("connect with DATABASE_OWNER_URL")?;
    shop::migrate(&mut owner, &role).await?;
    migrations.run(&mut owner).await?;
    eprintln!("support_service: the tables are up to date, for the role {role}");
    Ok(())
}

/// Prints the SQL of the migrations.
pub(crate) fn print() -> anyhow::Result<()> {
    let (migrations, role) = migrations()?;
    println!("{}\n{}", migrations.sql(), shop::tables(&role));
    Ok(())
}

fn migrations() -> anyhow::Result<(Migrations, String)> {
    let role = options("DATABASE_URL")?.get_username().to_owned();
    let migrations = Migrations::for_role(&role).context("the role of DATABASE_URL")?;
    Ok((migrations, role))
}

fn options(name: &str) -> anyhow::Result<PgConnectOptions> {
    let Ok(url) = env::var(name) else { bail!("{name} is not set; see .env.example") };
    if let Err(expected) = postgres_url(&url) {
        bail!("{name} is not valid: {expected}");
    }
    url.parse().with_context(|| format!("{name} is not valid"))
}
