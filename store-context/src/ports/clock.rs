//! The time of day.

use std::fmt;

use jiff::Timestamp;
use tokio::time::Instant;

/// Tells the time of day. The engine and the ledgers in memory ask it; waits are tokio's.
///
/// A host passes [`SystemClock`]; a simulation passes one that follows tokio's paused time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the time now.
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

/// A clock that starts at a given time and moves with tokio's, paused or not.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Timestamp,
    base: Instant,
}

impl TokioClock {
    /// Starts a clock at a time.
    pub fn new(start: Timestamp) -> Self {
        Self { start, base: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.start.checked_add(self.base.elapsed()).unwrap_or(Timestamp::MAX)
    }
}
