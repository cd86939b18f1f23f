//! What the engine did, for metrics, audit and alerts.

use std::time::Duration;

use chatwoot_client::http::CallReport;

use super::{Entry, EntryOutcome};
use crate::model::{CustomerId, StoreId};

/// What became of one customer's sync.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SyncReport<'a> {
    /// The customer's store.
    pub store: &'a StoreId,
    /// The customer.
    pub customer: &'a CustomerId,
    /// What was done, as a label for a metric; see [`Outcome::as_str`](crate::sync::Outcome::as_str).
    pub outcome: &'static str,
    /// Why it failed or was parked; it holds no secret.
    pub error: Option<&'a str>,
    /// From the first trigger to the confirmation, if it was confirmed.
    pub lag: Option<Duration>,
}

/// Is told what the engine does. Every method does nothing unless it is implemented.
///
/// It is called where the work is done, so it should return at once; a panic of it is caught and
/// logged. The unit type observes nothing.
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
    /// A call of Chatwoot ended.
    fn call_ended(&self, _call: &CallReport<'_>) {}

    /// A customer's sync was settled.
    fn customer_synced(&self, _report: &SyncReport<'_>) {}

    /// A store's sync was paused: its account cannot be used.
    fn store_paused(&self, _store: &StoreId, _duration: Duration, _reason: &str) {}

    /// A store's pause ended: a probe worked.
    fn store_resumed(&self, _store: &StoreId) {}

    /// An entry was handled, or its handler failed. An [`EntryOutcome::Parked`] entry waits for
    /// somebody to replay it.
    fn entry_settled(&self, _entry: &Entry, _outcome: &EntryOutcome, _elapsed: Duration) {}

    /// A store's round of reconciling ended, with how many events were found that no webhook
    /// brought, or with why it failed.
    fn store_reconciled(&self, _store: &StoreId, _result: Result<u64, &str>) {}

    /// A worker ended by a panic and was started again, for the `restarts`th time.
    fn worker_restarted(&self, _worker: &'static str, _restarts: u32) {}
}

impl Observer for () {}
