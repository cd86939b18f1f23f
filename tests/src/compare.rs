//! Compares a recorded response with another: keys, JSON types, values.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::recordings::Exchange;

/// Keys whose values differ between servers.
const VOLATILE: [&str; 24] = [
    "api_host",
    "avatar_url",
    "confirmed",
    "created_at",
    "data_url",
    "url",
    "expiry",
    "first_reply_created_at",
    "agent_last_seen_at",
    "assignee_last_seen_at",
    "contact_last_seen_at",
    "identifier_hash",
    "last_activity_at",
    "latest_chatwoot_version",
    "snoozed_until",
    "support_email",
    "thumb_url",
    "thumbnail",
    "timestamp",
    "updated_at",
    "waiting_since",
    "web_widget_script",
    "channel_id",
    "inviter_id",
];

/// Keys that depend on the server's configuration.
const SET_UP: [&str; 5] =
    ["features", "cache_keys", "disable_branding", "enabled_languages", "utc_off_set"];

/// Keys that are null or not by coincidence: who invited, and whether an image was measured yet.
const BY_CHANCE: [&str; 3] = ["inviter_id", "width", "height"];

/// Lists without a defined order.
const UNORDERED: [&str; 1] = ["contactSearch"];

/// The places where the recorded value is sometimes null, by operation and path.
#[derive(Debug, Default)]
pub struct Loose(BTreeSet<(String, String)>);

impl Loose {
    /// Returns the places that vary among these exchanges.
    pub fn of(exchanges: &[Exchange]) -> Self {
        let mut seen: HashMap<(String, String), (bool, bool)> = HashMap::new();
        for exchange in exchanges {
            if let Some(body) = &exchange.response.body {
                look("", body, &mut |path, value| {
                    let key = (exchange.operation.clone(), path.to_owned());
                    let (null, filled) = seen.entry(key).or_default();
                    *null |= value.is_null();
                    *filled |= !value.is_null();
                });
            }
        }
        let varied = seen.into_iter().filter(|(_, (null, filled))| *null && *filled);
        Self(varied.map(|(key, _)| key).collect())
    }
}

fn look(path: &str, value: &Value, note: &mut impl FnMut(&str, &Value)) {
    note(path, value);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                look(&format!("{path}.{key}"), value, note);
            }
        }
        Value::Array(list) => {
            for value in list {
                look(&format!("{path}[]"), value, note);
            }
        }
        _ => {}
    }
}

/// A recorded response and ours, side by side.
pub(crate) struct Held<'a> {
    /// Maps a recorded value to the fake's.
    pub(crate) translate: &'a dyn Fn(&Value) -> Value,
    pub(crate) operation: &'a str,
    pub(crate) loose: &'a Loose,
    /// Whether the recording omits fields and shortens long values.
    pub(crate) trimmed: bool,
    /// Whether values are compared too, not only keys and types.
    pub(crate) values: bool,
}

impl Held<'_> {
    /// Compares keys, JSON types, and values except those that differ between servers.
    pub(crate) fn compare(
        &self,
        path: &str,
        key: Option<&str>,
        recorded: &Value,
        said: &Value,
        faults: &mut Vec<String>,
    ) {
        if key.is_some_and(|key| SET_UP.contains(&key)) && kind(recorded) == kind(said) {
            return;
        }
        if key.is_some_and(|key| BY_CHANCE.contains(&key)) {
            return;
        }
        let shortened = |value: &Value| {
            value.as_str().is_some_and(|text| text.starts_with('(') || text.starts_with("... "))
        };
        let list = recorded.as_array().into_iter().flatten();
        if self.trimmed && (shortened(recorded) || list.into_iter().any(shortened)) {
            return;
        }
        match (recorded, said) {
            (Value::Object(theirs), Value::Object(ours)) => {
                for (key, value) in theirs {
                    match ours.get(key) {
                        Some(mine) => {
                            self.compare(&format!("{path}.{key}"), Some(key), value, mine, faults);
                        }
                        None => faults.push(format!("{path}.{key} is missing")),
                    }
                }
                let more = ours.keys().filter(|key| !theirs.contains_key(*key) && !self.trimmed);
                for key in more {
                    faults.push(format!("{path}.{key} is too much"));
                }
            }
            (Value::Array(theirs), Value::Array(ours)) => {
                self.compare_lists(&format!("{path}[]"), theirs, ours, faults);
            }
            (Value::Null, other) | (other, Value::Null) if !other.is_null() => {
                let place = (self.operation.to_owned(), path.to_owned());
                if !self.loose.0.contains(&place) {
                    faults.push(format!("{path} is {said}, recorded {recorded}"));
                }
            }
            _ if kind(recorded) != kind(said) => {
                faults.push(format!("{path} is {said}, recorded {recorded}"));
            }
            _ => {
                let volatile = key.is_some_and(|key| VOLATILE.contains(&key))
                    || recorded.as_str().is_some_and(|text| text.starts_with('<'));
                if self.values && !volatile && (self.translate)(recorded) != *said {
                    faults.push(format!("{path} is {said}, recorded {recorded}"));
                }
            }
        }
    }

    /// Compares lists of equal length one by one; otherwise each element of ours must match one of
    /// theirs.
    fn compare_lists(
        &self,
        path: &str,
        theirs: &[Value],
        ours: &[Value],
        faults: &mut Vec<String>,
    ) {
        if theirs.len() == ours.len() {
            let (mut theirs, mut ours) = (theirs.to_vec(), ours.to_vec());
            if UNORDERED.contains(&self.operation) {
                let id = |value: &Value| value.get("id").and_then(Value::as_i64);
                theirs.sort_by_key(id);
                ours.sort_by_key(id);
            }
            for (recorded, said) in theirs.iter().zip(&ours) {
                self.compare(path, None, recorded, said, faults);
            }
            return;
        }
        faults.push(format!("{path} has {}, recorded {}", ours.len(), theirs.len()));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Returns the differences in shape between a body and a recorded one: keys and JSON types, not
/// values.
pub fn shape_faults(name: &str, recorded: &Value, said: &Value, loose: &Loose) -> Vec<String> {
    let mut faults = Vec::new();
    let translate = Value::clone;
    let held =
        Held { translate: &translate, operation: name, loose, trimmed: false, values: false };
    held.compare("", None, recorded, said, &mut faults);
    faults
}
