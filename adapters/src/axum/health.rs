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
    run: Arc<dyn Fn() -> BoxFuture<'static, CheckResult> + Send + Sync>,
}

impl Health {
    /// Creates a set without checks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check. All checks run concurrently on each request, and each fails after two seconds.
    pub fn check<F, Answer, E>(mut self, name: &'static str, run: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let run = Arc::new(move || {
            let answer = run();
            async move { answer.await.map_err(Into::into) }.boxed()
        });
        self.checks.push(Check { name, run });
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
/// `GET /health`: 200 if every check passes, 503 if one fails, with the name and status of each.
/// The reason of a failure is logged and not part of the response.
pub fn router(health: Health) -> Router {
    reply::with_headers(Router::new().route("/health", get(show)).with_state(health))
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
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
    let all_pass = checks.iter().all(|check| matches!(check.status, Status::Ok));
    let (code, status) = if all_pass {
        (StatusCode::OK, Status::Ok)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Status::Failed)
    };
    (code, Json(Report { status, checks })).into_response()
}

async fn checked(check: &Check) -> Checked {
    let status = match timeout(CHECK_TIMEOUT, (check.run)()).await {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(error)) => {
            tracing::error!(check = check.name, %error, "a health check failed");
            Status::Failed
        }
        Err(_elapsed) => {
            tracing::error!(check = check.name, "a health check took too long");
            Status::Failed
        }
    };
    Checked { name: check.name, status }
}
