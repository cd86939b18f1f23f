//! The in-memory ledger of webhooks.

mod entries;
mod rounds;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::{ContactId, ConversationId, Time};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::entries::Entries;
use self::rounds::Rounds;
use crate::guard::lock;
use crate::model::{AccountKey, StoreId};
use crate::ports::{
    ClaimRequest, Clock, Entry, EntryOutcome, EntrySource, KnownState, NewEntry, ParkedEntry,
    PortResult, PurgeRequest, Purged, QueueClaim, RoundClaim, RoundOutcome, SystemClock, Taken,
    WebhookCounts, WebhookLedger,
};
use crate::time::later;

/// Stores received events in memory: entries that wait when the process ends are lost, and found
/// again by the reconciler. Of a handled entry only the key is kept, until it is purged.
///
/// Leases and retries use tokio's clock, which cannot be set.
#[derive(Debug)]
pub struct MemoryWebhookLedger {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    taken: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: Entries,
    rounds: Rounds,
}

impl MemoryWebhookLedger {
    /// Creates an empty ledger that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty ledger that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), clock, taken: Notify::new() }
    }

    fn now(&self) -> (Timestamp, Instant) {
        (self.clock.now(), Instant::now())
    }
}

impl Default for MemoryWebhookLedger {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl WebhookLedger for MemoryWebhookLedger {
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        let now = self.now();
        let mut state = lock(&self.state);
        let taken: Vec<Taken> =
            entries.iter().map(|entry| state.entries.take(store, account, entry, now)).collect();
        if entries.iter().any(|entry| entry.source == EntrySource::Webhook) {
            state.rounds.webhook(store, now.1);
        }
        drop(state);
        if taken.iter().any(|taken| *taken != Taken::Known) {
            self.taken.notify_one();
        }
        Ok(taken)
    }

    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>> {
        let state = lock(&self.state);
        let unknown = |key: &&String| !state.entries.is_known(store, account, key);
        Ok(keys.iter().filter(unknown).cloned().collect())
    }

    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        for key in keys {
            state.entries.remember(store, account, key, now);
        }
        Ok(())
    }

    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        let state = lock(&self.state);
        let known = |id: &ConversationId| state.entries.state(store, account, *id).cloned();
        Ok(conversations.iter().filter_map(known).collect())
    }

    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        let mut state = lock(&self.state);
        for (conversation, at) in read {
            state.entries.messages_read(store, account, *conversation, *at);
        }
        Ok(())
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        Ok(lock(&self.state).entries.claim(request, Instant::now()))
    }

    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>> {
        Ok(lock(&self.state).entries.load(claim, limit, Instant::now()))
    }

    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>> {
        Ok(lock(&self.state).entries.begin(claim, entry))
    }

    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool> {
        Ok(lock(&self.state).entries.extend(claim, later(Instant::now(), lease)))
    }

    async fn settle(
        &self,
        claim: &QueueClaim,
        settled: &[(u64, EntryOutcome)],
    ) -> PortResult<bool> {
        Ok(lock(&self.state).entries.settle(claim, settled, self.now()))
    }

    async fn release(&self, claim: &QueueClaim) -> PortResult<bool> {
        Ok(lock(&self.state).entries.release(claim))
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>> {
        Ok(lock(&self.state).entries.parked(store, after, limit))
    }

    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64> {
        let replayed = lock(&self.state).entries.replay(store, entry, limit, Instant::now());
        self.taken.notify_one();
        Ok(replayed)
    }

    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        let mut state = lock(&self.state);
        for store in stores {
            state.rounds.schedule(store, self.now());
        }
        Ok(())
    }

    async fn hurry(&self, store: &StoreId) -> PortResult<()> {
        lock(&self.state).rounds.bring_forward(store, Instant::now());
        Ok(())
    }

    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>> {
        Ok(lock(&self.state).rounds.claim(limit, lease, Instant::now()))
    }

    async fn claim_round(
        &self,
        store: &StoreId,
        lease: Duration,
    ) -> PortResult<Option<RoundClaim>> {
        Ok(lock(&self.state).rounds.claim_one(store, lease, Instant::now()))
    }

    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool> {
        Ok(lock(&self.state).rounds.extend(claim, later(Instant::now(), lease)))
    }

    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool> {
        Ok(lock(&self.state).rounds.settle(claim, outcome, self.now()))
    }

    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool> {
        Ok(lock(&self.state).rounds.release(claim, Instant::now()))
    }

    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged> {
        Ok(lock(&self.state).entries.purge(request, Instant::now()))
    }

    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        Ok(state.entries.forget_contacts(store, account, contacts, conversations, now))
    }

    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>> {
        Ok(lock(&self.state).entries.entries_of(store, account, contact, after, limit))
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        let mut state = lock(&self.state);
        let (forgotten, empty) = state.entries.forget_store(store, limit, Instant::now());
        if empty {
            state.rounds.forget(store);
        }
        Ok(forgotten)
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts> {
        let state = lock(&self.state);
        let last = state.rounds.last_webhook(store);
        let last = last.and_then(|last| self.clock.now().checked_sub(last.elapsed()).ok());
        Ok(WebhookCounts { last_webhook_at: last, ..state.entries.counts(store) })
    }

    async fn wait(&self, longest: Duration) {
        let now = Instant::now();
        let due = lock(&self.state).entries.next_due().filter(|due| *due > now);
        let until = due.map_or(later(now, longest), |due| due.min(later(now, longest)));
        // Entries stored since the last claim left a permit.
        let _ = tokio::time::timeout_at(until, self.taken.notified()).await;
    }
}
