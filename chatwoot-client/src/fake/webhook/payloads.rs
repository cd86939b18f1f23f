//! The payloads of webhooks, made of the state at the time of their rendering.

use serde_json::{Map, Value, json};

use crate::fake::application::contacts::record::Contact;
use crate::fake::application::conversations::store::{Conversation, Message, MessageType, Sender};
use crate::fake::application::inboxes::defaults::channel_type;
use crate::fake::clock::{epoch, epoch_fraction, iso};
use crate::fake::shapes::{
    Viewer, can_reply, contact_push, epoch_or_zero, message_push, user_push,
};
use crate::fake::state::State;
use crate::fake::webhook::events::{Event, Subject, happen};

/// Returns `{column: {previous_value, current_value}}`: one entry of `changed_attributes`.
pub(in crate::fake) fn change(column: &str, before: &Value, after: &Value) -> Value {
    json!({ column: { "previous_value": before, "current_value": after } })
}

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
    let inbox = state.inboxes.get(row.account, row.inbox);
    let link = state.contacts.inboxes.get(row.account, row.contact_inbox);
    let messages = state.conversations.messages(row).rev().find(|message| message.is_chat());
    let messages: Vec<Value> =
        messages.map(|message| message_push(state, message, Viewer::Outside)).into_iter().collect();
    let sender = state.contacts.get(row.account, row.contact).map(contact_push);
    let assignee = row.assignee.map(|id| user_push(state, row.account, id, Viewer::Outside));
    let team = row.team.and_then(|id| state.teams.get(row.account, id));
    json!({
        "additional_attributes": row.additional,
        "can_reply": can_reply(state, row),
        "channel": inbox.map(channel_type),
        "contact_inbox": link.map(|link| json!({
            "id": link.id,
            "contact_id": link.contact,
            "inbox_id": link.inbox,
            "source_id": link.source_id,
            "created_at": iso(link.created_at),
            "updated_at": iso(link.updated_at),
            "hmac_verified": link.hmac_verified,
            "pubsub_token": link.pubsub_token,
        })),
        "id": row.id,
        "inbox_id": row.inbox,
        "messages": messages,
        "labels": row.labels,
        "meta": {
            "sender": sender,
            "assignee": assignee,
            "assignee_type": row.assignee.map(|_| "User"),
            "team": team.map(|team| json!({ "id": team.id, "name": team.name })),
            "hmac_verified": link.map(|link| link.hmac_verified),
        },
        "status": row.status.as_str(),
        "custom_attributes": row.custom,
        "snoozed_until": row.snoozed_until.map(iso),
        "unread_count": state.conversations.unread(row),
        "first_reply_created_at": row.first_reply_created_at.map(iso),
        "priority": row.priority,
        "waiting_since": epoch_or_zero(row.waiting_since),
        "agent_last_seen_at": epoch_or_zero(row.agent_last_seen_at),
        "contact_last_seen_at": epoch_or_zero(row.contact_last_seen_at),
        "last_activity_at": epoch(row.last_activity_at),
        "timestamp": epoch(row.last_activity_at),
        "created_at": epoch(row.created_at),
        "updated_at": epoch_fraction(row.updated_at),
        "applied_sla": null,
        "sla_events": [],
        "sla_policy_id": null,
        "account": account(state, row.account),
    })
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

/// Emits a conversation event; `extra` is added to the body.
pub(in crate::fake) fn emit_conversation(
    state: &mut State,
    account: i64,
    id: i64,
    name: &'static str,
    extra: Map<String, Value>,
) {
    happen(state, Event { account, name, subject: Subject::Conversation(id), extra });
}

/// Emits a message event; activity messages have none.
pub(in crate::fake) fn emit_message(state: &mut State, account: i64, id: i64, name: &'static str) {
    let kind = state.conversations.message(account, id).map(|message| message.kind);
    if kind != Some(MessageType::Activity) {
        happen(state, Event { account, name, subject: Subject::Message(id), extra: Map::new() });
    }
}

/// Emits a typing event.
pub(in crate::fake) fn emit_typing(
    state: &mut State,
    account: i64,
    id: i64,
    who: Sender,
    on: bool,
    private: bool,
) {
    let name = if on { "conversation_typing_on" } else { "conversation_typing_off" };
    let subject = Subject::Typing { conversation: id, who, private };
    happen(state, Event { account, name, subject, extra: Map::new() });
}
