//! The payloads of webhooks, made of the state at the time of their rendering.

use serde_json::{Value, json};

use crate::fake::application::contacts::record::Contact;
use crate::fake::application::conversations::store::{Conversation, Message, Sender};
use crate::fake::clock::iso;
use crate::fake::event::{Event, Subject};
use crate::fake::shapes::{Viewer, conversation_push};
use crate::fake::state::State;

fn account(state: &State, id: i64) -> Value {
    json!({ "id": id, "name": state.accounts.get(&id).map(|account| &account.name) })
}

/// Returns a contact: the body of `contact_created` and `contact_updated`.
pub(in crate::fake) fn contact(state: &State, contact: &Contact) -> Value {
    json!({
        "account": account(state, contact.account),
        "additional_attributes": contact.additional,
        "avatar": contact.avatar,
        "custom_attributes": contact.custom,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": contact.avatar,
        "blocked": contact.blocked,
    })
}

/// Returns a conversation: the body of the conversation events, and part of the message events.
pub(in crate::fake) fn conversation(state: &State, row: &Conversation) -> Value {
    let mut shown = conversation_push(state, row, Viewer::OUTSIDE);
    if let Value::Object(map) = &mut shown {
        map.insert("applied_sla".to_owned(), Value::Null);
        map.insert("sla_events".to_owned(), json!([]));
        map.insert("sla_policy_id".to_owned(), Value::Null);
        map.insert("account".to_owned(), account(state, row.account));
    }
    shown
}

/// Returns a user, as the sender of a message and as the one who is typing.
fn user(state: &State, id: i64) -> Value {
    let user = state.users.get(&id);
    json!({
        "id": id,
        "name": user.map(|user| &user.name),
        "email": user.map(|user| &user.email),
        "type": "user",
    })
}

/// Returns the sender of a message, or the one who is typing.
fn party(state: &State, account: i64, who: Sender) -> Value {
    match who {
        Sender::User(id) => user(state, id),
        Sender::Contact(id) => {
            state.contacts.get(account, id).map_or(Value::Null, |found| contact(state, found))
        }
    }
}

/// Returns a message: the body of `message_created` and `message_updated`.
fn message(state: &State, message: &Message) -> Value {
    let row = state.conversations.get(message.account, message.conversation);
    let inbox = state.inboxes.get(message.account, message.inbox);
    let mut shown = json!({
        "account": account(state, message.account),
        "additional_attributes": message.additional,
        "content_attributes": message.content_attributes,
        "content_type": message.content_type,
        "content": message.content,
        "conversation": row.map(|row| conversation(state, row)),
        "created_at": iso(message.created_at),
        "id": message.id,
        "inbox": { "id": message.inbox, "name": inbox.map(|inbox| &inbox.name) },
        "message_type": message.kind.as_str(),
        "private": message.private,
        "sender": message.sender.map(|sender| party(state, message.account, sender)),
        "source_id": message.source_id,
    });
    if let Value::Object(map) = &mut shown
        && !message.attachments.is_empty()
    {
        map.insert("attachments".to_owned(), Value::Array(message.attachments.clone()));
    }
    shown
}

/// Returns the payload of an event and the inbox it is in; `None` where its row is gone.
pub(in crate::fake) fn of(state: &State, event: &Event) -> Option<(Option<i64>, Value)> {
    let account = event.account;
    let living = |id: i64| {
        let found = state.conversations.get(account, id)?;
        (!state.conversations.is_orphan(account, id)).then_some(found)
    };
    match event.subject {
        Subject::Account => None,
        Subject::Contact(id) => Some((None, contact(state, state.contacts.get(account, id)?))),
        Subject::Conversation(id) => {
            let found = living(id)?;
            Some((Some(found.inbox), conversation(state, found)))
        }
        Subject::Message(id) => {
            let found = state.conversations.message(account, id)?;
            living(found.conversation)?;
            Some((Some(found.inbox), message(state, found)))
        }
        Subject::Typing { conversation: id, who, private } => {
            let found = living(id)?;
            let payload = json!({
                "user": party(state, account, who),
                "conversation": conversation(state, found),
                "is_private": private,
            });
            Some((Some(found.inbox), payload))
        }
    }
}
