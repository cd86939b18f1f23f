//! Conversation requests: bodies and queries of the conversation operations.

use serde::Serialize;

use crate::application::messages::NewMessage;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{Attributes, ConversationStatus, Priority, open_enum};
use crate::types::{ContactId, InboxId, TeamId, UserId};

/// A conversation to create. Set both the contact and the inbox: with a source id alone the server
/// searches all inboxes for it, which Chatwoot plans to remove.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewConversation {
    /// The id of the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The id of the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The contact's source id in that inbox; the server finds or generates one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// Its status; open by default, or pending if the inbox has a bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ConversationStatus>,
    /// The id of the agent to assign it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<UserId>,
    /// The id of the team to assign it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// Attributes that Chatwoot itself defines, such as the referer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_attributes: Option<Attributes>,
    /// The account's custom attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
    /// Its first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<NewMessage>,
}

/// The changes to make to a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConversationPatch {
    /// Its priority.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub priority: Patch<Priority>,
    /// The id of its SLA policy; ignored by servers without that feature.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub sla_policy_id: Patch<crate::types::SlaPolicyId>,
}

/// Which conversations to list, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConversationsQuery {
    /// Their status; *open* if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusFilter>,
    /// The kind of assignee; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_type: Option<AssigneeFilter>,
    /// In the inbox with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Of the team with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// With one of these labels.
    #[serde(rename = "labels[]", skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Of the contact with this source id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// The sort order; most recently active first if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<ConversationSort>,
    /// The page number, from 1; a page has 25 conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Updated within this many seconds: returns *all* of them, without pages. Not in Chatwoot's
    /// published API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_within: Option<u64>,
}

/// A query of the conversations that meet a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConversationFilterQuery {
    /// The page number, from 1; a page has 25 conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

open_enum! {
    /// The status of the conversations to list.
    pub enum StatusFilter {
        /// Open.
        Open = "open",
        /// Resolved.
        Resolved = "resolved",
        /// Pending: handled by a bot, or not yet by agents.
        Pending = "pending",
        /// Snoozed.
        Snoozed = "snoozed",
        /// All conversations.
        All = "all",
    }

    /// The kind of assignee of the conversations to list.
    pub enum AssigneeFilter {
        /// Assigned to the caller.
        Me = "me",
        /// Assigned to no agent.
        Unassigned = "unassigned",
        /// Assigned to any agent.
        Assigned = "assigned",
        /// All conversations.
        All = "all",
    }

    /// The order of conversations.
    pub enum ConversationSort {
        /// Most recently active first.
        LastActivityDescending = "last_activity_at_desc",
        /// Least recently active first.
        LastActivity = "last_activity_at_asc",
        /// Oldest first; new entries do not move others to another page.
        CreatedAt = "created_at_asc",
        /// Newest first.
        CreatedAtDescending = "created_at_desc",
        /// Most urgent first.
        PriorityDescending = "priority_desc",
        /// Least urgent first.
        Priority = "priority_asc",
        /// Longest waiting first.
        WaitingSince = "waiting_since_asc",
        /// Shortest waiting first.
        WaitingSinceDescending = "waiting_since_desc",
    }

    /// Whether the caller is typing.
    pub enum Typing {
        /// The caller is typing.
        On = "on",
        /// The caller has stopped typing.
        Off = "off",
    }
}
