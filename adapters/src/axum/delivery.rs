//! A verified webhook of Chatwoot as an extractor, for a host's own endpoints.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::axum::body::{HttpBody, to_bytes};
use ::axum::extract::{FromRef, FromRequest, Request};
use ::axum::response::{IntoResponse, Response};
use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use http::header;
use http::request::Parts;
use store_context::Timestamp;
use store_context::chatwoot::Secret;
use store_context::chatwoot::webhook::{Event, ParseError, Verifier, VerifierError, VerifyError};
use store_context::ports::{PortError, PortResult};
use tokio::time::timeout;

use super::reply;

/// Finds the verifier of the webhook that a request is sent to. A host with one webhook passes its
/// secret to [`Deliveries::signed_with`] instead.
#[async_trait]
pub trait Verifiers: Send + Sync {
    /// Returns the verifier for a request's path and headers; `None` if the path is that of no
    /// webhook.
    async fn verifier(&self, parts: &Parts) -> PortResult<Option<Verifier>>;
}

#[async_trait]
impl Verifiers for Verifier {
    async fn verifier(&self, _: &Parts) -> PortResult<Option<Verifier>> {
        Ok(Some(self.clone()))
    }
}

/// The state of [`SignedDelivery`]: how deliveries are verified, and their limits.
#[derive(Clone)]
pub struct Deliveries {
    verifiers: Arc<dyn Verifiers>,
    body_limit: usize,
    deadline: Duration,
}

impl Deliveries {
    /// The default maximum body size, 1 MiB.
    pub const BODY_LIMIT: usize = 1024 * 1024;
    /// The default time limit of the body: Chatwoot waits five seconds for the response.
    pub const DEADLINE: Duration = Duration::from_secs(4);

    /// Creates a state with the default limits.
    pub fn new(verifiers: Arc<dyn Verifiers>) -> Self {
        Self { verifiers, body_limit: Self::BODY_LIMIT, deadline: Self::DEADLINE }
    }

    /// Creates a state for one webhook: that of an agent bot or an API inbox, for example.
    ///
    /// # Errors
    /// Returns an error if the secret is empty.
    pub fn signed_with(secret: impl Into<Secret>) -> Result<Self, VerifierError> {
        Ok(Self::new(Arc::new(Verifier::new(secret)?)))
    }

    /// Sets the maximum body size, in bytes.
    #[must_use]
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the time limit of the body.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries")
            .field("body_limit", &self.body_limit)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A webhook of Chatwoot whose signature and time are verified, as an extractor for a host's own
/// endpoint, such as that of an agent bot. The webhooks of stores have an endpoint that also stores
/// them: [`webhooks`](super::webhooks).
///
/// The body is not read before the headers are checked, and never beyond the limit. The same delivery
/// may be sent again: only its sender is verified.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use http::StatusCode;
/// use store_context_adapters::axum::{Deliveries, SignedDelivery};
///
/// async fn bot(delivery: SignedDelivery) -> Result<StatusCode, StatusCode> {
///     let event = delivery.event().map_err(|_| StatusCode::BAD_REQUEST)?;
///     println!("{} at {}", event.name(), delivery.sent_at);
///     Ok(StatusCode::OK)
/// }
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let deliveries = Deliveries::signed_with("the bot's secret")?;
/// let router: Router = Router::new().route("/bot", post(bot)).with_state(deliveries);
/// # drop(router);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedDelivery {
    /// The id of the delivery, which the signature does not cover.
    pub id: Option<String>,
    /// When Chatwoot sent it.
    pub sent_at: Timestamp,
    /// Whether it was signed with the previous secret.
    pub by_previous: bool,
    /// The body as received.
    pub body: Bytes,
}

impl SignedDelivery {
    /// Decodes the body.
    ///
    /// # Errors
    /// Returns an error if the body is no webhook of Chatwoot. A webhook of an unknown event is no
    /// error.
    pub fn event(&self) -> Result<Event, ParseError> {
        Event::parse(&self.body)
    }
}

/// The reason why a request is no delivery. As a response it shows neither the secret nor the
/// signature.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeliveryRejection {
    /// 404: the path is that of no webhook.
    Unknown,
    /// 401: the request is unsigned, wrongly signed or not current.
    Unproven(VerifyError),
    /// 413: the body is larger than the limit.
    TooLarge,
    /// 400: the body could not be read.
    Unreadable,
    /// 408: the body was not received in time.
    TooSlow,
    /// 503: the verifier could not be found out.
    Failed(PortError),
}

impl IntoResponse for DeliveryRejection {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "unknown address"),
            Self::Unproven(error) => {
                tracing::warn!(%error, "a delivery was not accepted");
                (StatusCode::UNAUTHORIZED, "unsigned, or the signature was refused")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Self::Unreadable => (StatusCode::BAD_REQUEST, "the body could not be read"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too slow, send it again"),
            Self::Failed(error) => return reply::failed(&error),
        };
        reply::error(status, text)
    }
}

impl<S> FromRequest<S> for SignedDelivery
where
    S: Send + Sync,
    Deliveries: FromRef<S>,
{
    type Rejection = DeliveryRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, DeliveryRejection> {
        let Deliveries { verifiers, body_limit, deadline } = Deliveries::from_ref(state);
        let (parts, body) = request.into_parts();
        let announced = parts.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let length = announced.unwrap_or_else(|| body.size_hint().lower());
        if length > body_limit as u64 {
            return Err(DeliveryRejection::TooLarge);
        }
        let verifier = verifiers.verifier(&parts).await.map_err(DeliveryRejection::Failed)?;
        let verifier = verifier.ok_or(DeliveryRejection::Unknown)?;
        let unproven = DeliveryRejection::Unproven;
        verifier.verify_headers(&parts.headers, Timestamp::now()).map_err(unproven)?;
        let read = timeout(deadline, to_bytes(body, body_limit)).await;
        let read = read.map_err(|_| DeliveryRejection::TooSlow)?;
        let body = read.map_err(|error| unreadable(&error))?;
        let proven = verifier.verify(&parts.headers, &body, Timestamp::now());
        let proven = proven.map_err(unproven)?;
        let (id, sent_at) = (proven.id.map(str::to_owned), proven.sent_at);
        Ok(Self { id, sent_at, by_previous: proven.by_previous, body })
    }
}

/// Tells a body beyond the limit from one whose connection broke.
fn unreadable(error: &::axum::Error) -> DeliveryRejection {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit") {
            return DeliveryRejection::TooLarge;
        }
        cause = error.source();
    }
    DeliveryRejection::Unreadable
}
