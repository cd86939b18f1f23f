//! Every storage port in memory: for small hosts, demonstrations and tests.
//!
//! What is here lives as long as the process. One process holds one of each, shared by `Arc`; each
//! answers at once, holds its lock only while it computes, and finds what it needs by an index, so
//! that tens of thousands of customers cost no more than ten.

mod cache;
mod due;
mod shop;
mod stores;
mod sync_ledger;
mod webhook_ledger;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::cache::MemoryCache;
pub use self::shop::{MemoryShop, ShopError};
pub use self::stores::MemoryStores;
pub use self::sync_ledger::MemorySyncLedger;
pub use self::webhook_ledger::MemoryWebhookLedger;

use crate::ports::{Carts, Clock, Customers, Orders, Ports, SystemClock};

/// The host's own ports, with storage in memory for all the others.
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

/// The same on a clock.
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
        stores: Arc::new(MemoryStores::with_clock(clock.clone())),
        sync: Arc::new(MemorySyncLedger::with_clock(clock.clone())),
        webhooks: Arc::new(MemoryWebhookLedger::new()),
        cache: Arc::new(MemoryCache::default()),
        clock,
    }
}

/// Locks; nothing here panics while it holds a lock, so a poisoned one is whole.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
