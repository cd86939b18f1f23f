//! The interfaces that a host or an adapter implements: one async trait per file.
//!
//! [`Customers`], [`Orders`] and [`Carts`] read the host's own services. The others are storage;
//! [`memory`](crate::memory) implements them for small hosts and tests. No two of the host's three
//! ports have a method of the same name, so one type may implement all of them.

mod audit;
mod batches;
mod cache;
mod carts;
mod claim;
mod clock;
mod credentials;
mod customers;
mod error;
mod lifecycle;
mod observer;
mod orders;
mod signals;
mod stores;
mod sweeps;
mod sync_ledger;
mod webhook_ledger;

use std::fmt;
use std::sync::Arc;

pub use self::audit::{AuditAction, AuditEntry, AuditRecord, AuditSubject, AuditTrail};
pub use self::cache::Cache;
pub use self::carts::Carts;
pub use self::claim::ClaimRequest;
pub use self::clock::{Clock, SystemClock, TokioClock};
pub use self::credentials::{Address, AddressToken, BoundToken, Expiring, StoreCredentials};
pub use self::customers::{Cursor, CustomerPage, Customers};
pub use self::error::{PortError, PortFailure, PortResult};
pub use self::lifecycle::{AddressMove, OffboardPolicy, Offboarding, StoreLifecycle, Suspension};
pub use self::observer::{Observer, SyncReport};
pub use self::orders::Orders;
pub use self::signals::{Change, Signal, SignalEvent, Signals, Subscription};
pub use self::stores::{ProvisionLock, StoreAccount, StoreRecord, Stores};
pub use self::sweeps::{SweepClaim, Sweeps};
pub use self::sync_ledger::{
    Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, Priority, Settlement, SyncClaim,
    SyncCounts, SyncLedger,
};
pub use self::webhook_ledger::{
    Entry, EntryOutcome, EntrySource, KnownState, NewEntry, ParkedEntry, PurgeRequest, Purged,
    QueueClaim, RoundClaim, RoundOutcome, Taken, Unread, WebhookCounts, WebhookLedger,
};

/// The ports of one host. The services take the ones they need from here.
#[derive(Clone)]
pub struct Ports {
    /// The host's customers.
    pub customers: Arc<dyn Customers>,
    /// The host's orders.
    pub orders: Arc<dyn Orders>,
    /// The host's carts; `None` for a host without carts, whose contacts then have no cart
    /// attributes.
    pub carts: Option<Arc<dyn Carts>>,
    /// The stores, with their Chatwoot accounts and credentials.
    pub stores: Arc<dyn Stores>,
    /// The schedule of the stores' sweeps.
    pub sweeps: Arc<dyn Sweeps>,
    /// The ledger of the sync: wanted and confirmed versions per customer.
    pub sync: Arc<dyn SyncLedger>,
    /// The ledger of received webhooks.
    pub webhooks: Arc<dyn WebhookLedger>,
    /// The cache.
    pub cache: Arc<dyn Cache>,
    /// The audit trail.
    pub audit: Arc<dyn AuditTrail>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Receives the engine's notifications; `Arc::new(())` ignores them.
    pub observer: Arc<dyn Observer>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
