//! The ledger of webhooks received from Chatwoot, which stores them before they are handled, and
//! the schedule of the reconciler.
//!
//! The port is designed for SQL: every method is one statement or one short transaction, in batches
//! where the engine has many rows; times are durations, counted on the ledger's own clock.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{ContactId, ConversationId, Time};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::claim::ClaimRequest;
use super::{PortResult, batches};
use crate::model::{AccountKey, AttributeChange, ConversationFact, Proof, StoreId, SupportEvent};

/// The source of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySource {
    /// Chatwoot sent it as a webhook.
    Webhook,
    /// Chatwoot never sent it or its delivery was lost: the reconciler found it through the API.
    Reconciler,
}

/// A stored event that is to be handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry's number in the ledger. It increases in the order in which entries were received.
    pub id: u64,
    /// The store.
    pub store: StoreId,
    /// The account of the event: the store's account when the entry was received.
    pub account: AccountKey,
    /// The key of the fact or transition; see [`NewEntry::key`].
    pub key: String,
    /// The event.
    pub event: SupportEvent,
    /// The changed attributes, where Chatwoot reports them: in `conversation_updated` and
    /// `message_updated`.
    pub changed: Vec<AttributeChange>,
    /// The source of the entry.
    pub source: EntrySource,
    /// Whether a newer state of its conversation was already known when the entry was received. The
    /// ledger decides this when it takes the entry.
    pub stale: bool,
    /// When the entry was received, by the ledger's clock.
    pub received_at: Timestamp,
    /// The number of previous attempts to handle it.
    pub tries: u32,
}

impl Entry {
    /// Returns whether the writer in the entry's conversation is proven to be the customer; `None`
    /// if the entry belongs to no conversation.
    ///
    /// Only [`Proof::customer`] identifies the writer: the identifier on the contact is no proof.
    ///
    /// ```
    /// use store_context::model::Proof;
    /// use store_context::ports::Entry;
    ///
    /// fn answer(entry: &Entry) -> String {
    ///     match entry.proof().and_then(Proof::customer) {
    ///         Some(customer) => format!("the orders of {customer}"),
    ///         None => "please sign in, so that we know who you are".to_owned(),
    ///     }
    /// }
    /// ```
    pub fn proof(&self) -> Option<&Proof> {
        self.event.proof()
    }

    /// Returns whether the writer in the entry's conversation is proven to be the customer; `false`
    /// if the entry belongs to no conversation.
    pub fn is_proven(&self) -> bool {
        self.proof().is_some_and(Proof::is_proven)
    }
}

impl NewEntry {
    /// The maximum time between two deliveries with one signature of which the second is stored too:
    /// ten seconds.
    pub const TWINS_WITHIN: Duration = Duration::from_secs(10);
}

/// An entry to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// The key of the fact, the same for a webhook and for the reconciler; or, if nothing in
    /// Chatwoot's payload identifies the fact, the key of the delivery, derived from the signed
    /// content.
    pub key: String,
    /// The id of the delivery (`X-Chatwoot-Delivery`), which the signature does not cover.
    pub delivery: Option<String>,
    /// A second key, for a transition that the signed content does not distinguish from another.
    /// The entry is stored under it if `key` is known from another delivery and this key is not
    /// known.
    pub twin_key: Option<String>,
    /// The key under which the reconciler reports the same state. If it is known, so is the entry.
    pub reconciled_key: Option<String>,
    /// The event.
    pub event: SupportEvent,
    /// The changed attributes, where Chatwoot reports them.
    pub changed: Vec<AttributeChange>,
    /// The source of the entry.
    pub source: EntrySource,
}

/// Whether an entry was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The entry was not known and is stored.
    New {
        /// Whether a newer state of its conversation was known.
        stale: bool,
    },
    /// Its key was known; nothing changed.
    Known,
}

/// The known state of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownState {
    /// The newest state.
    pub state: ConversationFact,
    /// The status last reported by a `conversation_created` or `conversation_status_changed` that
    /// was not stale. It reveals a change of status whose own event was lost even if another event
    /// brought the new state.
    pub status_told: Option<ConversationStatus>,
    /// The `updated_at` of the state up to which the reconciler has read all messages.
    pub messages_read_at: Option<Time>,
}

/// A worker's time-limited claim on a queue: that of a conversation, or that of an event without
/// one. It holds ids only, so that a claim reads no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueClaim {
    /// The store.
    pub store: StoreId,
    /// The account.
    pub account: AccountKey,
    /// The number of the queue in the ledger.
    pub queue: u64,
    /// The conversation; `None` for an event without one.
    pub conversation: Option<ConversationId>,
    /// The fencing token. It increases with each claim of the queue: an older claim changes
    /// nothing.
    pub fence: u64,
    /// When its first entry was received: the lag is measured from here.
    pub waiting_since: Timestamp,
}

/// The result of handling an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryOutcome {
    /// The handler succeeded.
    Handled,
    /// The handler failed and is retried. The later entries of the queue wait for it.
    Retry {
        /// The delay before the next attempt.
        after: Duration,
        /// The reason of the failure.
        error: String,
    },
    /// The handler failed too often: the entry is parked until it is replayed. The queue continues.
    Parked {
        /// The reason of the failure.
        error: String,
    },
}

/// A parked entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParkedEntry {
    /// The entry.
    pub entry: Entry,
    /// The reason of the last failure.
    pub error: String,
    /// When it was parked, by the ledger's clock.
    pub parked_at: Timestamp,
}

/// A conversation whose messages the reconciler could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The conversation.
    pub conversation: ConversationId,
    /// Messages written before this time are already known or were never requested.
    pub from: Timestamp,
}

/// A claim on a store's reconciliation round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundClaim {
    /// The store.
    pub store: StoreId,
    /// The fencing token. It increases with each claim: an older claim changes nothing.
    pub fence: u64,
    /// The account of the last finished round; `None` before the first.
    pub account: Option<AccountKey>,
    /// The start of the period to reconcile: when the last finished round began, or, before the
    /// first round, when the store was scheduled; by the ledger's clock.
    pub since: Timestamp,
    /// The time since `since`, on the ledger's clock.
    pub age: Duration,
    /// Conversations that could not be read in the last round.
    pub unread: Vec<Unread>,
    /// The number of consecutive failed rounds.
    pub failures: u32,
    /// The time since the store's last webhook; `None` if there was none.
    pub quiet_for: Option<Duration>,
}

/// The result of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Everything since the last round was checked, except `unread`.
    Finished {
        /// The account.
        account: AccountKey,
        /// The time since the round began: the next round checks from there.
        began_ago: Duration,
        /// The conversations that could not be read.
        unread: Vec<Unread>,
        /// The delay until the next round.
        next: Duration,
        /// The maximum delay of the next round after a webhook of the store.
        after_webhook: Duration,
    },
    /// The round did not finish: the next round checks from the same time.
    Failed {
        /// The delay until the next round.
        retry: Duration,
        /// The reason of the failure.
        error: String,
    },
    /// The store is not active: nothing was checked, and that is no failure. The next round checks
    /// from the same time, and webhooks do not move it forward.
    Skipped {
        /// The delay until the next round.
        next: Duration,
    },
}

/// The numbers of entries and queues in the ledger, of one store or of all. Purged entries are not
/// counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCounts {
    /// Entries that Chatwoot sent as webhooks.
    pub webhooks: u64,
    /// Entries that the reconciler found.
    pub reconciled: u64,
    /// Entries that are handled.
    pub handled: u64,
    /// Entries that wait to be handled, including those of claimed queues.
    pub waiting: u64,
    /// Queues that a worker has claimed.
    pub claimed: u64,
    /// Parked entries.
    pub parked: u64,
    /// Entries whose event is not known to this version.
    pub unknown: u64,
    /// When the oldest waiting entry was received.
    pub oldest_waiting_since: Option<Timestamp>,
    /// When the last webhook was taken, new or known, of a store that is scheduled for
    /// reconciliation; within a second.
    #[serde(default)]
    pub last_webhook_at: Option<Timestamp>,
}

/// What [`WebhookLedger::purge`] removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeRequest {
    /// The age from which on entries that were handled or forgotten are removed, counted from then,
    /// and states of conversations, counted from their last update.
    pub handled_before: Duration,
    /// The age from which on parked entries are removed, counted from when they were parked; `None`
    /// keeps them until they are replayed or forgotten.
    pub parked_before: Option<Duration>,
    /// The maximum number of entries and states that are removed.
    pub limit: usize,
}

/// The numbers of what a purge removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// Entries that were handled or forgotten.
    pub handled: u64,
    /// States of conversations.
    pub states: u64,
    /// Parked entries: events that no handler succeeded with.
    pub parked: u64,
}

impl Purged {
    /// Returns the number of entries and states.
    pub const fn total(&self) -> u64 {
        self.handled + self.states + self.parked
    }
}

/// Stores received events durably and without duplicates, gives them to workers until they are
/// handled, and schedules the reconciliation of the stores.
///
/// Keys, queues and states are scoped to a store's account: the same key in another account is
/// another entry.
#[async_trait]
pub trait WebhookLedger: Send + Sync {
    /// Stores entries, each atomically and in this order, and returns the result for each.
    ///
    /// An entry whose key is known is skipped; see [`NewEntry::twin_key`] and
    /// [`NewEntry::reconciled_key`]. A conversation's state is stale if a newer one is known;
    /// otherwise it becomes the known state, also if both have the same time. A stored entry is
    /// appended to its conversation's queue.
    ///
    /// A webhook, known or not, moves the store's next round forward as the last finished round
    /// requested, unless a round failed since.
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>>;

    /// Returns those of the keys that are not known, in the same order.
    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>>;

    /// Makes keys known without storing entries: no handler receives anything for them, and they are
    /// in no count. Known keys stay as they are. [`WebhookLedger::purge`] removes them like those of
    /// handled entries.
    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()>;

    /// Returns the known states of conversations, in any order; conversations without a known state
    /// are left out.
    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>>;

    /// Records that the messages of conversations were read to the end when their states had these
    /// times. Conversations without a known state are skipped.
    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()>;

    /// Claims unclaimed queues whose first entry is due: of the stores that have such queues, the
    /// one that was served longest ago first; within a store, in the order in which they became
    /// due. A claim stays valid after its lease until another worker claims the queue.
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>>;

    /// Returns the first entries of a claimed queue, in order; none if the claim was lost, or if
    /// the first entry waits for its next attempt.
    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>>;

    /// Counts an attempt of the first entry of a claimed queue, durably, before its handler runs,
    /// and returns the number of previous attempts. Returns `None` if the claim was lost or the
    /// entry is no longer waiting; then do not run the handler.
    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>>;

    /// Extends a claim on a queue to `lease` from now. Returns `false` if the claim was lost.
    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool>;

    /// Settles entries of a claimed queue. The claim stays valid. Returns `false` if it was lost;
    /// then nothing changed. Entries that are no longer in the queue, for example because they were
    /// forgotten, are skipped.
    async fn settle(&self, claim: &QueueClaim, settled: &[(u64, EntryOutcome)])
    -> PortResult<bool>;

    /// Releases a queue. It is due at once if it has entries and none of them waits for
    /// its next attempt. Returns `false` if the claim was lost.
    async fn release(&self, claim: &QueueClaim) -> PortResult<bool>;

    /// Returns up to `limit` parked entries of a store with ids above `after`, in ascending order.
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>>;

    /// Appends up to `limit` parked entries to their queues again with no attempts counted: one, or
    /// any of the store, in ascending order. Returns the number of entries; fewer than `limit` if
    /// none is left.
    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64>;

    /// Schedules stores for reconciliation: the first round of each is due now and checks from now
    /// on. Stores that are already scheduled are left unchanged.
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()>;

    /// Makes a scheduled store's next round due now; while a round runs, the one after it.
    async fn hurry(&self, store: &StoreId) -> PortResult<()>;

    /// Claims up to `limit` stores whose round is due and unclaimed, longest due first.
    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>>;

    /// Claims a scheduled store's round whether or not it is due. Returns `None` while another
    /// worker has claimed it, or if the store is not scheduled.
    async fn claim_round(&self, store: &StoreId, lease: Duration)
    -> PortResult<Option<RoundClaim>>;

    /// Extends a claim on a round to `lease` from now. Returns `false` if the claim was lost.
    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool>;

    /// Ends a round. Returns `false` if the claim was lost; then nothing changed.
    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool>;

    /// Releases a round unchanged: it is due now. Returns `false` if the claim was lost.
    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool>;

    /// Removes what is older than the request allows: entries that were handled or parked, with
    /// their keys, and states of conversations; at most [`PurgeRequest::limit`] in all, and fewer
    /// only if nothing is left that is that old. Returns how many of each were removed.
    ///
    /// A fact whose key is removed would be new again: keep keys for longer than the reconciler can
    /// look back.
    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged>;

    /// Forgets contacts and conversations: removes their waiting entries, parked entries and states,
    /// and from now on takes no entry of them. Such an entry is answered with [`Taken::Known`], and
    /// nothing of it is stored. Keys stay, because they contain only numbers. Returns the number of
    /// entries and states.
    ///
    /// An entry that is taken at the same time may be stored; forgetting them again removes it.
    /// This holds until [`WebhookLedger::forget_store`].
    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64>;

    /// Returns up to `limit` waiting and parked entries of a contact with ids above `after`, in
    /// ascending order.
    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>>;

    /// Removes up to `limit` entries and states of a store, and its queues and its schedule with
    /// the last one. Returns the number of entries and states; fewer than `limit` if nothing is
    /// left.
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64>;

    /// Returns the counts of one store, or of all stores.
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts>;

    /// Returns when a queue may have become due, at the latest after `longest`. The default
    /// implementation sleeps for `longest`.
    async fn wait(&self, longest: Duration) {
        tokio::time::sleep(longest).await;
    }
}

/// The number of entries that one call of the methods for a whole store changes.
const BATCH: usize = 1_000;

impl dyn WebhookLedger {
    /// Appends all parked entries of a store to their queues again: [`WebhookLedger::replay`] in
    /// batches. Returns the number of entries.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use store_context::memory::MemoryWebhookLedger;
    /// # use store_context::model::StoreId;
    /// # use store_context::ports::WebhookLedger;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ledger: Arc<dyn WebhookLedger> = Arc::new(MemoryWebhookLedger::new());
    /// assert_eq!(ledger.replay_whole_store(&StoreId::new("north")?).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the ledger failed; the entries replayed until then stay replayed.
    pub async fn replay_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        batches(BATCH, || self.replay(store, None, BATCH)).await
    }

    /// Removes all data of a store, including its schedule: [`WebhookLedger::forget_store`] in
    /// batches. Returns the number of entries and states.
    ///
    /// # Errors
    /// Returns an error if the ledger failed; what was removed until then stays removed.
    pub async fn forget_whole_store(&self, store: &StoreId) -> PortResult<u64> {
        batches(BATCH, || self.forget_store(store, BATCH)).await
    }
}
