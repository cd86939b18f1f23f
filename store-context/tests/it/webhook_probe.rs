//! A webhook ledger with failures that can be injected per method.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::{ContactId, ConversationId, Time};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{
    ClaimRequest, Entry, EntryOutcome, KnownState, NewEntry, ParkedEntry, PortError, PortResult,
    PurgeRequest, Purged, QueueClaim, RoundClaim, RoundOutcome, Taken, WebhookCounts,
    WebhookLedger,
};

/// Forwards to the wrapped ledger, and responds with a delay, like a database.
pub(crate) struct WebhookProbe {
    ledger: Arc<dyn WebhookLedger>,
    failing: Mutex<HashSet<&'static str>>,
    late: Mutex<Duration>,
}

impl WebhookProbe {
    pub(crate) fn new(ledger: Arc<dyn WebhookLedger>) -> Self {
        Self { ledger, failing: Mutex::default(), late: Mutex::default() }
    }

    /// Makes this method fail until [`WebhookProbe::mend`].
    pub(crate) fn fail(&self, method: &'static str) {
        self.failing.lock().unwrap().insert(method);
    }

    pub(crate) fn mend(&self) {
        self.failing.lock().unwrap().clear();
    }

    /// Delays each response by this much after the work is done.
    pub(crate) fn answer_after(&self, late: Duration) {
        *self.late.lock().unwrap() = late;
    }

    async fn ask<T>(
        &self,
        method: &'static str,
        answer: impl Future<Output = PortResult<T>>,
    ) -> PortResult<T> {
        tokio::task::yield_now().await;
        if self.failing.lock().unwrap().contains(method) {
            return Err(PortError::new("webhooks", format!("{method} was told to fail")));
        }
        let answer = answer.await;
        let late = *self.late.lock().unwrap();
        tokio::time::sleep(late).await;
        answer
    }
}

#[async_trait]
impl WebhookLedger for WebhookProbe {
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        self.ask("take", self.ledger.take(store, account, entries)).await
    }

    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>> {
        self.ask("unknown", self.ledger.unknown(store, account, keys)).await
    }

    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()> {
        self.ask("remember", self.ledger.remember(store, account, keys)).await
    }

    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        self.ask("states", self.ledger.states(store, account, conversations)).await
    }

    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        self.ask("messages_read", self.ledger.messages_read(store, account, read)).await
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        self.ask("claim", self.ledger.claim(request)).await
    }

    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>> {
        self.ask("load", self.ledger.load(claim, limit)).await
    }

    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>> {
        self.ask("begin", self.ledger.begin(claim, entry)).await
    }

    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool> {
        self.ask("extend", self.ledger.extend(claim, lease)).await
    }

    async fn settle(
        &self,
        claim: &QueueClaim,
        settled: &[(u64, EntryOutcome)],
    ) -> PortResult<bool> {
        self.ask("settle", self.ledger.settle(claim, settled)).await
    }

    async fn release(&self, claim: &QueueClaim) -> PortResult<bool> {
        self.ask("release", self.ledger.release(claim)).await
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>> {
        self.ask("parked", self.ledger.parked(store, after, limit)).await
    }

    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64> {
        self.ask("replay", self.ledger.replay(store, entry, limit)).await
    }

    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.ask("schedule", self.ledger.schedule(stores)).await
    }

    async fn hurry(&self, store: &StoreId) -> PortResult<()> {
        self.ask("hurry", self.ledger.hurry(store)).await
    }

    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>> {
        self.ask("claim_rounds", self.ledger.claim_rounds(limit, lease)).await
    }

    async fn claim_round(
        &self,
        store: &StoreId,
        lease: Duration,
    ) -> PortResult<Option<RoundClaim>> {
        self.ask("claim_round", self.ledger.claim_round(store, lease)).await
    }

    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool> {
        self.ask("extend_round", self.ledger.extend_round(claim, lease)).await
    }

    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool> {
        self.ask("settle_round", self.ledger.settle_round(claim, outcome)).await
    }

    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool> {
        self.ask("release_round", self.ledger.release_round(claim)).await
    }

    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged> {
        self.ask("purge", self.ledger.purge(request)).await
    }

    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64> {
        let forgotten = self.ledger.forget_contacts(store, account, contacts, conversations);
        self.ask("forget_contacts", forgotten).await
    }

    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>> {
        let entries = self.ledger.entries_of(store, account, contact, after, limit);
        self.ask("entries_of", entries).await
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.ask("forget_store", self.ledger.forget_store(store, limit)).await
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts> {
        self.ask("counts", self.ledger.counts(store)).await
    }

    async fn wait(&self, longest: Duration) {
        self.ledger.wait(longest).await;
    }
}
