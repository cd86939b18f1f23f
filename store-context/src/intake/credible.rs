//! Which of a server's times can be.

use chatwoot_client::Time;
use chatwoot_client::webhook::Verifier;
use jiff::Timestamp;

/// A time that a server can know: none ahead of the clock by more than a delivery may be. A state
/// from years ahead would make all that follow it stale.
pub(super) fn credible(told: Option<Time>, now: Timestamp) -> Option<Time> {
    let latest = now.checked_add(Verifier::TOLERANCE).unwrap_or(Timestamp::MAX);
    told.filter(|told| told.at().is_some_and(|at| at <= latest))
}
