//! Conversations and messages in the widget API.

use serde_json::{Map, Value, json};

use crate::fake::application::attachments;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::merge::NamePolicy;
use crate::fake::application::conversations::open as conversation_open;
use crate::fake::application::conversations::save::{Actor, save};
use crate::fake::application::conversations::store::{
    Conversation, Message, MessageType, Sender, Status,
};
use crate::fake::application::conversations::typing;
use crate::fake::application::messages::save as message_save;
use crate::fake::application::messages::window;
use crate::fake::event;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::public::conversations as public_conversations;
use crate::fake::public::widget::{authenticate, identify};
use crate::fake::shapes;
use crate::fake::shapes::epoch_or_zero;
use crate::fake::state::State;

/// Paths below `/api/v1/widget`.
pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["conversations"]) => to(show),
        ("POST", ["conversations"]) => to(create),
        ("POST", ["conversations", "update_last_seen"]) => to(update_last_seen),
        ("POST", ["conversations", "toggle_typing"]) => to(toggle_typing),
        ("GET", ["conversations", "toggle_status"]) => to(resolve),
        ("POST", ["conversations", "set_custom_attributes"]) => to(replace_attributes),
        ("POST", ["conversations", "destroy_custom_attributes"]) => to(remove_attributes),
        ("GET", ["messages"]) => to(list_messages),
        ("POST", ["messages"]) => to(create_message),
        ("PATCH" | "PUT", ["messages", message]) => {
            let message = id(message);
            to(move |ctx| submit_values(ctx, message))
        }
        _ => None,
    }
}

/// Returns the conversations that the visitor sees: those of this contact inbox; for a verified
/// one, those of all verified contact inboxes of the contact, oldest first. A verified visitor who
/// became another contact therefore reads that contact's verified conversations.
fn visible(state: &State, link: &ContactInbox) -> Vec<Conversation> {
    let verified = |id: i64| {
        let row = state.contacts.inboxes.get(link.account, id);
        row.is_some_and(|row| row.inbox == link.inbox && row.hmac_verified)
    };
    let all = state.conversations.of_contact(link.account, link.contact);
    all.filter(|conversation| {
        if link.hmac_verified {
            verified(conversation.contact_inbox)
        } else {
            conversation.contact_inbox == link.id
        }
    })
    .cloned()
    .collect()
}

/// Returns the visitor's conversation: the last one that they see.
fn current(state: &State, link: &ContactInbox) -> Option<Conversation> {
    visible(state, link).pop()
}

/// Returns the visitor and their conversation, or a 404 with an empty body.
fn visitor_conversation(ctx: &mut Ctx<'_>) -> Result<(ContactInbox, Conversation), ErrorResponse> {
    let link = authenticate(ctx)?;
    let conversation = current(ctx.state, &link)
        .ok_or_else(|| ErrorResponse(FakeResponse::empty_with_status(404)))?;
    Ok((link, conversation))
}

fn head(conversation: &Conversation) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(conversation.id)),
        ("inbox_id".to_owned(), json!(conversation.inbox)),
        ("contact_last_seen_at".to_owned(), epoch_or_zero(conversation.contact_last_seen_at)),
        ("status".to_owned(), json!(conversation.status.as_str())),
    ])
}

/// Custom attributes are not returned to the visitor.
fn show(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let conversation = current(ctx.state, &link);
    Ok(FakeResponse::json(&Value::Object(
        conversation.map(|conversation| head(&conversation)).unwrap_or_default(),
    )))
}

/// Handles the pre-chat form and the first message. A contact that already has the form's e-mail
/// address or phone number absorbs the visitor, without a proof.
fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let contact = identify_by(ctx, &link, &["email", "phone_number"])?;
    let contact_row = shapes::contact_row(ctx.state.contacts.find(link.account, contact)?);
    let conversation = begin(ctx, &link)?;
    let message = new_message(ctx, &conversation, contact);
    let message_id = ctx.state.conversations.add_message(message);
    event::conversation_created(ctx.state, conversation.account, conversation.id);
    message_save::apply_effects(ctx.state, conversation.account, conversation.id, message_id, None);
    let conversation = ctx
        .state
        .conversations
        .get(conversation.account, conversation.id)
        .ok_or_else(ErrorResponse::internal_server_error)?;
    let messages = ctx.state.conversations.messages(conversation).map(|message| {
        let mut shown = shapes::public_message(ctx.state, message);
        // In this response only, the type of a message that the server created meanwhile is a
        // string.
        if let (true, Value::Object(map)) = (message.id != message_id, &mut shown) {
            map.insert("message_type".to_owned(), Value::from(message.kind.as_str()));
        }
        shown
    });
    let messages: Value = messages.collect();
    let mut shown = head(conversation);
    shown.insert("messages".to_owned(), messages);
    shown.insert("custom_attributes".to_owned(), json!(conversation.custom));
    shown.insert("contact".to_owned(), contact_row);
    Ok(FakeResponse::json(&Value::Object(shown)))
}

/// Returns the remaining contact after these fields of `contact` in the body are applied. A name is
/// only applied to a contact without an identity.
fn identify_by(
    ctx: &mut Ctx<'_>,
    link: &ContactInbox,
    fields: &[&str],
) -> Result<i64, ErrorResponse> {
    let is_known = ctx.state.contacts.find(link.account, link.contact)?.is_resolved();
    let given = ctx.body().get("contact").cloned().unwrap_or_default();
    let local = || Some(text(&given, "email")?.split('@').next()?.to_lowercase());
    let name = text(&given, "name").or_else(local).filter(|_| !is_known);
    let given = fields.iter().filter_map(|field| Some(((*field).to_owned(), text(&given, field)?)));
    let params: Map<String, Value> = given
        .chain(name.map(|name| ("name".to_owned(), name)))
        .map(|(field, text)| (field, Value::from(text)))
        .collect();
    identify(ctx, link, Value::Object(params), NamePolicy::Existing)
}

/// Creates a conversation of the visitor with the page's values. There may be any number, even if
/// the inbox is locked to a single conversation.
fn begin(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Result<Conversation, ErrorResponse> {
    let body = ctx.body();
    let message = body.get("message").cloned().unwrap_or_default();
    let params = json!({
        "custom_attributes": body.get("custom_attributes"),
        "additional_attributes": {
            "browser_language": null,
            "browser": {
                "browser_name": "Unknown Browser",
                "browser_version": "0.0",
                "device_name": "Unknown",
                "platform_name": "Unknown",
                "platform_version": "0",
            },
            "initiated_at": { "timestamp": message.get("timestamp") },
            "referer": message.get("referer_url"),
        },
    });
    let id = conversation_open::begin(ctx.state, link.account, link.id, &params)?;
    ctx.state
        .conversations
        .get(link.account, id)
        .cloned()
        .ok_or_else(ErrorResponse::internal_server_error)
}

/// Returns the visitor's message in the body.
fn new_message(ctx: &Ctx<'_>, conversation: &Conversation, contact: i64) -> Message {
    let given = ctx.body().get("message").cloned().unwrap_or_default();
    let mut message =
        Message::new(conversation.account, conversation.id, conversation.inbox, ctx.state.now());
    message.kind = MessageType::Incoming;
    message.sender = Some(Sender::Contact(contact));
    message.content = text(&given, "content");
    let reply_to = given.get("reply_to").cloned().unwrap_or_default();
    message.content_attributes.insert("in_reply_to".to_owned(), reply_to);
    message.attachments = attachments::of(ctx.state, conversation.account, &given);
    message
}

/// Creates a message; the first one starts the conversation, and only then are the page's
/// attributes applied, and its labels that the account has.
fn create_message(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let conversation = if let Some(conversation) = current(ctx.state, &link) {
        conversation
    } else {
        let mut conversation = begin(ctx, &link)?;
        event::conversation_created(ctx.state, conversation.account, conversation.id);
        let wanted =
            ctx.body().get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
        let labels = ctx.state.labels.of(conversation.account).map(|label| label.title.clone());
        conversation.labels = labels.filter(|title| wanted.contains(&json!(title))).collect();
        save(ctx.state, conversation.clone(), Actor::Contact);
        conversation
    };
    let message = new_message(ctx, &conversation, link.contact);
    let id = message_save::post(ctx.state, message, None);
    let message = ctx
        .state
        .conversations
        .message(conversation.account, id)
        .ok_or_else(ErrorResponse::internal_server_error)?;
    let mut shown = shapes::public_message(ctx.state, message);
    if let Value::Object(map) = &mut shown {
        map.remove("content_type");
        map.insert("inbox_id".to_owned(), json!(message.inbox));
        map.insert("private".to_owned(), json!(message.private));
        map.insert("source_id".to_owned(), json!(message.source_id));
    }
    Ok(FakeResponse::json(&shown))
}

fn list_messages(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let Some(conversation) = current(ctx.state, &link) else {
        return Ok(FakeResponse::json(&json!({ "payload": [] })));
    };
    let bound = |name: &str| ctx.query(name).filter(|text| !text.is_empty()).map(id);
    let public = |message: &&Message| message.is_chat();
    let shown: Value = window(ctx.state, &conversation, bound("after"), bound("before"), public)
        .into_iter()
        .map(|message| shapes::public_message(ctx.state, message))
        .collect();
    let meta = json!({ "contact_last_seen_at": epoch_or_zero(conversation.contact_last_seen_at) });
    Ok(FakeResponse::json(&json!({ "payload": shown, "meta": meta })))
}

/// Stores the values that the visitor submitted. With an e-mail input, a contact that already has
/// the address absorbs the visitor.
fn submit_values(ctx: &mut Ctx<'_>, message: i64) -> Outcome {
    let link = authenticate(ctx)?;
    let account = link.account;
    let is_visible = visible(ctx.state, &link)
        .iter()
        .any(|conversation| conversation.messages.contains(&message));
    let row = ctx.state.conversations.message(account, message).filter(|_| is_visible);
    let is_email = row.ok_or_else(ErrorResponse::not_found)?.content_type == "input_email";
    let contact = shapes::contact_row(ctx.state.contacts.find(account, link.contact)?);
    let body = ctx.body();
    let (key, value) = if is_email {
        ("submitted_email", body.pointer("/contact/email").cloned())
    } else {
        ("submitted_values", body.pointer("/message/submitted_values").cloned())
    };
    let now = ctx.state.now();
    if let Some(value) = value
        && let Some(row) = ctx.state.conversations.message_mut(account, message)
        && row.content_attributes.get(key) != Some(&value)
    {
        let before = row.clone();
        row.content_attributes.insert(key.to_owned(), value);
        row.updated_at = now;
        event::message_updated(ctx.state, &before);
    }
    if is_email {
        identify_by(ctx, &link, &["email"])?;
    }
    Ok(FakeResponse::json(&json!({ "contact": contact })))
}

fn replace_attributes(ctx: &mut Ctx<'_>) -> Outcome {
    let (_, mut conversation) = visitor_conversation(ctx)?;
    let given = ctx.body().get("custom_attributes").and_then(Value::as_object);
    conversation.custom = given.cloned().unwrap_or_default();
    save(ctx.state, conversation, Actor::Contact);
    Ok(FakeResponse::no_content())
}

fn remove_attributes(ctx: &mut Ctx<'_>) -> Outcome {
    let (_, mut conversation) = visitor_conversation(ctx)?;
    for key in ctx.body().get("custom_attribute").and_then(Value::as_array).into_iter().flatten() {
        conversation.custom.remove(key.as_str().unwrap_or_default());
    }
    let mut shown = head(&conversation);
    shown.insert("custom_attributes".to_owned(), json!(conversation.custom));
    save(ctx.state, conversation, Actor::Contact);
    Ok(FakeResponse::json(&Value::Object(shown)))
}

fn toggle_typing(ctx: &mut Ctx<'_>) -> Outcome {
    let (link, conversation) = visitor_conversation(ctx)?;
    if let Some(on) = typing(text(ctx.body(), "typing_status").as_deref()) {
        event::typing(
            ctx.state,
            conversation.account,
            conversation.id,
            Sender::Contact(link.contact),
            on,
            false,
        );
    }
    Ok(FakeResponse::empty())
}

fn update_last_seen(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    if let Some(conversation) = current(ctx.state, &link) {
        public_conversations::mark_seen(ctx.state, conversation);
    }
    Ok(FakeResponse::empty())
}

/// Resolves the conversation, if the inbox allows visitors to end one.
fn resolve(ctx: &mut Ctx<'_>) -> Outcome {
    let (link, mut conversation) = visitor_conversation(ctx)?;
    let inbox =
        ctx.state.inboxes.get(link.account, link.inbox).ok_or_else(ErrorResponse::not_found)?;
    let features = inbox.channel().settings.get("selected_feature_flags").and_then(Value::as_array);
    if !features.is_some_and(|features| features.contains(&json!("end_conversation"))) {
        return Err(ErrorResponse(FakeResponse::empty_with_status(403)));
    }
    conversation.status = Status::Resolved;
    save(ctx.state, conversation, Actor::Contact);
    Ok(FakeResponse::empty())
}
