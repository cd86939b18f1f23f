//! Purging and forgetting entries and states.

use chatwoot_client::{ContactId, ConversationId};
use tokio::time::Instant;

use super::{Body, Entries, Number};
use crate::model::{AccountKey, StoreId, SupportEvent};
use crate::ports::{Entry, PurgeRequest, Purged};

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

    pub(in crate::memory::webhook_ledger) fn forget_contacts(
        &mut self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
        now: Instant,
    ) -> u64 {
        let shared = self.account(store, account);
        let rows = self.stores.entry(store.clone()).or_default();
        let of_account = rows.accounts.entry(shared).or_default();
        of_account.forgotten_contacts.extend(contacts);
        of_account.forgotten_conversations.extend(conversations);
        let mut forgotten = 0;
        of_account.states.retain(|conversation, state| {
            let contact = state.known.state.contact;
            let gone = contact.is_some_and(|contact| contacts.contains(&contact))
                || conversations.contains(conversation);
            if gone {
                self.touched.remove(&state.touched);
                forgotten += 1;
            }
            !gone
        });
        let gone = self.kept(store, account, |event| {
            event.contact_id().is_some_and(|id| contacts.contains(&id))
                || event.conversation_id().is_some_and(|id| conversations.contains(&id))
        });
        for id in gone {
            self.unqueue(id, now);
            self.finish(id, Body::Forgotten, now);
            forgotten += 1;
        }
        forgotten
    }

    /// Returns the numbers of the waiting and parked entries of an account whose event is wanted,
    /// in ascending order.
    fn kept(
        &self,
        store: &StoreId,
        account: &AccountKey,
        wanted: impl Fn(&SupportEvent) -> bool,
    ) -> Vec<Number> {
        let Some(rows) = self.stores.get(store) else { return Vec::new() };
        let of_account = |id: &&Number| {
            self.rows.get(*id).filter(|row| *row.account == *account).is_some_and(|row| match &row
                .body
            {
                Body::Waiting(entry) => wanted(&entry.event),
                Body::Parked(parked) => wanted(&parked.entry.event),
                Body::Handled | Body::Forgotten => false,
            })
        };
        rows.waiting.union(&rows.parked).filter(of_account).copied().collect()
    }

    pub(in crate::memory::webhook_ledger) fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<Entry> {
        let of = self.kept(store, account, |event| event.contact_id() == Some(contact));
        let later = of.into_iter().filter(|id| after.is_none_or(|after| *id > after));
        let entries = later.take(limit).filter_map(|id| match &self.rows.get(&id)?.body {
            Body::Waiting(entry) => Some((**entry).clone()),
            Body::Parked(parked) => Some(parked.entry.clone()),
            Body::Handled | Body::Forgotten => None,
        });
        entries.collect()
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
