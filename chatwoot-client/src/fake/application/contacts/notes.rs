//! Notes of a contact.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::clock::epoch;
use crate::fake::http::input::{Ctx, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::shapes;
use crate::fake::state::State;

#[derive(Clone, Debug)]
pub(in crate::fake) struct Note {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) contact: i64,
    pub(in crate::fake) user: i64,
    pub(in crate::fake) content: String,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

/// The server sends null for both ids.
fn shape(state: &State, account: i64, note: &Note) -> Value {
    json!({
        "id": note.id,
        "content": note.content,
        "account_id": null,
        "contact_id": null,
        "user": shapes::agent(state, account, note.user),
        "created_at": epoch(note.created_at),
        "updated_at": epoch(note.updated_at),
    })
}

fn find<'a>(ctx: &'a Ctx<'_>, contact: i64, id: i64) -> Result<&'a Note, ErrorResponse> {
    ctx.state.contacts.find(ctx.account, contact)?;
    let note = ctx.state.contacts.notes.get(ctx.account, id);
    note.filter(|note| note.contact == contact).ok_or_else(ErrorResponse::not_found)
}

fn content(ctx: &Ctx<'_>) -> Option<String> {
    text(&ctx.params("note"), "content").filter(|content| !content.trim().is_empty())
}

fn missing() -> ErrorResponse {
    ErrorResponse::invalid(&[("content", "Content can't be blank")])
}

pub(in crate::fake) fn list(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    ctx.state.contacts.find(ctx.account, contact)?;
    let notes = ctx.state.contacts.notes.of(ctx.account).rev();
    let notes: Vec<Value> = notes
        .filter(|note| note.contact == contact)
        .map(|note| shape(ctx.state, ctx.account, note))
        .collect();
    Ok(FakeResponse::json(&Value::Array(notes)))
}

pub(in crate::fake) fn show(ctx: &mut Ctx<'_>, contact: i64, id: i64) -> Outcome {
    let note = find(ctx, contact, id)?;
    Ok(FakeResponse::json(&shape(ctx.state, ctx.account, note)))
}

pub(in crate::fake) fn create(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    ctx.state.contacts.find(ctx.account, contact)?;
    let content = content(ctx).ok_or_else(missing)?;
    let (now, user, account) = (ctx.state.now(), ctx.user(), ctx.account);
    let id = ctx.state.contacts.notes.next_id();
    let note = Note { id, contact, user, content, created_at: now, updated_at: now };
    let response = shape(ctx.state, account, &note);
    ctx.state.contacts.notes.put(account, id, note);
    Ok(FakeResponse::json(&response))
}

pub(in crate::fake) fn update(ctx: &mut Ctx<'_>, contact: i64, id: i64) -> Outcome {
    find(ctx, contact, id)?;
    let content = content(ctx).ok_or_else(missing)?;
    let (now, user, account) = (ctx.state.now(), ctx.user(), ctx.account);
    let note =
        ctx.state.contacts.notes.get_mut(account, id).ok_or_else(ErrorResponse::not_found)?;
    note.content = content;
    note.user = user;
    note.updated_at = now;
    show(ctx, contact, id)
}

pub(in crate::fake) fn delete(ctx: &mut Ctx<'_>, contact: i64, id: i64) -> Outcome {
    find(ctx, contact, id)?;
    ctx.state.contacts.notes.remove(ctx.account, id);
    Ok(FakeResponse::empty())
}
