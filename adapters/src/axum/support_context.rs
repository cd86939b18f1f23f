//! The support context: a signed-in customer's own data, for the customer's browser or app.

use std::fmt;
use std::sync::Arc;

use ::axum::Router;
use ::axum::extract::State;
use ::axum::response::Response;
use ::axum::routing::get;
use http::StatusCode;
use http::request::Parts;
use store_context::context::ContextService;

use super::reply;
use super::session::Sessions;

/// The path of the endpoint.
pub const PATH: &str = "/api/support/context";

/// The state of the endpoint.
#[derive(Clone)]
pub struct SupportContext {
    /// The source of the data.
    pub context: ContextService,
    /// The source of the store and the customer; no parameter of the request chooses them.
    pub sessions: Arc<dyn Sessions>,
}

impl fmt::Debug for SupportContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupportContext").finish_non_exhaustive()
    }
}

/// Returns the endpoint for a signed-in customer's own browser or app.
///
/// `GET /api/support/context`: an [`OwnContext`](store_context::context::OwnContext) of the customer
/// who is signed in: name, orders and cart. It is not the agents' snapshot.
///
/// 401 without a session, 404 if the customer is unknown, 503 if a port failed.
pub fn router(endpoint: SupportContext) -> Router {
    reply::with_headers(Router::new().route(PATH, get(show)).with_state(endpoint))
}

async fn show(State(endpoint): State<SupportContext>, parts: Parts) -> Response {
    let Some((store, customer)) = endpoint.sessions.customer(&parts).await else {
        return reply::error(StatusCode::UNAUTHORIZED, "sign in first");
    };
    reply::json(endpoint.context.own_json(&store, &customer).await)
}
