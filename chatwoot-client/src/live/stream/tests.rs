//! Tests of the stream on paused time, against a scripted server.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::application::Account;
use crate::client::Client;
use crate::http::Body;
use crate::http::transport::{Transport, TransportError};
use crate::live::{Live, LiveTransportError, LiveTransportErrorKind};

/// What a connection does next.
#[derive(Clone, Debug)]
enum Step {
    Send(String),
    Wait(u64),
    Close,
    Break,
}

/// A server with one script for each connection; without one it refuses the connection.
#[derive(Clone, Debug, Default)]
struct Server {
    scripts: Arc<Mutex<VecDeque<Vec<Step>>>>,
    /// The tokens that the profile tells, one after another; the last one is repeated.
    tokens: Arc<Mutex<VecDeque<&'static str>>>,
    heard: Arc<Mutex<Vec<String>>>,
    profiles: Arc<Mutex<usize>>,
    connects: Arc<Mutex<Vec<LiveRequest>>>,
}

#[derive(Debug)]
struct Connection {
    steps: VecDeque<Step>,
    until: Option<Instant>,
    heard: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl LiveTransport for Server {
    async fn connect(
        &self,
        request: LiveRequest,
    ) -> Result<Box<dyn LiveConnection>, LiveTransportError> {
        self.connects.lock().unwrap().push(request);
        let script = self.scripts.lock().unwrap().pop_front();
        let steps = script.ok_or_else(|| {
            LiveTransportError::new(LiveTransportErrorKind::Connect, "could not connect")
        })?;
        Ok(Box::new(Connection { steps: steps.into(), until: None, heard: self.heard.clone() }))
    }
}

#[async_trait]
impl LiveConnection for Connection {
    async fn send(&mut self, text: String) -> Result<(), LiveTransportError> {
        self.heard.lock().unwrap().push(text);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<String>, LiveTransportError> {
        loop {
            match self.steps.front() {
                None => std::future::pending().await,
                Some(Step::Wait(ms)) => {
                    let wait = Duration::from_millis(*ms);
                    sleep_until(*self.until.get_or_insert_with(|| Instant::now() + wait)).await;
                    self.until = None;
                    self.steps.pop_front();
                }
                Some(Step::Send(_)) => {
                    let Some(Step::Send(text)) = self.steps.pop_front() else { unreachable!() };
                    return Ok(Some(text));
                }
                Some(Step::Close) => return Ok(None),
                Some(Step::Break) => {
                    let kind = LiveTransportErrorKind::Interrupted;
                    return Err(LiveTransportError::new(kind, "the connection broke"));
                }
            }
        }
    }

    async fn close(&mut self) {
        // A server that does not answer does not close either.
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        assert_eq!(request.uri().path(), "/api/v1/profile");
        *self.profiles.lock().unwrap() += 1;
        let mut tokens = self.tokens.lock().unwrap();
        let token = if tokens.len() > 1 { tokens.pop_front() } else { tokens.front().copied() };
        let mut response = http::Response::new(match token {
            Some(token) => json!({
                "id": 2, "name": "Ada", "pubsub_token": token,
                "accounts": [{"id": 1}, {"id": 3}],
            })
            .to_string()
            .into(),
            None => Bytes::from_static(b"{}"),
        });
        if token.is_none() {
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        }
        Ok(response)
    }
}

const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(8);

impl Server {
    fn new(scripts: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let server = Self::default();
        server.scripts.lock().unwrap().extend(scripts);
        server.tokens.lock().unwrap().push_back("s3cr3t");
        server
    }

    fn telling(self, tokens: impl IntoIterator<Item = &'static str>) -> Self {
        *self.tokens.lock().unwrap() = tokens.into_iter().collect();
        self
    }

    fn account(&self, id: u64) -> Account {
        let builder = Client::builder("https://chatwoot.test").transport(self.clone());
        builder.live_transport(self.clone()).build().unwrap().account(id, "acc3ss")
    }

    fn live(&self) -> Live {
        self.account(1).live().backoff(MIN, MAX)
    }

    fn heard(&self) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }
}

fn say(frame: &Value) -> Step {
    Step::Send(frame.to_string())
}

fn ping() -> Step {
    say(&json!({"type": "ping", "message": 1}))
}

/// The beginning of a line whose token is taken.
fn taken() -> Vec<Step> {
    vec![
        say(&json!({"type": "welcome"})),
        say(&json!({"type": "confirm_subscription", "identifier": "{}"})),
    ]
}

/// The beginning of a line whose token is not taken: pings, and nothing else.
fn not_taken() -> Vec<Step> {
    let mut steps = vec![say(&json!({"type": "welcome"}))];
    steps.extend(pings(20));
    steps
}

fn pings(count: usize) -> Vec<Step> {
    std::iter::repeat_n([Step::Wait(3_000), ping()], count).flatten().collect()
}

fn event(account: u64, id: u64) -> Step {
    say(&json!({"identifier": "{\"pubsub_token\":\"s3cr3t\"}", "message": {
        "event": "contact.updated",
        "data": {"id": id, "account_id": account, "performer": {"id": 2, "type": "user"}},
    }}))
}

fn contact(item: Option<LiveItem>) -> u64 {
    match item {
        Some(LiveItem::Event(event)) => event.contact_id().unwrap().0,
        other => panic!("no event: {other:?}"),
    }
}

fn gap(item: Option<LiveItem>) -> bool {
    match item {
        Some(LiveItem::Connected { gap, .. }) => gap,
        other => panic!("not connected: {other:?}"),
    }
}

/// The kind of the error, and whether there is another attempt.
fn ended(item: Option<LiveItem>) -> (LiveErrorKind, bool) {
    match item {
        Some(LiveItem::Disconnected { reason, retry_in }) => (reason.kind(), retry_in.is_some()),
        other => panic!("not disconnected: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_the_account_are_heard() {
    let mut script = taken();
    script.extend([
        event(1, 10),
        ping(),
        event(3, 11),
        say(&json!({"type": "wave"})),
        event(1, 12),
    ]);
    let server = Server::new([script]);
    let mut feed = server.live().max_frame_bytes(77).connect();
    assert!(server.connects.lock().unwrap().is_empty(), "it connects when it is polled");

    let Some(LiveItem::Connected { gap: false, user_id: Some(me) }) = feed.next().await else {
        panic!("not connected");
    };
    let Some(LiveItem::Event(first)) = feed.next().await else { panic!("no event") };
    assert_eq!((first.contact_id().unwrap().0, first.is_by(me)), (10, true));
    // The event of another account of the user is not one of this account's.
    assert!(matches!(feed.next().await, Some(LiveItem::Unknown(it)) if it["type"] == "wave"));
    assert_eq!(contact(feed.next().await), 12);

    let connect = server.connects.lock().unwrap()[0].clone();
    assert_eq!(connect.url.as_str(), "wss://chatwoot.test/cable");
    assert_eq!((connect.origin.as_str(), connect.max_frame_bytes), ("https://chatwoot.test", 77));
    let heard = server.heard();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["command"], "subscribe");
    let identifier: Value = serde_json::from_str(heard[0]["identifier"].as_str().unwrap()).unwrap();
    let wanted = json!({
        "channel": "RoomChannel", "pubsub_token": "s3cr3t", "account_id": 1, "user_id": 2,
    });
    assert_eq!(identifier, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_is_read_again() {
    let server = Server::new([not_taken(), taken()]).telling(["old", "new"]);
    let mut feed = server.live().connect();
    let began = Instant::now();
    assert_eq!(ended(feed.next().await), (LiveErrorKind::NotTaken, true));
    assert_eq!(began.elapsed().as_secs(), 10, "closing the line takes none of it");
    assert!(!gap(feed.next().await), "nothing was heard before");
    let tokens: Vec<_> = server.heard().iter().map(|it| it["identifier"].to_string()).collect();
    assert!(tokens[0].contains("old") && tokens[1].contains("new"), "{tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_never_taken_ends_the_stream() {
    let reject = json!({"type": "reject_subscription", "identifier": "{}"});
    let rejected = vec![say(&json!({"type": "welcome"})), say(&reject)];
    let server = Server::new([not_taken(), rejected]);
    let mut feed = server.live().confirmation_timeout(Duration::from_secs(4)).connect();
    assert_eq!(ended(feed.next().await), (LiveErrorKind::NotTaken, true));
    assert_eq!(ended(feed.next().await), (LiveErrorKind::NotTaken, false));
    assert!(feed.next().await.is_none());
    assert!(feed.next().await.is_none());
    assert_eq!(*server.profiles.lock().unwrap(), 2, "the token is read at each connect");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_welcomes_or_stops_before_the_confirmation_is_no_wrong_token() {
    let server = Server::new([pings(20), vec![say(&json!({"type": "welcome"}))]]);
    let mut feed = server.live().confirmation_timeout(Duration::from_secs(12)).connect();
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Timeout, true));
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Silent, true));
}

#[tokio::test(start_paused = true)]
async fn a_silent_line_is_dead_and_what_follows_has_a_gap() {
    let mut script = taken();
    script.extend(pings(20));
    script.push(event(1, 10));
    let server = Server::new([script, taken()]);
    let mut feed = server.live().connect();
    let began = Instant::now();
    assert!(!gap(feed.next().await));
    assert_eq!(contact(feed.next().await), 10);
    assert_eq!(began.elapsed().as_secs(), 60, "pings keep a line alive");
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Silent, true));
    assert_eq!(began.elapsed().as_secs(), 70);
    assert!(gap(feed.next().await));
}

#[tokio::test(start_paused = true)]
async fn lines_that_end_are_opened_again() {
    let then = |step| [taken(), vec![step]].concat();
    let server = Server::new([then(Step::Close), then(Step::Break), taken()]);
    let mut feed = server.live().connect();
    assert!(!gap(feed.next().await));
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Closed, true));
    assert!(gap(feed.next().await));
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Interrupted, true));
    assert!(gap(feed.next().await));
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_says_whether_to_come_back() {
    let away = |reason: &str, reconnect: Value| {
        let frame = json!({"type": "disconnect", "reason": reason, "reconnect": reconnect, "a": 1});
        [taken(), vec![say(&frame)]].concat()
    };
    let server = Server::new([
        away("server_restart", json!(true)),
        away("p4ssword", json!(null)),
        vec![say(&json!({"type": "disconnect", "reason": "unauthorized", "reconnect": false}))],
    ]);
    let mut feed = server.live().connect();
    assert!(!gap(feed.next().await));
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Closed, true));
    assert!(gap(feed.next().await));
    let item = feed.next().await;
    assert!(!format!("{item:?}").contains("p4ssword"), "{item:?}");
    assert_eq!(ended(item), (LiveErrorKind::Closed, true));
    let last = feed.next().await;
    assert!(format!("{last:?}").contains("unauthorized"), "{last:?}");
    assert_eq!(ended(last), (LiveErrorKind::Closed, false));
    assert!(feed.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_may_not_listen_is_told_so_once() {
    let stranger = Server::new([]).telling([]);
    let mut feed = stranger.live().connect();
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Token, false));
    assert!(feed.next().await.is_none());

    let elsewhere = Server::new([taken()]);
    let mut feed = elsewhere.account(5).live().connect();
    let item = feed.next().await;
    assert!(format!("{item:?}").contains("not in account 5"), "{item:?}");
    assert_eq!(ended(item), (LiveErrorKind::NotTaken, false));
    assert!(feed.next().await.is_none());
    assert!(elsewhere.connects.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_waits_are_random_below_a_bound_that_doubles() {
    let bounds = [1, 2, 4, 8, 8, 8];
    let (mut total, mut most) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..50 {
        let mut feed = Server::new([]).live().connect();
        for bound in bounds {
            let before = Instant::now();
            let Some(LiveItem::Disconnected { retry_in: Some(wait), reason }) = feed.next().await
            else {
                panic!("no other attempt");
            };
            assert_eq!(reason.kind(), LiveErrorKind::Connect);
            assert!(wait <= Duration::from_secs(bound), "{wait:?}");
            assert!(before.elapsed() <= MAX + Duration::from_millis(1));
            total += wait;
            most = most.max(wait);
        }
    }
    let mean = total / 300;
    // Of half the bounds' mean, 31/6 s.
    assert!((2.0..3.2).contains(&mean.as_secs_f64()), "{mean:?}");
    assert!(most > Duration::from_secs(6), "{most:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_lasted_begins_again_with_short_waits() {
    let mut scripts = vec![];
    for _ in 0..5 {
        scripts.push([taken(), pings(5), vec![Step::Break]].concat());
    }
    let mut feed = Server::new(scripts).live().connect();
    for _ in 0..5 {
        gap(feed.next().await);
        let Some(LiveItem::Disconnected { retry_in: Some(wait), .. }) = feed.next().await else {
            panic!("no other attempt");
        };
        assert!(wait <= MIN, "{wait:?}");
    }
}

fn many(count: u64) -> Vec<Step> {
    let mut script = taken();
    script.extend((0..count).map(|id| event(1, id)));
    script.push(Step::Close);
    script
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_loses_nothing() {
    let mut feed = Server::new([many(100)]).live().connect();
    gap(feed.next().await);
    for id in 0..100 {
        // Longer than the ping timeout: it is the consumer that is silent, not the server.
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(contact(feed.next().await), id);
    }
    assert_eq!(ended(feed.next().await), (LiveErrorKind::Closed, true));
}

#[tokio::test(start_paused = true)]
async fn with_a_queue_what_is_dropped_is_counted() {
    let mut feed = Server::new([many(100)]).live().queue(8).connect();
    gap(feed.next().await);
    let (mut dropped, mut heard) = (0, vec![]);
    loop {
        match feed.next().await {
            Some(LiveItem::Lagged { dropped: more }) => dropped += more,
            Some(LiveItem::Event(event)) => heard.push(event.contact_id().unwrap().0),
            end => {
                assert_eq!(ended(end), (LiveErrorKind::Closed, true));
                break;
            }
        }
    }
    assert_eq!(heard.len() as u64 + dropped, 100);
    assert!(dropped > 50, "{dropped}");
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(heard[heard.len() - 8..], [92, 93, 94, 95, 96, 97, 98, 99], "the newest are kept");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_loses_nothing() {
    let mut script = vec![];
    for step in taken() {
        script.extend([Step::Wait(700), step]);
    }
    script.extend((0..20).flat_map(|id| [Step::Wait(700), event(1, id)]));
    let mut feed = Server::new([script]).live().connect();
    let mut heard = vec![];
    let mut interrupted = 0;
    while heard.len() < 20 {
        match timeout(Duration::from_millis(100), feed.next()).await {
            Err(_) => interrupted += 1,
            Ok(Some(LiveItem::Connected { .. })) => {}
            Ok(item) => heard.push(contact(item)),
        }
    }
    assert_eq!(heard, (0..20).collect::<Vec<_>>());
    assert!(interrupted > 100, "{interrupted}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_ends_the_line_and_is_not_shown() {
    let text = r#"{"pubsub_token": "s3cr3t", "#;
    let script = [taken(), vec![Step::Send(text.to_owned())]].concat();
    let mut feed = Server::new([script]).live().connect();
    gap(feed.next().await);
    let item = feed.next().await;
    assert!(!format!("{item:?}").contains("s3cr3t"), "{item:?}");
    assert_eq!(ended(item), (LiveErrorKind::Protocol, true));
}

#[tokio::test(start_paused = true)]
async fn no_item_and_no_setting_shows_a_secret() {
    let secret = json!({"identifier": "{\"pubsub_token\":\"s3cr3t\"}", "message": {
        "event": "conversation.updated",
        "data": {
            "id": 6, "inbox_id": 28, "status": "open", "account_id": 1,
            "meta": {"sender": {"id": 3, "pubsub_token": "s3cr3t"}},
            "contact_inbox": {
                "id": 1, "contact_id": 3, "inbox_id": 28, "source_id": "s3cr3t",
                "pubsub_token": "s3cr3t",
            },
        },
    }});
    let mut odd = secret.clone();
    odd["message"]["event"] = json!("conversation.waved");
    let script = [taken(), vec![say(&secret), say(&odd), say(&json!({"new": "s3cr3t"}))]].concat();
    let server = Server::new([script, not_taken()]);
    let live = server.live();
    let mut shown = format!("{live:?} {live:#?}");
    let mut feed = live.connect();
    for _ in 0..6 {
        shown = format!("{shown} {feed:?} {:#?}", feed.next().await);
    }
    assert!(shown.contains("NotTaken") && shown.contains("Unknown"), "{shown}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("acc3ss"), "{shown}");
}
