//! Events in a store's account, in one form for webhooks and the API.

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::types::{Extra, MessageId};
use chatwoot_client::{ContactId, ConversationId, InboxId, Time, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::proof::Proof;

/// An event in a store's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SupportEvent {
    /// A conversation was created.
    ConversationCreated(ConversationFact),
    /// A conversation was opened, resolved, snoozed or marked as pending.
    ConversationStatusChanged(ConversationFact),
    /// Another property of a conversation changed: assignee, team, labels, attributes, priority.
    ConversationUpdated(ConversationFact),
    /// A message was created.
    MessageCreated(MessageFact),
    /// A message was changed.
    MessageUpdated(MessageFact),
    /// Any other event, known to Chatwoot or not, unchanged except that proofs of the store are
    /// removed.
    Other {
        /// The event's name.
        name: String,
        /// The complete body.
        body: Extra,
    },
}

/// The state of a conversation at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationFact {
    /// The conversation's number in the store's account.
    pub conversation: ConversationId,
    /// The conversation's inbox.
    pub inbox: InboxId,
    /// The conversation's contact.
    pub contact: Option<ContactId>,
    /// The contact's identifier: the customer's pseudonym
    /// ([`StoreIdentity::identifier`](crate::identity::StoreIdentity::identifier)), or none for a
    /// guest. It is no proof, because a visitor can become another person's contact; `proof`
    /// identifies the writer.
    pub identifier: Option<String>,
    /// Whether the writer was proven to be the customer at the time of the conversation's last
    /// activity.
    #[serde(default)]
    pub proof: Proof,
    /// The conversation's status.
    pub status: ConversationStatus,
    /// The assigned agent.
    pub assignee: Option<UserId>,
    /// The conversation's labels.
    pub labels: Vec<String>,
    /// When the conversation last changed: of two states, the later one is valid.
    pub updated_at: Time,
}

impl ConversationFact {
    /// Returns whether both states are equal apart from their times and proofs: a proof expires on
    /// its own, which changes nothing in Chatwoot.
    pub fn same_state(&self, other: &Self) -> bool {
        let (proof, updated_at) = (other.proof.clone(), other.updated_at);
        Self { proof, updated_at, ..self.clone() } == *other
    }
}

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A message of the customer.
    Incoming,
    /// A message of an agent or a bot.
    Outgoing,
    /// Chatwoot's own note about an activity.
    Activity,
    /// A message from a template: a greeting, an out-of-office message, a form.
    Template,
    /// A message type that this version does not know.
    Unknown,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageFact {
    /// The message's id.
    pub message: MessageId,
    /// The message's conversation.
    pub conversation: ConversationId,
    /// The message's inbox.
    pub inbox: InboxId,
    /// The contact of the conversation.
    pub contact: Option<ContactId>,
    /// The contact's identifier: the customer's pseudonym
    /// ([`StoreIdentity::identifier`](crate::identity::StoreIdentity::identifier)), or none for a
    /// guest. It is no proof, because a visitor can become another person's contact; `proof`
    /// identifies the writer.
    pub identifier: Option<String>,
    /// Whether the visitor in the conversation was proven to be the customer when the message was
    /// written: for an incoming message, its author; for any other, its recipient.
    #[serde(default)]
    pub proof: Proof,
    /// The sender.
    pub direction: Direction,
    /// Whether only agents see the message.
    pub private: bool,
    /// Whether this engine wrote the message, with a handler's
    /// [`reply`](crate::intake::HandlerContext::reply) or
    /// [`note`](crate::intake::HandlerContext::note). A handler that replies to messages skips
    /// these, so that it does not reply to itself.
    #[serde(default)]
    pub ours: bool,
    /// The message's text.
    pub content: Option<String>,
    /// When the message was written.
    pub created_at: Time,
}

/// A changed field.
///
/// Names and values are those of Chatwoot's database tables, not of its payloads: `assignee_id`,
/// `label_list`, and times as ISO 8601.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The name of the field.
    pub name: String,
    /// The previous value.
    pub previous: Value,
    /// The current value.
    pub current: Value,
}

/// Returns the key of a conversation's creation.
pub(crate) fn conversation_key(conversation: ConversationId) -> String {
    format!("conversation_created/{conversation}")
}

/// Returns the key of a message's creation.
pub(crate) fn message_key(message: MessageId) -> String {
    format!("message_created/{message}")
}

impl SupportEvent {
    /// Returns the event's name in Chatwoot's webhooks.
    pub fn name(&self) -> &str {
        match self {
            Self::ConversationCreated(_) => "conversation_created",
            Self::ConversationStatusChanged(_) => "conversation_status_changed",
            Self::ConversationUpdated(_) => "conversation_updated",
            Self::MessageCreated(_) => "message_created",
            Self::MessageUpdated(_) => "message_updated",
            Self::Other { name, .. } => name,
        }
    }

    /// Returns the key of the fact: the same fact has the same key, whether it comes from a webhook
    /// or from the API.
    ///
    /// Only the creation of a conversation and a message have such a key. A change of state has
    /// none: two changes may have identical states, since Chatwoot renders a payload later than the
    /// change.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::ConversationCreated(fact) => Some(conversation_key(fact.conversation)),
            Self::MessageCreated(fact) => Some(message_key(fact.message)),
            _ => None,
        }
    }

    /// Returns the key under which the reconciler reports the event: that of the fact, or for a
    /// state one of its status and time.
    pub fn reconciled_key(&self) -> Option<String> {
        match self {
            Self::ConversationStatusChanged(fact) | Self::ConversationUpdated(fact) => {
                let (name, at) = (self.name(), fact.updated_at);
                Some(format!("{name}/{}/{}/{at}", fact.conversation, fact.status))
            }
            _ => self.key(),
        }
    }

    /// Returns the state of a conversation, if the event contains one.
    pub fn conversation(&self) -> Option<&ConversationFact> {
        match self {
            Self::ConversationCreated(fact)
            | Self::ConversationStatusChanged(fact)
            | Self::ConversationUpdated(fact) => Some(fact),
            _ => None,
        }
    }

    /// Returns whether the writer in the event's conversation is proven to be the customer; `None`
    /// if the event belongs to no conversation.
    pub fn proof(&self) -> Option<&Proof> {
        let state = self.conversation().map(|fact| &fact.proof);
        state.or_else(|| self.message().map(|fact| &fact.proof))
    }

    /// Returns the conversation that the event belongs to, if any; events of a conversation are
    /// handled in order.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        let state = self.conversation().map(|fact| fact.conversation);
        state.or_else(|| self.message().map(|fact| fact.conversation))
    }

    /// Returns the contact of the event or of its conversation; `None` if the event contains none.
    pub fn contact_id(&self) -> Option<ContactId> {
        if let Self::Other { name, body } = self {
            let of_contact = name.starts_with("contact_").then(|| body.get("id")).flatten();
            let contact = of_contact.or_else(|| body.get("contact")?.get("id"));
            let sender = || body.get("meta")?.get("sender")?.get("id");
            return contact.or_else(sender)?.as_u64().map(ContactId);
        }
        let state = self.conversation().and_then(|fact| fact.contact);
        state.or_else(|| self.message()?.contact)
    }

    /// Returns the message, if the event is about one.
    pub fn message(&self) -> Option<&MessageFact> {
        match self {
            Self::MessageCreated(fact) | Self::MessageUpdated(fact) => Some(fact),
            _ => None,
        }
    }
}
