//! What driver and workers share: the servers' addresses, and the ports on them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chatwoot_client::{Client, ClientBuilder, RetryPolicy};
use examples::shop::Shop;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};
use store_context::Currency;
use store_context::attributes::AttributeSet;
use store_context::memory::MemoryCache;
use store_context::model::{CustomerId, Store, StoreId, TierPolicy};
use store_context::ports::{Ports, SystemClock};
use store_context_adapters::postgres::{
    Database, KeyRing, PostgresAuditTrail, PostgresErasures, PostgresLiveLines, PostgresStores,
    PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger,
};
use store_context_adapters::redis::{CacheConfig, Redis, RedisConfig};

/// The name of the runtime role, which is also that of the database.
pub(super) const ROLE: &str = "chaos";

/// Where the servers are, and the keys of the credentials. A worker reads it from its standard
/// input: everybody sees a process's arguments.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Servers {
    pub(super) database: String,
    pub(super) redis: String,
    pub(super) chatwoot: String,
    pub(super) keys: String,
}

/// The ports of a process, with what they are made of.
pub(super) struct Storage {
    pub(super) pool: PgPool,
    pub(super) shop: Shop,
    pub(super) ports: Ports,
}

impl Servers {
    /// Opens the storage. It waits for no server.
    pub(super) fn storage(&self, connections: u32, actor: &str) -> Result<Storage> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy(&self.database)?;
        let database = Database::new(pool.clone());
        let sync = PostgresSyncLedger::new(database.clone());
        let keys = Arc::new(KeyRing::parse(&self.keys)?);
        let stores = Arc::new(PostgresStores::new(database.clone(), keys, actor));
        let shop = Shop::new(pool.clone(), sync.clone());
        let ports = Ports {
            customers: Arc::new(shop.clone()),
            orders: Arc::new(shop.clone()),
            carts: None,
            attributes: Arc::new(AttributeSet::standard()),
            stores,
            audit: Arc::new(PostgresAuditTrail::new(database.clone())),
            activity: None,
            sweeps: Arc::new(PostgresSweeps::new(database.clone())),
            live_lines: Arc::new(PostgresLiveLines::new(database.clone())),
            erasures: Arc::new(PostgresErasures::new(database.clone())),
            sync: Arc::new(sync),
            webhooks: Arc::new(PostgresWebhookLedger::new(database)),
            cache: Arc::new(MemoryCache::default()),
            clock: Arc::new(SystemClock),
            observer: Arc::new(()),
        };
        Ok(Storage { pool, shop, ports })
    }

    /// Opens Redis. It does not wait for it.
    pub(super) fn redis(&self) -> Result<Redis> {
        let client = redis::Client::open(self.redis.as_str()).context("Redis's address")?;
        let config = ConnectionManagerConfig::new();
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Redis::new(manager, client, RedisConfig::new(ROLE)))
    }

    /// Returns a builder of a client that gives up before the leases end.
    pub(super) fn client(&self) -> ClientBuilder {
        let timeout = Duration::from_secs(3);
        let deadline = Duration::from_secs(6);
        let policy = RetryPolicy { timeout, deadline, ..RetryPolicy::default() };
        Client::builder(self.chatwoot.as_str()).retry(policy)
    }
}

impl Storage {
    /// Uses a cache of Redis.
    pub(super) fn with_cache(self, redis: &Redis) -> Self {
        let cache = Arc::new(redis.cache(CacheConfig::default()));
        Self { ports: Ports { cache, ..self.ports }, ..self }
    }
}

pub(super) fn store_id(store: u32) -> Result<StoreId> {
    Ok(StoreId::new(format!("store-{store}"))?)
}

pub(super) fn customer_id(customer: u32) -> Result<CustomerId> {
    Ok(CustomerId::new(format!("customer-{customer:05}"))?)
}

pub(super) fn new_store(store: u32) -> Result<Store> {
    Ok(Store {
        time_zone: "Europe/Amsterdam".to_owned(),
        tiers: Some(TierPolicy::new([("bronze", 0), ("silver", 100)])?),
        ..Store::new(
            store_id(store)?,
            format!("Store {store}"),
            format!("https://store-{store}.example").parse()?,
            format!("help@store-{store}.example"),
            Currency::EUR,
        )
    })
}
