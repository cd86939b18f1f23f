//! Faults of the webhook ledger.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::{ContactId, ConversationId, Time};
use store_context::model::{AccountKey, StoreId, SupportEvent};
use store_context::ports::{
    ClaimRequest, Entry, EntryOutcome, KnownState, NewEntry, ParkedEntry, PortResult, PurgeRequest,
    Purged, QueueClaim, RoundClaim, RoundOutcome, Taken, WebhookCounts, WebhookLedger,
};

use super::{Plant, Planted};
use crate::simulate::sim::lock;

/// The name of a state, as if it named what changed.
fn state_key(event: &SupportEvent) -> Option<String> {
    match event {
        SupportEvent::ConversationStatusChanged(fact) => {
            Some(format!("state/{}/{}/{}", fact.conversation, fact.status, fact.updated_at))
        }
        _ => None,
    }
}

#[async_trait]
impl WebhookLedger for Planted {
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        let mut entries = entries.to_vec();
        for entry in &mut entries {
            if self.is(Plant::StateForTransition)
                && let Some(key) = state_key(&entry.event)
            {
                entry.key = key;
                (entry.twin_key, entry.delivery) = (None, None);
            }
            if self.is(Plant::StaleOutside)
                && let Some(fact) = entry.event.conversation()
            {
                let known = [fact.conversation];
                let known = self.webhooks.states(store, account, &known).await?;
                let newer = |known: &KnownState| known.state.updated_at > fact.updated_at;
                let stale = known.first().is_some_and(newer);
                tokio::time::sleep(Duration::from_millis(3)).await;
                lock(&self.state).stale.insert((store.clone(), entry.key.clone()), stale);
            }
        }
        self.webhooks.take(store, account, &entries).await
    }
    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>> {
        self.webhooks.unknown(store, account, keys).await
    }
    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()> {
        self.webhooks.remember(store, account, keys).await
    }
    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        self.webhooks.states(store, account, conversations).await
    }
    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        self.webhooks.messages_read(store, account, read).await
    }
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        let claims = self.webhooks.claim(request).await?;
        let mut state = lock(&self.state);
        state.queues.extend(claims.iter().map(|claim| (claim.queue, claim.fence)));
        drop(state);
        Ok(claims)
    }
    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>> {
        let mut entries = self.webhooks.load(&self.whosever_queue(claim), limit).await?;
        if self.is(Plant::StaleOutside) {
            let state = lock(&self.state);
            for entry in &mut entries {
                let key = (entry.store.clone(), entry.key.clone());
                entry.stale = state.stale.get(&key).copied().unwrap_or(entry.stale);
            }
        }
        Ok(entries)
    }
    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>> {
        self.webhooks.begin(&self.whosever_queue(claim), entry).await
    }
    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool> {
        self.webhooks.extend(&self.whosever_queue(claim), lease).await
    }
    async fn settle(
        &self,
        claim: &QueueClaim,
        settled: &[(u64, EntryOutcome)],
    ) -> PortResult<bool> {
        self.webhooks.settle(&self.whosever_queue(claim), settled).await
    }
    async fn release(&self, claim: &QueueClaim) -> PortResult<bool> {
        self.webhooks.release(&self.whosever_queue(claim)).await
    }
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>> {
        self.webhooks.parked(store, after, limit).await
    }
    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64> {
        self.webhooks.replay(store, entry, limit).await
    }
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.webhooks.schedule(stores).await
    }
    async fn hurry(&self, store: &StoreId) -> PortResult<()> {
        self.webhooks.hurry(store).await
    }
    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>> {
        self.webhooks.claim_rounds(limit, lease).await
    }
    async fn claim_round(
        &self,
        store: &StoreId,
        lease: Duration,
    ) -> PortResult<Option<RoundClaim>> {
        self.webhooks.claim_round(store, lease).await
    }
    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool> {
        self.webhooks.extend_round(claim, lease).await
    }
    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool> {
        self.webhooks.settle_round(claim, outcome).await
    }
    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool> {
        self.webhooks.release_round(claim).await
    }
    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged> {
        self.webhooks.purge(request).await
    }
    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64> {
        self.webhooks.forget_contacts(store, account, contacts, conversations).await
    }
    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>> {
        self.webhooks.entries_of(store, account, contact, after, limit).await
    }
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.webhooks.forget_store(store, limit).await
    }
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts> {
        self.webhooks.counts(store).await
    }
    async fn wait(&self, longest: Duration) {
        self.webhooks.wait(longest).await;
    }
}
