//! Tests across the fake's modules: authentication, faults, rate limits, webhooks, HTTP.

mod conversations;
#[cfg(feature = "live")]
mod live;
#[cfg(all(feature = "live", feature = "reqwest-rustls"))]
mod live_http;
mod simulation;
mod widget;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::fake::http::faults::{Fault, FaultKind, WebhookFaults};
use crate::fake::http::limits::FakeLimits;
#[cfg(feature = "reqwest-rustls")]
use crate::fake::http::server::FakeServer;
use crate::fake::webhook::deliver::DeliveryOutcome;
use crate::fake::{FakeChatwoot, FakeOutcome};
use crate::http::Body;
use crate::http::transport::{Transport, TransportError, TransportErrorKind};

/// A fake with one account.
pub(in crate::fake) struct TestServer {
    pub(in crate::fake) fake: FakeChatwoot,
    pub(in crate::fake) account: u64,
    pub(in crate::fake) admin_token: String,
}

impl TestServer {
    pub(in crate::fake) fn new() -> Self {
        Self::with(FakeChatwoot::new())
    }

    pub(in crate::fake) fn with(fake: FakeChatwoot) -> Self {
        let (account, admin_token) = fake.add_account("Tea shop");
        Self { fake, account, admin_token }
    }

    /// Sends a request with any token; the path is complete.
    pub(in crate::fake) fn request(
        &self,
        verb: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = http::Request::builder().method(verb).uri(path);
        if let Some(token) = token {
            request = request.header("api-access-token", token);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        match self.fake.handle(&request.body(bytes).unwrap()).outcome {
            FakeOutcome::Response(response) => {
                let body = serde_json::from_slice(response.body()).unwrap_or_else(|_| {
                    Value::from(String::from_utf8_lossy(response.body()).into_owned())
                });
                (response.status().as_u16(), body)
            }
            _ => (0, Value::Null),
        }
    }

    /// Sends a request as the administrator; the path starts after the account.
    pub(in crate::fake) fn as_admin(&self, verb: &str, rest: &str, body: &Value) -> (u16, Value) {
        let path = format!("/api/v1/accounts/{}{rest}", self.account);
        self.request(verb, &path, Some(&self.admin_token), (!body.is_null()).then_some(body))
    }

    /// The same, and asserts that the status is 200.
    pub(in crate::fake) fn ok(&self, verb: &str, rest: &str, body: &Value) -> Value {
        let (status, response) = self.as_admin(verb, rest, body);
        assert_eq!(status, 200, "{verb} {rest}: {response}");
        response
    }
}

#[test]
fn unauthenticated_requests_get_the_servers_errors() {
    let server = TestServer::new();
    let labels = format!("/api/v1/accounts/{}/labels", server.account);
    let get = |token: Option<&str>, path: &str| server.request("GET", path, token, None);
    let sign_in = "You need to sign in or sign up before continuing.";
    assert_eq!(get(None, &labels), (401, json!({ "errors": [sign_in] })));
    assert_eq!(get(Some("x"), &labels), (401, json!({ "error": "Invalid Access Token" })));
    let elsewhere = get(Some(&server.admin_token), "/api/v1/accounts/99/labels");
    assert_eq!(elsewhere, (404, json!({ "error": "Resource could not be found" })));
    let nowhere = get(Some(&server.admin_token), &format!("{labels}/1/2/3"));
    assert_eq!(nowhere, (404, json!({ "status": 404, "error": "Not Found" })));

    let (other, _) = server.fake.add_account("Coffee shop");
    let theirs = get(Some(&server.admin_token), &format!("/api/v1/accounts/{other}/labels"));
    assert_eq!(theirs.0, 401);

    let (_, agent) = server.fake.add_agent(server.account, "agent@example.com");
    assert_eq!(get(Some(&agent), &labels).0, 200);
    let rejected = server.request("POST", &labels, Some(&agent), Some(&json!({ "title": "vip" })));
    assert_eq!(rejected, (401, json!({ "error": "You are not authorized to do this action" })));
}

#[test]
fn a_reset_token_is_rejected_at_once() {
    let server = TestServer::new();
    let labels = format!("/api/v1/accounts/{}/labels", server.account);
    let reset = || {
        server.request(
            "POST",
            "/api/v1/profile/reset_access_token",
            Some(&server.admin_token),
            None,
        )
    };
    let (status, user) = reset();
    let token = user["access_token"].as_str().unwrap();
    assert_eq!(status, 200);
    assert_ne!(token, server.admin_token);
    assert_eq!(server.request("GET", &labels, Some(token), None).0, 200);
    let rejected = (401, json!({ "error": "Invalid Access Token" }));
    assert_eq!(server.request("GET", &labels, Some(&server.admin_token), None), rejected);
    assert_eq!(reset(), rejected);
}

#[test]
fn a_suspended_account_is_unauthorized_until_it_is_active() {
    let server = TestServer::new();
    let token = server.fake.platform_token();
    let platform = |verb: &str, path: &str, body: Value| {
        server.request(verb, &format!("/platform/api/v1{path}"), Some(&token), Some(&body))
    };
    let (_, account) = platform("POST", "/accounts", json!({ "name": "Store" }));
    let (_, user) = platform(
        "POST",
        "/users",
        json!({ "name": "Ada", "email": "Ada@Example.com", "password": "Passw0rd!" }),
    );
    assert_eq!(user["email"], "ada@example.com");
    let (again, same) = platform("POST", "/users", json!({ "email": "ada@example.com" }));
    assert_eq!((again, &same["id"]), (200, &user["id"]));
    let path = format!("/accounts/{}/account_users", account["id"]);
    platform("POST", &path, json!({ "user_id": user["id"], "role": "administrator" }));

    let theirs = format!("/api/v1/accounts/{}", account["id"]);
    let get = || server.request("GET", &theirs, user["access_token"].as_str(), None);
    assert_eq!(get().0, 200);
    let one = format!("/accounts/{}", account["id"]);
    platform("PATCH", &one, json!({ "status": "suspended" }));
    assert_eq!(get(), (401, json!({ "error": "Account is suspended" })));
    platform("PATCH", &one, json!({ "status": "active" }));
    assert_eq!(get().0, 200);
    assert_eq!(platform("GET", "/accounts/1", Value::Null).0, 401, "not made by this app");
}

#[test]
fn an_api_inbox_has_its_secrets_and_members() {
    let server = TestServer::new();
    let wanted =
        json!({ "name": "Api", "channel": { "type": "api", "webhook_url": "http://h/x" } });
    let inbox = server.ok("POST", "/inboxes", &wanted);
    let path = format!("/inboxes/{}", inbox["id"]);
    let reset = server.ok("POST", &format!("{path}/reset_secret"), &Value::Null);
    assert_ne!(inbox["secret"], reset["secret"]);
    assert_eq!(inbox["hmac_token"], reset["hmac_token"]);

    let (agent, token) = server.fake.add_agent(server.account, "agent@example.com");
    let whole = format!("/api/v1/accounts/{}{path}", server.account);
    assert_eq!(server.request("GET", &whole, Some(&token), None).0, 401);
    let join = json!({ "inbox_id": inbox["id"], "user_ids": [agent] });
    let members = server.ok("POST", "/inbox_members", &join);
    assert_eq!(members["payload"][0]["id"], agent);
    let (status, seen) = server.request("GET", &whole, Some(&token), None);
    assert_eq!((status, seen.get("secret")), (200, None), "secrets are the administrator's");
}

#[test]
fn a_fault_after_the_request_keeps_its_effect() {
    let server = TestServer::new();
    server.fake.fault(Fault::new(FaultKind::ErrorAfter).path("/labels").times(1));
    assert_eq!(server.as_admin("POST", "/labels", &json!({ "title": "vip" })).0, 500);
    server.fake.fault(Fault::new(FaultKind::ErrorBefore).path("/labels").times(1));
    assert_eq!(server.as_admin("POST", "/labels", &json!({ "title": "new" })).0, 500);
    let labels = server.ok("GET", "/labels", &Value::Null);
    assert_eq!(labels["payload"].as_array().unwrap().len(), 1);
    assert_eq!(server.fake.requests(), 3);
    assert!(server.fake.journal().iter().all(|entry| entry.has_token));
}

#[test]
fn a_rate_limited_response_is_plain_text() {
    let limits = FakeLimits { all_per_minute: 1, ..FakeLimits::default() };
    let server = TestServer::with(FakeChatwoot::builder().limits(limits).build());
    server.fake.set_time("2026-11-21T00:00:30Z".parse().unwrap());
    assert_eq!(server.as_admin("GET", "/labels", &Value::Null).0, 200);
    assert_eq!(server.as_admin("GET", "/labels", &Value::Null), (429, json!("Retry later\n")));
    server.fake.advance(Duration::from_secs(30));
    assert_eq!(server.as_admin("GET", "/labels", &Value::Null).0, 200);
}

/// A receiver that stores the requests it gets.
#[derive(Debug, Default)]
pub(in crate::fake) struct Receiver(Mutex<Vec<http::Request<Bytes>>>);

impl Receiver {
    pub(in crate::fake) fn bodies(&self) -> Vec<Value> {
        let requests = self.0.lock().unwrap();
        requests.iter().map(|request| serde_json::from_slice(request.body()).unwrap()).collect()
    }
}

#[async_trait]
impl Transport for Receiver {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body = request.body().to_bytes().unwrap();
        self.0.lock().unwrap().push(request.map(|_| body));
        Ok(http::Response::new(Bytes::new()))
    }
}

#[tokio::test]
async fn a_webhook_is_signed_and_sent_once() {
    let fake = FakeChatwoot::builder().inbox_events(true).build();
    let server = TestServer::with(fake);
    let webhook = json!({ "url": "http://shop.test/hook", "subscriptions": ["inbox_created"] });
    let created = server.ok("POST", "/webhooks", &json!({ "webhook": webhook }));
    let receiver = Arc::new(Receiver::default());
    server.fake.deliver_through(receiver.clone());
    let wanted = json!({ "name": "Api", "channel": { "type": "api" } });
    server.ok("POST", "/inboxes", &wanted);
    server.fake.idle().await;
    server.fake.webhook_faults(WebhookFaults { drop_next: 1, ..WebhookFaults::default() });
    server.ok("POST", "/inboxes", &wanted);
    server.fake.idle().await;

    let outcomes: Vec<_> = server.fake.deliveries().iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [DeliveryOutcome::Delivered(200), DeliveryOutcome::Dropped]);
    let requests = receiver.0.lock().unwrap();
    assert_eq!(requests.len(), 1);
    let header = |name: &str| requests[0].headers()[name].to_str().unwrap().to_owned();
    let signed = signature(
        created.pointer("/payload/webhook/secret").and_then(Value::as_str).unwrap(),
        &header("x-chatwoot-timestamp"),
        requests[0].body(),
    );
    assert_eq!(header("x-chatwoot-signature"), signed);
}

/// Computed here independently of the fake.
fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    use hmac::Mac;
    let mac =
        <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update([timestamp.as_bytes(), b".", body].concat());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test(start_paused = true)]
async fn a_delay_beyond_the_timeout_is_a_timeout_and_a_reset_an_interruption() {
    let fake = FakeChatwoot::new();
    let request = || http::Request::get("/health").body(Body::default()).unwrap();
    fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(20))).times(1));
    let late = fake.send(request(), Duration::from_secs(15)).await.unwrap_err();
    assert_eq!(late.kind(), TransportErrorKind::Timeout);
    fake.fault(Fault::new(FaultKind::ResetBeforeResponse).times(1));
    let broken = fake.send(request(), Duration::from_secs(15)).await.unwrap_err();
    assert_eq!(broken.kind(), TransportErrorKind::Interrupted);
}

#[cfg(feature = "reqwest-rustls")]
#[tokio::test]
async fn over_http_it_responds_resets_and_serves_the_widget() {
    let server = FakeServer::start(FakeChatwoot::new()).await;
    let (account, token) = server.fake().add_account("Tea shop");
    let client = crate::client::Client::builder(server.uri()).build().unwrap();
    let account = client.account(account, token);
    let label =
        account.labels().create(&crate::application::labels::NewLabel::new("vip")).await.unwrap();
    assert_eq!(label.title, "vip");

    server.fake().fault(Fault::new(FaultKind::ResetBeforeResponse).verb("POST"));
    let broken =
        account.labels().create(&crate::application::labels::NewLabel::new("second")).await;
    assert!(broken.is_err(), "a creation is not sent again when nobody knows");
    server.fake().clear_faults();
    assert_eq!(account.labels().list().await.unwrap().len(), 2, "and yet it was done");

    let sdk = http::Request::get(format!("{}/packs/js/sdk.js", server.uri()));
    let FakeOutcome::Response(sdk) = server.fake().handle(&sdk.body(Bytes::new()).unwrap()).outcome
    else {
        panic!("no response");
    };
    assert!(String::from_utf8_lossy(sdk.body()).contains("chatwoot:ready"));
}
