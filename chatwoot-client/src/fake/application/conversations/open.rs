//! Creation of conversations.

use serde_json::Value;

use crate::fake::application::contacts::inboxes as contact_inboxes;
use crate::fake::application::contacts::inboxes::LinkError;
use crate::fake::application::conversations::parse_time;
use crate::fake::application::conversations::save::first_line;
use crate::fake::application::conversations::store::{Conversation, Status};
use crate::fake::application::messages;
use crate::fake::application::messages::save as message_save;
use crate::fake::event;
use crate::fake::http::input::{Ctx, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::shapes;
use crate::fake::state::State;

/// Creates a conversation: `POST conversations`.
pub(in crate::fake) fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let user = ctx.user();
    let params = ctx.body().clone();
    let link = link_of(ctx, &params)?;
    if let Some(word) = text(&params, "status").filter(|word| !word.is_empty())
        && Status::read(&word).is_none()
    {
        return Err(ErrorResponse::internal_server_error());
    }
    let (id, fresh) = open(ctx.state, account, link, &params)?;
    let first = params.get("message").filter(|value| value.is_object());
    let conversation =
        ctx.state.conversations.get(account, id).ok_or_else(ErrorResponse::not_found)?.clone();
    let message_id = match first.map(|first| messages::build(ctx.state, &conversation, user, first))
    {
        None => None,
        Some(Ok(message)) => Some(ctx.state.conversations.add_message(message)),
        Some(Err(why)) => {
            if fresh {
                ctx.state.conversations.remove(account, id);
            }
            return Err(why);
        }
    };
    if fresh {
        event::conversation_created(ctx.state, account, id);
    }
    if let Some(message_id) = message_id {
        message_save::apply_effects(ctx.state, account, id, message_id, Some(user));
    }
    if let Some(line) = first_line(ctx.state, &conversation, user).filter(|_| fresh) {
        ctx.state.conversations.activities.push((account, id, line));
        message_save::write_activities(ctx.state);
    }
    let conversation =
        ctx.state.conversations.get(account, id).ok_or_else(ErrorResponse::not_found)?;
    Ok(FakeResponse::json(&shapes::conversation(ctx.state, conversation, user)))
}

/// Returns the contact inbox of a request: of a contact in an inbox, or by its source id alone.
fn link_of(ctx: &mut Ctx<'_>, params: &Value) -> Result<i64, ErrorResponse> {
    let account = ctx.account;
    let given = |name: &str| params.get(name).filter(|value| !value.is_null());
    let inbox = given("inbox_id").map(|_| contact_inboxes::inbox_of(ctx)).transpose()?;
    let contact = given("contact_id").map(|value| id_of(value).unwrap_or(0));
    if let Some(contact) = contact {
        ctx.state.contacts.find(account, contact)?;
    }
    let source = text(params, "source_id");
    if let (Some(inbox), Some(contact)) = (inbox, contact) {
        let created = contact_inboxes::link(ctx.state, account, contact, inbox, source);
        return created.map_err(|why| match why {
            LinkError::Taken => ErrorResponse::unprocessable("source_id should be unique"),
            other => contact_inboxes::link_error(other),
        });
    }
    let source = source.ok_or_else(ErrorResponse::not_found)?;
    let mut inboxes = ctx.state.inboxes.of(account);
    inboxes
        .find_map(|inbox| ctx.state.contacts.link_by_source(account, inbox.id, &source))
        .map(|link| link.id)
        .ok_or_else(ErrorResponse::not_found)
}

/// Returns a conversation of a contact inbox, and whether it is new; with
/// `lock_to_single_conversation` the last one of that contact inbox is reused.
pub(in crate::fake) fn open(
    state: &mut State,
    account: i64,
    link: i64,
    params: &Value,
) -> Result<(i64, bool), ErrorResponse> {
    let known = state.contacts.inboxes.get(account, link).ok_or_else(ErrorResponse::not_found)?;
    let inbox = state.inboxes.get(account, known.inbox).ok_or_else(ErrorResponse::not_found)?;
    if shapes::is_locked_to_one(inbox)
        && let Some(last) = state.conversations.of_link(account, known).next_back()
    {
        return Ok((last.id, false));
    }
    Ok((begin(state, account, link, params)?, true))
}

/// Creates a conversation in a contact inbox, whether or not there is one already. The contact
/// inboxes of a deleted contact remain for a while, and none can begin there.
pub(in crate::fake) fn begin(
    state: &mut State,
    account: i64,
    link: i64,
    params: &Value,
) -> Result<i64, ErrorResponse> {
    let link =
        state.contacts.inboxes.get(account, link).ok_or_else(ErrorResponse::not_found)?.clone();
    let Some(contact) = state.contacts.get(account, link.contact) else {
        return Err(ErrorResponse::invalid(&[("contact", "Contact must exist")]));
    };
    let blocked = contact.blocked;
    let now = state.now();
    let map = |name: &str| params.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let requested = text(params, "status").and_then(|word| Status::read(&word));
    let status = if blocked { Status::Resolved } else { requested.unwrap_or(Status::Open) };
    let team = params.get("team_id").and_then(id_of);
    let team = team.filter(|team| state.teams.get(account, *team).is_some());
    let assignee = params.get("assignee_id").and_then(id_of);
    let assignee = assignee.filter(|user| state.role(account, *user).is_some()).filter(|user| {
        let team = team.and_then(|team| state.teams.get(account, team));
        team.is_none_or(|team| team.members.contains(user))
    });
    let snoozed = params.get("snoozed_until").and_then(parse_time);
    Ok(state.conversations.open(Conversation {
        id: 0,
        account,
        uuid: crate::fake::state::uuid(),
        inbox: link.inbox,
        contact: link.contact,
        contact_inbox: link.id,
        status,
        priority: None,
        snoozed_until: snoozed.filter(|_| status == Status::Snoozed),
        assignee,
        team,
        labels: Vec::new(),
        custom: map("custom_attributes"),
        additional: map("additional_attributes"),
        created_at: now,
        updated_at: now,
        last_activity_at: now,
        first_reply_created_at: None,
        waiting_since: Some(now),
        agent_last_seen_at: None,
        assignee_last_seen_at: None,
        contact_last_seen_at: None,
        messages: Vec::new(),
    }))
}
