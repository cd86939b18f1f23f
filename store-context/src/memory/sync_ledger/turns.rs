//! Whose turn it is: of the stores with due rows, the one that was served longest ago.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

/// Stores in the order in which they are served, for one priority.
///
/// A store whose first row is not due yet waits apart, ordered by when it will be, so that looking
/// for a due one never passes over those that are not.
#[derive(Debug, Default)]
pub(super) struct Turns {
    places: HashMap<usize, (Timestamp, u64)>,
    // By when the first row is due.
    waiting: BTreeSet<(Timestamp, usize)>,
    // By when they were last served.
    ready: BTreeSet<(u64, usize)>,
}

impl Turns {
    /// Places a store, in place of where it was; `due` is that of its first row.
    pub(super) fn place(&mut self, store: usize, served: u64, due: Option<Timestamp>) {
        if let Some((due, served)) = self.places.remove(&store) {
            self.waiting.remove(&(due, store));
            self.ready.remove(&(served, store));
        }
        if let Some(due) = due {
            self.places.insert(store, (due, served));
            self.waiting.insert((due, store));
        }
    }

    /// Lets the stores have their turn whose first row is due by now.
    pub(super) fn advance(&mut self, now: Timestamp) {
        while let Some(&(due, store)) = self.waiting.first()
            && due <= now
        {
            self.waiting.pop_first();
            if let Some((_, served)) = self.places.get(&store) {
                self.ready.insert((*served, store));
            }
        }
    }

    /// Returns the store whose turn it is, of those that may be served.
    pub(super) fn next(&self, may: impl Fn(usize) -> bool) -> Option<usize> {
        self.ready.iter().map(|(_, store)| *store).find(|store| may(*store))
    }

    /// Returns when the next store has its turn; stores that have it are not counted.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(due, _)| *due)
    }
}
