//! Whether to send a request again: by the kind of the failure and the operation's idempotency.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backon::BackoffBuilder;

use crate::error::{Error, ErrorKind};

/// How often and how long a call is attempted.
///
/// ```
/// use std::time::Duration;
/// use chatwoot_client::RetryPolicy;
///
/// let hasty = RetryPolicy { deadline: Duration::from_secs(2), ..RetryPolicy::default() };
/// assert!(hasty.deadline < RetryPolicy::default().deadline);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long one attempt may take. Chatwoot aborts a request after 15 s: a shorter timeout on a
    /// write leaves its outcome unknown. Default: 20 s.
    pub timeout: Duration,
    /// How long the whole call may take, including the waits. Default: 90 s, so that one window of
    /// a limit (60 s) can be waited for.
    pub deadline: Duration,
    /// How often a request is sent at most, not counting 429 responses. Default: 5.
    pub max_attempts: u32,
    /// The upper bound of the first wait, which is random from zero; it doubles each time. Default:
    /// 250 ms.
    pub min_delay: Duration,
    /// The upper bound of every wait. Default: 8 s.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            deadline: Duration::from_secs(90),
            max_attempts: 5,
            min_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(8),
        }
    }
}

impl RetryPolicy {
    /// Returns the waits with full jitter: each is uniform between zero and the exponential one.
    pub(crate) fn waits(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        backon::ExponentialBuilder::default()
            .with_min_delay(self.min_delay.min(self.max_delay))
            .with_max_delay(self.max_delay)
            .without_max_times()
            .build()
            .map(|wait| part(wait, fastrand::f64()))
    }
}

/// Returns a part of a wait, without overflow for very long waits.
fn part(wait: Duration, of: f64) -> Duration {
    Duration::try_from_secs_f64(wait.as_secs_f64() * of).unwrap_or(wait)
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Return the error to the caller.
    Stop,
    /// Send again after a wait with jitter.
    Backoff,
    /// Send again when the server's window has ended.
    NextWindow,
}

/// Returns the decision of the policy.
pub(crate) fn decide(error: &Error, idempotent: bool) -> Decision {
    match error.kind() {
        // The request never reached the server.
        ErrorKind::Connect => Decision::Backoff,
        // The rate limiter refused it before the application received it.
        ErrorKind::RateLimited => Decision::NextWindow,
        // It is unknown whether the request was processed.
        ErrorKind::Timeout | ErrorKind::Interrupted | ErrorKind::Server if idempotent => {
            Decision::Backoff
        }
        _ => Decision::Stop,
    }
}

/// A budget that all calls of a client share, so that retries cannot multiply the load on a server
/// that is down: each retry costs one token, each success adds a tenth.
#[derive(Debug)]
pub(crate) struct Budget {
    tenths: AtomicU32,
}

const FULL: u32 = 1_000;
const RETRY_COSTS: u32 = 10;
const SUCCESS_EARNS: u32 = 1;

impl Budget {
    pub(crate) const fn new() -> Self {
        Self { tenths: AtomicU32::new(FULL) }
    }

    pub(crate) fn earn(&self) {
        let earn = |left: u32| (left < FULL).then_some(left + SUCCESS_EARNS);
        // A full budget stays full.
        let _full = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
    }

    pub(crate) fn spend(&self) -> bool {
        let spend = |left: u32| left.checked_sub(RETRY_COSTS);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(kind: ErrorKind, idempotent: bool) -> Decision {
        decide(&Error::new("test", kind, ""), idempotent)
    }

    #[test]
    fn each_kind_of_failure_has_its_decision() {
        for (kind, if_idempotent, otherwise) in [
            (ErrorKind::Connect, Decision::Backoff, Decision::Backoff),
            (ErrorKind::RateLimited, Decision::NextWindow, Decision::NextWindow),
            (ErrorKind::Timeout, Decision::Backoff, Decision::Stop),
            (ErrorKind::Interrupted, Decision::Backoff, Decision::Stop),
            (ErrorKind::Server, Decision::Backoff, Decision::Stop),
            (ErrorKind::Request, Decision::Stop, Decision::Stop),
            (ErrorKind::Unauthorized, Decision::Stop, Decision::Stop),
            (ErrorKind::PaymentRequired, Decision::Stop, Decision::Stop),
            (ErrorKind::Forbidden, Decision::Stop, Decision::Stop),
            (ErrorKind::NotFound, Decision::Stop, Decision::Stop),
            (ErrorKind::Conflict, Decision::Stop, Decision::Stop),
            (ErrorKind::Invalid, Decision::Stop, Decision::Stop),
            (ErrorKind::Decode, Decision::Stop, Decision::Stop),
            (ErrorKind::Unexpected, Decision::Stop, Decision::Stop),
        ] {
            assert_eq!(decision(kind, true), if_idempotent, "{kind:?}");
            assert_eq!(decision(kind, false), otherwise, "{kind:?}");
        }
    }

    #[test]
    fn a_budget_runs_out_and_is_earned_back() {
        let budget = Budget::new();
        assert_eq!(retries(&budget), 100);
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.spend(), "nine successes earn no retry");
        budget.earn();
        assert!(budget.spend(), "ten successes earn one");
        assert!(!budget.spend());
    }

    #[test]
    fn a_full_budget_earns_nothing_more() {
        let budget = Budget::new();
        (0..10).for_each(|_| budget.earn());
        assert_eq!(retries(&budget), 100);

        let budget = Budget::new();
        assert!(budget.spend());
        (0..100).for_each(|_| budget.earn());
        assert_eq!(budget.tenths.load(Ordering::Relaxed), FULL, "full, and no tenth more");
        assert_eq!(retries(&budget), 100);
    }

    /// Spends the whole budget; returns the number of retries.
    fn retries(budget: &Budget) -> usize {
        let spent = std::iter::repeat_with(|| budget.spend()).take_while(|spent| *spent);
        spent.take(1_000).count()
    }

    #[test]
    fn the_default_policy_is_the_documented_one() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.timeout, Duration::from_secs(20));
        assert_eq!(policy.deadline, Duration::from_secs(90));
        assert_eq!(policy.max_attempts, 5);
        assert_eq!(policy.min_delay, Duration::from_millis(250));
        assert_eq!(policy.max_delay, Duration::from_secs(8));
    }

    /// Each wait is uniform between zero and twice the previous bound, up to the maximum. With
    /// 2,000 draws a quarter of the range is missed once in 10^250.
    #[test]
    fn waits_double_and_are_drawn_from_the_whole_range() {
        let policy = RetryPolicy::default();
        let mut highest = [Duration::ZERO; 7];
        let mut lowest = [Duration::MAX; 7];
        for _ in 0..2_000 {
            for (n, wait) in policy.waits().take(7).enumerate() {
                highest[n] = highest[n].max(wait);
                lowest[n] = lowest[n].min(wait);
            }
        }
        for (n, top) in [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000].into_iter().enumerate() {
            let top = Duration::from_millis(top);
            assert!(highest[n] <= top, "wait {n}: {:?}", highest[n]);
            assert!(highest[n] > top / 4 * 3, "wait {n}: {:?}", highest[n]);
            assert!(lowest[n] < top / 4, "wait {n}: {:?}", lowest[n]);
        }
    }

    #[test]
    fn waits_grow_and_stay_under_the_longest() {
        let policy = RetryPolicy::default();
        assert!(policy.waits().take(50).all(|wait| wait <= policy.max_delay));
        assert!(policy.waits().next().is_some_and(|wait| wait <= policy.min_delay));
        let odd = RetryPolicy { min_delay: Duration::MAX, ..policy };
        assert!(odd.waits().take(3).all(|wait| wait <= odd.max_delay));
    }

    #[test]
    fn no_delay_overflows() {
        let endless = RetryPolicy {
            min_delay: Duration::from_secs(1),
            max_delay: Duration::MAX,
            ..RetryPolicy::default()
        };
        assert_eq!(endless.waits().take(1_000).count(), 1_000);
        assert_eq!(part(Duration::MAX, 1.0), Duration::MAX);
        let none = RetryPolicy { min_delay: Duration::ZERO, ..RetryPolicy::default() };
        assert!(none.waits().take(50).all(|wait| wait == Duration::ZERO));
    }
}
