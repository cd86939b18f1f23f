//! The fake's clock: real time, until a test sets it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Number, Value};

/// Real time, or a time that a test has set.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::fake) struct Clock {
    held: Option<Timestamp>,
}

impl Clock {
    pub(in crate::fake) fn now(&self) -> Timestamp {
        self.held.unwrap_or_else(Timestamp::now)
    }

    pub(in crate::fake) fn hold(&mut self, at: Timestamp) {
        self.held = Some(at);
    }

    pub(in crate::fake) fn release(&mut self) {
        self.held = None;
    }

    /// Advances the time; a running clock is stopped by this.
    pub(in crate::fake) fn advance(&mut self, by: Duration) {
        let now = self.now();
        self.held = Some(now.checked_add(by).unwrap_or(now));
    }
}

/// Returns a time as Rails writes it: `2026-11-21T00:34:38.886Z`.
pub(in crate::fake) fn iso(at: Timestamp) -> Value {
    Value::String(format!("{at:.3}"))
}

/// Returns whole seconds since 1970.
pub(in crate::fake) fn epoch(at: Timestamp) -> Value {
    Value::from(at.as_second())
}

/// Returns seconds since 1970 with a fraction.
pub(in crate::fake) fn epoch_fraction(at: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit in an f64")]
    let seconds = at.as_microsecond() as f64 / 1_000_000.0;
    Number::from_f64(seconds).map_or(Value::Null, Value::Number)
}
