//! Error responses of the server, in each of its formats.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::error::ErrorKind;

/// The longest plain text that is used as the server's message; a longer one is a page.
const SENTENCE: usize = 300;

/// A response that is not the expected one.
#[derive(Clone)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
    pub(crate) message: Option<String>,
    pub(crate) attributes: Vec<String>,
}

impl ErrorResponse {
    /// Reads a response whose body is not an error message.
    pub(crate) fn wordless(answer: &http::Response<Bytes>) -> Self {
        let seconds = || header(answer, "retry-after")?.trim().parse().ok();
        Self {
            status: answer.status().as_u16(),
            request_id: header(answer, "x-request-id").map(str::to_owned),
            retry_after: seconds().map(Duration::from_secs),
            body: answer.body().clone(),
            message: None,
            attributes: Vec::new(),
        }
    }

    /// Reads an error response, with its message and the fields that it names.
    pub(crate) fn read(answer: &http::Response<Bytes>) -> Self {
        let mut response = Self::wordless(answer);
        if is_html(answer) {
            return response;
        }
        match serde_json::from_slice(answer.body()) {
            Ok(said) => {
                response.message = message(&said);
                response.attributes = attributes(&said);
            }
            // The rate limiter's `Retry later`, or the text of a proxy.
            Err(_) => response.message = std::str::from_utf8(answer.body()).ok().and_then(sentence),
        }
        response
    }

    /// Returns the kind of the error.
    pub(crate) fn kind(&self) -> ErrorKind {
        let taken = || self.message.as_ref().is_some_and(|it| it.contains("already been taken"));
        match self.status {
            401 => ErrorKind::Unauthorized,
            402 => ErrorKind::PaymentRequired,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            422 if taken() => ErrorKind::Conflict,
            400 | 422 => ErrorKind::Invalid,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Unexpected,
        }
    }
}

/// Reads the message. Each field is read on its own, so that an unexpected one does not hide the
/// others.
fn message(said: &Value) -> Option<String> {
    match said {
        Value::Object(said) => ["message", "error", "errors"]
            .into_iter()
            .find_map(|key| said.get(key).and_then(first_text).map(str::to_owned)),
        Value::Array(_) => first_text(said).map(str::to_owned),
        Value::String(text) => sentence(text),
        _ => None,
    }
}

fn attributes(said: &Value) -> Vec<String> {
    match (said.get("attributes"), said.get("error")) {
        (Some(Value::Array(names)), _) => {
            names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        // Automation rules and macros: `{"error": {"conditions": ["… not supported."]}}`.
        (_, Some(Value::Object(fields))) => {
            let told = fields.iter().filter(|(_, texts)| first_text(texts).is_some());
            told.map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns a text, or the first one in a list or below a field.
fn first_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
        Value::Array(values) => values.iter().find_map(Value::as_str),
        Value::Object(fields) => fields.values().find_map(first_text),
        _ => None,
    }
}

fn sentence(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= SENTENCE).then(|| text.to_owned())
}

fn header<'a>(answer: &'a http::Response<Bytes>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// Whether a response is an HTML page, by its media type or its first character.
pub(crate) fn is_html(answer: &http::Response<Bytes>) -> bool {
    let body = answer.body().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(answer.body());
    let body = body.trim_ascii_start();
    let says_so = header(answer, "content-type").is_some_and(|kind| kind.starts_with("text/html"));
    body.starts_with(b"<") || says_so && !body.is_empty() && !body.starts_with(b"{")
}

/// Returns what happened and what to do, without any text of the server.
pub(crate) fn detail(answer: &http::Response<Bytes>) -> Cow<'static, str> {
    let status = answer.status();
    let base = base(status);
    let advice = match status.as_u16() {
        300..=399 => ", a redirect, which is not followed: is the base URL right?",
        401 => ": check the token, its kind and its rights",
        402 => ": the account's plan does not allow it",
        429 => ": its limit for this window is used up",
        _ if is_html(answer) => " with HTML: a proxy's page, or Chatwoot's own page for a failure",
        _ => return base.into(),
    };
    format!("{base}{advice}").into()
}

fn base(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("unknown status");
    format!("the server responded {} {reason}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, kind: &str, body: &'static str) -> ErrorResponse {
        let answer = http::Response::builder().status(status).header("content-type", kind);
        ErrorResponse::read(&answer.body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    fn json(body: &'static str) -> ErrorResponse {
        response(422, "application/json", body)
    }

    #[test]
    fn complaints_by_field_are_a_message_and_field_names() {
        let said = json(r#"{"error":{"actions":["x not supported."],"name":["blank"]}}"#);
        assert_eq!(said.message.as_deref(), Some("x not supported."));
        assert_eq!(said.attributes, ["actions", "name"]);
        let said = json(r#"{"error":{"name":"odd"}}"#);
        assert_eq!(said.message.as_deref(), Some("odd"));
        assert_eq!(said.attributes, ["name"]);
    }

    #[test]
    fn plain_words_are_the_message_and_pages_are_not() {
        assert_eq!(json(r#""Not now""#).message.as_deref(), Some("Not now"));
        assert_eq!(json(r#"["Not now"]"#).message.as_deref(), Some("Not now"));
        let limited = response(429, "text/plain", "Retry later\n");
        assert_eq!(limited.message.as_deref(), Some("Retry later"));
        assert_eq!(limited.kind(), ErrorKind::RateLimited);
        assert_eq!(response(404, "text/html", "(left out)").message, None);
        assert_eq!(response(502, "text/plain", " <html>Bad gateway</html>").message, None);
        assert_eq!(json(r#"{"message":"","error":"Missing"}"#).message.as_deref(), Some("Missing"));
        assert_eq!(json("[[]]").message, None);
    }

    #[test]
    fn what_the_plan_does_not_allow_has_its_own_kind() {
        let said = response(402, "application/json", r#"{"error":"Account limit exceeded"}"#);
        assert_eq!(said.kind(), ErrorKind::PaymentRequired);
        assert_eq!(said.message.as_deref(), Some("Account limit exceeded"));
    }
}
