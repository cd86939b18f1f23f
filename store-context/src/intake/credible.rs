//! Rejects implausible times of a server.

use chatwoot_client::Time;
use chatwoot_client::webhook::Verifier;
use jiff::Timestamp;

/// Returns a server's time if it is plausible: not further ahead of the clock than a delivery may
/// be. A state from years ahead would make every later one stale.
pub(super) fn credible(told: Option<Time>, now: Timestamp) -> Option<Time> {
    let latest = now.checked_add(Verifier::TOLERANCE).unwrap_or(Timestamp::MAX);
    told.filter(|told| told.at().is_some_and(|at| at <= latest))
}
