//! Conversations and messages in the public API.

use serde_json::{Value, json};

use crate::fake::application::attachments;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::conversations::open::open;
use crate::fake::application::conversations::save::{By, save};
use crate::fake::application::conversations::store::{
    Conversation, Message, MessageType, Sender, Status,
};
use crate::fake::application::conversations::typing;
use crate::fake::application::messages::save as message_save;
use crate::fake::application::messages::window;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{Answer, Outcome, Refusal};
use crate::fake::shapes;
use crate::fake::shapes::epoch_or_zero;
use crate::fake::state::State;
use crate::fake::webhook::payloads::{tell_conversation, tell_message, tell_typing};

/// An operation on one conversation: with the contact inbox, the conversation and the message of
/// the path.
type Run = fn(&mut Ctx<'_>, &ContactInbox, i64, i64) -> Outcome;

/// Returns the operation on one conversation.
pub(in crate::fake) fn of_one(verb: &str, rest: &[&str]) -> Option<Run> {
    Some(match (verb, rest) {
        ("GET", []) => show,
        ("POST", ["toggle_status"]) => resolve,
        ("POST", ["toggle_typing"]) => toggle_typing,
        ("POST", ["update_last_seen"]) => see,
        ("GET", ["messages"]) => list_messages,
        ("POST", ["messages"]) => create_message,
        ("PATCH" | "PUT", ["messages", _]) => update_message,
        _ => return None,
    })
}

/// Returns the conversations of this contact inbox; for a verified one, all of the contact.
fn visible<'a>(state: &'a State, link: &'a ContactInbox) -> impl Iterator<Item = &'a Conversation> {
    let all = state.talk.of_contact(link.account, link.contact);
    all.filter(move |talk| link.hmac_verified || talk.contact_inbox == link.id)
}

fn find(state: &State, link: &ContactInbox, talk: i64) -> Result<Conversation, Refusal> {
    visible(state, link).find(|row| row.id == talk).cloned().ok_or_else(Refusal::no_route)
}

fn shape(state: &State, talk: &Conversation) -> Value {
    let said = state.talk.messages(talk).filter(|message| message.is_chat());
    let said: Vec<Value> = said.map(|message| shapes::public_message(state, message)).collect();
    let person = state.contacts.get(talk.account, talk.contact).map(shapes::contact_row);
    json!({
        "id": talk.id,
        "uuid": talk.uuid,
        "inbox_id": talk.inbox,
        "contact_last_seen_at": epoch_or_zero(talk.contact_last_seen_at),
        "status": talk.status.as_str(),
        "agent_last_seen_at": epoch_or_zero(talk.agent_last_seen_at),
        "messages": said,
        "contact": person,
    })
}

pub(in crate::fake) fn list(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    let shown: Vec<Value> = visible(ctx.state, link).map(|talk| shape(ctx.state, talk)).collect();
    Ok(Answer::json(&Value::Array(shown)))
}

pub(in crate::fake) fn create(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    let account = link.account;
    let attributes = ctx.body().get("custom_attributes").cloned().unwrap_or_default();
    let params = json!({ "custom_attributes": attributes });
    let (talk, fresh) = open(ctx.state, account, link.id, &params)?;
    if fresh {
        let nothing = serde_json::Map::new();
        tell_conversation(ctx.state, account, talk, "conversation_created", nothing);
    }
    let talk = ctx.state.talk.get(account, talk).ok_or_else(Refusal::no_route)?;
    Ok(Answer::json(&shape(ctx.state, talk)))
}

fn show(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, _: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    Ok(Answer::json(&shape(ctx.state, &talk)))
}

/// Resolves the conversation; on a resolved one it does nothing, because a customer cannot reopen
/// it this way.
fn resolve(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, message: i64) -> Outcome {
    let mut draft = find(ctx.state, link, talk)?;
    draft.status = Status::Resolved;
    save(ctx.state, draft, By::Contact);
    show(ctx, link, talk, message)
}

fn toggle_typing(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, _: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    let word = text(ctx.body(), "typing_status");
    if let Some(on) = typing(word.as_deref().or_else(|| ctx.query("typing_status"))) {
        tell_typing(ctx.state, talk.account, talk.id, Sender::Contact(talk.contact), on, false);
    }
    Ok(Answer::empty())
}

fn see(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, _: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    mark_seen(ctx.state, talk);
    Ok(Answer::empty())
}

/// Marks all messages of the agents as read by the customer.
pub(in crate::fake) fn mark_seen(state: &mut State, mut draft: Conversation) {
    draft.contact_last_seen_at = Some(state.now());
    let account = draft.account;
    let unread: Vec<i64> = state
        .talk
        .messages(&draft)
        .filter(|message| message.kind == MessageType::Outgoing)
        .filter(|message| ["sent", "delivered"].contains(&message.status.as_str()))
        .map(|message| message.id)
        .collect();
    save(state, draft, By::Contact);
    for id in unread {
        if let Some(message) = state.talk.message_mut(account, id) {
            "read".clone_into(&mut message.status);
        }
        tell_message(state, account, id, "message_updated");
    }
}

fn list_messages(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, _: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    let before = ctx.query("before").filter(|text| !text.is_empty()).map(id);
    let public = |message: &&Message| !message.private && message.kind != MessageType::Activity;
    let shown: Vec<Value> = window(ctx.state, &talk, None, before, public)
        .into_iter()
        .map(|message| shapes::public_message(ctx.state, message))
        .collect();
    Ok(Answer::json(&Value::Array(shown)))
}

/// Creates a message of the customer. The server stores no `source_id` here, and returns no
/// `echo_id`.
fn create_message(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, _: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    let mut message = Message::new(talk.account, talk.id, talk.inbox, ctx.state.now());
    message.kind = MessageType::Incoming;
    message.sender = Some(Sender::Contact(link.contact));
    message.content = text(ctx.body(), "content");
    if message.content.as_ref().is_some_and(|content| content.chars().count() > 150_000) {
        let said = "Content is too long (maximum is 150000 characters)";
        return Err(Refusal::invalid(&[("content", said)]));
    }
    message.attachments = attachments::of(ctx.state, talk.account, ctx.body());
    let id = message_save::post(ctx.state, message, None);
    shown(ctx, talk.account, id)
}

fn shown(ctx: &Ctx<'_>, account: i64, id: i64) -> Outcome {
    let message = ctx.state.talk.message(account, id).ok_or_else(Refusal::no_route)?;
    Ok(Answer::json(&shapes::public_message(ctx.state, message)))
}

/// Stores the values that the customer submitted.
fn update_message(ctx: &mut Ctx<'_>, link: &ContactInbox, talk: i64, message: i64) -> Outcome {
    let talk = find(ctx.state, link, talk)?;
    let account = talk.account;
    let values = ctx.body().get("submitted_values").cloned();
    let now = ctx.state.now();
    let row = ctx.state.talk.message_mut(account, message);
    let row = row.filter(|row| row.conversation == talk.id).ok_or_else(Refusal::no_route)?;
    if let Some(values) = values
        && row.content_attributes.get("submitted_values") != Some(&values)
    {
        row.content_attributes.insert("submitted_values".to_owned(), values);
        row.updated_at = now;
        tell_message(ctx.state, account, message, "message_updated");
    }
    shown(ctx, account, message)
}
