//! What a simulation needs of the fake: its clock, work that comes later, scripted faults.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::fake::tests::TestServer;
use crate::fake::{Delivery, FakeChatwoot, FakeOutcome, FaultKind, WebhookRendering};
use crate::http::Body;
use crate::http::transport::{Transport, TransportError, TransportErrorKind};

const TIMEOUT: Duration = Duration::from_secs(20);

fn contact(server: &TestServer, body: &Value) -> i64 {
    server.ok("POST", "/contacts", body)["payload"]["contact"]["id"].as_i64().unwrap()
}

fn shown(server: &TestServer, contact: i64) -> Value {
    server.ok("GET", &format!("/contacts/{contact}"), &Value::Null)["payload"].clone()
}

/// Sends as a client does; the path starts after the account.
async fn send(
    server: &TestServer,
    verb: &str,
    rest: &str,
    body: &Value,
) -> Result<u16, TransportErrorKind> {
    let request = http::Request::builder()
        .method(verb)
        .uri(format!("/api/v1/accounts/{}{rest}", server.account))
        .header("api-access-token", &server.admin_token)
        .header("content-type", "application/json")
        .body(Body::from(Bytes::from(body.to_string())))
        .unwrap();
    let answer = server.fake.send(request, TIMEOUT).await;
    answer.map(|answer| answer.status().as_u16()).map_err(|error| error.kind())
}

fn fails_with(server: &TestServer, kind: FaultKind) {
    let mut kind = Some(kind);
    server.fake.set_fault_script(move |_| kind.take());
}

fn subscribe(server: &TestServer, events: &[&str]) {
    let hook = json!({ "url": "http://shop.test/hook", "subscriptions": events });
    server.ok("POST", "/webhooks", &json!({ "webhook": hook }));
}

fn bodies(deliveries: &[Delivery]) -> Vec<Value> {
    deliveries.iter().map(|it| serde_json::from_slice(&it.body).unwrap()).collect()
}

fn server_time(server: &TestServer) -> String {
    server.request("GET", "/api", None, None).1["timestamp"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_clock_follows_tokios_with_a_skew() {
    let server = TestServer::new();
    server.fake.follow_tokio("2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap());
    advance(Duration::from_secs(90)).await;
    assert_eq!(server_time(&server), "2026-11-21 00:01:30");
    server.fake.set_skew(SignedDuration::from_mins(-2));
    assert_eq!(server_time(&server), "2026-11-20 23:59:30");
    server.fake.advance(Duration::from_hours(1));
    advance(Duration::from_secs(1)).await;
    assert_eq!(server_time(&server), "2026-11-21 00:59:31");
    server.fake.set_time("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap());
    server.fake.set_skew(SignedDuration::ZERO);
    advance(Duration::from_secs(1)).await;
    assert_eq!(server_time(&server), "2026-11-22 00:00:00");
}

#[tokio::test(start_paused = true)]
async fn a_late_request_is_processed_though_its_client_timed_out() {
    let server = TestServer::new();
    let ada = contact(&server, &json!({ "name": "Ada" }));
    let rest = format!("/contacts/{ada}");
    let began = Instant::now();
    fails_with(&server, FaultKind::LateBy(Duration::from_secs(25)));
    let sent = send(&server, "PUT", &rest, &json!({ "name": "Late" })).await;
    assert_eq!((sent, began.elapsed()), (Err(TransportErrorKind::Timeout), TIMEOUT));
    // What is written meanwhile is overwritten then.
    assert_eq!(send(&server, "PUT", &rest, &json!({ "name": "Meanwhile" })).await, Ok(200));
    advance(Duration::from_millis(4_900)).await;
    assert_eq!(shown(&server, ada)["name"], "Meanwhile");
    advance(Duration::from_millis(200)).await;
    assert_eq!(shown(&server, ada)["name"], "Late");
}

#[tokio::test(start_paused = true)]
async fn a_late_request_in_time_is_answered_and_a_dropped_one_still_arrives() {
    let server = TestServer::new();
    let ada = contact(&server, &json!({ "name": "Ada" }));
    let rest = format!("/contacts/{ada}");
    let began = Instant::now();
    fails_with(&server, FaultKind::LateBy(Duration::from_secs(3)));
    assert_eq!(send(&server, "PUT", &rest, &json!({ "name": "Late" })).await, Ok(200));
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    fails_with(&server, FaultKind::LateBy(Duration::from_secs(3)));
    let body = json!({ "name": "Dropped" });
    let dropped = tokio::time::timeout(Duration::from_secs(1), send(&server, "PUT", &rest, &body));
    assert!(dropped.await.is_err());
    assert_eq!(shown(&server, ada)["name"], "Late");
    advance(Duration::from_secs(2)).await;
    server.fake.catch_up();
    assert_eq!(shown(&server, ada)["name"], "Dropped");
}

/// Two writes that were checked at the same time: the second is refused when it is written.
#[tokio::test(start_paused = true)]
async fn a_delayed_write_that_is_refused_says_so() {
    let server = TestServer::new();
    let (ada, bob) =
        (contact(&server, &json!({ "name": "Ada" })), contact(&server, &json!({ "name": "Bob" })));
    server.fake.set_merge_window(Duration::from_millis(30));
    let wanted = json!({ "email": "one@a.example", "custom_attributes": { "tier": "gold" } });
    let (of_ada, of_bob) = (format!("/contacts/{ada}"), format!("/contacts/{bob}"));
    let (one, other) = tokio::join!(
        send(&server, "PUT", &of_ada, &wanted),
        send(&server, "PUT", &of_bob, &wanted),
    );
    assert_eq!((one, other), (Ok(200), Ok(422)));
    assert_eq!(shown(&server, ada)["email"], "one@a.example");
    assert_eq!(shown(&server, bob)["email"], Value::Null);
    assert_eq!(shown(&server, bob)["custom_attributes"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn removing_attributes_reads_and_writes_like_a_merge() {
    let server = TestServer::new();
    let ada = contact(&server, &json!({ "name": "Ada", "custom_attributes": { "a": 1, "b": 1 } }));
    server.fake.set_merge_window(Duration::from_millis(30));
    let rest = format!("/contacts/{ada}");
    let remove = format!("{rest}/destroy_custom_attributes");
    let (gone, more) =
        (json!({ "custom_attributes": ["a"] }), json!({ "custom_attributes": { "c": 1 } }));
    let (one, other) =
        tokio::join!(send(&server, "POST", &remove, &gone), send(&server, "PUT", &rest, &more));
    assert_eq!((one, other), (Ok(200), Ok(200)));
    assert_eq!(shown(&server, ada)["custom_attributes"], json!({ "a": 1, "b": 1, "c": 1 }));
}

/// A visitor's request that was read before an update overwrites it, as upstream.
#[tokio::test(start_paused = true)]
async fn what_a_visitor_says_of_themselves_is_a_merge_too() {
    let server = TestServer::new();
    let inbox = json!({ "name": "Shop", "channel": { "type": "api" } });
    let inbox = server.ok("POST", "/inboxes", &inbox);
    let door = inbox["inbox_identifier"].as_str().unwrap();
    let url = format!("/public/api/v1/inboxes/{door}/contacts");
    let made = server.request("POST", &url, None, Some(&json!({ "source_id": "guest" }))).1;
    let guest = made["id"].as_i64().unwrap();
    server.fake.set_merge_window(Duration::from_millis(30));
    let said = json!({ "name": "Ada", "custom_attributes": { "theirs": 1 } });
    let visitor = http::Request::patch(format!("{url}/guest"))
        .header("content-type", "application/json")
        .body(Body::from(Bytes::from(said.to_string())))
        .unwrap();
    let ours = json!({ "custom_attributes": { "ours": 1 } });
    let rest = format!("/contacts/{guest}");
    let (ours, theirs) =
        tokio::join!(send(&server, "PUT", &rest, &ours), server.fake.send(visitor, TIMEOUT),);
    assert_eq!((ours, theirs.unwrap().status().as_u16()), (Ok(200), 200));
    assert_eq!(shown(&server, guest)["name"], "Ada");
    assert_eq!(shown(&server, guest)["custom_attributes"], json!({ "theirs": 1 }));
}

#[tokio::test(start_paused = true)]
async fn the_records_of_each_deleted_contact_go_when_their_time_has_come() {
    let server = TestServer::new();
    server.fake.set_removal_delay(Duration::from_secs(30));
    let inbox = json!({ "name": "Shop", "channel": { "type": "api" } });
    let inbox = server.ok("POST", "/inboxes", &inbox)["id"].clone();
    let talks: Vec<(i64, Value)> = ["ada", "bob"]
        .into_iter()
        .map(|name| {
            let person = contact(&server, &json!({ "name": name, "identifier": name }));
            let body = json!({ "inbox_id": inbox, "contact_id": person, "source_id": name });
            (person, server.ok("POST", "/conversations", &body)["id"].clone())
        })
        .collect();
    let status = |(_, talk): &(i64, Value)| {
        server.as_admin("GET", &format!("/conversations/{talk}"), &Value::Null).0
    };
    server.ok("DELETE", &format!("/contacts/{}", talks[0].0), &Value::Null);
    advance(Duration::from_secs(20)).await;
    server.ok("DELETE", &format!("/contacts/{}", talks[1].0), &Value::Null);
    advance(Duration::from_millis(9_900)).await;
    assert_eq!((status(&talks[0]), status(&talks[1])), (500, 500));
    advance(Duration::from_millis(200)).await;
    assert_eq!((status(&talks[0]), status(&talks[1])), (404, 500));
    server.fake.run_background_jobs();
    assert_eq!(status(&talks[1]), 404);
    // The source id is free again.
    let again = contact(&server, &json!({ "name": "Ada", "identifier": "ada" }));
    let body = json!({ "inbox_id": inbox, "source_id": "ada" });
    server.ok("POST", &format!("/contacts/{again}/contact_inboxes"), &body);
}

/// The source id and the token of somebody whose contact is deleted work until the records go.
#[tokio::test(start_paused = true)]
async fn nobody_begins_a_conversation_for_a_deleted_contact() {
    let server = TestServer::new();
    server.fake.set_removal_delay(Duration::from_secs(30));
    let inbox = json!({ "name": "App", "channel": { "type": "api" } });
    let inbox = server.ok("POST", "/inboxes", &inbox);
    let channel = json!({ "type": "web_widget", "website_url": "https://shop.example" });
    let website = server.ok("POST", "/inboxes", &json!({ "name": "Site", "channel": channel }));
    let identifier = inbox["inbox_identifier"].as_str().unwrap();
    let public = format!("/public/api/v1/inboxes/{identifier}/contacts");
    let (_, guest) = server.request("POST", &public, None, Some(&json!({ "name": "Ada" })));
    let widget = |verb: &str, path: &str, visitor: &str| {
        let token = website["website_token"].as_str().unwrap();
        let url = format!("/api/v1/widget/{path}?website_token={token}");
        let request = http::Request::builder().method(verb).uri(url);
        let request = request.header("content-type", "application/json");
        let request = request.header("x-auth-token", visitor);
        let body = json!({ "message": { "content": "hello" } });
        let request = request.body(Bytes::from(body.to_string())).unwrap();
        let FakeOutcome::Response(response) = server.fake.handle(&request).outcome else {
            panic!("no response");
        };
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    };
    let visitor = widget("POST", "config", "").1;
    let token = visitor.pointer("/website_channel_config/auth_token").unwrap().as_str().unwrap();
    let visitor = visitor.pointer("/contact/id").unwrap();

    for contact in [&guest["id"], visitor] {
        server.ok("DELETE", &format!("/contacts/{contact}"), &Value::Null);
    }
    let source = guest["source_id"].as_str().unwrap();
    let begin = format!("{public}/{source}/conversations");
    let refused = json!({ "message": "Contact must exist", "attributes": ["contact"] });
    assert_eq!(server.request("POST", &begin, None, Some(&json!({}))), (422, refused.clone()));
    let by_agent = server.as_admin("POST", "/conversations", &json!({ "source_id": source }));
    assert_eq!(by_agent, (422, refused));
    let not_found = json!({ "error": "Resource could not be found" });
    for path in ["conversations", "messages"] {
        assert_eq!(widget("POST", path, token), (404, not_found.clone()), "{path}");
    }
    let (status, anew) = widget("POST", "config", token);
    assert_eq!((status, anew.pointer("/contact/id") == Some(visitor)), (200, false));
    let listed = server.ok("GET", "/conversations?status=all", &Value::Null);
    assert_eq!(listed["data"]["meta"]["all_count"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_contact_who_is_online_is_not_deleted() {
    let server = TestServer::new();
    let ada = contact(&server, &json!({ "name": "aDA lovelace", "email": "ada@a.example" }));
    let rest = format!("/contacts/{ada}");
    let active = || {
        let list = server.ok("GET", "/contacts/active", &Value::Null);
        list["payload"].as_array().unwrap().len()
    };
    server.fake.set_online(server.account, ada.unsigned_abs(), true);
    let said = json!({ "message": "Ada lovelace is Online, please try again later" });
    assert_eq!(server.as_admin("DELETE", &rest, &Value::Null), (422, said));
    assert_eq!(active(), 1);
    server.fake.set_online(server.account, ada.unsigned_abs(), false);
    assert_eq!(active(), 0);
    server.ok("DELETE", &rest, &Value::Null);
}

#[test]
fn an_account_is_suspended_and_active_again() {
    let server = TestServer::new();
    let labels = || server.as_admin("GET", "/labels", &Value::Null);
    server.fake.set_suspended(server.account, true);
    assert_eq!(labels(), (401, json!({ "error": "Account is suspended" })));
    server.fake.set_suspended(server.account, false);
    assert_eq!(labels().0, 200);
}

#[test]
fn a_contact_is_only_said_to_be_updated_when_something_changed() {
    let server = TestServer::new();
    subscribe(&server, &["contact_updated"]);
    let body = json!({ "name": "Ada", "custom_attributes": { "tier": "gold" } });
    let ada = contact(&server, &body);
    server.ok("PUT", &format!("/contacts/{ada}"), &body);
    assert_eq!(server.fake.take_deliveries().len(), 0);
    server.ok("PUT", &format!("/contacts/{ada}"), &json!({ "name": "Ada L." }));
    assert_eq!(server.fake.take_deliveries().len(), 1);
}

/// Two names in a row; the deliveries as they are taken at the end.
async fn renamed_twice(rendering: WebhookRendering) -> (TestServer, i64) {
    let server = TestServer::new();
    subscribe(&server, &["contact_updated"]);
    let ada = contact(&server, &json!({ "name": "First" }));
    server.fake.set_webhook_rendering(rendering);
    for name in ["Second", "Third"] {
        server.ok("PUT", &format!("/contacts/{ada}"), &json!({ "name": name }));
        advance(Duration::from_secs(1)).await;
    }
    (server, ada)
}

/// The name in each body, and the name that it was changed to.
fn names(deliveries: &[Delivery]) -> Vec<(Value, Value)> {
    let name = |body: &Value| {
        (body["name"].clone(), body["changed_attributes"][0]["name"]["current_value"].clone())
    };
    bodies(deliveries).iter().map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn payloads_show_the_state_of_when_they_are_rendered() {
    let (server, _) = renamed_twice(WebhookRendering::AtOnce).await;
    let taken = names(&server.fake.take_deliveries());
    assert_eq!(taken, [(json!("Second"), json!("Second")), (json!("Third"), json!("Third"))]);

    let (server, _) = renamed_twice(WebhookRendering::WhenTaken).await;
    let taken = names(&server.fake.take_deliveries());
    assert_eq!(taken, [(json!("Third"), json!("Second")), (json!("Third"), json!("Third"))]);

    let (server, _) = renamed_twice(WebhookRendering::After(Duration::from_millis(2_500))).await;
    assert_eq!(names(&server.fake.take_deliveries()), []);
    advance(Duration::from_secs(1)).await;
    let taken = names(&server.fake.take_deliveries());
    assert_eq!(taken, [(json!("Third"), json!("Second"))], "the other is not due");
    advance(Duration::from_secs(1)).await;
    assert_eq!(names(&server.fake.take_deliveries()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_row_is_gone_when_it_is_rendered_is_lost() {
    let (server, ada) = renamed_twice(WebhookRendering::WhenTaken).await;
    server.ok("DELETE", &format!("/contacts/{ada}"), &Value::Null);
    assert_eq!(names(&server.fake.take_deliveries()), []);
}

#[derive(Debug, Default)]
struct Receiver(Mutex<Vec<Instant>>);

#[async_trait::async_trait]
impl Transport for Receiver {
    async fn send(
        &self,
        _: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.0.lock().unwrap().push(Instant::now());
        Ok(http::Response::new(Bytes::new()))
    }
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_sent_when_they_are_rendered_without_polling() {
    let server = TestServer::new();
    subscribe(&server, &["contact_created"]);
    server.fake.set_webhook_rendering(WebhookRendering::After(Duration::from_secs(3)));
    let receiver = Arc::new(Receiver::default());
    server.fake.deliver_through(receiver.clone());
    tokio::task::yield_now().await;
    let began = Instant::now();
    contact(&server, &json!({ "name": "Ada" }));
    server.fake.idle().await;
    let sent: Vec<Duration> =
        receiver.0.lock().unwrap().iter().map(|at| at.duration_since(began)).collect();
    assert_eq!(sent, [Duration::from_secs(3)]);
    let weak = Arc::downgrade(&receiver);
    drop((receiver, server));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(weak.upgrade().is_none(), "the workers end with the fake");
}

#[tokio::test(start_paused = true)]
async fn each_fault_processes_the_request_or_not_and_ends_it_in_its_way() {
    let cases = [
        (FaultKind::NoConnection, false, Err(TransportErrorKind::Connect)),
        (FaultKind::ResetBefore, false, Err(TransportErrorKind::Interrupted)),
        (FaultKind::ResetBeforeResponse, true, Err(TransportErrorKind::Interrupted)),
        (FaultKind::TimeoutBefore, false, Err(TransportErrorKind::Timeout)),
        (FaultKind::TimeoutAfter, true, Err(TransportErrorKind::Timeout)),
        (FaultKind::ErrorBefore, false, Ok(500)),
        (FaultKind::ErrorAfter, true, Ok(500)),
        (FaultKind::RateLimited, false, Ok(429)),
        (FaultKind::Delay(Duration::from_secs(1)), true, Ok(200)),
        (FaultKind::Delay(Duration::from_secs(21)), true, Err(TransportErrorKind::Timeout)),
    ];
    for window in [Duration::ZERO, Duration::from_millis(30)] {
        for (kind, processed, ends) in cases.clone() {
            let server = TestServer::new();
            let ada = contact(&server, &json!({ "name": "Ada" }));
            server.fake.set_merge_window(window);
            fails_with(&server, kind.clone());
            let body = json!({ "custom_attributes": { "tier": "gold" } });
            let sent = send(&server, "PUT", &format!("/contacts/{ada}"), &body).await;
            assert_eq!(sent, ends, "{kind:?}");
            advance(window).await;
            let tier = &shown(&server, ada)["custom_attributes"]["tier"];
            assert_eq!(tier == "gold", processed, "{kind:?}");
        }
    }
}

#[test]
fn a_script_sees_each_request_until_it_is_cleared() {
    let server = TestServer::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    server.fake.set_fault_script(move |request| {
        noted.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
        if request.method() == "POST" { vec![FaultKind::ErrorBefore] } else { vec![] }
    });
    assert_eq!(server.as_admin("GET", "/labels", &Value::Null).0, 200);
    assert_eq!(server.as_admin("POST", "/labels", &json!({ "title": "vip" })).0, 500);
    server.fake.clear_faults();
    assert_eq!(server.as_admin("POST", "/labels", &json!({ "title": "vip" })).0, 200);
    let labels = format!("/api/v1/accounts/{}/labels", server.account);
    assert_eq!(*seen.lock().unwrap(), [format!("GET {labels}"), format!("POST {labels}")]);
}

#[test]
fn ids_and_secrets_repeat_with_the_seed() {
    let run = |seed: u64| {
        fastrand::seed(seed);
        let fake = FakeChatwoot::new();
        fake.set_time("2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap());
        let server = TestServer::with(fake);
        subscribe(&server, &["conversation_created"]);
        let inbox = json!({ "name": "Shop", "channel": { "type": "api" } });
        let inbox = server.ok("POST", "/inboxes", &inbox);
        let ada = contact(&server, &json!({ "name": "Ada" }));
        let body = json!({ "inbox_id": inbox["id"], "contact_id": ada });
        let talk = server.ok("POST", "/conversations", &body);
        let taken = server.fake.take_deliveries();
        let ids: Vec<_> = taken.iter().map(|it| it.delivery_id.clone()).collect();
        (server.admin_token.clone(), inbox, talk, ids, bodies(&taken))
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).3, run(8).3);
}
