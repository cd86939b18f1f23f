//! Platform accounts and their users: those that the platform app created.

use serde_json::{Map, Value, json};

use crate::fake::application::account;
use crate::fake::application::account::Account;
use crate::fake::application::agents::{Membership, join, leave};
use crate::fake::clock::iso;
use crate::fake::http::input::{Ctx, flag, id, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::{Role, State};

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let one = |account: &str, run: fn(&mut Ctx<'_>, i64) -> Outcome| {
        let account = id(account);
        to(move |ctx| {
            if !ctx.state.accounts.contains_key(&account) {
                return Err(ErrorResponse::no_route());
            }
            if !ctx.state.platform_accounts.contains(&account) {
                return Err(ErrorResponse::unauthorized("Non permissible resource"));
            }
            run(ctx, account)
        })
    };
    match (verb, rest) {
        ("GET", ["accounts"]) => to(|ctx| {
            let created = ctx.state.platform_accounts.iter();
            let all: Value =
                created.filter_map(|id| ctx.state.accounts.get(id)).map(view).collect();
            Ok(FakeResponse::json(&all))
        }),
        ("POST", ["accounts"]) => to(create),
        ("GET", ["accounts", account]) => one(account, |ctx, id| show(ctx.state, id)),
        ("PATCH" | "PUT", ["accounts", account]) => one(account, |ctx, id| {
            let params = ctx.params("account");
            apply(ctx.state, id, &params)?;
            show(ctx.state, id)
        }),
        ("DELETE", ["accounts", account]) => one(account, delete),
        ("GET", ["accounts", account, "account_users"]) => one(account, |ctx, id| {
            let members = ctx.state.memberships.range((id, i64::MIN)..=(id, i64::MAX));
            let all: Value = members.map(|(_, member)| member_view(member)).collect();
            Ok(FakeResponse::json(&all))
        }),
        ("POST", ["accounts", account, "account_users"]) => one(account, add_user),
        ("DELETE", ["accounts", account, "account_users"]) => one(account, |ctx, id| {
            if let Some(user) = ctx.body().get("user_id").and_then(id_of) {
                leave(ctx.state, id, user);
            }
            Ok(FakeResponse::empty())
        }),
        _ => None,
    }
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let params = ctx.params("account");
    let name = text(&params, "name").unwrap_or_default();
    if name.is_empty() {
        return Err(ErrorResponse::invalid(&[("name", "Name can't be blank")]));
    }
    let id = account::add(ctx.state, &name);
    ctx.state.platform_accounts.insert(id);
    apply(ctx.state, id, &params)?;
    show(ctx.state, id)
}

fn apply(state: &mut State, id: i64, params: &Value) -> Result<(), ErrorResponse> {
    let account = state.accounts.get_mut(&id).ok_or_else(ErrorResponse::no_route)?;
    if let Some(status) = text(params, "status") {
        if !matches!(status.as_str(), "active" | "suspended") {
            return Err(ErrorResponse::internal_server_error());
        }
        account.status = status;
    }
    if let Some(name) = text(params, "name") {
        account.name = name;
    }
    if let Some(locale) = text(params, "locale") {
        account.locale = locale;
    }
    if let Some(domain) = text(params, "domain") {
        account.domain = Some(domain);
    }
    if let Some(email) = text(params, "support_email") {
        account.support_email = email;
    }
    if let Some(limits @ Value::Object(_)) = params.get("limits") {
        account.limits = limits.clone();
    }
    if let Some(Value::Object(attributes)) = params.get("custom_attributes") {
        account.custom_attributes.clone_from(attributes);
    }
    if let Some(features @ Value::Object(named)) = params.get("features") {
        for name in named.keys() {
            if flag(features, name) == Some(true) {
                account.features.insert(name.clone());
            } else {
                account.features.remove(name);
            }
        }
    }
    Ok(())
}

fn show(state: &State, id: i64) -> Outcome {
    state
        .accounts
        .get(&id)
        .map(|account| FakeResponse::json(&view(account)))
        .ok_or_else(ErrorResponse::no_route)
}

/// The server deletes it in a background job; the fake deletes it at once.
fn delete(ctx: &mut Ctx<'_>, id: i64) -> Outcome {
    let state = &mut *ctx.state;
    state.accounts.remove(&id);
    state.platform_accounts.remove(&id);
    state.memberships.retain(|(account, _), _| *account != id);
    state.memberships_by_user.retain(|(_, account)| *account != id);
    state.contacts.remove_account(id);
    state.conversations.remove_account(id);
    state.inboxes.retain_of(id, |_| false);
    state.inbox_by_identifier.retain(|_, (account, _)| *account != id);
    state.labels.retain_of(id, |_| false);
    state.teams.retain_of(id, |_| false);
    state.definitions.retain_of(id, |_| false);
    state.webhooks.retain_of(id, |_| false);
    state.dashboard_apps.retain_of(id, |_| false);
    Ok(FakeResponse::empty())
}

fn add_user(ctx: &mut Ctx<'_>, account: i64) -> Outcome {
    let user = ctx.body().get("user_id").and_then(id_of).unwrap_or_default();
    if !ctx.state.users.contains_key(&user) {
        return Err(ErrorResponse::invalid(&[("user", "User must exist")]));
    }
    let known = ctx.state.role(account, user);
    let role = match text(ctx.body(), "role") {
        Some(word) => Role::read(&word).ok_or_else(ErrorResponse::internal_server_error)?,
        None => known.unwrap_or(Role::Agent),
    };
    join(ctx.state, account, user, role);
    let member = ctx
        .state
        .memberships
        .get(&(account, user))
        .ok_or_else(ErrorResponse::internal_server_error)?;
    Ok(FakeResponse::json(&member_view(member)))
}

fn member_view(member: &Membership) -> Value {
    json!({
        "id": member.id,
        "account_id": member.account,
        "user_id": member.user,
        "role": member.role.as_str(),
        "inviter_id": member.inviter,
        "created_at": iso(member.created_at),
        "updated_at": iso(member.updated_at),
        "active_at": null,
        "availability": member.availability,
        "auto_offline": member.auto_offline,
        "custom_role_id": null,
        "agent_capacity_policy_id": null,
    })
}

fn view(account: &Account) -> Value {
    let attributes: &Map<String, Value> = &account.custom_attributes;
    json!({
        "id": account.id,
        "name": account.name,
        "locale": account.locale,
        "domain": account.domain,
        "support_email": account.support_email,
        "status": account.status,
        "features": account.features(),
        "limits": account.limits,
        "custom_attributes": attributes,
    })
}
