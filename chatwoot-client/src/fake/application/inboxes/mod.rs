//! Inboxes of an account: web widget, API, e-mail.

pub(in crate::fake) mod channel;
pub(in crate::fake) mod defaults;
pub(in crate::fake) mod members;
pub(in crate::fake) mod view;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fake::application::account::touch;
use crate::fake::application::agents;
use crate::fake::application::inboxes::channel::{Channel, Inbox, Kind};
use crate::fake::application::inboxes::view::{
    change, channel_defaults, hours, inbox_defaults, payload, view,
};
use crate::fake::http::input::{Caller, Ctx, flag, id, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::{Role, secret};
use crate::fake::webhook::events::emit;

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["inboxes"]) => to(list),
        ("POST", ["inboxes"]) => to(create),
        ("GET", ["assignable_agents"]) => to(assignable),
        (_, ["inboxes", inbox, ..]) => {
            let inbox = id(inbox);
            match (verb, rest.get(2..).unwrap_or_default()) {
                ("GET", []) => to(move |ctx| show(ctx, inbox)),
                ("PATCH" | "PUT", []) => to(move |ctx| update(ctx, inbox)),
                ("DELETE", []) => to(move |ctx| delete(ctx, inbox)),
                ("POST", ["reset_secret"]) => to(move |ctx| reset_secret(ctx, inbox)),
                ("GET", ["assignable_agents"]) => to(move |ctx| {
                    let members = visible(ctx, inbox)?.members.clone();
                    Ok(assignable_of(ctx, members))
                }),
                ("GET", ["agent_bot"]) => to(move |ctx| {
                    visible(ctx, inbox)?;
                    Ok(FakeResponse::json(&json!({})))
                }),
                ("GET", ["campaigns"]) => to(move |ctx| {
                    visible(ctx, inbox)?;
                    Ok(FakeResponse::json(&json!([])))
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_admin(ctx: &Ctx<'_>) -> bool {
    matches!(ctx.caller, Caller::User { role: Some(Role::Administrator), .. })
}

/// Whether the caller has access: agents to the inboxes they are a member of, administrators to
/// all.
fn may_see(ctx: &Ctx<'_>, inbox: &Inbox) -> bool {
    is_admin(ctx) || inbox.members.contains(&ctx.user())
}

/// Returns an inbox of the account that the caller has access to.
pub(in crate::fake) fn visible<'a>(
    ctx: &'a Ctx<'_>,
    inbox: i64,
) -> Result<&'a Inbox, ErrorResponse> {
    let found = ctx.state.inboxes.get(ctx.account, inbox).ok_or_else(ErrorResponse::not_found)?;
    if may_see(ctx, found) { Ok(found) } else { Err(ErrorResponse::not_allowed()) }
}

fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let all = ctx.state.inboxes.of(ctx.account);
    let mut seen: Vec<&Inbox> = all.filter(|inbox| may_see(ctx, inbox)).collect();
    seen.sort_by_key(|inbox| inbox.name.to_lowercase());
    let admin = is_admin(ctx);
    let shown: Value = seen.iter().map(|inbox| view(ctx.state, inbox, admin)).collect();
    Ok(FakeResponse::json(&json!({ "payload": shown })))
}

fn show(ctx: &mut Ctx<'_>, inbox: i64) -> Outcome {
    Ok(FakeResponse::json(&view(ctx.state, visible(ctx, inbox)?, is_admin(ctx))))
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let params = ctx.body().clone();
    let wanted = params.get("channel").cloned().unwrap_or_default();
    let kind = text(&wanted, "type").unwrap_or_default();
    let now = ctx.state.now();
    let mut channel = Channel { settings: channel_defaults(&kind), ..Channel::default() };
    let kind = match kind.as_str() {
        "web_widget" => {
            (channel.identifier, channel.hmac_token) = (secret(), secret());
            Kind::Web(channel)
        }
        "api" => {
            (channel.identifier, channel.hmac_token) = (secret(), secret());
            channel.secret = secret();
            Kind::Api(channel)
        }
        "email" => Kind::Email(channel),
        _ => return Err(ErrorResponse::invalid(&[("channel", "Channel must exist")])),
    };
    let mut inbox = Inbox {
        id: 0,
        account: ctx.account,
        name: String::new(),
        channel_id: 0,
        kind,
        members: BTreeSet::new(),
        settings: inbox_defaults(),
        hours: hours(),
        created_at: now,
        updated_at: now,
    };
    set(&mut inbox, &params);
    set_channel(&mut inbox, &wanted);
    check(ctx, &inbox)?;
    inbox.id = ctx.state.inboxes.next_id();
    let counter = ctx.state.last_channel.entry(inbox.channel_type()).or_default();
    *counter += 1;
    inbox.channel_id = *counter;
    if !inbox.channel().identifier.is_empty() {
        let key = inbox.channel().identifier.clone();
        ctx.state.inbox_by_identifier.insert(key, (ctx.account, inbox.id));
    }
    let (account, number) = (ctx.account, inbox.id);
    let created = payload(ctx.state, &inbox);
    ctx.state.inboxes.put(account, number, inbox);
    touch(ctx, "inbox");
    emit(ctx.state, account, None, "inbox_created", &created);
    show(ctx, number)
}

fn update(ctx: &mut Ctx<'_>, inbox: i64) -> Outcome {
    let before = visible(ctx, inbox)?.clone();
    ctx.require_admin()?;
    let params = ctx.body().clone();
    let mut after = before.clone();
    set(&mut after, &params);
    if let Some(wanted) = params.get("channel") {
        set_channel(&mut after, wanted);
    }
    for day in params.get("working_hours").and_then(Value::as_array).into_iter().flatten() {
        let same = |known: &&mut Value| known.get("day_of_week") == day.get("day_of_week");
        if let (Some(known), Value::Object(wanted)) = (after.hours.iter_mut().find(same), day) {
            for (key, value) in wanted {
                change(known, key, value);
            }
        }
    }
    check(ctx, &after)?;
    after.updated_at = ctx.state.now();
    let mut changed: Vec<Value> = Vec::new();
    let mut note = |name: &str, old: &Value, new: &Value| {
        if old != new {
            changed.push(json!({ name: { "previous_value": old, "current_value": new } }));
        }
    };
    note("name", &Value::from(before.name.as_str()), &Value::from(after.name.as_str()));
    for (key, value) in &after.settings {
        note(key, before.settings.get(key).unwrap_or(&Value::Null), value);
    }
    let mut body = payload(ctx.state, &after);
    let is_changed = !changed.is_empty();
    change(&mut body, "changed_attributes", &Value::Array(changed));
    let account = ctx.account;
    ctx.state.inboxes.put(account, inbox, after);
    touch(ctx, "inbox");
    if is_changed {
        emit(ctx.state, account, None, "inbox_updated", &body);
    }
    show(ctx, inbox)
}

/// Sets the settings of every type of inbox; other names are ignored, as on the server.
fn set(inbox: &mut Inbox, params: &Value) {
    if let Some(name) = text(params, "name") {
        inbox.name = name;
    }
    for (name, value) in &mut inbox.settings {
        let Some(wanted) = params.get(name) else { continue };
        if let (true, Some(on)) = (value.is_boolean(), flag(params, name)) {
            *value = Value::Bool(on);
        } else {
            value.clone_from(wanted);
        }
    }
}

fn set_channel(inbox: &mut Inbox, params: &Value) {
    let web = matches!(inbox.kind, Kind::Web(_));
    let api = matches!(inbox.kind, Kind::Api(_));
    let channel = inbox.channel_mut();
    if let Some(mandatory) = flag(params, "hmac_mandatory").filter(|_| web || api) {
        channel.hmac_mandatory = mandatory;
    }
    if api && params.get("webhook_url").is_some() {
        channel.webhook_url = text(params, "webhook_url");
    }
    for (name, value) in &mut channel.settings {
        // A form without fields is the default form.
        let fieldless = name == "pre_chat_form_options"
            && params
                .pointer("/pre_chat_form_options/pre_chat_fields")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty);
        if let Some(wanted) = params.get(name).filter(|_| !fieldless) {
            value.clone_from(wanted);
        }
    }
}

fn check(ctx: &Ctx<'_>, inbox: &Inbox) -> Result<(), ErrorResponse> {
    let setting = |name: &str| inbox.channel().settings.get(name).and_then(Value::as_str);
    match &inbox.kind {
        Kind::Web(_) if setting("website_url").unwrap_or_default().is_empty() => {
            return Err(ErrorResponse::invalid(&[("website_url", "Website url can't be blank")]));
        }
        Kind::Email(_) => {
            let same = |other: &Inbox| {
                let other_email = other.channel().settings.get("email").and_then(Value::as_str);
                other.id != inbox.id && other_email.is_some() && other_email == setting("email")
            };
            if ctx.state.inboxes.of(ctx.account).any(same) {
                return Err(ErrorResponse::invalid(&[("email", "Email has already been taken")]));
            }
        }
        _ => {}
    }
    if inbox.name.is_empty() {
        return Err(ErrorResponse::invalid(&[("name", "Name can't be blank")]));
    }
    Ok(())
}

/// The server deletes it in a background job; the fake deletes it at once.
fn delete(ctx: &mut Ctx<'_>, inbox: i64) -> Outcome {
    visible(ctx, inbox)?;
    ctx.require_admin()?;
    if let Some(removed) = ctx.state.inboxes.remove(ctx.account, inbox) {
        ctx.state.inbox_by_identifier.remove(&removed.channel().identifier);
        ctx.state.conversations.remove_inbox(ctx.account, inbox);
        ctx.state.contacts.remove_inbox(ctx.account, inbox);
    }
    touch(ctx, "inbox");
    let message = "Your inbox deletion request will be processed in some time.";
    Ok(FakeResponse::json(&json!({ "message": message })))
}

fn reset_secret(ctx: &mut Ctx<'_>, inbox: i64) -> Outcome {
    visible(ctx, inbox)?;
    ctx.require_admin()?;
    let found =
        ctx.state.inboxes.get_mut(ctx.account, inbox).ok_or_else(ErrorResponse::not_found)?;
    let Kind::Api(channel) = &mut found.kind else {
        return Ok(FakeResponse::empty_with_status(404));
    };
    channel.secret = secret();
    show(ctx, inbox)
}

fn assignable(ctx: &mut Ctx<'_>) -> Outcome {
    let wanted: Vec<i64> =
        ctx.query_all("inbox_ids").iter().filter_map(|text| id_of(&Value::from(*text))).collect();
    let mut shared: Option<BTreeSet<i64>> = None;
    for inbox in wanted {
        let members = visible(ctx, inbox)?.members.clone();
        shared = Some(match shared {
            Some(so_far) => &so_far & &members,
            None => members,
        });
    }
    Ok(assignable_of(ctx, shared.unwrap_or_default()))
}

/// Returns the members, and every administrator of the account.
fn assignable_of(ctx: &Ctx<'_>, members: BTreeSet<i64>) -> FakeResponse {
    let account = ctx.account;
    let all = ctx.state.memberships.range((account, i64::MIN)..=(account, i64::MAX));
    let admins = all.filter(|(_, member)| member.role == Role::Administrator);
    let admins: Vec<i64> =
        admins.map(|((_, user), _)| *user).filter(|user| !members.contains(user)).collect();
    let agents: Vec<i64> = members.into_iter().chain(admins).collect();
    FakeResponse::json(&json!({ "payload": agents::views(ctx.state, account, &agents) }))
}
