//! Tests that every recorded delivery of two live servers verifies and decodes.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use chatwoot_client::webhook::{
    DELIVERY_HEADER, Event, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, VerifyError,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tests::recordings::root;

#[derive(Deserialize)]
struct Recorded {
    headers: std::collections::BTreeMap<String, String>,
    event: String,
    body: String,
    secret: Option<String>,
}

impl Recorded {
    fn headers(&self) -> HeaderMap {
        let name = |name: &str| HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect()
    }

    fn secret(&self) -> &str {
        self.secret.as_deref().unwrap()
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(self.secret()).unwrap()
    }
}

/// Returns the deliveries of one recording.
fn recorded(file: &str) -> Vec<Recorded> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let all: Vec<Recorded> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!all.is_empty(), "{file} is empty");
    all
}

fn seconds(headers: &HeaderMap) -> i64 {
    headers[TIMESTAMP_HEADER].to_str().unwrap().parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Collects what `to` lacks of `from` or has otherwise; additional fields of `to` must be `null`.
fn differences(from: &Value, to: &Value, path: &str, found: &mut Vec<String>) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            for (key, value) in from {
                match to.get(key) {
                    Some(other) => differences(value, other, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key} is lost")),
                }
            }
            let more =
                to.iter().filter(|(key, value)| !from.contains_key(*key) && !value.is_null());
            found.extend(more.map(|(key, _)| format!("{path}.{key} is made up")));
        }
        (Value::Array(from), Value::Array(to)) if from.len() == to.len() => {
            for (at, (from, to)) in from.iter().zip(to).enumerate() {
                differences(from, to, &format!("{path}[{at}]"), found);
            }
        }
        (from, to) if from == to => {}
        (from, to) => found.push(format!("{path}: {from} became {to}")),
    }
}

/// Parses a delivery to a known event with its ids, and encodes it again without loss.
fn check(delivery: &Recorded) {
    let event = Event::parse(delivery.body.as_bytes()).unwrap();
    assert!(!matches!(event, Event::Unknown { .. }), "{}", delivery.event);
    assert_eq!(event.name(), delivery.event);

    let body: Value = serde_json::from_str(&delivery.body).unwrap();
    let mut found = Vec::new();
    differences(&body, &serde_json::to_value(&event).unwrap(), "", &mut found);
    assert!(found.is_empty(), "{}: {found:#?}", delivery.event);
    let again = Event::parse(&serde_json::to_vec(&event).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&event).unwrap());

    let name = event.name();
    if name.starts_with("inbox_") {
        assert!(event.inbox_id().is_some() && event.contact_id().is_none());
    } else {
        assert!(event.contact_id().is_some());
    }
    let conversational = name.starts_with("conversation_") || name.starts_with("message_");
    assert!(!conversational || (event.conversation_id().is_some() && event.inbox_id().is_some()));
    assert_eq!(event.message_id().is_some(), name.starts_with("message_"));
    let said = body.get("changed_attributes").and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(event.changed_attributes().len(), said);
    let kept = body.pointer("/account/id").or_else(|| body.pointer("/conversation/account/id"));
    if let Some(id) = kept.and_then(Value::as_u64) {
        assert_eq!(event.account_id(), Some(id.into()));
    }
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn every_signed_delivery_verifies_and_decodes() {
    let all = recorded("webhooks.jsonl");
    for delivery in &all {
        let headers = delivery.headers();
        let body = delivery.body.as_bytes();
        let now = at(seconds(&headers));
        let verified = delivery.verifier().verify(&headers, body, now).unwrap();
        assert_eq!(verified.sent_at, now);
        assert_eq!(verified.id, headers[DELIVERY_HEADER].to_str().ok());
        assert_eq!(verified.event().unwrap().name(), delivery.event);

        let changing =
            Verifier::new("the next one").unwrap().or_previous(delivery.secret()).unwrap();
        assert!(changing.verify(&headers, body, now).unwrap().by_previous);
        check(delivery);
    }
    let names: std::collections::BTreeSet<_> = all.iter().map(|one| one.event.as_str()).collect();
    for name in Event::KNOWN.iter().filter(|name| **name != "conversation_resolved") {
        assert!(names.contains(name), "no recorded {name}");
    }
    println!("{} signed deliveries verified and decoded", all.len());
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn every_unsigned_delivery_decodes_and_is_called_unsigned() {
    let all = recorded("webhooks-4.9.1.jsonl");
    let verifier = Verifier::new("any").unwrap();
    for delivery in &all {
        let headers = delivery.headers();
        let refused = verifier.verify(&headers, delivery.body.as_bytes(), at(1_795_221_283));
        assert_eq!(refused.unwrap_err(), VerifyError::Unsigned);
        check(delivery);
    }
    println!("{} unsigned deliveries decoded", all.len());
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn one_changed_byte_anywhere_is_refused_and_nothing_is_shown() {
    let all = recorded("webhooks.jsonl");
    let mut refusals = 0;
    for (turn, delivery) in all.iter().enumerate() {
        let headers = delivery.headers();
        let now = at(seconds(&headers));
        let body = delivery.body.as_bytes();
        let right = headers[SIGNATURE_HEADER].to_str().unwrap().to_owned();
        let verifier = delivery.verifier();
        let mut refused = |headers: &HeaderMap, body: &[u8], reason: VerifyError| {
            let error = verifier.verify(headers, body, now).unwrap_err();
            assert_eq!(error, reason);
            let shown = format!("{error} {error:?} {verifier:?}");
            assert!(!shown.contains(right.strip_prefix("sha256=").unwrap()), "{shown}");
            assert!(!shown.contains(delivery.secret()), "{shown}");
            refusals += 1;
        };
        let with = |name: &'static str, bytes: &[u8]| {
            let mut changed = headers.clone();
            changed.insert(name, HeaderValue::from_bytes(bytes).unwrap());
            changed
        };

        // Another position in each delivery, so that together they cover the first, the last and
        // many between.
        for place in [0, body.len() - 1, (turn * 7919) % body.len()] {
            let mut body = body.to_vec();
            body[place] ^= 1;
            refused(&headers, &body, VerifyError::WrongSignature);
        }
        refused(&headers, &body[..body.len() - 1], VerifyError::WrongSignature);

        for place in 0..headers[TIMESTAMP_HEADER].len() {
            let mut digits = headers[TIMESTAMP_HEADER].as_bytes().to_vec();
            // Swaps an even and an odd digit: 8 and 9 too.
            digits[place] ^= 1;
            refused(&with(TIMESTAMP_HEADER, &digits), body, VerifyError::WrongSignature);
            digits[place] = b'x';
            refused(&with(TIMESTAMP_HEADER, &digits), body, VerifyError::MalformedTimestamp);
        }

        for place in 0..right.len() {
            let mut text = right.clone().into_bytes();
            let scheme = place < "sha256=".len();
            text[place] = if scheme {
                b'~'
            } else if text[place] == b'0' {
                b'1'
            } else {
                b'0'
            };
            let reason =
                if scheme { VerifyError::MalformedSignature } else { VerifyError::WrongSignature };
            refused(&with(SIGNATURE_HEADER, &text), body, reason);
            text[place] = b'z';
            refused(&with(SIGNATURE_HEADER, &text), body, VerifyError::MalformedSignature);
        }
    }
    assert!(refusals > all.len());
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn an_old_delivery_is_refused() {
    let all = recorded("webhooks.jsonl");
    for delivery in &all {
        let headers = delivery.headers();
        let sent = seconds(&headers);
        let verifier = delivery.verifier();
        let verify = |now| verifier.verify(&headers, delivery.body.as_bytes(), at(now));
        assert!(verify(sent + 300).is_ok());
        assert_eq!(verify(sent + 301).unwrap_err(), VerifyError::TooOld { seconds: 301 });
        assert_eq!(verify(sent - 301).unwrap_err(), VerifyError::TooNew { seconds: 301 });
    }
}
