//! The wall clock.

use std::fmt;

use jiff::Timestamp;
use tokio::time::Instant;

/// Returns the wall-clock time for the services and the in-memory storage. Delays use tokio's
/// clock.
///
/// A host passes [`SystemClock`]; a test that sets the time passes a [`TokioClock`].
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that starts at a given time and advances with tokio's clock, paused or not.
///
/// ```
/// use std::time::Duration;
/// use store_context::Timestamp;
/// use store_context::ports::{Clock, TokioClock};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let start: Timestamp = "2026-11-21T12:00:00Z".parse()?;
/// let clock = TokioClock::starting_at(start);
/// tokio::time::sleep(Duration::from_hours(1)).await;
/// assert_eq!(clock.now(), start + Duration::from_hours(1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Timestamp,
    since: Instant,
}

impl TokioClock {
    /// Creates a clock whose current time is `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, since: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.start.checked_add(self.since.elapsed()).unwrap_or(Timestamp::MAX)
    }
}
