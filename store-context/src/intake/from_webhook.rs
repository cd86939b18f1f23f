//! Converts webhook events into support events.

use chatwoot_client::Time;
use chatwoot_client::types::Extra;
use chatwoot_client::webhook::{Change, Conversation, Event, Message, MessageType, Party};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::credible::credible;
use super::handler_context::is_ours;
use crate::identity::{PROOF_ATTRIBUTE, StoreIdentity};
use crate::model::{AttributeChange, ConversationFact, Direction, MessageFact, SupportEvent};
use crate::model::{NotProven, Proof};

/// The context in which a delivery is parsed.
pub(super) struct Reader<'a> {
    /// The store's keys; `None` if it has none yet.
    pub(super) identity: Option<&'a StoreIdentity>,
    /// When the server sent the delivery. It is used where an event has no time, or one in the
    /// future: it is signed, so a replay is parsed like the original.
    pub(super) sent_at: Timestamp,
    pub(super) now: Timestamp,
}

impl Reader<'_> {
    /// Returns the support event of a webhook.
    pub(super) fn event(&self, event: &Event) -> SupportEvent {
        match event {
            Event::ConversationCreated(state) => {
                SupportEvent::ConversationCreated(self.conversation(state))
            }
            Event::ConversationStatusChanged(state) => {
                SupportEvent::ConversationStatusChanged(self.conversation(state))
            }
            Event::ConversationUpdated(state) => {
                SupportEvent::ConversationUpdated(self.conversation(state))
            }
            Event::MessageCreated(it) => SupportEvent::MessageCreated(self.message(it)),
            Event::MessageUpdated(it) => SupportEvent::MessageUpdated(self.message(it)),
            other => SupportEvent::Other { name: other.name().to_owned(), body: body(other) },
        }
    }

    /// Returns the attribute changes that the server reports, without proofs of the store.
    pub(super) fn changed(event: &Event) -> Vec<AttributeChange> {
        let of_message = match event {
            Event::MessageUpdated(message) => message.extra.get("changed_attributes"),
            _ => None,
        };
        let of_message = of_message.and_then(|list| Vec::<Change>::deserialize(list).ok());
        let changes = of_message.as_deref().unwrap_or_else(|| event.changed_attributes());
        let changes =
            changes.iter().filter(|change| change.name != PROOF_ATTRIBUTE).map(|change| {
                let (mut previous, mut current) = (change.previous.clone(), change.current.clone());
                forget_proofs(&mut previous);
                forget_proofs(&mut current);
                AttributeChange { name: change.name.clone(), previous, current }
            });
        changes.collect()
    }

    /// Returns the key under which the reconciler reports the same state. A state without a time of
    /// its own has none, since the substituted time could be another state's.
    pub(super) fn reconciled_key(&self, read: &Event, event: &SupportEvent) -> Option<String> {
        let Event::ConversationStatusChanged(state) = read else { return None };
        self.credible(state.updated_at)?;
        event.reconciled_key()
    }

    pub(super) fn conversation(&self, state: &Conversation) -> ConversationFact {
        let contact = state.contact();
        let last = state.last_message();
        let last = last.filter(|last| last.message_type == MessageType::Incoming);
        let written = last.and_then(|last| last.created_at);
        ConversationFact {
            conversation: state.id,
            inbox: state.inbox_id,
            contact: Some(contact.id),
            identifier: contact.identifier.clone(),
            proof: self.proof(state, written.or(state.last_activity_at)),
            status: state.status.clone(),
            assignee: state.assignee().and_then(Party::user_id),
            labels: state.labels.to_vec(),
            updated_at: self.time(state.updated_at),
        }
    }

    fn message(&self, message: &Message) -> MessageFact {
        let contact = message.conversation.contact();
        MessageFact {
            message: message.id,
            conversation: message.conversation.id,
            inbox: message.conversation.inbox_id,
            contact: Some(contact.id),
            identifier: contact.identifier.clone(),
            proof: self.proof(&message.conversation, message.created_at),
            direction: match message.message_type {
                MessageType::Incoming => Direction::Incoming,
                MessageType::Outgoing => Direction::Outgoing,
                MessageType::Activity => Direction::Activity,
                MessageType::Template => Direction::Template,
                _ => Direction::Unknown,
            },
            private: message.private,
            ours: is_ours(message.source_id.as_deref())
                && message.message_type == MessageType::Outgoing,
            content: message.content.clone(),
            created_at: self.time(message.created_at),
        }
    }

    /// Verified now and not when the entry is handled, so that the proof's text is not stored.
    fn proof(&self, state: &Conversation, written_at: Option<Time>) -> Proof {
        let Some(identity) = self.identity else { return Proof::NotProven(NotProven::NoKeys) };
        let written_at = self.credible(written_at).and_then(Time::at).unwrap_or(self.sent_at);
        identity.check_webhook(state, written_at, self.now)
    }

    fn time(&self, told: Option<Time>) -> Time {
        self.credible(told).unwrap_or_else(|| Time::from(self.sent_at))
    }

    fn credible(&self, told: Option<Time>) -> Option<Time> {
        credible(told, self.now)
    }
}

fn body(event: &Event) -> Extra {
    match serde_json::to_value(event) {
        Ok(mut body) => {
            forget_proofs(&mut body);
            match body {
                Value::Object(body) => body.into(),
                // An event is parsed from an object, so it serializes as one.
                _ => Extra::new(),
            }
        }
        Err(_) => Extra::new(),
    }
}

/// Removes the proofs of the store from a value: they authenticate the customer until they expire,
/// and ledgers keep bodies for longer.
fn forget_proofs(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove(PROOF_ATTRIBUTE);
            map.values_mut().for_each(forget_proofs);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_proofs),
        _ => {}
    }
}
