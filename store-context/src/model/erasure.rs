//! The erasure of a customer: what was erased where, when, and what is left.

use chatwoot_client::{ContactId, ConversationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account_key::AccountKey;
use super::customer::CustomerId;
use super::privacy::ErasedConversations;
use super::store::StoreId;

/// The progress of a customer's erasure, and the proof of it when it is complete.
///
/// Besides the customer's id it has numbers and times only. It is kept as long as the customer is
/// to stay erased: with the mark in the ledger of the sync it is the tombstone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErasureReceipt {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// When the erasure was first requested.
    pub requested_at: Timestamp,
    /// What is done with the conversations: the store's policy when the erasure began.
    pub conversations_by: ErasedConversations,
    /// The contacts of the customer that were found in Chatwoot.
    pub contacts: Vec<ErasedContact>,
    /// The conversations of these contacts.
    pub conversations: Vec<ErasedConversation>,
    /// What was removed on the host's side.
    pub removed: Vec<ErasureStep>,
    /// How often it was looked whether Chatwoot still has something.
    pub checks: u32,
    /// When nothing was left. Before that, [`ErasureReceipt::pending`] says what is.
    pub completed_at: Option<Timestamp>,
}

/// A contact of an erased customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedContact {
    /// The account.
    pub account: AccountKey,
    /// The contact.
    pub contact: ContactId,
    /// Since when Chatwoot refuses to delete it because it is online; its personal data was cleared
    /// then.
    pub online_since: Option<Timestamp>,
    /// When Chatwoot was found to have it no more.
    pub erased_at: Option<Timestamp>,
}

/// A conversation of an erased customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedConversation {
    /// The account.
    pub account: AccountKey,
    /// The conversation.
    pub conversation: ConversationId,
    /// When Chatwoot was found to have it no more.
    pub erased_at: Option<Timestamp>,
}

/// A removal on the host's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureStep {
    /// Where.
    pub place: ErasurePlace,
    /// When, the last time.
    pub at: Timestamp,
    /// The number of rows or entries, over all times.
    pub count: u64,
}

/// Where data of a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErasurePlace {
    /// The cache of snapshots, of all processes.
    Cache,
    /// The customer's activity, if the host records any.
    Activity,
    /// The ledger of the sync: the link to the contact.
    SyncLedger,
    /// The ledger of webhooks: waiting and parked events, states of conversations.
    WebhookLedger,
}

/// What an erasure still waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErasurePending {
    /// No worker has looked for the customer's contact yet.
    NotBegun,
    /// Chatwoot still has a contact.
    Contact {
        /// The account.
        account: AccountKey,
        /// The contact.
        contact: ContactId,
        /// Whether Chatwoot refused to delete it because it is online.
        online: bool,
    },
    /// Chatwoot still has a conversation.
    Conversation {
        /// The account.
        account: AccountKey,
        /// The conversation.
        conversation: ConversationId,
    },
    /// Chatwoot has nothing that is known; that it has nothing else is yet to be looked for.
    LastLook,
}

impl ErasureReceipt {
    /// Creates the receipt of an erasure that was requested now.
    pub const fn new(
        store: StoreId,
        customer: CustomerId,
        requested_at: Timestamp,
        conversations_by: ErasedConversations,
    ) -> Self {
        Self {
            store,
            customer,
            requested_at,
            conversations_by,
            contacts: Vec::new(),
            conversations: Vec::new(),
            removed: Vec::new(),
            checks: 0,
            completed_at: None,
        }
    }

    /// Returns whether nothing is left.
    pub const fn is_complete(&self) -> bool {
        self.completed_at.is_some()
    }

    /// Returns what is left, or not yet looked for; nothing if the erasure is complete.
    ///
    /// ```
    /// use store_context::Timestamp;
    /// use store_context::model::{
    ///     CustomerId, ErasedConversations, ErasurePending, ErasureReceipt, StoreId,
    /// };
    ///
    /// let (store, ada) = (StoreId::new("north")?, CustomerId::new("c-1")?);
    /// let by = ErasedConversations::DeleteEach;
    /// let receipt = ErasureReceipt::new(store, ada, Timestamp::now(), by);
    /// assert_eq!(receipt.pending(), [ErasurePending::NotBegun]);
    /// # Ok::<(), store_context::model::InvalidId>(())
    /// ```
    pub fn pending(&self) -> Vec<ErasurePending> {
        if self.is_complete() {
            return Vec::new();
        }
        if self.removed.is_empty() {
            return vec![ErasurePending::NotBegun];
        }
        let contacts = self.contacts.iter().filter(|it| it.erased_at.is_none());
        let contacts = contacts.map(|it| ErasurePending::Contact {
            account: it.account.clone(),
            contact: it.contact,
            online: it.online_since.is_some(),
        });
        let conversations = self.conversations.iter().filter(|it| it.erased_at.is_none());
        let conversations = conversations.map(|it| ErasurePending::Conversation {
            account: it.account.clone(),
            conversation: it.conversation,
        });
        let mut left: Vec<_> = contacts.chain(conversations).collect();
        if left.is_empty() {
            left.push(ErasurePending::LastLook);
        }
        left
    }

    /// Adds a contact that was found, unless it is known.
    pub(crate) fn found_contact(&mut self, account: &AccountKey, contact: ContactId) {
        let known = |it: &ErasedContact| it.account == *account && it.contact == contact;
        match self.contacts.iter_mut().find(|it| known(it)) {
            Some(known) => known.erased_at = None,
            None => self.contacts.push(ErasedContact {
                account: account.clone(),
                contact,
                online_since: None,
                erased_at: None,
            }),
        }
    }

    /// Adds a conversation that was found, unless it is known.
    pub(crate) fn found_conversation(&mut self, account: &AccountKey, id: ConversationId) {
        let known = |it: &ErasedConversation| it.account == *account && it.conversation == id;
        if !self.conversations.iter().any(known) {
            let account = account.clone();
            let found = ErasedConversation { account, conversation: id, erased_at: None };
            self.conversations.push(found);
        }
    }

    /// Returns a contact's entry.
    pub(crate) fn contact_mut(
        &mut self,
        account: &AccountKey,
        contact: ContactId,
    ) -> Option<&mut ErasedContact> {
        self.contacts.iter_mut().find(|it| it.account == *account && it.contact == contact)
    }

    /// Records what was removed at a place.
    pub(crate) fn removed_from(&mut self, place: ErasurePlace, count: u64, at: Timestamp) {
        match self.removed.iter_mut().find(|it| it.place == place) {
            Some(step) => (step.at, step.count) = (at, step.count.saturating_add(count)),
            None => self.removed.push(ErasureStep { place, at, count }),
        }
    }
}
