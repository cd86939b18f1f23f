//! Teams of an account, and their members.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::application::account::touch;
use crate::fake::application::agents;
use crate::fake::clock::iso;
use crate::fake::http::input::{Ctx, flag, id, ids, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};

/// A team.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Team {
    pub(in crate::fake) id: i64,
    account: i64,
    pub(in crate::fake) name: String,
    description: Option<String>,
    allow_auto_assign: bool,
    pub(in crate::fake) members: BTreeSet<i64>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Team {
    /// Returns the team as `viewer` sees it.
    pub(in crate::fake) fn view(&self, viewer: i64) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "allow_auto_assign": self.allow_auto_assign,
            "account_id": self.account,
            "is_member": self.members.contains(&viewer),
        })
    }

    /// Returns the team as its database row: the form in the response of an assignment.
    pub(in crate::fake) fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "allow_auto_assign": self.allow_auto_assign,
            "account_id": self.account,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        })
    }

    fn set(&mut self, params: &Value) {
        if let Some(name) = text(params, "name") {
            self.name = name.to_lowercase();
        }
        if params.get("description").is_some() {
            self.description = text(params, "description");
        }
        if let Some(allow) = flag(params, "allow_auto_assign") {
            self.allow_auto_assign = allow;
        }
    }
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["teams"]) => to(|ctx| {
            let viewer = ctx.user();
            let all: Value =
                ctx.state.teams.of(ctx.account).map(|team| team.view(viewer)).collect();
            Ok(FakeResponse::json(&all))
        }),
        ("POST", ["teams"]) => to(create),
        (_, ["teams", team, ..]) => {
            let team = id(team);
            match (verb, rest.get(2..).unwrap_or_default()) {
                ("GET", []) => to(move |ctx| show(ctx, team)),
                ("PATCH" | "PUT", []) => to(move |ctx| update(ctx, team)),
                ("DELETE", []) => to(move |ctx| {
                    ctx.require_admin()?;
                    ctx.state
                        .teams
                        .remove(ctx.account, team)
                        .ok_or_else(ErrorResponse::not_found)?;
                    touch(ctx, "team");
                    Ok(FakeResponse::empty())
                }),
                ("GET", ["team_members"]) => to(move |ctx| {
                    let members = find(ctx, team)?.members.clone();
                    Ok(FakeResponse::json(&agents::views(ctx.state, ctx.account, &members)))
                }),
                ("POST", ["team_members"]) => to(move |ctx| add_members(ctx, team)),
                ("PATCH" | "PUT", ["team_members"]) => to(move |ctx| replace_members(ctx, team)),
                ("DELETE", ["team_members"]) => to(move |ctx| remove_members(ctx, team)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn find<'a>(ctx: &'a Ctx<'_>, team: i64) -> Result<&'a Team, ErrorResponse> {
    ctx.state.teams.get(ctx.account, team).ok_or_else(ErrorResponse::not_found)
}

fn show(ctx: &mut Ctx<'_>, team: i64) -> Outcome {
    Ok(FakeResponse::json(&find(ctx, team)?.view(ctx.user())))
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let now = ctx.state.now();
    let mut team = Team {
        id: 0,
        account: ctx.account,
        name: String::new(),
        description: None,
        allow_auto_assign: true,
        members: BTreeSet::new(),
        created_at: now,
        updated_at: now,
    };
    team.set(&ctx.params("team"));
    check(ctx, &team)?;
    team.id = ctx.state.teams.next_id();
    store(ctx, team)
}

fn update(ctx: &mut Ctx<'_>, team: i64) -> Outcome {
    ctx.require_admin()?;
    let mut changed = find(ctx, team)?.clone();
    changed.set(&ctx.params("team"));
    changed.updated_at = ctx.state.now();
    check(ctx, &changed)?;
    store(ctx, changed)
}

fn store(ctx: &mut Ctx<'_>, team: Team) -> Outcome {
    let shown = team.view(ctx.user());
    ctx.state.teams.put(ctx.account, team.id, team);
    touch(ctx, "team");
    Ok(FakeResponse::json(&shown))
}

fn check(ctx: &Ctx<'_>, team: &Team) -> Result<(), ErrorResponse> {
    if team.name.is_empty() {
        return Err(ErrorResponse::invalid(&[("name", "Name must not be blank")]));
    }
    let taken = |other: &Team| other.id != team.id && other.name == team.name;
    if ctx.state.teams.of(ctx.account).any(taken) {
        return Err(ErrorResponse::invalid(&[("name", "Name has already been taken")]));
    }
    Ok(())
}

/// Returns the users of the body, if all are members of the account.
fn users(ctx: &Ctx<'_>, team: i64) -> Result<BTreeSet<i64>, ErrorResponse> {
    find(ctx, team)?;
    ctx.require_admin()?;
    let users: BTreeSet<i64> =
        ids(ctx.body(), "user_ids").unwrap_or_default().into_iter().collect();
    if users.iter().all(|user| ctx.state.role(ctx.account, *user).is_some()) {
        Ok(users)
    } else {
        Err(ErrorResponse::unauthorized("Invalid User IDs"))
    }
}

fn members<'a>(ctx: &'a mut Ctx<'_>, team: i64) -> Result<&'a mut BTreeSet<i64>, ErrorResponse> {
    let team = ctx.state.teams.get_mut(ctx.account, team).ok_or_else(ErrorResponse::not_found)?;
    Ok(&mut team.members)
}

/// Adds members, and returns only those who are new.
fn add_members(ctx: &mut Ctx<'_>, team: i64) -> Outcome {
    let users = users(ctx, team)?;
    let members = members(ctx, team)?;
    let new: Vec<i64> = users.into_iter().filter(|user| members.insert(*user)).collect();
    touch(ctx, "team");
    Ok(FakeResponse::json(&agents::views(ctx.state, ctx.account, &new)))
}

fn replace_members(ctx: &mut Ctx<'_>, team: i64) -> Outcome {
    let users = users(ctx, team)?;
    members(ctx, team)?.clone_from(&users);
    touch(ctx, "team");
    Ok(FakeResponse::json(&agents::views(ctx.state, ctx.account, &users)))
}

fn remove_members(ctx: &mut Ctx<'_>, team: i64) -> Outcome {
    let users = users(ctx, team)?;
    members(ctx, team)?.retain(|user| !users.contains(user));
    touch(ctx, "team");
    Ok(FakeResponse::empty())
}
