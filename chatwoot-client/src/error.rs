//! What went wrong, by meaning.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::misfit::Misfit;
use crate::op::Op;
use crate::transport::{TransportError, TransportErrorKind};

/// What went wrong, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was not sent: something it was given cannot be sent.
    Request,
    /// 401: the token is missing, wrong, of the wrong kind, or may not do this.
    Unauthorized,
    /// 403: known, and refused.
    Forbidden,
    /// 404: no such thing, or not in this account.
    NotFound,
    /// 409, or a 422 because another record has the same value.
    Conflict,
    /// 400 or 422: the server refuses what was sent; see [`Error::attributes`].
    Invalid,
    /// 429, and the deadline came before the server's window ended.
    RateLimited,
    /// 5xx.
    Server,
    /// No connection was made: the server saw nothing.
    Connect,
    /// No answer in time: the server may have done it.
    Timeout,
    /// The connection broke half-way: the server may have done it.
    Interrupted,
    /// The answer is too large, or not what the operation answers; see [`Error::decode_path`].
    Decode,
    /// Any other status.
    Unexpected,
}

/// A call that did not succeed.
///
/// `Display` names the operation, what happened and how often it was tried: never a token, a query
/// or a body.
pub struct Error(Box<Inner>);

struct Inner {
    operation: &'static str,
    kind: ErrorKind,
    detail: Cow<'static, str>,
    attempts: u32,
    elapsed: Duration,
    answer: Option<Refusal>,
    lacking_in: Option<&'static str>,
    decode_path: Option<String>,
    // Nothing left for the server, whatever the kind says.
    unsent: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What the server said when it refused.
#[derive(Clone)]
struct Refusal {
    status: u16,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    body: Bytes,
    said: Said,
}

impl Refusal {
    fn new(answer: &http::Response<Bytes>, said: Said) -> Self {
        let seconds = || header(answer, "retry-after")?.trim().parse().ok();
        Self {
            status: answer.status().as_u16(),
            request_id: header(answer, "x-request-id"),
            retry_after: seconds().map(Duration::from_secs),
            body: answer.body().clone(),
            said,
        }
    }
}

/// The forms of a refusal's body, made one.
#[derive(Clone, Default)]
struct Said {
    message: Option<String>,
    attributes: Vec<String>,
}

impl Said {
    /// Each field is read for itself: an odd one must not hide the others.
    fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(said)) = serde_json::from_slice(body) else { return Self::default() };
        let text = |key: &str| said.get(key).and_then(first_text).map(str::to_owned);
        let message = ["message", "error", "errors"].into_iter().find_map(text);
        let names: Vec<&str> = match (said.get("attributes"), said.get("error")) {
            (Some(Value::Array(names)), _) => names.iter().filter_map(Value::as_str).collect(),
            // Automation rules and macros: `{"error": {"conditions": ["… not supported."]}}`.
            (_, Some(Value::Object(fields))) => {
                let told = fields.iter().filter(|(_, texts)| first_text(texts).is_some());
                told.map(|(name, _)| name.as_str()).collect()
            }
            _ => Vec::new(),
        };
        Self { message, attributes: names.into_iter().map(str::to_owned).collect() }
    }
}

/// A text, or the first one in a list or below a field.
fn first_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(values) => values.iter().find_map(Value::as_str),
        Value::Object(fields) => fields.values().find_map(first_text),
        _ => None,
    }
}

impl Error {
    pub(crate) fn new(
        operation: &'static str,
        kind: ErrorKind,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            operation,
            kind,
            detail: detail.into(),
            attempts: 0,
            elapsed: Duration::ZERO,
            answer: None,
            lacking_in: None,
            decode_path: None,
            unsent: false,
            source: None,
        }))
    }

    pub(crate) fn refused(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        let status = answer.status();
        let said = Said::read(answer.body());
        let taken = said.message.as_ref().is_some_and(|text| text.contains("already been taken"));
        let kind = match status.as_u16() {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            422 if taken => ErrorKind::Conflict,
            400 | 422 => ErrorKind::Invalid,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Unexpected,
        };
        let mut error = Self::new(operation, kind, detail(status, answer));
        error.0.answer = Some(Refusal::new(answer, said));
        error
    }

    /// Says of a 404 that the server may be too old for the operation.
    pub(crate) fn on(mut self, op: &Op) -> Self {
        if let (Some(version), true) = (op.lacking_in, self.is_not_found()) {
            self.0.lacking_in = Some(version);
            self.0.detail = format!(
                "{}: it is not there, or the server is too old: {version} does not have this \
                 operation",
                self.0.detail
            )
            .into();
        }
        self
    }

    pub(crate) fn transport(operation: &'static str, failure: TransportError) -> Self {
        let kind = match failure.kind() {
            TransportErrorKind::Connect => ErrorKind::Connect,
            TransportErrorKind::Timeout => ErrorKind::Timeout,
            TransportErrorKind::Interrupted => ErrorKind::Interrupted,
            TransportErrorKind::TooLarge => ErrorKind::Decode,
            TransportErrorKind::Request => ErrorKind::Request,
        };
        let mut error = Self::new(operation, kind, failure.to_string());
        error.0.source = Some(Box::new(failure));
        error
    }

    pub(crate) fn decode(
        operation: &'static str,
        answer: &http::Response<Bytes>,
        path: String,
        source: &serde_json::Error,
    ) -> Self {
        if is_html(answer) {
            return Self::html(operation, answer);
        }
        let what = if answer.body().trim_ascii().is_empty() {
            "the answer is empty, where this operation answers JSON"
        } else {
            "the answer is not what this operation answers"
        };
        let mut error = Self::unreadable(operation, answer, what);
        error.0.decode_path = Some(path);
        error.0.source = Some(Box::new(Misfit::new(source)));
        error
    }

    /// An answer that is no text where a text is answered.
    pub(crate) fn not_text(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        Self::unreadable(
            operation,
            answer,
            "the answer is no text, where this operation answers one",
        )
    }

    fn unreadable(
        operation: &'static str,
        answer: &http::Response<Bytes>,
        what: &'static str,
    ) -> Self {
        let mut error = Self::new(operation, ErrorKind::Decode, what);
        error.0.answer = Some(Refusal::new(answer, Said::default()));
        error
    }

    /// A success that is a page for people, where none is answered.
    pub(crate) fn html(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        let what = "the answer is HTML, not JSON: a proxy or a wrong base URL answers for Chatwoot";
        Self::unreadable(operation, answer, what)
    }

    /// The deadline had passed before there was anything on the wire.
    pub(crate) fn too_late(operation: &'static str) -> Self {
        let what = "the deadline passed before the request was sent: give the call more time";
        let mut error = Self::new(operation, ErrorKind::Timeout, what);
        error.0.unsent = true;
        error
    }

    /// How long the server asks to wait (`Retry-After`, in seconds). Chatwoot itself never says;
    /// a proxy before it may.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.answer.as_ref()?.retry_after
    }

    pub(crate) fn tried(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// The operation, as `resource.method`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What went wrong, by meaning.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// How often the request was sent; 0 when it never was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waits included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The status of the last answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// The server's own name for the request (`x-request-id`), for its logs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id.as_deref()
    }

    /// The body of the refusal, as it came. It may hold personal data.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.answer.as_ref().map(|answer| answer.body.as_ref())
    }

    /// The server's own sentence, such as `Email has already been taken`.
    pub fn server_message(&self) -> Option<&str> {
        self.0.answer.as_ref()?.said.message.as_deref()
    }

    /// The fields that the server refuses, such as `["email"]`.
    pub fn attributes(&self) -> &[String] {
        self.0.answer.as_ref().map_or(&[], |answer| &answer.said.attributes)
    }

    /// Where in the answer decoding failed, such as `payload[3].created_at`.
    pub fn decode_path(&self) -> Option<&str> {
        self.0.decode_path.as_deref()
    }

    /// Whether the thing does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// On a 404 to an operation that older servers lack: the last version that is known to lack it.
    /// [`Server::version`](crate::Server::version) says which one answers.
    pub fn lacking_in(&self) -> Option<&'static str> {
        self.0.lacking_in
    }

    /// Whether another record has the same value (409, or 422 "already been taken").
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the token is missing, wrong or not allowed to do this (401).
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Whether nobody knows if the server did it: look before sending it again.
    pub fn is_unknown_outcome(&self) -> bool {
        !self.0.unsent
            && (matches!(self.kind(), ErrorKind::Timeout | ErrorKind::Interrupted)
                || matches!(self.status(), Some(500..=599)))
    }

    /// Whether the same call may succeed later without a change.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::RateLimited
                | ErrorKind::Server
                | ErrorKind::Connect
                | ErrorKind::Timeout
                | ErrorKind::Interrupted
        )
    }
}

fn header(answer: &http::Response<Bytes>, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// Whether an answer is a page for people, by its type or its first character.
pub(crate) fn is_html(answer: &http::Response<Bytes>) -> bool {
    let body = answer.body().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(answer.body());
    let body = body.trim_ascii_start();
    let says_so = header(answer, "content-type").is_some_and(|kind| kind.starts_with("text/html"));
    body.starts_with(b"<") || says_so && !body.is_empty() && !body.starts_with(b"{")
}

fn detail(status: http::StatusCode, answer: &http::Response<Bytes>) -> String {
    let reason = status.canonical_reason().unwrap_or("unknown status");
    let base = format!("the server answered {} {reason}", status.as_u16());
    if status.is_redirection() {
        return format!("{base}, a redirect, which is not followed: is the base URL right?");
    }
    match status.as_u16() {
        401 => format!("{base}: check the token, its kind and its rights"),
        429 => format!("{base}: its limit for this window is used up"),
        _ if is_html(answer) => {
            format!("{base} with HTML: a proxy's page, or Chatwoot's own page for a failure")
        }
        _ => base,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.detail)?;
        if let Some(path) = &self.0.decode_path {
            write!(f, " (at {path})")?;
        }
        if !self.attributes().is_empty() {
            write!(f, " (fields: {})", self.attributes().join(", "))?;
        }
        if self.0.attempts > 1 {
            let seconds = self.0.elapsed.as_secs_f32();
            write!(f, " ({} attempts in {seconds:.1} s)", self.0.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("operation", &self.0.operation)
            .field("kind", &self.0.kind)
            .field("detail", &self.0.detail)
            .field("status", &self.status())
            .field("attributes", &self.attributes())
            .field("decode_path", &self.0.decode_path)
            .field("request_id", &self.request_id())
            .field("attempts", &self.0.attempts)
            .field("elapsed", &self.0.elapsed)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_by_field_are_a_message_and_field_names() {
        let said = Said::read(br#"{"error":{"actions":["x not supported."],"name":["blank"]}}"#);
        assert_eq!(said.message.as_deref(), Some("x not supported."));
        assert_eq!(said.attributes, ["actions", "name"]);
        let said = Said::read(br#"{"error":{"name":"odd"}}"#);
        assert_eq!(said.message.as_deref(), Some("odd"));
        assert_eq!(said.attributes, ["name"]);
    }
}
