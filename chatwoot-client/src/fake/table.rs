//! A table: rows by account and id, with ids that are unique over all accounts, as in a database.

use std::collections::BTreeMap;

#[derive(Debug)]
pub(in crate::fake) struct Table<T> {
    rows: BTreeMap<(i64, i64), T>,
    last: i64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), last: 0 }
    }
}

impl<T> Table<T> {
    /// Allocates the next id.
    pub(in crate::fake) fn next_id(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// Stores a row under an id from [`Self::next_id`].
    pub(in crate::fake) fn put(&mut self, account: i64, id: i64, row: T) {
        self.rows.insert((account, id), row);
    }

    pub(in crate::fake) fn get(&self, account: i64, id: i64) -> Option<&T> {
        self.rows.get(&(account, id))
    }

    pub(in crate::fake) fn get_mut(&mut self, account: i64, id: i64) -> Option<&mut T> {
        self.rows.get_mut(&(account, id))
    }

    pub(in crate::fake) fn remove(&mut self, account: i64, id: i64) -> Option<T> {
        self.rows.remove(&(account, id))
    }

    /// Returns the rows of one account, oldest first.
    pub(in crate::fake) fn of(&self, account: i64) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.range((account, i64::MIN)..=(account, i64::MAX)).map(|(_, row)| row)
    }

    /// Returns all rows.
    #[cfg(feature = "live")]
    pub(in crate::fake) fn all(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// Returns the rows of one account mutably.
    pub(in crate::fake) fn of_mut(&mut self, account: i64) -> impl Iterator<Item = &mut T> {
        self.rows.range_mut((account, i64::MIN)..=(account, i64::MAX)).map(|(_, row)| row)
    }

    /// Removes the rows of an account for which `keep` returns false.
    pub(in crate::fake) fn retain_of(&mut self, account: i64, mut keep: impl FnMut(&T) -> bool) {
        let removed: Vec<_> = self
            .rows
            .range((account, i64::MIN)..=(account, i64::MAX))
            .filter(|(_, row)| !keep(row))
            .map(|(key, _)| *key)
            .collect();
        for key in removed {
            self.rows.remove(&key);
        }
    }
}
