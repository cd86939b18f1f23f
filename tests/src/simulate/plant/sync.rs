//! Faults of the sync ledger.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ContactId;
use store_context::model::{AccountKey, CustomerId, StoreId};
use store_context::ports::{
    ClaimRequest, Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, PortResult, Priority,
    Settlement, SyncClaim, SyncCounts, SyncLedger,
};

use super::{Plant, Planted};

#[async_trait]
impl SyncLedger for Planted {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        self.wants(store, customers);
        self.sync.want(store, customers, priority).await
    }
    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        if let Some(customer) = self.sync.customer_of(store, account, contact).await? {
            self.wants(store, &[customer]);
        }
        self.sync.doubt(store, account, contact, doubt, unless).await
    }
    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        self.sync.doubt_all(store, doubt, after, limit).await
    }
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        let mut claims = match self.fault {
            Plant::AgeOrder => self.oldest(request).await?,
            _ => self.sync.claim(request).await?,
        };
        self.claimed(&mut claims);
        Ok(claims)
    }
    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        let mut held = self.sync.hold(store, customer, lease).await?;
        if let Hold::Held(claim) = &mut held {
            self.claimed(std::slice::from_mut(claim));
        }
        Ok(held)
    }
    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        if self.is(Plant::NoInDoubtMark) {
            let stands = self.sync.extend(std::slice::from_ref(claim), Duration::from_mins(2));
            return Ok(stands.await? == [true]);
        }
        match self.anew(claim).await? {
            Some(claim) => self.sync.begin(&claim).await,
            None => Ok(false),
        }
    }
    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        let claims: Vec<SyncClaim> = claims.iter().map(|claim| self.whosever(claim)).collect();
        self.sync.extend(&claims, lease).await
    }
    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        self.settled(settled);
        let mut whosever = Vec::new();
        for (claim, how) in settled {
            let claim = self.anew(claim).await?.unwrap_or_else(|| claim.clone());
            whosever.push((claim, how.clone()));
        }
        let settled = whosever;
        if self.is(Plant::AgeOrder) {
            // What it claims are no probes.
            for (claim, settlement) in &settled {
                if matches!(settlement, Settlement::Confirmed { .. }) {
                    self.sync.resume(&claim.store).await?;
                }
            }
        }
        self.sync.settle(&settled).await
    }
    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        self.wants(store, std::slice::from_ref(from));
        self.sync.want_merge(store, from, into).await
    }
    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        let customers = std::slice::from_ref(customer);
        self.wants(store, customers);
        match self.fault {
            Plant::NoTombstone => self.sync.want(store, customers, Priority::Live).await,
            _ => self.sync.erase(store, customer).await,
        }
    }
    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        match self.fault {
            Plant::NoStorePause => Ok(()),
            _ => self.sync.pause(store, duration, reason).await,
        }
    }
    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        self.sync.resume(store).await
    }
    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        self.sync.paused(after, limit).await
    }
    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        self.sync.link(store, customer).await
    }
    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        self.sync.customer_of(store, account, contact).await
    }
    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        self.sync.links(store, after, limit).await
    }
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        self.sync.parked(store, after, limit).await
    }
    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        self.sync.replay(store, customer, limit).await
    }
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.sync.forget(store, customer).await
    }
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.sync.forget_store(store, limit).await
    }
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        self.sync.counts(store).await
    }
    async fn wait(&self, longest: Duration) {
        match self.fault {
            Plant::AgeOrder => tokio::time::sleep(longest.min(Duration::from_secs(1))).await,
            _ => self.sync.wait(longest).await,
        }
    }
}
