//! What went wrong, by meaning.

pub(crate) mod decode;
pub(crate) mod json_path;
pub(crate) mod response;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::error::decode::DecodeError;
use crate::error::response::{ErrorResponse, detail, is_html};
use crate::types::shown::{Shown, ShownList};

/// What went wrong, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was not sent: something it was given cannot be sent.
    Request,
    /// 401: the token is missing, wrong, of the wrong kind, or may not do this.
    Unauthorized,
    /// 402: the plan of the account allows no more agents, inboxes, or not this feature.
    PaymentRequired,
    /// 403: known, and refused.
    Forbidden,
    /// 404: no such thing, or not in this account.
    NotFound,
    /// 409, or a 422 because another record has the same value.
    Conflict,
    /// 400 or 422: the server refuses what was sent; see [`Error::invalid_fields`].
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
/// or a body. The names of fields are the server's: `Display` and `Debug` escape what is not
/// printable in them, and cut them short.
pub struct Error(Box<Inner>);

struct Inner {
    operation: &'static str,
    kind: ErrorKind,
    detail: Cow<'static, str>,
    attempts: u32,
    elapsed: Duration,
    answer: Option<ErrorResponse>,
    missing_in: Option<&'static str>,
    decode_path: Option<String>,
    // Nothing left for the server, whatever the kind says.
    unsent: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
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
            missing_in: None,
            decode_path: None,
            unsent: false,
            source: None,
        }))
    }

    pub(crate) fn refused(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        let response = ErrorResponse::read(answer);
        let mut error = Self::new(operation, response.kind(), detail(answer));
        error.0.answer = Some(response);
        error
    }

    /// Says of a 404 that the server may be too old: a version that does not have the operation.
    pub(crate) fn maybe_missing_in(mut self, version: Option<&'static str>) -> Self {
        if let (Some(version), true) = (version, self.is_not_found()) {
            self.0.missing_in = Some(version);
            self.0.detail = format!(
                "{}: it is not there, or the server is too old: {version} does not have this \
                 operation",
                self.0.detail
            )
            .into();
        }
        self
    }

    /// A failure of what carries the request.
    pub(crate) fn caused_by(
        operation: &'static str,
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        let mut error = Self::new(operation, kind, source.to_string());
        error.0.source = Some(Box::new(source));
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
        error.0.source = Some(Box::new(DecodeError::new(source)));
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
        error.0.answer = Some(ErrorResponse::wordless(answer));
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

    /// The body of the refusal, as it came: its first 64 KiB at the most. It may hold personal data.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.answer.as_ref().map(|answer| answer.body.as_ref())
    }

    /// The server's own sentence, such as `Email has already been taken`, as it came: escape it
    /// before you print it.
    pub fn server_message(&self) -> Option<&str> {
        self.0.answer.as_ref()?.message.as_deref()
    }

    /// The fields that the server refuses, such as `["email"]`, named as the server names them.
    pub fn invalid_fields(&self) -> &[String] {
        self.0.answer.as_ref().map_or(&[], |answer| &answer.attributes)
    }

    /// Where in the answer decoding failed, such as `payload[3].created_at`; `.` where the answer is
    /// no JSON, such as one cut short.
    pub fn decode_path(&self) -> Option<&str> {
        self.0.decode_path.as_deref()
    }

    /// Whether the thing does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// On a 404 to an operation that older servers lack: the last version that is known to lack it.
    /// [`Server::version`](crate::server::Server::version) says which one answers.
    pub fn missing_in(&self) -> Option<&'static str> {
        self.0.missing_in
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, self.0.detail)?;
        if let Some(path) = &self.0.decode_path {
            write!(f, " (at {})", Shown(path))?;
        }
        if !self.invalid_fields().is_empty() {
            write!(f, " (fields: {})", ShownList(self.invalid_fields()))?;
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
            .field("attributes", &format_args!("[{}]", ShownList(self.invalid_fields())))
            .field("decode_path", &self.decode_path().map(Shown))
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

    /// Keys of a response that does not decode are the server's: they go into a log line.
    #[test]
    fn the_place_of_a_decode_error_is_shown_escaped_and_bounded() {
        let answer = http::Response::new(Bytes::from_static(b"{}"));
        let source = serde_json::from_str::<u64>("{}").unwrap_err();
        for key in ["a\nb\u{1b}[31m".to_owned(), "k".repeat(5000)] {
            let path = format!("{key}.open");
            let error = Error::decode("test", &answer, path.clone(), &source);
            assert_eq!(error.decode_path(), Some(path.as_str()), "it is kept as it came");
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains(char::is_control), "{shown:?}");
                assert!(shown.len() < 1000, "{} bytes", shown.len());
            }
        }
    }
}
