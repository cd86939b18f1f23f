//! Events, their webhooks, and the outbox of deliveries.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::fake::application::conversations::store::MessageType;
use crate::fake::application::inboxes::channel::Kind;
use crate::fake::background::Job;
use crate::fake::event::{Event, Subject};
use crate::fake::state::{State, uuid};
use crate::fake::webhook::payloads;
use crate::mac::mac_digits;

/// The ids of the records that a delivery is about, as far as its payload contains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// The contact's id.
    pub contact: Option<u64>,
    /// The conversation's number within its account.
    pub conversation: Option<u64>,
    /// The message's id.
    pub message: Option<u64>,
}

/// A webhook delivery in the outbox. Its `Debug` shows neither body nor URL: both may contain
/// tokens.
#[derive(Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The id of the account.
    pub account: u64,
    /// The name of the event.
    pub event: String,
    /// The URL of the receiver.
    pub url: String,
    /// `X-Chatwoot-Delivery`.
    pub delivery_id: String,
    /// The raw body.
    pub body: Bytes,
    /// The records that the delivery is about.
    pub fact: Fact,
    secret: String,
    /// Whether a fault let another delivery overtake it.
    pub(in crate::fake) swapped: bool,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("account", &self.account)
            .field("event", &self.event)
            .field("delivery_id", &self.delivery_id)
            .field("fact", &self.fact)
            .finish_non_exhaustive()
    }
}

impl Delivery {
    /// Returns the request as the server sends it, signed for this time.
    pub fn request(&self, now: Timestamp) -> http::Request<Bytes> {
        let timestamp = now.as_second().to_string();
        let signature = self.signature(&timestamp);
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = http::Method::POST;
        if let Ok(uri) = self.url.parse() {
            *request.uri_mut() = uri;
        }
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("user-agent", "Ruby"),
            ("x-chatwoot-delivery", &self.delivery_id),
            ("x-chatwoot-timestamp", &timestamp),
            ("x-chatwoot-signature", &signature),
        ];
        for (name, value) in headers {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                request.headers_mut().insert(name, value);
            }
        }
        request
    }

    /// Returns `sha256=` and the hexadecimal HMAC-SHA256 of `timestamp.body`.
    pub fn signature(&self, timestamp: &str) -> String {
        let secret = self.secret.as_str().into();
        format!("sha256={}", mac_digits(&secret, &[timestamp.as_bytes(), b".", &self.body]))
    }
}

/// When the payload of a webhook is made: of the state at that time, which may be later than the
/// change that it tells of. What changed, in `changed_attributes`, is always of the change.
///
/// The server does it when a background job works the event off, so later changes may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookRendering {
    /// With the change.
    #[default]
    AtOnce,
    /// This long after the change, on tokio's clock. Then only is there a delivery to send or take.
    After(Duration),
    /// When the delivery is sent or taken.
    WhenTaken,
}

/// Queues the webhooks of an event, now or when they are to be rendered. An activity message has
/// none, nor has an update that changed nothing.
pub(in crate::fake) fn tell(state: &mut State, event: Event) {
    if event.name.in_webhooks().is_none() || event.changes.is_empty() {
        return;
    }
    if let Subject::Message(id) = event.subject
        && let Some(message) = state.conversations.message(event.account, id)
        && message.kind == MessageType::Activity
    {
        return;
    }
    match state.outbox.rendering {
        WebhookRendering::AtOnce => render(state, &event),
        WebhookRendering::After(delay) => state.jobs.add(delay, Job::Render(event)),
        WebhookRendering::WhenTaken => state.outbox.events.push_back(event),
    }
}

/// Queues the deliveries of an event, as its row is now; where the row is gone, the event is lost.
pub(in crate::fake) fn render(state: &mut State, event: &Event) {
    let Some(name) = event.name.in_webhooks() else { return };
    let Some((inbox, mut payload)) = payloads::of(state, event) else { return };
    if let Value::Object(map) = &mut payload
        && !matches!(event.subject, Subject::Message(_))
        && let Some(changes) = event.changes.in_webhook()
    {
        map.insert("changed_attributes".to_owned(), changes);
    }
    emit(state, event.account, inbox, name, &payload);
}

/// The deliveries that wait to be sent.
#[derive(Debug, Default)]
pub(in crate::fake) struct Outbox {
    pub(in crate::fake) rendering: WebhookRendering,
    /// What is rendered when it is taken.
    pub(in crate::fake) events: VecDeque<Event>,
    pub(in crate::fake) waiting: VecDeque<Delivery>,
    /// The number of deliveries that were taken and are not completed.
    pub(in crate::fake) in_flight: usize,
}

const INBOX_EVENTS: [&str; 2] = ["inbox_created", "inbox_updated"];

/// Queues `event` for every webhook of the account that subscribes to it, and for the API inbox's
/// own webhook if it is an event of a conversation or message in `inbox`. The payload is a
/// snapshot; its `event` key is added here.
pub(in crate::fake) fn emit(
    state: &mut State,
    account: i64,
    inbox: Option<i64>,
    event: &str,
    payload: &Value,
) {
    if INBOX_EVENTS.contains(&event) && !state.inbox_events {
        return;
    }
    let mut targets: Vec<(String, String)> = state
        .webhooks
        .of(account)
        .filter(|webhook| webhook.wants(event))
        .map(|webhook| (webhook.url.clone(), webhook.secret.clone()))
        .collect();
    if let Some(inbox) = inbox.and_then(|id| state.inboxes.get(account, id))
        && let Kind::Api(channel) = &inbox.kind
        && let Some(url) = channel.webhook_url.as_deref().filter(|url| !url.is_empty())
    {
        targets.push((url.to_owned(), channel.secret.clone()));
    }
    // A webhook and an inbox with the same URL get two deliveries, as on the server.
    if targets.is_empty() {
        return;
    }
    let fact = fact(event, payload);
    let body = body(event, payload);
    for (url, secret) in targets {
        state.outbox.waiting.push_back(Delivery {
            account: account.unsigned_abs(),
            event: event.to_owned(),
            url,
            delivery_id: uuid(),
            body: body.clone(),
            fact,
            secret,
            swapped: false,
        });
    }
}

/// Writes the body with the event's name after the payload and before what changed, as the server
/// does.
fn body(event: &str, payload: &Value) -> Bytes {
    let Value::Object(payload) = payload else { return Bytes::from(payload.to_string()) };
    let mut payload = payload.clone();
    let changed = payload.remove("changed_attributes");
    let mut body = Value::Object(payload).to_string();
    body.truncate(body.len() - 1);
    let mut member = |name: &str, value: &Value| {
        let comma = if body.len() > 1 { "," } else { "" };
        for part in [comma, &Value::from(name).to_string(), ":", &value.to_string()] {
            body.push_str(part);
        }
    };
    member("event", &Value::from(event));
    if let Some(changed) = changed {
        member("changed_attributes", &changed);
    }
    body.push('}');
    Bytes::from(body)
}

fn fact(event: &str, payload: &Value) -> Fact {
    let at = |path: &str| payload.pointer(path).and_then(Value::as_u64);
    match event.split_once('_').map(|(noun, _)| noun) {
        Some("contact") => Fact { contact: at("/id"), ..Fact::default() },
        Some("message") => Fact {
            message: at("/id"),
            conversation: at("/conversation/id"),
            contact: at("/conversation/meta/sender/id"),
        },
        Some("conversation") => Fact {
            conversation: at("/id").or_else(|| at("/conversation/id")),
            contact: at("/meta/sender/id"),
            message: None,
        },
        _ => Fact { contact: at("/contact/id"), ..Fact::default() },
    }
}

/// Returns the events to which an account webhook may subscribe.
pub(in crate::fake) fn known() -> BTreeSet<&'static str> {
    BTreeSet::from([
        "conversation_status_changed",
        "conversation_updated",
        "conversation_created",
        "contact_created",
        "contact_updated",
        "message_created",
        "message_updated",
        "webwidget_triggered",
        "inbox_created",
        "inbox_updated",
        "conversation_typing_on",
        "conversation_typing_off",
    ])
}
