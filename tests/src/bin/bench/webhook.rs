//! Verifying and decoding a delivery against a bare HMAC and decoding into a JSON value.

use std::time::Instant;

use anyhow::{Context, ensure};
use bytes::Bytes;
use chatwoot_client::fake::{Delivery as FakeDelivery, FakeChatwoot, FakeOutcome};
use chatwoot_client::webhook::{Event, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Row, Unit, median};

const ROUNDS: usize = 41;
const DELIVERIES: u32 = 200;

pub(crate) fn row() -> anyhow::Result<Row> {
    let (secret, headers, body) = delivery()?;
    let verifier = Verifier::new(secret.as_str())?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let timestamp = header(TIMESTAMP_HEADER).context("a timestamp")?;
    let signature = header(SIGNATURE_HEADER).context("a signature")?;
    let now = Timestamp::from_second(timestamp.parse()?)?;
    let ours = || {
        let checked = verifier.verify(&headers, &body, now);
        checked.is_ok_and(|delivery| matches!(delivery.event(), Ok(Event::MessageCreated(_))))
    };
    let theirs = || {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        let mac = mac.chain_update(timestamp).chain_update(b".").chain_update(&body);
        let given = hex::decode(signature.trim_start_matches("sha256=")).unwrap_or_default();
        mac.verify_slice(&given).is_ok() && serde_json::from_slice::<Value>(&body).is_ok()
    };
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_times.push(time(ours));
        their_times.push(time(theirs));
    }
    Ok(Row {
        key: "webhook_verify_parse",
        what: "verify and decode a message_created delivery",
        baseline: "HMAC + serde_json::Value",
        unit: Unit::Microseconds,
        ours: median(our_times),
        theirs: median(their_times),
        bound: 0.9,
    })
}

fn time(take: impl Fn() -> bool) -> f64 {
    let started = Instant::now();
    let right = (0..DELIVERIES).filter(|_| std::hint::black_box(take())).count();
    assert_eq!(right, DELIVERIES as usize, "the delivery is good");
    started.elapsed().as_secs_f64() * 1e6 / f64::from(DELIVERIES)
}

/// Returns a delivery as the fake sends it, with its secret.
fn delivery() -> anyhow::Result<(String, HeaderMap, Bytes)> {
    let (secret, deliveries) = deliveries(&["message_created"])?;
    let delivery = deliveries.into_iter().next().context("a delivery")?;
    let request = delivery.request(Timestamp::now());
    Ok((secret, request.headers().clone(), delivery.body))
}

/// Returns the deliveries of a new conversation with a message, of these events, and their secret.
pub(crate) fn deliveries(events: &[&str]) -> anyhow::Result<(String, Vec<FakeDelivery>)> {
    let fake = FakeChatwoot::new();
    let (account, token) = fake.add_account("Bench");
    let ask = |path: &str, body: Value| -> anyhow::Result<Value> {
        let request = http::Request::builder()
            .method("POST")
            .uri(format!("/api/v1/accounts/{account}/{path}"))
            .header("api_access_token", &token)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))?;
        let FakeOutcome::Response(answer) = fake.handle(&request).outcome else {
            anyhow::bail!("the fake broke off");
        };
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(serde_json::from_slice(answer.body())?)
    };
    let hook = json!({"url": "https://shop.example.com/hook", "subscriptions": events});
    let webhook = ask("webhooks", hook)?;
    let inbox = ask("inboxes", json!({"name": "API", "channel": {"type": "api"}}))?;
    let contact = json!({"name": "Ada", "identifier": "ada", "inbox_id": inbox["id"]});
    let contact = ask("contacts", contact)?;
    let conversation = json!({
        "inbox_id": inbox["id"],
        "contact_id": contact["payload"]["contact"]["id"],
        "message": {"content": "Where is my parcel? It should have come yesterday."},
    });
    ask("conversations", conversation)?;
    let secret = webhook["payload"]["webhook"]["secret"].as_str().context("a secret")?;
    Ok((secret.to_owned(), fake.take_deliveries()))
}
