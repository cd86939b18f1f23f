//! Errors of a call, classified by meaning.

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

/// The kind of an error, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request was not sent: one of its parameters cannot be sent.
    Request,
    /// 401: the token is missing, invalid, of the wrong kind, or not allowed to do this.
    Unauthorized,
    /// 402: the account's plan does not include the feature, or its number of agents or inboxes is
    /// used up.
    PaymentRequired,
    /// 403: the caller is authenticated but not allowed.
    Forbidden,
    /// 404: the resource does not exist, or is not in this account.
    NotFound,
    /// 409, or a 422 because another record has the same value.
    Conflict,
    /// 400 or 422: the server rejected the request's values; see [`Error::invalid_fields`].
    Invalid,
    /// 429, and the call's deadline is before the end of the server's window.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// No connection was established: the server did not receive the request.
    Connect,
    /// No response in time: the server may have processed the request.
    Timeout,
    /// The connection broke: the server may have processed the request.
    Interrupted,
    /// The response is too large, or is not of the type that the operation returns; see
    /// [`Error::decode_path`].
    Decode,
    /// Any other status.
    Unexpected,
}

/// The error of a call that did not succeed.
///
/// `Display` names the operation, the cause and the number of attempts: never a token, a query or a
/// body. Field names come from the server: `Display` and `Debug` escape the characters that are not
/// printable, and truncate long names.
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
    // The request was not sent, whatever the kind implies.
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

    /// Adds to a 404 the last server version that is known to lack the operation.
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

    /// Creates the error of a failed transport.
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
            "the response is empty, but this operation returns JSON"
        } else {
            "the response is not of the type that this operation returns"
        };
        let mut error = Self::unreadable(operation, answer, what);
        error.0.decode_path = Some(path);
        error.0.source = Some(Box::new(DecodeError::new(source)));
        error
    }

    /// Creates the error of a response that is not UTF-8 text where text is expected.
    pub(crate) fn not_text(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        Self::unreadable(
            operation,
            answer,
            "the response is not text, but this operation returns text",
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

    /// Creates the error of a successful response that is an HTML page where none is expected.
    pub(crate) fn html(operation: &'static str, answer: &http::Response<Bytes>) -> Self {
        let what = "the response is HTML, not JSON: it is from a proxy, or the base URL is wrong";
        Self::unreadable(operation, answer, what)
    }

    /// Creates the error of a deadline that had passed before the request was sent.
    pub(crate) fn too_late(operation: &'static str) -> Self {
        let what = "the deadline passed before the request was sent: give the call more time";
        let mut error = Self::new(operation, ErrorKind::Timeout, what);
        error.0.unsent = true;
        error
    }

    /// Returns the wait that the server requests (`Retry-After`, in seconds). Chatwoot itself never
    /// sends this header; a proxy in front of it may.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.answer.as_ref()?.retry_after
    }

    pub(crate) fn tried(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Returns the name of the operation, as `resource.method`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns how often the request was sent; 0 if it never was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns how long the call took, including the waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Returns the status of the last response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// Returns the server's id of the request (`x-request-id`), as found in its logs.
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id.as_deref()
    }

    /// Returns the body of the error response, at most its first 64 KiB. It may contain personal
    /// data.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.answer.as_ref().map(|answer| answer.body.as_ref())
    }

    /// Returns the server's own message, such as `Email has already been taken`, unescaped: escape
    /// it before you print it.
    pub fn server_message(&self) -> Option<&str> {
        self.0.answer.as_ref()?.message.as_deref()
    }

    /// Returns the fields that the server rejected, such as `["email"]`, named as the server names
    /// them.
    pub fn invalid_fields(&self) -> &[String] {
        self.0.answer.as_ref().map_or(&[], |answer| &answer.attributes)
    }

    /// Returns the place in the response where decoding failed, such as `payload[3].created_at`;
    /// `.` if the response is not JSON, for example because it was truncated.
    pub fn decode_path(&self) -> Option<&str> {
        self.0.decode_path.as_deref()
    }

    /// Whether the resource does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns, for a 404 of an operation that older servers lack, the last version that is known
    /// to lack it. [`Server::version`](crate::server::Server::version) returns the version of this
    /// server.
    pub fn missing_in(&self) -> Option<&'static str> {
        self.0.missing_in
    }

    /// Whether another record has the same value (409, or 422 "already been taken").
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Whether the token is missing, invalid or not allowed to do this (401).
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// Whether it is unknown if the server processed the request: check before you send it again.
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

    /// The keys of a response that does not decode come from the server and end up in a log line.
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
