//! The claims of a run that has become quiet.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::sim::lock;

/// How late a row is found whose time comes while the run is quiet. The rules wait longer for it.
const LATE: Duration = Duration::from_secs(20);

/// Answers the claims of a process that would find nothing.
///
/// A run is quiet for two hours and a half, in which its processes make some thirty thousand claims
/// of nothing, nearly all of its calls: a server needs minutes for them, memory no time. So a claim
/// that found nothing is made again only if any process has called the database since, or after a
/// while. As long as things go wrong, every claim is made.
#[derive(Clone, Default)]
pub(super) struct Idle {
    /// The calls of all processes that may have changed something.
    calls: Arc<AtomicU64>,
    /// What the process found nothing of: the calls before, and when.
    nothing: Arc<Mutex<BTreeMap<&'static str, (u64, Instant)>>>,
}

impl Idle {
    /// Returns the same of another process.
    pub(super) fn of_another(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), ..Self::default() }
    }

    /// A call has been made.
    pub(super) fn called(&self, what: &'static str) {
        if !what.starts_with("claim") {
            self.calls.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Returns the calls so far if a claim is to be made.
    pub(super) fn turn(&self, what: &'static str) -> Option<u64> {
        let calls = self.calls.load(Ordering::SeqCst);
        let nothing = lock(&self.nothing).get(what).copied();
        let is_known = nothing.is_some_and(|(at, when)| at == calls && when.elapsed() < LATE);
        (!is_known).then_some(calls)
    }

    /// A claim has been made.
    pub(super) fn ended(&self, what: &'static str, turn: u64, is_empty: bool) {
        let mut nothing = lock(&self.nothing);
        if is_empty {
            nothing.insert(what, (turn, Instant::now()));
        } else {
            nothing.remove(what);
        }
    }
}
