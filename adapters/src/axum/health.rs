//! The health endpoint, which runs checks of the host and its dependencies.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::axum::extract::State;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::get;
use ::axum::{Json, Router};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use http::StatusCode;
use serde::Serialize;
use store_context::engine::Engine;
use store_context::ports::PortFailure;
use tokio::time::timeout;

use super::reply;

/// The timeout of a check, after which it counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

type CheckResult = Result<(), Box<dyn Error + Send + Sync>>;

/// The health checks of the host; without any, the response only shows that the process runs.
///
/// ```
/// use store_context_adapters::axum::Health;
///
/// let health = Health::new().check("disk", || async {
///     if std::path::Path::new(".").exists() { Ok(()) } else { Err("no disk") }
/// });
/// # let _ = health;
/// ```
#[derive(Clone, Default)]
pub struct Health {
    checks: Vec<Check>,
}

#[derive(Clone)]
struct Check {
    name: &'static str,
    /// Whether the host works without what is checked.
    optional: bool,
    run: Arc<dyn Fn() -> BoxFuture<'static, CheckResult> + Send + Sync>,
}

impl Health {
    /// Creates a set without checks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check. All checks run concurrently on each request, and each fails after two seconds.
    pub fn check<F, Answer, E>(self, name: &'static str, run: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.add(name, false, run)
    }

    /// Adds a check of what the host works without, such as a cache. If it fails, the host is
    /// degraded and not unhealthy: the response is 200 and says so.
    ///
    /// ```
    /// use store_context_adapters::axum::Health;
    ///
    /// let health = Health::new().optional_check("cache", || async { Err::<(), _>("it is cold") });
    /// # let _ = health;
    /// ```
    pub fn optional_check<F, Answer, E>(self, name: &'static str, run: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.add(name, true, run)
    }

    /// Adds the check `workers`: it fails while a worker of the engine does not run
    /// ([`EngineHealth::is_alive`](store_context::engine::EngineHealth::is_alive)) or a ledger does
    /// not answer.
    ///
    /// ```
    /// use store_context::engine::Engine;
    /// use store_context_adapters::axum::Health;
    ///
    /// # fn example(engine: &Engine) -> axum::Router {
    /// store_context_adapters::axum::health::router(Health::new().engine(engine))
    /// # }
    /// ```
    pub fn engine(self, engine: &Engine) -> Self {
        let engine = engine.clone();
        self.check("workers", move || {
            let engine = engine.clone();
            async move {
                let health = engine.health().await.map_err(PortFailure::from)?;
                let dead = || "a worker does not run".into();
                health.is_alive().then_some(()).ok_or_else::<Box<dyn Error + Send + Sync>, _>(dead)
            }
        })
    }

    fn add<F, Answer, E>(mut self, name: &'static str, optional: bool, run: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let run = Arc::new(move || {
            let answer = run();
            async move { answer.await.map_err(Into::into) }.boxed()
        });
        self.checks.push(Check { name, optional, run });
        self
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|check| check.name)).finish()
    }
}

/// Returns the health endpoint.
///
/// `GET /health`: 200 if every check passes, 503 if one fails, with the name and status of each. If
/// only optional checks fail, 200 with the status `degraded`. The reason of a failure is logged and
/// not part of the response.
pub fn router(health: Health) -> Router {
    reply::with_headers(Router::new().route("/health", get(show)).with_state(health))
}

/// Ordered from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Degraded,
    Failed,
}

#[derive(Serialize)]
struct Checked {
    name: &'static str,
    status: Status,
}

#[derive(Serialize)]
struct Report {
    status: Status,
    checks: Vec<Checked>,
}

async fn show(State(health): State<Health>) -> Response {
    let checks = join_all(health.checks.iter().map(checked)).await;
    let status = checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok);
    let code = match status {
        Status::Ok | Status::Degraded => StatusCode::OK,
        Status::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(Report { status, checks })).into_response()
}

async fn checked(check: &Check) -> Checked {
    let Check { name, optional, run } = check;
    let failure: Box<dyn Error + Send + Sync> = match timeout(CHECK_TIMEOUT, run()).await {
        Ok(Ok(())) => return Checked { name, status: Status::Ok },
        Ok(Err(error)) => error,
        Err(_elapsed) => format!("no answer within {CHECK_TIMEOUT:?}").into(),
    };
    let status = if *optional {
        tracing::warn!(check = name, error = %failure, "an optional health check failed");
        Status::Degraded
    } else {
        tracing::error!(check = name, error = %failure, "a health check failed");
        Status::Failed
    };
    Checked { name, status }
}
