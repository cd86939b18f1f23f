//! The live feed: its protocol, whom its frames are due to, and its faults.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, advance, timeout};

use crate::fake::tests::TestServer;
use crate::fake::{FakeChatwoot, Fault, FaultKind, LiveFaults};
use crate::live::{
    LiveConnection, LiveRequest, LiveTransport, LiveTransportError, LiveTransportErrorKind,
};

type Opened = Result<Box<dyn LiveConnection>, LiveTransportError>;

async fn connect_from(fake: &FakeChatwoot, url: &str, origin: &str) -> Opened {
    let url = url.parse().unwrap();
    fake.connect(LiveRequest::new(url, origin, 1 << 20, Duration::from_secs(10))).await
}

async fn connect(fake: &FakeChatwoot) -> Box<dyn LiveConnection> {
    connect_from(fake, "wss://chatwoot.test/cable", "https://chatwoot.test").await.unwrap()
}

/// Returns the next frame.
async fn frame(line: &mut Box<dyn LiveConnection>) -> Value {
    serde_json::from_str(&line.receive().await.unwrap().unwrap()).unwrap()
}

/// Returns the frames that are there, without pings.
async fn frames(line: &mut Box<dyn LiveConnection>) -> Vec<Value> {
    let mut all = Vec::new();
    while let Ok(received) = timeout(Duration::from_millis(1), line.receive()).await {
        let frame: Value = serde_json::from_str(&received.unwrap().unwrap()).unwrap();
        if frame["type"] != "ping" {
            all.push(frame);
        }
    }
    all
}

/// Returns the events that are there, with their data.
async fn events(line: &mut Box<dyn LiveConnection>) -> Vec<(String, Value)> {
    let frames = frames(line).await.into_iter().filter(|frame| frame.get("message").is_some());
    frames
        .map(|mut frame| {
            let data = frame["message"]["data"].take();
            (frame["message"]["event"].as_str().unwrap().to_owned(), data)
        })
        .collect()
}

async fn names(line: &mut Box<dyn LiveConnection>) -> Vec<String> {
    events(line).await.into_iter().map(|(name, _)| name).collect()
}

async fn command(line: &mut Box<dyn LiveConnection>, command: &str, identifier: &Value) {
    let identifier = identifier.to_string();
    let text = json!({ "command": command, "identifier": identifier }).to_string();
    line.send(text).await.unwrap();
}

fn profile(server: &TestServer, token: &str) -> Value {
    let (status, profile) = server.request("GET", "/api/v1/profile", Some(token), None);
    assert_eq!(status, 200);
    profile
}

fn identifier(server: &TestServer, token: &str) -> Value {
    let profile = profile(server, token);
    json!({
        "channel": "RoomChannel",
        "pubsub_token": profile["pubsub_token"],
        "account_id": server.account,
        "user_id": profile["id"],
    })
}

/// Returns a line that is subscribed, after its first frames.
async fn listen(server: &TestServer, identifier: &Value) -> Box<dyn LiveConnection> {
    let mut line = connect(&server.fake).await;
    command(&mut line, "subscribe", identifier).await;
    let first = frames(&mut line).await;
    assert_eq!(first[0], json!({ "type": "welcome" }));
    let confirmed = json!({
        "identifier": identifier.to_string(),
        "type": "confirm_subscription",
    });
    assert_eq!(first[1], confirmed);
    assert_eq!(first[2]["message"]["event"], "presence.update");
    assert_eq!(first.len(), 3, "{first:?}");
    line
}

async fn listen_as_admin(server: &TestServer) -> Box<dyn LiveConnection> {
    listen(server, &identifier(server, &server.admin_token)).await
}

fn contact(server: &TestServer, body: &Value) -> u64 {
    server.ok("POST", "/contacts", body)["payload"]["contact"]["id"].as_u64().unwrap()
}

/// Creates an API inbox; returns it.
fn inbox(server: &TestServer) -> Value {
    let body = json!({ "name": "Shop", "channel": { "type": "api" } });
    server.ok("POST", "/inboxes", &body)
}

/// A customer in an API inbox: the path of their conversations, and their identifier in the feed.
struct Customer {
    path: String,
    identifier: Value,
}

fn customer(server: &TestServer, inbox: &Value, name: &str) -> Customer {
    let inbox = inbox["inbox_identifier"].as_str().unwrap();
    let path = format!("/public/api/v1/inboxes/{inbox}/contacts");
    let (_, contact) = server.request("POST", &path, None, Some(&json!({ "name": name })));
    let source = contact["source_id"].as_str().unwrap();
    Customer {
        path: format!("{path}/{source}/conversations"),
        identifier: json!({
            "channel": "RoomChannel",
            "pubsub_token": contact["pubsub_token"],
        }),
    }
}

fn public(server: &TestServer, verb: &str, path: &str, body: &Value) -> Value {
    let (status, said) = server.request(verb, path, None, Some(body));
    assert_eq!(status, 200, "{verb} {path}: {said}");
    said
}

#[tokio::test(start_paused = true)]
async fn a_line_is_welcomed_pinged_and_confirmed() {
    let server = TestServer::new();
    server.fake.set_time("2026-11-21T00:00:00Z".parse().unwrap());
    let mut line = connect(&server.fake).await;
    assert_eq!(frame(&mut line).await, json!({ "type": "welcome" }));
    let began = Instant::now();
    let ping = json!({ "type": "ping", "message": 1_795_219_200 });
    assert_eq!(frame(&mut line).await, ping);
    assert_eq!(frame(&mut line).await, ping);
    assert_eq!(began.elapsed(), Duration::from_secs(6));
    let admin = identifier(&server, &server.admin_token);
    command(&mut line, "subscribe", &admin).await;
    let first = frames(&mut line).await;
    assert_eq!(first.len(), 2);
    assert_eq!(first[0]["type"], "confirm_subscription");
    let user = admin["user_id"].to_string();
    let data = json!({ "account_id": server.account, "users": { user: "online" }, "contacts": {} });
    assert_eq!(first[1]["message"], json!({ "event": "presence.update", "data": data }));
    // The same subscription is not confirmed again.
    command(&mut line, "subscribe", &admin).await;
    assert_eq!(frames(&mut line).await, [Value::Null; 0]);
    command(&mut line, "unsubscribe", &admin).await;
    contact(&server, &json!({ "name": "Ada" }));
    assert_eq!(frames(&mut line).await, [Value::Null; 0]);
    line.close().await;
    assert_eq!(server.fake.live_lines(), []);
    assert!(line.receive().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_gets_pings_and_nothing_else() {
    let server = TestServer::new();
    let (other, other_token) = server.fake.add_account("Coffee shop");
    let right = identifier(&server, &server.admin_token);
    let with = |key: &str, value: Value| {
        let mut wrong = right.clone();
        wrong[key] = value;
        wrong
    };
    for wrong in [
        with("pubsub_token", json!("nope")),
        with("account_id", json!(other)),
        with("user_id", profile(&server, &other_token)["id"].clone()),
        with("user_id", Value::Null),
        with("channel", json!("OtherChannel")),
        json!("no object"),
    ] {
        let mut line = connect(&server.fake).await;
        command(&mut line, "subscribe", &wrong).await;
        assert_eq!(frame(&mut line).await["type"], "welcome");
        contact(&server, &json!({ "name": "Ada" }));
        for _ in 0..3 {
            assert_eq!(frame(&mut line).await["type"], "ping", "{wrong}");
        }
    }
    let asked = server.fake.live_subscriptions();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked.iter().all(|asked| !asked.confirmed));
    assert!(!format!("{asked:?}").contains("nope"), "a token is shown");
    server.fake.clear_journal();
    assert_eq!(server.fake.live_subscriptions(), []);
}

#[tokio::test(start_paused = true)]
async fn only_the_servers_own_pages_connect() {
    let server = TestServer::new();
    for (url, origin) in [
        ("wss://chatwoot.test/cable", "https://shop.example"),
        ("wss://chatwoot.test/cable", "http://chatwoot.test"),
        ("wss://chatwoot.test/cable", ""),
        ("ws://chatwoot.test:3000/cable", "http://chatwoot.test"),
        ("wss://chatwoot.test/cables", "https://chatwoot.test"),
    ] {
        let error = connect_from(&server.fake, url, origin).await.err().unwrap();
        assert_eq!(error.kind(), LiveTransportErrorKind::Connect, "{url} {origin}");
        assert!(error.to_string().contains("404"), "{error}");
    }
    let url = "ws://127.0.0.1:3000/cable";
    assert!(connect_from(&server.fake, url, "http://127.0.0.1:3000").await.is_ok());
    let statuses: Vec<_> = server.fake.journal().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [404, 404, 404, 404, 404, 101].map(Some));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_hears_of_contacts_and_their_ends() {
    let server = TestServer::new();
    let mut line = listen_as_admin(&server).await;
    let ada = contact(&server, &json!({ "name": "Ada", "email": "ada@mail.example" }));
    let bob = contact(&server, &json!({ "name": "Bob" }));
    assert_eq!(names(&mut line).await, ["contact.created", "contact.created"]);
    let merge = json!({ "base_contact_id": ada, "mergee_contact_id": bob });
    server.ok("POST", "/actions/contact_merge", &merge);
    let heard = events(&mut line).await;
    let told: Vec<(&str, u64)> =
        heard.iter().map(|(name, data)| (name.as_str(), data["id"].as_u64().unwrap())).collect();
    let expected = [("contact.merged", ada), ("contact.deleted", bob), ("contact.updated", ada)];
    assert_eq!(told, expected);
    let me = profile(&server, &server.admin_token)["id"].clone();
    for (name, data) in &heard {
        assert_eq!(data["performer"]["id"], me, "{name}");
        assert_eq!(data["account_id"], server.account);
        assert_eq!(data.get("company_id"), None);
    }
    server.ok("DELETE", &format!("/contacts/{ada}"), &Value::Null);
    let heard = events(&mut line).await;
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].0.as_str(), &heard[0].1["id"]), ("contact.deleted", &json!(ada)));
}

#[tokio::test(start_paused = true)]
async fn a_merge_tells_of_what_moves() {
    let server = TestServer::new();
    let inbox = inbox(&server);
    let guest = customer(&server, &inbox, "Guest");
    let ada = contact(&server, &json!({ "name": "Ada", "email": "ada@mail.example" }));
    let talk = public(&server, "POST", &guest.path, &json!({}))["id"].as_u64().unwrap();
    let messages = format!("{}/{talk}/messages", guest.path);
    public(&server, "POST", &messages, &json!({ "content": "Hello" }));
    let mut admin = listen_as_admin(&server).await;
    let mut own = listen(&server, &guest.identifier).await;
    let path = guest.path.trim_end_matches("/conversations");
    public(&server, "PATCH", path, &json!({ "email": "ada@mail.example" }));
    let heard = events(&mut admin).await;
    let told: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    let merged = [
        "contact.merged",
        "conversation.contact_changed",
        "message.updated",
        "contact.deleted",
        "contact.updated",
    ];
    assert_eq!(told, merged);
    assert!(heard.iter().all(|(_, data)| data.get("performer").is_none()), "nobody did it");
    assert_eq!(heard[1].1["meta"]["sender"]["id"], ada);
    assert_eq!(heard[2].1["previous_changes"]["sender_id"][1], ada);
    assert_eq!(names(&mut own).await, ["message.updated"]);
}

#[tokio::test(start_paused = true)]
async fn everybody_hears_what_is_due_to_them() {
    let server = TestServer::new();
    let inbox = inbox(&server);
    let (agent, agent_token) = server.fake.add_agent(server.account, "agent@shop.example");
    let members = json!({ "inbox_id": inbox["id"], "user_ids": [agent] });
    let (_, other_token) = server.fake.add_agent(server.account, "other@shop.example");
    server.ok("POST", "/inbox_members", &members);
    let (ada, bob) = (customer(&server, &inbox, "Ada"), customer(&server, &inbox, "Bob"));
    let mut admin = listen_as_admin(&server).await;
    let mut agent = listen(&server, &identifier(&server, &agent_token)).await;
    let mut other = listen(&server, &identifier(&server, &other_token)).await;
    let mut of_ada = listen(&server, &ada.identifier).await;
    let mut of_bob = listen(&server, &bob.identifier).await;

    let talk = public(&server, "POST", &ada.path, &json!({}))["id"].as_u64().unwrap();
    let at_public = |rest: &str| format!("{}/{talk}{rest}", ada.path);
    public(&server, "POST", &at_public("/messages"), &json!({ "content": "Hello" }));
    let agents = ["conversation.created", "message.created", "contact.updated"];
    assert_eq!(names(&mut admin).await, agents);
    assert_eq!(names(&mut agent).await, agents);
    assert_eq!(names(&mut of_ada).await, ["conversation.created", "message.created"]);
    // Contacts are told to all users of the account.
    assert_eq!(names(&mut other).await, ["contact.updated"]);

    let at = |rest: &str| format!("/conversations/{talk}{rest}");
    server.ok("POST", &at("/messages"), &json!({ "content": "a note", "private": true }));
    server.ok("POST", &at("/messages"), &json!({ "content": "Hello Ada" }));
    let agents =
        ["message.created", "message.created", "first.reply.created", "conversation.updated"];
    assert_eq!(names(&mut admin).await, agents);
    let heard = events(&mut of_ada).await;
    let told: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(told, ["message.created", "conversation.updated"]);
    assert_eq!(heard[0].1["content"], "Hello Ada");
    assert_eq!(heard[0].1["performer"]["availability_status"], "online");
    assert_eq!(heard[1].1.get("performer"), None);

    server.ok("POST", &at("/toggle_status"), &json!({ "status": "resolved" }));
    let agents = ["conversation.status_changed", "message.created", "conversation.updated"];
    assert_eq!(names(&mut admin).await, agents);
    let customers = ["conversation.status_changed", "conversation.updated"];
    assert_eq!(names(&mut of_ada).await, customers);

    public(&server, "POST", &at_public("/update_last_seen"), &json!({}));
    let agents = ["conversation.read", "message.updated", "message.updated"];
    assert_eq!(names(&mut admin).await, agents);
    assert_eq!(names(&mut of_ada).await, ["message.updated"]);

    server.ok("POST", &at("/toggle_typing_status"), &json!({ "typing_status": "on" }));
    public(&server, "POST", &at_public("/toggle_typing"), &json!({ "typing_status": "off" }));
    assert_eq!(names(&mut admin).await, ["conversation.typing_off"]);
    assert_eq!(names(&mut of_ada).await, ["conversation.typing_on"]);

    assert_eq!(names(&mut of_bob).await, [""; 0]);
    assert_eq!(names(&mut other).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn assignments_and_settings_are_told_to_users() {
    let server = TestServer::new();
    let inbox = inbox(&server);
    let ada = customer(&server, &inbox, "Ada");
    let talk = public(&server, "POST", &ada.path, &json!({}))["id"].as_u64().unwrap();
    let me = profile(&server, &server.admin_token)["id"].clone();
    let mut admin = listen_as_admin(&server).await;
    let mut of_ada = listen(&server, &ada.identifier).await;
    let team = server.ok("POST", "/teams", &json!({ "name": "Sales" }))["id"].clone();
    let assignments = format!("/conversations/{talk}/assignments");
    server.ok("POST", &assignments, &json!({ "assignee_id": me }));
    server.ok("POST", &assignments, &json!({ "team_id": team }));
    let heard = events(&mut admin).await;
    let told: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "account.cache_invalidated",
        "message.created",
        "conversation.updated",
        "assignee.changed",
        "message.created",
        "conversation.updated",
        "assignee.changed",
        "team.changed",
    ];
    assert_eq!(told, expected);
    assert_ne!(heard[0].1["cache_keys"]["team"], "0000000000");
    assert_eq!(heard[1].1.get("performer"), None, "a background job writes it");
    assert_eq!(heard[3].1["meta"]["assignee"]["id"], me);
    assert_eq!(names(&mut of_ada).await, ["conversation.updated", "conversation.updated"]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_password_changes_the_token_and_open_lines_stay() {
    let server = TestServer::new();
    let platform = server.fake.platform_token();
    let user = json!({ "name": "Admin", "email": "new@shop.example", "password": "Secret-1" });
    let (_, user) = server.request("POST", "/platform/api/v1/users", Some(&platform), Some(&user));
    let joined = json!({ "email": "new@shop.example", "name": "Admin", "role": "administrator" });
    server.ok("POST", "/agents", &joined);
    let token = user["access_token"].as_str().unwrap();
    let before = identifier(&server, token);
    let mut line = listen(&server, &before).await;
    let path = format!("/platform/api/v1/users/{}", user["id"]);
    let body = json!({ "password": "Secret-2" });
    assert_eq!(server.request("PATCH", &path, Some(&platform), Some(&body)).0, 200);
    let after = identifier(&server, token);
    assert_ne!(before, after);
    // As on the server: what goes to the account is still heard, what goes to the token is not.
    let inbox = inbox(&server);
    customer(&server, &inbox, "Ada");
    assert_eq!(names(&mut line).await, ["contact.created"]);
    let mut again = connect(&server.fake).await;
    command(&mut again, "subscribe", &before).await;
    assert_eq!(frames(&mut again).await, [json!({ "type": "welcome" })]);
    listen(&server, &after).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_is_present_for_a_while() {
    let server = TestServer::new();
    server.fake.follow_tokio("2026-11-21T00:00:00Z".parse().unwrap());
    let inbox = inbox(&server);
    let ada = customer(&server, &inbox, "Ada");
    let status = || {
        let agents = server.ok("GET", "/agents", &Value::Null);
        agents[0]["availability_status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(), "offline");
    let admin = identifier(&server, &server.admin_token);
    let mut line = listen(&server, &admin).await;
    let mut own = listen(&server, &ada.identifier).await;
    assert_eq!(status(), "online");
    advance(Duration::from_secs(19)).await;
    assert_eq!(status(), "online");
    advance(Duration::from_secs(1)).await;
    assert_eq!(status(), "offline");
    // A contact who is online cannot be deleted.
    let contact = server.fake.live_lines()[1].contact.unwrap();
    let path = format!("/contacts/{contact}");
    let found = server.ok("GET", &path, &Value::Null);
    assert_eq!(found["payload"]["availability_status"], "online");
    assert_eq!(server.as_admin("DELETE", &path, &Value::Null).0, 422);
    frames(&mut line).await;
    let renew = json!({
        "command": "message",
        "identifier": admin.to_string(),
        "data": json!({ "action": "update_presence" }).to_string(),
    });
    line.send(renew.to_string()).await.unwrap();
    let heard = events(&mut line).await;
    assert_eq!(heard[0].0, "presence.update");
    assert_eq!(heard[0].1["contacts"], json!({ contact.to_string(): "online" }));
    assert_eq!(status(), "online");
    advance(Duration::from_secs(70)).await;
    server.ok("DELETE", &path, &Value::Null);
    assert_eq!(names(&mut own).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn frames_are_lost_doubled_and_late() {
    let server = TestServer::new();
    let mut line = listen_as_admin(&server).await;
    let mut faults = LiveFaults { drop_next: 1, double_next: 1, ..LiveFaults::default() };
    server.fake.live_faults(faults);
    let add = |name: &str| contact(&server, &json!({ "name": name }));
    add("Ada");
    let bob = add("Bob");
    let eve = add("Eve");
    let heard: Vec<Value> =
        events(&mut line).await.into_iter().map(|(_, data)| data["id"].clone()).collect();
    assert_eq!(heard, [bob, bob, eve].map(Value::from));
    faults = LiveFaults { delay: Duration::from_secs(5), ..LiveFaults::default() };
    server.fake.live_faults(faults);
    let began = Instant::now();
    add("Late");
    server.fake.clear_faults();
    add("After");
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(frame(&mut line).await);
    }
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    assert_eq!(heard[0]["type"], "ping", "pings are in time");
    assert_eq!(heard[1]["message"]["data"]["name"], "Late");
    assert_eq!(heard[2]["message"]["data"]["name"], "After");
    fastrand::seed(7);
    faults = LiveFaults { drop_per_mille: 500, ..LiveFaults::default() };
    server.fake.live_faults(faults);
    for _ in 0..100 {
        add("Ada");
    }
    assert!((30..70).contains(&names(&mut line).await.len()));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_first_can_be_withheld() {
    let server = TestServer::new();
    let withhold = |faults: LiveFaults| server.fake.live_faults(faults);
    withhold(LiveFaults { withhold_welcome: true, ..LiveFaults::default() });
    assert_eq!(frame(&mut connect(&server.fake).await).await["type"], "ping");
    withhold(LiveFaults { withhold_confirmation: true, ..LiveFaults::default() });
    let mut line = connect(&server.fake).await;
    let admin = identifier(&server, &server.admin_token);
    command(&mut line, "subscribe", &admin).await;
    contact(&server, &json!({ "name": "Ada" }));
    assert_eq!(frames(&mut line).await, [json!({ "type": "welcome" })]);
    withhold(LiveFaults { withhold_pings: true, ..LiveFaults::default() });
    let silent = timeout(Duration::from_mins(10), line.receive()).await;
    assert!(silent.is_err(), "neither frame nor error");
}

#[tokio::test(start_paused = true)]
async fn lines_are_cut_and_closed() {
    let server = TestServer::new();
    let (other, _) = server.fake.add_account("Coffee shop");
    let mut line = listen_as_admin(&server).await;
    let mut second = listen_as_admin(&server).await;
    let lines = server.fake.live_lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].account, Some(server.account));
    assert_eq!(server.fake.cut_live_lines(|line| line.account == Some(other)), 0);
    contact(&server, &json!({ "name": "Ada" }));
    assert_eq!(server.fake.cut_live_lines(|line| line.id == lines[0].id), 1);
    // With what was still on its way.
    let error = line.receive().await.unwrap_err();
    assert_eq!(error.kind(), LiveTransportErrorKind::Interrupted);
    assert_eq!(line.send("{}".to_owned()).await.unwrap_err().kind(), error.kind());
    assert_eq!(server.fake.close_live_lines(|_| true), 1);
    assert_eq!(frame(&mut second).await["message"]["event"], "contact.created");
    let last = json!({ "type": "disconnect", "reason": "server_restart", "reconnect": true });
    assert_eq!(frame(&mut second).await, last);
    assert!(second.receive().await.unwrap().is_none());
    assert_eq!(server.fake.live_lines(), []);
    // Nobody listens any more.
    contact(&server, &json!({ "name": "Bob" }));
}

#[tokio::test(start_paused = true)]
async fn connections_fail_as_requests_do() {
    let server = TestServer::new();
    let url = "wss://chatwoot.test/cable";
    let fails = |kind: FaultKind| server.fake.fault(Fault::new(kind).path("/cable").times(1));
    for (fault, kind, text) in [
        (FaultKind::NoConnection, LiveTransportErrorKind::Connect, "no connection"),
        (FaultKind::ErrorBefore, LiveTransportErrorKind::Connect, "500"),
        (FaultKind::RateLimited, LiveTransportErrorKind::Connect, "429"),
        (FaultKind::TimeoutBefore, LiveTransportErrorKind::Timeout, "in time"),
        (FaultKind::Delay(Duration::from_secs(11)), LiveTransportErrorKind::Timeout, "in time"),
    ] {
        fails(fault);
        let error = connect_from(&server.fake, url, "https://chatwoot.test").await.err().unwrap();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(server.fake.live_lines(), []);
    fails(FaultKind::Delay(Duration::from_secs(2)));
    let began = Instant::now();
    connect(&server.fake).await;
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_does_not_read_is_cut() {
    let server = TestServer::new();
    let mut line = listen_as_admin(&server).await;
    let mut reader = listen_as_admin(&server).await;
    for _ in 0..1_100 {
        contact(&server, &json!({ "name": "Ada" }));
        frames(&mut reader).await;
    }
    assert_eq!(line.receive().await.unwrap_err().kind(), LiveTransportErrorKind::Interrupted);
    assert_eq!(server.fake.live_lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_too_large_end_a_line() {
    let server = TestServer::new();
    let url = "wss://chatwoot.test/cable".parse().unwrap();
    let request = LiveRequest::new(url, "https://chatwoot.test", 10, Duration::from_secs(10));
    let mut line = server.fake.connect(request).await.unwrap();
    assert_eq!(line.receive().await.unwrap_err().kind(), LiveTransportErrorKind::TooLarge);
    assert_eq!(server.fake.live_lines(), []);
}

#[tokio::test(start_paused = true)]
async fn lines_end_with_the_fake() {
    let server = TestServer::new();
    let mut line = listen_as_admin(&server).await;
    drop(server);
    assert_eq!(line.receive().await.unwrap_err().kind(), LiveTransportErrorKind::Interrupted);
}
