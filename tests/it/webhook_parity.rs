//! Compares the fake's webhooks with those that a live server sent in the same run: for each body
//! of ours there is a recorded one with the same keys and types.
#![expect(clippy::unwrap_used, reason = "a proof stops where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::compare::{Loose, shape_faults};
use tests::recordings::root;

use super::parity::play;

/// The events of a run without a widget, on a server that does not send the inboxes' events.
const EVENTS: [&str; 9] = [
    "contact_created",
    "contact_updated",
    "conversation_created",
    "conversation_status_changed",
    "conversation_typing_off",
    "conversation_typing_on",
    "conversation_updated",
    "message_created",
    "message_updated",
];

/// Keys that depend on what was written and stored, not on the server.
const FREE: [&str; 5] = [
    "additional_attributes",
    "changed_attributes",
    "content_attributes",
    "custom_attributes",
    "labels",
];

/// Returns a body without the varying keys.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            // Present depending on what was sent; the tests of the API cover its content.
            .filter(|(key, _)| *key != "attachments")
            .map(|(key, value)| {
                let free = FREE.contains(&key.as_str()) && !value.is_null();
                (key.clone(), if free { Value::from("free") } else { plain(value) })
            })
            .collect(),
        Value::Array(list) => list.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Returns the columns that an event reports as changed; each has its previous and current value.
fn changes(body: &Value) -> Vec<String> {
    let list = body["changed_attributes"].as_array().into_iter().flatten();
    list.flat_map(|entry| entry.as_object().unwrap())
        .map(|(column, change)| {
            let keys: Vec<&String> = change.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["current_value", "previous_value"], "{column}");
            column.clone()
        })
        .collect()
}

/// Returns the keys that are null in some bodies and not in others.
fn varied(recorded: &BTreeMap<String, Vec<Value>>) -> BTreeSet<String> {
    fn look(value: &Value, seen: &mut BTreeMap<String, BTreeSet<bool>>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    seen.entry(key.clone()).or_default().insert(value.is_null());
                    look(value, seen);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| look(value, seen)),
            _ => {}
        }
    }
    let mut seen = BTreeMap::new();
    recorded.values().flatten().for_each(|body| look(body, &mut seen));
    let both = seen.into_iter().filter(|(_, kinds)| kinds.len() == 2).map(|(key, _)| key);
    // The author in the recorded run had a mail host; in the API it is null for authors without
    // one.
    both.chain(["company_id".to_owned()]).collect()
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_webhooks_look_as_the_servers_did() {
    let text = std::fs::read_to_string(root().join("webhooks.jsonl")).unwrap();
    let played = play();
    let mut recorded: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let body: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        let event = body["event"].as_str().unwrap().to_owned();
        recorded.entry(event).or_default().push(body);
    }
    let changed: BTreeMap<&str, BTreeSet<String>> = recorded
        .iter()
        .map(|(event, bodies)| (event.as_str(), bodies.iter().flat_map(changes).collect()))
        .collect();
    let varied = varied(&recorded);
    let loose = Loose::default();
    let mut sent: BTreeSet<String> = BTreeSet::new();
    let mut report: BTreeSet<String> = BTreeSet::new();
    for delivery in played.stage.fake.take_deliveries() {
        let ours: Value = serde_json::from_slice(&delivery.body).unwrap();
        sent.insert(delivery.event.clone());
        for column in changes(&ours) {
            let known = changed.get(delivery.event.as_str());
            assert!(known.is_some_and(|known| known.contains(&column)), "{column} changed");
        }
        let theirs = recorded.get(&delivery.event).into_iter().flatten();
        let nearest = theirs
            .map(|theirs| {
                let mut faults =
                    shape_faults(&delivery.event, &plain(theirs), &plain(&ours), &loose);
                // Null values are not compared if the server sent both.
                faults.retain(|fault| {
                    let (path, said) = fault.split_once(" is ").unwrap_or((fault, ""));
                    let key = path.rsplit('.').next().unwrap_or_default();
                    !(said.contains("null") && varied.contains(key))
                });
                faults
            })
            .min_by_key(Vec::len);
        if let Some(faults) = nearest.filter(|faults| !faults.is_empty()) {
            report.insert(format!("{}: {}", delivery.event, faults.join("; ")));
        }
    }
    let report: Vec<String> = report.into_iter().collect();
    assert!(report.is_empty(), "{} differ:\n{}", report.len(), report.join("\n"));
    assert_eq!(sent.iter().map(String::as_str).collect::<Vec<_>>(), EVENTS);
}
