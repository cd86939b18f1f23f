//! Webhooks: where Chatwoot sends what happens in the accounts.
//!
//! Nothing is held for somebody who is not known: address, length and headers are looked at before
//! the body is read, and so many requests are read at once and no more.

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

/// What the endpoint needs.
#[derive(Clone)]
pub struct Webhooks {
    /// What verifies and takes.
    pub intake: Intake,
    /// The largest body, in bytes: [`Webhooks::BODY_LIMIT`] unless told otherwise.
    pub body_limit: usize,
    /// How long a delivery may take: [`Webhooks::DEADLINE`] unless told otherwise.
    pub deadline: Duration,
    /// How many deliveries may be under way at once: [`Webhooks::AT_ONCE`] unless told otherwise.
    /// Times the largest body it is the memory that the endpoint may take.
    pub at_once: usize,
    /// How many of them may be one store's: [`Webhooks::AT_ONCE_PER_ADDRESS`] unless told otherwise.
    pub at_once_per_address: usize,
}

impl Webhooks {
    /// 1 MiB. The largest real deliveries are some ten kilobytes.
    pub const BODY_LIMIT: usize = 1024 * 1024;
    /// Chatwoot waits five seconds and then forgets the event, so a later answer is of no use.
    pub const DEADLINE: Duration = Duration::from_secs(4);
    /// 256, and with the largest bodies 256 MiB.
    pub const AT_ONCE: usize = 256;
    /// 64: a Chatwoot sends as many as it has workers, some ten or twenty.
    pub const AT_ONCE_PER_ADDRESS: usize = 64;

    /// The endpoint at its usual place and with its usual limits.
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

/// Returns the endpoint that Chatwoot sends webhooks to.
///
/// `POST /webhooks/chatwoot/{address}`: verifies a delivery, records it, answers. Nothing is handled
/// here.
///
/// 200 `{"status": "new"}`, `{"status": "known"}` or, for a changed contact, `{"status": "hint"}`; 400 malformed, 401 unsigned or wrongly signed,
/// 404 unknown address, 411 without `Content-Length` (Chatwoot always sends one; a proxy may not),
/// 413 too large, 503 with `Retry-After` if too many are under way, 503 if it could not be
/// remembered in time. Before the body is read: 404, 411, 413, both 503, and 401 if there is no
/// signature or its time is not now.
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
    // The body counts too: a sender that trickles would hold the connection.
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

/// How long the body is, where the request says so. In chunks it would have no length.
fn length(headers: &HeaderMap, body: &impl HttpBody) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?;
    body.size_hint().exact()
}

fn busy(whose: &str) -> Response {
    tracing::error!(whose, "too many webhooks at once: one was not taken");
    let text = "too many at once, send it again";
    reply::error_for(StatusCode::SERVICE_UNAVAILABLE, text, Duration::from_secs(1))
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
