//! Tests of the panel's events: what a page is told of changes, who is told, and how a stream ends.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a proof stops at its first fault")]

use std::sync::Arc;
use std::time::Duration;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::response::Html;
use ::axum::routing::{get, post};
use futures_util::StreamExt;
use http::{Request, StatusCode, header};
use reqwest::Response;
use serde_json::{Value, json};
use store_context::memory::MemorySignals;
use store_context::model::{
    Activity, ActivityKind, CustomerId, PrivacyPolicy, StoreId, UnprovenView,
};
use store_context::ports::{Change, NewActivity, Ports, Signal, SignalSubject, Signals};
use store_context_adapters::axum::{AxumConfig, Panel, PanelLimits, PanelStreams, StreamLimits};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::browser::{Profile, chromium_command};
use crate::host::{Host, NL, US, ports};

/// The maximum time that an event takes.
const SOON: Duration = Duration::from_secs(5);
/// How long to wait for what must not come: longer than two changes of a snapshot are apart.
const QUIET: Duration = Duration::from_millis(1_500);
const PATIENCE: Duration = Duration::from_mins(1);

/// What is read after the last event.
const OVER: &str = "the response is over";

/// A host whose panels are told of changes.
struct Live {
    host: Host,
    ports: Ports,
    signals: Arc<MemorySignals>,
    panel: Panel,
}

impl Live {
    async fn new(limits: StreamLimits) -> Self {
        Self::with_pages(limits, Router::new(), |_| ()).await
    }

    async fn with_pages(
        limits: StreamLimits,
        pages: Router,
        change: impl FnOnce(&mut AxumConfig),
    ) -> Self {
        let (ports, signals) = (ports().await, Arc::new(MemorySignals::new()));
        let mut panel = None;
        let host = Host::serve_with(ports.clone(), pages, |config| {
            let service = config.panel.service.clone().with_signals(signals.clone());
            config.panel.service = service;
            config.panel.streams = PanelStreams::new(limits);
            change(config);
            panel = Some(config.panel.clone());
        })
        .await;
        Self { host, ports, signals, panel: panel.unwrap() }
    }

    /// Opens the panel of a conversation, and returns the response.
    async fn opened(&self, address: &str, talk: &str) -> Value {
        let url = format!("{}/panel/{address}/open", self.host.url);
        let opening = self.host.chatwoot.talk(talk).opening();
        self.host.http.post(url).json(&opening).send().await.unwrap().json().await.unwrap()
    }

    async fn token(&self, talk: &str) -> String {
        let address = if talk.starts_with("nl/") { NL } else { US };
        self.opened(address, talk).await["token"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, address: &str, token: &str, query: &str) -> Response {
        let url = format!("{}/panel/{address}/events{query}", self.host.url);
        self.host.http.get(url).bearer_auth(token).send().await.unwrap()
    }

    /// Listens to the events of a conversation of the Dutch store.
    async fn events(&self, talk: &str, query: &str) -> Events {
        let answer = self.ask(NL, &self.token(talk).await, query).await;
        assert_eq!(answer.status(), 200);
        Events { answer, text: String::new() }
    }

    async fn publish(&self, subject: impl Into<SignalSubject>, change: Change) {
        self.signals.publish(&Signal::new(nl(), subject, change)).await.unwrap();
    }

    async fn has_open(&self, streams: usize) {
        let same = async {
            while self.panel.streams.open() != streams {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let same = timeout(SOON, same).await;
        assert!(same.is_ok(), "{} streams are open, not {streams}", self.panel.streams.open());
    }
}

/// What a page is told.
struct Events {
    answer: Response,
    text: String,
}

impl Events {
    /// Returns the next event as it was sent, without comments; [`OVER`] at the end.
    async fn next(&mut self) -> String {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if !block.starts_with(':') {
                    return block;
                }
            }
            let chunk = timeout(SOON, self.answer.chunk()).await.expect("no event comes").unwrap();
            let Some(chunk) = chunk else { return OVER.to_owned() };
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn is_quiet(&mut self) {
        if let Ok(event) = timeout(QUIET, self.next()).await {
            unreachable!("it was told {event:?}");
        }
    }
}

fn nl() -> StoreId {
    StoreId::new("nl").unwrap()
}

fn customer(id: &str) -> CustomerId {
    CustomerId::new(id).unwrap()
}

fn snapshot(changed: &[&str]) -> String {
    format!("event: snapshot\ndata: {}", json!({ "changed": changed }))
}

fn end(reason: &str) -> String {
    format!("event: end\ndata: {}", json!({ "reason": reason }))
}

#[tokio::test]
async fn a_page_is_told_what_of_its_customer_changed() {
    let live = Live::new(StreamLimits::default()).await;
    assert_eq!(live.opened(NL, "nl/1").await["live"], true);
    let mut events = live.events("nl/1", "").await;
    let headers = events.answer.headers();
    let named = ["content-type", "cache-control", "x-content-type-options", "x-accel-buffering"];
    let named = named.map(|name| headers[name].to_str().unwrap());
    assert_eq!(named, ["text/event-stream", "no-store", "nosniff", "no"]);

    live.publish(customer("2"), Change::Cart).await;
    let other = Signal::new(StoreId::new("us").unwrap(), customer("1"), Change::Cart);
    live.signals.publish(&other).await.unwrap();
    live.publish(live.host.chatwoot.talk("nl/2").contact, Change::Contact).await;
    events.is_quiet().await;
    // Those that come together are told together, and those of the next second after it.
    for change in [Change::Orders, Change::Cart, Change::Cart, Change::Activity] {
        live.publish(customer("1"), change).await;
    }
    assert_eq!(events.next().await, snapshot(&["orders", "cart", "activity"]));
    let told = tokio::time::Instant::now();
    live.publish(customer("1"), Change::Customer).await;
    assert_eq!(events.next().await, snapshot(&["customer"]));
    assert!(told.elapsed() > Duration::from_millis(900), "after {:?}", told.elapsed());

    live.signals.deliver_missed();
    assert_eq!(events.next().await, snapshot(&[]), "anything may have");
}

/// The host published without a word to the cache, or another process has it.
#[tokio::test]
async fn what_changed_is_read_anew() {
    let live = Live::new(StreamLimits::default()).await;
    let token = live.token("nl/1").await;
    let titles = async || {
        let url = format!("{}/panel/{NL}/context", live.host.url);
        let answer = live.host.http.get(url).bearer_auth(&token).send().await.unwrap();
        let view: Value = answer.json().await.unwrap();
        let list = view["snapshot"]["recent_activity"].as_array().unwrap().clone();
        list.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut events = live.events("nl/1", "").await;
    assert_eq!(titles().await, ["Slot", "Bel"]);
    record(&live.ports, "Helm").await;
    assert_eq!(titles().await, ["Slot", "Bel"], "it is cached");
    live.publish(customer("1"), Change::Activity).await;
    assert_eq!(events.next().await, snapshot(&["activity"]));
    assert_eq!(titles().await, ["Helm", "Slot", "Bel"]);
}

#[tokio::test]
async fn who_is_not_shown_the_customer_is_not_told_of_it() {
    let live = Live::new(StreamLimits::default()).await;
    let mut unasked = live.events("nl/1?", "").await;
    let mut asked = live.events("nl/1?", "?anyway=true").await;
    live.publish(customer("1"), Change::Cart).await;
    assert_eq!(asked.next().await, snapshot(&["cart"]));
    unasked.is_quiet().await;

    let mut store = live.ports.stores.open(&nl()).await.unwrap().unwrap().store;
    store.privacy = PrivacyPolicy { unproven: UnprovenView::Nothing, ..PrivacyPolicy::default() };
    live.ports.stores.put(&store).await.unwrap();
    let mut forbidden = live.events("nl/1?", "?anyway=true").await;
    live.publish(customer("1"), Change::Cart).await;
    assert_eq!(asked.next().await, snapshot(&["cart"]));
    forbidden.is_quiet().await;
    // Of the contact all are told, as in Chatwoot.
    live.publish(live.host.chatwoot.talk("nl/1").contact, Change::Contact).await;
    for events in [&mut unasked, &mut forbidden] {
        assert_eq!(events.next().await, end("changed"));
        assert_eq!(events.next().await, OVER);
    }
}

#[tokio::test]
async fn a_guests_page_is_told_when_the_contact_changed() {
    let live = Live::new(StreamLimits::default()).await;
    let mut events = live.events("nl/99", "").await;
    let began = tokio::time::Instant::now();
    let contact = live.host.chatwoot.talk("nl/99").contact;
    // Of its conversations it is told later, because there is a change with each answer.
    live.publish(contact, Change::Conversation).await;
    live.publish(contact, Change::Contact).await;
    let told = timeout(2 * SOON, async {
        let chunk = events.answer.chunk().await.unwrap().unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        if text.starts_with(':') { events.answer.chunk().await.unwrap().unwrap() } else { chunk }
    });
    assert_eq!(told.await.unwrap(), format!("{}\n\n", end("changed")));
    assert!(began.elapsed() > Duration::from_secs(4), "opening again is dear");
}

#[tokio::test]
async fn who_has_no_token_is_told_nothing() {
    let limits = PanelLimits { mismatches: 3, ..PanelLimits::default() };
    let strict = |config: &mut AxumConfig| config.panel.limits = limits;
    let live = Live::with_pages(StreamLimits::default(), Router::new(), strict).await;
    let token = live.token("nl/1").await;
    let bare = live.host.http.get(format!("{}/panel/{NL}/events", live.host.url));
    let in_the_url =
        live.host.http.get(format!("{}/panel/{NL}/events?token={token}", live.host.url));
    for request in [bare, in_the_url] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(live.ask(NL, &token, "?anyway=perhaps").await.status(), 400);
    assert_eq!(live.ask("nothing", &token, "").await.status(), 404);
    assert_eq!(live.ask(US, &token, "").await.status(), 401, "another store's");
    for _ in 0..3 {
        assert_eq!(live.ask(NL, &token.replace('a', "b"), "").await.status(), 401);
    }
    assert_eq!(live.ask(NL, &token, "").await.status(), 429, "guessing ends soon");
    assert_eq!(live.panel.streams.open(), 0);
}

#[tokio::test]
async fn a_host_without_signals_says_so() {
    let host = Host::serve_with(ports().await, Router::new(), |_| ()).await;
    let open = host.http.post(format!("{}/panel/{NL}/open", host.url));
    let opened = open.json(&host.chatwoot.talk("nl/1").opening()).send().await.unwrap();
    let opened: Value = opened.json().await.unwrap();
    assert_eq!(opened["live"], false);
    let events = host.http.get(format!("{}/panel/{NL}/events", host.url));
    let answer = events.bearer_auth(opened["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "error": "no live updates" }));
}

#[tokio::test]
async fn streams_are_counted_for_each_store_and_for_the_process() {
    let live =
        Live::new(StreamLimits { per_store: 2, per_process: 3, ..StreamLimits::default() }).await;
    let (nl, us) = (live.token("nl/1").await, live.token("us/1").await);
    let first = live.ask(NL, &nl, "").await;
    let mut open = vec![live.ask(NL, &nl, "").await];
    let refused = live.ask(NL, &nl, "").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"300".parse().unwrap())
    );
    open.push(live.ask(US, &us, "").await);
    assert_eq!(live.ask(US, &us, "").await.status(), 429, "of the process");
    live.has_open(3).await;
    // A page that is closed makes room.
    drop(first);
    live.has_open(2).await;
    open.push(live.ask(US, &us, "").await);
    assert!(open.iter().all(|answer| answer.status() == StatusCode::OK));
    drop(open);
    live.has_open(0).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_time_or_its_token() {
    let short = Duration::from_millis(300);
    let live = Live::new(StreamLimits { lifetime: short, ..StreamLimits::default() }).await;
    let mut events = live.events("nl/1", "").await;
    assert_eq!(events.next().await, end("expired"));
    assert_eq!(events.next().await, OVER);

    let brief = |config: &mut AxumConfig| {
        let service = config.panel.service.clone();
        config.panel.service = service.token_lifetime(Duration::from_secs(2));
    };
    let live = Live::with_pages(StreamLimits::default(), Router::new(), brief).await;
    let mut events = live.events("nl/1", "").await;
    assert_eq!(events.next().await, end("expired"));
    assert_eq!(events.next().await, OVER);
    live.has_open(0).await;
}

#[tokio::test]
async fn a_host_that_stops_ends_its_streams() {
    let live = Live::new(StreamLimits::default()).await;
    let router = store_context_adapters::axum::panel::router(live.panel.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/panel/{NL}/events", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let streams = live.panel.streams.clone();
    let until = async move {
        stopped.await.unwrap_or_default();
        streams.close();
    };
    let serving =
        tokio::spawn(
            async move { ::axum::serve(listener, router).with_graceful_shutdown(until).await },
        );
    let token = live.token("nl/1").await;
    let answer = reqwest::Client::new().get(url).bearer_auth(&token).send().await.unwrap();
    let mut events = Events { answer, text: String::new() };
    live.has_open(1).await;
    stop.send(()).unwrap();
    assert_eq!(events.next().await, end("closed"));
    assert_eq!(events.next().await, OVER);
    timeout(SOON, serving).await.expect("the server waits for a stream").unwrap().unwrap();
    let mut after = Events { answer: live.ask(NL, &token, "").await, text: String::new() };
    assert_eq!(after.next().await, end("closed"), "and opens none");
}

/// A connection whose reader takes nothing does not ask for more of the body.
#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let brief = Duration::from_millis(100);
    let limits = StreamLimits { keep_alive: brief, send_timeout: brief, ..StreamLimits::default() };
    let live = Live::new(limits).await;
    let router = store_context_adapters::axum::panel::router(live.panel.clone());
    let token = live.token("nl/1").await;
    let ask = Request::get(format!("/panel/{NL}/events"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let mut reads = live.events("nl/1", "").await;
    let answer = router.oneshot(ask).await.unwrap();
    assert_eq!((answer.status(), live.panel.streams.open()), (StatusCode::OK, 2));
    live.has_open(1).await;
    live.publish(customer("1"), Change::Cart).await;
    assert_eq!(reads.next().await, snapshot(&["cart"]), "the others go on");
    // What waited is bounded, and then the response is over.
    let waited: Vec<_> =
        timeout(SOON, answer.into_body().into_data_stream().collect()).await.unwrap();
    assert!((1..=5).contains(&waited.len()), "{waited:?}");
}

/// Embeds the panel as Chatwoot does, and sends the host the panel's text each time it changed.
const HARNESS: &str = r#"<!doctype html>
<iframe id="panel"></iframe>
<script>
const frame = document.getElementById("panel");
const asked = new URLSearchParams(location.search);
let asks = 0;
const tell = async () => {
  const talks = await fetch("/talks").then((answer) => answer.json());
  const { conversation: id, contact, uuid } = talks[asked.get("talk")];
  const data = { conversation: { id, uuid, meta: { sender: { id: contact } } } };
  frame.contentWindow.postMessage(JSON.stringify({ event: "appContext", data }), "*");
};
addEventListener("message", ({ data }) => {
  if (data === "chatwoot-dashboard-app:fetch-info") { asks += 1; tell(); }
});
let loads = 0;
frame.addEventListener("load", () => { loads += 1; });
frame.src = "/panel/" + asked.get("panel");
let last = "";
setInterval(() => {
  const view = frame.contentDocument?.getElementById("view");
  if (!view) return;
  const text = `loads ${loads}, asks ${asks}, busy ${view.getAttribute("aria-busy")}\n${view.innerText}`;
  if (text !== last) fetch("/said", { method: "POST", body: last = text });
}, 20);
</script>
"#;

/// What the panel in a real browser shows, each time it changes.
struct Shown {
    said: mpsc::UnboundedReceiver<String>,
    seen: Vec<String>,
    _chromium: tokio::process::Child,
    _profile: Profile,
}

impl Shown {
    /// Waits until the panel has settled with a text that contains this one; returns the text.
    async fn until(&mut self, wanted: &str) -> String {
        let found = async {
            loop {
                let text = self.said.recv().await.unwrap();
                self.seen.push(text.clone());
                if text.contains("busy false") && text.contains(wanted) {
                    return text;
                }
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| unreachable!("`{wanted}` is not shown: {:#?}", self.seen))
    }
}

async fn browse(talk: &str, limits: StreamLimits) -> (Live, Shown) {
    let (say, said) = mpsc::unbounded_channel();
    let told = move |text: String| async move { say.send(text).unwrap_or_default() };
    let pages =
        Router::new().route("/harness", get(|| async { Html(HARNESS) })).route("/said", post(told));
    let live = Live::with_pages(limits, pages, |_| ()).await;
    let profile = Profile::new();
    let mut chromium = tokio::process::Command::from(chromium_command(&profile));
    chromium.arg(format!("{}/harness?panel={NL}&talk={talk}", live.host.url)).kill_on_drop(true);
    let chromium = chromium.stderr(std::process::Stdio::null()).spawn();
    let chromium = chromium.expect("scripts/test installs it");
    (live, Shown { said, seen: Vec::new(), _chromium: chromium, _profile: profile })
}

#[tokio::test]
async fn an_open_page_shows_a_change_without_a_reload() {
    let (live, mut shown) = browse("nl/1", StreamLimits::default()).await;
    shown.until("Viewed a product: Bel").await;
    live.has_open(1).await;
    let before = shown.seen.len();
    for title in ["Helm", "Pomp"] {
        record(&live.ports, title).await;
        live.publish(customer("1"), Change::Activity).await;
        let text = shown.until(title).await;
        assert!(text.starts_with("loads 1, asks 1,"), "{text}");
    }
    let busy = shown.seen[before..].iter().filter(|text| text.contains("busy true"));
    assert_eq!(busy.count(), 0, "it was shown all the time: {:#?}", shown.seen);
    assert_eq!(live.panel.streams.open(), 1, "one stream goes on");
}

#[tokio::test]
async fn a_page_keeps_what_it_shows_when_it_cannot_be_read_again() {
    let (live, mut shown) = browse("nl/1", StreamLimits::default()).await;
    shown.until("Sanne de Vries").await;
    live.has_open(1).await;
    let mut looks = 0;
    let url = format!("{}/panel/{NL}/context", live.host.url);
    while live.host.http.get(&url).send().await.unwrap().status() != 429 {
        looks += 1;
    }
    assert!(looks > 100);
    record(&live.ports, "Helm").await;
    live.publish(customer("1"), Change::Activity).await;
    tokio::time::sleep(QUIET).await;
    while let Ok(text) = shown.said.try_recv() {
        assert!(text.contains("Sanne de Vries") && text.contains("busy false"), "{text}");
    }
}

#[tokio::test]
async fn an_open_page_asks_again_when_its_stream_ends() {
    let brief = StreamLimits { lifetime: Duration::from_secs(1), ..StreamLimits::default() };
    let (live, mut shown) = browse("nl/1", brief).await;
    shown.until("Sanne de Vries").await;
    record(&live.ports, "Helm").await;
    live.ports.cache.remove("context\u{1f}nl\u{1f}1").await.unwrap();
    shown.until("Helm").await;
    live.has_open(1).await;
}

#[tokio::test]
async fn a_guests_page_asks_chatwoot_when_the_contact_changed() {
    let (live, mut shown) = browse("nl/99", StreamLimits::default()).await;
    shown.until("Guest").await;
    live.has_open(1).await;
    live.publish(live.host.chatwoot.talk("nl/99").contact, Change::Contact).await;
    let text = shown.until("asks 2").await;
    assert!(text.contains("Guest"), "{text}");
    live.has_open(1).await;
}

async fn record(ports: &Ports, title: &str) {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    let activity = Activity::new(now, ActivityKind::ProductViewed, title);
    let new = NewActivity { store: nl(), customer: customer("1"), activity };
    ports.activity.as_ref().unwrap().record(&[new]).await.unwrap();
}
