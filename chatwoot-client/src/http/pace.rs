//! When background calls may be sent: spread over the window, so that live calls find room in it.

use std::time::Duration;

/// The part of a limit that background calls leave to live calls in any case: one in this many.
const RESERVE: u32 = 50;

/// Returns how many requests of a limit background calls may be spread over: the limit without the
/// reserve.
pub(crate) fn spread(limit: u32) -> u32 {
    limit.saturating_sub((limit / RESERVE).max(1)).max(1)
}

/// Returns how far into its window a background request may be sent when `used` requests, of any
/// kind, were sent in it before; `None` where not in this window.
///
/// Background requests are spread evenly: the share of the window that has passed, of the limit
/// without the reserve. So at any moment the rest of the window's requests is left to live calls,
/// which are counted but never wait for this.
pub(crate) fn due(used: u32, limit: u32, window: Duration) -> Option<Duration> {
    let spread = spread(limit);
    if used >= spread {
        return None;
    }
    Some(Duration::from_nanos_u128(
        (window.as_nanos() * u128::from(used)).div_ceil(u128::from(spread)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn requests_are_spread_over_the_window_and_leave_a_reserve() {
        assert_eq!(due(0, 3_000, MINUTE), Some(Duration::ZERO));
        assert_eq!(due(1_470, 3_000, MINUTE), Some(MINUTE / 2), "half of 2,940");
        assert!(due(2_939, 3_000, MINUTE).is_some_and(|due| due < MINUTE));
        assert_eq!(due(2_940, 3_000, MINUTE), None);
        let dues: Vec<_> = (0..2_940).map(|used| due(used, 3_000, MINUTE)).collect();
        assert!(dues.is_sorted());
    }

    #[test]
    fn the_smallest_limits_still_allow_a_request() {
        assert_eq!(due(0, 1, MINUTE), Some(Duration::ZERO));
        assert_eq!(due(1, 1, MINUTE), None);
        assert_eq!(due(0, 2, MINUTE), Some(Duration::ZERO));
        assert_eq!(due(1, 2, MINUTE), None, "one is left to a live call");
        assert_eq!(due(0, 0, MINUTE), Some(Duration::ZERO), "as if the limit were one");
    }
}
