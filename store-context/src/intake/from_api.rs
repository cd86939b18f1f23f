//! What the API tells, in the desk's own form.

use chatwoot_client::{Assignee, Conversation, Message, MessageType};

use super::event::{ConversationFact, Direction, MessageFact};

pub(super) fn conversation(state: &Conversation) -> ConversationFact {
    ConversationFact {
        conversation: state.id,
        inbox: state.inbox_id,
        contact: Some(state.meta.sender.id),
        identifier: state.meta.sender.identifier.clone(),
        status: state.status.clone(),
        assignee: match &state.meta.assignee {
            Some(Assignee::Agent(agent)) => Some(agent.id),
            _ => None,
        },
        labels: state.labels.to_vec(),
        updated_at: state.updated_at.or(state.last_activity_at).unwrap_or(state.created_at),
    }
}

pub(super) fn message(message: &Message, conversation: &Conversation) -> MessageFact {
    MessageFact {
        message: message.id,
        conversation: conversation.id,
        inbox: conversation.inbox_id,
        contact: Some(conversation.meta.sender.id),
        identifier: conversation.meta.sender.identifier.clone(),
        direction: match message.message_type {
            MessageType::Incoming => Direction::Incoming,
            MessageType::Outgoing => Direction::Outgoing,
            MessageType::Activity => Direction::Activity,
            MessageType::Template => Direction::Template,
            _ => Direction::Unknown,
        },
        private: message.private.unwrap_or(false),
        content: message.content.clone(),
        created_at: message.created_at,
    }
}
