//! What happens: a change of the state, told to webhooks and to the live feed.
//!
//! The operations say what happened and to which row; who is told of it, and in which form, is
//! decided by [`crate::fake::webhook`] and by the live feed.

use serde_json::{Value, json};

use crate::fake::application::conversations::store::{Message, Sender};
use crate::fake::clock::iso;
#[cfg(feature = "live")]
use crate::fake::live;
use crate::fake::state::State;
use crate::fake::webhook::events as webhook;

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum EventName {
    CacheInvalidated,
    ContactCreated,
    ContactUpdated,
    /// Of the contact that remains.
    ContactMerged,
    /// Also of a contact that was merged into another.
    ContactDeleted,
    ConversationCreated,
    ConversationUpdated,
    ConversationStatusChanged,
    ConversationContactChanged,
    /// The customer has seen the conversation.
    ConversationRead,
    TypingOn,
    TypingOff,
    AssigneeChanged,
    TeamChanged,
    MessageCreated,
    MessageUpdated,
    FirstReplyCreated,
}

impl EventName {
    /// Returns the name in webhooks; `None` for an event that they are not told of.
    pub(in crate::fake) const fn in_webhooks(self) -> Option<&'static str> {
        Some(match self {
            Self::ContactCreated => "contact_created",
            Self::ContactUpdated => "contact_updated",
            Self::ConversationCreated => "conversation_created",
            Self::ConversationUpdated => "conversation_updated",
            Self::ConversationStatusChanged => "conversation_status_changed",
            Self::TypingOn => "conversation_typing_on",
            Self::TypingOff => "conversation_typing_off",
            Self::MessageCreated => "message_created",
            Self::MessageUpdated => "message_updated",
            Self::CacheInvalidated
            | Self::ContactMerged
            | Self::ContactDeleted
            | Self::ConversationContactChanged
            | Self::ConversationRead
            | Self::AssigneeChanged
            | Self::TeamChanged
            | Self::FirstReplyCreated => return None,
        })
    }

    /// Returns the name in the live feed.
    #[cfg(feature = "live")]
    pub(in crate::fake) const fn in_feed(self) -> &'static str {
        match self {
            Self::CacheInvalidated => "account.cache_invalidated",
            Self::ContactCreated => "contact.created",
            Self::ContactUpdated => "contact.updated",
            Self::ContactMerged => "contact.merged",
            Self::ContactDeleted => "contact.deleted",
            Self::ConversationCreated => "conversation.created",
            Self::ConversationUpdated => "conversation.updated",
            Self::ConversationStatusChanged => "conversation.status_changed",
            Self::ConversationContactChanged => "conversation.contact_changed",
            Self::ConversationRead => "conversation.read",
            Self::TypingOn => "conversation.typing_on",
            Self::TypingOff => "conversation.typing_off",
            Self::AssigneeChanged => "assignee.changed",
            Self::TeamChanged => "team.changed",
            Self::MessageCreated => "message.created",
            Self::MessageUpdated => "message.updated",
            Self::FirstReplyCreated => "first.reply.created",
        }
    }
}

/// The row that an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Subject {
    /// The account itself.
    Account,
    Contact(i64),
    Conversation(i64),
    Message(i64),
    Typing {
        conversation: i64,
        who: Sender,
        private: bool,
    },
}

/// A changed column, with its value before and after.
pub(in crate::fake) type Change = (&'static str, Value, Value);

/// The columns that changed.
#[derive(Clone, Debug, Default)]
pub(in crate::fake) enum Changes {
    /// The event has none, or does not tell them.
    #[default]
    Untold,
    /// A change whose columns are told as null.
    Null,
    Columns(Vec<Change>),
}

/// Something that happened in an account.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Event {
    pub(in crate::fake) account: i64,
    pub(in crate::fake) name: EventName,
    pub(in crate::fake) subject: Subject,
    /// What does not change any more, however late the event is rendered.
    pub(in crate::fake) changes: Changes,
}

/// Tells of an event: whoever listens to the live feed at once, webhooks when they are rendered.
pub(in crate::fake) fn happen(state: &mut State, event: Event) {
    #[cfg(feature = "live")]
    live::frames::tell(state, &event);
    webhook::tell(state, event);
}

/// Tells of an event of a contact. One that is deleted must still be there.
pub(in crate::fake) fn contact(
    state: &mut State,
    account: i64,
    id: i64,
    name: EventName,
    changes: Changes,
) {
    happen(state, Event { account, name, subject: Subject::Contact(id), changes });
}

/// Tells of an event of a conversation.
pub(in crate::fake) fn conversation(
    state: &mut State,
    account: i64,
    id: i64,
    name: EventName,
    changes: Changes,
) {
    happen(state, Event { account, name, subject: Subject::Conversation(id), changes });
}

/// Tells of a new conversation, and of whom it is assigned to.
pub(in crate::fake) fn conversation_created(state: &mut State, account: i64, id: i64) {
    conversation(state, account, id, EventName::ConversationCreated, Changes::Untold);
    let Some(row) = state.conversations.get(account, id) else { return };
    let (assignee, team) = (row.assignee, row.team);
    if assignee.is_some() {
        conversation(state, account, id, EventName::AssigneeChanged, Changes::Untold);
    }
    if team.is_some() {
        conversation(state, account, id, EventName::TeamChanged, Changes::Untold);
    }
}

/// Tells of an event of a message.
pub(in crate::fake) fn message(
    state: &mut State,
    account: i64,
    id: i64,
    name: EventName,
    changes: Changes,
) {
    happen(state, Event { account, name, subject: Subject::Message(id), changes });
}

/// Tells of a stored message that was another before.
pub(in crate::fake) fn message_updated(state: &mut State, before: &Message) {
    let (account, id) = (before.account, before.id);
    let Some(after) = state.conversations.message(account, id) else { return };
    let changes = Changes::Columns(message_changes(before, after));
    message(state, account, id, EventName::MessageUpdated, changes);
}

fn message_changes(before: &Message, after: &Message) -> Vec<Change> {
    let sender = |message: &Message| message.sender.map(Sender::id);
    let columns = [
        ("content", json!(before.content), json!(after.content)),
        ("updated_at", iso(before.updated_at), iso(after.updated_at)),
        ("status", json!(before.status), json!(after.status)),
        ("content_type", json!(before.content_type), json!(after.content_type)),
        ("content_attributes", json!(before.content_attributes), json!(after.content_attributes)),
        ("sender_id", json!(sender(before)), json!(sender(after))),
        ("processed_message_content", json!(before.content), json!(after.content)),
    ];
    columns.into_iter().filter(|(_, before, after)| before != after).collect()
}

/// Tells that somebody is typing, or no longer is.
pub(in crate::fake) fn typing(
    state: &mut State,
    account: i64,
    conversation: i64,
    who: Sender,
    on: bool,
    private: bool,
) {
    let name = if on { EventName::TypingOn } else { EventName::TypingOff };
    let subject = Subject::Typing { conversation, who, private };
    happen(state, Event { account, name, subject, changes: Changes::Untold });
}

/// Tells that the account's inboxes, labels or teams are no longer those that were read.
pub(in crate::fake) fn cache_invalidated(state: &mut State, account: i64) {
    let (name, subject) = (EventName::CacheInvalidated, Subject::Account);
    happen(state, Event { account, name, subject, changes: Changes::Untold });
}

impl Changes {
    /// Whether no column changed.
    pub(in crate::fake) fn is_empty(&self) -> bool {
        matches!(self, Self::Columns(columns) if columns.is_empty())
    }

    /// Returns what a webhook's body has besides the row: `changed_attributes`, if anything.
    pub(in crate::fake) fn in_webhook(&self) -> Option<Value> {
        match self {
            Self::Untold => None,
            Self::Null => Some(Value::Null),
            Self::Columns(columns) => Some(
                columns
                    .iter()
                    .map(|(column, before, after)| {
                        json!({ *column: { "previous_value": before, "current_value": after } })
                    })
                    .collect(),
            ),
        }
    }

    /// Returns what the live feed's frame of a message has besides it: `previous_changes`, if
    /// anything.
    #[cfg(feature = "live")]
    pub(in crate::fake) fn in_feed(&self) -> Option<Value> {
        let Self::Columns(columns) = self else { return None };
        let pair =
            |(column, before, after): &Change| ((*column).to_owned(), json!([before, after]));
        Some(columns.iter().map(pair).collect())
    }
}
