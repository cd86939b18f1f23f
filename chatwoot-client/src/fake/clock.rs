//! The fake's clock: real time, until a test sets it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};
use tokio::time::Instant;

/// The fake's time: that of its source, and a skew.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::fake) struct Clock {
    source: Source,
    skew: SignedDuration,
}

#[derive(Clone, Copy, Debug, Default)]
enum Source {
    /// Real time.
    #[default]
    Real,
    /// A time that a test has set.
    Held(Timestamp),
    /// It was this time at this moment of tokio's clock.
    Tokio(Timestamp, Instant),
}

impl Clock {
    pub(in crate::fake) fn now(&self) -> Timestamp {
        let now = self.without_skew();
        now.checked_add(self.skew).unwrap_or(now)
    }

    fn without_skew(&self) -> Timestamp {
        match self.source {
            Source::Real => Timestamp::now(),
            Source::Held(at) => at,
            Source::Tokio(start, since) => later(start, since.elapsed()),
        }
    }

    pub(in crate::fake) fn set(&mut self, at: Timestamp) {
        self.source = Source::Held(at);
    }

    pub(in crate::fake) fn release(&mut self) {
        self.source = Source::Real;
    }

    pub(in crate::fake) fn follow_tokio(&mut self, start: Timestamp) {
        self.source = Source::Tokio(start, Instant::now());
    }

    pub(in crate::fake) fn set_skew(&mut self, skew: SignedDuration) {
        self.skew = skew;
    }

    /// Advances the time; a clock that runs with real time is stopped by this.
    pub(in crate::fake) fn advance(&mut self, by: Duration) {
        self.source = match self.source {
            Source::Tokio(start, since) => Source::Tokio(later(start, by), since),
            Source::Real | Source::Held(_) => Source::Held(later(self.without_skew(), by)),
        };
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
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
