//! The stores of a database, as the host has provisioned them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::PgPoolOptions;
use store_context::doctor::Report;
use store_context::memory::MemoryShop;
use store_context_adapters::postgres::{self, Database};

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
    let carts = carts.map(|carts| carts as _);
    let keys = Arc::new(given.keys);
    let ports = postgres::ports(&database, keys, "verify", shop.clone(), shop, carts);
    let doctor = crate::doctor(args, ports, args.config(&[]))?;
    Ok(match &args.store {
        Some(store) => doctor.check(store).await,
        None => doctor.check_all().await.context("the stores of DATABASE_URL cannot be read")?,
    })
}
