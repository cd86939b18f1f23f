//! What came in from Chatwoot, kept before it is handled, and the reconciler's schedule.
//!
//! The port is made for SQL: every method is one statement or one short transaction, in batches
//! where the engine has many; times are durations, counted on the ledger's own clock.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{ContactId, ConversationId, Time};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortResult;
use super::claim::ClaimRequest;
use crate::model::{AccountKey, AttributeChange, ConversationFact, Proof, StoreId, SupportEvent};

/// Which way an entry came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySource {
    /// Chatwoot sent it.
    Webhook,
    /// Chatwoot never sent it, or it never arrived: the reconciler found it by the API.
    Reconciler,
}

/// One event to be handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The ledger's number. It rises in the order in which entries came.
    pub id: u64,
    /// The store.
    pub store: StoreId,
    /// The account that it happened in: the store's when it came.
    pub account: AccountKey,
    /// Names the fact or the transition; see [`NewEntry::key`].
    pub key: String,
    /// What happened.
    pub event: SupportEvent,
    /// What changed, where Chatwoot says so: in `conversation_updated` and `message_updated`.
    pub changed: Vec<AttributeChange>,
    /// Which way it came.
    pub source: EntrySource,
    /// Whether a newer state of its conversation was already known when it came. The ledger decides
    /// it when it takes the entry.
    pub stale: bool,
    /// When it came, by the ledger's clock.
    pub received_at: Timestamp,
    /// How often a handler was begun with it before.
    pub tries: u32,
}

impl Entry {
    /// Returns whether whoever writes in the entry's conversation is proven to be the customer;
    /// `None` if the entry is of no conversation.
    ///
    /// Only [`Proof::customer`] names who wrote: the contact's identifier may be anybody's.
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

    /// Returns whether whoever writes in the entry's conversation is proven to be the customer;
    /// `false` if the entry is of no conversation.
    pub fn is_proven(&self) -> bool {
        self.proof().is_some_and(Proof::is_proven)
    }
}

impl NewEntry {
    /// How long after the first delivery the second of two with one signature is taken: ten seconds.
    pub const TWINS_WITHIN: Duration = Duration::from_secs(10);
}

/// An entry to be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// Names the fact, so that it has the same key whichever way it comes; or, where nothing that
    /// Chatwoot says names it, the delivery, by what was signed.
    pub key: String,
    /// Chatwoot's name of the delivery (`X-Chatwoot-Delivery`), which nothing signs.
    pub delivery: Option<String>,
    /// A second key, for a transition that what was signed does not tell from another. The entry is
    /// taken under it if `key` is known under another delivery, which was taken at most
    /// [`NewEntry::TWINS_WITHIN`] ago on the ledger's clock, and this key is not known.
    pub twin_key: Option<String>,
    /// The key under which the reconciler tells the same state. If it is known, the entry is.
    pub reconciled_key: Option<String>,
    /// What happened.
    pub event: SupportEvent,
    /// What changed, where Chatwoot says so.
    pub changed: Vec<AttributeChange>,
    /// Which way it came.
    pub source: EntrySource,
}

/// Whether an entry was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was not known, and now is.
    New {
        /// Whether a newer state of its conversation was known.
        stale: bool,
    },
    /// Its key was known; nothing changed.
    Known,
}

/// The state that is known of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownState {
    /// The newest state.
    pub state: ConversationFact,
    /// The status that was last told by a `conversation_created` or `conversation_status_changed`
    /// that was not stale. A change of status whose own event was lost is seen by it, though another
    /// event brought the new state.
    pub status_told: Option<ConversationStatus>,
    /// The `updated_at` of the state whose messages the reconciler has read to the end.
    pub messages_read_at: Option<Time>,
}

/// A conversation's queue, or that of an event of no conversation, which one worker holds for a
/// while. It has ids only, so that a claim reads no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueClaim {
    /// The store.
    pub store: StoreId,
    /// The account.
    pub account: AccountKey,
    /// The ledger's number of the queue.
    pub queue: u64,
    /// The conversation; `None` for an event of none.
    pub conversation: Option<ConversationId>,
    /// Grows with each claim of the queue: an older claim changes nothing.
    pub fence: u64,
    /// When its first entry came: the lag counts from here.
    pub waiting_since: Timestamp,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryOutcome {
    /// It is handled.
    Handled,
    /// It failed, and comes again. The later entries of its queue wait for it.
    Retry {
        /// How long to wait.
        after: Duration,
        /// What went wrong.
        error: String,
    },
    /// It failed too often: it is set aside until it is replayed. The queue goes on.
    Parked {
        /// What went wrong.
        error: String,
    },
}

/// An entry that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParkedEntry {
    /// The entry.
    pub entry: Entry,
    /// What went wrong last.
    pub error: String,
    /// When it was set aside, by the ledger's clock.
    pub parked_at: Timestamp,
}

/// A conversation that the reconciler could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The conversation.
    pub conversation: ConversationId,
    /// Messages that were written before are known or were never looked for.
    pub from: Timestamp,
}

/// A store's turn to be reconciled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundClaim {
    /// The store.
    pub store: StoreId,
    /// Grows with each claim: an older claim changes nothing.
    pub fence: u64,
    /// The account of the last finished round; `None` before the first.
    pub account: Option<AccountKey>,
    /// From where to look: when the last finished round began, or, before the first, when the store
    /// was scheduled; by the ledger's clock.
    pub since: Timestamp,
    /// How long ago that is, on the ledger's clock.
    pub age: Duration,
    /// Conversations that could not be read in the last round.
    pub unread: Vec<Unread>,
    /// How many rounds in a row failed.
    pub failures: u32,
    /// How long ago the store's last webhook came; `None` if none did.
    pub quiet_for: Option<Duration>,
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundOutcome {
    /// All that happened since the last round was looked at, but for `unread`.
    Finished {
        /// The account.
        account: AccountKey,
        /// How long ago the round began: the next one looks from there.
        began_ago: Duration,
        /// What could not be read.
        unread: Vec<Unread>,
        /// How long until the next round.
        next: Duration,
        /// How long after a webhook of the store it is due at the latest.
        after_webhook: Duration,
    },
    /// It was not finished: the next round looks from the same time.
    Failed {
        /// How long until the next round.
        retry: Duration,
        /// What went wrong.
        error: String,
    },
}

/// What a ledger keeps, of a store or of all. What was purged is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCounts {
    /// Entries that Chatwoot sent.
    pub webhooks: u64,
    /// Entries that the reconciler found.
    pub reconciled: u64,
    /// Entries that are handled.
    pub handled: u64,
    /// Entries that wait to be handled, those of claimed queues included.
    pub waiting: u64,
    /// Queues that a worker holds.
    pub claimed: u64,
    /// Entries that were set aside.
    pub parked: u64,
    /// Entries whose event this version does not know.
    pub unknown: u64,
    /// When the oldest waiting entry came.
    pub oldest_waiting_since: Option<Timestamp>,
}

/// Keeps what came in, durably and once, and hands it to workers until it is handled; and says
/// which store is to be reconciled when.
///
/// Keys, queues and states are those of a store's account: the same key in another account is
/// another entry.
#[async_trait]
pub trait WebhookLedger: Send + Sync {
    /// Takes entries, each atomically and in this order, and returns what became of each.
    ///
    /// An entry whose key is known is left out; see [`NewEntry::twin_key`] and
    /// [`NewEntry::reconciled_key`]. A state of a conversation is stale if a newer one is known, and
    /// otherwise becomes the known state, also if both have the same time. A taken entry goes to the
    /// end of its conversation's queue.
    ///
    /// A webhook, known or not, brings the store's next round forward as the last finished one asked
    /// for, unless a round failed since.
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

    /// Returns the known states of conversations, in any order; those of which none is known are
    /// left out.
    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>>;

    /// Notes that the messages of conversations were read to the end when their states were of these
    /// times. Conversations of which no state is known are left out.
    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()>;

    /// Claims queues whose first entry is due and that nobody holds: of the stores that have some
    /// the one that was served longest ago first, within a store in the order in which they became
    /// due. A claim stands after its lease until somebody else claims the queue.
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>>;

    /// Returns the first entries of a claimed queue, in order; none if the claim was lost, or if the
    /// first of them waits for its next try.
    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>>;

    /// Counts a try of the first entry of a claimed queue, durably, before its handler runs, and
    /// returns how many there were before. `None`: the claim was lost, or the entry waits no more;
    /// do not run the handler.
    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>>;

    /// Holds a queue for this long from now. `false`: the claim was lost.
    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool>;

    /// Settles entries of a claimed queue. The claim stays. `false`: it was lost, and nothing
    /// changed. Entries that are not of the queue any more, as when they were forgotten meanwhile,
    /// are passed over.
    async fn settle(&self, claim: &QueueClaim, settled: &[(u64, EntryOutcome)])
    -> PortResult<bool>;

    /// Gives a queue back. It is due at once if it has entries and none of them waits for its next
    /// try. `false`: the claim was lost.
    async fn release(&self, claim: &QueueClaim) -> PortResult<bool>;

    /// Returns up to `limit` entries of a store that were set aside, with ids above `after`, in
    /// rising order.
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>>;

    /// Puts entries that were set aside back at the end of their queues, untried: one, or all of the
    /// store. Returns how many.
    async fn replay(&self, store: &StoreId, entry: Option<u64>) -> PortResult<u64>;

    /// Schedules stores for reconciling: the first round of each is due now and looks from now on.
    /// Does nothing for those that are scheduled.
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()>;

    /// Makes a scheduled store's next round due now; while a round runs, the one after it.
    async fn hurry(&self, store: &StoreId) -> PortResult<()>;

    /// Claims up to `limit` stores whose round is due and that nobody holds, longest due first.
    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>>;

    /// Claims a scheduled store's round whether or not it is due; `None` while somebody holds it, or
    /// if the store is not scheduled.
    async fn claim_round(&self, store: &StoreId, lease: Duration)
    -> PortResult<Option<RoundClaim>>;

    /// Holds a round for this long from now. `false`: the claim was lost.
    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool>;

    /// Ends a round. `false`: the claim was lost, and nothing changed.
    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool>;

    /// Gives a round back as it was: it is due now. `false`: the claim was lost.
    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool>;

    /// Forgets entries that were handled longer ago than this, with their keys, and states of
    /// conversations that were not touched for as long; at most `limit` in all. Returns how many.
    ///
    /// A fact whose key is forgotten would be new again: keep them for longer than the reconciler
    /// can look back.
    async fn purge(&self, older_than: Duration, limit: usize) -> PortResult<u64>;

    /// Removes what is kept of a contact's conversations: waiting entries, those that were set
    /// aside, and states. Keys stay, which name numbers only, so that what is under way is not taken
    /// again. Returns how many entries and states.
    async fn forget_contact(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<u64>;

    /// Removes all that is kept of a store, its schedule included.
    async fn forget_store(&self, store: &StoreId) -> PortResult<()>;

    /// Returns what the ledger keeps, of one store or of all.
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts>;

    /// Returns when a queue may have become due, at the latest after `longest`. A ledger that cannot
    /// tell sleeps.
    async fn wait(&self, longest: Duration) {
        tokio::time::sleep(longest).await;
    }
}
