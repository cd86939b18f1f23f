//! Responses, and error responses with the server's own bodies.

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

/// The result of an operation.
pub(in crate::fake) type Outcome = Result<FakeResponse, ErrorResponse>;

/// A complete response before it is converted to `http`'s type.
#[derive(Clone, Debug)]
pub(in crate::fake) struct FakeResponse {
    pub(in crate::fake) status: u16,
    content_type: &'static str,
    body: Bytes,
}

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

impl FakeResponse {
    /// Returns 200 with this JSON.
    pub(in crate::fake) fn json(body: &Value) -> Self {
        Self::with_status(200, body)
    }

    /// Returns another status with this JSON.
    pub(in crate::fake) fn with_status(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, body: Bytes::from(body.to_string()) }
    }

    /// Returns 200 with an empty body and a JSON content type, as most writes without a result do.
    pub(in crate::fake) fn empty() -> Self {
        Self { status: 200, content_type: "application/json", body: Bytes::new() }
    }

    /// Returns 204.
    pub(in crate::fake) fn no_content() -> Self {
        Self { status: 204, content_type: "", body: Bytes::new() }
    }

    /// Returns a status with an empty body.
    pub(in crate::fake) fn empty_with_status(status: u16) -> Self {
        Self { status, ..Self::empty() }
    }

    /// Returns 200 with a body of another content type.
    pub(in crate::fake) fn other(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: 200, content_type, body: body.into() }
    }

    /// Returns plain text with any status.
    pub(in crate::fake) fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: TEXT, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    /// Returns the bytes of a fault's response.
    pub(in crate::fake) fn raw(status: u16, body: Bytes) -> Self {
        Self { status, content_type: JSON, body }
    }

    /// Converts it to `http`'s type.
    pub(in crate::fake) fn into_response(self, etag: bool) -> Response<Bytes> {
        let tag = (etag && self.status == 200 && !self.body.is_empty()).then(|| weak(&self.body));
        let mut response = Response::new(self.body);
        if let Ok(status) = http::StatusCode::from_u16(self.status) {
            *response.status_mut() = status;
        }
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        if let Ok(id) = HeaderValue::from_str(&crate::fake::state::uuid()) {
            headers.insert("x-request-id", id);
        }
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            headers.insert(http::header::ETAG, tag);
        }
        response
    }
}

fn weak(body: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// A response with an error status.
#[derive(Clone, Debug)]
pub(in crate::fake) struct ErrorResponse(pub(in crate::fake) FakeResponse);

impl ErrorResponse {
    fn error(status: u16, text: &str) -> Self {
        Self(FakeResponse::with_status(status, &json!({ "error": text })))
    }

    fn rack(status: u16, text: &str) -> Self {
        Self(FakeResponse::with_status(status, &json!({ "status": status, "error": text })))
    }

    /// 404: no row with that id, or not in that account.
    pub(in crate::fake) fn not_found() -> Self {
        Self::missing("Resource could not be found")
    }

    /// 404 with this text.
    pub(in crate::fake) fn missing(text: &str) -> Self {
        Self::error(404, text)
    }

    /// 404: no such route, or (platform, public) no such row.
    pub(in crate::fake) fn no_route() -> Self {
        Self::rack(404, "Not Found")
    }

    /// 400: the body is not JSON.
    pub(in crate::fake) fn bad_json() -> Self {
        Self::rack(400, "Bad Request")
    }

    /// 500: an error that the server does not handle.
    pub(in crate::fake) fn internal_server_error() -> Self {
        Self::rack(500, "Internal Server Error")
    }

    /// 401 with this text.
    pub(in crate::fake) fn unauthorized(text: &str) -> Self {
        Self::error(401, text)
    }

    /// 401 for a request without a valid token.
    pub(in crate::fake) fn sign_in(text: &str) -> Self {
        Self(FakeResponse::with_status(401, &json!({ "errors": [text] })))
    }

    /// 401: the role does not allow it.
    pub(in crate::fake) fn not_allowed() -> Self {
        Self::unauthorized("You are not authorized to do this action")
    }

    /// 422 with one message.
    pub(in crate::fake) fn unprocessable(text: &str) -> Self {
        Self::error(422, text)
    }

    /// 422 for failed validations: `(attribute, full message)`, in order.
    pub(in crate::fake) fn invalid(faults: &[(&str, &str)]) -> Self {
        let message: Vec<&str> = faults.iter().map(|(_, text)| *text).collect();
        let mut attributes: Vec<&str> = Vec::new();
        for (name, _) in faults {
            if !attributes.contains(name) {
                attributes.push(name);
            }
        }
        Self(FakeResponse::with_status(
            422,
            &json!({ "message": message.join(", "), "attributes": attributes }),
        ))
    }
}
