//! Guards calls to the host's code, which may panic or hang.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;

use crate::ports::{Observer, PortError, PortResult};
use crate::time::TICK;

/// The timeout of one call to a storage port.
const PORT_LIMIT: Duration = Duration::from_secs(10);

/// The reason why a call to the host's code did not complete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cut {
    /// It panicked, with this message.
    #[error("panicked: {0}")]
    Panicked(String),
    /// It exceeded this time limit.
    #[error("did not end within {0:?}")]
    TimedOut(Duration),
}

/// Runs a future of the host's code: catches a panic, and drops the future after `limit`.
pub(crate) async fn guarded<T>(
    limit: Duration,
    future: impl Future<Output = T> + Send,
) -> Result<T, Cut> {
    match tokio::time::timeout(limit, AssertUnwindSafe(future).catch_unwind()).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(Cut::Panicked(said(&*panic))),
        Err(_elapsed) => Err(Cut::TimedOut(limit)),
    }
}

/// Runs a call to a storage port: a panic or a hang becomes an error of the port.
pub(crate) async fn port<T>(
    name: &'static str,
    call: impl Future<Output = PortResult<T>> + Send,
) -> PortResult<T> {
    port_within(PORT_LIMIT, name, call).await
}

/// Runs a call to a port: a panic, or a hang for longer than `limit`, becomes an error of the port.
pub(crate) async fn port_within<T>(
    limit: Duration,
    name: &'static str,
    call: impl Future<Output = PortResult<T>> + Send,
) -> PortResult<T> {
    let answer = guarded(limit, call).await;
    let answer = answer.unwrap_or_else(|cut| Err(PortError::new(name, cut)));
    answer.map_err(|error| error.named(name))
}

/// Runs a port's wait for work, which takes `idle` at most. A port that panics or hangs neither ends
/// the wait early nor blocks it.
pub(crate) async fn wait(idle: Duration, wait: impl Future<Output = ()> + Send) {
    if idle < TICK {
        tokio::time::sleep(TICK).await;
    } else if let Err(Cut::Panicked(_)) = guarded(idle.saturating_mul(2), wait).await {
        tokio::time::sleep(idle).await;
    }
}

/// Locks a mutex. What it guards is consistent whenever it is unlocked, also by a panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notifies the host's observer; a panic of it is logged.
pub(crate) fn observe(observer: &dyn Observer, tell: impl FnOnce(&dyn Observer)) {
    let told = std::panic::catch_unwind(AssertUnwindSafe(|| tell(observer)));
    if let Err(panic) = told {
        tracing::error!(panic = said(&*panic), "the observer panicked");
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_panics_or_hangs_is_cut() {
        let limit = Duration::from_secs(3);
        assert_eq!(guarded(limit, async { 7 }).await, Ok(7));
        let panicked = guarded(limit, async { assert!(limit.is_zero(), "no {}", 8) }).await;
        assert_eq!(panicked, Err(Cut::Panicked("no 8".to_owned())));
        let hung = guarded(limit, std::future::pending::<()>()).await;
        assert_eq!(hung, Err(Cut::TimedOut(limit)));
        let port = port::<()>("sync", std::future::pending()).await.unwrap_err();
        assert_eq!(port.to_string(), "the port `sync` failed");
    }
}
