//! When a ledger's row is due again after a failure.

use std::time::Duration;

use jiff::Timestamp;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// Exponential with full jitter, from a second to five minutes.
pub(crate) fn retry_after(tries: u32) -> Duration {
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST);
    longest.mul_f64(fastrand::f64()).max(FIRST / 10)
}

/// The time after [`retry_after`].
pub(crate) fn retry_at(now: Timestamp, tries: u32) -> Timestamp {
    now.checked_add(retry_after(tries)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_due_later_but_never_much_later() {
        let now = Timestamp::UNIX_EPOCH;
        for tries in [0, 1, 5, 40, u32::MAX] {
            let due = retry_at(now, tries);
            assert!(due > now);
            assert!(due <= now.checked_add(LONGEST).unwrap(), "{tries}: {due}");
        }
    }
}
