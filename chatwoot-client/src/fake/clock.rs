//! The fake's clock: real, until a test sets it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Number, Value};

/// Real time, or a moment that a test holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    held: Option<Timestamp>,
}

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        self.held.unwrap_or_else(Timestamp::now)
    }

    pub(super) fn hold(&mut self, at: Timestamp) {
        self.held = Some(at);
    }

    pub(super) fn release(&mut self) {
        self.held = None;
    }

    /// Moves on from where it is; a running clock is held by this.
    pub(super) fn advance(&mut self, by: Duration) {
        let now = self.now();
        self.held = Some(now.checked_add(by).unwrap_or(now));
    }
}

/// `2026-11-21T00:34:38.886Z`, as Rails writes a time.
pub(super) fn iso(at: Timestamp) -> Value {
    Value::String(format!("{at:.3}"))
}

/// Whole seconds since 1970.
pub(super) fn epoch(at: Timestamp) -> Value {
    Value::from(at.as_second())
}

/// Seconds since 1970 with a fraction.
pub(super) fn epoch_fraction(at: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit in an f64")]
    let seconds = at.as_microsecond() as f64 / 1_000_000.0;
    Number::from_f64(seconds).map_or(Value::Null, Value::Number)
}
