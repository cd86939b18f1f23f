//! The order of the stores: of those with due rows, the one that was served longest ago is next.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

/// The stores in the order in which they are served, for one priority.
///
/// A store whose first row is not due yet is kept separately, ordered by due time, so that a search
/// for a due one never scans those.
#[derive(Debug, Default)]
pub(super) struct Turns {
    places: HashMap<usize, (Instant, u64)>,
    // By when the first row is due.
    waiting: BTreeSet<(Instant, usize)>,
    // By when they were last served.
    ready: BTreeSet<(u64, usize)>,
}

impl Turns {
    /// Inserts a store, or moves it; `due` is that of its first row.
    pub(super) fn place(&mut self, store: usize, served: u64, due: Option<Instant>) {
        if let Some((due, served)) = self.places.remove(&store) {
            self.waiting.remove(&(due, store));
            self.ready.remove(&(served, store));
        }
        if let Some(due) = due {
            self.places.insert(store, (due, served));
            self.waiting.insert((due, store));
        }
    }

    /// Makes the stores ready whose first row is due by now.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some(&(due, store)) = self.waiting.first()
            && due <= now
        {
            self.waiting.pop_first();
            if let Some((_, served)) = self.places.get(&store) {
                self.ready.insert((*served, store));
            }
        }
    }

    /// Returns the next store, of those that may be served.
    pub(super) fn next(&self, may: impl Fn(usize) -> bool) -> Option<usize> {
        self.ready.iter().map(|(_, store)| *store).find(|store| may(*store))
    }

    /// Returns when the next store becomes ready; stores that are ready are not considered.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.waiting.first().map(|(due, _)| *due)
    }
}
