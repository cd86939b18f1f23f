//! Events: what a live feed tells, by name.

use crate::live::Performer;
use crate::types::{AccountId, Extra, UserId};
use crate::types::{Message, open_enum};
use crate::webhook;

open_enum! {
    /// The name of an event.
    pub enum LiveEventName {
        /// The settings of the account that dashboards cache have changed.
        AccountCacheInvalidated = "account.cache_invalidated",
        /// A conversation was assigned to another agent or bot, or to none.
        AssigneeChanged = "assignee.changed",
        /// A contact was created.
        ContactCreated = "contact.created",
        /// A contact was deleted, also one that was merged into another.
        ContactDeleted = "contact.deleted",
        /// Another contact was merged into this one, which remains.
        ContactMerged = "contact.merged",
        /// A contact changed.
        ContactUpdated = "contact.updated",
        /// A conversation moved to another contact.
        ConversationContactChanged = "conversation.contact_changed",
        /// A conversation was created.
        ConversationCreated = "conversation.created",
        /// The user was mentioned in a conversation.
        ConversationMentioned = "conversation.mentioned",
        /// An agent read a conversation.
        ConversationRead = "conversation.read",
        /// The status of a conversation changed.
        ConversationStatusChanged = "conversation.status_changed",
        /// Somebody stopped typing in a conversation.
        ConversationTypingOff = "conversation.typing_off",
        /// Somebody is typing in a conversation.
        ConversationTypingOn = "conversation.typing_on",
        /// The numbers of unread conversations changed.
        ConversationUnreadCountChanged = "conversation.unread_count_changed",
        /// A conversation changed: its fields, labels or attributes.
        ConversationUpdated = "conversation.updated",
        /// A conversation got its first reply.
        FirstReplyCreated = "first.reply.created",
        /// A message was created.
        MessageCreated = "message.created",
        /// A message changed, or was deleted.
        MessageUpdated = "message.updated",
        /// The user got a notification.
        NotificationCreated = "notification.created",
        /// A notification of the user was deleted.
        NotificationDeleted = "notification.deleted",
        /// A notification of the user changed.
        NotificationUpdated = "notification.updated",
        /// Users or contacts came online or went offline.
        PresenceUpdate = "presence.update",
        /// A conversation was assigned to another team, or to none.
        TeamChanged = "team.changed",
    }
}

/// An event of a live feed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveEvent {
    /// Its name.
    pub name: LiveEventName,
    /// The account it happened in.
    pub account_id: Option<AccountId>,
    /// Who caused it; absent if the server did, and in the events that it renders later.
    pub performer: Option<Performer>,
    /// What it is about.
    pub data: LiveEventData,
    /// Fields beside the name and the data that this version of the client does not name.
    pub extra: Extra,
}

impl LiveEvent {
    /// Returns whether this user caused the event.
    pub fn is_by(&self, user: UserId) -> bool {
        self.performer.as_ref().and_then(Performer::user_id) == Some(user)
    }
}

/// The data of an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LiveEventData {
    /// A contact.
    Contact(Box<webhook::Contact>),
    /// A conversation.
    Conversation(Box<webhook::Conversation>),
    /// A message.
    Message(Box<Message>),
    /// The data of an event that this version of the client does not know.
    Unknown(Extra),
}
