//! The interfaces that a host or an adapter implements: one async trait per file.
//!
//! [`Customers`], [`Orders`] and [`Carts`] read the host's own services. The others are storage;
//! [`memory`](crate::memory) implements them for small hosts and tests. No two of the host's three
//! ports have a method of the same name, so one type may implement all of them.

mod activity;
mod attributes;
mod audit;
mod cache;
mod carts;
mod claim;
mod clock;
mod customers;
mod erasures;
mod error;
mod live_lines;
mod observer;
mod orders;
mod signals;
mod stores;
mod sweeps;
mod sync_ledger;
mod webhook_ledger;

use std::fmt;
use std::sync::Arc;

pub use self::activity::{ActivityLog, ActivityRecord, NewActivity};
pub use self::attributes::AttributeSets;
pub use self::audit::{AuditAction, AuditEntry, AuditRecord, AuditSubject, AuditTrail};
pub use self::cache::Cache;
pub use self::carts::Carts;
pub use self::claim::ClaimRequest;
pub use self::clock::{Clock, SystemClock, TokioClock};
pub use self::customers::{Cursor, CustomerPage, Customers};
pub use self::erasures::Erasures;
pub use self::error::{PortError, PortFailure, PortResult};
pub use self::live_lines::{LineClaim, LiveLines};
#[cfg(feature = "live")]
pub use self::observer::LineState;
pub use self::observer::{Observer, SyncReport};
pub use self::orders::Orders;
pub use self::signals::{Change, Signal, SignalEvent, SignalSubject, Signals, Subscription};
pub use self::stores::{
    Address, AddressMove, AddressToken, AdoptedResources, BoundToken, Expiring, OffboardPolicy,
    Offboarding, ProvisionLock, StoreAccount, StoreCredentials, StoreLifecycle, StoreRecord,
    Stores, Suspension,
};
pub use self::sweeps::{SweepClaim, Sweeps};
pub use self::sync_ledger::{
    Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, Priority, Settlement, SyncClaim,
    SyncCounts, SyncLedger,
};
pub use self::webhook_ledger::{
    Entry, EntryOutcome, EntrySource, KnownState, NewEntry, ParkedEntry, PurgeRequest, Purged,
    QueueClaim, RoundClaim, RoundOutcome, Taken, Unread, WebhookCounts, WebhookLedger,
};
use crate::attributes::AttributeSet;
use crate::model::Store;

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
    /// The attributes of the stores' contacts and conversations;
    /// [`AttributeSet::standard`](crate::attributes::AttributeSet::standard) unless the host
    /// declares its own.
    pub attributes: Arc<dyn AttributeSets>,
    /// The stores, with their Chatwoot accounts and credentials.
    pub stores: Arc<dyn Stores>,
    /// The schedule of the stores' sweeps.
    pub sweeps: Arc<dyn Sweeps>,
    /// Which process listens to which store's live feed; used by the feature `live` only.
    pub live_lines: Arc<dyn LiveLines>,
    /// The ledger of the sync: wanted and confirmed versions per customer.
    pub sync: Arc<dyn SyncLedger>,
    /// The ledger of received webhooks.
    pub webhooks: Arc<dyn WebhookLedger>,
    /// The receipts of customers' erasures.
    pub erasures: Arc<dyn Erasures>,
    /// The cache.
    pub cache: Arc<dyn Cache>,
    /// The audit trail.
    pub audit: Arc<dyn AuditTrail>,
    /// What customers did in the shop; `None` for a host that records none.
    pub activity: Option<Arc<dyn ActivityLog>>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Receives the engine's notifications; `Arc::new(())` ignores them.
    pub observer: Arc<dyn Observer>,
}

impl Ports {
    /// Returns the attributes that a store has: those declared for it, without the tier if it has no
    /// tiers, and without the attributes that need a cart if the host has no carts.
    pub fn attributes_of(&self, store: &Store) -> AttributeSet {
        self.attributes.attributes(&store.id).for_store(store, self.carts.is_some())
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Calls `call`, which changes up to `limit` rows and returns their number, until it changed fewer.
/// Returns the sum.
async fn batches<F: Future<Output = PortResult<u64>>>(
    limit: usize,
    mut call: impl FnMut() -> F,
) -> PortResult<u64> {
    let mut sum = 0;
    loop {
        let changed = call().await?;
        sum += changed;
        if changed < limit as u64 {
            return Ok(sum);
        }
    }
}
