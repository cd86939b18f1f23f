//! Tests that actions of widget visitors recorded on a live server get the same responses from the
//! fake.
#![expect(clippy::unwrap_used, reason = "a proof stops where it cannot go on")]

use std::collections::HashMap;

use bytes::Bytes;
use chatwoot_client::fake::{FakeChatwoot, FakeOutcome};
use chatwoot_client::widget::identifier_hash;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Question {
    name: String,
    #[serde(rename = "question")]
    asks: String,
    answer: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(rename = "as")]
    who: Option<String>,
    #[serde(rename = "do")]
    what: String,
    body: Value,
    status: u16,
    answer: Value,
}

/// The fake, and the mapping of recorded values to the fake's.
struct Stage {
    fake: FakeChatwoot,
    admin: String,
    website_token: String,
    hmac_token: String,
    /// The tokens of visitors, by their names in the recording.
    visitors: HashMap<String, String>,
    /// The token of the newest visitor, who has not sent a request yet.
    last: String,
    /// Recorded ids mapped to the fake's.
    ids: HashMap<i64, i64>,
    names: HashMap<String, String>,
}

impl Stage {
    fn new() -> Self {
        let fake = FakeChatwoot::new();
        let (account, admin) = fake.add_account("Acme Inc");
        assert_eq!(account, 1);
        let (website_token, hmac_token, last) = (String::new(), String::new(), String::new());
        let (visitors, ids, names) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { fake, admin, website_token, hmac_token, visitors, last, ids, names }
    }

    /// Returns the recorded path with our ids and our token.
    fn url(&self, recorded: &str) -> String {
        let (path, query) = recorded.split_once('?').unwrap_or((recorded, ""));
        let here = path.strip_prefix("/api/v1/accounts/1");
        let ours = |part: &str| {
            let id = part.parse().ok().filter(|_| here.is_some());
            id.and_then(|id: i64| self.ids.get(&id)).map_or(part.to_owned(), i64::to_string)
        };
        let parts: Vec<String> = here.unwrap_or(path).split('/').map(ours).collect();
        let path = format!("{}{}", here.map_or("", |_| "/api/v1/accounts/1"), parts.join("/"));
        if query.is_empty() { path } else { format!("{path}?website_token={}", self.website_token) }
    }

    /// Returns the recorded body, with the proof that our inbox accepts.
    fn body(&self, recorded: &Value) -> Bytes {
        let mut body = recorded.clone();
        if let Some(identifier) = body.get("identifier").and_then(Value::as_str).map(str::to_owned)
            && let Some(hash) = body.get_mut("identifier_hash")
        {
            *hash = identifier_hash(&self.hmac_token.as_str().into(), &identifier).into();
        }
        if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) }
    }

    fn ask(&mut self, step: &Step) -> (u16, Value) {
        let (verb, url) = step.what.split_once(' ').unwrap();
        let request = http::Request::builder().method(verb).uri(self.url(url));
        let request = match step.who.as_deref() {
            Some("admin") => request.header("api_access_token", &self.admin),
            Some(visitor) => {
                let new = std::mem::take(&mut self.last);
                let token = self.visitors.entry(visitor.to_owned()).or_insert(new);
                request.header("x-auth-token", token.as_str())
            }
            None => request,
        };
        let request = request.header("content-type", "application/json");
        let outcome = self.fake.handle(&request.body(self.body(&step.body)).unwrap()).outcome;
        let FakeOutcome::Response(answer) = outcome else { return (0, Value::Null) };
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        for (name, kept) in
            [("website_token", &mut self.website_token), ("hmac_token", &mut self.hmac_token)]
        {
            if let Some(token) = body.get(name).and_then(Value::as_str) {
                token.clone_into(kept);
            }
        }
        if let Some(token) = body.pointer("/website_channel_config/auth_token") {
            token.as_str().unwrap().clone_into(&mut self.last);
        }
        (answer.status().as_u16(), body)
    }

    /// Collects the differences between a response and the recorded one, from which fields were
    /// removed.
    fn differ(&mut self, at: &str, recorded: &Value, ours: &Value, faults: &mut Vec<String>) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                self.differ_in_fields(at, recorded, ours, faults);
            }
            (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
                for (index, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                    self.differ(&format!("{at}[{index}]"), recorded, ours, faults);
                }
            }
            _ if recorded == ours => {}
            _ => faults.push(format!("{at}: {ours}, recorded {recorded}")),
        }
    }

    fn differ_in_fields(
        &mut self,
        at: &str,
        recorded: &Map<String, Value>,
        ours: &Map<String, Value>,
        faults: &mut Vec<String>,
    ) {
        for (key, recorded) in recorded {
            let ours = ours.get(key).unwrap_or(&Value::Null);
            let at = format!("{at}.{key}");
            match (key.as_str(), recorded, ours) {
                // The recording contains none of these, whatever their values are.
                ("custom_attributes", ..) => {}
                ("id" | "inbox_id", Value::Number(recorded), Value::Number(ours)) => {
                    let (recorded, ours) = (recorded.as_i64().unwrap(), ours.as_i64().unwrap());
                    let known = *self.ids.entry(recorded).or_insert(ours);
                    if known != ours {
                        faults.push(format!("{at}: {ours}, recorded {recorded}, which is {known}"));
                    }
                }
                ("name", Value::String(recorded), Value::String(ours))
                    if recorded.split('-').count() == 3 && recorded.ends_with(char::is_numeric) =>
                {
                    let known = self.names.entry(recorded.clone()).or_insert(ours.clone());
                    if known != ours {
                        faults.push(format!("{at}: {ours}, recorded {recorded}, which is {known}"));
                    }
                }
                _ => self.differ(&at, recorded, ours, faults),
            }
        }
    }
}

/// Formats a value like the recording.
fn written(value: &Value) -> String {
    value.to_string().replace('"', "'").replace(':', ": ")
}

/// Returns what a recording contains only in its summary: the attributes that an agent reads in the
/// end.
fn attributes_at_the_end(question: &Question, last: &Value) -> Option<String> {
    let (attributes, said) = match question.name.as_str() {
        "widget_forged_attributes" => (last.pointer("/payload/custom_attributes"), ""),
        "widget_conversation_attributes" => (last.get("custom_attributes"), "the agent reads "),
        _ => return None,
    };
    let read = format!("{said}{}", written(attributes.unwrap_or(&Value::Null)));
    (!question.answer.ends_with(&read)).then(|| format!("{read}, recorded {}", question.answer))
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_fakes_widget_behaves_as_the_servers_did() {
    let text = std::fs::read(tests::recordings::root().join("behaviour-widget.json")).unwrap();
    let questions: Vec<Question> = serde_json::from_slice(&text).unwrap();
    assert_eq!(questions.len(), 14);
    let mut stage = Stage::new();
    let mut report = Vec::new();
    for question in &questions {
        let mut faults = Vec::new();
        let mut last = Value::Null;
        for step in &question.steps {
            let (status, body) = stage.ask(step);
            if status != step.status {
                faults.push(format!("{}: {status} {body}, recorded {}", step.what, step.status));
            } else if !step.answer.is_string() {
                stage.differ(&step.what, &step.answer, &body, &mut faults);
            }
            last = body;
        }
        faults.extend(attributes_at_the_end(question, &last));
        if !faults.is_empty() {
            let (name, asks) = (&question.name, &question.asks);
            report.push(format!("{name}: {asks}\n  {}", faults.join("\n  ")));
        }
    }
    assert!(report.is_empty(), "{} differ:\n{}", report.len(), report.join("\n"));
}
