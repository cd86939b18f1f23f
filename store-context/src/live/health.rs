//! The state of a process's lines.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use serde::Serialize;

/// The lines of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LiveHealth {
    /// The lines that this process has claimed.
    pub claimed: usize,
    /// Those of them on which events are heard now.
    pub open: usize,
    /// How often a line was opened.
    pub opened: u64,
    /// How often an open line was lost.
    pub lost: u64,
    /// How often a line could not be opened.
    pub refused: u64,
    /// The number of events that were heard.
    pub heard: u64,
    /// How often a store's round was made due because of what was heard.
    pub rounds: u64,
    /// How often a customer's row was put in doubt because of what was heard.
    pub doubts: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    open: AtomicUsize,
    pub(super) opened: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) heard: AtomicU64,
    pub(super) rounds: AtomicU64,
    pub(super) doubts: AtomicU64,
}

impl Counters {
    pub(super) fn health(&self, claimed: usize) -> LiveHealth {
        LiveHealth {
            claimed,
            open: self.open.load(Relaxed),
            opened: self.opened.load(Relaxed),
            lost: self.lost.load(Relaxed),
            refused: self.refused.load(Relaxed),
            heard: self.heard.load(Relaxed),
            rounds: self.rounds.load(Relaxed),
            doubts: self.doubts.load(Relaxed),
        }
    }
}

/// Counts a line as open until it is dropped.
pub(super) struct Open<'a>(&'a Counters);

impl<'a> Open<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        counters.opened.fetch_add(1, Relaxed);
        counters.open.fetch_add(1, Relaxed);
        Self(counters)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}
