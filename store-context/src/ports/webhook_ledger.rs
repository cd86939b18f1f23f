//! What came in from Chatwoot, remembered before it is handled.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ConversationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::{ConversationFact, SupportEvent};
use crate::model::{Proof, StoreId};

/// Which way an entry came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrySource {
    /// Chatwoot sent it.
    Webhook,
    /// Chatwoot never sent it, or it never arrived: the reconciler found it by the API.
    Reconciler,
}

/// One fact to be handled, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose it is.
    pub store: StoreId,
    /// Names the fact, not the delivery: the same fact has the same key, whichever way it comes.
    pub key: String,
    /// The fact.
    pub event: SupportEvent,
    /// Which way it came.
    pub source: EntrySource,
    /// Whether a newer state of its conversation was already known when it came.
    pub stale: bool,
    /// When it came.
    pub received_at: Timestamp,
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
}

/// Whether an entry was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It was not known, and now is.
    New,
    /// Its key was known; nothing changed.
    Known,
}

/// An entry that one worker has claimed for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryClaim {
    /// The ledger's number of the entry.
    pub id: u64,
    /// Grows with each claim of the entry.
    pub fence: u64,
    /// How often it was tried before; a claim that was never settled was a try.
    pub tries: u32,
    /// The entry.
    pub entry: Entry,
}

/// What the ledger holds of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCounts {
    /// Entries that Chatwoot sent.
    pub webhooks: u64,
    /// Entries that the reconciler found.
    pub reconciled: u64,
    /// Entries that are handled.
    pub handled: u64,
    /// Entries that are waiting or were given up for now.
    pub waiting: u64,
    /// Entries whose event this version does not know; they are kept.
    pub unknown: u64,
}

/// Remembers what came in, durably and once, and hands it to workers until it is handled.
#[async_trait]
pub trait WebhookLedger: Send + Sync {
    /// Remembers an entry, unless its key is known for the store.
    async fn remember(&self, entry: &Entry) -> PortResult<Remembered>;

    /// Whether a key is known for the store.
    async fn knows(&self, store: &StoreId, key: &str) -> PortResult<bool>;

    /// Claims up to `limit` entries that are not handled, not held and due, oldest first.
    ///
    /// Entries of one conversation ([`SupportEvent::conversation_id`]) are claimed in the order in
    /// which they were remembered: none before those ahead of it are handled or claimed with it.
    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> PortResult<Vec<EntryClaim>>;

    /// The entry is handled. `false`: the claim was lost meanwhile, or settled before. A claim
    /// whose lease has ended stands until another worker takes the entry.
    async fn done(&self, claim: &EntryClaim) -> PortResult<bool>;

    /// The entry could not be handled: it is due again at `retry_at`. `false` as above.
    async fn release(&self, claim: &EntryClaim, retry_at: Timestamp) -> PortResult<bool>;

    /// Takes note of a conversation's state. `false` if a newer one is known, which stays; of two
    /// with the same time the one that came last is kept.
    async fn observe(&self, store: &StoreId, state: &ConversationFact) -> PortResult<bool>;

    /// The newest known state of a conversation.
    async fn observed(
        &self,
        store: &StoreId,
        conversation: ConversationId,
    ) -> PortResult<Option<ConversationFact>>;

    /// Up to when the store is reconciled.
    async fn cursor(&self, store: &StoreId) -> PortResult<Option<Timestamp>>;

    /// Moves the cursor.
    async fn set_cursor(&self, store: &StoreId, to: Timestamp) -> PortResult<()>;

    /// What the ledger holds of the store.
    async fn counts(&self, store: &StoreId) -> PortResult<WebhookCounts>;
}
