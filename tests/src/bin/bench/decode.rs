//! Decoding a page of 25 conversations into its type against decoding it into a JSON value.

use std::time::Instant;

use anyhow::ensure;
use bytes::Bytes;
use chatwoot_client::Page;
use chatwoot_client::application::conversations::{Conversation, ConversationCounts};
use chatwoot_client::fake::{FakeChatwoot, FakeOutcome};
use serde_json::{Value, json};

use crate::{Row, Unit, median};

type Conversations = Page<Conversation, ConversationCounts>;

const ROUNDS: usize = 41;
const DECODES: u32 = 50;

pub(crate) fn row() -> anyhow::Result<Row> {
    let page = page()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            serde_json::from_slice::<Conversations>(&page).is_ok_and(|it| it.payload.len() == 25)
        }));
        theirs.push(time(|| serde_json::from_slice::<Value>(&page).is_ok_and(|it| it.is_object())));
    }
    Ok(Row {
        key: "decode_conversations",
        what: "decode a page of 25 conversations, typed",
        baseline: "serde_json::Value",
        unit: Unit::Microseconds,
        ours: median(ours),
        theirs: median(theirs),
        bound: 1.0,
    })
}

fn time(decode: impl Fn() -> bool) -> f64 {
    let started = Instant::now();
    let right = (0..DECODES).filter(|_| std::hint::black_box(decode())).count();
    assert_eq!(right, DECODES as usize, "the page decodes");
    started.elapsed().as_secs_f64() * 1e6 / f64::from(DECODES)
}

/// Returns the page that the fake responds with, in the server's shape.
fn page() -> anyhow::Result<Vec<u8>> {
    let fake = FakeChatwoot::new();
    let (account, token) = fake.add_account("Bench");
    let ask = |verb: &str, path: &str, body: Value| -> anyhow::Result<Value> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = http::Request::builder()
            .method(verb)
            .uri(format!("/api/v1/accounts/{account}/{path}"))
            .header("api_access_token", &token)
            .header("content-type", "application/json")
            .body(body)?;
        let FakeOutcome::Response(answer) = fake.handle(&request).outcome else {
            anyhow::bail!("the fake broke off");
        };
        ensure!(answer.status().is_success(), "{verb} {path}: {}", answer.status());
        Ok(serde_json::from_slice(answer.body())?)
    };
    let inbox = ask("POST", "inboxes", json!({"name": "API", "channel": {"type": "api"}}))?;
    for number in 0..25 {
        let attributes =
            json!({"customer_tier": "gold", "lifetime_value": 120.5, "order_count": 4});
        let contact = json!({
            "name": format!("Customer {number}"),
            "identifier": format!("customer-{number}"),
            "email": format!("customer-{number}@example.com"),
            "inbox_id": inbox["id"],
            "custom_attributes": attributes,
        });
        let contact = ask("POST", "contacts", contact)?;
        let conversation = json!({
            "inbox_id": inbox["id"],
            "contact_id": contact["payload"]["contact"]["id"],
            "message": {"content": "Where is my parcel? It should have come yesterday."},
        });
        ask("POST", "conversations", conversation)?;
    }
    let answer = ask("GET", "conversations", Value::Null)?;
    Ok(serde_json::to_vec(&answer["data"])?)
}
