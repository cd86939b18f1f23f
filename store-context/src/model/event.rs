//! What happened in a store's account, in one form, whether a webhook told it or the API.

use chatwoot_client::types::ConversationStatus;
use chatwoot_client::types::{Extra, MessageId};
use chatwoot_client::{ContactId, ConversationId, InboxId, Time, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::proof::Proof;

/// Something that happened in a store's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SupportEvent {
    /// A conversation began.
    ConversationCreated(ConversationFact),
    /// A conversation was opened, resolved, snoozed or set aside.
    ConversationStatusChanged(ConversationFact),
    /// Something else of a conversation changed: assignee, team, labels, attributes, priority.
    ConversationUpdated(ConversationFact),
    /// Somebody wrote.
    MessageCreated(MessageFact),
    /// A message changed.
    MessageUpdated(MessageFact),
    /// Any other event, known to Chatwoot or not, as it came but for proofs of the store in it.
    Other {
        /// The event's name.
        name: String,
        /// Its whole body.
        body: Extra,
    },
}

/// The state of a conversation at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationFact {
    /// The conversation's number in the store's account.
    pub conversation: ConversationId,
    /// Its inbox.
    pub inbox: InboxId,
    /// Who it is with.
    pub contact: Option<ContactId>,
    /// The contact's identifier: the customer's pseudonym
    /// ([`StoreIdentity::identifier`](crate::identity::StoreIdentity::identifier)), or none for a
    /// guest. It is no proof: a visitor can become another person's contact. Who wrote is in
    /// `proof`.
    pub identifier: Option<String>,
    /// Whether whoever writes in it is proven to be the customer, when something last happened in
    /// it.
    #[serde(default)]
    pub proof: Proof,
    /// Its status.
    pub status: ConversationStatus,
    /// The agent it is assigned to.
    pub assignee: Option<UserId>,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it last changed: of two states, the later is true.
    pub updated_at: Time,
}

impl ConversationFact {
    /// Whether both say the same of the conversation, whenever they were true and whether or not
    /// they were proven then: a proof ends by itself, which changes nothing in Chatwoot.
    pub fn same_state(&self, other: &Self) -> bool {
        let (proof, updated_at) = (other.proof.clone(), other.updated_at);
        Self { proof, updated_at, ..self.clone() } == *other
    }
}

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer's.
    Incoming,
    /// An agent's or a bot's.
    Outgoing,
    /// Chatwoot's own note of what happened.
    Activity,
    /// A greeting, an out-of-office note, a form.
    Template,
    /// A kind that this version does not know.
    Unknown,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageFact {
    /// Its id.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its inbox.
    pub inbox: InboxId,
    /// Who the conversation is with.
    pub contact: Option<ContactId>,
    /// The contact's identifier: the customer's pseudonym
    /// ([`StoreIdentity::identifier`](crate::identity::StoreIdentity::identifier)), or none for a
    /// guest. It is no proof: a visitor can become another person's contact. Who wrote is in
    /// `proof`.
    pub identifier: Option<String>,
    /// Whether whoever writes in the conversation was proven to be the customer when the message was
    /// written: for an incoming message, its author; for any other, its reader.
    #[serde(default)]
    pub proof: Proof,
    /// Who it is from.
    pub direction: Direction,
    /// Whether only agents see it.
    pub private: bool,
    /// Whether this engine wrote it, by a handler's
    /// [`reply`](crate::intake::HandlerContext::reply) or
    /// [`note`](crate::intake::HandlerContext::note). A handler that answers messages passes these
    /// over, or it would answer itself.
    #[serde(default)]
    pub ours: bool,
    /// Its text.
    pub content: Option<String>,
    /// When it was written.
    pub created_at: Time,
}

/// A field that changed.
///
/// Names and values are those of Chatwoot's tables, not of its payloads: `assignee_id`,
/// `label_list`, and times as ISO 8601.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The field.
    pub name: String,
    /// What it was.
    pub previous: Value,
    /// What it is.
    pub current: Value,
}

impl SupportEvent {
    /// The event's name as Chatwoot's webhooks have it.
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

    /// Returns the name of the fact: the same fact has the same key, whether a webhook or the API
    /// tells it.
    ///
    /// Only a beginning and a message are facts that name themselves. A change of a state is not: two
    /// changes may show one state, since Chatwoot renders a payload later than the change.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::ConversationCreated(fact) => {
                Some(format!("{}/{}", self.name(), fact.conversation))
            }
            Self::MessageCreated(fact) => Some(format!("{}/{}", self.name(), fact.message)),
            _ => None,
        }
    }

    /// Returns the key under which the reconciler tells the event: that of the fact, or for a state
    /// one by its status and time.
    pub fn reconciled_key(&self) -> Option<String> {
        match self {
            Self::ConversationStatusChanged(fact) | Self::ConversationUpdated(fact) => {
                let (name, at) = (self.name(), fact.updated_at);
                Some(format!("{name}/{}/{}/{at}", fact.conversation, fact.status))
            }
            _ => self.key(),
        }
    }

    /// The state of a conversation, if the event tells one.
    pub fn conversation(&self) -> Option<&ConversationFact> {
        match self {
            Self::ConversationCreated(fact)
            | Self::ConversationStatusChanged(fact)
            | Self::ConversationUpdated(fact) => Some(fact),
            _ => None,
        }
    }

    /// Whether whoever writes in the event's conversation is proven to be the customer; `None` if
    /// the event is of no conversation.
    pub fn proof(&self) -> Option<&Proof> {
        let state = self.conversation().map(|fact| &fact.proof);
        state.or_else(|| self.message().map(|fact| &fact.proof))
    }

    /// The conversation that the event is of, if any: its events are handled in order.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        let state = self.conversation().map(|fact| fact.conversation);
        state.or_else(|| self.message().map(|fact| fact.conversation))
    }

    /// Returns the contact that the event is about, or whose conversation it is about; `None` where
    /// the event does not say.
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

    /// The message, if the event is about one.
    pub fn message(&self) -> Option<&MessageFact> {
        match self {
            Self::MessageCreated(fact) | Self::MessageUpdated(fact) => Some(fact),
            _ => None,
        }
    }
}
