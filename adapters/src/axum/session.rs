//! The host's sessions, which identify the customer of a request.

use std::sync::Arc;

use ::axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, Response};
use async_trait::async_trait;
use http::StatusCode;
use http::request::Parts;
use store_context::model::{CustomerId, StoreId};

use super::reply;

/// Identifies the signed-in customer. A host implements it with its existing mechanism: a cookie, a
/// token, or a value that its own middleware has added to [`Parts::extensions`].
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Returns the customer of the request's session; `None` without a valid session.
    async fn customer(&self, parts: &Parts) -> Option<(StoreId, CustomerId)>;
}

/// The signed-in customer of a request, as an extractor: 401 without a session. For a page that
/// guests see too, extract an `Option<CurrentCustomer>`.
///
/// The router's state is the host's [`Sessions`], or a state of which they are a part
/// (`impl FromRef<AppState> for Arc<dyn Sessions>`).
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use axum::routing::get;
/// use store_context_adapters::axum::{CurrentCustomer, Sessions};
///
/// async fn orders(CurrentCustomer { store, customer }: CurrentCustomer) -> String {
///     format!("the orders of {customer} at {store}")
/// }
///
/// async fn greeting(customer: Option<CurrentCustomer>) -> &'static str {
///     if customer.is_some() { "Welcome back" } else { "Welcome" }
/// }
///
/// fn pages(sessions: Arc<dyn Sessions>) -> Router {
///     Router::new()
///         .route("/orders", get(orders))
///         .route("/", get(greeting))
///         .with_state(sessions)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentCustomer {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
}

/// The rejection of a request without a session: 401 `{"error": ".."}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSignedIn;

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        reply::error(StatusCode::UNAUTHORIZED, "sign in first")
    }
}

async fn current<S>(parts: &Parts, state: &S) -> Option<CurrentCustomer>
where
    S: Sync,
    Arc<dyn Sessions>: FromRef<S>,
{
    let (store, customer) = <Arc<dyn Sessions>>::from_ref(state).customer(parts).await?;
    Some(CurrentCustomer { store, customer })
}

impl<S> FromRequestParts<S> for CurrentCustomer
where
    S: Send + Sync,
    Arc<dyn Sessions>: FromRef<S>,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NotSignedIn> {
        current(parts, state).await.ok_or(NotSignedIn)
    }
}

impl<S> OptionalFromRequestParts<S> for CurrentCustomer
where
    S: Send + Sync,
    Arc<dyn Sessions>: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(current(parts, state).await)
    }
}
