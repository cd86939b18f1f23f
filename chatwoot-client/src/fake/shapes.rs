//! The JSON of contacts, conversations and messages in the APIs.

use serde_json::{Map, Value, json};

use crate::fake::application::agents::availability;
pub(in crate::fake) use crate::fake::application::agents::view as agent;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::record::Contact;
use crate::fake::application::conversations::store::{Conversation, Message, MessageType, Sender};
pub(in crate::fake) use crate::fake::application::inboxes::defaults::{
    channel_type, is_locked_to_one, public as public_inbox, reply_window_hours, row as inbox_row,
    slim as inbox_slim,
};
use crate::fake::clock::{epoch, epoch_fraction, iso};
use crate::fake::state::State;

fn map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

/// Returns seconds, and 0 for never.
pub(in crate::fake) fn epoch_or_zero(at: Option<jiff::Timestamp>) -> Value {
    at.map_or_else(|| Value::from(0), epoch)
}

pub(in crate::fake) fn contact_inbox(state: &State, link: &ContactInbox) -> Value {
    let inbox = state.inboxes.get(link.account, link.inbox).map(inbox_slim);
    json!({ "source_id": link.source_id, "inbox": inbox })
}

pub(in crate::fake) fn contact(state: &State, contact: &Contact, with_inboxes: bool) -> Value {
    let online = if state.is_online(contact.account, contact.id) { "online" } else { "offline" };
    let mut shown = map(json!({
        "additional_attributes": contact.additional,
        "availability_status": online,
        "email": contact.email,
        "id": contact.id,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "blocked": contact.blocked,
        "identifier": contact.identifier,
        "company_id": contact.company,
        "thumbnail": contact.avatar,
        "custom_attributes": contact.custom,
    }));
    if let Some(at) = contact.last_activity_at {
        shown.insert("last_activity_at".to_owned(), epoch(at));
    }
    shown.insert("created_at".to_owned(), epoch(contact.created_at));
    if with_inboxes {
        let links = state.contacts.links(contact.account, contact.id);
        let links: Vec<Value> = links.map(|link| contact_inbox(state, link)).collect();
        shown.insert("contact_inboxes".to_owned(), Value::Array(links));
    }
    Value::Object(shown)
}

/// Returns a contact as the sender of a message, in webhooks and in the live feed.
pub(in crate::fake) fn contact_push(contact: &Contact, viewer: Viewer) -> Value {
    let mut shown = map(json!({
        "additional_attributes": contact.additional,
        "custom_attributes": contact.custom,
        "email": contact.email,
        "id": contact.id,
        "identifier": contact.identifier,
        "name": contact.name,
        "phone_number": contact.phone_number,
        "thumbnail": contact.avatar,
        "blocked": contact.blocked,
        "type": "contact",
    }));
    if viewer.companies {
        shown.insert("company_id".to_owned(), json!(contact.company));
    }
    Value::Object(shown)
}

/// What the one who is shown a row gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) struct Viewer {
    /// Whether users' availability is known: only in a user's request.
    pub(in crate::fake) availability: bool,
    /// Whether contacts have a company.
    pub(in crate::fake) companies: bool,
}

impl Viewer {
    /// A request of the account.
    pub(in crate::fake) const ACCOUNT: Self = Self { availability: true, companies: true };
    /// Any other response, and webhooks.
    pub(in crate::fake) const OUTSIDE: Self = Self { availability: false, companies: true };
}

/// Returns a user as the sender of a message or as an assignee, in webhooks and in the live feed.
pub(in crate::fake) fn user_push(state: &State, account: i64, id: i64, viewer: Viewer) -> Value {
    let Some(user) = state.users.get(&id) else { return Value::Null };
    let member = state.memberships.get(&(account, id)).filter(|_| viewer.availability);
    let status = member.map(|member| availability(state, member));
    json!({
        "id": user.id,
        "name": user.name,
        "available_name": user.available_name(),
        "avatar_url": "",
        "type": "user",
        "availability_status": status,
        "thumbnail": "",
    })
}

fn sender(state: &State, message: &Message, viewer: Viewer) -> Option<Value> {
    match message.sender? {
        Sender::User(id) => Some(user_push(state, message.account, id, viewer)),
        Sender::Contact(id) => {
            state.contacts.get(message.account, id).map(|contact| contact_push(contact, viewer))
        }
    }
}

/// Returns a message as in the Application API.
pub(in crate::fake) fn message(state: &State, message: &Message, echo: Option<&str>) -> Value {
    let mut shown = map(json!({
        "id": message.id,
        "content": message.content,
        "inbox_id": message.inbox,
        "conversation_id": message.conversation,
        "message_type": message.kind.number(),
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": message.content_attributes,
        "created_at": epoch(message.created_at),
        "private": message.private,
        "source_id": message.source_id,
    }));
    if let Some(echo) = echo {
        shown.insert("echo_id".to_owned(), Value::from(echo));
    }
    add_sender(&mut shown, state, message, Viewer::ACCOUNT);
    Value::Object(shown)
}

/// Returns a message as in the public API.
pub(in crate::fake) fn public_message(state: &State, message: &Message) -> Value {
    let mut shown = map(json!({
        "id": message.id,
        "content": message.content,
        "message_type": message.kind.number(),
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "created_at": epoch(message.created_at),
        "conversation_id": message.conversation,
    }));
    add_sender(&mut shown, state, message, Viewer::OUTSIDE);
    Value::Object(shown)
}

fn add_sender(shown: &mut Map<String, Value>, state: &State, message: &Message, viewer: Viewer) {
    if let Some(sender) = sender(state, message, viewer) {
        shown.insert("sender".to_owned(), sender);
    }
    if !message.attachments.is_empty() {
        shown.insert("attachments".to_owned(), Value::Array(message.attachments.clone()));
    }
}

/// Returns a message as part of a conversation, and in webhooks.
pub(in crate::fake) fn message_push(state: &State, message: &Message, viewer: Viewer) -> Value {
    let conversation = state.conversations.get(message.account, message.conversation);
    let source = conversation.and_then(|conversation| {
        Some(&state.contacts.inboxes.get(message.account, conversation.contact_inbox)?.source_id)
    });
    let (kind, id) = match message.sender {
        Some(Sender::User(id)) => (Some("User"), Some(id)),
        Some(Sender::Contact(id)) => (Some("Contact"), Some(id)),
        None => (None, None),
    };
    let mut shown = map(json!({
        "id": message.id,
        "content": message.content,
        "account_id": message.account,
        "inbox_id": message.inbox,
        "conversation_id": message.conversation,
        "message_type": message.kind.number(),
        "created_at": epoch(message.created_at),
        "updated_at": iso(message.updated_at),
        "private": message.private,
        "status": message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "sender_type": kind,
        "sender_id": id,
        "external_source_ids": {},
        "additional_attributes": message.additional,
        "processed_message_content": message.content,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.and_then(|conversation| conversation.assignee),
            "unread_count": conversation.map(|conversation| state.conversations.unread(conversation)),
            "last_activity_at": conversation.map(|conversation| epoch(conversation.last_activity_at)),
            "contact_inbox": { "source_id": source },
        },
    }));
    add_sender(&mut shown, state, message, viewer);
    Value::Object(shown)
}

/// Whether an agent may still reply: an API inbox can require a recent message of the customer.
pub(in crate::fake) fn can_reply(state: &State, conversation: &Conversation) -> bool {
    let inbox = state.inboxes.get(conversation.account, conversation.inbox);
    let Some(hours) = inbox.and_then(reply_window_hours) else { return true };
    let last = state.conversations.last_incoming(conversation).map(|message| message.created_at);
    last.is_some_and(|at| state.now().as_second() - at.as_second() < hours * 3_600)
}

/// Returns a conversation as in webhooks and in the live feed.
pub(in crate::fake) fn conversation_push(
    state: &State,
    row: &Conversation,
    viewer: Viewer,
) -> Value {
    let inbox = state.inboxes.get(row.account, row.inbox);
    let link = state.contacts.inboxes.get(row.account, row.contact_inbox);
    let messages = state.conversations.messages(row).rev().find(|message| message.is_chat());
    let messages: Vec<Value> =
        messages.map(|message| message_push(state, message, viewer)).into_iter().collect();
    let sender =
        state.contacts.get(row.account, row.contact).map(|contact| contact_push(contact, viewer));
    let assignee = row.assignee.map(|id| user_push(state, row.account, id, viewer));
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
    })
}

/// Returns a conversation as in the Application API.
pub(in crate::fake) fn conversation(
    state: &State,
    conversation: &Conversation,
    viewer: i64,
) -> Value {
    let account = conversation.account;
    let sender = state.contacts.get(account, conversation.contact);
    let inbox = state.inboxes.get(account, conversation.inbox);
    let link = state.contacts.inboxes.get(account, conversation.contact_inbox);
    let mut meta = map(json!({
        "sender": sender.map(|sender| contact(state, sender, false)),
        "channel": inbox.map(channel_type),
        "hmac_verified": link.map(|link| link.hmac_verified),
    }));
    if let Some(user) = conversation.assignee {
        meta.insert("assignee".to_owned(), agent(state, account, user));
        meta.insert("assignee_type".to_owned(), Value::from("User"));
    }
    if let Some(team) = conversation.team.and_then(|team| state.teams.get(account, team)) {
        meta.insert("team".to_owned(), team.view(viewer));
    }
    let push = |message: &Message| message_push(state, message, Viewer::ACCOUNT);
    let mut messages = state.conversations.messages(conversation).rev();
    let last: Vec<Value> = messages.next().map(push).into_iter().collect();
    let last_message = state
        .conversations
        .messages(conversation)
        .rev()
        .find(|message| message.kind != MessageType::Activity)
        .map(push);
    json!({
        "meta": meta,
        "id": conversation.id,
        "messages": last,
        "account_id": account,
        "uuid": conversation.uuid,
        "additional_attributes": conversation.additional,
        "agent_last_seen_at": epoch_or_zero(conversation.agent_last_seen_at),
        "assignee_last_seen_at": epoch_or_zero(conversation.assignee_last_seen_at),
        "can_reply": can_reply(state, conversation),
        "contact_last_seen_at": epoch_or_zero(conversation.contact_last_seen_at),
        "custom_attributes": conversation.custom,
        "inbox_id": conversation.inbox,
        "labels": conversation.labels,
        "muted": sender.is_some_and(|sender| sender.blocked),
        "snoozed_until": conversation.snoozed_until.map(iso),
        "status": conversation.status.as_str(),
        "created_at": epoch(conversation.created_at),
        "updated_at": epoch_fraction(conversation.updated_at),
        "timestamp": epoch(conversation.last_activity_at),
        "first_reply_created_at": epoch_or_zero(conversation.first_reply_created_at),
        "unread_count": state.conversations.unread(conversation),
        "last_non_activity_message": last_message,
        "last_activity_at": epoch(conversation.last_activity_at),
        "priority": conversation.priority,
        "waiting_since": epoch_or_zero(conversation.waiting_since),
        "sla_policy_id": null,
        "sla_events": [],
    })
}

/// Returns a contact as its database row, which is the form in the public API.
pub(in crate::fake) fn contact_row(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "name": contact.name,
        "email": contact.email,
        "phone_number": contact.phone_number,
        "account_id": contact.account,
        "created_at": iso(contact.created_at),
        "updated_at": iso(contact.updated_at),
        "additional_attributes": contact.additional,
        "identifier": contact.identifier,
        "custom_attributes": contact.custom,
        "last_activity_at": contact.last_activity_at.map(iso),
        "contact_type": if contact.visitor { "visitor" } else { "lead" },
        "middle_name": "",
        "last_name": "",
        "location": null,
        "country_code": null,
        "blocked": contact.blocked,
        "company_id": contact.company,
        "label_list": contact.labels,
    })
}
