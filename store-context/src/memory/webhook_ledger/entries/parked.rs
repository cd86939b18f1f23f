//! Entries that are set aside.

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Body, Entries, Number};
use crate::model::StoreId;
use crate::ports::{Entry, ParkedEntry};

impl Entries {
    pub(in crate::memory::webhook_ledger) fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<ParkedEntry> {
        let Some(rows) = self.stores.get(store) else { return Vec::new() };
        let ids = rows.parked.range(after.map_or(0, |after| after.saturating_add(1))..);
        let parked = ids.filter_map(|id| match &self.rows.get(id)?.body {
            Body::Parked(parked) => Some((**parked).clone()),
            _ => None,
        });
        parked.take(limit).collect()
    }

    pub(in crate::memory::webhook_ledger) fn replay(
        &mut self,
        store: &StoreId,
        only: Option<u64>,
        limit: usize,
        now: Instant,
    ) -> u64 {
        let Some(rows) = self.stores.get(store) else { return 0 };
        let range = only.map_or(0..=Number::MAX, |only| only..=only);
        let ids: Vec<Number> = rows.parked.range(range).take(limit).copied().collect();
        for id in &ids {
            self.unpark(*id, now);
        }
        ids.len() as u64
    }

    fn unpark(&mut self, id: Number, now: Instant) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        let Body::Parked(parked) = std::mem::replace(&mut row.body, Body::Handled) else { return };
        let entry = Entry { tries: 0, ..parked.entry };
        let conversation = entry.event.conversation_id();
        row.body = Body::Waiting(Box::new(entry));
        self.parked.remove(&(row.ended, id));
        let (store, account) = (row.store.clone(), row.account.clone());
        if let Some(rows) = self.stores.get_mut(&store) {
            rows.parked.remove(&id);
            rows.waiting.insert(id);
            rows.counts.parked -= 1;
            rows.counts.waiting += 1;
        }
        let queue = self.enqueue(id, &store, &account, conversation, now);
        if let Some(row) = self.rows.get_mut(&id) {
            row.queue = queue;
        }
    }

    pub(super) fn park(&mut self, id: Number, error: &str, (parked_at, now): (Timestamp, Instant)) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        let Body::Waiting(entry) = std::mem::replace(&mut row.body, Body::Handled) else { return };
        let parked = ParkedEntry { entry: *entry, error: error.to_owned(), parked_at };
        row.body = Body::Parked(Box::new(parked));
        row.ended = now;
        self.parked.insert((now, id));
        if let Some(rows) = self.stores.get_mut(&row.store) {
            rows.waiting.remove(&id);
            rows.parked.insert(id);
            rows.counts.waiting -= 1;
            rows.counts.parked += 1;
        }
    }
}
