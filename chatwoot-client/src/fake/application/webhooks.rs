//! Webhooks of an account.

use serde_json::{Value, json};

use crate::fake::http::input::{Ctx, id, text, texts};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::state::secret;
use crate::fake::webhook::events;

/// A webhook of an account.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Webhook {
    id: i64,
    account: i64,
    name: Option<String>,
    pub(in crate::fake) url: String,
    subscriptions: Vec<String>,
    pub(in crate::fake) secret: String,
}

impl Webhook {
    /// Whether it subscribes to this event.
    pub(in crate::fake) fn wants(&self, event: &str) -> bool {
        self.subscriptions.iter().any(|name| name == event)
    }

    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "account_id": self.account,
            "subscriptions": self.subscriptions,
            "secret": self.secret,
        })
    }

    fn set(&mut self, params: &Value) {
        if let Some(url) = text(params, "url") {
            self.url = url;
        }
        if params.get("name").is_some() {
            self.name = text(params, "name");
        }
        if let Some(subscriptions) = texts(params, "subscriptions") {
            self.subscriptions = subscriptions;
        }
    }
}

const DEFAULT: [&str; 7] = [
    "conversation_status_changed",
    "conversation_updated",
    "conversation_created",
    "contact_created",
    "contact_updated",
    "message_created",
    "message_updated",
];

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["webhooks"]) => to(|ctx| {
            ctx.require_admin()?;
            let all: Value = ctx.state.webhooks.of(ctx.account).map(Webhook::view).collect();
            Ok(FakeResponse::json(&json!({ "payload": { "webhooks": all } })))
        }),
        ("POST", ["webhooks"]) => to(create),
        ("PATCH" | "PUT", ["webhooks", webhook]) => {
            let webhook = id(webhook);
            to(move |ctx| update(ctx, webhook))
        }
        ("DELETE", ["webhooks", webhook]) => {
            let webhook = id(webhook);
            to(move |ctx| {
                ctx.require_admin()?;
                ctx.state
                    .webhooks
                    .remove(ctx.account, webhook)
                    .ok_or_else(ErrorResponse::not_found)?;
                Ok(FakeResponse::empty())
            })
        }
        _ => None,
    }
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.require_admin()?;
    let mut webhook = Webhook {
        id: 0,
        account: ctx.account,
        name: None,
        url: String::new(),
        subscriptions: DEFAULT.iter().map(|name| (*name).to_owned()).collect(),
        secret: secret(),
    };
    webhook.set(&ctx.params("webhook"));
    check(ctx, &webhook)?;
    webhook.id = ctx.state.webhooks.next_id();
    store(ctx, webhook)
}

fn update(ctx: &mut Ctx<'_>, webhook: i64) -> Outcome {
    ctx.require_admin()?;
    let found =
        ctx.state.webhooks.get(ctx.account, webhook).ok_or_else(ErrorResponse::not_found)?;
    let mut changed = found.clone();
    changed.set(&ctx.params("webhook"));
    check(ctx, &changed)?;
    store(ctx, changed)
}

fn store(ctx: &mut Ctx<'_>, webhook: Webhook) -> Outcome {
    let shown = webhook.view();
    ctx.state.webhooks.put(ctx.account, webhook.id, webhook);
    Ok(FakeResponse::json(&json!({ "payload": { "webhook": shown } })))
}

fn check(ctx: &Ctx<'_>, webhook: &Webhook) -> Result<(), ErrorResponse> {
    let mut faults = Vec::new();
    let taken = |other: &Webhook| other.id != webhook.id && other.url == webhook.url;
    if ctx.state.webhooks.of(ctx.account).any(taken) {
        faults.push(("url", "Url has already been taken"));
    }
    if !is_http(&webhook.url) {
        faults.push(("url", "Url is invalid"));
    }
    let known = events::known();
    if webhook.subscriptions.is_empty()
        || !webhook.subscriptions.iter().all(|e| known.contains(e.as_str()))
    {
        faults.push(("subscriptions", "Subscriptions Invalid events"));
    }
    if faults.is_empty() { Ok(()) } else { Err(ErrorResponse::invalid(&faults)) }
}

/// Whether a text is an `http` or `https` URL.
pub(in crate::fake) fn is_http(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
