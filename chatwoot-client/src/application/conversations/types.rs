//! Conversation types: responses of the conversation operations.

use serde::{Deserialize, Serialize};

use crate::application::agents::Agent;
use crate::application::contacts::Contact;
use crate::application::teams::Team;
use crate::http::page::Meta;
use crate::types::Time;
use crate::types::{AccountId, AgentBotId, ConversationId, InboxId, LabelId, SlaPolicyId, TeamId};
use crate::types::{
    Attributes, ChannelType, ConversationStatus, Extra, Message, NullAsEmpty, OpenMap, Priority,
};

/// A conversation: a thread of messages with one contact in one inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its number, unique within the account.
    pub id: ConversationId,
    /// Its UUID: unique across accounts, and cannot be guessed.
    pub uuid: Option<String>,
    /// The id of its account.
    pub account_id: AccountId,
    /// The id of its inbox.
    pub inbox_id: InboxId,
    /// Its status.
    pub status: ConversationStatus,
    /// Its priority.
    pub priority: Option<Priority>,
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// Its contact, its assignee and its team.
    pub meta: ConversationMeta,
    /// Its last message, or none; for others see
    /// [`Messages`](crate::application::messages::Messages).
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<Message>>,
    /// Its last message by a person or a bot.
    pub last_non_activity_message: Option<Box<Message>>,
    /// The number of incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// Whether a reply can be sent now; `false` once a channel's reply window has closed.
    pub can_reply: Option<bool>,
    /// Whether the contact is muted.
    pub muted: Option<bool>,
    /// Attributes that Chatwoot itself defines, such as the referer.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// The account's custom attributes.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was created.
    pub created_at: Time,
    /// When it was last updated; in epoch seconds with a fraction.
    pub updated_at: Option<Time>,
    /// When its last message was created.
    pub last_activity_at: Option<Time>,
    /// The same as `last_activity_at`, under an older name.
    pub timestamp: Option<Time>,
    /// The time until which it is snoozed.
    pub snoozed_until: Option<Time>,
    /// Since when the customer has been waiting; 0 if they are not.
    pub waiting_since: Option<Time>,
    /// When it got its first reply; 0 if it has none.
    pub first_reply_created_at: Option<Time>,
    /// When the customer last saw it; 0 if never.
    pub contact_last_seen_at: Option<Time>,
    /// When an agent last saw it; 0 if never.
    pub agent_last_seen_at: Option<Time>,
    /// When the assignee last saw it; 0 if never.
    pub assignee_last_seen_at: Option<Time>,
    /// The id of its SLA policy.
    pub sla_policy_id: Option<SlaPolicyId>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Conversation {
    /// Returns the agent it is assigned to; `None` also if it is assigned to a bot.
    pub fn agent(&self) -> Option<&Agent> {
        match &self.meta.assignee {
            Some(Assignee::Agent(agent)) => Some(agent),
            _ => None,
        }
    }
}

/// The contact, the assignee and the team of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMeta {
    /// The contact.
    pub sender: Contact,
    /// The agent or bot it is assigned to; absent if there is none.
    pub assignee: Option<Assignee>,
    /// The type of the assignee: `User` or `AgentBot`.
    pub assignee_type: Option<String>,
    /// The team it is assigned to; absent if there is none.
    pub team: Option<Team>,
    /// The type of its channel.
    pub channel: Option<ChannelType>,
    /// Whether the contact's identity is verified by HMAC.
    pub hmac_verified: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The user or bot that a conversation is assigned to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Assignee {
    /// A bot; tried first, because only bots have a `bot_type`.
    Bot(AssignedBot),
    /// An agent or administrator.
    Agent(Agent),
}

/// An agent bot, as conversation responses include it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignedBot {
    /// Its id.
    pub id: AgentBotId,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The URL of its picture; empty if it has none.
    pub thumbnail: Option<String>,
    /// Its type.
    pub bot_type: String,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of conversations in a list, on all pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationCounts {
    /// Conversations assigned to the caller.
    pub mine_count: Option<u64>,
    /// Conversations assigned to any agent; absent in a filter's response.
    pub assigned_count: Option<u64>,
    /// Conversations assigned to no agent.
    pub unassigned_count: Option<u64>,
    /// All conversations.
    pub all_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Meta for ConversationCounts {}

/// Numbers of conversations with unread messages; entries without any are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnreadCounts {
    /// In all inboxes.
    pub all_count: u64,
    /// By the id of the inbox.
    #[serde(default)]
    pub inboxes: NullAsEmpty<OpenMap<InboxId, u64>>,
    /// By the id of the label, for labels shown in the sidebar.
    #[serde(default)]
    pub labels: NullAsEmpty<OpenMap<LabelId, u64>>,
    /// By the id of the team.
    #[serde(default)]
    pub teams: NullAsEmpty<OpenMap<TeamId, u64>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The result of setting a conversation's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusChange {
    /// The number of the conversation.
    pub conversation_id: ConversationId,
    /// Whether the status was stored.
    pub success: Option<bool>,
    /// Its status now.
    pub current_status: ConversationStatus,
    /// The time until which it is snoozed.
    pub snoozed_until: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignee_is_an_agent_or_a_bot() {
        let agent = r#"{"id": 2, "name": "Ada", "role": "agent", "provider": "email"}"#;
        let bot = r#"{"id": 2, "name": "Helper", "bot_type": "webhook", "thumbnail": ""}"#;
        assert!(
            matches!(serde_json::from_str(agent), Ok(Assignee::Agent(agent)) if agent.id == crate::types::UserId(2))
        );
        assert!(
            matches!(serde_json::from_str(bot), Ok(Assignee::Bot(bot)) if bot.id == AgentBotId(2))
        );
    }
}
