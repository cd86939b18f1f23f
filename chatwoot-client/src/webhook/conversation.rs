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

/// A conversation as webhooks send it: a snapshot of when the event was queued.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its number within its account.
    pub id: ConversationId,
    /// Its inbox.
    pub inbox_id: InboxId,
    /// Its state.
    pub status: ConversationStatus,
    /// The contact, the assignee and the team.
    pub meta: ConversationMeta,
    /// Its account; 4.9.1 leaves it out, see [`Conversation::account_id`].
    pub account: Option<AccountRef>,
    /// The contact's presence in the inbox.
    pub contact_inbox: Option<ContactInbox>,
    /// The last message of customer or agent, if there is one: never more than one.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<LastMessage>>,
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// Its custom attributes.
    pub custom_attributes: Option<Attributes>,
    /// Where it began: browser, page and the like.
    pub additional_attributes: Option<Attributes>,
    /// The kind of channel of its inbox.
    pub channel: Option<ChannelType>,
    /// Whether the channel lets agents answer now.
    pub can_reply: Option<bool>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Until when it sleeps.
    pub snoozed_until: Option<Time>,
    /// The number of incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// When an agent first answered.
    pub first_reply_created_at: Option<Time>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Time>,
    /// When an agent last looked.
    pub agent_last_seen_at: Option<Time>,
    /// When the customer last looked.
    pub contact_last_seen_at: Option<Time>,
    /// The time of the last activity.
    pub last_activity_at: Option<Time>,
    /// The same as `last_activity_at`.
    pub timestamp: Option<Time>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last written: the version to compare two snapshots by.
    pub updated_at: Option<Time>,
    /// The SLA that applies to it.
    pub applied_sla: Option<Value>,
    /// What became of that SLA.
    pub sla_events: Option<Vec<Value>>,
    /// The SLA policy.
    pub sla_policy_id: Option<SlaPolicyId>,
    /// What changed. Only in `conversation_updated` and `conversation_status_changed`, and at times
    /// `null` there.
    pub changed_attributes: Option<Vec<Change>>,
    // The event's name is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Conversation {
    /// The account, which 4.9.1 names only in the last message: `None` if there is none either.
    pub fn account_id(&self) -> Option<AccountId> {
        self.account
            .as_ref()
            .map(|account| account.id)
            .or_else(|| self.last_message().map(|message| message.account_id))
    }

    /// The contact.
    pub fn contact(&self) -> &Contact {
        &self.meta.sender
    }

    /// The contact's id.
    pub fn contact_id(&self) -> ContactId {
        self.meta.sender.id
    }

    /// The agent or bot it is assigned to.
    pub fn assignee(&self) -> Option<&Party> {
        self.meta.assignee.as_ref()
    }

    /// The last message of customer or agent.
    pub fn last_message(&self) -> Option<&LastMessage> {
        self.messages.last()
    }

    /// A custom attribute by its key.
    pub fn custom_attribute(&self, key: &str) -> Option<&Value> {
        self.custom_attributes.as_ref()?.get(key)
    }

    /// What changed; empty where the server does not say.
    pub fn changes(&self) -> &[Change] {
        self.changed_attributes.as_deref().unwrap_or_default()
    }
}

/// Who belongs to a conversation.
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
    /// Whether the contact proved who it is.
    pub hmac_verified: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact's presence in an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactInbox {
    /// Its id.
    pub id: ContactInboxId,
    /// The contact.
    pub contact_id: ContactId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The contact's id in the channel.
    pub source_id: Option<Secret>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Whether the contact proved who it is.
    pub hmac_verified: Option<bool>,
    /// Opens the live channel as this contact.
    pub pubsub_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
