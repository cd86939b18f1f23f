//! Accounts: the account record, and the routes of its members to read and change it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::fake::clock::iso;
use crate::fake::event;
use crate::fake::http::input::{Ctx, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::State;

/// An account.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Account {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) name: String,
    pub(in crate::fake) locale: String,
    pub(in crate::fake) domain: Option<String>,
    pub(in crate::fake) support_email: String,
    pub(in crate::fake) status: String,
    pub(in crate::fake) features: BTreeSet<String>,
    pub(in crate::fake) limits: Value,
    pub(in crate::fake) custom_attributes: Map<String, Value>,
    pub(in crate::fake) settings: Map<String, Value>,
    pub(in crate::fake) created_at: Timestamp,
    /// When inboxes, labels and teams were last changed, for the cache keys.
    pub(in crate::fake) changed: BTreeMap<&'static str, i64>,
}

impl Account {
    pub(in crate::fake) fn is_suspended(&self) -> bool {
        self.status == "suspended"
    }

    pub(in crate::fake) fn features(&self) -> Value {
        self.features
            .iter()
            .map(|name| (name.clone(), Value::Bool(true)))
            .collect::<Map<_, _>>()
            .into()
    }
}

const FEATURES: &str = "agent_bots agent_management assignment_v2 auto_resolve_conversations \
    automations campaigns canned_responses captain_tasks channel_email channel_facebook \
    channel_instagram channel_tiktok channel_website chatwoot_v4 contact_chatwoot_support_team \
    crm custom_attributes help_center inbound_emails inbox_management integrations labels macros \
    reports team_management voice_recorder";

/// Creates an account with the server's defaults.
pub(in crate::fake) fn add(state: &mut State, name: &str) -> i64 {
    state.last_account += 1;
    let id = state.last_account;
    let account = Account {
        id,
        name: name.to_owned(),
        locale: "en".to_owned(),
        domain: None,
        support_email: "Chatwoot <accounts@chatwoot.com>".to_owned(),
        status: "active".to_owned(),
        features: FEATURES.split_whitespace().map(str::to_owned).collect(),
        limits: json!({}),
        custom_attributes: Map::new(),
        settings: Map::new(),
        created_at: state.now(),
        changed: BTreeMap::new(),
    };
    state.accounts.insert(id, account);
    id
}

/// Records that the account's inboxes, labels or teams changed.
pub(in crate::fake) fn touch(ctx: &mut Ctx<'_>, what: &'static str) {
    let now = ctx.state.now().as_second();
    if let Some(account) = ctx.state.accounts.get_mut(&ctx.account) {
        account.changed.insert(what, now);
    }
    event::cache_invalidated(ctx.state, ctx.account);
}

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", []) => to(show),
        ("PATCH" | "PUT", []) => to(update),
        ("GET", ["cache_keys"]) => to(|ctx| {
            let account = current(ctx)?;
            Ok(FakeResponse::json(&json!({ "cache_keys": cache_keys(account) })))
        }),
        _ => None,
    }
}

fn current<'a>(ctx: &'a Ctx<'_>) -> Result<&'a Account, ErrorResponse> {
    ctx.state.accounts.get(&ctx.account).ok_or_else(ErrorResponse::not_found)
}

fn show(ctx: &mut Ctx<'_>) -> Outcome {
    let mut shown = view(current(ctx)?);
    if let Value::Object(map) = &mut shown {
        map.insert("latest_chatwoot_version".to_owned(), Value::Null);
        map.insert("subscribed_features".to_owned(), json!([]));
    }
    Ok(FakeResponse::json(&shown))
}

const SETTINGS: [&str; 7] = [
    "auto_resolve_after",
    "auto_resolve_message",
    "auto_resolve_ignore_waiting",
    "audio_transcriptions",
    "auto_resolve_label",
    "conversation_required_attributes",
    "keep_pending_on_bot_failure",
];
const PROFILE_FIELDS: [&str; 3] = ["industry", "company_size", "timezone"];
const PLAN: [&str; 4] =
    ["plan_name", "subscribed_quantity", "subscription_status", "subscription_ends_on"];

fn update(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let params = ctx.params("account");
    let id = ctx.account;
    let account = ctx.state.accounts.get_mut(&id).ok_or_else(ErrorResponse::not_found)?;
    if let Some(name) = text(&params, "name") {
        if name.is_empty() {
            return Err(ErrorResponse::invalid(&[("name", "Name can't be blank")]));
        }
        account.name = name;
    }
    account.locale = text(&params, "locale").unwrap_or_else(|| account.locale.clone());
    account.domain = text(&params, "domain").or_else(|| account.domain.take());
    account.support_email =
        text(&params, "support_email").unwrap_or_else(|| account.support_email.clone());
    let mut keep = |keys: &[&str], into: fn(&mut Account) -> &mut Map<String, Value>| {
        for key in keys {
            if let Some(value) = params.get(*key) {
                into(account).insert((*key).to_owned(), value.clone());
            }
        }
    };
    keep(&SETTINGS, |account| &mut account.settings);
    keep(&PROFILE_FIELDS, |account| &mut account.custom_attributes);
    Ok(FakeResponse::json(&view(current(ctx)?)))
}

pub(in crate::fake) fn cache_keys(account: &Account) -> Value {
    let key = |what: &str| {
        account.changed.get(what).map_or_else(|| "0000000000".to_owned(), ToString::to_string)
    };
    json!({ "label": key("label"), "inbox": key("inbox"), "team": key("team") })
}

fn view(account: &Account) -> Value {
    let mut shown = json!({
        "id": account.id,
        "name": account.name,
        "locale": account.locale,
        "domain": account.domain,
        "support_email": account.support_email,
        "status": account.status,
        "features": account.features(),
        "settings": account.settings,
        "created_at": iso(account.created_at),
        "cache_keys": cache_keys(account),
    });
    // The server sends custom attributes only if there are any, and then the plan's even if it is
    // null.
    if !account.custom_attributes.is_empty() {
        let mut about: Map<String, Value> = PROFILE_FIELDS
            .iter()
            .filter_map(|key| {
                Some(((*key).to_owned(), account.custom_attributes.get(*key)?.clone()))
            })
            .collect();
        for key in PLAN {
            let value = account.custom_attributes.get(key).cloned().unwrap_or_default();
            about.insert(key.to_owned(), value);
        }
        if let Value::Object(map) = &mut shown {
            map.insert("custom_attributes".to_owned(), about.into());
        }
    }
    shown
}
