//! All ports of a host at once.

use std::sync::Arc;

use store_context::memory;
use store_context::ports::{Carts, Customers, Orders, Ports};

use super::{
    Database, PostgresAuditTrail, PostgresErasures, PostgresLiveLines, PostgresStores,
    PostgresSweeps, PostgresSyncLedger, PostgresWebhookLedger, SealingKeys,
};

/// Returns the ports of a host, with the storage in Postgres and the cache in memory, and without
/// an activity log ([`PostgresActivityLog`](super::PostgresActivityLog)). `actor` is what the audit
/// trail calls this process or service. A host replaces the fields that it has others for.
///
/// ```no_run
/// use std::sync::Arc;
/// use store_context::attributes::AttributeSet;
/// use store_context::memory::MemoryShop;
/// use store_context::ports::Ports;
/// use store_context_adapters::postgres::{self, Database, KeyRing};
///
/// # async fn example() -> Result<Ports, Box<dyn std::error::Error>> {
/// // Your own `Customers`, `Orders` and `Carts` take the place of `MemoryShop`.
/// let shop = Arc::new(MemoryShop::new());
/// let database = Database::new(sqlx::PgPool::connect("postgres://shop_runtime@localhost/shop").await?);
/// let keys = Arc::new(KeyRing::from_env("STORE_CONTEXT_KEYS")?);
/// let ports = postgres::ports(&database, keys, "shop", shop.clone(), shop.clone(), Some(shop));
/// # Ok(Ports { attributes: Arc::new(AttributeSet::standard()), ..ports })
/// # }
/// ```
pub fn ports(
    database: &Database,
    keys: Arc<dyn SealingKeys>,
    actor: &str,
    customers: Arc<dyn Customers>,
    orders: Arc<dyn Orders>,
    carts: Option<Arc<dyn Carts>>,
) -> Ports {
    Ports {
        stores: Arc::new(PostgresStores::new(database.clone(), keys, actor)),
        sweeps: Arc::new(PostgresSweeps::new(database.clone())),
        live_lines: Arc::new(PostgresLiveLines::new(database.clone())),
        sync: Arc::new(PostgresSyncLedger::new(database.clone())),
        webhooks: Arc::new(PostgresWebhookLedger::new(database.clone())),
        erasures: Arc::new(PostgresErasures::new(database.clone())),
        audit: Arc::new(PostgresAuditTrail::new(database.clone())),
        ..memory::ports(customers, orders, carts)
    }
}
