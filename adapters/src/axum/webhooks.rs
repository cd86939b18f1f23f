//! The endpoint to which Chatwoot sends webhooks.
//!
//! No memory is used for unknown senders: URL, length and headers are checked before the body is
//! read, and the number of requests that are read concurrently is limited.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::axum::body::{HttpBody, to_bytes};
use ::axum::extract::{Path, Request, State};
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::post;
use ::axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use store_context::intake::{Intake, Receipt, ReceiveError};
use store_context::ports::{Address, AddressToken};
use tokio::time::timeout;

use super::at_once::AtOnce;
use super::reply;

/// The state of the endpoint.
#[derive(Clone)]
pub struct Webhooks {
    /// Verifies and stores deliveries.
    pub intake: Intake,
    /// The maximum size of a body, in bytes. The default is [`Webhooks::BODY_LIMIT`].
    pub body_limit: usize,
    /// The time limit of a delivery. The default is [`Webhooks::DEADLINE`].
    pub deadline: Duration,
    /// The maximum number of concurrent deliveries. Multiplied by the maximum body size it bounds
    /// the memory of the endpoint. The default is [`Webhooks::AT_ONCE`].
    pub at_once: usize,
    /// The maximum number of them per store. The default is [`Webhooks::AT_ONCE_PER_ADDRESS`].
    pub at_once_per_address: usize,
}

impl Webhooks {
    /// The default maximum body size, 1 MiB. The largest real deliveries are some ten kilobytes.
    pub const BODY_LIMIT: usize = 1024 * 1024;
    /// The default time limit. Chatwoot waits five seconds and then drops the event, so a later
    /// response is of no use.
    pub const DEADLINE: Duration = Duration::from_secs(4);
    /// The default maximum number of concurrent deliveries, 256; with the largest bodies they take
    /// 256 MiB.
    pub const AT_ONCE: usize = 256;
    /// The default maximum per store, 64: a Chatwoot server sends as many at once as it has
    /// workers, some ten or twenty.
    pub const AT_ONCE_PER_ADDRESS: usize = 64;

    /// Creates the endpoint with the default path and limits.
    pub fn new(intake: Intake) -> Self {
        Self {
            intake,
            body_limit: Self::BODY_LIMIT,
            deadline: Self::DEADLINE,
            at_once: Self::AT_ONCE,
            at_once_per_address: Self::AT_ONCE_PER_ADDRESS,
        }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("body_limit", &self.body_limit)
            .field("deadline", &self.deadline)
            .field("at_once", &self.at_once)
            .field("at_once_per_address", &self.at_once_per_address)
            .finish_non_exhaustive()
    }
}

/// Returns the endpoint to which Chatwoot sends webhooks.
///
/// `POST /webhooks/chatwoot/{address}`: verifies a delivery, stores it, and responds. Events are
/// not handled here.
///
/// 200 `{"status": "new"}`, `{"status": "known"}` or, for a changed contact, `{"status": "hint"}`;
/// 400 malformed, 401 unsigned or wrongly signed, 404 unknown URL, 411 without `Content-Length`
/// (Chatwoot always sends one; a proxy may not), 413 too large, 503 with `Retry-After` if there are
/// too many concurrent deliveries, 503 if it could not be stored in time. Before the body is read:
/// 404, 411, 413, both 503, and 401 if there is no signature or its time is not current.
pub fn router(webhooks: Webhooks) -> Router {
    let path = format!("{}/{{address}}", Address::Webhook.path());
    let at_once = AtOnce::new(webhooks.at_once, webhooks.at_once_per_address);
    let endpoint = Arc::new(Endpoint { webhooks, at_once });
    reply::with_headers(Router::new().route(&path, post(receive)).with_state(endpoint))
}

struct Endpoint {
    webhooks: Webhooks,
    at_once: AtOnce,
}

async fn receive(
    State(endpoint): State<Arc<Endpoint>>,
    Path(address): Path<String>,
    request: Request,
) -> Response {
    // Includes the body: a slow sender would hold the connection.
    let answer = timeout(endpoint.webhooks.deadline, endpoint.answer(address, request));
    answer.await.unwrap_or_else(|_elapsed| {
        tracing::error!("a webhook could not be remembered in time");
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "too slow, send it again")
    })
}

impl Endpoint {
    async fn answer(&self, address: String, request: Request) -> Response {
        let Webhooks { intake, body_limit, .. } = &self.webhooks;
        let (head, body) = request.into_parts();
        let announced = match length(&head.headers, &body) {
            Some(length) if length > *body_limit as u64 => {
                return reply::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
            }
            Some(length) => length,
            None => return reply::error(StatusCode::LENGTH_REQUIRED, "say how long the body is"),
        };
        let Some(_place) = self.at_once.enter() else { return busy("all") };
        let address = AddressToken::new(address);
        let admission = match intake.admit(&address, &head.headers).await {
            Ok(admission) => admission,
            Err(error) => return refuse(&error),
        };
        let Some(_place) = self.at_once.enter_store(admission.store()) else {
            return busy(admission.store().as_str());
        };
        let announced = usize::try_from(announced).unwrap_or(*body_limit);
        let Ok(body) = to_bytes(body, announced).await else {
            return reply::error(StatusCode::BAD_REQUEST, "the body could not be read");
        };
        match intake.receive_admitted(&admission, &head.headers, &body).await {
            Ok(Receipt::New) => Json(json!({ "status": "new" })).into_response(),
            Ok(Receipt::Known) => Json(json!({ "status": "known" })).into_response(),
            Ok(Receipt::Hint) => Json(json!({ "status": "hint" })).into_response(),
            Err(error) => refuse(&error),
        }
    }
}

/// Returns the length of the body if the request has one; a chunked body has none.
fn length(headers: &HeaderMap, body: &impl HttpBody) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?;
    body.size_hint().exact()
}

fn busy(whose: &str) -> Response {
    tracing::error!(whose, "too many webhooks at once: one was not taken");
    let text = "too many at once, send it again";
    reply::error_for(StatusCode::SERVICE_UNAVAILABLE, text, Duration::from_secs(1))
}

/// Returns a response that names the failed check but none of the request's content: no signature,
/// no body, no URL.
///
/// The reason is logged: a wrong secret or clock is noticed here first, since Chatwoot does not
/// report it.
fn refuse(error: &ReceiveError) -> Response {
    let (status, text) = match error {
        ReceiveError::Port(error) => return reply::failed(error),
        ReceiveError::UnknownAddress => (StatusCode::NOT_FOUND, "unknown address"),
        ReceiveError::Unproven(_) => {
            (StatusCode::UNAUTHORIZED, "unsigned, or the signature was refused")
        }
        ReceiveError::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
        ReceiveError::WrongAccount => (StatusCode::BAD_REQUEST, "another account's"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready to verify, try again"),
    };
    tracing::warn!(%status, %error, "a webhook was not accepted");
    reply::error(status, text)
}
