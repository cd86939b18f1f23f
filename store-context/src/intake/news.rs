//! What a live feed told of conversations, and whether the ledger knows it.

use std::collections::{BTreeMap, BTreeSet};

use chatwoot_client::ConversationId;
use chatwoot_client::live::{LiveEvent, LiveEventData, LiveEventName};
use chatwoot_client::types::{MessageId, MessageType};
use jiff::Timestamp;

use super::from_webhook::Reader;
use super::reconcile::untold_state;
use crate::guard::port;
use crate::model::{AccountKey, ConversationFact, StoreId, conversation_key, message_key};
use crate::ports::{KnownState, PortResult, WebhookLedger};

/// Messages and states of conversations, each as it was last told.
#[derive(Debug, Default)]
pub(crate) struct News {
    messages: BTreeSet<MessageId>,
    began: BTreeSet<ConversationId>,
    states: BTreeMap<ConversationId, ConversationFact>,
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len() + self.began.len() + self.states.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds an event of a conversation or a new message. Returns `false` if the ledger cannot be
    /// asked whether it knows it.
    pub(crate) fn add(&mut self, event: &LiveEvent, now: Timestamp) -> bool {
        match &event.data {
            LiveEventData::Message(message) => {
                // Neither webhooks nor rounds tell of Chatwoot's own notes.
                if message.message_type != MessageType::Activity {
                    self.messages.insert(message.id);
                }
                true
            }
            LiveEventData::Conversation(state) => {
                let fact = Reader { identity: None, sent_at: now, now }.conversation(state);
                if event.name == LiveEventName::ConversationCreated {
                    self.began.insert(fact.conversation);
                }
                self.states.insert(fact.conversation, fact);
                state.updated_at.is_some()
            }
            _ => false,
        }
    }

    /// Adds what was told before this.
    pub(crate) fn append(&mut self, earlier: Self) {
        self.messages.extend(earlier.messages);
        self.began.extend(earlier.began);
        for (conversation, state) in earlier.states {
            self.states.entry(conversation).or_insert(state);
        }
    }

    /// Returns whether a round of the reconciler would find nothing of this: the webhooks have
    /// arrived.
    pub(crate) async fn is_known(
        &self,
        ledger: &dyn WebhookLedger,
        store: &StoreId,
        account: &AccountKey,
    ) -> PortResult<bool> {
        let messages = self.messages.iter().map(|id| message_key(*id));
        let keys: Vec<String> =
            messages.chain(self.began.iter().map(|id| conversation_key(*id))).collect();
        if !keys.is_empty() {
            let unknown = port("webhooks", ledger.unknown(store, account, &keys)).await?;
            if !unknown.is_empty() {
                return Ok(false);
            }
        }
        let ids: Vec<ConversationId> = self.states.keys().copied().collect();
        if ids.is_empty() {
            return Ok(true);
        }
        let known = port("webhooks", ledger.states(store, account, &ids)).await?;
        let known: BTreeMap<ConversationId, KnownState> =
            known.into_iter().map(|known| (known.state.conversation, known)).collect();
        let is_known = |(id, fact): (&ConversationId, &ConversationFact)| {
            untold_state(fact.clone(), known.get(id)).is_none()
        };
        Ok(self.states.iter().all(is_known))
    }
}
