//! Arithmetic with durations of any length: hosts configure them.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// A time that is never waited out.
const NEVER: Duration = Duration::from_hours(30 * 365 * 24);

/// The shortest delay of a loop, which otherwise would leave no time to anything else.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// The shortest interval of work that is done at intervals.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);

/// Returns the time after a delay, or one that is never waited out.
pub(crate) fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(NEVER)).unwrap_or(now)
}

/// Multiplies a duration with a factor; one that is too long becomes the longest.
pub(crate) fn scaled(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Waits between two rounds of work that is done at intervals.
pub(crate) async fn pause(every: Duration) {
    sleep(every.max(SHORTEST)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_duration_saturates() {
        let now = Instant::now();
        assert_eq!(later(now, Duration::ZERO), now);
        assert_eq!(later(now, Duration::from_secs(5)), now + Duration::from_secs(5));
        assert!(later(later(now, Duration::MAX), Duration::MAX) > now + NEVER);
        assert_eq!(scaled(Duration::MAX, 1.5), Duration::MAX);
        assert_eq!(scaled(Duration::ZERO, 1.5), Duration::ZERO);
        assert_eq!(scaled(Duration::from_secs(2), 1.5), Duration::from_secs(3));
    }
}
