//! The doctor's endpoint: the checks of a store or of all, for the host's operators.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::axum::extract::{Path, State};
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::get;
use ::axum::{Json, Router};
use async_trait::async_trait;
use http::request::Parts;
use http::{StatusCode, header};
use store_context::doctor::{Check, Doctor, Report};
use store_context::model::StoreId;
use store_context::ports::PortFailure;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::reply;

/// The path of the endpoint.
pub const PATH: &str = "/api/support/doctor";

/// Decides who may check stores: a report names servers, accounts and what is wrong with them. A host
/// implements it with its existing mechanism for its own operators, never for customers.
#[async_trait]
pub trait Operators: Send + Sync {
    /// Returns whether the request may check a store, or all stores (`None`).
    async fn may_check(&self, parts: &Parts, store: Option<&StoreId>) -> bool;
}

/// The state of the endpoint.
#[derive(Clone)]
pub struct Doctors {
    /// The doctor.
    pub doctor: Doctor,
    /// Decides who may check.
    pub operators: Arc<dyn Operators>,
    /// The time limit of a request. The default is [`Doctors::DEADLINE`].
    pub deadline: Duration,
    /// The maximum number of concurrent requests. The default is 2.
    pub at_once: usize,
}

impl Doctors {
    /// The default time limit, two minutes: a proxy in front may have a shorter one.
    pub const DEADLINE: Duration = Duration::from_mins(2);

    /// Creates the endpoint with the default limits.
    pub fn new(doctor: Doctor, operators: Arc<dyn Operators>) -> Self {
        Self { doctor, operators, deadline: Self::DEADLINE, at_once: 2 }
    }
}

impl fmt::Debug for Doctors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctors")
            .field("doctor", &self.doctor)
            .field("deadline", &self.deadline)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}

/// Returns the doctor's endpoint. It is not part of [`AxumConfig`](super::AxumConfig): a host merges
/// it where its operators reach it.
///
/// `GET /api/support/doctor/{store}` checks a store, `GET /api/support/doctor` all stores, without
/// the round trip, so that nothing is written. `POST` to the same paths makes the round trip too.
/// Each request checks anew; nothing is cached.
///
/// 200 with the [`Report`] as JSON, or as a text with `Accept: text/plain`, if no check failed; 503
/// with the report if one failed; 403 if the host's [`Operators`] do not allow it; 404 if the store
/// is unknown; 429 with `Retry-After` if there are too many concurrent requests; 503 if the checks
/// took too long or the stores could not be read.
///
/// ```
/// use std::sync::Arc;
///
/// use http::request::Parts;
/// use store_context::async_trait;
/// use store_context::doctor::Doctor;
/// use store_context::model::StoreId;
/// use store_context_adapters::axum::doctor::{self, Doctors, Operators};
///
/// /// The host's middleware has put this into the requests of its operators.
/// #[derive(Clone)]
/// struct Operator;
///
/// struct Backoffice;
///
/// #[async_trait]
/// impl Operators for Backoffice {
///     async fn may_check(&self, parts: &Parts, _: Option<&StoreId>) -> bool {
///         parts.extensions.get::<Operator>().is_some()
///     }
/// }
///
/// fn endpoint(doctor: Doctor) -> axum::Router {
///     doctor::router(Doctors::new(doctor, Arc::new(Backoffice)))
/// }
/// ```
pub fn router(doctors: Doctors) -> Router {
    let slots = Semaphore::new(doctors.at_once.min(Semaphore::MAX_PERMITS));
    let endpoint = Arc::new(Endpoint { doctors, slots });
    let router = Router::new()
        .route(PATH, get(read_all).post(write_all))
        .route(&format!("{PATH}/{{store}}"), get(read).post(write))
        .with_state(endpoint);
    reply::with_headers(router)
}

struct Endpoint {
    doctors: Doctors,
    slots: Semaphore,
}

async fn read_all(State(endpoint): State<Arc<Endpoint>>, parts: Parts) -> Response {
    endpoint.answer(&parts, None, endpoint.reading()).await
}

async fn write_all(State(endpoint): State<Arc<Endpoint>>, parts: Parts) -> Response {
    endpoint.answer(&parts, None, endpoint.doctors.doctor.clone()).await
}

async fn read(
    State(endpoint): State<Arc<Endpoint>>,
    Path(store): Path<String>,
    parts: Parts,
) -> Response {
    endpoint.answer(&parts, Some(&store), endpoint.reading()).await
}

async fn write(
    State(endpoint): State<Arc<Endpoint>>,
    Path(store): Path<String>,
    parts: Parts,
) -> Response {
    endpoint.answer(&parts, Some(&store), endpoint.doctors.doctor.clone()).await
}

impl Endpoint {
    /// Returns the doctor that writes nothing.
    fn reading(&self) -> Doctor {
        self.doctors.doctor.clone().without(Check::RoundTrip)
    }

    async fn answer(&self, parts: &Parts, store: Option<&str>, doctor: Doctor) -> Response {
        let unknown = || reply::error(StatusCode::NOT_FOUND, "no such store");
        let Ok(store) = store.map(StoreId::new).transpose() else { return unknown() };
        if !self.doctors.operators.may_check(parts, store.as_ref()).await {
            return reply::error(StatusCode::FORBIDDEN, "only operators may check stores");
        }
        let Ok(_slot) = self.slots.try_acquire() else {
            let text = "stores are being checked, try again";
            return reply::error_for(StatusCode::TOO_MANY_REQUESTS, text, Duration::from_secs(5));
        };
        let check = async {
            match &store {
                Some(store) if !doctor.knows(store).await? => Ok(None),
                Some(store) => Ok(Some(doctor.check(store).await)),
                None => doctor.check_all().await.map(Some),
            }
        };
        match timeout(self.doctors.deadline, check).await {
            Ok(Ok(Some(report))) => shown(parts, &report),
            Ok(Ok(None)) => unknown(),
            Ok(Err(failure)) => {
                let failure: PortFailure = failure;
                reply::failed(&failure)
            }
            Err(_elapsed) => {
                reply::error(StatusCode::SERVICE_UNAVAILABLE, "the checks took too long")
            }
        }
    }
}

fn shown(parts: &Parts, report: &Report) -> Response {
    let status = if report.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.trim_start().starts_with("text/plain")) {
        return (status, format!("{report}\n")).into_response();
    }
    (status, Json(report)).into_response()
}
