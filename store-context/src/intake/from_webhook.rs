//! A webhook's event, in the desk's own form.

use chatwoot_client::webhook::{Conversation, Event, Message, MessageType, Party};
use chatwoot_client::{Extra, Time};
use jiff::Timestamp;
use serde_json::Value;

use super::event::{ConversationFact, DeskEvent, Direction, MessageFact};

/// What the webhook tells; `now` stands in where a server does not say when.
pub(super) fn desk_event(event: &Event, now: Timestamp) -> DeskEvent {
    match event {
        Event::ConversationCreated(state) => {
            DeskEvent::ConversationCreated(conversation(state, now))
        }
        Event::ConversationStatusChanged(state) => {
            DeskEvent::ConversationStatusChanged(conversation(state, now))
        }
        Event::ConversationUpdated(state) => {
            DeskEvent::ConversationUpdated(conversation(state, now))
        }
        Event::MessageCreated(it) => DeskEvent::MessageCreated(message(it, now)),
        Event::MessageUpdated(it) => DeskEvent::MessageUpdated(message(it, now)),
        other => DeskEvent::Other { name: other.name().to_owned(), body: body(other) },
    }
}

fn conversation(state: &Conversation, now: Timestamp) -> ConversationFact {
    let contact = state.contact();
    ConversationFact {
        conversation: state.id,
        inbox: state.inbox_id,
        contact: Some(contact.id),
        identifier: contact.identifier.clone(),
        status: state.status.clone(),
        assignee: state.assignee().and_then(Party::user_id),
        labels: state.labels.to_vec(),
        updated_at: state.updated_at.unwrap_or_else(|| Time::from(now)),
    }
}

fn message(message: &Message, now: Timestamp) -> MessageFact {
    let contact = message.conversation.contact();
    MessageFact {
        message: message.id,
        conversation: message.conversation.id,
        inbox: message.conversation.inbox_id,
        contact: Some(contact.id),
        identifier: contact.identifier.clone(),
        direction: match message.message_type {
            MessageType::Incoming => Direction::Incoming,
            MessageType::Outgoing => Direction::Outgoing,
            MessageType::Activity => Direction::Activity,
            MessageType::Template => Direction::Template,
            _ => Direction::Unknown,
        },
        private: message.private,
        content: message.content.clone(),
        created_at: message.created_at.unwrap_or_else(|| Time::from(now)),
    }
}

fn body(event: &Event) -> Extra {
    match serde_json::to_value(event) {
        Ok(Value::Object(body)) => body.into(),
        // An event is read from an object, so it is written as one.
        _ => Extra::new(),
    }
}
