//! Contacts, conversations and messages of the fake: what the recordings do not show.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::FakeOutcome;
use super::test_server::TestServer;
use crate::http::transport::Transport;

fn inbox(server: &TestServer, more: &Value) -> Value {
    let mut channel = json!({ "type": "api" });
    for (key, value) in more.as_object().unwrap() {
        channel[key] = value.clone();
    }
    server.done("POST", "/inboxes", &json!({ "name": "Shop", "channel": channel }))
}

fn conversation(server: &TestServer) -> (i64, i64) {
    let inbox = inbox(server, &json!({}))["id"].clone();
    let made =
        server.done("POST", "/contacts", &json!({ "name": "Ada", "email": "ada@a.example" }));
    let contact = made["payload"]["contact"]["id"].as_i64().unwrap();
    let body = json!({ "inbox_id": inbox, "contact_id": contact });
    (server.done("POST", "/conversations", &body)["id"].as_i64().unwrap(), contact)
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn messages_come_in_windows() {
    let server = TestServer::new();
    let (talk, _) = conversation(&server);
    let url = format!("/conversations/{talk}/messages");
    for number in 0..130 {
        server.done("POST", &url, &json!({ "content": number.to_string() }));
    }
    let all = ids(&server.done("GET", &format!("{url}?after=0"), &Value::Null)["payload"]);
    assert_eq!(all.len(), 100);
    let first = all[0];
    let of =
        |query: &str| ids(&server.done("GET", &format!("{url}?{query}"), &Value::Null)["payload"]);
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
fn a_list_means_open_and_has_pages_of_25_unless_it_asks_what_was_updated() {
    let server = TestServer::new();
    let (talk, contact) = conversation(&server);
    for _ in 0..29 {
        server.done("POST", "/conversations", &json!({ "inbox_id": 1, "contact_id": contact }));
    }
    server.done("POST", &format!("/conversations/{talk}/toggle_status"), &json!({}));
    let count = |query: &str| {
        let said = server.done("GET", &format!("/conversations?{query}"), &Value::Null);
        let meta = said["data"]["meta"]["all_count"].as_u64().unwrap();
        (meta, said["data"]["payload"].as_array().unwrap().len())
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
    let (talk, _) = conversation(&server);
    let (agent, token) = server.fake.add_agent(server.account, "agent@example.com");
    let look = |rest: &str| {
        let path = format!("/api/v1/accounts/{}/conversations{rest}", server.account);
        server.ask("GET", &path, Some(&token), None)
    };
    assert_eq!(look(&format!("/{talk}")).0, 401);
    assert_eq!(look("").1["data"]["meta"]["all_count"], 0);
    server.done("POST", "/inbox_members", &json!({ "inbox_id": 1, "user_ids": [agent] }));
    assert_eq!(look(&format!("/{talk}")).0, 200);
    assert_eq!(look("").1["data"]["meta"]["all_count"], 1);
}

#[test]
fn conversations_outlive_their_contact_until_the_background_job() {
    let server = TestServer::new();
    let (talk, contact) = conversation(&server);
    server.done("DELETE", &format!("/contacts/{contact}"), &Value::Null);
    let status = |rest: &str| server.admin("GET", rest, &Value::Null).0;
    assert_eq!(status(&format!("/contacts/{contact}")), 404);
    assert_eq!(status(&format!("/conversations/{talk}")), 500);
    server.fake.run_background_jobs();
    assert_eq!(status(&format!("/conversations/{talk}")), 404);
    assert_eq!(status("/conversations"), 200);
}

#[tokio::test(start_paused = true)]
async fn the_background_job_comes_by_itself() {
    let server = TestServer::new();
    let (talk, contact) = conversation(&server);
    server.done("DELETE", &format!("/contacts/{contact}"), &Value::Null);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(server.admin("GET", &format!("/conversations/{talk}"), &Value::Null).0, 404);
}

fn merge(server: &TestServer, contact: i64, key: &str) -> http::Request<crate::http::Body> {
    merge_bytes(server, contact, key).map(crate::http::Body::from)
}

fn merge_bytes(server: &TestServer, contact: i64, key: &str) -> http::Request<Bytes> {
    let body = json!({ "custom_attributes": { key: 1 } });
    http::Request::builder()
        .method("PUT")
        .uri(format!("/api/v1/accounts/{}/contacts/{contact}", server.account))
        .header("api-access-token", &server.admin)
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap()
}

fn attributes(server: &TestServer, contact: i64) -> Value {
    let said = server.done("GET", &format!("/contacts/{contact}"), &Value::Null);
    said["payload"]["custom_attributes"].clone()
}

#[tokio::test(start_paused = true)]
async fn merges_that_overlap_lose_and_merges_in_turn_do_not() {
    let server = TestServer::new();
    let (_, contact) = conversation(&server);
    let limit = Duration::from_secs(5);
    server.fake.set_merge_window(Duration::from_millis(30));
    let (one, other) = tokio::join!(
        server.fake.send(merge(&server, contact, "a"), limit),
        server.fake.send(merge(&server, contact, "b"), limit),
    );
    // Each is told that all is well.
    for answer in [one, other] {
        assert_eq!(answer.unwrap().status(), 200);
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
            FakeOutcome::Answer(_)
        ));
    }
    assert_eq!(attributes(&server, contact).as_object().unwrap().len(), 5);
}

#[test]
fn a_proof_is_asked_where_the_inbox_wants_one() {
    let server = TestServer::new();
    let inbox = inbox(&server, &json!({ "hmac_mandatory": true }));
    let door = inbox["inbox_identifier"].as_str().unwrap();
    let url = format!("/public/api/v1/inboxes/{door}/contacts");
    let ask = |body: &Value| server.ask("POST", &url, None, Some(body));
    assert_eq!(ask(&json!({ "identifier": "c-1" })).0, 500);
    assert_eq!(ask(&json!({ "identifier": "c-1", "identifier_hash": "00" })).0, 500);
}

#[test]
fn an_api_inbox_may_ask_for_a_message_before_an_answer() {
    let server = TestServer::new();
    let window = json!({ "additional_attributes": { "agent_reply_time_window": 24 } });
    let inbox = inbox(&server, &window)["id"].clone();
    server.done("POST", "/contacts", &json!({ "name": "Ada" }));
    let body = json!({ "inbox_id": inbox, "contact_id": 1 });
    let talk = server.done("POST", "/conversations", &body);
    assert_eq!(talk["can_reply"], false);
    let url = format!("/conversations/{}", talk["id"]);
    let hello = json!({ "content": "hello", "message_type": "incoming" });
    server.done("POST", &format!("{url}/messages"), &hello);
    assert_eq!(server.done("GET", &url, &Value::Null)["can_reply"], true);
    server.fake.advance(Duration::from_hours(25));
    assert_eq!(server.done("GET", &url, &Value::Null)["can_reply"], false);
}

#[test]
fn a_source_id_is_one_contacts_in_an_inbox() {
    let server = TestServer::new();
    let (_, ada) = conversation(&server);
    let made = server.done("POST", "/contacts", &json!({ "name": "Bob", "email": "b@b.example" }));
    let bob = made["payload"]["contact"]["id"].clone();
    let body = json!({ "inbox_id": 1, "contact_id": ada, "source_id": "s" });
    server.done("POST", "/conversations", &body);
    let body = json!({ "inbox_id": 1, "contact_id": bob, "source_id": "s" });
    let refused = server.admin("POST", "/conversations", &body);
    assert_eq!(refused, (422, json!({ "error": "source_id should be unique" })));
    let found =
        server.done("POST", "/contact_inboxes/filter", &json!({ "inbox_id": 1, "source_id": "s" }));
    assert_eq!(found["id"], ada);
}

#[test]
fn what_belongs_to_an_inbox_goes_with_it() {
    let server = TestServer::new();
    let (talk, contact) = conversation(&server);
    server.done("DELETE", "/inboxes/1", &Value::Null);
    assert_eq!(server.admin("GET", &format!("/conversations/{talk}"), &Value::Null).0, 404);
    let left = server.done("GET", &format!("/contacts/{contact}"), &Value::Null);
    assert_eq!(left["payload"]["contact_inboxes"], json!([]));
}

#[test]
fn the_last_page_of_many_contacts_holds_the_rest() {
    let server = TestServer::new();
    for number in 0..1_000 {
        let body = json!({
            "email": format!("n{number}@n.example"),
            "identifier": format!("n-{number}"),
        });
        server.done("POST", "/contacts", &body);
    }
    let by = json!({ "payload": [{
        "attribute_key": "identifier", "filter_operator": "equal_to",
        "values": ["n-998"], "query_operator": null,
    }] });
    assert_eq!(server.done("POST", "/contacts/filter", &by)["meta"]["count"], 1);
    let last = server.done("GET", "/contacts?page=67", &Value::Null);
    assert_eq!(last["meta"]["count"], 1_000);
    assert_eq!(last["payload"].as_array().unwrap().len(), 10);
}

#[cfg(feature = "reqwest-rustls")]
#[tokio::test]
async fn merges_overlap_over_http_too() {
    let server = TestServer::new();
    let (_, contact) = conversation(&server);
    let http = super::FakeServer::start(server.fake.clone()).await;
    server.fake.set_merge_window(Duration::from_millis(300));
    let transport = crate::http::transport::ReqwestTransport::new().unwrap();
    let ask = |key: &str| {
        let mut request = merge(&server, contact, key);
        *request.uri_mut() = format!("{}{}", http.uri(), request.uri()).parse().unwrap();
        transport.send(request, Duration::from_secs(5))
    };
    let (one, other) = tokio::join!(ask("a"), ask("b"));
    assert_eq!(
        (one.unwrap().status(), other.unwrap().status()),
        (http::StatusCode::OK, http::StatusCode::OK)
    );
    ask("c").await.unwrap();
    server.fake.set_merge_window(Duration::ZERO);
    let left = attributes(&server, contact);
    assert_eq!(left.as_object().unwrap().len(), 2, "{left}");
    assert_eq!(left["c"], 1);
}
