//! Recorded live feeds: a file with a frame a line, each checked to decode and to encode back.

use std::collections::BTreeMap;
use std::fmt;

use chatwoot_client::live::{LiveEventData, LiveEventName, ServerFrame};
use serde_json::Value;

use crate::replay::{losses, secrets};

/// A recorded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The number of its line, from 1.
    pub line: usize,
    /// Who received it: `user`, `contact` or `refused`.
    pub by: String,
    /// Its text, or why there is none.
    pub text: Result<String, String>,
}

/// Returns the frames of a file with one a line; `None` if no line has one.
///
/// A line that has none, in a file of frames, is a frame that cannot be read. A frame is the text
/// as received, or the object in that text.
pub fn frames(file: &[u8]) -> Option<Vec<Frame>> {
    let lines = file.split(|byte| *byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    let frames: Vec<Frame> = lines
        .map(|(text, line)| match serde_json::from_slice::<Value>(text) {
            Ok(value) => {
                let by = value["as"].as_str().unwrap_or("?").to_owned();
                let text = match value.get("frame") {
                    Some(Value::String(text)) => Ok(text.clone()),
                    Some(frame) => Ok(frame.to_string()),
                    None => Err("the line has no frame".to_owned()),
                };
                Frame { line, by, text }
            }
            Err(error) => Frame { line, by: "?".into(), text: Err(format!("no JSON: {error}")) },
        })
        .collect();
    frames.iter().any(|frame| frame.text.is_ok()).then_some(frames)
}

/// The result of the feeds.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of frames.
    pub frames: usize,
    /// The number of frames that decode.
    pub decoded: usize,
    /// The number of fields that were lost or changed.
    pub lost: usize,
    /// The number of frames that do not decode, or whose `Debug` shows a secret.
    pub failed: usize,
    /// How often each known event occurs.
    pub known: BTreeMap<String, usize>,
    /// How often each event and frame occurs that the client does not know and keeps as sent.
    pub unknown: BTreeMap<String, usize>,
    /// One line per problem, and per frame that is not understood.
    pub lines: Vec<String>,
}

impl Report {
    /// Returns whether nothing was lost and nothing failed.
    pub fn passed(&self) -> bool {
        self.lost == 0 && self.failed == 0 && self.frames > 0
    }

    /// Checks each frame of a file.
    pub fn check(&mut self, file: &str, frames: &[Frame]) {
        for frame in frames {
            self.frames += 1;
            let place = format!("{file}:{} ({})", frame.line, frame.by);
            match &frame.text {
                Ok(text) => self.one(&place, text),
                Err(why) => self.fail(&place, why),
            }
        }
    }

    fn fail(&mut self, place: &str, why: &str) {
        self.failed += 1;
        self.lines.push(format!("{place}: failed: {why}"));
    }

    fn one(&mut self, place: &str, text: &str) {
        let frame = match ServerFrame::decode(text) {
            Ok(frame) => frame,
            Err(error) => return self.fail(place, &error.to_string()),
        };
        let written = match serde_json::to_value(&frame) {
            Ok(written) => written,
            Err(error) => return self.fail(place, &format!("cannot be encoded: {error}")),
        };
        // It was decoded, so it is JSON.
        let recorded: Value = serde_json::from_str(text).unwrap_or_default();
        let lost = losses(&recorded, &written);
        self.lost += lost.len();
        self.lines.extend(lost.into_iter().map(|loss| format!("{place}: lost: {loss}")));
        let shown = format!("{frame:?}");
        if let Some(key) = shown_secret(&recorded, &shown) {
            return self.fail(place, &format!("Debug shows {key}"));
        }
        self.decoded += 1;
        self.name(place, &frame);
    }

    /// Counts the frame, and reports it if it is not understood.
    fn name(&mut self, place: &str, frame: &ServerFrame) {
        let (name, known) = match frame {
            ServerFrame::Message { event, .. } => {
                let known = !matches!(event.name, LiveEventName::Unknown(_));
                if let (true, LiveEventData::Raw { .. }) = (known, &event.data) {
                    let at = event.unknown_shape().unwrap_or(".");
                    let name = &event.name;
                    self.lines.push(format!("{place}: {name} is kept as sent: `{at}` differs"));
                }
                (event.name.as_str(), known)
            }
            ServerFrame::Other(fields) => {
                let kind = fields.get("type").and_then(Value::as_str);
                (kind.unwrap_or("a frame without a type"), false)
            }
            _ => return,
        };
        if !known {
            self.lines.push(format!("{place}: {name:?} is not known, and kept as sent"));
        }
        let counts = if known { &mut self.known } else { &mut self.unknown };
        *counts.entry(name.to_owned()).or_default() += 1;
    }
}

/// Returns the key of a secret of the frame that its `Debug` shows.
fn shown_secret(recorded: &Value, shown: &str) -> Option<String> {
    let identifier = recorded["identifier"].as_str().unwrap_or_default();
    let subscription: Value = serde_json::from_str(identifier).unwrap_or_default();
    let mut all = secrets(recorded);
    all.extend(secrets(&subscription));
    // A shorter text may well be somewhere else.
    let is_in = |secret: &str| secret.len() >= 8 && shown.contains(secret);
    all.into_iter().find(|(_, secret)| is_in(secret)).map(|(key, _)| key)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, decoded, lost, failed, .. } = self;
        let (known, unknown) = (self.known.len(), self.unknown.len());
        write!(
            f,
            "live feed: {known} known events, {unknown} unknown, {frames} frames, \
             {decoded} decoded, {lost} fields lost, {failed} failed"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(frame: &Value) -> String {
        json!({"as": "user", "frame": frame.to_string()}).to_string()
    }

    fn report(lines: &[String]) -> Report {
        let mut report = Report::default();
        let frames = frames(lines.join("\n").as_bytes()).expect("a feed");
        report.check("feed.jsonl", &frames);
        report
    }

    fn event(name: &str, data: &Value) -> Value {
        json!({"identifier": "{\"pubsub_token\":\"0123456789\"}", "message": {
            "event": name, "data": data,
        }})
    }

    #[test]
    fn only_a_file_of_frames_is_a_feed() {
        assert_eq!(frames(b"{\"event\": \"message_created\", \"body\": \"{}\"}\n"), None);
        assert_eq!(frames(b"{\"request\": {}, \"response\": {}}"), None);
        assert_eq!(frames(b""), None);
        let found = frames(b"\n{\"as\": \"user\", \"frame\": {\"type\": \"ping\"}}\n{\n").unwrap();
        assert_eq!((found[0].line, found[0].text.is_ok()), (2, true));
        assert_eq!((found[1].line, found[1].text.is_ok()), (3, false));
    }

    #[test]
    fn what_is_not_known_is_kept_and_told() {
        let report = report(&[
            line(&json!({"type": "wave", "deep": [null, 1.5]})),
            line(&event("crm.card.created", &json!([1, null]))),
            line(&event("contact.updated", &json!({"id": "x", "performer": null}))),
            line(&event("contact.deleted", &json!({"id": 3, "event": "x", "account_id": "1"}))),
            line(&event("presence.update", &json!(null))),
            line(&json!({"identifier": 3, "message": "x"})),
            line(&json!({"type": "disconnect", "reason": 3})),
            line(&json!({"type": null})),
        ]);
        assert!(report.passed(), "{report}\n{:#?}", report.lines);
        assert_eq!(report.decoded, 8);
        assert_eq!(report.unknown.len(), 4, "{:?}", report.unknown);
        assert_eq!(report.known.len(), 3, "{:?}", report.known);
        let told = |text: &str| report.lines.iter().any(|line| line.contains(text));
        assert!(told("feed.jsonl:2 (user): \"crm.card.created\" is not known"));
        assert!(told("feed.jsonl:3 (user): contact.updated is kept as sent: `id` differs"));
        assert!(told("feed.jsonl:4 (user): contact.deleted is kept as sent: `event` differs"));
    }

    #[test]
    fn odd_values_of_known_events_come_back() {
        let sender = json!({"id": 3, "type": "contact", "name": null, "new": {"a": [0.1]}});
        let conversation = json!({
            "id": 6, "inbox_id": 28, "status": "asleep", "labels": null, "messages": null,
            "meta": {"sender": sender, "assignee": null, "team": null}, "contact_inbox": null,
            "first_reply_created_at": "2026-11-21T12:43:08.466Z", "updated_at": 1_795_264_988.501_877,
            "account_id": 1, "performer": {"id": null, "type": "user", "x": 1},
        });
        let message = json!({
            "id": 1, "content": null, "message_type": 9, "created_at": 0, "sender": null,
            "content_attributes": null, "account_id": null, "conversation_id": null,
        });
        let typing = json!({
            "conversation": conversation, "user": null, "is_private": false, "account_id": 1,
        });
        let notification = json!({
            "notification": {"id": 4, "notification_type": "new", "primary_actor": conversation},
            "unread_count": null, "account_id": 1,
        });
        let report = report(&[
            line(&event("conversation.updated", &conversation)),
            line(&event("message.created", &message)),
            line(&event("conversation.typing_on", &typing)),
            line(&event("notification.created", &notification)),
            line(&event("notification.deleted", &json!({"notification": {"id": 4}, "count": 1}))),
            line(&event(
                "presence.update",
                &json!({"users": {"2": null, "x": 1}, "contacts": null}),
            )),
            line(&event("conversation.unread_count_changed", &json!({"account_id": 1}))),
            line(&json!({"type": "disconnect", "reason": null, "reconnect": false, "more": {}})),
        ]);
        assert!(report.passed(), "{report}\n{:#?}", report.lines);
        assert_eq!(report.lines, [""; 0], "all of it has its type");
    }

    #[test]
    fn what_is_no_frame_fails_with_its_line() {
        let mut lines = vec![line(&json!({"type": "welcome"})), "{".to_owned()];
        lines.extend(
            ["{\"as\": \"user\"}", "{\"frame\": \"[]\"}", "{\"frame\": \"{\"}"].map(str::to_owned),
        );
        lines.push("{\"frame\": null}".to_owned());
        let report = report(&lines);
        assert_eq!((report.frames, report.decoded, report.failed), (6, 1, 5), "{:?}", report.lines);
        for (line, number) in report.lines.iter().zip(2..) {
            assert!(line.starts_with(&format!("feed.jsonl:{number} ")), "{line}");
        }
    }

    #[test]
    fn a_secret_that_is_shown_is_found() {
        let frame = event("contact.updated", &json!({"id": 1}));
        assert_eq!(shown_secret(&frame, "a 0123456789 b").as_deref(), Some("pubsub_token"));
        assert_eq!(shown_secret(&frame, "***"), None);
    }
}
