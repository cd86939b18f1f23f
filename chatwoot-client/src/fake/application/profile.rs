//! Profile: the user of the token.

use serde_json::{Value, json};

use crate::fake::application::agents;
use crate::fake::application::agents::Membership;
use crate::fake::http::input::{Ctx, flag, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::{Role, State, secret};

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", []) => to(show),
        ("PUT" | "PATCH", []) => to(update),
        ("POST", ["auto_offline"]) => to(|ctx| {
            set_presence(ctx, |member, params| {
                member.auto_offline = flag(params, "auto_offline").unwrap_or(false);
            })
        }),
        ("POST", ["availability"]) => to(|ctx| {
            set_presence(ctx, |member, params| {
                if let Some(word) = text(params, "availability") {
                    member.availability = word;
                }
            })
        }),
        ("PUT", ["set_active_account"]) => to(|_| Ok(FakeResponse::empty())),
        ("POST", ["reset_access_token"]) => to(reset_token),
        _ => None,
    }
}

fn show(ctx: &mut Ctx<'_>) -> Outcome {
    let user = ctx.user();
    Ok(FakeResponse::json(&view(ctx.state, user)))
}

fn update(ctx: &mut Ctx<'_>) -> Outcome {
    let params = ctx.params("profile");
    let id = ctx.user();
    let user = ctx.state.users.get_mut(&id).ok_or_else(ErrorResponse::not_found)?;
    if let Some(name) = text(&params, "name") {
        user.name = name;
    }
    if params.get("display_name").is_some() {
        user.display_name = text(&params, "display_name");
    }
    if params.get("message_signature").is_some() {
        user.message_signature = text(&params, "message_signature");
    }
    if let Some(settings @ Value::Object(_)) = params.get("ui_settings") {
        user.ui_settings = settings.clone();
    }
    show(ctx)
}

fn set_presence(ctx: &mut Ctx<'_>, set: fn(&mut Membership, &Value)) -> Outcome {
    let params = ctx.params("profile");
    let account = params.get("account_id").and_then(id_of).unwrap_or_default();
    let user = ctx.user();
    let member =
        ctx.state.memberships.get_mut(&(account, user)).ok_or_else(ErrorResponse::not_found)?;
    set(member, &params);
    show(ctx)
}

fn reset_token(ctx: &mut Ctx<'_>) -> Outcome {
    let id = ctx.user();
    let user = ctx.state.users.get_mut(&id).ok_or_else(ErrorResponse::not_found)?;
    ctx.state.user_by_token.remove(&user.token);
    user.token = secret();
    ctx.state.user_by_token.insert(user.token.clone(), id);
    show(ctx)
}

fn view(state: &State, user: i64) -> Value {
    let Some(user) = state.users.get(&user) else { return Value::Null };
    let first = agents::of_user(state, user.id).next();
    let accounts: Vec<Value> = agents::of_user(state, user.id)
        .filter_map(|member| Some((member, state.accounts.get(&member.account)?)))
        .map(|(member, account)| {
            json!({
                "id": account.id,
                "name": account.name,
                "status": account.status,
                "active_at": null,
                "role": member.role.as_str(),
                "permissions": [if member.role == Role::Administrator { "administrator" } else { "agent" }],
                "availability": member.availability,
                "availability_status": agents::availability(state, member),
                "auto_offline": member.auto_offline,
                "custom_role_id": null,
                "custom_role": null,
                "onboarding_step": null,
            })
        })
        .collect();
    json!({
        "access_token": user.token,
        "account_id": first.map(|member| member.account),
        "available_name": user.available_name(),
        "avatar_url": "",
        "confirmed": user.confirmed,
        "display_name": user.display_name,
        "message_signature": user.message_signature,
        "email": user.email,
        "id": user.id,
        "inviter_id": first.and_then(|member| member.inviter),
        "name": user.name,
        "provider": "email",
        "pubsub_token": user.pubsub_token,
        "role": first.map(|member| member.role.as_str()),
        "ui_settings": user.ui_settings,
        "uid": user.email,
        "type": null,
        "accounts": accounts,
    })
}
