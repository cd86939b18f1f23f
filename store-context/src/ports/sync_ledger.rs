//! What is to be synced, and what was: per customer one row.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ContactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClaimRequest, PortResult};
use crate::model::{AccountKey, CustomerId, StoreId};

/// Which work goes first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A change that somebody just made. Goes before all bulk work.
    #[default]
    Live,
    /// One of many: a first sync, a sweep.
    Bulk,
}

/// A digest of what was last written to a contact: the same digest means nothing to write. It has
/// at most 100 characters, all ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

/// A customer's contact in one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The account that the contact is in.
    pub account: AccountKey,
    /// The contact.
    pub contact: ContactId,
    /// What was last confirmed to be written.
    pub fingerprint: Fingerprint,
    /// Keyed digests of the values that must be unique in the account and that the contact has:
    /// `email/{hex}`, `phone_number/{hex}`, `identifier/{hex}`.
    pub holds: Vec<String>,
    /// The same of values that were left out because another contact has them: when a row that
    /// holds one lets it go, this row is wanted.
    pub waits_for: Vec<String>,
    /// How many confirmed writes in a row had to leave something out that another contact has.
    pub left_out: u32,
}

impl Link {
    /// Creates a link to a contact that holds no unique values and waits for none.
    pub const fn new(account: AccountKey, contact: ContactId, fingerprint: Fingerprint) -> Self {
        Self {
            account,
            contact,
            fingerprint,
            holds: Vec::new(),
            waits_for: Vec::new(),
            left_out: 0,
        }
    }
}

/// Whether a row's fingerprint can be trusted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The contact is as the fingerprint says.
    #[default]
    None,
    /// Somebody else may have changed the contact: it is read, and written if it differs.
    Look,
    /// A write may or may not have happened: it is written, whatever the fingerprint says.
    Write,
}

/// A row that one worker holds for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncClaim {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// The version that is wanted at the time of the claim.
    pub wanted: u64,
    /// When the oldest version that is not confirmed was wanted: the lag counts from here. For a
    /// row that was not wanted it is the time of the claim.
    pub wanted_at: Timestamp,
    /// Which work the row is.
    pub priority: Priority,
    /// How often this version was tried and failed before; a claim that was lost was a try.
    pub tries: u32,
    /// How often in a row the store was paused; 0 if it is well. Otherwise this is the one probe of
    /// a store whose pause is over.
    pub pauses: u32,
    /// Grows with each claim of the row: an older claim can no longer begin, settle or extend it.
    pub fence: u64,
    /// The contact, of whatever account it is: the worker ignores a link of another account.
    pub link: Option<Link>,
    /// Whether the link's fingerprint can be trusted.
    pub doubt: Doubt,
    /// The customer was erased: nothing of them may be written again, and what is left of their
    /// contact is removed.
    pub erased: bool,
    /// The shop merged the customer into this one.
    pub merge_into: Option<CustomerId>,
}

/// How a claimed row is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The wanted version is in Chatwoot.
    ///
    /// The link replaces the row's, and that of any other row with the same contact: that row is in
    /// doubt (`Write`) and wanted. The row's doubt is over, unless it came during the claim. Rows
    /// that wait for a value that the old link held and the new one does not are wanted.
    Confirmed {
        /// The contact as it is now.
        link: Link,
        /// The row is not due again before this has passed, even if it was wanted meanwhile: a
        /// hundred changes in a second are two writes.
        quiet: Duration,
        /// The row is due again by itself after this time: something was left out that may work
        /// later.
        retry_left_out: Option<Duration>,
    },
    /// The customer has no contact any more: the link is removed, what it held is let go, a merge
    /// that was wanted is done. The row stays, without personal data, so that an erased customer
    /// stays erased.
    Gone,
    /// It failed: due again after a while, or as soon as a newer version is wanted. Counts as a try
    /// of the version.
    Retry {
        /// How long to wait.
        after: Duration,
        /// The row is not due again before this has passed, even if it is wanted: what was sent may
        /// still be worked on.
        quiet: Duration,
        /// Why it failed, without personal data.
        error: String,
    },
    /// It failed too often, or for good: not due until it is replayed or a newer version is wanted.
    Parked {
        /// Why it failed, without personal data.
        error: String,
    },
    /// It was not tried to the end: due again if it is wanted or in doubt, and no try is counted.
    Returned {
        /// The row is not due again before this has passed, even if it is wanted: what was sent may
        /// still be worked on. Zero makes it due at once.
        quiet: Duration,
    },
}

/// What [`SyncLedger::hold`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The row is held by this claim.
    Held(Box<SyncClaim>),
    /// Somebody else has it.
    Busy,
}

/// A row that failed too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedRow {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// How often it was tried.
    pub tries: u32,
    /// Why it failed the last time.
    pub error: String,
    /// When it was parked.
    pub parked_at: Timestamp,
}

/// A store whose rows are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedStore {
    /// The store.
    pub store: StoreId,
    /// When it is probed.
    pub until: Timestamp,
    /// How often it was paused in a row.
    pub pauses: u32,
    /// Why.
    pub reason: String,
}

/// What the ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// Rows in all.
    pub customers: u64,
    /// Rows whose wanted version is not confirmed, claimed ones included, parked ones not.
    pub waiting: u64,
    /// Rows that a worker has claimed and not settled, and whose lease has not ended.
    pub claimed: u64,
    /// Rows that are parked.
    pub parked: u64,
    /// Rows in doubt.
    pub in_doubt: u64,
    /// Rows of erased customers.
    pub erased: u64,
    /// Since when the longest waiting row waits: the lag.
    pub oldest_wanted_at: Option<Timestamp>,
}

/// Keeps what is to be synced, and what was. A trigger only raises "wanted": lost, doubled or
/// reordered triggers are harmless, and a hundred of them are one write.
///
/// The port is made for SQL: each method is one statement or one short transaction, in batches
/// where the engine has many. Times are durations, counted on the ledger's own clock.
///
/// A claim is proven by its row and its fence. It stands until it is settled or the row is claimed
/// again, which is possible once its lease has ended; a claim that was lost changes nothing.
#[async_trait]
pub trait SyncLedger: Send + Sync {
    /// Wants new versions of customers.
    ///
    /// They are due at once, whatever retry they wait for, except for what
    /// [`Settlement::Confirmed`] keeps quiet. Live beats bulk; a parked row is no longer parked.
    /// While a row is claimed the claim stands, and the new version comes after it.
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()>;

    /// Marks the row of a contact as doubtful and wants it: somebody else may have changed the
    /// contact. Returns whether a row is linked to the contact.
    ///
    /// A row that is in a greater doubt stays so. `unless`: where the link's fingerprint is this
    /// one, nothing is done.
    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool>;

    /// Marks all linked rows of a store as doubtful and wants them, as bulk: nothing that was
    /// confirmed is trusted. Returns how many.
    async fn doubt_all(&self, store: &StoreId, doubt: Doubt) -> PortResult<u64>;

    /// Claims rows that are due and that nobody holds.
    ///
    /// Live goes before bulk; of the stores with due rows the one that was served longest ago goes
    /// first; within a store and a priority rows come in the order in which they became due. Rows of
    /// paused stores are passed over; of a store whose pause is over one row is claimed as a probe,
    /// and no other until the probe is settled, its lease has ended, or the store is resumed.
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>>;

    /// Claims one row whether or not it is due, wanted or its store paused; makes it if it is not
    /// there.
    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold>;

    /// Marks a claimed row in doubt ([`Doubt::Write`]) and wanted, durably, before something is sent
    /// for it; a parked row is no longer parked. `false`: the claim was lost, or the customer was erased since; send nothing.
    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool>;

    /// Holds claims longer, from now. Returns which ones still stand.
    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>>;

    /// Settles claims. Returns which ones stood; of the others nothing is changed.
    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>>;

    /// Wants a customer merged into another, because the shop did so: the row's claims have
    /// [`SyncClaim::merge_into`] until one is settled as [`Settlement::Gone`].
    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()>;

    /// Marks a customer as erased and wants the row: whoever claims it removes the contact. The mark
    /// stays until [`SyncLedger::forget`].
    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// Pauses all of a store's rows for a while; claims that are held stand. A store that is paused
    /// stays so for the longer of the two times, and its pauses are counted once.
    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()>;

    /// Ends a store's pause and its count of pauses.
    async fn resume(&self, store: &StoreId) -> PortResult<()>;

    /// Returns up to `limit` stores after `after` that are paused or to be probed, in rising order.
    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>>;

    /// Returns a customer's link.
    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>>;

    /// Returns the customer behind a contact of an account.
    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>>;

    /// Returns up to `limit` linked customers after `after`, in rising order: for the sweep.
    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>>;

    /// Returns up to `limit` parked rows of customers after `after`, in rising order.
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>>;

    /// Wants parked rows again: one customer's, or all of the store. Returns how many.
    async fn replay(&self, store: &StoreId, customer: Option<&CustomerId>) -> PortResult<u64>;

    /// Removes a customer's row with all that it held, the mark of an erasure included.
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// Removes all rows of a store, and its pause.
    async fn forget_store(&self, store: &StoreId) -> PortResult<()>;

    /// Returns what the ledger holds of one store, or of all.
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts>;

    /// Returns when something may have become due, at the latest after `longest`. A ledger that
    /// cannot tell sleeps.
    async fn wait(&self, longest: Duration) {
        tokio::time::sleep(longest).await;
    }
}
