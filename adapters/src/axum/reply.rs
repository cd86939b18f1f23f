//! Answers that several endpoints give in the same form.

use std::error::Error;
use std::fmt;

use std::time::Duration;

use ::axum::middleware::map_response;
use ::axum::response::{IntoResponse, Response};
use ::axum::{Json, Router};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use store_context::model::ContextSnapshot;
use store_context::ports::PortFailure;

/// What every answer of an endpoint says, whoever gives it: no cache keeps it, and its type is the
/// one that it names.
pub(super) fn with_headers(router: Router) -> Router {
    router.layer(map_response(|mut response: Response| async {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }))
}

/// `{"error": ".."}`.
pub(super) fn error(status: StatusCode, text: impl fmt::Display) -> Response {
    (status, Json(json!({ "error": text.to_string() }))).into_response()
}

/// The same with `Retry-After`, in whole seconds.
pub(super) fn error_for(status: StatusCode, text: impl fmt::Display, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    ([(header::RETRY_AFTER, seconds.to_string())], error(status, text)).into_response()
}

/// What a port's failure looks like from outside. The cause goes to the log only.
pub(super) fn failed(error: &PortFailure) -> Response {
    tracing::error!(port = error.port(), causes = causes(error), "a port failed");
    unavailable()
}

/// What is not the asker's fault.
pub(super) fn unavailable() -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable, try again")
}

/// The snapshot as JSON, 404 if there is none, 503 if it could not be read.
pub(super) fn snapshot(found: Result<Option<ContextSnapshot>, PortFailure>) -> Response {
    match found {
        Ok(Some(snapshot)) => Json(snapshot).into_response(),
        Ok(None) => error(StatusCode::NOT_FOUND, "no customer"),
        Err(failure) => failed(&failure),
    }
}

pub(super) fn causes(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
