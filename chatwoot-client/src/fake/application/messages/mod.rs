//! Messages of a conversation in the Application API.

pub(in crate::fake) mod save;
pub(in crate::fake) mod templates;

use serde_json::{Map, Value, json};

use crate::fake::application::attachments;
use crate::fake::application::conversations::find;
use crate::fake::application::conversations::store::{Conversation, Message, MessageType, Sender};
use crate::fake::application::messages::save as message_save;
use crate::fake::clock::iso;
use crate::fake::event;
use crate::fake::http::input::{Ctx, flag, id, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::shapes;
use crate::fake::shapes::Viewer;
use crate::fake::state::State;

/// The number of messages in the default window.
pub(in crate::fake) const LATEST: usize = 20;
const AFTER: usize = 100;
const BETWEEN: usize = 1_000;
const LONGEST: usize = 150_000;
const CONTENT_TYPES: [&str; 13] = [
    "text",
    "input_text",
    "input_textarea",
    "input_email",
    "input_select",
    "cards",
    "form",
    "article",
    "incoming_email",
    "input_csat",
    "integrations",
    "sticker",
    "voice_call",
];

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let ["conversations", conversation, "messages", rest @ ..] = rest else { return None };
    let conversation = id(conversation);
    match (verb, rest) {
        ("GET", []) => to(move |ctx| list(ctx, conversation)),
        ("POST", []) => to(move |ctx| create(ctx, conversation)),
        ("PATCH" | "PUT", [message]) => {
            let message = id(message);
            to(move |ctx| update(ctx, conversation, message))
        }
        ("DELETE", [message]) => {
            let message = id(message);
            to(move |ctx| delete(ctx, conversation, message))
        }
        _ => None,
    }
}

fn list(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let conversation = find(ctx, conversation)?;
    let bound = |name: &str| ctx.query(name).filter(|text| !text.is_empty()).map(id);
    let (after, before) = (bound("after"), bound("before"));
    let all = |_: &&Message| true;
    let messages = window(ctx.state, conversation, after, before, all);
    let shown: Vec<Value> =
        messages.into_iter().map(|message| shapes::message(ctx.state, message, None)).collect();
    let contact = ctx
        .state
        .contacts
        .get(conversation.account, conversation.contact)
        .map(|contact| shapes::contact_push(contact, Viewer::ACCOUNT));
    let mut meta = json!({
        "labels": conversation.labels,
        "additional_attributes": conversation.additional,
        "contact": contact,
        "agent_last_seen_at": conversation.agent_last_seen_at.map(iso),
        "assignee_last_seen_at": conversation.assignee_last_seen_at.map(iso),
    });
    if let (Value::Object(map), Some(user)) = (&mut meta, conversation.assignee) {
        let shown = shapes::user_push(ctx.state, conversation.account, user, Viewer::ACCOUNT);
        map.insert("assignee".to_owned(), shown);
    }
    Ok(FakeResponse::json(&json!({ "meta": meta, "payload": shown })))
}

/// Returns a window of a conversation's messages, oldest first: the 20 newest, the 20 before a
/// message, up to 100 after one, or up to 1,000 between two.
pub(in crate::fake) fn window<'a>(
    state: &'a State,
    conversation: &'a Conversation,
    after: Option<i64>,
    before: Option<i64>,
    keep: impl Fn(&&Message) -> bool,
) -> Vec<&'a Message> {
    let messages = state.conversations.messages(conversation).filter(|message| keep(message));
    match (after, before) {
        (Some(after), Some(before)) => messages
            .filter(|message| message.id >= after && message.id < before)
            .take(BETWEEN)
            .collect(),
        (Some(after), None) => messages.filter(|message| message.id > after).take(AFTER).collect(),
        (None, before) => {
            let older = |message: &&Message| before.is_none_or(|before| message.id < before);
            let mut newest: Vec<&Message> = messages.rev().filter(older).take(LATEST).collect();
            newest.reverse();
            newest
        }
    }
}

fn create(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let conversation = find(ctx, conversation)?.clone();
    let user = ctx.user();
    let draft = build(ctx.state, &conversation, user, ctx.body())?;
    let echo = text(ctx.body(), "echo_id");
    let id = message_save::post(ctx.state, draft, Some(user));
    let message =
        ctx.state.conversations.message(ctx.account, id).ok_or_else(ErrorResponse::not_found)?;
    Ok(FakeResponse::json(&shapes::message(ctx.state, message, echo.as_deref())))
}

/// Creates a user's message from the parameters, with the server's validations.
pub(in crate::fake) fn build(
    state: &State,
    conversation: &Conversation,
    user: i64,
    params: &Value,
) -> Result<Message, ErrorResponse> {
    let mut message =
        Message::new(conversation.account, conversation.id, conversation.inbox, state.now());
    let invalid = |word: &str, what: &str| {
        ErrorResponse::unprocessable(&format!("'{word}' is not a valid {what}"))
    };
    let kind = text(params, "message_type").unwrap_or_else(|| "outgoing".to_owned());
    message.kind = MessageType::read(&kind).ok_or_else(|| invalid(&kind, "message_type"))?;
    let inbox = state.inboxes.get(conversation.account, conversation.inbox);
    let is_api = inbox.is_some_and(|inbox| shapes::channel_type(inbox) == "Channel::Api");
    if message.kind == MessageType::Incoming && !is_api {
        return Err(ErrorResponse::unprocessable(
            "Incoming messages are only allowed in Api inboxes",
        ));
    }
    if let Some(word) = text(params, "content_type") {
        if !CONTENT_TYPES.contains(&word.as_str()) {
            return Err(invalid(&word, "content_type"));
        }
        message.content_type = word;
    }
    message.content = text(params, "content");
    if message.content.as_ref().is_some_and(|content| content.chars().count() > LONGEST) {
        return Err(ErrorResponse::unprocessable(
            "Validation failed: Content is too long (maximum is 150000 characters)",
        ));
    }
    message.sender = Some(match message.kind {
        MessageType::Outgoing => Sender::User(user),
        _ => Sender::Contact(conversation.contact),
    });
    message.private = flag(params, "private").unwrap_or(false);
    message.source_id = text(params, "source_id");
    message.content_attributes = attributes(state, conversation, params);
    if let Some(campaign) = params.get("campaign_id").filter(|value| !value.is_null()) {
        message.additional.insert("campaign_id".to_owned(), campaign.clone());
    }
    message.attachments = attachments::of(state, conversation.account, params);
    Ok(message)
}

fn attributes(state: &State, conversation: &Conversation, params: &Value) -> Map<String, Value> {
    let mut attributes = match params.get("content_attributes") {
        Some(Value::Object(map)) => map.clone(),
        // A multipart form sends it as text.
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    };
    if let Some(at) = params.get("external_created_at").filter(|value| !value.is_null()) {
        attributes.insert("external_created_at".to_owned(), at.clone());
    }
    if let Some(target) = attributes.get("in_reply_to").and_then(id_of) {
        let found = state.conversations.messages(conversation).find(|message| message.id == target);
        let source = found.and_then(|message| message.source_id.clone());
        attributes.insert("in_reply_to".to_owned(), json!(found.map(|message| message.id)));
        attributes.insert("in_reply_to_external_id".to_owned(), json!(source));
    }
    attributes
}

fn find_message(ctx: &Ctx<'_>, conversation: i64, message: i64) -> Result<Message, ErrorResponse> {
    let conversation = find(ctx, conversation)?.id;
    let found = ctx.state.conversations.message(ctx.account, message);
    found
        .filter(|message| message.conversation == conversation)
        .cloned()
        .ok_or_else(ErrorResponse::not_found)
}

/// Stores a changed message, emits its event if it changed, and returns it.
fn store(ctx: &mut Ctx<'_>, mut message: Message, changed: bool) -> Outcome {
    let id = message.id;
    if changed {
        message.updated_at = ctx.state.now();
        if let Some(row) = ctx.state.conversations.message_mut(ctx.account, id) {
            let before = std::mem::replace(row, message);
            event::message_updated(ctx.state, &before);
        }
    }
    let message =
        ctx.state.conversations.message(ctx.account, id).ok_or_else(ErrorResponse::not_found)?;
    Ok(FakeResponse::json(&shapes::message(ctx.state, message, None)))
}

/// Updates the delivery status, which is only possible in an API inbox; an unknown status changes
/// nothing.
fn update(ctx: &mut Ctx<'_>, conversation: i64, message: i64) -> Outcome {
    let inbox = find(ctx, conversation)?.inbox;
    let inbox = ctx.state.inboxes.get(ctx.account, inbox);
    if inbox.is_none_or(|inbox| shapes::channel_type(inbox) != "Channel::Api") {
        let body = json!({ "error": "Message status update is only allowed for API inboxes" });
        return Ok(FakeResponse::with_status(403, &body));
    }
    let old = find_message(ctx, conversation, message)?;
    let status = text(ctx.body(), "status").unwrap_or_default();
    let known = ["sent", "delivered", "read", "failed"].contains(&status.as_str());
    if !known || (old.status == "read" && status == "delivered") {
        return store(ctx, old, false);
    }
    let mut new = old.clone();
    let fault = text(ctx.body(), "external_error").filter(|_| status == "failed");
    match fault {
        Some(fault) => {
            new.content_attributes.insert("external_error".to_owned(), Value::from(fault));
        }
        None if new.content_attributes.contains_key("external_error") => {
            new.content_attributes.insert("external_error".to_owned(), Value::Null);
        }
        None => {}
    }
    new.status = status;
    let changed = new.status != old.status || new.content_attributes != old.content_attributes;
    store(ctx, new, changed)
}

/// Clears the text; the message remains, marked as deleted.
fn delete(ctx: &mut Ctx<'_>, conversation: i64, message: i64) -> Outcome {
    let mut message = find_message(ctx, conversation, message)?;
    message.content = Some("This message was deleted".to_owned());
    "text".clone_into(&mut message.content_type);
    message.content_attributes = Map::from_iter([("deleted".to_owned(), Value::Bool(true))]);
    message.attachments.clear();
    store(ctx, message, true)
}
