//! Conversations and messages in the widget API.

use serde_json::{Map, Value, json};

use crate::fake::application::attachments;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::merge::Name;
use crate::fake::application::conversations::open as conversation_open;
use crate::fake::application::conversations::save::{By, save};
use crate::fake::application::conversations::store::{
    Conversation, Message, MessageType, Sender, Status,
};
use crate::fake::application::conversations::typing;
use crate::fake::application::messages::save as message_save;
use crate::fake::application::messages::window;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{Answer, Outcome, Refusal};
use crate::fake::http::router::{Routed, to};
use crate::fake::public::conversations as public_talk;
use crate::fake::public::widget::{enter, identify};
use crate::fake::shapes;
use crate::fake::shapes::epoch_or_zero;
use crate::fake::state::State;
use crate::fake::webhook::payloads::{tell_conversation, tell_message, tell_typing};

/// Paths below `/api/v1/widget`.
pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["conversations"]) => to(show),
        ("POST", ["conversations"]) => to(create),
        ("POST", ["conversations", "update_last_seen"]) => to(see),
        ("POST", ["conversations", "toggle_typing"]) => to(toggle_typing),
        ("GET", ["conversations", "toggle_status"]) => to(resolve),
        ("POST", ["conversations", "set_custom_attributes"]) => to(replace_attributes),
        ("POST", ["conversations", "destroy_custom_attributes"]) => to(remove_attributes),
        ("GET", ["messages"]) => to(list_messages),
        ("POST", ["messages"]) => to(create_message),
        ("PATCH" | "PUT", ["messages", message]) => {
            let message = id(message);
            to(move |ctx| answer_message(ctx, message))
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
    let all = state.talk.of_contact(link.account, link.contact);
    all.filter(|talk| {
        if link.hmac_verified {
            verified(talk.contact_inbox)
        } else {
            talk.contact_inbox == link.id
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
fn enter_talk(ctx: &mut Ctx<'_>) -> Result<(ContactInbox, Conversation), Refusal> {
    let link = enter(ctx)?;
    let talk = current(ctx.state, &link).ok_or_else(|| Refusal(Answer::nothing(404)))?;
    Ok((link, talk))
}

fn head(talk: &Conversation) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(talk.id)),
        ("inbox_id".to_owned(), json!(talk.inbox)),
        ("contact_last_seen_at".to_owned(), epoch_or_zero(talk.contact_last_seen_at)),
        ("status".to_owned(), json!(talk.status.as_str())),
    ])
}

/// Custom attributes are not returned to the visitor.
fn show(ctx: &mut Ctx<'_>) -> Outcome {
    let link = enter(ctx)?;
    let talk = current(ctx.state, &link);
    Ok(Answer::json(&Value::Object(talk.map(|talk| head(&talk)).unwrap_or_default())))
}

/// Handles the pre-chat form and the first message. A contact that already has the form's e-mail
/// address or phone number absorbs the visitor, without a proof.
fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let link = enter(ctx)?;
    let contact = introduced(ctx, &link, &["email", "phone_number"])?;
    let person = shapes::contact_row(ctx.state.contacts.find(link.account, contact)?);
    let talk = begin(ctx, &link)?;
    let message = written(ctx, &talk, contact);
    let said = ctx.state.talk.say(message);
    tell_begun(ctx.state, &talk);
    message_save::follow(ctx.state, talk.account, talk.id, said, None);
    let talk = ctx.state.talk.get(talk.account, talk.id).ok_or_else(Refusal::crash)?;
    let messages = ctx.state.talk.messages(talk).map(|message| {
        let mut shown = shapes::public_message(ctx.state, message);
        // In this response only, the type of a message that the server created meanwhile is a
        // string.
        if let (true, Value::Object(map)) = (message.id != said, &mut shown) {
            map.insert("message_type".to_owned(), Value::from(message.kind.as_str()));
        }
        shown
    });
    let messages: Value = messages.collect();
    let mut shown = head(talk);
    shown.insert("messages".to_owned(), messages);
    shown.insert("custom_attributes".to_owned(), json!(talk.custom));
    shown.insert("contact".to_owned(), person);
    Ok(Answer::json(&Value::Object(shown)))
}

/// Returns the remaining contact after these fields of `contact` in the body are applied. A name is
/// only applied to a contact without an identity.
fn introduced(ctx: &mut Ctx<'_>, link: &ContactInbox, fields: &[&str]) -> Result<i64, Refusal> {
    let is_known = ctx.state.contacts.find(link.account, link.contact)?.is_resolved();
    let given = ctx.body().get("contact").cloned().unwrap_or_default();
    let local = || Some(text(&given, "email")?.split('@').next()?.to_lowercase());
    let name = text(&given, "name").or_else(local).filter(|_| !is_known);
    let given = fields.iter().filter_map(|field| Some(((*field).to_owned(), text(&given, field)?)));
    let params: Map<String, Value> = given
        .chain(name.map(|name| ("name".to_owned(), name)))
        .map(|(field, text)| (field, Value::from(text)))
        .collect();
    identify(ctx, link, Value::Object(params), Name::OfContactFound)
}

/// Creates a conversation of the visitor with the page's values. There may be any number, even if
/// the inbox is locked to a single conversation.
fn begin(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Result<Conversation, Refusal> {
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
    ctx.state.talk.get(link.account, id).cloned().ok_or_else(Refusal::crash)
}

fn tell_begun(state: &mut State, talk: &Conversation) {
    tell_conversation(state, talk.account, talk.id, "conversation_created", Map::new());
}

/// Returns the visitor's message in the body.
fn written(ctx: &Ctx<'_>, talk: &Conversation, contact: i64) -> Message {
    let given = ctx.body().get("message").cloned().unwrap_or_default();
    let mut message = Message::new(talk.account, talk.id, talk.inbox, ctx.state.now());
    message.kind = MessageType::Incoming;
    message.sender = Some(Sender::Contact(contact));
    message.content = text(&given, "content");
    let answered = given.get("reply_to").cloned().unwrap_or_default();
    message.content_attributes.insert("in_reply_to".to_owned(), answered);
    message.attachments = attachments::of(ctx.state, talk.account, &given);
    message
}

/// Creates a message; the first one starts the conversation, and only then are the page's
/// attributes applied, and its labels that the account has.
fn create_message(ctx: &mut Ctx<'_>) -> Outcome {
    let link = enter(ctx)?;
    let talk = if let Some(talk) = current(ctx.state, &link) {
        talk
    } else {
        let mut talk = begin(ctx, &link)?;
        tell_begun(ctx.state, &talk);
        let wanted =
            ctx.body().get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
        let labels = ctx.state.labels.of(talk.account).map(|label| label.title.clone());
        talk.labels = labels.filter(|title| wanted.contains(&json!(title))).collect();
        save(ctx.state, talk.clone(), By::Contact);
        talk
    };
    let message = written(ctx, &talk, link.contact);
    let id = message_save::post(ctx.state, message, None);
    let message = ctx.state.talk.message(talk.account, id).ok_or_else(Refusal::crash)?;
    let mut shown = shapes::public_message(ctx.state, message);
    if let Value::Object(map) = &mut shown {
        map.remove("content_type");
        map.insert("inbox_id".to_owned(), json!(message.inbox));
        map.insert("private".to_owned(), json!(message.private));
        map.insert("source_id".to_owned(), json!(message.source_id));
    }
    Ok(Answer::json(&shown))
}

fn list_messages(ctx: &mut Ctx<'_>) -> Outcome {
    let link = enter(ctx)?;
    let Some(talk) = current(ctx.state, &link) else {
        return Ok(Answer::json(&json!({ "payload": [] })));
    };
    let bound = |name: &str| ctx.query(name).filter(|text| !text.is_empty()).map(id);
    let public = |message: &&Message| message.is_chat();
    let shown: Value = window(ctx.state, &talk, bound("after"), bound("before"), public)
        .into_iter()
        .map(|message| shapes::public_message(ctx.state, message))
        .collect();
    let meta = json!({ "contact_last_seen_at": epoch_or_zero(talk.contact_last_seen_at) });
    Ok(Answer::json(&json!({ "payload": shown, "meta": meta })))
}

/// Stores the values that the visitor submitted. With an e-mail input, a contact that already has
/// the address absorbs the visitor.
fn answer_message(ctx: &mut Ctx<'_>, message: i64) -> Outcome {
    let link = enter(ctx)?;
    let account = link.account;
    let seen = visible(ctx.state, &link).iter().any(|talk| talk.messages.contains(&message));
    let row = ctx.state.talk.message(account, message).filter(|_| seen);
    let is_email = row.ok_or_else(Refusal::not_found)?.content_type == "input_email";
    let person = shapes::contact_row(ctx.state.contacts.find(account, link.contact)?);
    let body = ctx.body();
    let (key, value) = if is_email {
        ("submitted_email", body.pointer("/contact/email").cloned())
    } else {
        ("submitted_values", body.pointer("/message/submitted_values").cloned())
    };
    let now = ctx.state.now();
    if let Some(value) = value
        && let Some(row) = ctx.state.talk.message_mut(account, message)
        && row.content_attributes.get(key) != Some(&value)
    {
        row.content_attributes.insert(key.to_owned(), value);
        row.updated_at = now;
        tell_message(ctx.state, account, message, "message_updated");
    }
    if is_email {
        introduced(ctx, &link, &["email"])?;
    }
    Ok(Answer::json(&json!({ "contact": person })))
}

fn replace_attributes(ctx: &mut Ctx<'_>) -> Outcome {
    let (_, mut talk) = enter_talk(ctx)?;
    let given = ctx.body().get("custom_attributes").and_then(Value::as_object);
    talk.custom = given.cloned().unwrap_or_default();
    save(ctx.state, talk, By::Contact);
    Ok(Answer::no_content())
}

fn remove_attributes(ctx: &mut Ctx<'_>) -> Outcome {
    let (_, mut talk) = enter_talk(ctx)?;
    for key in ctx.body().get("custom_attribute").and_then(Value::as_array).into_iter().flatten() {
        talk.custom.remove(key.as_str().unwrap_or_default());
    }
    let mut shown = head(&talk);
    shown.insert("custom_attributes".to_owned(), json!(talk.custom));
    save(ctx.state, talk, By::Contact);
    Ok(Answer::json(&Value::Object(shown)))
}

fn toggle_typing(ctx: &mut Ctx<'_>) -> Outcome {
    let (link, talk) = enter_talk(ctx)?;
    if let Some(on) = typing(text(ctx.body(), "typing_status").as_deref()) {
        tell_typing(ctx.state, talk.account, talk.id, Sender::Contact(link.contact), on, false);
    }
    Ok(Answer::empty())
}

fn see(ctx: &mut Ctx<'_>) -> Outcome {
    let link = enter(ctx)?;
    if let Some(talk) = current(ctx.state, &link) {
        public_talk::mark_seen(ctx.state, talk);
    }
    Ok(Answer::empty())
}

/// Resolves the conversation, if the inbox allows visitors to end one.
fn resolve(ctx: &mut Ctx<'_>) -> Outcome {
    let (link, mut talk) = enter_talk(ctx)?;
    let inbox = ctx.state.inboxes.get(link.account, link.inbox).ok_or_else(Refusal::not_found)?;
    let features = inbox.channel().settings.get("selected_feature_flags").and_then(Value::as_array);
    if !features.is_some_and(|features| features.contains(&json!("end_conversation"))) {
        return Err(Refusal(Answer::nothing(403)));
    }
    talk.status = Status::Resolved;
    save(ctx.state, talk, By::Contact);
    Ok(Answer::empty())
}
