//! The configuration of the contact sync.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::adoption::Adoption;

/// The configuration of [`ContactSync`](super::ContactSync).
#[derive(Clone, Copy, Debug)]
pub struct SyncConfig {
    /// The maximum number of customers that [`ContactSync::run_once`](super::ContactSync::run_once)
    /// syncs. The default is 256.
    pub batch: usize,
    /// The maximum number of customers that are synced concurrently. The default is 16.
    pub parallel: usize,
    /// The maximum number of them per store, so that a slow store leaves room for others. The
    /// default is 12.
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
    /// The maximum delay before the next claim when nothing is due. A trigger of this process ends
    /// it at once, so it is how soon a trigger of another process is noticed. The default is a
    /// second.
    pub idle: Duration,
    /// The timeout of a call to one of the host's ports or to the ledger. The default is 10
    /// seconds.
    pub port_timeout: Duration,
    /// The minimum delay between two writes of one customer: a hundred changes in that time are two
    /// writes. The default is a second.
    pub quiet: Duration,
    /// The number of failures after which a customer is parked. The default is 10.
    pub tries: u32,
    /// The maximum time that a stop waits for syncs in progress. The default is 5 seconds.
    pub drain: Duration,
    /// What is done with the contact of a customer who no longer exists in the shop.
    pub gone: GonePolicy,
    /// Which existing contacts a new customer is linked to.
    pub adoption: Adoption,
    /// The maximum number of calls per minute of a sweep. The default is 150, a twentieth of the
    /// server's limit.
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
            idle: Duration::from_secs(1),
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
    /// The time limit for one claimed customer. The rest of the lease covers a request that is in
    /// progress at that time, which the server may process a while longer.
    pub(super) fn time_limit(&self) -> Duration {
        self.lease / 4 * 3
    }
}

/// What is done with the contact of a customer who no longer exists in the shop.
///
/// If no contact is linked, or the linked one no longer exists, the contact is looked up by the
/// customer's identifier: one call, none for [`GonePolicy::Keep`]. It is removed only if [`Adoption`]
/// would have given it to the customer.
///
/// The contact of an erased customer ([`ContactSync::erase`](super::ContactSync::erase)) is deleted
/// whatever the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GonePolicy {
    /// Leaves the contact unchanged.
    Keep,
    /// Clears the name, the email address, the phone number, the identifier and the attributes that
    /// the engine wrote; the conversations stay.
    #[default]
    Anonymize,
    /// Deletes the contact with its conversations. A contact that is online is anonymized now,
    /// except for the identifier, and deleted later, because Chatwoot refuses to delete it.
    Delete,
}
