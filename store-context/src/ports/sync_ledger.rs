//! The ledger of the sync: one row per customer, with the wanted and the confirmed version.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ContactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClaimRequest, PortResult, batches};
use crate::model::{AccountKey, CustomerId, StoreId};

/// The priority of a row.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A single change that was just made. It precedes all bulk work.
    #[default]
    Live,
    /// One of many changes: a first sync, a sweep.
    Bulk,
}

/// A digest of what was last written to a contact: an equal digest means that nothing needs to be
/// written. It has at most 100 characters, all ASCII.
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
    /// The fingerprint of the last confirmed write.
    pub fingerprint: Fingerprint,
    /// Keyed digests of the contact's values that must be unique in the account: `email/{hex}`,
    /// `phone_number/{hex}`, `identifier/{hex}`.
    pub holds: Vec<String>,
    /// Digests of the values that were left out because another contact has them: when a row that
    /// holds one of them releases it, this row becomes wanted.
    pub waits_for: Vec<String>,
    /// The number of consecutive confirmed writes that left out a value of another contact.
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
    /// The contact matches the fingerprint.
    #[default]
    None,
    /// The contact may have been changed elsewhere: it is read, and written if it differs.
    Look,
    /// A write may or may not have succeeded: the contact is written, whatever the fingerprint is.
    Write,
}

/// A worker's time-limited claim on a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncClaim {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// The wanted version at the time of the claim.
    pub wanted: u64,
    /// When the oldest unconfirmed version was wanted: the lag is measured from here. For a row
    /// that was not wanted it is the time of the claim.
    pub wanted_at: Timestamp,
    /// The priority of the row.
    pub priority: Priority,
    /// The number of previous failed attempts of this version; a lost claim counts as an attempt.
    pub tries: u32,
    /// The number of consecutive pauses of the store; 0 if it is not paused. Otherwise this claim
    /// is the one probe of a store whose pause is over.
    pub pauses: u32,
    /// The fencing token. It increases with each claim of the row: an older claim can no longer
    /// begin, settle or extend it.
    pub fence: u64,
    /// The link to the contact, of any account: the worker ignores a link of another account.
    pub link: Option<Link>,
    /// Whether the link's fingerprint can be trusted.
    pub doubt: Doubt,
    /// Whether the customer was erased: none of their data may be written again, and the rest of
    /// their contact is removed.
    pub erased: bool,
    /// The customer into which the shop merged this one, and whose contact this one's is still to
    /// be merged into.
    pub merge_into: Option<CustomerId>,
    /// The customer into which this one went: the `merge_into` of the last claim that was settled
    /// as [`Settlement::Gone`] with one. `None` once a link is confirmed again.
    pub merged_into: Option<CustomerId>,
}

/// The way a claimed row is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The wanted version is in Chatwoot.
    ///
    /// The link replaces the row's, and that of any other row with the same contact: that row is
    /// then in doubt (`Write`) and wanted. The row's doubt ends, unless it was set during the
    /// claim, and so does [`SyncClaim::merged_into`]. Rows that wait for a value that the old link
    /// held and the new one does not become wanted.
    Confirmed {
        /// The contact's current state.
        link: Link,
        /// The row is not due again for this long, even if it becomes wanted meanwhile: a hundred
        /// changes in a second are two writes.
        quiet: Duration,
        /// The row is due again on its own after this time: a value was left out that may be
        /// accepted later.
        retry_left_out: Option<Duration>,
    },
    /// The customer has no contact any more: the link is removed, its values are released, a
    /// requested merge is done and becomes [`SyncClaim::merged_into`]. The row stays, without
    /// personal data, so that an erased customer stays erased, and that a later merge into this
    /// customer finds where this one went.
    Gone,
    /// The attempt failed: the row is due again after a delay, or as soon as a newer version is
    /// wanted. Counts as an attempt of the version.
    Retry {
        /// The delay before the next attempt.
        after: Duration,
        /// The row is not due again for this long, even if it is wanted: Chatwoot may still be
        /// processing what was sent.
        quiet: Duration,
        /// The reason of the failure, without personal data.
        error: String,
    },
    /// It failed too often or permanently: not due until it is replayed or a newer version is
    /// wanted.
    Parked {
        /// The row is not due again before this has passed, even if it is wanted: what was sent may
        /// still be worked on.
        quiet: Duration,
        /// Why it failed, without personal data.
        error: String,
    },
    /// The attempt was not completed: the row is due again if it is wanted or in doubt, and no
    /// attempt is counted.
    Returned {
        /// The row is not due again for this long, even if it is wanted: Chatwoot may still be
        /// processing what was sent. Zero makes it due at once.
        quiet: Duration,
    },
}

/// The result of [`SyncLedger::hold`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The row is held by this claim.
    Held(Box<SyncClaim>),
    /// Another worker holds the row.
    Busy,
}

/// A row that failed too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedRow {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// The number of attempts.
    pub tries: u32,
    /// The reason of the last failure.
    pub error: String,
    /// When it was parked.
    pub parked_at: Timestamp,
}

/// A store whose rows are skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedStore {
    /// The store.
    pub store: StoreId,
    /// When the store is probed.
    pub until: Timestamp,
    /// The number of consecutive pauses.
    pub pauses: u32,
    /// The reason of the pause.
    pub reason: String,
}

/// The numbers of rows in the ledger, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// All rows.
    pub customers: u64,
    /// Rows whose wanted version is not confirmed, including claimed rows, excluding parked ones.
    pub waiting: u64,
    /// Rows that a worker has claimed and not settled, and whose lease has not ended.
    pub claimed: u64,
    /// Rows that are parked.
    pub parked: u64,
    /// Rows in doubt.
    pub in_doubt: u64,
    /// Rows of erased customers.
    pub erased: u64,
    /// When the row that has waited longest became wanted; the lag is measured from here.
    pub oldest_wanted_at: Option<Timestamp>,
}

/// Stores, per customer, the wanted and the confirmed version. A trigger only raises the wanted
/// version: lost, duplicate or reordered triggers are harmless, and a hundred of them are one
/// write.
///
/// The port is designed for SQL: each method is one statement or one short transaction, in batches
/// where the engine has many rows. Times are durations, counted on the ledger's own clock.
///
/// A claim is identified by its row and its fence. It is valid until it is settled or the row is
/// claimed again, which is possible once its lease has expired; a lost claim changes nothing.
#[async_trait]
pub trait SyncLedger: Send + Sync {
    /// Marks new versions of customers as wanted.
    ///
    /// The rows are due at once, even if they wait for a retry, except during the quiet period of
    /// [`Settlement::Confirmed`]. Live priority overrides bulk; a parked row is no longer parked. A
    /// claim on the row stays valid, and the new version is due after it.
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()>;

    /// Marks the row of a contact as doubtful and wanted, because the contact may have been changed
    /// elsewhere. Returns whether a row is linked to the contact.
    ///
    /// A row that is in a greater doubt stays so. If the link's fingerprint equals `unless`,
    /// nothing changes.
    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool>;

    /// Marks up to `limit` linked rows of customers after `after`, in ascending order, as doubtful
    /// and wanted, with bulk priority: no confirmed write is trusted. Returns the last customer
    /// whose row was marked, `None` if there was none;
    /// [`doubt_whole_store`](#method.doubt_whole_store) calls it until then.
    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>>;

    /// Claims rows that are due and unclaimed.
    ///
    /// Live precedes bulk; of the stores with due rows the one that was served longest ago comes
    /// first; within a store and a priority rows come in the order in which they became due. Rows
    /// of paused stores are skipped; of a store whose pause is over one row is claimed as a probe,
    /// and no other until the probe is settled, its lease has expired, or the store is resumed.
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>>;

    /// Claims one row whether or not it is due, wanted or its store paused; creates it if it does
    /// not exist.
    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold>;

    /// Marks a claimed row as in doubt ([`Doubt::Write`]) and wanted, durably, before a request is
    /// sent for it; a parked row is no longer parked. Returns `false` if the claim was lost or the
    /// customer was erased since; then send nothing.
    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool>;

    /// Extends claims to `lease` from now. Returns which of them are still valid.
    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>>;

    /// Settles claims. Returns which of them were valid; rows of the others are not changed.
    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>>;

    /// Records that the shop merged a customer into another: claims of the row have
    /// [`SyncClaim::merge_into`] set until one is settled as [`Settlement::Gone`], and
    /// [`SyncClaim::merged_into`] from then on.
    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()>;

    /// Marks a customer as erased and wanted: the worker that claims the row removes the contact.
    /// The mark stays until [`SyncLedger::forget`].
    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// Pauses all of a store's rows for a duration; existing claims stay valid. A store that is
    /// already paused stays so for the longer of the two times, and its pauses are counted once.
    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()>;

    /// Ends a store's pause and resets its count of pauses.
    async fn resume(&self, store: &StoreId) -> PortResult<()>;

    /// Returns up to `limit` stores after `after` that are paused or waiting for a probe, in
    /// ascending order.
    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>>;

    /// Returns a customer's link to its contact.
    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>>;

    /// Returns the customer that a contact of an account belongs to.
    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>>;

    /// Returns up to `limit` linked customers after `after`, in ascending order. The sweep uses it.
    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>>;

    /// Returns up to `limit` parked rows of customers after `after`, in ascending order.
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>>;

    /// Marks up to `limit` parked rows as wanted again: one customer's, or any of the store, in
    /// ascending order. Returns the number of rows; fewer than `limit` if none is left.
    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64>;

    /// Removes a customer's row with all its data, including the mark of an erasure.
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// Removes up to `limit` rows of a store, and its pause with the last one. Returns the number
    /// of rows; fewer than `limit` if nothing is left.
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64>;

    /// Returns the counts of one store, or of all stores.
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts>;

    /// Returns when a row may have become due, at the latest after `longest`. The default
    /// implementation sleeps for `longest`.
    async fn wait(&self, longest: Duration) {
        tokio::time::sleep(longest).await;
    }
}

/// The number of rows that one call of the methods for a whole store changes.
const BATCH: usize = 1_000;

impl dyn SyncLedger {
    /// Marks all linked rows of a store as doubtful and wanted: [`SyncLedger::doubt_all`] in
    /// batches.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the rows marked until then stay marked.
    pub async fn doubt_whole_store(&self, store: &StoreId, doubt: Doubt) -> PortResult<()> {
        let mut after = None;
        loop {
            let last = self.doubt_all(store, doubt, after.as_ref(), BATCH).await?;
            // A ledger that does not advance would be asked for ever.
            if last.is_none() || last <= after {
                return Ok(());
            }
            after = last;
        }
    }

    /// Marks all parked rows of a store as wanted again: [`SyncLedger::replay`] in batches. Returns
    /// the number of rows.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use store_context::memory::MemorySyncLedger;
    /// # use store_context::model::StoreId;
    /// # use store_context::ports::SyncLedger;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ledger: Arc<dyn SyncLedger> = Arc::new(MemorySyncLedger::new());
    /// assert_eq!(ledger.replay_whole_store(&StoreId::new("north")?).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the rows replayed until then stay wanted.
    pub async fn replay_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        batches(BATCH, || self.replay(store, None, BATCH)).await
    }

    /// Removes all rows of a store, and its pause: [`SyncLedger::forget_store`] in batches. Returns
    /// the number of rows.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the rows removed until then stay removed.
    pub async fn forget_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        batches(BATCH, || self.forget_store(store, BATCH)).await
    }
}
