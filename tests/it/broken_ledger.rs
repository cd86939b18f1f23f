//! Tests with a webhook ledger that fails or never responds.

use std::future::pending;
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::{ContactId, ConversationId, Time};
use store_context::model::{AccountKey, StoreId};
use store_context::ports::{
    ClaimRequest, Entry, EntryOutcome, KnownState, NewEntry, ParkedEntry, PortResult, PurgeRequest,
    Purged, QueueClaim, RoundClaim, RoundOutcome, Taken, WebhookCounts, WebhookLedger,
};

use crate::host::down;

pub(crate) struct BrokenLedger {
    pub(crate) hangs: bool,
}

impl BrokenLedger {
    async fn fail<T>(&self) -> PortResult<T> {
        if self.hangs { pending().await } else { Err(down("webhooks")) }
    }
}

#[async_trait]
impl WebhookLedger for BrokenLedger {
    async fn take(&self, _: &StoreId, _: &AccountKey, _: &[NewEntry]) -> PortResult<Vec<Taken>> {
        self.fail().await
    }

    async fn unknown(&self, _: &StoreId, _: &AccountKey, _: &[String]) -> PortResult<Vec<String>> {
        self.fail().await
    }

    async fn remember(&self, _: &StoreId, _: &AccountKey, _: &[String]) -> PortResult<()> {
        self.fail().await
    }

    async fn states(
        &self,
        _: &StoreId,
        _: &AccountKey,
        _: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        self.fail().await
    }

    async fn messages_read(
        &self,
        _: &StoreId,
        _: &AccountKey,
        _: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        self.fail().await
    }

    async fn claim(&self, _: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        self.fail().await
    }

    async fn load(&self, _: &QueueClaim, _: usize) -> PortResult<Vec<Entry>> {
        self.fail().await
    }

    async fn begin(&self, _: &QueueClaim, _: u64) -> PortResult<Option<u32>> {
        self.fail().await
    }

    async fn extend(&self, _: &QueueClaim, _: Duration) -> PortResult<bool> {
        self.fail().await
    }

    async fn settle(&self, _: &QueueClaim, _: &[(u64, EntryOutcome)]) -> PortResult<bool> {
        self.fail().await
    }

    async fn release(&self, _: &QueueClaim) -> PortResult<bool> {
        self.fail().await
    }

    async fn parked(&self, _: &StoreId, _: Option<u64>, _: usize) -> PortResult<Vec<ParkedEntry>> {
        self.fail().await
    }

    async fn replay(&self, _: &StoreId, _: Option<u64>, _: usize) -> PortResult<u64> {
        self.fail().await
    }

    async fn schedule(&self, _: &[StoreId]) -> PortResult<()> {
        self.fail().await
    }

    async fn hurry(&self, _: &StoreId) -> PortResult<()> {
        self.fail().await
    }

    async fn claim_rounds(&self, _: usize, _: Duration) -> PortResult<Vec<RoundClaim>> {
        self.fail().await
    }

    async fn claim_round(&self, _: &StoreId, _: Duration) -> PortResult<Option<RoundClaim>> {
        self.fail().await
    }

    async fn extend_round(&self, _: &RoundClaim, _: Duration) -> PortResult<bool> {
        self.fail().await
    }

    async fn settle_round(&self, _: &RoundClaim, _: RoundOutcome) -> PortResult<bool> {
        self.fail().await
    }

    async fn release_round(&self, _: &RoundClaim) -> PortResult<bool> {
        self.fail().await
    }

    async fn purge(&self, _: &PurgeRequest) -> PortResult<Purged> {
        self.fail().await
    }

    async fn forget_contacts(
        &self,
        _: &StoreId,
        _: &AccountKey,
        _: &[ContactId],
        _: &[ConversationId],
    ) -> PortResult<u64> {
        self.fail().await
    }

    async fn entries_of(
        &self,
        _: &StoreId,
        _: &AccountKey,
        _: ContactId,
        _: Option<u64>,
        _: usize,
    ) -> PortResult<Vec<Entry>> {
        self.fail().await
    }

    async fn forget_store(&self, _: &StoreId, _: usize) -> PortResult<u64> {
        self.fail().await
    }

    async fn counts(&self, _: Option<&StoreId>) -> PortResult<WebhookCounts> {
        self.fail().await
    }
}
