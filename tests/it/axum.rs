//! Tests of the endpoints over real TCP: every status, and what no response may contain.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::axum::Router;
use chatwoot_client::{Client, webhook};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::accounts::{Accounts, Clients};
use store_context::context::OwnContext;
use store_context::engine::Engine;
use store_context::model::StoreId;
use store_context::ports::{Ports, WebhookCounts};
use store_context_adapters::axum::{AxumConfig, ChatwootOrigin, Health};

use crate::broken_ledger::BrokenLedger;
use crate::host::{ACCOUNT, Host, NL, NL_WEBHOOK, PREVIOUS_SECRET, SECRET, US_WEBHOOK, ports};

// Webhooks

#[tokio::test]
async fn a_delivery_is_new_once_and_known_afterwards() {
    let ports = ports().await;
    let host = serve(ports.clone()).await;
    // One delivery, signed once: its time is part of its key.
    let delivery = deliver(&host, NL_WEBHOOK, SECRET, &created(ACCOUNT));
    for status in ["new", "known", "known"] {
        let answer = delivery.try_clone().unwrap().send().await.unwrap();
        assert_eq!(seen(answer).await, (200, json!({ "status": status })));
    }
    let counts = ports.webhooks.counts(Some(&StoreId::new("nl").unwrap())).await.unwrap();
    assert_eq!(counts.webhooks, 1);
}

#[tokio::test]
async fn the_secret_before_still_proves_a_delivery() {
    let host = serve(ports().await).await;
    let sent = deliver(&host, NL_WEBHOOK, PREVIOUS_SECRET, &created(ACCOUNT)).send();
    assert_eq!(sent.await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_not_proven_is_401_and_leaves_nothing() {
    let ports = ports().await;
    let host = serve(ports.clone()).await;
    let body = created(ACCOUNT);
    let url = at(&host, NL_WEBHOOK);
    let signed = |sent_at: Timestamp, over: &str| {
        reqwest::Client::new()
            .post(&url)
            .header(webhook::TIMESTAMP_HEADER, sent_at.as_second())
            .header(
                webhook::SIGNATURE_HEADER,
                webhook::sign(&SECRET.into(), sent_at, over.as_bytes()),
            )
            .body(body.clone())
    };
    let now = Timestamp::now();
    let long_ago = now - Duration::from_hours(1);
    let wrong = [
        ("unsigned", reqwest::Client::new().post(&url).body(body.clone())),
        ("another secret", deliver(&host, NL_WEBHOOK, "another", &body)),
        ("another body", signed(now, "{}")),
        ("too old", signed(long_ago, &body)),
        (
            "a text that is no signature",
            reqwest::Client::new()
                .post(&url)
                .header(webhook::TIMESTAMP_HEADER, now.as_second())
                .header(webhook::SIGNATURE_HEADER, "sha256=hello")
                .body(body.clone()),
        ),
    ];
    for (what, request) in wrong {
        let (status, answer) = seen(request.send().await.unwrap()).await;
        assert_eq!(status, 401, "{what}");
        let text = answer.to_string();
        assert!(answer["error"].is_string(), "{text}");
        for hidden in ["sha256=", "hello", "wrong-word", NL_WEBHOOK, SECRET] {
            assert!(!text.contains(hidden), "{what}: {text}");
        }
    }
    let counts = ports.webhooks.counts(Some(&StoreId::new("nl").unwrap())).await.unwrap();
    assert_eq!(counts, WebhookCounts::default());
}

#[tokio::test]
async fn only_a_webhooks_own_address_is_known() {
    let host = serve(ports().await).await;
    for address in ["0", NL, "a%2Fb", "%00", "11111111111111111111111111111112"] {
        let answer = deliver(&host, address, SECRET, &created(ACCOUNT)).send().await.unwrap();
        assert_eq!(seen(answer).await, (404, json!({ "error": "unknown address" })), "{address}");
    }
}

#[tokio::test]
async fn what_is_signed_and_no_delivery_is_400() {
    let host = serve(ports().await).await;
    for body in [" ", "no json", "[]", "{\"id\": 1}", "\u{0}", &created(ACCOUNT + 1)] {
        let answer = deliver(&host, NL_WEBHOOK, SECRET, body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_413_and_one_of_a_mebibyte_is_read() {
    let host = serve(ports().await).await;
    let padded = |size: usize| {
        let body = created(ACCOUNT);
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    for (size, status) in [(1 << 20, 200), ((1 << 20) + 1, 413)] {
        let answer = deliver(&host, NL_WEBHOOK, SECRET, &padded(size)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{size}");
    }
}

#[tokio::test]
async fn a_store_without_a_secret_is_503() {
    let host = serve(ports().await).await;
    let sent = deliver(&host, US_WEBHOOK, SECRET, &created(ACCOUNT)).send();
    assert_eq!(sent.await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_ledger_that_fails_is_503_and_its_cause_stays_inside() {
    let ports = Ports { webhooks: Arc::new(BrokenLedger { hangs: false }), ..ports().await };
    let host = serve(ports).await;
    let sent = deliver(&host, NL_WEBHOOK, SECRET, &created(ACCOUNT)).send();
    let (status, answer) = seen(sent.await.unwrap()).await;
    assert_eq!(status, 503);
    assert!(!answer.to_string().contains("10.0.0.7"), "{answer}");
}

#[tokio::test]
async fn a_ledger_that_hangs_is_503_before_chatwoot_gives_up() {
    let ports = Ports { webhooks: Arc::new(BrokenLedger { hangs: true }), ..ports().await };
    let host = serve(ports).await;
    let began = Instant::now();
    let sent = deliver(&host, NL_WEBHOOK, SECRET, &created(ACCOUNT)).send();
    assert_eq!(sent.await.unwrap().status(), 503);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_limit_is_the_hosts_choice() {
    let host = Host::serve_with(ports().await, Router::new(), |config| {
        config.webhooks.body_limit = 10;
    })
    .await;
    let url = format!("{}/webhooks/chatwoot/{NL_WEBHOOK}", host.url);
    let post = |body: &'static str| reqwest::Client::new().post(&url).body(body).send();
    assert_eq!(post("0123456789").await.unwrap().status(), 401);
    assert_eq!(post("0123456789a").await.unwrap().status(), 413);
    assert_eq!(get(&host, &format!("/webhooks/chatwoot/{NL_WEBHOOK}")).await.status(), 405);
}

// Support context

#[tokio::test]
async fn the_support_context_is_that_of_the_session() {
    let host = serve(ports().await).await;
    let ask = async |session: Option<&str>, query: &str| {
        let request =
            reqwest::Client::new().get(format!("{}/api/support/context{query}", host.url));
        let request = match session {
            Some(session) => request.header("x-session", session),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        seen(answer).await
    };

    let (status, answer) = ask(Some("nl 1"), "").await;
    assert_eq!(status, 200);
    let own: OwnContext = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(own.customer.name, "Sanne de Vries");
    assert!(!answer.to_string().contains("1234.50"), "the agents' snapshot: {answer}");
    // Parameters of the request are ignored; only its session counts.
    let (_, answer) = ask(Some("us 1"), "?store=nl&customer=1&contact=1").await;
    assert_eq!(answer["customer"]["name"], "Jo Smith");

    assert_eq!(ask(None, "").await.0, 401);
    assert_eq!(ask(Some("nl 99"), "").await.0, 404);
    assert_eq!(ask(Some("nowhere 1"), "").await.0, 404);
    let (status, answer) = ask(Some("nl 3"), "").await;
    assert_eq!(status, 503);
    assert!(!answer.to_string().contains("10.0.0.7"), "{answer}");
}

// Panel

#[tokio::test]
async fn the_panel_locks_its_page() {
    let host = serve(ports().await).await;
    let mut policies = Vec::new();
    for _ in 0..2 {
        let answer = get(&host, &format!("/panel/{NL}")).await;
        assert_eq!(answer.status(), 200);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        let policy = header("content-security-policy");
        let page = answer.text().await.unwrap();

        let (_, rest) = policy.split_once("script-src 'nonce-").unwrap();
        let (nonce, _) = rest.split_once('\'').unwrap();
        assert!(nonce.len() >= 22, "{nonce}");
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
                 connect-src 'self'; frame-ancestors {}; base-uri 'none'; form-action 'none'",
                host.url
            )
        );
        assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
        assert!(!page.contains("innerHTML") && !page.contains(NL));
        policies.push(policy);
    }
    assert_ne!(policies[0], policies[1], "a nonce is used once");
}

#[test]
fn an_origin_is_a_scheme_a_host_and_a_port() {
    let origin = |text: &str| ChatwootOrigin::new(&text.parse().unwrap());
    for (base, wanted) in [
        ("https://chatwoot.example.com/app?x#y", "https://chatwoot.example.com"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://user:word@CHATWOOT.example.com", "https://chatwoot.example.com"),
        ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(origin(base).unwrap().as_str(), wanted);
    }
    for hostile in [
        "https://*",
        "https://*.example.com",
        "https://a;sandbox",
        "https://a,b",
        "https://a'self'",
        "https://a\"b",
        "https://a_b",
        "https://a..b",
        "https://.",
        "https://-a.example",
        "https://$(a)",
        "mailto:support@example.com",
        "data:text/html,x",
        "ftp://chatwoot.example.com",
        "file:///etc/passwd",
    ] {
        assert!(origin(hostile).is_err(), "{hostile} becomes {:?}", origin(hostile));
    }
}

// Health

#[tokio::test]
async fn health_is_that_of_the_hosts_checks() {
    let healthy = Health::new().check("disk", || async { Ok::<(), String>(()) });
    let (status, answer) = health(healthy.clone()).await;
    assert_eq!(status, 200);
    let disk = json!({ "name": "disk", "status": "ok" });
    assert_eq!(answer, json!({ "status": "ok", "checks": [disk] }));

    let optional = healthy.clone().optional_check("redis", || async { Err("no answer") });
    let (status, answer) = health(optional.clone()).await;
    assert_eq!(status, 200);
    let redis = json!({ "name": "redis", "status": "degraded" });
    assert_eq!(answer, json!({ "status": "degraded", "checks": [disk, redis] }));
    assert_eq!(health(optional.check("ledger", || async { Err("gone") })).await.0, 503);

    let failing = healthy.check("ledger", || async { Err("password=hunter2 was refused") });
    let (status, answer) = health(failing).await;
    assert_eq!(status, 503);
    let ledger = json!({ "name": "ledger", "status": "failed" });
    assert_eq!(answer, json!({ "status": "failed", "checks": [disk, ledger] }));

    let hanging = Health::new().check("cache", pending::<Result<(), String>>);
    assert_eq!(health(hanging).await.0, 503);
    assert_eq!(health(Health::new()).await, (200, json!({ "status": "ok", "checks": [] })));
}

#[tokio::test]
async fn health_is_that_of_the_engines_workers() {
    let ports = ports().await;
    let accounts = Accounts::new(&ports, Clients::new(|url| Client::builder(url.as_str()).build()));
    let engine = Engine::builder(accounts, ports).build();
    let of = |engine: &Engine| health(Health::new().engine(engine));
    assert_eq!(of(&engine).await.0, 503, "no worker runs yet");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let engine = engine.clone();
        async move { engine.run_until(async { stopped.await.unwrap_or_default() }).await }
    });
    let workers = json!({ "name": "workers", "status": "ok" });
    let alive = (200, json!({ "status": "ok", "checks": [workers] }));
    while of(&engine).await != alive {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(of(&engine).await.0, 503, "the workers have stopped");
}

// All of them

#[tokio::test]
async fn every_answer_has_one_type_and_is_kept_by_no_cache() {
    let failing = Health::new().check("ledger", || async { Err("refused") });
    let change = |config: &mut AxumConfig| config.health = failing;
    let failing = Host::serve_with(ports().await, Router::new(), change).await;
    let change = |config: &mut AxumConfig| config.panel.limits.look_ups = 0;
    let limited = Host::serve_with(ports().await, Router::new(), change).await;
    let host = serve(ports().await).await;
    let client = reqwest::Client::new();
    let get = |path: &str| client.get(format!("{}{path}", host.url));
    let support = |session: &str| get("/api/support/context").header("x-session", session);
    let body = created(ACCOUNT);
    let talk = host.chatwoot.talk("nl/1");
    let open = |address: &str, body: &Value| {
        client.post(format!("{}/panel/{address}/open", host.url)).json(body)
    };
    let requests = [
        (200, get("/health")),
        (503, client.get(format!("{}/health", failing.url))),
        (200, support("nl 1")),
        (401, get("/api/support/context")),
        (404, support("nl 99")),
        (503, support("nl 3")),
        (200, deliver(&host, NL_WEBHOOK, SECRET, &body)),
        (400, deliver(&host, NL_WEBHOOK, SECRET, "{}")),
        (401, deliver(&host, NL_WEBHOOK, "another", &body)),
        (404, deliver(&host, NL, SECRET, &body)),
        (503, deliver(&host, US_WEBHOOK, SECRET, &body)),
        (405, get(&format!("/webhooks/chatwoot/{NL_WEBHOOK}"))),
        (400, get("/panel/%FF")),
        (200, get(&format!("/panel/{NL}"))),
        (404, get("/panel/nothing")),
        (200, open(NL, &talk.opening())),
        (422, open(NL, &json!("hello"))),
        (404, open(NL, &talk.with(&json!({ "uuid": "another" })))),
        (404, open("nothing", &talk.opening())),
        (401, get(&format!("/panel/{NL}/context")).bearer_auth("none")),
        (400, get(&format!("/panel/{NL}/context?anyway=perhaps"))),
        (404, get("/panel/nothing/context")),
        (405, get(&format!("/panel/{NL}/open"))),
        (413, open(NL, &json!("long".repeat(10_000)))),
        (415, client.post(format!("{}/panel/{NL}/open", host.url)).body("{}")),
        (429, client.get(format!("{}/panel/{NL}/context", limited.url))),
    ];
    for (status, request) in requests {
        let request = request.build().unwrap();
        let what = format!("{} {}", request.method(), request.url());
        let answer = client.execute(request).await.unwrap();
        assert_eq!(answer.status(), status, "{what}");
        for (name, wanted) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
        {
            let values: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(values, [wanted], "{what}: {name}");
        }
    }
}

async fn health(health: Health) -> (u16, Value) {
    let change = |config: &mut AxumConfig| config.health = health;
    let host = Host::serve_with(ports().await, Router::new(), change).await;
    seen(get(&host, "/health").await).await
}

async fn serve(ports: Ports) -> Host {
    Host::serve_with(ports, Router::new(), |_| ()).await
}

async fn get(host: &Host, path: &str) -> Response {
    reqwest::get(format!("{}{path}", host.url)).await.unwrap()
}

async fn seen(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn at(host: &Host, address: &str) -> String {
    format!("{}/webhooks/chatwoot/{address}", host.url)
}

/// Returns a delivery as Chatwoot signs it.
fn deliver(host: &Host, address: &str, secret: &str, body: &str) -> RequestBuilder {
    let now = Timestamp::now();
    reqwest::Client::new()
        .post(at(host, address))
        .header("content-type", "application/json")
        .header(webhook::DELIVERY_HEADER, "7f0f4c1e-0000-4000-8000-000000000001")
        .header(webhook::TIMESTAMP_HEADER, now.as_second())
        .header(webhook::SIGNATURE_HEADER, webhook::sign(&secret.into(), now, body.as_bytes()))
        .body(body.to_owned())
}

fn created(account: u64) -> String {
    json!({
        "event": "thing_created", "id": 1, "name": "wrong-word", "account": { "id": account },
    })
    .to_string()
}
