//! Users, which the platform app creates and updates.

use serde_json::{Map, Value, json};

use crate::fake::application::agents;
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::{State, secret};

/// A user.
#[derive(Clone, Debug)]
pub(in crate::fake) struct User {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) name: String,
    pub(in crate::fake) display_name: Option<String>,
    pub(in crate::fake) email: String,
    pub(in crate::fake) token: String,
    pub(in crate::fake) pubsub_token: String,
    pub(in crate::fake) confirmed: bool,
    pub(in crate::fake) message_signature: Option<String>,
    pub(in crate::fake) custom_attributes: Map<String, Value>,
    pub(in crate::fake) ui_settings: Value,
}

impl User {
    /// Returns the name that others see.
    pub(in crate::fake) fn available_name(&self) -> &str {
        self.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }
}

/// Creates a user, or returns the one with this e-mail address.
pub(in crate::fake) fn add(state: &mut State, email: &str, name: &str) -> i64 {
    let email = email.to_lowercase();
    if let Some(id) = state.user_by_email.get(&email) {
        return *id;
    }
    state.last_user += 1;
    let id = state.last_user;
    let user = User {
        id,
        name: name.to_owned(),
        display_name: None,
        email: email.clone(),
        token: secret(),
        pubsub_token: secret(),
        confirmed: true,
        message_signature: None,
        custom_attributes: Map::new(),
        ui_settings: json!({}),
    };
    state.user_by_email.insert(email, id);
    state.user_by_token.insert(user.token.clone(), id);
    state.users.insert(id, user);
    id
}

/// Returns a user's token.
pub(in crate::fake) fn token(state: &State, user: i64) -> String {
    state.users.get(&user).map(|user| user.token.clone()).unwrap_or_default()
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let one = |user: &str, run: fn(&mut Ctx<'_>, i64) -> Outcome| {
        let user = id(user);
        to(move |ctx| {
            if !ctx.state.users.contains_key(&user) {
                return Err(ErrorResponse::no_route());
            }
            if !ctx.state.platform_users.contains(&user) {
                return Err(ErrorResponse::unauthorized("Non permissible resource"));
            }
            run(ctx, user)
        })
    };
    match (verb, rest) {
        ("POST", ["users"]) => to(create),
        ("GET", ["users", user]) => {
            one(user, |ctx, user| Ok(FakeResponse::json(&view(ctx.state, user))))
        }
        ("PATCH" | "PUT", ["users", user]) => one(user, update),
        ("DELETE", ["users", user]) => one(user, delete),
        ("GET", ["users", user, "login"]) => one(user, login),
        ("POST", ["users", user, "token"]) => one(user, show_token),
        _ => None,
    }
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let params = ctx.params("user");
    let email = text(&params, "email").unwrap_or_default();
    if let Some(known) = ctx.state.user_by_email.get(&email.to_lowercase()).copied() {
        // The server returns an existing user unchanged.
        ctx.state.platform_users.insert(known);
        return Ok(FakeResponse::json(&view(ctx.state, known)));
    }
    check(&params, true)?;
    let user = add(ctx.state, &email, &text(&params, "name").unwrap_or_default());
    ctx.state.platform_users.insert(user);
    apply(ctx.state, user, &params);
    Ok(FakeResponse::json(&view(ctx.state, user)))
}

fn update(ctx: &mut Ctx<'_>, user: i64) -> Outcome {
    let params = ctx.params("user");
    check(&params, false)?;
    let owner = text(&params, "email").map(|email| email.to_lowercase());
    let owner = owner.and_then(|email| ctx.state.user_by_email.get(&email));
    if owner.is_some_and(|owner| *owner != user) {
        return Err(ErrorResponse::invalid(&[("email", "Email has already been taken")]));
    }
    apply(ctx.state, user, &params);
    Ok(FakeResponse::json(&view(ctx.state, user)))
}

fn apply(state: &mut State, id: i64, params: &Value) {
    let Some(user) = state.users.get_mut(&id) else { return };
    if let Some(name) = text(params, "name") {
        user.name = name;
    }
    if let Some(name) = text(params, "display_name") {
        user.display_name = Some(name);
    }
    if let Some(email) = text(params, "email").map(|email| email.to_lowercase()) {
        state.user_by_email.remove(&user.email);
        state.user_by_email.insert(email.clone(), id);
        user.email = email;
    }
    // The password itself is not stored; its change shows in the token of the websocket connection.
    if text(params, "password").is_some() {
        user.pubsub_token = secret();
    }
    if let Some(Value::Object(attributes)) = params.get("custom_attributes") {
        for (key, value) in attributes {
            user.custom_attributes.insert(key.clone(), value.clone());
        }
    }
}

fn check(params: &Value, new: bool) -> Result<(), ErrorResponse> {
    let mut faults = Vec::new();
    let email = text(params, "email");
    match email.as_deref() {
        None if !new => {}
        None | Some("") => faults.push(("email", "Email can't be blank")),
        Some(email) if !looks_like_email(email) => {
            faults.push(("email", "Email is invalid"));
            faults.push(("email", "Email is not an email"));
        }
        Some(_) => {}
    }
    match text(params, "password").as_deref() {
        None | Some("") if new => faults.push(("password", "Password can't be blank")),
        None => {}
        Some(password) => check_password(password, &mut faults),
    }
    if faults.is_empty() { Ok(()) } else { Err(ErrorResponse::invalid(&faults)) }
}

const SPECIAL: &str = "!@#$%^&*()_+-=[]{}|\"/\\.,`<>:;?~'";

fn check_password(password: &str, faults: &mut Vec<(&str, &str)>) {
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let rules = [
        (password.chars().count() >= 6, "Password must contain at least 6 characters"),
        (
            has(|c| c.is_ascii_uppercase()),
            "Password must contain at least 1 uppercase character  (A..Z)",
        ),
        (
            has(|c| c.is_ascii_lowercase()),
            "Password must contain at least 1 lowercase character  (a..z)",
        ),
        (has(|c| c.is_ascii_digit()), "Password must contain at least 1 number character  (0..9)"),
        (
            has(|c| SPECIAL.contains(c)),
            "Password must contain at least 1 special character  ( !@#$%^&*()_+-=[]{}|\"/\\.,`<>:;?~')",
        ),
    ];
    faults
        .extend(rules.iter().filter(|(kept, _)| !kept).map(|(_, message)| ("password", *message)));
}

/// Whether the server accepts a text as an e-mail address: text, an at sign, a domain.
pub(in crate::fake) fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        let plain = !text.contains(char::is_whitespace) && !domain.contains('@');
        plain && !local.is_empty() && domain.contains('.') && !domain.starts_with('.')
    })
}

fn delete(ctx: &mut Ctx<'_>, user: i64) -> Outcome {
    if let Some(removed) = ctx.state.users.remove(&user) {
        ctx.state.user_by_email.remove(&removed.email);
        ctx.state.user_by_token.remove(&removed.token);
    }
    ctx.state.platform_users.remove(&user);
    let accounts: Vec<i64> =
        agents::of_user(ctx.state, user).map(|membership| membership.account).collect();
    for account in accounts {
        agents::leave(ctx.state, account, user);
    }
    Ok(FakeResponse::empty())
}

fn login(ctx: &mut Ctx<'_>, user: i64) -> Outcome {
    let email = ctx.state.users.get(&user).map(|user| user.email.clone()).unwrap_or_default();
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", &email)
        .append_pair("sso_auth_token", &hex::encode(secret()))
        .finish();
    Ok(FakeResponse::json(&json!({ "url": format!("{}/app/login?{query}", ctx.state.base_url) })))
}

fn show_token(ctx: &mut Ctx<'_>, user: i64) -> Outcome {
    let user = ctx.state.users.get(&user).ok_or_else(ErrorResponse::no_route)?;
    Ok(FakeResponse::json(&json!({
        "access_token": user.token,
        "expiry": null,
        "user": {
            "id": user.id,
            "name": user.name,
            "display_name": user.display_name,
            "email": user.email,
            "pubsub_token": user.pubsub_token,
        },
    })))
}

/// Returns a user as in the Platform API.
fn view(state: &State, user: i64) -> Value {
    let Some(user) = state.users.get(&user) else { return Value::Null };
    let first = agents::of_user(state, user.id).next();
    let accounts: Vec<Value> = agents::of_user(state, user.id)
        .map(|membership| {
            json!({
                "id": membership.account,
                "name": state.accounts.get(&membership.account).map(|account| &account.name),
                "active_at": null,
                "role": membership.role.as_str(),
            })
        })
        .collect();
    json!({
        "id": user.id,
        "uid": user.email,
        "name": user.name,
        "available_name": user.available_name(),
        "display_name": user.display_name,
        "email": user.email,
        "account_id": first.map(|membership| membership.account),
        "role": first.map(|membership| membership.role.as_str()),
        "confirmed": user.confirmed,
        "avatar_url": "",
        "provider": "email",
        "pubsub_token": user.pubsub_token,
        "message_signature": user.message_signature,
        "custom_attributes": user.custom_attributes,
        "ui_settings": user.ui_settings,
        "access_token": user.token,
        "accounts": accounts,
    })
}
