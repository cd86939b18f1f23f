//! What a host or an adapter implements: one async trait a file.
//!
//! The first three are the host's own services; the others are storage, for which
//! [`memory`](crate::memory) has an implementation for small hosts and tests.

mod cache;
mod carts;
mod claim;
mod clock;
mod credentials;
mod customers;
mod observer;
mod orders;
mod stores;
mod sweeps;
mod sync_ledger;
mod webhook_ledger;

use std::fmt;
use std::sync::Arc;

pub use self::cache::Cache;
pub use self::carts::Carts;
pub use self::claim::ClaimRequest;
pub use self::clock::{Clock, SystemClock, TokioClock};
pub use self::credentials::{Address, AddressToken, BoundToken, Expiring, StoreCredentials};
pub use self::customers::Customers;
pub use self::observer::{Observer, SyncReport};
pub use self::orders::Orders;
pub use self::stores::{ProvisionLock, StoreAccount, StoreRecord, Stores};
pub use self::sweeps::{SweepClaim, Sweeps};
pub use self::sync_ledger::{
    Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, Priority, Settlement, SyncClaim,
    SyncCounts, SyncLedger,
};
pub use self::webhook_ledger::{
    Entry, EntryOutcome, EntrySource, KnownState, NewEntry, ParkedEntry, QueueClaim, RoundClaim,
    RoundOutcome, Taken, Unread, WebhookCounts, WebhookLedger,
};

/// A port that could not do what it was asked.
///
/// ```
/// use store_context::ports::PortError;
///
/// let error = PortError::new("customers", std::io::Error::other("connection lost"));
/// assert_eq!(error.to_string(), "the port `customers` failed");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the port `{port}` failed")]
pub struct PortError {
    port: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl PortError {
    /// The port's name and what went wrong; the source must hold no secret.
    pub fn new(
        port: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { port, source: source.into() }
    }

    /// Which port failed.
    pub const fn port(&self) -> &'static str {
        self.port
    }
}

/// What a port answers.
pub type PortResult<T> = Result<T, PortError>;

/// The ports of one host, composed: services take what they need from here.
#[derive(Clone)]
pub struct Ports {
    /// The host's customers.
    pub customers: Arc<dyn Customers>,
    /// The host's orders.
    pub orders: Arc<dyn Orders>,
    /// The host's carts.
    pub carts: Arc<dyn Carts>,
    /// Stores, what they have in Chatwoot, and their tokens and secrets.
    pub stores: Arc<dyn Stores>,
    /// When each store is swept.
    pub sweeps: Arc<dyn Sweeps>,
    /// What is to be synced, and what was.
    pub sync: Arc<dyn SyncLedger>,
    /// What came in.
    pub webhooks: Arc<dyn WebhookLedger>,
    /// What may be forgotten.
    pub cache: Arc<dyn Cache>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who is told what the engine does; `Arc::new(())` for nobody.
    pub observer: Arc<dyn Observer>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
