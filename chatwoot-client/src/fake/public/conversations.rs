//! Conversations and messages in the public API.

use serde_json::{Value, json};

use crate::fake::application::attachments;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::conversations::open::open;
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
use crate::fake::shapes;
use crate::fake::shapes::epoch_or_zero;
use crate::fake::state::State;

/// An operation on one conversation: with the contact inbox, the conversation and the message of
/// the path.
type Run = fn(&mut Ctx<'_>, &ContactInbox, i64, i64) -> Outcome;

/// Returns the operation on one conversation.
pub(in crate::fake) fn of_one(verb: &str, rest: &[&str]) -> Option<Run> {
    Some(match (verb, rest) {
        ("GET", []) => show,
        ("POST", ["toggle_status"]) => resolve,
        ("POST", ["toggle_typing"]) => toggle_typing,
        ("POST", ["update_last_seen"]) => update_last_seen,
        ("GET", ["messages"]) => list_messages,
        ("POST", ["messages"]) => create_message,
        ("PATCH" | "PUT", ["messages", _]) => update_message,
        _ => return None,
    })
}

/// Returns the conversations of this contact inbox; for a verified one, all of the contact.
fn visible<'a>(state: &'a State, link: &'a ContactInbox) -> impl Iterator<Item = &'a Conversation> {
    let all = state.conversations.of_contact(link.account, link.contact);
    all.filter(move |conversation| link.hmac_verified || conversation.contact_inbox == link.id)
}

fn find(
    state: &State,
    link: &ContactInbox,
    conversation: i64,
) -> Result<Conversation, ErrorResponse> {
    visible(state, link)
        .find(|row| row.id == conversation)
        .cloned()
        .ok_or_else(ErrorResponse::no_route)
}

fn shape(state: &State, conversation: &Conversation) -> Value {
    let messages = state.conversations.messages(conversation).filter(|message| message.is_chat());
    let messages: Vec<Value> =
        messages.map(|message| shapes::public_message(state, message)).collect();
    let contact =
        state.contacts.get(conversation.account, conversation.contact).map(shapes::contact_row);
    json!({
        "id": conversation.id,
        "uuid": conversation.uuid,
        "inbox_id": conversation.inbox,
        "contact_last_seen_at": epoch_or_zero(conversation.contact_last_seen_at),
        "status": conversation.status.as_str(),
        "agent_last_seen_at": epoch_or_zero(conversation.agent_last_seen_at),
        "messages": messages,
        "contact": contact,
    })
}

pub(in crate::fake) fn list(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    let shown: Vec<Value> =
        visible(ctx.state, link).map(|conversation| shape(ctx.state, conversation)).collect();
    Ok(FakeResponse::json(&Value::Array(shown)))
}

pub(in crate::fake) fn create(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    let account = link.account;
    let attributes = ctx.body().get("custom_attributes").cloned().unwrap_or_default();
    let params = json!({ "custom_attributes": attributes });
    let (conversation, fresh) = open(ctx.state, account, link.id, &params)?;
    if fresh {
        event::conversation_created(ctx.state, account, conversation);
    }
    let conversation =
        ctx.state.conversations.get(account, conversation).ok_or_else(ErrorResponse::no_route)?;
    Ok(FakeResponse::json(&shape(ctx.state, conversation)))
}

fn show(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, _: i64) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    Ok(FakeResponse::json(&shape(ctx.state, &conversation)))
}

/// Resolves the conversation; on a resolved one it does nothing, because a customer cannot reopen
/// it this way.
fn resolve(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, message: i64) -> Outcome {
    let mut draft = find(ctx.state, link, conversation)?;
    draft.status = Status::Resolved;
    save(ctx.state, draft, Actor::Contact);
    show(ctx, link, conversation, message)
}

fn toggle_typing(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, _: i64) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    let word = text(ctx.body(), "typing_status");
    if let Some(on) = typing(word.as_deref().or_else(|| ctx.query("typing_status"))) {
        event::typing(
            ctx.state,
            conversation.account,
            conversation.id,
            Sender::Contact(conversation.contact),
            on,
            false,
        );
    }
    Ok(FakeResponse::empty())
}

fn update_last_seen(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, _: i64) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    mark_seen(ctx.state, conversation);
    Ok(FakeResponse::empty())
}

/// Marks all messages of the agents as read by the customer.
pub(in crate::fake) fn mark_seen(state: &mut State, mut draft: Conversation) {
    let now = state.now();
    draft.contact_last_seen_at = Some(now);
    let account = draft.account;
    let unread: Vec<i64> = state
        .conversations
        .messages(&draft)
        .filter(|message| message.kind == MessageType::Outgoing)
        .filter(|message| ["sent", "delivered"].contains(&message.status.as_str()))
        .map(|message| message.id)
        .collect();
    save(state, draft, Actor::Contact);
    for id in unread {
        let Some(message) = state.conversations.message_mut(account, id) else { continue };
        let before = message.clone();
        "read".clone_into(&mut message.status);
        message.updated_at = now;
        event::message_updated(state, &before);
    }
}

fn list_messages(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, _: i64) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    let before = ctx.query("before").filter(|text| !text.is_empty()).map(id);
    let public = |message: &&Message| !message.private && message.kind != MessageType::Activity;
    let shown: Vec<Value> = window(ctx.state, &conversation, None, before, public)
        .into_iter()
        .map(|message| shapes::public_message(ctx.state, message))
        .collect();
    Ok(FakeResponse::json(&Value::Array(shown)))
}

/// Creates a message of the customer. The server stores no `source_id` here, and returns no
/// `echo_id`.
fn create_message(ctx: &mut Ctx<'_>, link: &ContactInbox, conversation: i64, _: i64) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    let mut message =
        Message::new(conversation.account, conversation.id, conversation.inbox, ctx.state.now());
    message.kind = MessageType::Incoming;
    message.sender = Some(Sender::Contact(link.contact));
    message.content = text(ctx.body(), "content");
    if message.content.as_ref().is_some_and(|content| content.chars().count() > 150_000) {
        let messages = "Content is too long (maximum is 150000 characters)";
        return Err(ErrorResponse::invalid(&[("content", messages)]));
    }
    message.attachments = attachments::of(ctx.state, conversation.account, ctx.body());
    let id = message_save::post(ctx.state, message, None);
    shown(ctx, conversation.account, id)
}

fn shown(ctx: &Ctx<'_>, account: i64, id: i64) -> Outcome {
    let message =
        ctx.state.conversations.message(account, id).ok_or_else(ErrorResponse::no_route)?;
    Ok(FakeResponse::json(&shapes::public_message(ctx.state, message)))
}

/// Stores the values that the customer submitted.
fn update_message(
    ctx: &mut Ctx<'_>,
    link: &ContactInbox,
    conversation: i64,
    message: i64,
) -> Outcome {
    let conversation = find(ctx.state, link, conversation)?;
    let account = conversation.account;
    let values = ctx.body().get("submitted_values").cloned();
    let now = ctx.state.now();
    let row = ctx.state.conversations.message_mut(account, message);
    let row = row
        .filter(|row| row.conversation == conversation.id)
        .ok_or_else(ErrorResponse::no_route)?;
    if let Some(values) = values
        && row.content_attributes.get("submitted_values") != Some(&values)
    {
        let before = row.clone();
        row.content_attributes.insert("submitted_values".to_owned(), values);
        row.updated_at = now;
        event::message_updated(ctx.state, &before);
    }
    shown(ctx, account, message)
}
