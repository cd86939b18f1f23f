//! Tests of responses that were never recorded and that a server could send: each recorded response
//! with one change must decode, and lose nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::answers::{row, rows};
use tests::check::{Outcome, check};
use tests::mutate::{Oddity, Variant, variants};
use tests::recordings::{Exchange, FOLDERS, folder, root};
use tests::route::operation_of;

/// Keys that the server's database requires, or that define a response: they may be neither null
/// nor absent.
const REQUIRED: &[&str] = &[
    // Ids, names and words of columns that are never null.
    "account_id",
    "action_name",
    "app_id",
    "attribute_display_type",
    "attribute_key",
    "attribute_model",
    "channel_id",
    "channel_type",
    "code",
    "created_at",
    "day_of_week",
    "event_name",
    "id",
    "identifier",
    "inbox_id",
    "message_type",
    "name",
    "notification_type",
    "private",
    "rating",
    "short_code",
    "slug",
    "source_id",
    "status",
    "title",
    "type",
    "url",
    "user_id",
    "version",
    // The subject of a response.
    "access_token",
    "audit_logs",
    "auth_token",
    "blob_id",
    "contact",
    "contact_id",
    "contact_inbox",
    "content",
    "conversation_id",
    "current_status",
    "file_url",
    "inbox",
    "message",
    "meta",
    "metric",
    "payload",
    "sender",
    "timestamp",
    "token",
    "user",
    "website_channel_config",
    "website_token",
    // Counts.
    "all_count",
    "open",
    "outgoing_messages_count",
    "pending",
    "resolved",
    "snoozed",
    "total",
    "unassigned",
    "unattended",
];

/// Returns whether the server could send this: a response without content or without an id may be
/// refused.
fn plausible(variant: &Variant, envelope: &[&str]) -> bool {
    let places: Vec<&str> = variant.place.trim_start_matches('.').split('.').collect();
    let key = places.last().copied().unwrap_or_default();
    let around = envelope.starts_with(&places);
    // No hour, no minute and no day of the week is that large.
    let clock = key == "day_of_week" || key.ends_with("_hour") || key.ends_with("_minutes");
    match variant.oddity {
        Oddity::Null | Oddity::Absent => {
            !around && !key.ends_with("[]") && !REQUIRED.contains(&key)
        }
        Oddity::Large => !clock && key != "rating",
        _ => true,
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn odd_answers_decode_and_lose_nothing() {
    let root = root();
    let rows = rows();
    let mut seen = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    for (_, name) in FOLDERS {
        let files = folder(&root.join(name)).expect("the folder can be listed");
        for exchange in files.iter().flat_map(|file| &file.exchanges).flatten() {
            let (Some(op), Some(body)) = (operation_of(exchange), &exchange.response.body) else {
                continue;
            };
            if !exchange.succeeded() || row(&rows, op.name, exchange).is_none() {
                continue;
            }
            for variant in variants(body) {
                if !plausible(&variant, op.envelope) {
                    continue;
                }
                let (oddity, place) = (variant.oddity, variant.place);
                if oddity != Oddity::Novel && !seen.insert((op.name, oddity, place.clone())) {
                    continue;
                }
                let mut odd = exchange.clone();
                odd.response.body = Some(variant.answer);
                let why = match check(&rows, &odd).await.outcome {
                    Outcome::Decoded(lost) if oddity == Oddity::Novel => {
                        // Beside the response's payload, unknown keys are not kept.
                        let kept = |line: &&String| !line.contains("novel_key.deep is dropped");
                        lost.iter().filter(kept).cloned().collect::<Vec<_>>().join("; ")
                    }
                    Outcome::Decoded(lost) => lost.join("; "),
                    Outcome::Failed(why) => why,
                };
                if !why.is_empty() {
                    wrong.insert(format!("{} {oddity:?} {place}: {why}", op.name));
                }
            }
        }
    }
    assert!(!seen.is_empty());
    let all: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "{} odd answers:\n{}", all.len(), all.join("\n"));
}

/// Returns an object with more keys.
fn with(mut object: Value, more: Value) -> Value {
    if let (Some(all), Value::Object(more)) = (object.as_object_mut(), more) {
        all.extend(more);
    }
    object
}

/// Returns a message with an attachment of each kind; a video's size is written as a fraction.
fn message() -> Value {
    let file = json!({"extension": null, "content_type": "video/mp4", "data_url": "u",
        "thumb_url": "", "file_size": 5, "width": 640.0, "height": 360.5});
    let attachments = [
        ("video", file.clone()),
        ("image", with(file, json!({"width": null, "height": 3}))),
        ("audio", json!({"data_url": "", "transcribed_text": ""})),
        ("location", json!({"coordinates_lat": -33.5, "coordinates_long": 0.0})),
        ("contact", json!({"fallback_title": "+49", "meta": {"firstName": "x", "lastName": null}})),
        ("fallback", json!({"fallback_title": "t", "data_url": null})),
        ("ig_reel", json!({"data_url": "u", "thumb_url": ""})),
        ("embed", json!({"data_url": null})),
    ];
    let attachments = attachments.map(|(kind, more)| {
        with(json!({"id": 1, "message_id": 5, "account_id": 7, "file_type": kind}), more)
    });
    json!({"id": 5, "content": null, "message_type": 0, "content_type": null, "private": false,
        "content_attributes": {}, "created_at": -1, "inbox_id": 3, "conversation_id": 4,
        "account_id": 7, "attachments": attachments})
}

fn conversation(more: Value) -> Value {
    let meta = json!({"sender": {"id": 9, "custom_attributes": {"huge": 1e300, "neg": -0.0}},
        "channel": "Channel::Line", "hmac_verified": null});
    let there = json!({"id": 4, "account_id": 7, "inbox_id": 3, "status": "open",
        "created_at": -62_135_596_800_i64, "custom_attributes": null, "meta": meta});
    with(there, more)
}

/// Returns responses that no recording contains, and that the server's columns and views allow.
fn allowed() -> Vec<(&'static str, &'static str, Value)> {
    let bot = json!({"id": 1, "name": null, "bot_type": null});
    let talks = [
        json!({"snoozed_until": "2026-01-01T10:00:00.000+05:30"}),
        // A time in milliseconds instead of seconds is some ten thousand years ahead.
        json!({"waiting_since": 1_735_689_600_000_i64, "updated_at": -1.5}),
        json!({"meta": {"sender": {"id": 9}, "assignee": bot, "assignee_type": "AgentBot"}}),
        json!({"messages": [message()], "last_non_activity_message": message()}),
    ];
    let talks = talks.map(conversation);
    let agent = json!({"id": 2, "name": "\u{540d}", "role": null});
    let team = json!({"id": 1, "name": "t", "allow_auto_assign": true});
    let slim = json!({"id": 3, "name": "b", "description": null, "bot_type": "webhook"});
    let unread = with(conversation(json!({})), json!({"messages": [message()]}));
    let notice = json!({"id": 1, "notification_type": "novel", "primary_actor": unread});
    let condition = json!({"attribute_key": "status", "filter_operator": null, "values": "x"});
    let rule = json!({"id": 1, "name": "r", "event_name": "message_created",
        "conditions": [condition, {"attribute_key": "status"}],
        "actions": [{"action_name": "x", "action_params": null}, {"action_name": "y"}]});
    let attribute = json!({"id": 1, "attribute_key": "k", "attribute_display_type": "list",
        "attribute_model": "contact_attribute", "attribute_values": [1, 2.5, true, "x", null]});
    let event = json!({"id": 1, "name": "first_response", "value": 12,
        "value_in_business_hours": 0.5});
    let policy = json!({"id": 1, "name": "x", "first_response_time_threshold": 600});
    let company = json!({"id": 1, "name": "c", "contacts_count": -1});
    let busy = json!({"id": 1, "name": null, "metric": {"open": 0, "unattended": 0}});
    let ratings = json!({"total_count": 3,
        "ratings_count": {"1": 2, "none": 1, "07": 1, "5": null, "4": {"good": 1}}});
    let by_id = json!({"1": 2, "unassigned": 3, "2": null, "3": "many", "-4": 1, "5": [1]});
    let unread_counts = json!({"all_count": 9, "inboxes": by_id, "labels": by_id, "teams": by_id});
    let channels = json!({"Channel::Novel": "none", "total": 3, "": null, "list": [1]});
    let files = message()["attachments"].clone();
    vec![
        ("GET", "conversations/4/messages", json!({"meta": {}, "payload": [message()]})),
        ("POST", "conversations/4/messages", with(message(), json!({"echo_id": 1234}))),
        ("POST", "conversations/4/messages/5/translate", Value::Null),
        ("GET", "conversations/4/attachments", json!({"meta": {}, "payload": files})),
        ("GET", "conversations", json!({"data": {"meta": {}, "payload": talks}})),
        ("POST", "conversations/4/custom_attributes", json!({"custom_attributes": null})),
        ("POST", "upload", json!({"file_url": "u", "blob_key": "k", "blob_id": 5})),
        // The recording may not contain who was requested.
        ("POST", "conversations/4/assignments", agent),
        ("POST", "conversations/4/assignments", team),
        ("POST", "conversations/4/assignments", slim),
        ("POST", "conversations/4/assignments", Value::Null),
        ("GET", "notifications", json!({"data": {"meta": {}, "payload": [notice]}})),
        ("GET", "automation_rules", json!({"payload": [rule]})),
        ("GET", "custom_attribute_definitions", json!([attribute])),
        ("GET", "reporting_events", json!({"meta": {}, "payload": [event]})),
        ("GET", "sla_policies", json!({"payload": [policy]})),
        ("GET", "companies", json!({"meta": {}, "payload": [company]})),
        ("GET", "audit_logs", json!({"audit_logs": [], "current_page": "1"})),
        ("GET", "reports/conversations", json!([busy])),
        // Maps by id or by name, with keys and values of another kind.
        ("GET", "csat_survey_responses/metrics", ratings),
        ("GET", "conversations/unread_counts", json!({"payload": unread_counts})),
        ("GET", "reports/first_response_time_distribution", channels.clone()),
        ("GET", "summary_reports/channel", channels),
    ]
}

#[tokio::test]
async fn what_the_server_may_keep_comes_back_whole() {
    let rows = rows();
    for (method, path, body) in allowed() {
        let version = if path.contains("reports/") { "v2" } else { "v1" };
        let url = format!("/api/{version}/accounts/7/{path}");
        let exchange: Exchange = serde_json::from_value(json!({
            "request": {"method": method, "url": url},
            "response": {"status": 200, "body": body},
        }))
        .expect("an exchange");
        match check(&rows, &exchange).await.outcome {
            Outcome::Decoded(lost) => assert!(lost.is_empty(), "{method} {url}: {lost:?}"),
            Outcome::Failed(why) => panic!("{method} {url}: {why}"),
        }
    }
}
