//! What a host or an adapter implements: one async trait a file.
//!
//! [`Customers`], [`Orders`] and [`Carts`] are the host's own services. The others are storage, for
//! which [`memory`](crate::memory) has an implementation for small hosts and tests. No two of the
//! host's three have a method of the same name, so one type may implement them all.

mod cache;
mod carts;
mod clock;
mod credentials;
mod customers;
mod error;
mod orders;
mod stores;
mod sync_ledger;
mod webhook_ledger;

use std::fmt;
use std::sync::Arc;

pub use self::cache::Cache;
pub use self::carts::Carts;
pub use self::clock::{Clock, SystemClock, TokioClock};
pub use self::credentials::{Address, AddressToken, BoundToken, Expiring, StoreCredentials};
pub use self::customers::{Cursor, CustomerPage, Customers};
pub use self::error::{PortError, PortFailure, PortResult};
pub use self::orders::Orders;
pub use self::stores::{ProvisionLock, StoreAccount, StoreRecord, Stores};
pub use self::sync_ledger::{
    ClaimRequest, Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, Priority, Settlement,
    SyncClaim, SyncCounts, SyncLedger,
};
pub use self::webhook_ledger::{
    Entry, EntryClaim, EntrySource, Remembered, WebhookCounts, WebhookLedger,
};

/// The ports of one host, composed: services take what they need from here.
#[derive(Clone)]
pub struct Ports {
    /// The host's customers.
    pub customers: Arc<dyn Customers>,
    /// The host's orders.
    pub orders: Arc<dyn Orders>,
    /// The host's carts; `None` for a host without carts, of which no contact says anything then.
    pub carts: Option<Arc<dyn Carts>>,
    /// Stores, what they have in Chatwoot, and their tokens and secrets.
    pub stores: Arc<dyn Stores>,
    /// What is to be synced, and what was.
    pub sync: Arc<dyn SyncLedger>,
    /// What came in.
    pub webhooks: Arc<dyn WebhookLedger>,
    /// What may be forgotten.
    pub cache: Arc<dyn Cache>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
