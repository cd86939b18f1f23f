//! How customers are synced.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::adoption::Adoption;

/// How customers are synced.
#[derive(Clone, Copy, Debug)]
pub struct SyncConfig {
    /// How many customers [`ContactSync::run_once`](super::ContactSync::run_once) syncs at most. The
    /// default is 256.
    pub batch: usize,
    /// How many customers are synced at the same time. The default is 16.
    pub parallel: usize,
    /// How many of them may be of one store, so that a slow one leaves room. The default is 12.
    pub per_store: usize,
    /// How many of them may be bulk work. Its calls wait for their turn in the server's limit
    /// ([`Account::in_background`](chatwoot_client::Account::in_background)), and live changes find
    /// the other slots free meanwhile. The default is 12.
    pub bulk: usize,
    /// How long a claim holds. A customer who takes three quarters of it is given up for then, so
    /// that a contact has one writer; that is to be longer than a call may take
    /// ([`RetryPolicy::deadline`](chatwoot_client::RetryPolicy::deadline), 90 seconds). The default
    /// is 5 minutes.
    pub lease: Duration,
    /// How long to wait at most before looking again when there is nothing to do. The default is
    /// 250 milliseconds.
    pub idle: Duration,
    /// How long a call of one of the host's ports or of the ledger may take. The default is 10
    /// seconds.
    pub port_timeout: Duration,
    /// How long a customer who was just written is left alone: a hundred changes in that time are
    /// two writes. The default is a second.
    pub quiet: Duration,
    /// After how many failures a customer is parked. The default is 10.
    pub tries: u32,
    /// How long a stop waits for what is under way. The default is 5 seconds.
    pub drain: Duration,
    /// What becomes of the contact of a customer whom the shop does not have any more.
    pub gone: GonePolicy,
    /// Which contacts that are there already a new customer is given.
    pub adoption: Adoption,
    /// How many calls a minute a sweep makes at most. The default is 150, a twentieth of what the
    /// server allows.
    pub sweep_calls_per_minute: u32,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            batch: 256,
            parallel: 16,
            per_store: 12,
            bulk: 12,
            lease: Duration::from_mins(5),
            idle: Duration::from_millis(250),
            port_timeout: Duration::from_secs(10),
            quiet: Duration::from_secs(1),
            tries: 10,
            drain: Duration::from_secs(5),
            gone: GonePolicy::default(),
            adoption: Adoption::default(),
            sweep_calls_per_minute: 150,
        }
    }
}

impl SyncConfig {
    /// How long a claimed customer may take. The rest of the lease is for a request that is under way
    /// at the end: the server may work on it a while longer.
    pub(super) fn time_limit(&self) -> Duration {
        self.lease / 4 * 3
    }
}

/// What becomes of the contact of a customer whom the shop does not have any more.
///
/// An erased customer's contact ([`ContactSync::erase`](super::ContactSync::erase)) is deleted
/// whatever the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GonePolicy {
    /// It stays as it is.
    Keep,
    /// Name, e-mail address, phone number, identifier and what the engine wrote are cleared;
    /// conversations stay.
    #[default]
    Anonymize,
    /// It is deleted, with its conversations. One who is online is anonymized now and deleted later:
    /// Chatwoot refuses to delete them.
    Delete,
}
