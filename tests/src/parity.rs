//! Parity: sends the recorded requests to the fake in the order of the recorded run, and compares
//! the fake's responses with the server's.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use chatwoot_client::fake::{FakeChatwoot, FakeOutcome};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::compare::Held;
pub use crate::compare::Loose;
use crate::recordings::{self, Exchange};

/// Keys of generated texts: the recorded text is mapped to the fake's.
const MADE_UP: [&str; 9] = [
    "inbox_identifier",
    "source_id",
    "hmac_token",
    "secret",
    "website_token",
    "pubsub_token",
    "uuid",
    "access_token",
    "auth_token",
];

/// The key of the last visitor's token, which every later request carries.
const VISITOR: &str = "auth_token";

/// The fake with the state that the recorded run started from, and the values that it has generated
/// since.
pub struct Stage {
    /// The fake itself.
    pub fake: FakeChatwoot,
    tokens: HashMap<String, String>,
    words: HashMap<String, String>,
}

impl Stage {
    /// Creates an empty fake.
    pub fn new() -> Self {
        let fake = FakeChatwoot::builder().platform_token("platform-token").build();
        let tokens = [("platform", "platform-token"), ("nope", "nope")]
            .map(|(name, token)| (name.to_owned(), token.to_owned()));
        Self { fake, tokens: HashMap::from(tokens), words: HashMap::new() }
    }

    /// Registers a token under its name in the recordings.
    pub fn token(&mut self, name: &str, token: String) {
        self.tokens.insert(name.to_owned(), token);
    }

    /// Returns a token by its name in the recordings; an empty text if it is not known.
    pub fn token_of(&self, name: &str) -> &str {
        self.tokens.get(name).map_or("", String::as_str)
    }

    /// Maps a recorded value to the fake's.
    pub fn call(&mut self, recorded: &str, ours: &str) {
        self.words.insert(recorded.to_owned(), ours.to_owned());
    }

    /// Sends JSON; returns status and body, as text if it is no JSON.
    ///
    /// # Panics
    /// Panics if the request cannot be built, or the connection breaks.
    pub fn ask(&self, verb: &str, url: &str, auth: Option<&str>, body: &Value) -> (u16, Value) {
        let bytes = match body {
            Value::Null => Bytes::new(),
            // A recorded text body was sent as it is.
            Value::String(text) => Bytes::from(text.clone()),
            body => Bytes::from(body.to_string()),
        };
        self.send(verb, url, auth, "application/json", bytes)
    }

    /// Sends a request that must succeed; returns the response body.
    ///
    /// # Panics
    /// Panics if the status is not 200, or there is no response.
    pub fn done(&self, verb: &str, url: &str, auth: &str, body: &Value) -> Value {
        let (status, said) = self.ask(verb, url, Some(auth), body);
        assert_eq!(status, 200, "{verb} {url}: {said}");
        said
    }

    #[expect(clippy::panic, reason = "a test's helper")]
    fn send(
        &self,
        verb: &str,
        url: &str,
        auth: Option<&str>,
        kind: &str,
        body: Bytes,
    ) -> (u16, Value) {
        let mut request = http::Request::builder().method(verb).uri(url);
        if let Some(token) = auth.and_then(|name| self.tokens.get(name)) {
            request = request.header("api_access_token", token);
        }
        if let Some(visitor) = self.words.get(VISITOR) {
            request = request.header("x-auth-token", visitor);
        }
        let request = request.header("content-type", kind).body(body);
        let request = request.unwrap_or_else(|error| panic!("{verb} {url}: {error}"));
        match self.fake.handle(&request).outcome {
            FakeOutcome::Response(answer) => {
                let text = || Value::from(String::from_utf8_lossy(answer.body()).into_owned());
                let body = serde_json::from_slice(answer.body()).unwrap_or_else(|_| text());
                (answer.status().as_u16(), body)
            }
            other => panic!("{verb} {url}: {other:?}"),
        }
    }

    /// Sends a recorded request, returns the differences of the response, and learns the values
    /// that the fake generated.
    pub fn replay(&mut self, exchange: &Exchange, loose: &Loose) -> Vec<String> {
        self.hold(exchange, loose, false)
    }

    /// Does the same for a recording that omits fields and shortens long values.
    pub fn replay_trimmed(&mut self, exchange: &Exchange) -> Vec<String> {
        self.hold(exchange, &Loose::default(), true)
    }

    fn hold(&mut self, exchange: &Exchange, loose: &Loose, trimmed: bool) -> Vec<String> {
        let asked = &exchange.request;
        let segments: Vec<&str> = asked.url.split('/').map(|part| self.word(part)).collect();
        let mut url = segments.join("/");
        if let Some(Value::Object(query)) = &asked.query {
            let pairs = query.iter().flat_map(|(key, value)| match value {
                Value::Array(list) => list.iter().map(|one| (key, one)).collect(),
                one => vec![(key, one)],
            });
            let pairs: Vec<String> = pairs
                .map(|(key, value)| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    format!("{key}={}", self.word(&value).replace(' ', "%20"))
                })
                .collect();
            url = format!("{url}?{}", pairs.join("&"));
        }
        let body = asked.body.as_ref().map_or(Value::Null, |body| self.translate(body));
        let auth = asked.auth.as_ref().and_then(Value::as_str);
        let (status, said) = match &asked.multipart {
            Some(Value::Array(files)) => {
                let form = form(&body, files);
                self.send(&asked.method, &url, auth, "multipart/form-data; boundary=cut", form)
            }
            _ => self.ask(&asked.method, &url, auth, &body),
        };
        let wanted = &exchange.response;
        if status != wanted.status {
            return vec![format!("status {status}, recorded {}: {said}", wanted.status)];
        }
        let recorded = match (&wanted.body, &wanted.text) {
            (Some(body), _) => body.clone(),
            (None, Some(text)) if text == "null" => Value::Null,
            (None, text) => Value::from(text.clone().unwrap_or_default()),
        };
        let mut faults = Vec::new();
        if exchange.operation.starts_with("error-") && status >= 400 {
            if said != recorded {
                faults.push(format!("said {said}, recorded {recorded}"));
            }
        } else {
            self.learn(&recorded, &said);
            let translate = |recorded: &Value| self.translate(recorded);
            let operation = exchange.operation.as_str();
            let held = Held { translate: &translate, operation, loose, trimmed, values: true };
            held.compare("", None, &recorded, &said, &mut faults);
        }
        faults
    }

    fn word<'a>(&'a self, recorded: &'a str) -> &'a str {
        self.words.get(recorded).map_or(recorded, String::as_str)
    }

    /// Translates a recorded value to the fake's; a proof of identity is computed anew.
    fn translate(&self, recorded: &Value) -> Value {
        match recorded {
            Value::String(text) => Value::from(self.word(text)),
            Value::Array(list) => list.iter().map(|value| self.translate(value)).collect(),
            Value::Object(map) => {
                let mut ours: serde_json::Map<String, Value> =
                    map.iter().map(|(key, value)| (key.clone(), self.translate(value))).collect();
                if let (Some(Value::String(hash)), Some(Value::String(identifier))) =
                    (map.get("identifier_hash"), map.get("identifier"))
                    && let Some((_, token)) =
                        self.words.iter().find(|(token, _)| proof(token, identifier) == *hash)
                {
                    let made = proof(token, identifier);
                    ours.insert("identifier_hash".to_owned(), Value::from(made));
                }
                Value::Object(ours)
            }
            other => other.clone(),
        }
    }

    fn learn(&mut self, recorded: &Value, said: &Value) {
        match (recorded, said) {
            (Value::Object(recorded), Value::Object(said)) => {
                for (key, value) in recorded {
                    let Some(ours) = said.get(key) else { continue };
                    match (value, ours) {
                        (Value::String(theirs), Value::String(ours))
                            if MADE_UP.contains(&key.as_str()) && !theirs.starts_with('<') =>
                        {
                            self.words.insert(theirs.clone(), ours.clone());
                            if key == VISITOR {
                                self.words.insert(VISITOR.to_owned(), ours.clone());
                            }
                        }
                        (Value::String(theirs), Value::String(ours)) if theirs.starts_with('<') => {
                            let name = theirs.trim_matches(['<', '>']);
                            self.tokens.insert(name.to_owned(), ours.clone());
                        }
                        _ => self.learn(value, ours),
                    }
                }
            }
            (Value::Array(recorded), Value::Array(said)) if recorded.len() == said.len() => {
                for (theirs, ours) in recorded.iter().zip(said) {
                    self.learn(theirs, ours);
                }
            }
            _ => {}
        }
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

fn proof(token: &str, identifier: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(identifier.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn part(name: &str, more: &str, content: &str) -> String {
    let head = format!("Content-Disposition: form-data; name=\"{name}\"{more}");
    format!("--cut\r\n{head}\r\n\r\n{content}\r\n")
}

/// Returns a multipart body of these fields, with a small file under each of the names.
fn form(body: &Value, files: &[Value]) -> Bytes {
    let mut text = String::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text += &part(name, "", &value);
    }
    for (number, name) in files.iter().enumerate() {
        // As large as the recorded ones.
        let (file, kind, size) =
            if number == 0 { ("a.png", "image/png", 70) } else { ("b.txt", "text/plain", 5) };
        let content = "x".repeat(size);
        let name = name.as_str().unwrap_or_default();
        let more = format!("; filename=\"{file}\"\r\nContent-Type: {kind}");
        text += &part(name, &more, &content);
    }
    Bytes::from(text + "--cut--\r\n")
}

/// Returns the exchanges of these recordings on the newest server.
///
/// # Panics
/// Panics if one of them does not exist.
pub fn newest(names: &BTreeSet<&str>) -> HashMap<String, Vec<Exchange>> {
    let mut all = HashMap::new();
    for name in names {
        let mut exchanges = recordings::load(name);
        exchanges.retain(|exchange| exchange.version == "4.15.1");
        all.insert((*name).to_owned(), exchanges);
    }
    all
}

/// Returns a body that creates a placeholder contact.
pub fn filler(name: &str) -> Value {
    json!({ "name": name })
}
