//! Contacts, conversations and messages of the fake: the behavior that the recordings do not cover.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::TestServer;
use crate::fake::FakeOutcome;
use crate::http::transport::Transport;

fn inbox(server: &TestServer, more: &Value) -> Value {
    let mut channel = json!({ "type": "api" });
    for (key, value) in more.as_object().unwrap() {
        channel[key] = value.clone();
    }
    server.ok("POST", "/inboxes", &json!({ "name": "Shop", "channel": channel }))
}

fn conversation(server: &TestServer) -> (i64, i64) {
    let inbox = inbox(server, &json!({}))["id"].clone();
    let created =
        server.ok("POST", "/contacts", &json!({ "name": "Ada", "email": "ada@a.example" }));
    let contact = created["payload"]["contact"]["id"].as_i64().unwrap();
    let body = json!({ "inbox_id": inbox, "contact_id": contact });
    (server.ok("POST", "/conversations", &body)["id"].as_i64().unwrap(), contact)
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn messages_are_returned_in_windows() {
    let server = TestServer::new();
    let (conversation, _) = conversation(&server);
    let url = format!("/conversations/{conversation}/messages");
    for number in 0..130 {
        server.ok("POST", &url, &json!({ "content": number.to_string() }));
    }
    let all = ids(&server.ok("GET", &format!("{url}?after=0"), &Value::Null)["payload"]);
    assert_eq!(all.len(), 100);
    let first = all[0];
    let of =
        |query: &str| ids(&server.ok("GET", &format!("{url}?{query}"), &Value::Null)["payload"]);
    let newest: Vec<i64> = (first + 110..first + 130).collect();
    assert_eq!(of(""), newest);
    let before: Vec<i64> = (first + 10..first + 30).collect();
    assert_eq!(of(&format!("before={}", first + 30)), before);
    let after: Vec<i64> = (first + 121..first + 130).collect();
    assert_eq!(of(&format!("after={}", first + 120)), after);
    let between = of(&format!("after={first}&before={}", first + 125));
    assert_eq!(between.len(), 125);
    assert_eq!(between[0], first);
}

#[test]
fn a_list_has_open_conversations_in_pages_of_25_unless_filtered_by_update() {
    let server = TestServer::new();
    let (conversation, contact) = conversation(&server);
    for _ in 0..29 {
        server.ok("POST", "/conversations", &json!({ "inbox_id": 1, "contact_id": contact }));
    }
    server.ok("POST", &format!("/conversations/{conversation}/toggle_status"), &json!({}));
    let count = |query: &str| {
        let response = server.ok("GET", &format!("/conversations?{query}"), &Value::Null);
        let meta = response["data"]["meta"]["all_count"].as_u64().unwrap();
        (meta, response["data"]["payload"].as_array().unwrap().len())
    };
    assert_eq!(count(""), (29, 25));
    assert_eq!(count("page=2"), (29, 4));
    assert_eq!(count("page=3"), (29, 0));
    assert_eq!(count("status=resolved"), (1, 1));
    assert_eq!(count("status=all&updated_within=60"), (30, 30));
    server.fake.advance(Duration::from_mins(2));
    assert_eq!(count("status=all&updated_within=60"), (30, 0));
}

#[test]
fn an_agent_sees_the_conversations_of_their_inboxes() {
    let server = TestServer::new();
    let (conversation, _) = conversation(&server);
    let (agent, token) = server.fake.add_agent(server.account, "agent@example.com");
    let get = |rest: &str| {
        let path = format!("/api/v1/accounts/{}/conversations{rest}", server.account);
        server.request("GET", &path, Some(&token), None)
    };
    assert_eq!(get(&format!("/{conversation}")).0, 401);
    assert_eq!(get("").1["data"]["meta"]["all_count"], 0);
    server.ok("POST", "/inbox_members", &json!({ "inbox_id": 1, "user_ids": [agent] }));
    assert_eq!(get(&format!("/{conversation}")).0, 200);
    assert_eq!(get("").1["data"]["meta"]["all_count"], 1);
}

#[test]
fn conversations_outlive_their_contact_until_the_background_job() {
    let server = TestServer::new();
    let (conversation, contact) = conversation(&server);
    server.ok("DELETE", &format!("/contacts/{contact}"), &Value::Null);
    let status = |rest: &str| server.as_admin("GET", rest, &Value::Null).0;
    assert_eq!(status(&format!("/contacts/{contact}")), 404);
    assert_eq!(status(&format!("/conversations/{conversation}")), 500);
    server.fake.run_background_jobs();
    assert_eq!(status(&format!("/conversations/{conversation}")), 404);
    assert_eq!(status("/conversations"), 200);
}

#[tokio::test(start_paused = true)]
async fn the_background_job_runs_automatically() {
    let server = TestServer::new();
    let (conversation, contact) = conversation(&server);
    server.ok("DELETE", &format!("/contacts/{contact}"), &Value::Null);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(
        server.as_admin("GET", &format!("/conversations/{conversation}"), &Value::Null).0,
        404
    );
}

fn merge(server: &TestServer, contact: i64, key: &str) -> http::Request<crate::http::Body> {
    merge_bytes(server, contact, key).map(crate::http::Body::from)
}

fn merge_bytes(server: &TestServer, contact: i64, key: &str) -> http::Request<Bytes> {
    let body = json!({ "custom_attributes": { key: 1 } });
    http::Request::builder()
        .method("PUT")
        .uri(format!("/api/v1/accounts/{}/contacts/{contact}", server.account))
        .header("api-access-token", &server.admin_token)
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap()
}

fn attributes(server: &TestServer, contact: i64) -> Value {
    let response = server.ok("GET", &format!("/contacts/{contact}"), &Value::Null);
    response["payload"]["custom_attributes"].clone()
}

#[tokio::test(start_paused = true)]
async fn overlapping_merges_lose_updates_and_sequential_ones_do_not() {
    let server = TestServer::new();
    let (_, contact) = conversation(&server);
    let limit = Duration::from_secs(5);
    server.fake.set_merge_window(Duration::from_millis(30));
    let (one, other) = tokio::join!(
        server.fake.send(merge(&server, contact, "a"), limit),
        server.fake.send(merge(&server, contact, "b"), limit),
    );
    // Both requests succeed.
    for response in [one, other] {
        assert_eq!(response.unwrap().status(), 200);
    }
    assert_eq!(attributes(&server, contact), json!({ "b": 1 }));
    for key in ["c", "d"] {
        server.fake.send(merge(&server, contact, key), limit).await.unwrap();
    }
    assert_eq!(attributes(&server, contact), json!({ "b": 1, "c": 1, "d": 1 }));
    server.fake.set_merge_window(Duration::ZERO);
    for key in ["e", "f"] {
        assert!(matches!(
            server.fake.handle(&merge_bytes(&server, contact, key)).outcome,
            FakeOutcome::Response(_)
        ));
    }
    assert_eq!(attributes(&server, contact).as_object().unwrap().len(), 5);
}

#[test]
fn an_inbox_can_require_a_proof() {
    let server = TestServer::new();
    let inbox = inbox(&server, &json!({ "hmac_mandatory": true }));
    let identifier = inbox["inbox_identifier"].as_str().unwrap();
    let url = format!("/public/api/v1/inboxes/{identifier}/contacts");
    let request = |body: &Value| server.request("POST", &url, None, Some(body));
    assert_eq!(request(&json!({ "identifier": "c-1" })).0, 500);
    assert_eq!(request(&json!({ "identifier": "c-1", "identifier_hash": "00" })).0, 500);
}

#[test]
fn an_api_inbox_can_limit_the_time_to_reply() {
    let server = TestServer::new();
    let window = json!({ "additional_attributes": { "agent_reply_time_window": 24 } });
    let inbox = inbox(&server, &window)["id"].clone();
    server.ok("POST", "/contacts", &json!({ "name": "Ada" }));
    let body = json!({ "inbox_id": inbox, "contact_id": 1 });
    let conversation = server.ok("POST", "/conversations", &body);
    assert_eq!(conversation["can_reply"], false);
    let url = format!("/conversations/{}", conversation["id"]);
    let hello = json!({ "content": "hello", "message_type": "incoming" });
    server.ok("POST", &format!("{url}/messages"), &hello);
    assert_eq!(server.ok("GET", &url, &Value::Null)["can_reply"], true);
    server.fake.advance(Duration::from_hours(25));
    assert_eq!(server.ok("GET", &url, &Value::Null)["can_reply"], false);
}

#[test]
fn a_source_id_is_unique_within_an_inbox() {
    let server = TestServer::new();
    let (_, ada) = conversation(&server);
    let created = server.ok("POST", "/contacts", &json!({ "name": "Bob", "email": "b@b.example" }));
    let bob = created["payload"]["contact"]["id"].clone();
    let body = json!({ "inbox_id": 1, "contact_id": ada, "source_id": "s" });
    server.ok("POST", "/conversations", &body);
    let body = json!({ "inbox_id": 1, "contact_id": bob, "source_id": "s" });
    let rejected = server.as_admin("POST", "/conversations", &body);
    assert_eq!(rejected, (422, json!({ "error": "source_id should be unique" })));
    let found =
        server.ok("POST", "/contact_inboxes/filter", &json!({ "inbox_id": 1, "source_id": "s" }));
    assert_eq!(found["id"], ada);
}

#[test]
fn deleting_an_inbox_deletes_its_conversations() {
    let server = TestServer::new();
    let (conversation, contact) = conversation(&server);
    server.ok("DELETE", "/inboxes/1", &Value::Null);
    assert_eq!(
        server.as_admin("GET", &format!("/conversations/{conversation}"), &Value::Null).0,
        404
    );
    let left = server.ok("GET", &format!("/contacts/{contact}"), &Value::Null);
    assert_eq!(left["payload"]["contact_inboxes"], json!([]));
}

#[test]
fn the_last_page_has_the_remaining_contacts() {
    let server = TestServer::new();
    for number in 0..1_000 {
        let body = json!({
            "email": format!("n{number}@n.example"),
            "identifier": format!("n-{number}"),
        });
        server.ok("POST", "/contacts", &body);
    }
    let by = json!({ "payload": [{
        "attribute_key": "identifier", "filter_operator": "equal_to",
        "values": ["n-998"], "query_operator": null,
    }] });
    assert_eq!(server.ok("POST", "/contacts/filter", &by)["meta"]["count"], 1);
    let last = server.ok("GET", "/contacts?page=67", &Value::Null);
    assert_eq!(last["meta"]["count"], 1_000);
    assert_eq!(last["payload"].as_array().unwrap().len(), 10);
}

#[cfg(feature = "reqwest-rustls")]
#[tokio::test]
async fn merges_overlap_over_http() {
    let server = TestServer::new();
    let (_, contact) = conversation(&server);
    let http_server = crate::fake::FakeServer::start(server.fake.clone()).await;
    server.fake.set_merge_window(Duration::from_millis(300));
    let transport = crate::http::transport::ReqwestTransport::new().unwrap();
    let request = |key: &str| {
        let mut request = merge(&server, contact, key);
        *request.uri_mut() = format!("{}{}", http_server.uri(), request.uri()).parse().unwrap();
        transport.send(request, Duration::from_secs(5))
    };
    let (one, other) = tokio::join!(request("a"), request("b"));
    assert_eq!(
        (one.unwrap().status(), other.unwrap().status()),
        (http::StatusCode::OK, http::StatusCode::OK)
    );
    request("c").await.unwrap();
    server.fake.set_merge_window(Duration::ZERO);
    let left = attributes(&server, contact);
    assert_eq!(left.as_object().unwrap().len(), 2, "{left}");
    assert_eq!(left["c"], 1);
}
