//! Rows in the order in which they are to be claimed.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

/// Finds the oldest row that is due, in logarithmic time.
///
/// A row that is not yet due waits apart, ordered by when it will be, so that looking for a due
/// one never passes over those that are not.
#[derive(Debug, Default)]
pub(super) struct DueQueue {
    places: HashMap<u64, Place>,
    // By age.
    ready: BTreeSet<(Timestamp, u64)>,
    // By when they are due.
    waiting: BTreeSet<(Timestamp, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    since: Timestamp,
    due: Timestamp,
}

/// The time at which a row is due that is due at once, whatever the caller's clock says.
pub(super) const AT_ONCE: Timestamp = Timestamp::MIN;

impl DueQueue {
    /// Places a row, in place of where it was: `since` decides its turn once it is due.
    pub(super) fn put(&mut self, row: u64, since: Timestamp, due: Timestamp) {
        self.remove(row);
        self.places.insert(row, Place { since, due });
        self.waiting.insert((due, row));
    }

    /// Takes a row out, wherever it is.
    pub(super) fn remove(&mut self, row: u64) {
        if let Some(place) = self.places.remove(&row) {
            self.waiting.remove(&(place.due, row));
            self.ready.remove(&(place.since, row));
        }
    }

    /// Takes out the oldest row that is due.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<u64> {
        while let Some(&(due, row)) = self.waiting.first()
            && due <= now
        {
            self.waiting.pop_first();
            if let Some(place) = self.places.get(&row) {
                self.ready.insert((place.since, row));
            }
        }
        while let Some((_, row)) = self.ready.pop_first() {
            let Some(&place) = self.places.get(&row) else { continue };
            if place.due <= now {
                self.places.remove(&row);
                return Some(row);
            }
            // It was due by the clock of an earlier caller, which is ahead of this one's.
            self.waiting.insert((place.due, row));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_oldest_due_row_comes_first() {
        let mut queue = DueQueue::default();
        queue.put(1, at(30), AT_ONCE);
        queue.put(2, at(10), at(100));
        queue.put(3, at(20), AT_ONCE);
        assert_eq!(queue.pop(at(99)), Some(3));
        assert_eq!(queue.pop(at(100)), Some(2));
        assert_eq!(queue.pop(at(100)), Some(1));
        assert_eq!(queue.pop(at(100)), None);
    }

    #[test]
    fn a_row_is_in_one_place() {
        let mut queue = DueQueue::default();
        queue.put(1, at(1), AT_ONCE);
        queue.put(1, at(1), at(50));
        assert_eq!(queue.pop(at(49)), None);
        queue.put(1, at(1), AT_ONCE);
        queue.remove(1);
        assert_eq!(queue.pop(at(60)), None);
        assert!(queue.places.is_empty() && queue.ready.is_empty() && queue.waiting.is_empty());
    }

    #[test]
    fn a_clock_that_is_behind_takes_nothing_early() {
        let mut queue = DueQueue::default();
        queue.put(1, at(1), at(50));
        queue.put(2, at(2), at(60));
        assert_eq!(queue.pop(at(70)), Some(1));
        assert_eq!(queue.pop(at(40)), None);
        assert_eq!(queue.pop(at(60)), Some(2));
    }
}
