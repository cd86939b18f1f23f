//! Replays a recorded response through a typed method, and checks that nothing of it is lost.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Client, Error, Op, RetryPolicy, Transport};
use serde::Serialize;
use serde_json::Value;

use crate::recordings::{Exchange, load};

/// A transport that returns one recorded response to every request, and keeps the last request.
#[derive(Clone, Debug)]
pub struct Replay {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
    asked: Arc<Mutex<Option<http::Request<Bytes>>>>,
}

impl Replay {
    /// Creates a transport with the response of `exchange`.
    pub fn new(exchange: &Exchange) -> Self {
        let mut replay = Self::answering(exchange.response.status, exchange.bytes());
        let kind =
            exchange.response.content_type.as_ref().map(|kind| ("content-type", kind.as_str()));
        let others = exchange.response.headers.iter().filter_map(Value::as_object).flatten();
        let others = others.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        for (name, value) in others.chain(kind) {
            if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
                replay.headers.insert(name, value);
            }
        }
        replay
    }

    /// Creates a transport with this status and body.
    pub fn answering(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = http::HeaderMap::new();
        Self { status, headers, body: body.into(), asked: Arc::default() }
    }

    /// Returns a client that sends through this transport, each call once and without waiting.
    ///
    /// # Panics
    /// Never panics: the base URL is a constant.
    pub fn client(&self) -> Client {
        // The window of a rate limit is longer than this deadline, so it is not waited out.
        let deadline = Duration::from_secs(1);
        self.client_with(RetryPolicy { max_attempts: 1, deadline, ..RetryPolicy::default() })
    }

    /// Returns a client that sends through this transport with this retry policy.
    ///
    /// # Panics
    /// Never panics: the base URL is a constant.
    #[expect(clippy::expect_used, reason = "a test's helper")]
    pub fn client_with(&self, policy: RetryPolicy) -> Client {
        let builder = Client::builder("https://chatwoot.test").retry(policy);
        builder.transport(self.clone()).build().expect("the base URL is a URL")
    }

    /// Returns the last request.
    pub fn asked(&self) -> Option<http::Request<Bytes>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Transport for Replay {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(whole(request)?);
        let mut answer = http::Response::new(self.body.clone());
        *answer.headers_mut() = self.headers.clone();
        *answer.status_mut() = http::StatusCode::from_u16(self.status)
            .map_err(|_| TransportError::interrupted("no HTTP status"))?;
        Ok(answer)
    }
}

/// Returns the request with its complete body.
fn whole(request: http::Request<Body>) -> Result<http::Request<Bytes>, TransportError> {
    let body = request.body().to_bytes();
    let body = body.map_err(|error| TransportError::interrupted(error.to_string()))?;
    Ok(request.map(|_| body))
}

/// The result of a replayed call: the decoded value and the request that was sent.
#[derive(Clone, Debug)]
pub struct Replayed<T> {
    /// The decoded response.
    pub value: T,
    /// The request that was sent.
    pub asked: http::Request<Bytes>,
}

impl<T> Replayed<T> {
    /// Returns the JSON body that was sent; `null` for none.
    pub fn body(&self) -> Value {
        serde_json::from_slice(self.asked.body()).unwrap_or_default()
    }
}

/// Runs `call` against a recorded response, and checks that verb and path are the recorded ones,
/// that the response decodes, that encoding it again returns each recorded field with its value,
/// and that `Debug` shows no secret. A method that returns `()` has no value to compare.
///
/// # Panics
/// Panics if a check fails.
#[expect(clippy::panic, reason = "a test's helper")]
pub async fn replay<T: Serialize + Debug>(
    exchange: &Exchange,
    call: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Replayed<T> {
    let replayed = replay_done(exchange, call).await;
    if size_of::<T>() == 0 {
        return replayed;
    }
    let written = serde_json::to_value(&replayed.value)
        .unwrap_or_else(|error| panic!("{exchange}: cannot be written: {error}"));
    let recorded: Value = serde_json::from_slice(&exchange.bytes()).unwrap_or_default();
    let op = operation(&exchange.request.method, &exchange.request.url)
        .unwrap_or_else(|| panic!("{exchange}: no operation has this verb and path"));
    let inside = op.envelope.iter().fold(&recorded, |value, key| &value[*key]);
    let lost = losses(inside, &written);
    assert!(lost.is_empty(), "{exchange}: lost or changed:\n{}", lost.join("\n"));
    let shown = format!("{:?}", replayed.value);
    for (key, secret) in secrets(&recorded) {
        assert!(!shown.contains(&secret), "{exchange}: Debug shows {key}");
    }
    replayed
}

/// Does the same as [`replay`], for a method that returns nothing: the body is not compared.
///
/// # Panics
/// Panics if verb or path are not the recorded ones, or the response does not decode.
#[expect(clippy::panic, reason = "a test's helper")]
pub async fn replay_done<T>(
    exchange: &Exchange,
    call: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Replayed<T> {
    let transport = Replay::new(exchange);
    let outcome = call(&transport.client()).await;
    let asked = transport.asked().unwrap_or_else(|| panic!("{exchange}: nothing was sent"));
    assert_eq!(asked.method().as_str(), exchange.request.method, "{exchange}: verb");
    assert_eq!(asked.uri().path(), exchange.request.url, "{exchange}: path");
    match outcome {
        Ok(value) => Replayed { value, asked },
        Err(error) => panic!("{exchange}: {error}: {:?}", std::error::Error::source(&error)),
    }
}

/// The keys whose texts must not appear in `Debug`.
const SECRETS: [&str; 10] = [
    "access_token",
    "api_key",
    "auth_token",
    "hmac_identifier",
    "hmac_token",
    "imap_password",
    "pubsub_token",
    "secret",
    "smtp_password",
    "token",
];

/// Returns the secrets in a value, each with its key.
pub fn secrets(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(text) if SECRETS.contains(&key.as_str()) && !text.is_empty() => {
                    vec![(key.clone(), text.clone())]
                }
                _ => secrets(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(secrets).collect(),
        _ => Vec::new(),
    }
}

/// Runs `call` against each exchange of a recording, of both versions: like [`replay`], and the
/// body that is sent must be the recorded one. A recorded refusal must be an error with its status.
///
/// # Panics
/// Panics if a check fails.
pub async fn each<T: Serialize + Debug>(
    name: &str,
    call: impl AsyncFn(&Client, &Exchange) -> Result<T, Error>,
) {
    for exchange in load(name) {
        if !exchange.succeeded() {
            refused(&exchange, async |client| call(client, &exchange).await).await;
            continue;
        }
        let replayed = replay(&exchange, async |client| call(client, &exchange).await).await;
        let recorded = exchange.request.body.clone().unwrap_or_default();
        assert_eq!(replayed.body(), recorded, "{exchange}: body");
    }
}

/// Runs `call` against a recorded refusal, which must become an error with that status.
///
/// # Panics
/// Panics if it does not.
#[expect(clippy::panic, reason = "a test's helper")]
pub async fn refused<T>(
    exchange: &Exchange,
    call: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Error {
    match call(&Replay::new(exchange).client()).await {
        Ok(_) => panic!("{exchange}: a refusal was taken for an answer"),
        Err(error) => {
            assert_eq!(error.status(), Some(exchange.response.status), "{exchange}: {error}");
            error
        }
    }
}

/// Returns the operation with this verb and path; a literal segment precedes a `{parameter}`.
pub fn operation(verb: &str, path: &str) -> Option<&'static Op> {
    let path: Vec<&str> = path.split('/').collect();
    let fits = |op: &&Op| {
        let row: Vec<&str> = op.path.split('/').collect();
        let mut pairs = row.iter().zip(&path);
        op.verb.as_str() == verb
            && row.len() == path.len()
            && pairs.all(|(row, given)| row == given || (row.starts_with('{') && !given.is_empty()))
    };
    let literal = |op: &&Op| op.path.split('/').filter(|part| !part.starts_with('{')).count();
    chatwoot_client::operations().filter(fits).max_by_key(literal)
}

/// Returns what of `recorded` is missing in `written`, or has another value there: one line each,
/// with its place. Fields that only `written` has must be null.
pub fn losses(recorded: &Value, written: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    compare("", recorded, written, &mut lost);
    lost
}

fn compare(place: &str, recorded: &Value, written: &Value, lost: &mut Vec<String>) {
    match (recorded, written) {
        (Value::Object(recorded), Value::Object(written)) => {
            for (key, value) in recorded {
                let place = format!("{place}.{key}");
                match written.get(key) {
                    Some(written) => compare(&place, value, written, lost),
                    None => lost.push(format!("{place} is missing")),
                }
            }
            for (key, value) in written {
                if !recorded.contains_key(key) && !value.is_null() {
                    lost.push(format!("{place}.{key} is new: {value}"));
                }
            }
        }
        (Value::Array(recorded), Value::Array(written)) if recorded.len() == written.len() => {
            for (index, (recorded, written)) in recorded.iter().zip(written).enumerate() {
                compare(&format!("{place}[{index}]"), recorded, written, lost);
            }
        }
        _ if recorded == written => {}
        _ => lost.push(format!("{place} was {recorded} and is {written}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn losses_are_found_and_added_nulls_are_none() {
        let recorded = json!({"a": 1, "b": [{"c": "x"}], "d": null});
        let written = json!({"a": 1, "b": [{"c": "x", "e": null}], "d": null});
        assert!(losses(&recorded, &written).is_empty());
        let written = json!({"a": 1.0, "b": [{"e": 2}]});
        let lost = losses(&recorded, &written);
        assert_eq!(
            lost,
            [".a was 1 and is 1.0", ".b[0].c is missing", ".b[0].e is new: 2", ".d is missing"]
        );
        assert_eq!(losses(&json!([1, 2]), &json!([1])).len(), 1);
    }

    #[test]
    fn secrets_are_found_wherever_they_lie() {
        let answer = json!({"payload": [{"hmac_token": "a", "name": "b"}], "secret": null});
        assert_eq!(secrets(&answer), [("hmac_token".to_owned(), "a".to_owned())]);
    }

    #[test]
    fn the_operation_of_a_path_is_found() {
        let op = operation("PATCH", "/api/v1/accounts/2/labels/3").map(|op| op.name);
        assert_eq!(op, Some("labels.update"));
        assert_eq!(operation("PUT", "/api/v1/accounts/2/labels/3"), None);
    }
}
