//! Responses that several endpoints have in common.

use std::error::Error;
use std::fmt;

use std::time::Duration;

use ::axum::middleware::map_response;
use ::axum::response::{IntoResponse, Response};
use ::axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use store_context::ports::PortFailure;

/// Adds the headers of every response: no cache stores it, and no browser guesses its content type.
pub(super) fn with_headers(router: Router) -> Router {
    router.layer(map_response(|mut response: Response| async {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }))
}

/// Returns a response with the body `{"error": ".."}`.
pub(super) fn error(status: StatusCode, text: impl fmt::Display) -> Response {
    (status, Json(json!({ "error": text.to_string() }))).into_response()
}

/// Returns the same response with `Retry-After`, in whole seconds.
pub(super) fn error_for(status: StatusCode, text: impl fmt::Display, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    ([(header::RETRY_AFTER, seconds.to_string())], error(status, text)).into_response()
}

/// Returns the response for a failure of a port. The cause is only logged.
pub(super) fn failed(error: &PortFailure) -> Response {
    tracing::error!(port = error.port(), causes = causes(error), "a port failed");
    unavailable()
}

/// Returns the response for a failure that the client did not cause.
pub(super) fn unavailable() -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable, try again")
}

/// Returns a customer's JSON, 404 if there is none, 503 if it could not be read.
pub(super) fn json(found: Result<Option<Bytes>, PortFailure>) -> Response {
    match found {
        Ok(Some(json)) => {
            let json_type = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, json_type)], json).into_response()
        }
        Ok(None) => error(StatusCode::NOT_FOUND, "no customer"),
        Err(failure) => failed(&failure),
    }
}

pub(super) fn causes(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
