//! Notifications of the engine's work, for metrics, audit logs and alerts.

use std::time::Duration;

use chatwoot_client::http::CallReport;

use super::{Entry, EntryOutcome, Purged};
use crate::model::{CustomerId, StoreId};

/// The result of one customer's sync.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SyncReport<'a> {
    /// The customer's store.
    pub store: &'a StoreId,
    /// The customer.
    pub customer: &'a CustomerId,
    /// The outcome as a metric label; see [`Outcome::as_str`](crate::sync::Outcome::as_str).
    pub outcome: &'static str,
    /// Why the sync failed or was parked, without secrets.
    pub error: Option<&'a str>,
    /// The time from the first trigger to the confirmation, if it was confirmed.
    pub lag: Option<Duration>,
}

/// What became of the line to a store's live feed. The reasons contain no secret.
#[cfg(feature = "live")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineState<'a> {
    /// The store's events are heard.
    Open,
    /// It was open and ended, for this reason; it is opened again.
    Lost(&'a str),
    /// It could not be opened, for this reason; that is tried again.
    Refused(&'a str),
}

/// Receives notifications of the engine's work. The default implementation of every method does
/// nothing.
///
/// The methods are called synchronously by the workers, so they should return quickly; a panic is
/// caught and logged. The unit type ignores all notifications.
///
/// ```
/// use store_context::model::StoreId;
/// use store_context::ports::Observer;
///
/// /// Alerts somebody when a store's Chatwoot cannot be used.
/// struct Alerts;
///
/// impl Observer for Alerts {
///     fn store_paused(&self, store: &StoreId, duration: std::time::Duration, reason: &str) {
///         eprintln!("store {store} is paused for {duration:?}: {reason}");
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Called when a call to Chatwoot ended.
    fn call_ended(&self, _call: &CallReport<'_>) {}

    /// Called when a customer's sync was settled.
    fn customer_synced(&self, _report: &SyncReport<'_>) {}

    /// Called when a store's sync was paused because its account cannot be used.
    fn store_paused(&self, _store: &StoreId, _duration: Duration, _reason: &str) {}

    /// Called when a store's pause ended because a probe succeeded.
    fn store_resumed(&self, _store: &StoreId) {}

    /// Called when an entry was handled or its handler failed. An [`EntryOutcome::Parked`] entry is
    /// not retried until it is replayed.
    fn entry_settled(&self, _entry: &Entry, _outcome: &EntryOutcome, _elapsed: Duration) {}

    /// Called when a store's reconciliation round ended, with the number of events found that no
    /// webhook delivered, or with the reason of the failure.
    fn store_reconciled(&self, _store: &StoreId, _result: Result<u64, &str>) {}

    /// Called when the line to a store's live feed was opened, lost or refused.
    #[cfg(feature = "live")]
    fn live_line(&self, _store: &StoreId, _state: LineState<'_>) {}

    /// Called when old entries were purged, with their numbers. A purged [`Purged::parked`] entry is
    /// an event that no handler succeeded with and that can no longer be replayed.
    fn webhooks_purged(&self, _purged: &Purged) {}

    /// Called when a worker was restarted after a panic, for the `restarts`th time.
    fn worker_restarted(&self, _worker: &'static str, _restarts: u32) {}
}

impl Observer for () {}
