//! Conversations: the payload of conversation events, and the conversation of a message.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::party::{AccountRef, TeamRef};
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, ContactId, ContactInboxId, ConversationId, InboxId, SlaPolicyId};
use crate::types::{Attributes, ChannelType, ConversationStatus, Extra, NullAsEmpty, Priority};
use crate::webhook::Change;
use crate::webhook::Contact;
use crate::webhook::LastMessage;
use crate::webhook::Party;

/// A conversation as webhooks send it: its state when the event was rendered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its number within its account.
    pub id: ConversationId,
    /// The id of its inbox.
    pub inbox_id: InboxId,
    /// Its status.
    pub status: ConversationStatus,
    /// The contact, the assignee and the team.
    pub meta: ConversationMeta,
    /// Its account; 4.9.1 omits it, see [`Conversation::account_id`].
    pub account: Option<AccountRef>,
    /// The link between the contact and the inbox.
    pub contact_inbox: Option<ContactInbox>,
    /// The last message of the customer or an agent, if there is one: never more than one.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<LastMessage>>,
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// Its custom attributes.
    pub custom_attributes: Option<Attributes>,
    /// Its additional attributes, such as the browser and the page where it began.
    pub additional_attributes: Option<Attributes>,
    /// The type of its inbox's channel.
    pub channel: Option<ChannelType>,
    /// Whether the channel currently lets agents reply.
    pub can_reply: Option<bool>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// The end of its snooze.
    pub snoozed_until: Option<Time>,
    /// The number of incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// When an agent first replied.
    pub first_reply_created_at: Option<Time>,
    /// Since when the customer has been waiting for a reply.
    pub waiting_since: Option<Time>,
    /// When an agent last viewed it.
    pub agent_last_seen_at: Option<Time>,
    /// When the customer last viewed it.
    pub contact_last_seen_at: Option<Time>,
    /// The time of the last activity.
    pub last_activity_at: Option<Time>,
    /// The same as `last_activity_at`.
    pub timestamp: Option<Time>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed: compare two snapshots by this time.
    pub updated_at: Option<Time>,
    /// The SLA that applies to it.
    pub applied_sla: Option<Value>,
    /// The events of that SLA.
    pub sla_events: Option<Vec<Value>>,
    /// The id of the SLA policy.
    pub sla_policy_id: Option<SlaPolicyId>,
    /// The fields that changed. Only in `conversation_updated` and `conversation_status_changed`,
    /// and sometimes `null` there.
    pub changed_attributes: Option<Vec<Change>>,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Conversation {
    /// Returns the account's id, which 4.9.1 sends only in the last message: `None` if there is no
    /// message either.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account
            .as_ref()
            .map(|account| account.id)
            .or_else(|| self.last_message().map(|message| message.account_id))
    }

    /// Returns the contact.
    pub fn contact(&self) -> &Contact {
        &self.meta.sender
    }

    /// Returns the contact's id.
    pub fn contact_id(&self) -> ContactId {
        self.meta.sender.id
    }

    /// Returns the agent or bot it is assigned to.
    pub fn assignee(&self) -> Option<&Party> {
        self.meta.assignee.as_ref()
    }

    /// Returns the last message of the customer or an agent.
    pub fn last_message(&self) -> Option<&LastMessage> {
        self.messages.last()
    }

    /// Returns a custom attribute by its key.
    pub fn custom_attribute(&self, key: &str) -> Option<&Value> {
        self.custom_attributes.as_ref()?.get(key)
    }

    /// Returns the fields that changed; empty if the server does not send them.
    pub fn changes(&self) -> &[Change] {
        self.changed_attributes.as_deref().unwrap_or_default()
    }
}

/// The contact and the assignees of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMeta {
    /// The contact.
    pub sender: Contact,
    /// The agent or bot it is assigned to.
    pub assignee: Option<Party>,
    /// `User` or `AgentBot`.
    pub assignee_type: Option<String>,
    /// The team it is assigned to.
    pub team: Option<TeamRef>,
    /// Whether the contact's identity was verified by its HMAC.
    pub hmac_verified: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The link between a contact and an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactInbox {
    /// Its id.
    pub id: ContactInboxId,
    /// The id of the contact.
    pub contact_id: ContactId,
    /// The id of the inbox.
    pub inbox_id: InboxId,
    /// The contact's id in the channel.
    pub source_id: Option<Secret>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Whether the contact's identity was verified by its HMAC.
    pub hmac_verified: Option<bool>,
    /// The token of the contact's websocket connection.
    pub pubsub_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
