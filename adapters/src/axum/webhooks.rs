//! Webhooks: where Chatwoot sends what happens at the desks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use ::axum::response::Response;
use ::axum::routing::post;
use ::axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use store_context::intake::{Intake, Receipt, ReceiveError};
use store_context::ports::{Address, AddressToken};
use tokio::time::timeout;

use super::reply;

/// What the endpoint needs.
#[derive(Clone)]
pub struct Webhooks {
    /// What verifies and remembers.
    pub intake: Intake,
    /// The largest body, in bytes: [`Webhooks::BODY_LIMIT`] unless told otherwise.
    pub body_limit: usize,
    /// How long a delivery may take: [`Webhooks::DEADLINE`] unless told otherwise.
    pub deadline: Duration,
}

impl Webhooks {
    /// 1 MiB. The largest real deliveries are some ten kilobytes.
    pub const BODY_LIMIT: usize = 1024 * 1024;
    /// Chatwoot waits five seconds and then forgets the event, so a later answer is of no use.
    pub const DEADLINE: Duration = Duration::from_secs(4);

    /// The endpoint at its usual place and with its usual limits.
    pub fn new(intake: Intake) -> Self {
        Self { intake, body_limit: Self::BODY_LIMIT, deadline: Self::DEADLINE }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("body_limit", &self.body_limit)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// `POST /webhooks/chatwoot/{address}`: verifies a delivery, remembers it, answers. Nothing is handled here.
///
/// 200 `{"status": "new"}` or `{"status": "known"}`; 400 malformed, 401 unsigned or wrongly signed,
/// 404 unknown address, 413 too large, 503 if it could not be remembered in time.
pub fn router(endpoint: Webhooks) -> Router {
    let path = format!("{}/{{address}}", Address::Webhook.path());
    let limit = DefaultBodyLimit::max(endpoint.body_limit);
    Router::new().route(&path, post(receive)).layer(limit).with_state(Arc::new(endpoint))
}

async fn receive(
    State(endpoint): State<Arc<Webhooks>>,
    Path(address): Path<String>,
    request: Request,
) -> Response {
    let address = AddressToken::new(address);
    // The body counts too: a sender that trickles would hold the connection.
    let answer = timeout(endpoint.deadline, read_and_receive(&endpoint.intake, &address, request));
    answer.await.unwrap_or_else(|_elapsed| {
        tracing::error!("a webhook could not be remembered in time");
        reply::error(StatusCode::SERVICE_UNAVAILABLE, "too slow, send it again")
    })
}

async fn read_and_receive(intake: &Intake, address: &AddressToken, request: Request) -> Response {
    let headers = request.headers().clone();
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return reply::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
        }
        Err(_) => return reply::error(StatusCode::BAD_REQUEST, "the body could not be read"),
    };
    match intake.receive(address, &headers, &body).await {
        Ok(Receipt::New) => reply::no_store(Json(json!({ "status": "new" }))),
        Ok(Receipt::Known) => reply::no_store(Json(json!({ "status": "known" }))),
        Ok(Receipt::Hint) => reply::no_store(Json(json!({ "status": "hint" }))),
        Err(error) => refuse(&error),
    }
}

/// Says which check failed and nothing of what was sent: no signature, no body, no address.
///
/// The log says why: a wrong secret or clock shows here first, and Chatwoot tells nobody.
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
