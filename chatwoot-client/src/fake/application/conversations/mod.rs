//! Conversations: create, show, update, assign, label, delete.

pub(in crate::fake) mod filter;
pub(in crate::fake) mod list;
pub(in crate::fake) mod open;
pub(in crate::fake) mod save;
pub(in crate::fake) mod store;

use serde_json::{Value, json};

use crate::fake::application::contacts::label_list;
use crate::fake::application::conversations::save::{Actor, save};
use crate::fake::event;
use crate::fake::http::input::{Caller, Ctx, flag, id, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::Role;

use crate::fake::application::contacts::save as contact_save;
use crate::fake::application::conversations::store::{Conversation, Sender, Status};
use crate::fake::application::conversations::{
    filter as conversation_filter, list as conversation_list, open as conversation_open,
};
use crate::fake::shapes;

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["conversations"]) => to(conversation_list::list),
        ("POST", ["conversations"]) => to(conversation_open::create),
        ("GET", ["conversations", "meta"]) => to(conversation_list::meta),
        ("GET", ["conversations", "search"]) => to(conversation_list::search),
        ("POST", ["conversations", "filter"]) => to(conversation_filter::filter),
        (verb, ["conversations", conversation, rest @ ..]) => of_one(verb, id(conversation), rest),
        _ => None,
    }
}

fn of_one(verb: &str, conversation: i64, rest: &[&str]) -> Routed {
    let run: fn(&mut Ctx<'_>, i64) -> Outcome = match (verb, rest) {
        ("GET", []) => show,
        ("PATCH" | "PUT", []) => update,
        ("DELETE", []) => delete,
        ("POST", ["toggle_status"]) => toggle_status,
        ("POST", ["toggle_priority"]) => toggle_priority,
        ("POST", ["toggle_typing_status"]) => toggle_typing,
        ("POST", ["custom_attributes"]) => set_attributes,
        ("GET", ["labels"]) => labels,
        ("POST", ["labels"]) => set_labels,
        ("POST", ["assignments"]) => assign,
        ("POST", ["mute"]) => mute,
        ("POST", ["unmute"]) => unmute,
        ("POST", ["unread"]) => unread,
        ("POST", ["update_last_seen"]) => update_last_seen,
        _ => return None,
    };
    to(move |ctx| run(ctx, conversation))
}

/// Returns the conversation, if it exists and the caller has access to it. One whose contact was
/// deleted cannot be shown: the server responds 500 until the background job has removed it.
pub(in crate::fake) fn find<'a>(
    ctx: &'a Ctx<'_>,
    conversation: i64,
) -> Result<&'a Conversation, ErrorResponse> {
    let found = ctx
        .state
        .conversations
        .get(ctx.account, conversation)
        .ok_or_else(ErrorResponse::not_found)?;
    if !may_see(ctx, found) {
        return Err(ErrorResponse::not_allowed());
    }
    if ctx.state.conversations.is_orphan(ctx.account, conversation) {
        return Err(ErrorResponse::internal_server_error());
    }
    Ok(found)
}

/// Administrators have access to all conversations, agents to those of their inboxes and teams.
pub(in crate::fake) fn may_see(ctx: &Ctx<'_>, conversation: &Conversation) -> bool {
    let Caller::User { id, role: Some(Role::Agent) } = ctx.caller else { return true };
    let inbox = ctx.state.inboxes.get(conversation.account, conversation.inbox);
    let team = conversation.team.and_then(|team| ctx.state.teams.get(conversation.account, team));
    inbox.is_some_and(|inbox| inbox.members.contains(&id))
        || team.is_some_and(|team| team.members.contains(&id))
}

fn show(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let found = find(ctx, conversation)?;
    Ok(FakeResponse::json(&shapes::conversation(ctx.state, found, ctx.user())))
}

/// Parses a time given as seconds or as text.
pub(in crate::fake) fn parse_time(value: &Value) -> Option<jiff::Timestamp> {
    let seconds = id_of(value).and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    seconds.or_else(|| value.as_str()?.parse().ok())
}

fn update(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    if ctx.body().get("priority").is_some() {
        draft.priority = priority(ctx.body())?;
    }
    let by = Actor::User(ctx.user());
    save(ctx.state, draft, by);
    show(ctx, conversation)
}

fn priority(params: &Value) -> Result<Option<String>, ErrorResponse> {
    match text(params, "priority").filter(|word| !word.is_empty()) {
        None => Ok(None),
        Some(word) if ["low", "medium", "high", "urgent"].contains(&word.as_str()) => {
            Ok(Some(word))
        }
        Some(_) => Err(ErrorResponse::internal_server_error()),
    }
}

fn delete(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    ctx.require_admin()?;
    find(ctx, conversation)?;
    ctx.state.conversations.remove(ctx.account, conversation);
    Ok(FakeResponse::empty())
}

/// Sets the status; without one, toggles between open and resolved, and any other status becomes
/// open.
fn toggle_status(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    match text(ctx.body(), "status").filter(|word| !word.is_empty()) {
        Some(word) => {
            draft.status = Status::read(&word).ok_or_else(ErrorResponse::internal_server_error)?;
            draft.snoozed_until = ctx.body().get("snoozed_until").and_then(parse_time);
        }
        None if draft.status == Status::Open => draft.status = Status::Resolved,
        None => draft.status = Status::Open,
    }
    let user = ctx.user();
    save(ctx.state, draft, Actor::User(user));
    // An agent who opens a conversation is assigned to it.
    let opened = find(ctx, conversation)?.status == Status::Open;
    if opened && matches!(ctx.caller, Caller::User { role: Some(Role::Agent), .. }) {
        let mut draft = find(ctx, conversation)?.clone();
        draft.assignee = Some(user);
        save(ctx.state, draft, Actor::User(user));
    }
    let now = find(ctx, conversation)?;
    Ok(FakeResponse::json(&json!({ "payload": {
        "success": true,
        "conversation_id": now.id,
        "current_status": now.status.as_str(),
        "snoozed_until": now.snoozed_until.map(crate::fake::clock::iso),
    }})))
}

fn toggle_priority(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    draft.priority = priority(ctx.body())?;
    let by = Actor::User(ctx.user());
    save(ctx.state, draft, by);
    Ok(FakeResponse::empty())
}

fn toggle_typing(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    find(ctx, conversation)?;
    let who = Sender::User(ctx.user());
    let private = flag(ctx.body(), "is_private").unwrap_or(false);
    let word = text(ctx.body(), "typing_status");
    if let Some(on) = typing(word.as_deref()) {
        event::typing(ctx.state, ctx.account, conversation, who, on, private);
    }
    Ok(FakeResponse::empty())
}

/// Any value but these two is ignored.
pub(in crate::fake) fn typing(word: Option<&str>) -> Option<bool> {
    match word {
        Some("on") => Some(true),
        Some("off") => Some(false),
        _ => None,
    }
}

/// Replaces the custom attributes.
fn set_attributes(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    let given = ctx.body().get("custom_attributes").and_then(Value::as_object);
    draft.custom = given.cloned().unwrap_or_default();
    let by = Actor::User(ctx.user());
    save(ctx.state, draft, by);
    Ok(FakeResponse::json(&json!({ "custom_attributes": find(ctx, conversation)?.custom })))
}

fn labels(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    Ok(FakeResponse::json(&json!({ "payload": find(ctx, conversation)?.labels })))
}

/// Replaces the labels.
fn set_labels(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    draft.labels = label_list(ctx.body());
    let by = Actor::User(ctx.user());
    save(ctx.state, draft, by);
    labels(ctx, conversation)
}

/// Assigns an agent or a team. An unknown agent clears the assignee; membership in the inbox is not
/// checked.
fn assign(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    let account = ctx.account;
    let by = Actor::User(ctx.user());
    let shown = if let Some(value) = ctx.body().get("assignee_id") {
        let user = id_of(value).filter(|user| ctx.state.role(account, *user).is_some());
        draft.assignee = user;
        save(ctx.state, draft, by);
        user.map_or(Value::Null, |user| shapes::agent(ctx.state, account, user))
    } else if let Some(value) = ctx.body().get("team_id") {
        let team = id_of(value).filter(|team| ctx.state.teams.get(account, *team).is_some());
        draft.team = team;
        save(ctx.state, draft, by);
        let team = team.and_then(|team| ctx.state.teams.get(account, team));
        team.map_or(Value::Null, crate::fake::application::teams::Team::row)
    } else {
        Value::Null
    };
    Ok(FakeResponse::json(&shown))
}

/// Resolves the conversation and blocks the contact.
fn mute(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let mut draft = find(ctx, conversation)?.clone();
    draft.status = Status::Resolved;
    let by = Actor::User(ctx.user());
    save(ctx.state, draft, by);
    block(ctx, conversation, true)
}

fn unmute(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    block(ctx, conversation, false)
}

fn block(ctx: &mut Ctx<'_>, conversation: i64, blocked: bool) -> Outcome {
    let contact = find(ctx, conversation)?.contact;
    let mut contact = ctx.state.contacts.find(ctx.account, contact)?.clone();
    contact.blocked = blocked;
    contact_save::update(ctx.state, contact)?;
    let me = ctx.state.users.get(&ctx.user()).map(|user| user.name.clone()).unwrap_or_default();
    let word = if blocked { "muted" } else { "unmuted" };
    let line = format!("{me} has {word} the conversation");
    ctx.state.conversations.activities.push((ctx.account, conversation, line));
    Ok(FakeResponse::empty())
}

/// Marks the customer's last message unseen.
fn unread(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    let found = find(ctx, conversation)?;
    let last = ctx.state.conversations.last_incoming(found).map(|message| message.created_at);
    let seen = last.and_then(|at| at.checked_sub(jiff::SignedDuration::from_secs(1)).ok());
    if let Some(row) = ctx.state.conversations.get_mut(ctx.account, conversation) {
        row.agent_last_seen_at = seen;
        row.assignee_last_seen_at = seen;
    }
    show(ctx, conversation)
}

fn update_last_seen(ctx: &mut Ctx<'_>, conversation: i64) -> Outcome {
    find(ctx, conversation)?;
    let (now, user) = (ctx.state.now(), ctx.user());
    if let Some(row) = ctx.state.conversations.get_mut(ctx.account, conversation) {
        row.agent_last_seen_at = Some(now);
        if row.assignee == Some(user) {
            row.assignee_last_seen_at = Some(now);
        }
    }
    show(ctx, conversation)
}
