//! Inbox members: the agents of an inbox.

use std::collections::BTreeSet;

use serde_json::json;

use crate::fake::application::account::touch;
use crate::fake::application::agents;
use crate::fake::application::inboxes::visible;
use crate::fake::http::input::{Ctx, id, id_of, ids};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["inbox_members", inbox]) => {
            let inbox = id(inbox);
            to(move |ctx| show(ctx, inbox))
        }
        ("POST", ["inbox_members"]) => to(|ctx| {
            let inbox = change(ctx, |members, users| members.extend(users))?;
            show(ctx, inbox)
        }),
        ("PATCH" | "PUT", ["inbox_members"]) => to(|ctx| {
            let inbox = change(ctx, BTreeSet::clone_from)?;
            show(ctx, inbox)
        }),
        ("DELETE", ["inbox_members"]) => to(|ctx| {
            change(ctx, |members, users| members.retain(|user| !users.contains(user)))?;
            Ok(FakeResponse::empty())
        }),
        _ => None,
    }
}

fn show(ctx: &mut Ctx<'_>, inbox: i64) -> Outcome {
    let members = &visible(ctx, inbox)?.members;
    Ok(FakeResponse::json(&json!({ "payload": agents::views(ctx.state, ctx.account, members) })))
}

fn change(
    ctx: &mut Ctx<'_>,
    apply: fn(&mut BTreeSet<i64>, &BTreeSet<i64>),
) -> Result<i64, ErrorResponse> {
    let inbox = ctx.body().get("inbox_id").and_then(id_of).unwrap_or_default();
    visible(ctx, inbox)?;
    ctx.require_admin()?;
    let users: BTreeSet<i64> =
        ids(ctx.body(), "user_ids").unwrap_or_default().into_iter().collect();
    if users.iter().any(|user| !ctx.state.users.contains_key(user)) {
        return Err(ErrorResponse::invalid(&[("user", "User must exist")]));
    }
    let found =
        ctx.state.inboxes.get_mut(ctx.account, inbox).ok_or_else(ErrorResponse::not_found)?;
    apply(&mut found.members, &users);
    touch(ctx, "inbox");
    Ok(inbox)
}
