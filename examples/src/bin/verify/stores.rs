//! The stores of a database, as the host has provisioned them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::PgPoolOptions;
use store_context::doctor::Report;
use store_context::memory::{self, MemoryShop};
use store_context::ports::Ports;
use store_context_adapters::postgres::{
    Database, PostgresAuditTrail, PostgresLiveLines, PostgresStores, PostgresSweeps,
    PostgresSyncLedger, PostgresWebhookLedger,
};

use crate::args::{self, Args};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn check(args: &Args, given: args::Database) -> anyhow::Result<Report> {
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(CONNECT_WITHIN)
        .connect_with(given.options)
        .await
        .context("DATABASE_URL cannot be connected to")?;
    let database = Database::new(pool);
    // The doctor reads no customers, orders and carts.
    let shop = Arc::new(MemoryShop::new());
    let carts = (!args.no_carts).then(|| shop.clone());
    let ports = Ports {
        stores: Arc::new(PostgresStores::new(database.clone(), Arc::new(given.keys), "verify")),
        audit: Arc::new(PostgresAuditTrail::new(database.clone())),
        sweeps: Arc::new(PostgresSweeps::new(database.clone())),
        live_lines: Arc::new(PostgresLiveLines::new(database.clone())),
        sync: Arc::new(PostgresSyncLedger::new(database.clone())),
        webhooks: Arc::new(PostgresWebhookLedger::new(database)),
        ..memory::ports(shop.clone(), shop, carts.map(|carts| carts as _))
    };
    let doctor = crate::doctor(args, ports, args.config(&[]))?;
    Ok(match &args.store {
        Some(store) => doctor.check(store).await,
        None => doctor.check_all().await.context("the stores of DATABASE_URL cannot be read")?,
    })
}
