//! Converts resources of the API into support events.

use chatwoot_client::Time;
use chatwoot_client::application::conversations::{Assignee, Conversation};
use chatwoot_client::types::{Message, MessageType};
use jiff::Timestamp;

use super::credible::credible;
use super::handler_context::is_ours;
use crate::identity::StoreIdentity;
use crate::model::{ConversationFact, Direction, MessageFact};

pub(super) fn conversation(
    state: &Conversation,
    identity: &StoreIdentity,
    now: Timestamp,
) -> ConversationFact {
    let last = state.last_non_activity_message.as_deref().or(state.messages.last());
    let last = last.filter(|last| last.message_type == MessageType::Incoming);
    let written = last.map(|last| last.created_at).or(state.last_activity_at);
    let updated = state.updated_at.or(state.last_activity_at).unwrap_or(state.created_at);
    ConversationFact {
        conversation: state.id,
        inbox: state.inbox_id,
        contact: Some(state.meta.sender.id),
        identifier: state.meta.sender.identifier.clone(),
        proof: identity.check_conversation(state, instant(written, now), now),
        status: state.status.clone(),
        assignee: match &state.meta.assignee {
            Some(Assignee::Agent(agent)) => Some(agent.id),
            _ => None,
        },
        labels: state.labels.to_vec(),
        updated_at: credible(Some(updated), now).unwrap_or_else(|| Time::from(now)),
    }
}

pub(super) fn message(
    message: &Message,
    conversation: &Conversation,
    identity: &StoreIdentity,
    now: Timestamp,
) -> MessageFact {
    MessageFact {
        message: message.id,
        conversation: conversation.id,
        inbox: conversation.inbox_id,
        contact: Some(conversation.meta.sender.id),
        identifier: conversation.meta.sender.identifier.clone(),
        proof: identity.check_conversation(
            conversation,
            instant(Some(message.created_at), now),
            now,
        ),
        direction: match message.message_type {
            MessageType::Incoming => Direction::Incoming,
            MessageType::Outgoing => Direction::Outgoing,
            MessageType::Activity => Direction::Activity,
            MessageType::Template => Direction::Template,
            _ => Direction::Unknown,
        },
        private: message.private.unwrap_or(false),
        ours: is_ours(message.source_id.as_deref())
            && message.message_type == MessageType::Outgoing,
        content: message.content.clone(),
        created_at: message.created_at,
    }
}

fn instant(told: Option<Time>, now: Timestamp) -> Timestamp {
    credible(told, now).and_then(Time::at).unwrap_or(now)
}
