//! Tests of the panel's endpoints: how a panel is opened, and what a person gets who only knows its
//! URL.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::collections::BTreeSet;
use std::time::Duration;

use ::axum::Router;
use chatwoot_client::fake::{Fault, FaultKind};
use reqwest::Response;
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::model::{ContextSnapshot, StoreId};
use store_context::ports::{AddressToken, Expiring, Ports, StoreCredentials};
use store_context_adapters::axum::{AxumConfig, PanelLimits};

use crate::host::{Host, NL, NL_WEBHOOK, US, keep, ports};
use crate::talks::Talk;

/// A removed agent still has the URL, and guesses contacts and conversations.
#[tokio::test]
async fn an_address_alone_gives_no_customer() {
    let host = serve(ports().await).await;
    for contact in 1..=10 {
        let url = format!("{}/panel/{NL}/context?contact={contact}", host.url);
        let answer = reqwest::get(url).await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(!status.is_success(), "contact {contact} is given: {text}");
    }
    let mut statuses = BTreeSet::new();
    for conversation in 1..=5 {
        for contact in 1..=5 {
            let key = json!({ "uuid": "7f0f4c1e-0000-4000-8000-000000000001" });
            let guess = json!({ "conversation": conversation, "contact": contact, "key": key });
            let (status, answer) = seen(open(&host, NL, &guess).await).await;
            assert!(answer.get("snapshot").is_none(), "{answer}");
            statuses.insert(status);
        }
    }
    assert_eq!(statuses, BTreeSet::from([404, 429]), "and guessing ends soon");
}

#[tokio::test]
async fn a_proven_customers_conversation_opens() {
    let host = serve(ports().await).await;
    for (address, name, customer) in [(NL, "nl/1", "Sanne de Vries"), (US, "us/1", "Jo Smith")] {
        let talk = host.chatwoot.talk(name);
        let (status, opened) = seen(open(&host, address, &talk.opening()).await).await;
        assert_eq!(status, 200, "{opened}");
        assert_eq!((&opened["proven"], &opened["reason"]), (&json!(true), &Value::Null));
        assert_eq!(
            (&opened["guest"], &opened["snapshot"]["customer"]["name"]),
            (&json!(false), &json!(customer))
        );

        let (status, again) = seen(ask(&host, address, token(&opened), "").await).await;
        assert_eq!(status, 200, "{again}");
        assert_eq!(again["snapshot"]["customer"], opened["snapshot"]["customer"]);
        assert_eq!(again.get("token"), None, "a token is for as long as it was given for");
    }
    let host = serve(ports().await).await;
    let (_, opened) = seen(open(&host, NL, &host.chatwoot.talk("nl/1").opening()).await).await;
    let snapshot: ContextSnapshot = serde_json::from_value(opened["snapshot"].clone()).unwrap();
    assert_eq!(snapshot.recent_orders.len(), 2);
    // The host cannot be read at the first try.
    let third = host.chatwoot.talk("nl/3").opening();
    let (status, failed) = seen(open(&host, NL, &third).await).await;
    assert_eq!((status, failed.to_string().contains("10.0.0.7")), (503, false), "{failed}");
    assert_eq!(open(&host, NL, &third).await.status(), 200);
}

/// A conversation that reached the agent's page as a live event has no UUID there.
#[tokio::test]
async fn a_live_conversation_opens_by_its_contacts_source_id() {
    let host = serve(ports().await).await;
    let talk = host.chatwoot.talk("nl/1");
    let by_source = |source: &str| talk.with(&json!({ "source_id": source }));
    let (status, opened) = seen(open(&host, NL, &by_source(&talk.source_id)).await).await;
    assert_eq!((status, &opened["proven"]), (200, &json!(true)), "{opened}");

    let other = &host.chatwoot.talk("nl/2").source_id;
    let upper = talk.source_id.to_uppercase();
    for wrong in [other.as_str(), &upper, "", "sanne@example.com", "1"] {
        assert_unknown(open(&host, NL, &by_source(wrong)).await, wrong).await;
    }
}

#[tokio::test]
async fn what_does_not_belong_together_is_answered_alike() {
    let host = serve(ports().await).await;
    let talk = |name: &str| host.chatwoot.talk(name).clone();
    let (own, other) = (talk("nl/1"), talk("nl/2"));
    let shortened = own.uuid[..own.uuid.len() - 1].to_owned();
    let wrong = [
        ("no uuid", Talk { uuid: String::new(), ..own.clone() }),
        ("a part of the uuid", Talk { uuid: shortened, ..own.clone() }),
        ("another conversation's uuid", Talk { uuid: other.uuid.clone(), ..own.clone() }),
        ("another contact", Talk { contact: other.contact, ..own.clone() }),
        ("the guest's contact", Talk { contact: talk("nl/99").contact, ..own.clone() }),
        ("no such contact", Talk { contact: 77.into(), ..own.clone() }),
        ("no such conversation", Talk { conversation: 77.into(), ..own.clone() }),
        ("another store's", talk("us/1")),
    ];
    for (what, talk) in &wrong {
        assert_unknown(open(&host, NL, &talk.opening()).await, what).await;
    }
    assert_eq!(open(&host, NL, &own.opening()).await.status(), 200);
}

#[tokio::test]
async fn a_token_is_of_one_store_and_whole() {
    let generous = PanelLimits { look_ups: 10_000, mismatches: 10_000 };
    let host = serve_with(ports().await, |config| config.panel.limits = generous).await;
    let opened = async |address: &str, name: &str| {
        let opening = host.chatwoot.talk(name).opening();
        seen(open(&host, address, &opening).await).await.1
    };
    let (first, second) = (opened(NL, "nl/1").await, opened(NL, "nl/2").await);
    let (first, second) = (token(&first), token(&second));
    let status = async |address: &str, token: &str| ask(&host, address, token, "").await.status();
    assert_eq!(status(NL, first).await, 200);

    for place in 0..first.len() {
        let mut altered = first.to_owned().into_bytes();
        altered[place] = if altered[place] == b'3' { b'4' } else { b'3' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(status(NL, &altered).await, 401, "altered at {place}");
    }
    let (claims, mac) = (first.split_once('.').unwrap().0, second.split_once('.').unwrap().1);
    for odd in [&format!("{claims}.{mac}"), claims, &format!("{claims}."), ".", "", "ë"] {
        assert_eq!(status(NL, odd).await, 401, "{odd}");
    }
    assert_eq!(status(US, first).await, 401, "another store's");
    let none = get(&host, &format!("/panel/{NL}/context")).await;
    assert_eq!(none.status(), 401);
    let (_, shown) = seen(ask(&host, NL, second, "").await).await;
    assert_eq!(shown["snapshot"]["customer"]["id"], "2", "a token shows its own contact");
}

#[tokio::test]
async fn a_token_expires() {
    let host = serve_with(ports().await, |config| {
        let service = config.panel.service.clone();
        config.panel.service = service.token_lifetime(Duration::ZERO);
    })
    .await;
    let (_, opened) = seen(open(&host, NL, &host.chatwoot.talk("nl/1").opening()).await).await;
    assert_eq!(ask(&host, NL, token(&opened), "").await.status(), 401);
}

#[tokio::test]
async fn a_token_of_a_replaced_key_is_taken_for_as_long_as_the_key() {
    let ports = ports().await;
    let host = serve(ports.clone()).await;
    let (_, opened) = seen(open(&host, NL, &host.chatwoot.talk("nl/1").opening()).await).await;
    for (until, status) in [(Timestamp::MAX, 200), (Timestamp::UNIX_EPOCH, 401)] {
        let held = held(&ports).await;
        let previous = Expiring { value: "proofs of nl".into(), until };
        let changed = StoreCredentials {
            proof_key: Some("new proofs of nl".into()),
            previous_proof_key: Some(previous),
            ..held
        };
        keep(&ports, &StoreId::new("nl").unwrap(), &changed).await;
        assert_eq!(ask(&host, NL, token(&opened), "").await.status(), status);
    }
}

#[tokio::test]
async fn nothing_of_a_customer_is_sent_before_the_agent_asks() {
    let host = serve(ports().await).await;
    let talk = host.chatwoot.talk("nl/1?");
    let (status, opened) = seen(open(&host, NL, &talk.opening()).await).await;
    assert_eq!((status, &opened["proven"]), (200, &json!(false)), "{opened}");
    assert_eq!(opened["reason"], "the conversation carries no proof of the store");
    assert_eq!((&opened["guest"], &opened["snapshot"]), (&json!(false), &Value::Null));

    for query in ["", "?anyway=false"] {
        let (status, again) = seen(ask(&host, NL, token(&opened), query).await).await;
        assert_eq!((status, &again["snapshot"]), (200, &Value::Null));
        for hidden in ["Sanne", "sanne@", "NL-1003", "1234", "Regenjas"] {
            assert!(!opened.to_string().contains(hidden), "{opened}");
            assert!(!again.to_string().contains(hidden), "{again}");
        }
    }
    let (status, shown) = seen(ask(&host, NL, token(&opened), "?anyway=true").await).await;
    assert_eq!((status, &shown["proven"]), (200, &json!(false)));
    assert_eq!(shown["snapshot"]["customer"]["name"], "Sanne de Vries");
    assert_eq!(shown["reason"], opened["reason"]);
}

#[tokio::test]
async fn a_guest_is_a_guest() {
    let host = serve(ports().await).await;
    let (status, opened) =
        seen(open(&host, NL, &host.chatwoot.talk("nl/99").opening()).await).await;
    assert_eq!((status, &opened["guest"], &opened["snapshot"]), (200, &json!(true), &Value::Null));
    let (_, shown) = seen(ask(&host, NL, token(&opened), "?anyway=true").await).await;
    assert_eq!((&shown["guest"], &shown["snapshot"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn only_a_panels_own_address_is_known() {
    let host = serve(ports().await).await;
    let opening = host.chatwoot.talk("nl/1").opening();
    for unknown in ["nothing", NL_WEBHOOK] {
        assert_eq!(get(&host, &format!("/panel/{unknown}")).await.status(), 404);
        let error = json!({ "error": "unknown address" });
        let context = get(&host, &format!("/panel/{unknown}/context")).await;
        assert_eq!(seen(context).await, (404, error.clone()));
        assert_eq!(seen(open(&host, unknown, &opening).await).await, (404, error));
    }
}

/// An agent had a conversation open, was removed, and the host gave the panel another URL.
#[tokio::test]
async fn a_removed_agents_address_ends_with_its_overlap() {
    let ports = ports().await;
    let host = serve(ports.clone()).await;
    let opening = host.chatwoot.talk("nl/1").opening();
    let (_, opened) = seen(open(&host, NL, &opening).await).await;
    let token = token(&opened);
    let new = "00112233445566778899aabbccddeeff";
    for (until, status) in [(Timestamp::MAX, 200), (Timestamp::UNIX_EPOCH, 404)] {
        let previous = Expiring { value: AddressToken::new(NL), until };
        let rotated = StoreCredentials {
            panel_address: Some(AddressToken::new(new)),
            previous_panel_address: Some(previous),
            ..held(&ports).await
        };
        keep(&ports, &StoreId::new("nl").unwrap(), &rotated).await;
        assert_eq!(get(&host, &format!("/panel/{NL}")).await.status(), status);
        assert_eq!(open(&host, NL, &opening).await.status(), status);
        assert_eq!(ask(&host, NL, token, "").await.status(), status);
        assert_eq!(open(&host, new, &opening).await.status(), 200);
    }
}

#[tokio::test]
async fn look_ups_are_limited_for_each_address() {
    let limits = PanelLimits { look_ups: 6, mismatches: 2 };
    let host = serve_with(ports().await, |config| config.panel.limits = limits).await;
    let right = host.chatwoot.talk("nl/1").opening();
    let wrong = host.chatwoot.talk("nl/1").with(&json!({ "uuid": "another" }));
    let us = host.chatwoot.talk("us/1").opening();
    for (opening, status) in [(&right, 200), (&wrong, 404), (&right, 200), (&wrong, 404)] {
        assert_eq!(open(&host, NL, opening).await.status(), status);
    }
    let refused = open(&host, NL, &right).await;
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let text = "Too many look-ups of this panel. Wait a minute and try again.";
    assert_eq!(seen(refused).await, (429, json!({ "error": text })));
    assert_eq!(get(&host, &format!("/panel/{NL}")).await.status(), 200, "the page says it");

    for _ in 0..6 {
        assert_eq!(open(&host, US, &us).await.status(), 200, "another address has its own");
    }
    assert_eq!(open(&host, US, &us).await.status(), 429);
}

#[tokio::test]
async fn a_chatwoot_that_fails_is_503_and_uses_up_nothing() {
    let limits = PanelLimits { mismatches: 1, ..PanelLimits::default() };
    let host = serve_with(ports().await, |config| config.panel.limits = limits).await;
    let opening = host.chatwoot.talk("nl/1").opening();
    let refuse = FaultKind::Respond { status: 401, body: "secret words".into() };
    host.chatwoot.fake.fault(Fault::new(refuse).path("/conversations"));
    for _ in 0..2 {
        let (status, answer) = seen(open(&host, NL, &opening).await).await;
        assert_eq!((status, answer.to_string().contains("secret")), (503, false), "{answer}");
    }
    host.chatwoot.fake.clear_faults();
    assert_eq!(open(&host, NL, &opening).await.status(), 200);
}

async fn held(ports: &Ports) -> StoreCredentials {
    ports.stores.open(&StoreId::new("nl").unwrap()).await.unwrap().unwrap().credentials
}

async fn serve(ports: Ports) -> Host {
    serve_with(ports, |_| ()).await
}

async fn serve_with(ports: Ports, change: impl FnOnce(&mut AxumConfig)) -> Host {
    Host::serve_with(ports, Router::new(), change).await
}

async fn get(host: &Host, path: &str) -> Response {
    host.http.get(format!("{}{path}", host.url)).send().await.unwrap()
}

async fn open(host: &Host, address: &str, opening: &Value) -> Response {
    let url = format!("{}/panel/{address}/open", host.url);
    host.http.post(url).json(opening).send().await.unwrap()
}

async fn ask(host: &Host, address: &str, token: &str, query: &str) -> Response {
    let url = format!("{}/panel/{address}/context{query}", host.url);
    host.http.get(url).bearer_auth(token).send().await.unwrap()
}

fn token(opened: &Value) -> &str {
    opened["token"].as_str().unwrap()
}

async fn seen(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Asserts the response to everything that does not belong together, byte for byte.
async fn assert_unknown(answer: Response, what: &str) {
    let headers: BTreeSet<_> = answer.headers().keys().map(ToString::to_string).collect();
    let named =
        ["cache-control", "content-length", "content-type", "date", "x-content-type-options"];
    assert_eq!(headers, BTreeSet::from(named.map(str::to_owned)), "{what}");
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(
        (status.as_u16(), text.as_str()),
        (404, r#"{"error":"no such conversation"}"#),
        "{what}"
    );
}
