//! Rows of many stores in the order in which they are to be claimed.

use std::collections::{BTreeSet, HashMap};

use tokio::time::Instant;

use crate::model::StoreId;

/// Finds due rows fairly across stores: the store that was served longest ago first, and within a
/// store the row that became due first. Each operation takes logarithmic time.
///
/// Rows that are not due are kept separately, ordered by due time, so that a search for due rows
/// never scans them.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    places: HashMap<u64, Place>,
    waiting: BTreeSet<(Instant, u64)>,
    ready: HashMap<StoreId, BTreeSet<(Instant, u64)>>,
    // The stores with ready rows, by when they were last served.
    turns: BTreeSet<(u64, StoreId)>,
    served: HashMap<StoreId, u64>,
    last: u64,
}

#[derive(Debug)]
struct Place {
    store: StoreId,
    due: Instant,
}

impl FairQueue {
    /// Inserts a row, or moves it.
    pub(super) fn put(&mut self, row: u64, store: &StoreId, due: Instant) {
        self.remove(row);
        self.places.insert(row, Place { store: store.clone(), due });
        self.waiting.insert((due, row));
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, row: u64) {
        let Some(Place { store, due }) = self.places.remove(&row) else { return };
        if !self.waiting.remove(&(due, row)) {
            self.unready(&store, due, row);
        }
    }

    /// Removes the time at which a store was served.
    pub(super) fn forget(&mut self, store: &StoreId) {
        if let Some(served) = self.served.remove(store)
            && self.turns.remove(&(served, store.clone()))
        {
            self.turns.insert((0, store.clone()));
        }
    }

    /// Removes and returns up to `limit` due rows of stores that are not excepted: `share` of each
    /// store in turn, repeatedly while there are any.
    pub(super) fn claim(
        &mut self,
        limit: usize,
        share: usize,
        except: &[StoreId],
        now: Instant,
    ) -> Vec<u64> {
        self.promote(now);
        let mut claimed = Vec::new();
        while claimed.len() < limit {
            let turns = self.turns.iter().map(|(_, store)| store);
            let stores: Vec<StoreId> =
                turns.filter(|store| !except.contains(store)).take(limit).cloned().collect();
            if stores.is_empty() {
                break;
            }
            for store in stores {
                let share = share.max(1).min(limit - claimed.len());
                self.serve(&store, share, &mut claimed);
            }
        }
        claimed
    }

    /// Returns when the next row becomes due, of those that were not due at the last claim.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.waiting.first().map(|(due, _)| *due)
    }

    fn serve(&mut self, store: &StoreId, share: usize, claimed: &mut Vec<u64>) {
        let rows = self.ready.get(store).into_iter().flatten();
        let rows: Vec<(Instant, u64)> = rows.take(share).copied().collect();
        if rows.is_empty() {
            return;
        }
        for (due, row) in rows {
            self.places.remove(&row);
            self.unready(store, due, row);
            claimed.push(row);
        }
        let before = self.served.insert(store.clone(), self.last + 1).unwrap_or(0);
        self.last += 1;
        if self.turns.remove(&(before, store.clone())) {
            self.turns.insert((self.last, store.clone()));
        }
    }

    fn promote(&mut self, now: Instant) {
        while let Some(&(due, row)) = self.waiting.first()
            && due <= now
        {
            self.waiting.pop_first();
            let Some(place) = self.places.get(&row) else { continue };
            let ready = self.ready.entry(place.store.clone()).or_default();
            if ready.is_empty() {
                let served = self.served.get(&place.store).copied().unwrap_or(0);
                self.turns.insert((served, place.store.clone()));
            }
            ready.insert((due, row));
        }
    }

    fn unready(&mut self, store: &StoreId, due: Instant, row: u64) {
        let Some(rows) = self.ready.get_mut(store) else { return };
        rows.remove(&(due, row));
        if rows.is_empty() {
            self.ready.remove(store);
            let served = self.served.get(store).copied().unwrap_or(0);
            self.turns.remove(&(served, store.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn store(id: &str) -> StoreId {
        StoreId::new(id).unwrap()
    }

    #[test]
    fn the_store_that_was_served_longest_ago_comes_first() {
        let (mut queue, now) = (FairQueue::default(), Instant::now());
        for row in 0..6 {
            queue.put(row, &store("a"), now);
        }
        queue.put(10, &store("b"), now);
        queue.put(11, &store("b"), now);
        queue.put(20, &store("c"), now);
        assert_eq!(queue.claim(1, 9, &[], now), [0]);
        assert_eq!(queue.claim(4, 1, &[], now), [10, 20, 1, 11], "one each, then again");
        assert_eq!(queue.claim(9, 9, &[store("a")], now), [0; 0], "a store with enough in hand");
        assert_eq!(queue.claim(9, 1, &[], now), [2, 3, 4, 5], "the last store has all");
        assert!(queue.turns.is_empty() && queue.ready.is_empty() && queue.places.is_empty());
    }

    #[test]
    fn a_row_waits_until_it_is_due_and_is_in_one_place() {
        let (mut queue, now) = (FairQueue::default(), Instant::now());
        let later = now + Duration::from_secs(5);
        queue.put(1, &store("a"), later);
        queue.put(2, &store("a"), now);
        assert_eq!(queue.next_due(), Some(now));
        assert_eq!(queue.claim(9, 9, &[], now), [2]);
        assert_eq!(queue.claim(9, 9, &[], now), [0; 0]);
        queue.put(1, &store("a"), now);
        assert_eq!(queue.next_due(), Some(now));
        queue.promote(now);
        queue.remove(1);
        assert_eq!(queue.claim(9, 9, &[], later), [0; 0]);
        assert!(queue.turns.is_empty() && queue.ready.is_empty() && queue.waiting.is_empty());
    }

    #[test]
    fn a_forgotten_store_was_never_served() {
        let (mut queue, now) = (FairQueue::default(), Instant::now());
        for row in 0..3 {
            queue.put(row, &store("b"), now);
        }
        queue.put(10, &store("a"), now);
        queue.put(11, &store("a"), now);
        assert_eq!(queue.claim(2, 1, &[], now), [10, 0]);
        assert_eq!(queue.claim(1, 1, &[], now), [11], "served before the other");
        queue.forget(&store("b"));
        assert_eq!(queue.claim(2, 1, &[], now), [1, 2]);
        assert!(queue.turns.is_empty());
    }
}
