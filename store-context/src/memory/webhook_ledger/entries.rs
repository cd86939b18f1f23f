//! Entries and their queues, in memory.

mod parked;
mod removal;
mod states;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use chatwoot_client::{ContactId, ConversationId};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::memory::fair_queue::FairQueue;
use crate::model::{AccountKey, StoreId, SupportEvent};
use crate::ports::{
    ClaimRequest, Entry, EntryOutcome, EntrySource, KnownState, NewEntry, ParkedEntry, QueueClaim,
    Taken, WebhookCounts,
};
use crate::time::later;

/// Numbers rows and operations from one sequence.
type Number = u64;

#[derive(Debug, Default)]
pub(super) struct Entries {
    stores: HashMap<StoreId, StoreRows>,
    rows: HashMap<Number, Row>,
    queues: HashMap<Number, Queue>,
    due: FairQueue,
    // Handled and forgotten entries, by the time they were.
    handled: BTreeSet<(Instant, Number)>,
    // Parked entries, by the time they were parked.
    parked: BTreeSet<(Instant, Number)>,
    // States, by the time of their last update.
    touched: BTreeMap<Number, (Instant, StoreId, Arc<AccountKey>, ConversationId)>,
    last: Number,
}

#[derive(Debug, Default)]
struct StoreRows {
    accounts: HashMap<Arc<AccountKey>, AccountRows>,
    // The waiting entries.
    waiting: BTreeSet<Number>,
    parked: BTreeSet<Number>,
    counts: WebhookCounts,
}

#[derive(Debug, Default)]
struct AccountRows {
    keys: HashMap<Arc<str>, Number>,
    queues: HashMap<ConversationId, Number>,
    states: HashMap<ConversationId, State>,
    forgotten_contacts: HashSet<ContactId>,
    forgotten_conversations: HashSet<ConversationId>,
}

impl AccountRows {
    /// Returns whether the contact or the conversation of an event was forgotten.
    fn has_forgotten(&self, event: &SupportEvent) -> bool {
        let contact = event.contact_id();
        let conversation = event.conversation_id();
        contact.is_some_and(|id| self.forgotten_contacts.contains(&id))
            || conversation.is_some_and(|id| self.forgotten_conversations.contains(&id))
    }
}

#[derive(Debug)]
struct State {
    known: KnownState,
    touched: Number,
}

/// An entry; of a handled one only the data that identifies it.
#[derive(Debug)]
struct Row {
    store: StoreId,
    account: Arc<AccountKey>,
    key: Arc<str>,
    delivery: Option<Box<str>>,
    source: EntrySource,
    known_event: bool,
    queue: Number,
    taken: Instant,
    // When it was handled, forgotten or parked.
    ended: Instant,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Waiting(Box<Entry>),
    Parked(Box<ParkedEntry>),
    Handled,
    // Forgotten before it was handled.
    Forgotten,
}

#[derive(Debug)]
struct Queue {
    store: StoreId,
    account: Arc<AccountKey>,
    conversation: Option<ConversationId>,
    entries: VecDeque<Number>,
    // The fence of the claim, which is valid until another one is made.
    claimed: Option<u64>,
    // When its first entry is due.
    due: Instant,
}

impl Entries {
    fn number(&mut self) -> Number {
        self.last += 1;
        self.last
    }

    pub(super) fn take(
        &mut self,
        store: &StoreId,
        account: &AccountKey,
        entry: &NewEntry,
        (time, now): (Timestamp, Instant),
    ) -> Taken {
        let rows = self.of_account(store, account);
        if rows.is_some_and(|rows| rows.has_forgotten(&entry.event)) {
            return Taken::Known;
        }
        let Some(key) = self.new_key(store, account, entry, now) else { return Taken::Known };
        let account = self.account(store, account);
        let id = self.number();
        let stale = match entry.event.conversation() {
            Some(fact) => !self.observe(store, &account, &entry.event, fact, now),
            None => false,
        };
        let rows = self.stores.entry(store.clone()).or_default();
        let key: Arc<str> = key.into();
        rows.accounts.entry(account.clone()).or_default().keys.insert(key.clone(), id);
        rows.waiting.insert(id);
        let known_event = !matches!(entry.event, SupportEvent::Other { .. });
        rows.count(entry.source, known_event, 1);
        rows.counts.waiting += 1;
        let body = Entry {
            id,
            store: store.clone(),
            account: (*account).clone(),
            key: key.to_string(),
            event: entry.event.clone(),
            changed: entry.changed.clone(),
            source: entry.source,
            stale,
            received_at: time,
            tries: 0,
        };
        let row = Row {
            store: store.clone(),
            account: account.clone(),
            key,
            delivery: entry.delivery.as_deref().map(Into::into),
            source: entry.source,
            known_event,
            queue: self.enqueue(id, store, &account, entry.event.conversation_id(), now),
            taken: now,
            ended: now,
            body: Body::Waiting(Box::new(body)),
        };
        self.rows.insert(id, row);
        Taken::New { stale }
    }

    /// Returns the key under which the entry is new, if it is.
    fn new_key(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entry: &NewEntry,
        now: Instant,
    ) -> Option<String> {
        let keys = self.of_account(store, account).map(|rows| &rows.keys);
        let known = |key: &String| keys.and_then(|keys| keys.get(key.as_str()));
        if entry.reconciled_key.as_ref().and_then(known).is_some() {
            return None;
        }
        let Some(id) = known(&entry.key) else { return Some(entry.key.clone()) };
        let first = self.rows.get(id)?;
        let deliveries = (first.delivery.as_deref(), entry.delivery.as_deref());
        let another = matches!(deliveries, (Some(a), Some(b)) if a != b);
        let soon = now.duration_since(first.taken) <= NewEntry::TWINS_WITHIN;
        entry.twin_key.clone().filter(|twin| another && soon && known(twin).is_none())
    }

    /// Makes a key known by an entry that is forgotten already.
    pub(super) fn remember(
        &mut self,
        store: &StoreId,
        account: &AccountKey,
        key: &str,
        now: Instant,
    ) {
        if self.is_known(store, account, key) {
            return;
        }
        let account = self.account(store, account);
        let id = self.number();
        let key: Arc<str> = key.into();
        let rows = self.stores.entry(store.clone()).or_default();
        rows.accounts.entry(account.clone()).or_default().keys.insert(key.clone(), id);
        let row = Row {
            store: store.clone(),
            account,
            key,
            delivery: None,
            source: EntrySource::Webhook,
            known_event: true,
            queue: 0,
            taken: now,
            ended: now,
            body: Body::Forgotten,
        };
        self.rows.insert(id, row);
        self.handled.insert((now, id));
    }

    pub(super) fn is_known(&self, store: &StoreId, account: &AccountKey, key: &str) -> bool {
        self.of_account(store, account).is_some_and(|rows| rows.keys.contains_key(key))
    }

    pub(super) fn claim(&mut self, request: ClaimRequest<'_>, now: Instant) -> Vec<QueueClaim> {
        let ClaimRequest { limit, share, lease, except, .. } = request;
        let claimed = self.due.claim(limit, share, except, now);
        claimed.into_iter().filter_map(|queue| self.hold(queue, later(now, lease))).collect()
    }

    fn hold(&mut self, id: Number, until: Instant) -> Option<QueueClaim> {
        // Emptied by an erasure while somebody had it who never gave it back.
        if self.queues.get(&id).is_some_and(|queue| queue.entries.is_empty()) {
            self.drop_claimed(id);
            return None;
        }
        let fence = self.number();
        let queue = self.queues.get_mut(&id)?;
        let first = self.rows.get(queue.entries.front()?)?;
        let Body::Waiting(first) = &first.body else { return None };
        let counts = self.stores.get_mut(&queue.store).map(|rows| &mut rows.counts);
        if let Some(counts) = counts.filter(|_| queue.claimed.is_none()) {
            counts.claimed += 1;
        }
        queue.claimed = Some(fence);
        self.due.put(id, &queue.store, until);
        Some(QueueClaim {
            store: queue.store.clone(),
            account: (*queue.account).clone(),
            queue: id,
            conversation: queue.conversation,
            fence,
            waiting_since: first.received_at,
        })
    }

    fn drop_claimed(&mut self, id: Number) {
        let claimed = self.queues.get(&id).filter(|queue| queue.claimed.is_some());
        if let Some(rows) = claimed.and_then(|queue| self.stores.get_mut(&queue.store)) {
            rows.counts.claimed -= 1;
        }
        self.drop_queue(id);
    }

    fn held(&mut self, claim: &QueueClaim) -> Option<&mut Queue> {
        self.queues.get_mut(&claim.queue).filter(|queue| queue.claimed == Some(claim.fence))
    }

    pub(super) fn load(&mut self, claim: &QueueClaim, limit: usize, now: Instant) -> Vec<Entry> {
        let Some(queue) = self.held(claim) else { return Vec::new() };
        if queue.due > now {
            return Vec::new();
        }
        let ids: Vec<Number> = queue.entries.iter().take(limit).copied().collect();
        let rows = ids.iter().filter_map(|id| self.rows.get(id));
        let waiting = rows.filter_map(|row| match &row.body {
            Body::Waiting(entry) => Some((**entry).clone()),
            _ => None,
        });
        waiting.collect()
    }

    pub(super) fn begin(&mut self, claim: &QueueClaim, entry: Number) -> Option<u32> {
        let first = self.held(claim)?.entries.front().copied()?;
        let row = self.rows.get_mut(&entry).filter(|_| first == entry)?;
        let Body::Waiting(entry) = &mut row.body else { return None };
        let before = entry.tries;
        entry.tries = before.saturating_add(1);
        Some(before)
    }

    pub(super) fn extend(&mut self, claim: &QueueClaim, until: Instant) -> bool {
        let held = self.held(claim).is_some();
        if held {
            self.due.put(claim.queue, &claim.store, until);
        }
        held
    }

    pub(super) fn settle(
        &mut self,
        claim: &QueueClaim,
        settled: &[(Number, EntryOutcome)],
        (time, now): (Timestamp, Instant),
    ) -> bool {
        if self.held(claim).is_none() {
            return false;
        }
        for (id, outcome) in settled {
            let queued = self.held(claim).is_some_and(|queue| queue.entries.contains(id));
            if !queued {
                continue;
            }
            match outcome {
                EntryOutcome::Retry { after, .. } => {
                    if let Some(queue) = self.held(claim) {
                        queue.due = later(now, *after);
                    }
                }
                EntryOutcome::Handled => {
                    self.unqueue(*id, now);
                    self.finish(*id, Body::Handled, now);
                }
                EntryOutcome::Parked { error } => {
                    self.unqueue(*id, now);
                    self.park(*id, error, (time, now));
                }
            }
        }
        true
    }

    pub(super) fn release(&mut self, claim: &QueueClaim) -> bool {
        let Some(queue) = self.held(claim) else { return false };
        queue.claimed = None;
        let (empty, due) = (queue.entries.is_empty(), queue.due);
        if let Some(rows) = self.stores.get_mut(&claim.store) {
            rows.counts.claimed -= 1;
        }
        if empty {
            self.drop_queue(claim.queue);
        } else {
            self.due.put(claim.queue, &claim.store, due);
        }
        true
    }

    pub(super) fn counts(&self, store: Option<&StoreId>) -> WebhookCounts {
        let stores: Vec<&StoreRows> = match store {
            Some(store) => self.stores.get(store).into_iter().collect(),
            None => self.stores.values().collect(),
        };
        stores.into_iter().fold(WebhookCounts::default(), |sum, rows| {
            let of = &rows.counts;
            let oldest = rows.waiting.first().and_then(|id| match &self.rows.get(id)?.body {
                Body::Waiting(entry) => Some(entry.received_at),
                _ => None,
            });
            WebhookCounts {
                webhooks: sum.webhooks + of.webhooks,
                reconciled: sum.reconciled + of.reconciled,
                handled: sum.handled + of.handled,
                waiting: sum.waiting + of.waiting,
                claimed: sum.claimed + of.claimed,
                parked: sum.parked + of.parked,
                unknown: sum.unknown + of.unknown,
                oldest_waiting_since: [sum.oldest_waiting_since, oldest]
                    .into_iter()
                    .flatten()
                    .min(),
                last_webhook_at: None,
            }
        })
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.next_due()
    }

    fn of_account(&self, store: &StoreId, account: &AccountKey) -> Option<&AccountRows> {
        self.stores.get(store)?.accounts.get(account)
    }

    /// Returns the account's key as shared by all its rows.
    fn account(&mut self, store: &StoreId, account: &AccountKey) -> Arc<AccountKey> {
        let accounts = &mut self.stores.entry(store.clone()).or_default().accounts;
        if let Some((key, _)) = accounts.get_key_value(account) {
            return key.clone();
        }
        let key = Arc::new(account.clone());
        accounts.insert(key.clone(), AccountRows::default());
        key
    }

    /// Appends an entry to its conversation's queue, and returns the queue's number.
    fn enqueue(
        &mut self,
        id: Number,
        store: &StoreId,
        account: &Arc<AccountKey>,
        conversation: Option<ConversationId>,
        now: Instant,
    ) -> Number {
        let rows = self.stores.entry(store.clone()).or_default();
        let of_account = rows.accounts.entry(account.clone()).or_default();
        let there = conversation.and_then(|it| of_account.queues.get(&it)).copied();
        if let Some((number, queue)) = there.and_then(|it| Some((it, self.queues.get_mut(&it)?))) {
            queue.entries.push_back(id);
            if queue.entries.len() == 1 {
                queue.due = now;
            }
            return number;
        }
        self.last += 1;
        let number = self.last;
        if let Some(conversation) = conversation {
            of_account.queues.insert(conversation, number);
        }
        let queue = Queue {
            store: store.clone(),
            account: account.clone(),
            conversation,
            entries: VecDeque::from([id]),
            claimed: None,
            due: now,
        };
        self.queues.insert(number, queue);
        self.due.put(number, store, now);
        number
    }

    /// Removes an entry from its queue. The next one is due now.
    fn unqueue(&mut self, id: Number, now: Instant) {
        let Some(row) = self.rows.get(&id) else { return };
        let (number, store) = (row.queue, row.store.clone());
        let Some(queue) = self.queues.get_mut(&number) else { return };
        let first = queue.entries.front() == Some(&id);
        queue.entries.retain(|entry| *entry != id);
        if first {
            queue.due = now;
        }
        if queue.claimed.is_none() {
            if queue.entries.is_empty() {
                self.drop_queue(number);
            } else if first {
                self.due.put(number, &store, now);
            }
        }
    }

    fn drop_queue(&mut self, number: Number) {
        self.due.remove(number);
        let Some(queue) = self.queues.remove(&number) else { return };
        let accounts = self.stores.get_mut(&queue.store).map(|rows| &mut rows.accounts);
        let rows = accounts.and_then(|all| all.get_mut(&queue.account));
        if let (Some(rows), Some(conversation)) = (rows, queue.conversation) {
            rows.queues.remove(&conversation);
        }
    }

    /// Releases an entry's content.
    fn finish(&mut self, id: Number, body: Body, now: Instant) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        let Some(rows) = self.stores.get_mut(&row.store) else { return };
        match std::mem::replace(&mut row.body, body) {
            Body::Waiting(_) => rows.counts.waiting -= 1,
            Body::Parked(_) => rows.counts.parked -= 1,
            Body::Handled | Body::Forgotten => return,
        }
        rows.waiting.remove(&id);
        rows.parked.remove(&id);
        match row.body {
            Body::Handled => rows.counts.handled += 1,
            _ => rows.count(row.source, row.known_event, -1),
        }
        self.parked.remove(&(row.ended, id));
        row.ended = now;
        self.handled.insert((now, id));
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.queues.is_empty() && self.touched.is_empty()
    }

    #[cfg(test)]
    pub(super) fn keeps_no_content(&self) -> bool {
        self.queues.is_empty() && self.rows.values().all(|row| matches!(row.body, Body::Handled))
    }
}

impl StoreRows {
    fn count(&mut self, source: EntrySource, known_event: bool, by: i64) {
        let counts = &mut self.counts;
        let of_source = match source {
            EntrySource::Webhook => &mut counts.webhooks,
            EntrySource::Reconciler => &mut counts.reconciled,
        };
        *of_source = of_source.saturating_add_signed(by);
        if !known_event {
            counts.unknown = counts.unknown.saturating_add_signed(by);
        }
    }
}
