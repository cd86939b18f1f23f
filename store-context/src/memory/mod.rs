//! In-memory implementations of the storage ports, for small hosts, demonstrations and tests.
//!
//! Their data lives as long as the process. A process has one instance of each, shared by `Arc`;
//! every method returns without waiting, holds its lock only while it computes, and uses indexes,
//! so that the cost per call hardly depends on the number of customers.

mod activity;
mod audit;
mod cache;
mod erasures;
mod fair_queue;
mod live_lines;
mod shop;
mod signals;
mod stores;
mod sweeps;
mod sync_ledger;
mod webhook_ledger;

use std::sync::Arc;

pub use self::activity::MemoryActivityLog;
pub use self::audit::MemoryAuditTrail;
pub use self::cache::MemoryCache;
pub use self::erasures::MemoryErasures;
pub use self::live_lines::MemoryLiveLines;
pub use self::shop::{MemoryShop, ShopError};
pub use self::signals::MemorySignals;
pub use self::stores::MemoryStores;
pub use self::sweeps::MemorySweeps;
pub use self::sync_ledger::MemorySyncLedger;
pub use self::webhook_ledger::MemoryWebhookLedger;

use crate::attributes::AttributeSet;
use crate::ports::{Carts, Clock, Customers, Orders, Ports, SystemClock};

/// Returns the ports of a host, with in-memory storage and without an activity log
/// ([`MemoryActivityLog`]).
///
/// ```
/// use std::sync::Arc;
/// use store_context::memory::{self, MemoryShop};
/// # use store_context::ports::PortResult;
///
/// # async fn example() -> PortResult<()> {
/// let shop = Arc::new(MemoryShop::new());
/// let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
/// assert_eq!(ports.stores.ids(None, 10).await?, []);
/// # Ok(())
/// # }
/// ```
pub fn ports(
    customers: Arc<dyn Customers>,
    orders: Arc<dyn Orders>,
    carts: Option<Arc<dyn Carts>>,
) -> Ports {
    ports_with(Arc::new(SystemClock), customers, orders, carts)
}

/// Returns the ports of a host, with in-memory storage that uses the given clock.
///
/// ```
/// use std::sync::Arc;
/// use store_context::memory::{self, MemoryShop};
/// use store_context::ports::TokioClock;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = Arc::new(TokioClock::starting_at("2026-11-21T12:00:00Z".parse()?));
/// let shop = Arc::new(MemoryShop::new());
/// let ports = memory::ports_with(clock, shop.clone(), shop.clone(), Some(shop));
/// # Ok(())
/// # }
/// ```
pub fn ports_with(
    clock: Arc<dyn Clock>,
    customers: Arc<dyn Customers>,
    orders: Arc<dyn Orders>,
    carts: Option<Arc<dyn Carts>>,
) -> Ports {
    Ports {
        customers,
        orders,
        carts,
        attributes: Arc::new(AttributeSet::standard()),
        stores: Arc::new(MemoryStores::with_clock(clock.clone())),
        sweeps: Arc::new(MemorySweeps::with_clock(clock.clone())),
        live_lines: Arc::new(MemoryLiveLines::with_clock(clock.clone())),
        sync: Arc::new(MemorySyncLedger::with_clock(clock.clone())),
        webhooks: Arc::new(MemoryWebhookLedger::with_clock(clock.clone())),
        erasures: Arc::new(MemoryErasures::new()),
        cache: Arc::new(MemoryCache::default()),
        audit: Arc::new(MemoryAuditTrail::with_clock(clock.clone())),
        activity: None,
        clock,
        observer: Arc::new(()),
    }
}
