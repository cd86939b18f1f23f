//! What came in from Chatwoot, in memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ConversationId;
use jiff::Timestamp;

use super::due::{AT_ONCE, DueQueue};
use super::lock;
use crate::model::StoreId;
use crate::model::{ConversationFact, SupportEvent};
use crate::ports::{
    Entry, EntryClaim, EntrySource, PortResult, Remembered, WebhookCounts, WebhookLedger,
};

/// Keeps what came in in memory: what waits when the process ends is lost, and found again by the
/// reconciler. Of a handled entry only the key is kept, to know it again.
#[derive(Debug, Default)]
pub struct MemoryWebhookLedger(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stores: HashMap<StoreId, StoreState>,
    // The entries that are not handled.
    rows: HashMap<u64, Row>,
    // The same ones by lane, in the order in which they came.
    lanes: HashMap<Lane, VecDeque<u64>>,
    // The first of each lane: a claimed one is due when its lease ends.
    queue: DueQueue,
    next: u64,
}

/// What is handed out in order: the entries of a conversation, or an entry of its own.
type Lane = (StoreId, Result<ConversationId, u64>);

#[derive(Debug, Default)]
struct StoreState {
    keys: HashSet<String>,
    observed: HashMap<ConversationId, ConversationFact>,
    cursor: Option<Timestamp>,
    counts: WebhookCounts,
}

#[derive(Debug)]
struct Row {
    entry: Entry,
    tries: u32,
    fence: u64,
    claimed: bool,
    due: Timestamp,
}

impl MemoryWebhookLedger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, store: &StoreId, what: impl FnOnce(&StoreState) -> T) -> Option<T> {
        lock(&self.0).stores.get(store).map(what)
    }
}

impl StoreState {
    /// Takes note of an entry, if it is new.
    fn remember(&mut self, entry: &Entry) -> Remembered {
        if self.keys.contains(&entry.key) {
            return Remembered::Known;
        }
        self.keys.insert(entry.key.clone());
        match entry.source {
            EntrySource::Webhook => self.counts.webhooks += 1,
            EntrySource::Reconciler => self.counts.reconciled += 1,
        }
        if matches!(entry.event, SupportEvent::Other { .. }) {
            self.counts.unknown += 1;
        }
        self.counts.waiting += 1;
        Remembered::New
    }

    fn observe(&mut self, state: &ConversationFact) -> bool {
        let newer = |known: &ConversationFact| known.updated_at > state.updated_at;
        if self.observed.get(&state.conversation).is_some_and(newer) {
            return false;
        }
        self.observed.insert(state.conversation, state.clone());
        true
    }
}

impl State {
    fn store(&mut self, store: &StoreId) -> &mut StoreState {
        self.stores.entry(store.clone()).or_default()
    }

    fn remember(&mut self, entry: &Entry) -> Remembered {
        let remembered = self.store(&entry.store).remember(entry);
        if remembered == Remembered::New {
            let id = self.next;
            self.next += 1;
            let entry = entry.clone();
            let lane = lane(id, &entry);
            self.rows.insert(id, Row { entry, tries: 0, fence: 0, claimed: false, due: AT_ONCE });
            self.lanes.entry(lane.clone()).or_default().push_back(id);
            self.queue_first(&lane);
        }
        remembered
    }

    /// Queues the first of a lane as it is now.
    fn queue_first(&mut self, lane: &Lane) {
        let first = self.lanes.get(lane).and_then(VecDeque::front);
        if let Some((&id, row)) = first.and_then(|id| Some((id, self.rows.get(id)?))) {
            self.queue.put(id, row.entry.received_at, row.due);
        }
    }

    fn claim(&mut self, limit: usize, until: Timestamp, now: Timestamp) -> Vec<EntryClaim> {
        // All are taken out before one is put back, so that none is claimed twice.
        let (mut claims, mut taken) = (Vec::new(), Vec::new());
        while claims.len() < limit
            && let Some(first) = self.queue.pop(now)
        {
            let Some(lane) = self.rows.get(&first).map(|row| lane(first, &row.entry)) else {
                continue;
            };
            let rows = self.lanes.get(&lane).into_iter().flatten();
            let due = rows.take_while(|id| self.rows.get(id).is_some_and(|row| row.due <= now));
            let ids: Vec<u64> = due.take(limit - claims.len()).copied().collect();
            claims.extend(ids.into_iter().filter_map(|id| self.hold(id, until)));
            taken.push(lane);
        }
        for lane in &taken {
            self.queue_first(lane);
        }
        claims
    }

    fn hold(&mut self, id: u64, until: Timestamp) -> Option<EntryClaim> {
        let row = self.rows.get_mut(&id)?;
        row.due = until;
        let tries = row.tries;
        row.tries = row.tries.saturating_add(1);
        row.fence += 1;
        row.claimed = true;
        Some(EntryClaim { id, fence: row.fence, tries, entry: row.entry.clone() })
    }

    /// The row of a claim that still stands.
    fn held(&mut self, claim: &EntryClaim) -> Option<&mut Row> {
        self.rows.get_mut(&claim.id).filter(|row| row.claimed && row.fence == claim.fence)
    }

    fn done(&mut self, claim: &EntryClaim) -> bool {
        if self.held(claim).is_none() {
            return false;
        }
        self.queue.remove(claim.id);
        if let Some(row) = self.rows.remove(&claim.id) {
            let lane = lane(claim.id, &row.entry);
            let rest = self.lanes.get_mut(&lane);
            if rest.is_some_and(|ids| {
                ids.retain(|id| *id != claim.id);
                ids.is_empty()
            }) {
                self.lanes.remove(&lane);
            }
            self.queue_first(&lane);
            let counts = &mut self.store(&row.entry.store).counts;
            counts.handled += 1;
            counts.waiting -= 1;
        }
        true
    }

    fn release(&mut self, claim: &EntryClaim, retry_at: Timestamp) -> bool {
        let Some(row) = self.held(claim) else { return false };
        row.claimed = false;
        row.due = retry_at;
        let lane = lane(claim.id, &row.entry);
        self.queue_first(&lane);
        true
    }
}

fn lane(id: u64, entry: &Entry) -> Lane {
    (entry.store.clone(), entry.event.conversation_id().ok_or(id))
}

#[async_trait]
impl WebhookLedger for MemoryWebhookLedger {
    async fn remember(&self, entry: &Entry) -> PortResult<Remembered> {
        Ok(lock(&self.0).remember(entry))
    }

    async fn knows(&self, store: &StoreId, key: &str) -> PortResult<bool> {
        Ok(self.read(store, |state| state.keys.contains(key)).unwrap_or_default())
    }

    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> PortResult<Vec<EntryClaim>> {
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        Ok(lock(&self.0).claim(limit, until, now))
    }

    async fn done(&self, claim: &EntryClaim) -> PortResult<bool> {
        Ok(lock(&self.0).done(claim))
    }

    async fn release(&self, claim: &EntryClaim, retry_at: Timestamp) -> PortResult<bool> {
        Ok(lock(&self.0).release(claim, retry_at))
    }

    async fn observe(&self, store: &StoreId, state: &ConversationFact) -> PortResult<bool> {
        Ok(lock(&self.0).store(store).observe(state))
    }

    async fn observed(
        &self,
        store: &StoreId,
        conversation: ConversationId,
    ) -> PortResult<Option<ConversationFact>> {
        Ok(self.read(store, |state| state.observed.get(&conversation).cloned()).flatten())
    }

    async fn cursor(&self, store: &StoreId) -> PortResult<Option<Timestamp>> {
        Ok(self.read(store, |state| state.cursor).flatten())
    }

    async fn set_cursor(&self, store: &StoreId, to: Timestamp) -> PortResult<()> {
        lock(&self.0).store(store).cursor = Some(to);
        Ok(())
    }

    async fn counts(&self, store: &StoreId) -> PortResult<WebhookCounts> {
        Ok(self.read(store, |state| state.counts).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chatwoot_client::types::Extra;

    use super::*;
    use crate::ports::EntrySource;

    crate::webhook_ledger_conformance!(async { MemoryWebhookLedger::new() });

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_deliveries_and_workers_handle_each_fact_once() {
        const FACTS: u64 = 300;
        let ledger = Arc::new(MemoryWebhookLedger::new());
        let store = StoreId::new("north").unwrap();
        let deliveries: Vec<_> = [EntrySource::Webhook, EntrySource::Reconciler]
            .into_iter()
            .map(|source| {
                let (ledger, store) = (ledger.clone(), store.clone());
                tokio::spawn(async move {
                    for n in 0..FACTS {
                        let event =
                            SupportEvent::Other { name: "e".to_owned(), body: Extra::new() };
                        let entry = Entry {
                            store: store.clone(),
                            key: format!("fact {n}"),
                            event,
                            source,
                            stale: false,
                            received_at: Timestamp::UNIX_EPOCH,
                        };
                        ledger.remember(&entry).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        let workers: Vec<_> = (0..6)
            .map(|_| {
                let (ledger, store) = (ledger.clone(), store.clone());
                tokio::spawn(async move {
                    let mut handled = Vec::new();
                    while ledger.counts(&store).await.unwrap().handled < FACTS {
                        let lease = Duration::from_mins(1);
                        for claim in ledger.claim(5, lease, Timestamp::UNIX_EPOCH).await.unwrap() {
                            tokio::task::yield_now().await;
                            assert!(ledger.done(&claim).await.unwrap());
                            handled.push(claim.entry.key);
                        }
                        tokio::task::yield_now().await;
                    }
                    handled
                })
            })
            .collect();
        for delivery in deliveries {
            delivery.await.unwrap();
        }
        let mut handled = HashSet::new();
        for worker in workers {
            for key in worker.await.unwrap() {
                assert!(handled.insert(key.clone()), "{key} was handled twice");
            }
        }
        let counts = ledger.counts(&store).await.unwrap();
        assert_eq!(handled.len() as u64, FACTS);
        assert_eq!((counts.webhooks + counts.reconciled, counts.waiting), (FACTS, 0));
        assert!(lock(&ledger.0).rows.is_empty(), "handled entries are let go");
    }
}
