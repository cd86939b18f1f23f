//! Answers that several endpoints give in the same form.

use std::error::Error;
use std::fmt;

use ::axum::Json;
use ::axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;
use store_context::model::ContextSnapshot;
use store_context::ports::{PortError, PortResult};

/// `{"error": ".."}`, which no cache keeps.
pub(super) fn error(status: StatusCode, text: impl fmt::Display) -> Response {
    no_store((status, Json(json!({ "error": text.to_string() }))))
}

/// What a port's failure looks like from outside. The cause goes to the log only.
pub(super) fn failed(error: &PortError) -> Response {
    tracing::error!(port = error.port(), causes = causes(error), "a port failed");
    self::error(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable, try again")
}

/// The snapshot as JSON, 404 if there is none, 503 if it could not be read.
pub(super) fn snapshot(found: PortResult<Option<ContextSnapshot>>) -> Response {
    match found {
        Ok(Some(snapshot)) => no_store(Json(snapshot)),
        Ok(None) => error(StatusCode::NOT_FOUND, "no customer"),
        Err(failure) => failed(&failure),
    }
}

pub(super) fn no_store(response: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], response).into_response()
}

fn causes(error: &PortError) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
