//! Conversation requests: what the conversation operations take.

use serde::Serialize;

use crate::application::messages::NewMessage;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{Attributes, ConversationStatus, Priority, open_enum};
use crate::types::{ContactId, InboxId, TeamId, UserId};

/// A conversation to begin. Name both the contact and the inbox: with a source id alone the server
/// looks for it in all inboxes, which it means to stop.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewConversation {
    /// The contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// The contact's name in that inbox; left out, the server finds or makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// What state to begin in; the default is open, or pending where the inbox has a bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ConversationStatus>,
    /// The agent to assign it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<UserId>,
    /// The team to assign it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// What Chatwoot itself keeps of it, such as the referer.
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
    /// How urgent it is.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub priority: Patch<Priority>,
    /// Its SLA policy; only servers with that feature heed it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub sla_policy_id: Patch<crate::types::SlaPolicyId>,
}

/// Which conversations to list, and in what order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConversationsQuery {
    /// In what state; left out it means *open*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusFilter>,
    /// Assigned to whom; left out it means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_type: Option<AssigneeFilter>,
    /// In which inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Of which team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// With one of these labels.
    #[serde(rename = "labels[]", skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Of the contact with this source id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// In what order; left out it is last active first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<ConversationSort>,
    /// The page number, from 1; a page has 25 entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Changed within so many seconds: *all* of them, without pages. The published document does
    /// not list it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_within: Option<u64>,
}

open_enum! {
    /// In what state the listed conversations are.
    pub enum StatusFilter {
        /// Waiting for an agent.
        Open = "open",
        /// Done.
        Resolved = "resolved",
        /// With a bot, or not yet for agents.
        Pending = "pending",
        /// Sleeping.
        Snoozed = "snoozed",
        /// Any.
        All = "all",
    }

    /// Whose conversations are listed.
    pub enum AssigneeFilter {
        /// The caller's.
        Me = "me",
        /// Nobody's.
        Unassigned = "unassigned",
        /// Somebody's.
        Assigned = "assigned",
        /// Any.
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

    /// Whether somebody writes just now.
    pub enum Typing {
        /// They write.
        On = "on",
        /// They stopped.
        Off = "off",
    }
}
