//! Answers that were never recorded, and that a server could send: each recorded answer with one
//! thing odd about it must decode, and lose nothing.

use std::collections::BTreeSet;

use tests::answers::{row, rows};
use tests::check::{Outcome, check, operation_of};
use tests::mutate::{MAPS, Oddity, Variant, variants};
use tests::recordings::{FOLDERS, folder, root};

/// What the server's database demands, or what makes an answer what it is: these may be neither
/// null nor absent.
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
    "filter_operator",
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
    // What an answer is about.
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

/// Whether the server could send this: what is no answer at all, or has no id, may be refused.
fn plausible(variant: &Variant, envelope: &[&str]) -> bool {
    let places: Vec<&str> = variant.place.trim_start_matches('.').split('.').collect();
    let key = places.last().copied().unwrap_or_default();
    let around = envelope.starts_with(&places);
    let in_map =
        places.iter().rev().skip(1).any(|place| MAPS.contains(place)) || key.contains("::");
    // No hour, no minute and no day of the week is that large.
    let clock = key == "day_of_week" || key.ends_with("_hour") || key.ends_with("_minutes");
    match variant.oddity {
        Oddity::Null | Oddity::Absent => {
            !around && !in_map && !key.ends_with("[]") && !REQUIRED.contains(&key)
        }
        Oddity::Large => !clock && key != "rating",
        _ => true,
    }
}

#[tokio::test]
async fn odd_answers_decode_and_lose_nothing() {
    let Some(root) = root() else {
        println!("left out: no recordings");
        return;
    };
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
                        // Beside the answer proper nobody keeps a key that nobody knows.
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
