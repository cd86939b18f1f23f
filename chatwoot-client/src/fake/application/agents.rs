//! Agents: users as members of an account.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::http::input::{Ctx, flag, id, text, texts};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::platform::users as platform_users;
use crate::fake::state::{Role, State};

/// The membership of a user in an account.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Membership {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) user: i64,
    pub(in crate::fake) role: Role,
    pub(in crate::fake) inviter: Option<i64>,
    pub(in crate::fake) availability: String,
    pub(in crate::fake) auto_offline: bool,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

/// Returns the availability: with `auto_offline`, of one who is not present, offline. Only the live
/// feed makes somebody present.
pub(in crate::fake) fn availability<'a>(state: &State, member: &'a Membership) -> &'a str {
    if member.auto_offline && !state.is_present(member.account, member.user) {
        "offline"
    } else {
        &member.availability
    }
}

/// Adds a user to an account, or changes the role there.
pub(in crate::fake) fn join(state: &mut State, account: i64, user: i64, role: Role) {
    let now = state.now();
    if let Some(known) = state.memberships.get_mut(&(account, user)) {
        known.role = role;
        known.updated_at = now;
        return;
    }
    state.last_membership += 1;
    let membership = Membership {
        id: state.last_membership,
        account,
        user,
        role,
        inviter: None,
        availability: "online".to_owned(),
        auto_offline: true,
        created_at: now,
        updated_at: now,
    };
    state.memberships.insert((account, user), membership);
    state.memberships_by_user.insert((user, account));
}

/// Removes a user from an account, its inboxes and its teams.
pub(in crate::fake) fn leave(state: &mut State, account: i64, user: i64) {
    state.memberships.remove(&(account, user));
    state.memberships_by_user.remove(&(user, account));
    for inbox in state.inboxes.of_mut(account) {
        inbox.members.remove(&user);
    }
    for team in state.teams.of_mut(account) {
        team.members.remove(&user);
    }
}

/// Returns the memberships of a user, by account.
pub(in crate::fake) fn of_user(state: &State, user: i64) -> impl Iterator<Item = &Membership> {
    let memberships_by_user = state.memberships_by_user.range((user, i64::MIN)..=(user, i64::MAX));
    memberships_by_user.filter_map(|(user, account)| state.memberships.get(&(*account, *user)))
}

/// Returns an agent as in lists and conversations; `Null` for a user who is not a member.
pub(in crate::fake) fn view(state: &State, account: i64, user: i64) -> Value {
    let (Some(member), Some(user)) =
        (state.memberships.get(&(account, user)), state.users.get(&user))
    else {
        return Value::Null;
    };
    json!({
        "id": user.id,
        "account_id": account,
        "availability_status": availability(state, member),
        "auto_offline": member.auto_offline,
        "confirmed": user.confirmed,
        "email": user.email,
        "provider": "email",
        "available_name": user.available_name(),
        "name": user.name,
        "role": member.role.as_str(),
        "thumbnail": "",
        "custom_role_id": null,
    })
}

/// Returns several agents, those who are members of the account.
pub(in crate::fake) fn views<'a>(
    state: &State,
    account: i64,
    users: impl IntoIterator<Item = &'a i64>,
) -> Value {
    users
        .into_iter()
        .map(|user| view(state, account, *user))
        .filter(|shown| !shown.is_null())
        .collect()
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["agents"]) => to(list),
        ("POST", ["agents"]) => to(create),
        ("POST", ["agents", "bulk_create"]) => to(bulk_create),
        ("PATCH" | "PUT", ["agents", user]) => {
            let user = id(user);
            to(move |ctx| update(ctx, user))
        }
        ("DELETE", ["agents", user]) => {
            let user = id(user);
            to(move |ctx| {
                ctx.require_admin()?;
                ctx.state.role(ctx.account, user).ok_or_else(ErrorResponse::not_found)?;
                leave(ctx.state, ctx.account, user);
                Ok(FakeResponse::empty())
            })
        }
        _ => None,
    }
}

fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let mut agents: Vec<(String, i64)> = ctx
        .state
        .memberships
        .range((account, i64::MIN)..=(account, i64::MAX))
        .filter_map(|((_, user), _)| Some((ctx.state.users.get(user)?.name.to_lowercase(), *user)))
        .collect();
    agents.sort();
    Ok(FakeResponse::json(&views(ctx.state, account, agents.iter().map(|(_, user)| user))))
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let params = ctx.params("agent");
    let email = text(&params, "email").unwrap_or_default();
    let user = invite(ctx, &email, &params)?;
    Ok(FakeResponse::json(&view(ctx.state, ctx.account, user)))
}

fn invite(ctx: &mut Ctx<'_>, email: &str, params: &Value) -> Result<i64, ErrorResponse> {
    if !platform_users::looks_like_email(email) {
        return Err(ErrorResponse::invalid(&[
            ("email", "Email is invalid"),
            ("email", "Email is not an email"),
        ]));
    }
    let known = ctx.state.user_by_email.get(&email.to_lowercase()).copied();
    if known.is_some_and(|user| ctx.state.role(ctx.account, user).is_some()) {
        return Err(ErrorResponse::invalid(&[("user_id", "User has already been taken")]));
    }
    let local = email.split('@').next().unwrap_or_default();
    let name = text(params, "name").unwrap_or_else(|| local.to_owned());
    let user = platform_users::add(ctx.state, email, &name);
    if known.is_none()
        && let Some(new) = ctx.state.users.get_mut(&user)
    {
        // An invited user has to confirm the e-mail address first.
        new.confirmed = false;
    }
    let role = text(params, "role").as_deref().and_then(Role::read).unwrap_or(Role::Agent);
    join(ctx.state, ctx.account, user, role);
    let inviter = ctx.user();
    if let Some(member) = ctx.state.memberships.get_mut(&(ctx.account, user)) {
        member.inviter = Some(inviter);
        set_presence(member, params);
    }
    Ok(user)
}

fn set_presence(member: &mut Membership, params: &Value) {
    if let Some(availability) = text(params, "availability") {
        member.availability = availability;
    }
    if let Some(auto_offline) = flag(params, "auto_offline") {
        member.auto_offline = auto_offline;
    }
}

fn bulk_create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    for email in texts(ctx.body(), "emails").unwrap_or_default() {
        // The server skips existing members and malformed e-mail addresses without an error.
        let _ = invite(ctx, &email, &json!({}));
    }
    Ok(FakeResponse::empty())
}

fn update(ctx: &mut Ctx<'_>, user: i64) -> Outcome {
    ctx.require_admin()?;
    let params = ctx.params("agent");
    let now = ctx.state.now();
    let member =
        ctx.state.memberships.get_mut(&(ctx.account, user)).ok_or_else(ErrorResponse::not_found)?;
    if let Some(role) = text(&params, "role").as_deref().and_then(Role::read) {
        member.role = role;
    }
    set_presence(member, &params);
    member.updated_at = now;
    if let Some(name) = text(&params, "name")
        && let Some(user) = ctx.state.users.get_mut(&user)
    {
        user.name = name;
    }
    Ok(FakeResponse::json(&view(ctx.state, ctx.account, user)))
}
