//! The delay after a failure.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// Returns the delay after a failure that followed this many attempts: exponential with full
/// jitter, from a second to five minutes.
pub(crate) fn retry_after(tries: u32) -> Duration {
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST);
    longest.mul_f64(fastrand::f64()).max(FIRST / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_due_later_but_never_much_later() {
        for tries in [0, 1, 5, 40, u32::MAX] {
            let wait = retry_after(tries);
            assert!(!wait.is_zero() && wait <= LONGEST, "{tries}: {wait:?}");
        }
    }
}
