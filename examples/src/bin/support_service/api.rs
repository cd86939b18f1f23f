//! The endpoints for the shop's own services, with the service token.
//!
//! `PUT /shop/stores/{store}` saves and provisions a store; `PUT /shop/stores/{store}/customers/{customer}`
//! and `PUT /shop/stores/{store}/orders/{order}` save what changed; `DELETE` of a customer erases
//! them; `POST /shop/stores/{store}/customers/{customer}/session` signs a customer in;
//! `GET /metrics` is for Prometheus.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use chatwoot_client::Secret;
use examples::shop::{Shop, ShopError};
use http::{StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use store_context::context::ContextService;
use store_context::engine::Engine;
use store_context::model::{Customer, CustomerId, Order, OrderId, Store, StoreId};
use store_context::ports::{Change, PortFailure, Signal, Signals};
use store_context::provision::{ProvisionError, Provisioner};
use store_context::sync::{ContactSync, Erased};
use subtle::ConstantTimeEq;

use crate::metrics;
use crate::sessions::DatabaseSessions;

pub(crate) struct Api {
    pub(crate) token: Secret,
    pub(crate) shop: Shop,
    pub(crate) sessions: DatabaseSessions,
    pub(crate) sync: ContactSync,
    pub(crate) context: ContextService,
    pub(crate) signals: Arc<dyn Signals>,
    pub(crate) provisioner: Provisioner,
    pub(crate) engine: Engine,
    pub(crate) metrics: PrometheusHandle,
}

impl Api {
    /// Drops the cached snapshot of a customer, and tells the open panels.
    async fn changed(&self, store: &StoreId, customer: &CustomerId, change: Change) {
        self.context.forget(store, customer).await;
        let signal = Signal::new(store.clone(), customer.clone(), change);
        if let Err(error) = self.signals.publish(&signal).await {
            // A panel that is not told shows the change when it is opened again.
            tracing::warn!(%error, "the open panels were not told of a change");
        }
    }
}

pub(crate) fn router(api: Api) -> Router {
    let api = Arc::new(api);
    let customer = "/shop/stores/{store}/customers/{customer}";
    Router::new()
        .route("/shop/stores/{store}", put(put_store))
        .route(customer, put(put_customer).delete(erase_customer))
        .route(&format!("{customer}/session"), post(begin_session))
        .route("/shop/stores/{store}/orders/{order}", put(put_order))
        .route("/metrics", get(show_metrics))
        // Not of requests that no route matches: they are answered with 404 and 405.
        .route_layer(from_fn_with_state(api.clone(), authorize))
        .with_state(api)
}

/// Refuses requests without the service token.
async fn authorize(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = api.token.expose().as_bytes();
    if given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(known))) {
        return next.run(request).await;
    }
    let said = json!({ "error": "give the service token as a bearer token" });
    (StatusCode::UNAUTHORIZED, Json(said)).into_response()
}

/// A failure, as a response that tells the shop's services what is wrong. A malformed request never
/// gets here: axum answers it with 400, 415 or 422.
struct Failure(StatusCode, anyhow::Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        if status.is_server_error() {
            tracing::error!(%status, "{error:#}");
        }
        (status, Json(json!({ "error": error.to_string() }))).into_response()
    }
}

impl From<ShopError> for Failure {
    fn from(error: ShopError) -> Self {
        let status = match error {
            ShopError::UnknownStore | ShopError::UnknownCustomer => StatusCode::NOT_FOUND,
            ShopError::Currency => StatusCode::CONFLICT,
            ShopError::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self(status, error.into())
    }
}

impl From<PortFailure> for Failure {
    fn from(error: PortFailure) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.into())
    }
}

impl From<ProvisionError> for Failure {
    fn from(error: ProvisionError) -> Self {
        let status = match error {
            ProvisionError::Chatwoot { .. } | ProvisionError::Lacking { .. } => {
                StatusCode::BAD_GATEWAY
            }
            ProvisionError::AccountGone(_)
            | ProvisionError::Busy(_)
            | ProvisionError::Interfered(_) => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self(status, error.into())
    }
}

fn same(path: &str, body: &str) -> Result<(), Failure> {
    if path == body {
        return Ok(());
    }
    Err(Failure(StatusCode::BAD_REQUEST, anyhow::anyhow!("the id differs from that of the path")))
}

async fn put_store(
    State(api): State<Arc<Api>>,
    Path(id): Path<StoreId>,
    Json(store): Json<Store>,
) -> Result<Json<serde_json::Value>, Failure> {
    same(id.as_str(), store.id.as_str())?;
    api.shop.put_store(&store).await?;
    let report = api.provisioner.provision(&store).await?;
    Ok(Json(json!({ "changed": report.changed() })))
}

async fn put_customer(
    State(api): State<Arc<Api>>,
    Path((store, id)): Path<(StoreId, CustomerId)>,
    Json(customer): Json<Customer>,
) -> Result<StatusCode, Failure> {
    same(id.as_str(), customer.id.as_str())?;
    api.shop.put_customer(&store, &customer).await?;
    api.changed(&store, &customer.id, Change::Customer).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_order(
    State(api): State<Arc<Api>>,
    Path((store, id)): Path<(StoreId, OrderId)>,
    Json(order): Json<Order>,
) -> Result<StatusCode, Failure> {
    same(id.as_str(), order.id.as_str())?;
    api.shop.put_order(&store, &order).await?;
    api.changed(&store, &order.customer, Change::Orders).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Responds with 202 if Chatwoot has yet to delete the contact: a worker goes on with it.
async fn erase_customer(
    State(api): State<Arc<Api>>,
    Path((store, customer)): Path<(StoreId, CustomerId)>,
) -> Result<StatusCode, Failure> {
    api.shop.remove_customer(&store, &customer).await?;
    let erased = api.sync.erase(&store, &customer).await?;
    api.changed(&store, &customer, Change::Customer).await;
    Ok(match erased {
        Erased::Done => StatusCode::NO_CONTENT,
        Erased::Noted => StatusCode::ACCEPTED,
    })
}

async fn begin_session(
    State(api): State<Arc<Api>>,
    Path((store, customer)): Path<(StoreId, CustomerId)>,
) -> Result<Json<serde_json::Value>, Failure> {
    let token = api.sessions.begin(&store, &customer).await?;
    Ok(Json(json!({ "token": token })))
}

/// Without the ledgers' counts if the database does not answer.
async fn show_metrics(State(api): State<Arc<Api>>) -> String {
    match api.engine.health().await {
        Ok(health) => metrics::record(&health),
        Err(error) => {
            let error = anyhow::Error::from_boxed(error.into());
            tracing::error!("the metrics are without the ledgers: {error:#}");
        }
    }
    api.metrics.render()
}
