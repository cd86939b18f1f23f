//! The tenants' shops and the ports, in memory or in Postgres.

use std::env;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use sqlx::postgres::{PgConnectOptions, PgPool};
use store_context::memory::{self, MemoryShop};
use store_context::model::{Customer, Store, StoreId};
use store_context::ports::Ports;
use store_context_adapters::postgres::{
    self, Database, KeyRing, PostgresSyncLedger, RlsAudit, SealingKeys,
};

use crate::shop::Shop;

/// The tenants' shops, which are the host's own: in memory or in Postgres.
#[derive(Clone, Debug)]
pub enum TenantShops {
    /// In memory, for as long as the process lives.
    Memory(Arc<MemoryShop>),
    /// In Postgres.
    Postgres(Shop),
}

impl TenantShops {
    /// Opens shops and ports: in Postgres with the variables `DATABASE_URL` and
    /// `STORE_CONTEXT_KEYS`, and in memory without the first.
    ///
    /// # Errors
    /// Returns an error if a variable is not valid, there is no such database, its tables are not
    /// migrated, or its role would see the rows of every tenant: an owner or a superuser.
    pub async fn open() -> Result<(Self, Ports)> {
        let Some(url) = env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) else {
            return Ok(Self::in_memory());
        };
        let keys = Arc::new(KeyRing::from_env("STORE_CONTEXT_KEYS")?);
        // The driver's own error may show parts of the URL.
        let options = url.parse::<PgConnectOptions>();
        let options = options.map_err(|_| anyhow!("DATABASE_URL is no URL of a Postgres"))?;
        let audit = RlsAudit::of_role(options.get_username());
        let pool = PgPool::connect_with(options).await.context("connect with DATABASE_URL")?;
        let breaches = audit.run(&mut *pool.acquire().await?).await?;
        let breach = breaches.first().map(ToString::to_string).unwrap_or_default();
        ensure!(
            breaches.is_empty(),
            "run `support_service migrate`, and use a plain role: {breach}"
        );
        Ok(Self::in_postgres(pool, keys))
    }

    /// Creates shops and ports in memory.
    fn in_memory() -> (Self, Ports) {
        let shop = Arc::new(MemoryShop::new());
        let ports = memory::ports(shop.clone(), shop.clone(), None);
        (Self::Memory(shop), ports)
    }

    /// Creates shops and ports in Postgres; the keys seal the credentials.
    fn in_postgres(pool: PgPool, keys: Arc<dyn SealingKeys>) -> (Self, Ports) {
        let database = Database::new(pool.clone());
        // One ledger, so that a change in a shop wakes the workers of this process at once.
        let ledger = PostgresSyncLedger::new(database.clone());
        let shop = Shop::new(pool, ledger.clone());
        let rows = Arc::new(shop.clone());
        let ports = postgres::ports(&database, keys, "saas_tenants", rows.clone(), rows, None);
        (Self::Postgres(shop), Ports { sync: Arc::new(ledger), ..ports })
    }

    /// Saves a tenant's shop.
    ///
    /// # Errors
    /// Returns an error if the shop has another currency or the database failed.
    pub async fn put_store(&self, store: &Store) -> Result<()> {
        match self {
            Self::Memory(shop) => shop.open(&store.id, store.currency),
            Self::Postgres(shop) => shop.put_store(store).await?,
        }
        Ok(())
    }

    /// Saves a customer of a tenant.
    ///
    /// # Errors
    /// Returns an error if the tenant has no shop or the database failed.
    pub async fn put_customer(&self, store: &StoreId, customer: &Customer) -> Result<()> {
        match self {
            Self::Memory(shop) => shop.put_customer(store, customer.clone())?,
            Self::Postgres(shop) => shop.put_customer(store, customer).await?,
        }
        Ok(())
    }
}
