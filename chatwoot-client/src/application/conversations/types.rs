//! Conversation types: what the conversation operations answer.

use serde::{Deserialize, Serialize};

use crate::application::agents::Agent;
use crate::application::contacts::Contact;
use crate::application::teams::Team;
use crate::types::Time;
use crate::types::{AccountId, AgentBotId, ConversationId, InboxId, SlaPolicyId};
use crate::types::{
    Attributes, ChannelType, ConversationStatus, Extra, Message, NullAsEmpty, Priority,
};

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversation {
    /// Its number, unique within the account.
    pub id: ConversationId,
    /// Its name across accounts, an unguessable UUID.
    pub uuid: Option<String>,
    /// The id of its account.
    pub account_id: AccountId,
    /// The id of its inbox.
    pub inbox_id: InboxId,
    /// Its status.
    pub status: ConversationStatus,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// Who takes part.
    pub meta: ConversationMeta,
    /// Its last message, or none; for the others see [`Messages`](crate::application::messages::Messages).
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<Message>>,
    /// Its last message that a person or a bot wrote.
    pub last_non_activity_message: Option<Box<Message>>,
    /// Incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// Whether an answer can be sent now; channels with a window say no after it.
    pub can_reply: Option<bool>,
    /// Whether the contact is muted.
    pub muted: Option<bool>,
    /// What Chatwoot itself keeps of it, such as the referer.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// The account's custom attributes.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was created.
    pub created_at: Time,
    /// When anything of it last changed; epoch with a fraction.
    pub updated_at: Option<Time>,
    /// When it last had a message.
    pub last_activity_at: Option<Time>,
    /// The same as `last_activity_at`, under an older name.
    pub timestamp: Option<Time>,
    /// The time until which it is snoozed.
    pub snoozed_until: Option<Time>,
    /// Since when the customer waits; 0 when they do not.
    pub waiting_since: Option<Time>,
    /// When it was first answered; 0 for never.
    pub first_reply_created_at: Option<Time>,
    /// When the customer last looked; 0 for never.
    pub contact_last_seen_at: Option<Time>,
    /// When an agent last looked; 0 for never.
    pub agent_last_seen_at: Option<Time>,
    /// When the assignee last looked; 0 for never.
    pub assignee_last_seen_at: Option<Time>,
    /// Its SLA policy.
    pub sla_policy_id: Option<SlaPolicyId>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Conversation {
    /// The agent it is assigned to; `None` also when a bot has it.
    pub fn agent(&self) -> Option<&Agent> {
        match &self.meta.assignee {
            Some(Assignee::Agent(agent)) => Some(agent),
            _ => None,
        }
    }
}

/// Who takes part in a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMeta {
    /// The contact.
    pub sender: Contact,
    /// Who it is assigned to; absent where nobody.
    pub assignee: Option<Assignee>,
    /// What the assignee is: `User` or `AgentBot`.
    pub assignee_type: Option<String>,
    /// The team it is assigned to; absent where none.
    pub team: Option<Team>,
    /// What kind of channel it came through.
    pub channel: Option<ChannelType>,
    /// Whether the contact proved who it is.
    pub hmac_verified: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Who a conversation is assigned to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Assignee {
    /// A bot; first, because only its form has a `bot_type`.
    Bot(AssignedBot),
    /// An agent or administrator.
    Agent(Agent),
}

/// An agent bot as conversations carry one.
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
    /// What kind of bot it is.
    pub bot_type: String,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One page of conversations with the counts of the whole list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationPage {
    /// The number of results.
    pub meta: ConversationCounts,
    /// The conversations of this page.
    pub payload: Vec<Conversation>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many conversations a list has, whatever the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationCounts {
    /// Those of the caller.
    pub mine_count: Option<u64>,
    /// Those of somebody; a filter does not say.
    pub assigned_count: Option<u64>,
    /// Those of nobody.
    pub unassigned_count: Option<u64>,
    /// All.
    pub all_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What became of a conversation's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusChange {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Whether it was stored.
    pub success: Option<bool>,
    /// What state it is in now.
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
