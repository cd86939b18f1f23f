//! The database that all processes share: the ledgers and stores in memory or in Postgres, with the
//! latency and the trouble of a real one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::{ContactId, ConversationId, Time};
use store_context::model::{AccountKey, CustomerId, Store, StoreId};
use store_context::ports::{
    Address, AddressToken, ClaimRequest, Doubt, Entry, EntryOutcome, Fingerprint, Hold, KnownState,
    LineClaim, Link, LiveLines, NewEntry, ParkedEntry, ParkedRow, PausedStore, PortError,
    PortResult, Ports, Priority, ProvisionLock, PurgeRequest, Purged, QueueClaim, RoundClaim,
    RoundOutcome, Settlement, StoreRecord, Stores, SweepClaim, Sweeps, SyncClaim, SyncCounts,
    SyncLedger, Taken, WebhookCounts, WebhookLedger,
};

use super::act::{Database as Fault, Trouble};
use super::idle::Idle;
use super::people::Marker;
use super::shop::{customer_number, store_number};
use super::sim::Sim;

/// The storage ports of one process.
#[derive(Clone)]
pub(super) struct Database {
    sim: Sim,
    stores: Arc<dyn Stores>,
    sweeps: Arc<dyn Sweeps>,
    live_lines: Arc<dyn LiveLines>,
    sync: Arc<dyn SyncLedger>,
    webhooks: Arc<dyn WebhookLedger>,
    idle: Option<Idle>,
}

impl Database {
    pub(super) fn new(sim: &Sim, ports: &Ports) -> Self {
        let Ports { stores, sweeps, live_lines, sync, webhooks, .. } = ports.clone();
        Self { sim: sim.clone(), stores, sweeps, live_lines, sync, webhooks, idle: None }
    }

    /// Does not ask the database again and again while the run is quiet; see [`Idle`].
    pub(super) fn resting(self, idle: Idle) -> Self {
        Self { idle: Some(idle), ..self }
    }

    /// Makes one call, with all that can happen on the way there and back.
    async fn call<T: std::fmt::Debug>(
        &self,
        what: &'static str,
        call: impl Future<Output = PortResult<T>>,
    ) -> PortResult<T> {
        self.sim.count_call();
        let failed = || PortError::new("database", format!("{what} was told to fail"));
        self.sim.latency(0..=2).await;
        let struck = self.sim.strike(|trouble| match trouble {
            Trouble::Database(fault) => Some(*fault),
            _ => None,
        });
        match struck {
            Some(Fault::Before) => return Err(failed()),
            Some(Fault::Slow(millis)) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Some(Fault::After) | None => {}
        }
        let done = call.await?;
        if let Some(idle) = &self.idle {
            idle.called(what);
        }
        self.sim.detail(|| format!("database {what}: {done:?}"));
        self.sim.latency(0..=2).await;
        if struck == Some(Fault::After) { Err(failed()) } else { Ok(done) }
    }

    /// Makes a call that workers make again and again.
    async fn poll<T: std::fmt::Debug>(
        &self,
        what: &'static str,
        call: impl Future<Output = PortResult<Vec<T>>>,
    ) -> PortResult<Vec<T>> {
        let Some(idle) = self.idle.as_ref().filter(|_| self.sim.is_quiet()) else {
            return self.call(what, call).await;
        };
        let Some(turn) = idle.turn(what) else { return Ok(Vec::new()) };
        let found = self.call(what, call).await?;
        idle.ended(what, turn, found.is_empty());
        Ok(found)
    }

    /// Waits as a ledger does.
    async fn wait_for(&self, longest: Duration, wait: impl Future<Output = ()>) {
        if self.idle.is_some() && self.sim.is_quiet() {
            return tokio::time::sleep(longest).await;
        }
        wait.await;
    }
}

#[async_trait]
impl Stores for Database {
    async fn put(&self, store: &Store) -> PortResult<()> {
        self.call("put", self.stores.put(store)).await
    }
    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        self.sim.latency(0..=2).await;
        self.stores.open(id).await
    }
    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        self.call("ids", self.stores.ids(after, limit)).await
    }
    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        self.call("save", self.stores.save(record)).await
    }
    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        self.call("store_at", self.stores.store_at(address, token)).await
    }
    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        self.call("lock", self.stores.lock(id, lease)).await
    }
    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        self.call("extend lock", self.stores.extend(lock, lease)).await
    }
    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()> {
        self.call("unlock", self.stores.unlock(lock)).await
    }
    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        self.call("remove", self.stores.remove(id)).await
    }
}

#[async_trait]
impl Sweeps for Database {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.call("schedule sweeps", self.sweeps.schedule(stores)).await
    }
    async fn claim(&self, lease: Duration) -> PortResult<Option<SweepClaim>> {
        self.call("claim sweep", self.sweeps.claim(lease)).await
    }
    async fn extend(&self, claim: &SweepClaim, lease: Duration) -> PortResult<bool> {
        self.call("extend sweep", self.sweeps.extend(claim, lease)).await
    }
    async fn settle(&self, claim: &SweepClaim, next: Duration) -> PortResult<bool> {
        self.call("settle sweep", self.sweeps.settle(claim, next)).await
    }
    async fn hurry(&self, store: &StoreId, within: Duration) -> PortResult<()> {
        self.call("hurry sweep", self.sweeps.hurry(store, within)).await
    }
    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        self.call("forget sweeps", self.sweeps.forget_store(store)).await
    }
}

#[async_trait]
impl LiveLines for Database {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.call("schedule lines", self.live_lines.schedule(stores)).await
    }
    async fn claim(&self, limit: usize, lease: Duration) -> PortResult<Vec<LineClaim>> {
        self.call("claim lines", self.live_lines.claim(limit, lease)).await
    }
    async fn extend(&self, claims: &[LineClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.call("extend lines", self.live_lines.extend(claims, lease)).await
    }
    async fn release(&self, claims: &[LineClaim], next: Duration) -> PortResult<()> {
        self.call("release lines", self.live_lines.release(claims, next)).await
    }
    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        self.call("forget line", self.live_lines.forget_store(store)).await
    }
}

#[async_trait]
impl SyncLedger for Database {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        let call = async {
            self.sync.want(store, customers, priority).await?;
            for customer in customers {
                self.sim.recorded(store_number(store), customer_number(customer));
            }
            Ok(())
        };
        self.call("want", call).await
    }
    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        self.call("doubt", self.sync.doubt(store, account, contact, doubt, unless)).await
    }
    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        self.call("doubt_all", self.sync.doubt_all(store, doubt, after, limit)).await
    }
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        self.poll("claim", self.sync.claim(request)).await
    }
    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        self.call("hold", self.sync.hold(store, customer, lease)).await
    }
    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        self.call("begin", self.sync.begin(claim)).await
    }
    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        self.call("extend", self.sync.extend(claims, lease)).await
    }
    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        for (claim, settlement) in settled {
            self.sim.detail(|| {
                let fence = claim.fence;
                format!("settle {} {} fence {fence}: {settlement:?}", claim.store, claim.customer)
            });
        }
        let call = async {
            let stood = self.sync.settle(settled).await?;
            for ((claim, settlement), stood) in settled.iter().zip(&stood) {
                if *stood && *settlement == Settlement::Gone {
                    let store = store_number(&claim.store);
                    let customer = customer_number(&claim.customer);
                    self.sim.gone(&Marker { store, customer, is_name: true }.to_string());
                }
            }
            Ok(stood)
        };
        self.call("settle", call).await
    }
    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        self.call("want_merge", self.sync.want_merge(store, from, into)).await
    }
    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.call("erase", self.sync.erase(store, customer)).await
    }
    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        self.sim.detail(|| format!("pause {store} {duration:?}: {reason}"));
        self.call("pause", self.sync.pause(store, duration, reason)).await
    }
    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        self.call("resume", self.sync.resume(store)).await
    }
    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        self.call("paused", self.sync.paused(after, limit)).await
    }
    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        self.call("link", self.sync.link(store, customer)).await
    }
    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        self.call("customer_of", self.sync.customer_of(store, account, contact)).await
    }
    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        self.call("links", self.sync.links(store, after, limit)).await
    }
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        self.call("parked", self.sync.parked(store, after, limit)).await
    }
    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        self.call("replay", self.sync.replay(store, customer, limit)).await
    }
    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.call("forget", self.sync.forget(store, customer)).await
    }
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.call("forget_store", self.sync.forget_store(store, limit)).await
    }
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        self.call("counts", self.sync.counts(store)).await
    }
    async fn wait(&self, longest: Duration) {
        self.wait_for(longest, self.sync.wait(longest)).await;
    }
}

#[async_trait]
impl WebhookLedger for Database {
    async fn take(
        &self,
        store: &StoreId,
        account: &AccountKey,
        entries: &[NewEntry],
    ) -> PortResult<Vec<Taken>> {
        for entry in entries {
            let (source, event) = (entry.source, &entry.event);
            self.sim.detail(|| format!("take {store} {source:?} {} {event:?}", entry.key));
        }
        self.call("take", self.webhooks.take(store, account, entries)).await
    }
    async fn unknown(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<Vec<String>> {
        self.call("unknown", self.webhooks.unknown(store, account, keys)).await
    }
    async fn remember(
        &self,
        store: &StoreId,
        account: &AccountKey,
        keys: &[String],
    ) -> PortResult<()> {
        self.call("remember", self.webhooks.remember(store, account, keys)).await
    }
    async fn states(
        &self,
        store: &StoreId,
        account: &AccountKey,
        conversations: &[ConversationId],
    ) -> PortResult<Vec<KnownState>> {
        self.call("states", self.webhooks.states(store, account, conversations)).await
    }
    async fn messages_read(
        &self,
        store: &StoreId,
        account: &AccountKey,
        read: &[(ConversationId, Time)],
    ) -> PortResult<()> {
        self.call("messages_read", self.webhooks.messages_read(store, account, read)).await
    }
    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<QueueClaim>> {
        self.poll("claim queues", self.webhooks.claim(request)).await
    }
    async fn load(&self, claim: &QueueClaim, limit: usize) -> PortResult<Vec<Entry>> {
        self.call("load", self.webhooks.load(claim, limit)).await
    }
    async fn begin(&self, claim: &QueueClaim, entry: u64) -> PortResult<Option<u32>> {
        self.call("begin entry", self.webhooks.begin(claim, entry)).await
    }
    async fn extend(&self, claim: &QueueClaim, lease: Duration) -> PortResult<bool> {
        self.call("extend queue", self.webhooks.extend(claim, lease)).await
    }
    async fn settle(
        &self,
        claim: &QueueClaim,
        settled: &[(u64, EntryOutcome)],
    ) -> PortResult<bool> {
        self.sim.detail(|| format!("settle queue {}: {settled:?}", claim.queue));
        for (entry, outcome) in settled {
            if matches!(outcome, EntryOutcome::Parked { .. }) {
                self.sim.parked(claim.store.as_str(), *entry);
            }
        }
        self.call("settle entries", self.webhooks.settle(claim, settled)).await
    }
    async fn release(&self, claim: &QueueClaim) -> PortResult<bool> {
        self.call("release", self.webhooks.release(claim)).await
    }
    async fn parked(
        &self,
        store: &StoreId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ParkedEntry>> {
        self.call("parked entries", self.webhooks.parked(store, after, limit)).await
    }
    async fn replay(&self, store: &StoreId, entry: Option<u64>, limit: usize) -> PortResult<u64> {
        self.call("replay entries", self.webhooks.replay(store, entry, limit)).await
    }
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        self.call("schedule", self.webhooks.schedule(stores)).await
    }
    async fn hurry(&self, store: &StoreId) -> PortResult<()> {
        self.call("hurry", self.webhooks.hurry(store)).await
    }
    async fn claim_rounds(&self, limit: usize, lease: Duration) -> PortResult<Vec<RoundClaim>> {
        self.poll("claim_rounds", self.webhooks.claim_rounds(limit, lease)).await
    }
    async fn claim_round(
        &self,
        store: &StoreId,
        lease: Duration,
    ) -> PortResult<Option<RoundClaim>> {
        self.call("claim_round", self.webhooks.claim_round(store, lease)).await
    }
    async fn extend_round(&self, claim: &RoundClaim, lease: Duration) -> PortResult<bool> {
        self.call("extend_round", self.webhooks.extend_round(claim, lease)).await
    }
    async fn settle_round(&self, claim: &RoundClaim, outcome: RoundOutcome) -> PortResult<bool> {
        self.sim.detail(|| format!("round of {}: {outcome:?}", claim.store));
        self.call("settle_round", self.webhooks.settle_round(claim, outcome)).await
    }
    async fn release_round(&self, claim: &RoundClaim) -> PortResult<bool> {
        self.call("release_round", self.webhooks.release_round(claim)).await
    }
    async fn purge(&self, request: &PurgeRequest) -> PortResult<Purged> {
        self.call("purge", self.webhooks.purge(request)).await
    }
    async fn forget_contacts(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contacts: &[ContactId],
        conversations: &[ConversationId],
    ) -> PortResult<u64> {
        let forgotten = self.webhooks.forget_contacts(store, account, contacts, conversations);
        self.call("forget_contacts", forgotten).await
    }
    async fn entries_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<Entry>> {
        let entries = self.webhooks.entries_of(store, account, contact, after, limit);
        self.call("entries_of", entries).await
    }
    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        self.call("forget entries", self.webhooks.forget_store(store, limit)).await
    }
    async fn counts(&self, store: Option<&StoreId>) -> PortResult<WebhookCounts> {
        self.call("counts of entries", self.webhooks.counts(store)).await
    }
    async fn wait(&self, longest: Duration) {
        self.wait_for(longest, self.webhooks.wait(longest)).await;
    }
}
