//! Purging and forgetting entries and states.

use chatwoot_client::ContactId;
use tokio::time::Instant;

use super::{Body, Entries, Number};
use crate::model::{AccountKey, StoreId};
use crate::ports::{PurgeRequest, Purged};

impl Entries {
    pub(in crate::memory::webhook_ledger) fn purge(
        &mut self,
        request: &PurgeRequest,
        now: Instant,
    ) -> Purged {
        let mut purged = Purged::default();
        let limit = request.limit as u64;
        if let Some(until) = now.checked_sub(request.handled_before) {
            while purged.total() < limit
                && let Some(&(_, id)) = self.handled.first().filter(|(at, _)| *at < until)
            {
                self.remove(id, now);
                purged.handled += 1;
            }
            while purged.total() < limit
                && let Some(oldest) = self.touched.first_entry().filter(|it| it.get().0 < until)
            {
                let (_, store, account, conversation) = oldest.remove();
                let accounts = self.stores.get_mut(&store).map(|rows| &mut rows.accounts);
                if let Some(rows) = accounts.and_then(|all| all.get_mut(&account)) {
                    rows.states.remove(&conversation);
                }
                purged.states += 1;
            }
        }
        if let Some(until) = request.parked_before.and_then(|age| now.checked_sub(age)) {
            while purged.total() < limit
                && let Some(&(_, id)) = self.parked.first().filter(|(at, _)| *at < until)
            {
                self.remove(id, now);
                purged.parked += 1;
            }
        }
        purged
    }

    pub(in crate::memory::webhook_ledger) fn forget_contact(
        &mut self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        now: Instant,
    ) -> u64 {
        let Some(rows) = self.stores.get_mut(store) else { return 0 };
        let mut forgotten = 0;
        if let Some(of_account) = rows.accounts.get_mut(account) {
            of_account.states.retain(|_, state| {
                let keep = state.known.state.contact != Some(contact);
                if !keep {
                    self.touched.remove(&state.touched);
                    forgotten += 1;
                }
                keep
            });
        }
        let ids: Vec<Number> = rows.waiting.union(&rows.parked).copied().collect();
        for id in ids {
            let Some(row) = self.rows.get(&id).filter(|row| *row.account == *account) else {
                continue;
            };
            let of_contact = match &row.body {
                Body::Waiting(entry) => entry.event.contact_id() == Some(contact),
                Body::Parked(parked) => parked.entry.event.contact_id() == Some(contact),
                Body::Handled | Body::Forgotten => false,
            };
            if of_contact {
                self.unqueue(id, now);
                self.finish(id, Body::Forgotten, now);
                forgotten += 1;
            }
        }
        forgotten
    }

    /// Removes entries and states of a store; returns their number, and whether none is left.
    pub(in crate::memory::webhook_ledger) fn forget_store(
        &mut self,
        store: &StoreId,
        limit: usize,
        now: Instant,
    ) -> (u64, bool) {
        let Some(rows) = self.stores.get_mut(store) else { return (0, true) };
        let mut states = 0;
        for of_account in rows.accounts.values_mut() {
            let first: Vec<_> = of_account.states.keys().take(limit - states).copied().collect();
            states += first.len();
            for state in first.iter().filter_map(|it| of_account.states.remove(it)) {
                self.touched.remove(&state.touched);
            }
        }
        let keys = rows.accounts.values().flat_map(|of_account| of_account.keys.values());
        let ids: Vec<Number> = keys.take(limit - states).copied().collect();
        for id in &ids {
            self.remove(*id, now);
        }
        let forgotten = (states + ids.len()) as u64;
        let left = self.stores.get(store).is_some_and(|rows| {
            rows.accounts.values().any(|it| !it.keys.is_empty() || !it.states.is_empty())
        });
        if !left {
            self.drop_store(store);
        }
        (forgotten, !left)
    }

    /// Removes a store that has no entries and no states, with its queues.
    fn drop_store(&mut self, store: &StoreId) {
        self.stores.remove(store);
        self.queues.retain(|id, queue| {
            let keep = queue.store != *store;
            if !keep {
                self.due.remove(*id);
            }
            keep
        });
        self.due.forget(store);
    }

    /// Removes an entry with its key.
    fn remove(&mut self, id: Number, now: Instant) {
        if matches!(self.rows.get(&id).map(|row| &row.body), Some(Body::Waiting(_))) {
            self.unqueue(id, now);
        }
        let Some(row) = self.rows.remove(&id) else { return };
        let Some(rows) = self.stores.get_mut(&row.store) else { return };
        self.handled.remove(&(row.ended, id));
        self.parked.remove(&(row.ended, id));
        match row.body {
            Body::Waiting(_) => rows.counts.waiting -= 1,
            Body::Parked(_) => rows.counts.parked -= 1,
            Body::Handled => rows.counts.handled -= 1,
            Body::Forgotten => {}
        }
        if !matches!(row.body, Body::Forgotten) {
            rows.count(row.source, row.known_event, -1);
        }
        rows.waiting.remove(&id);
        rows.parked.remove(&id);
        if let Some(of_account) = rows.accounts.get_mut(&row.account) {
            of_account.keys.remove(&row.key);
        }
    }
}
