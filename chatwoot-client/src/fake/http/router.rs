//! The routes: verb and path to an operation; each resource has its file with a `route` function.

use crate::fake::application::inboxes::members as inbox_members;
use crate::fake::application::{
    account, agents, attribute_definitions as attributes, contacts, conversations, dashboard_apps,
    inboxes, labels, messages, profile, teams, webhooks,
};
use crate::fake::http::input::{Ctx, id, segments};
use crate::fake::http::response::{ErrorResponse, Outcome};
use crate::fake::http::{auth, root};
use crate::fake::pages::agent as agent_page;
use crate::fake::platform::{accounts as platform, users as platform_users};
use crate::fake::public::{inbox as public_api, widget as widget_api};

/// The operation of a route, which runs after the authentication.
pub(in crate::fake) type Handler = Box<dyn FnOnce(&mut Ctx<'_>) -> Outcome>;

/// `None` if the path is not a route of this resource.
pub(in crate::fake) type Routed = Option<Handler>;

/// Wraps the operation of a route.
pub(in crate::fake) fn to(handler: impl FnOnce(&mut Ctx<'_>) -> Outcome + 'static) -> Routed {
    Some(Box::new(handler))
}

/// A resource: from the verb and the rest of the path to an operation.
type Resource = fn(&str, &[&str]) -> Routed;

const PLATFORM: &[Resource] = &[platform::route, platform_users::route];

/// Paths below `/api/v1/accounts/{account_id}`.
const ACCOUNT: &[Resource] = &[
    account::route,
    agents::route,
    attributes::route,
    contacts::route,
    conversations::route,
    dashboard_apps::route,
    inbox_members::route,
    inboxes::route,
    labels::route,
    messages::route,
    teams::route,
    webhooks::route,
];

/// The routes without authentication.
const OPEN: &[Resource] = &[root::route, agent_page::route];

fn find(resources: &[Resource], verb: &str, rest: &[&str]) -> Result<Handler, ErrorResponse> {
    resources.iter().find_map(|route| route(verb, rest)).ok_or_else(ErrorResponse::no_route)
}

/// Runs the operation of the request.
pub(in crate::fake) fn run(ctx: &mut Ctx<'_>) -> Outcome {
    let path = segments(&ctx.input.path);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let verb = ctx.input.verb.as_str();
    let handler = match path.as_slice() {
        ["platform", "api", "v1", rest @ ..] => {
            let handler = find(PLATFORM, verb, rest)?;
            auth::platform(ctx)?;
            handler
        }
        ["api", "v1", "accounts", account, rest @ ..] => {
            let handler = find(ACCOUNT, verb, rest)?;
            auth::account(ctx, id(account))?;
            handler
        }
        ["api", "v1", "profile", rest @ ..] => {
            let handler = find(&[profile::route], verb, rest)?;
            auth::user(ctx)?;
            handler
        }
        ["api", "v1", "widget", rest @ ..] => find(&[widget_api::route], verb, rest)?,
        ["public", "api", "v1", "inboxes", rest @ ..] => find(&[public_api::route], verb, rest)?,
        rest => find(OPEN, verb, rest)?,
    };
    if ctx.input.malformed {
        return Err(ErrorResponse::bad_json());
    }
    if ctx.input.has_nul {
        return Err(ErrorResponse::internal_server_error());
    }
    handler(ctx)
}
