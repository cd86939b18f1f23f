//! Webhooks of an account.

use serde_json::{Value, json};

use crate::fake::http::input::{Ctx, id, text, texts};
use crate::fake::http::response::{Answer, Outcome, Refusal};
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
            ctx.admin()?;
            let all: Value = ctx.state.webhooks.of(ctx.account).map(Webhook::view).collect();
            Ok(Answer::json(&json!({ "payload": { "webhooks": all } })))
        }),
        ("POST", ["webhooks"]) => to(create),
        ("PATCH" | "PUT", ["webhooks", hook]) => {
            let hook = id(hook);
            to(move |ctx| update(ctx, hook))
        }
        ("DELETE", ["webhooks", hook]) => {
            let hook = id(hook);
            to(move |ctx| {
                ctx.admin()?;
                ctx.state.webhooks.remove(ctx.account, hook).ok_or_else(Refusal::not_found)?;
                Ok(Answer::empty())
            })
        }
        _ => None,
    }
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    ctx.admin()?;
    let mut hook = Webhook {
        id: 0,
        account: ctx.account,
        name: None,
        url: String::new(),
        subscriptions: DEFAULT.iter().map(|name| (*name).to_owned()).collect(),
        secret: secret(),
    };
    hook.set(&ctx.params("webhook"));
    check(ctx, &hook)?;
    hook.id = ctx.state.webhooks.next_id();
    store(ctx, hook)
}

fn update(ctx: &mut Ctx<'_>, hook: i64) -> Outcome {
    ctx.admin()?;
    let found = ctx.state.webhooks.get(ctx.account, hook).ok_or_else(Refusal::not_found)?;
    let mut changed = found.clone();
    changed.set(&ctx.params("webhook"));
    check(ctx, &changed)?;
    store(ctx, changed)
}

fn store(ctx: &mut Ctx<'_>, hook: Webhook) -> Outcome {
    let shown = hook.view();
    ctx.state.webhooks.put(ctx.account, hook.id, hook);
    Ok(Answer::json(&json!({ "payload": { "webhook": shown } })))
}

fn check(ctx: &Ctx<'_>, hook: &Webhook) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    let taken = |other: &Webhook| other.id != hook.id && other.url == hook.url;
    if ctx.state.webhooks.of(ctx.account).any(taken) {
        faults.push(("url", "Url has already been taken"));
    }
    if !is_http(&hook.url) {
        faults.push(("url", "Url is invalid"));
    }
    let known = events::known();
    if hook.subscriptions.is_empty()
        || !hook.subscriptions.iter().all(|e| known.contains(e.as_str()))
    {
        faults.push(("subscriptions", "Subscriptions Invalid events"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::invalid(&faults)) }
}

/// Whether a text is an `http` or `https` URL.
pub(in crate::fake) fn is_http(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
