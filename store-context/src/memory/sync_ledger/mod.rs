//! The in-memory ledger of the sync.

mod row;
mod store;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::ContactId;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::store::{StoreRows, queue_of};
use self::turns::Turns;
use crate::guard::lock;
use crate::model::{AccountKey, CustomerId, StoreId};
use crate::ports::{
    ClaimRequest, Clock, Doubt, Fingerprint, Hold, Link, ParkedRow, PausedStore, PortResult,
    Priority, Settlement, SyncClaim, SyncCounts, SyncLedger, SystemClock,
};
use crate::time::later;

/// Stores the rows of the sync in memory. After a restart it is empty: want every customer once;
/// existing contacts are found by their identifiers.
///
/// Each method uses an index, whatever the backlog. Leases, delays and pauses use tokio's clock,
/// which cannot be set.
#[derive(Debug)]
pub struct MemorySyncLedger {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    // Notified when a row becomes wanted.
    wanted: Notify,
}

#[derive(Debug, Default)]
struct State {
    ids: BTreeMap<StoreId, usize>,
    // Boxed, since a third of the map's places is empty.
    stores: HashMap<usize, Box<StoreRows>>,
    next: usize,
    // For live rows and for bulk rows.
    turns: [Turns; 2],
    // Counts the claimed rows.
    served: u64,
    fence: u64,
}

const PRIORITIES: [Priority; 2] = [Priority::Live, Priority::Bulk];

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
struct Now {
    /// The wall-clock time, which is only reported: it can be set.
    time: Timestamp,
    /// The time on tokio's clock, for leases and delays.
    at: Instant,
}

impl Now {
    fn after(self, wait: Duration) -> Instant {
        later(self.at, wait)
    }

    /// Returns the wall-clock time of another instant.
    fn time_of(self, at: Instant) -> Timestamp {
        let ahead = at.saturating_duration_since(self.at);
        let behind = self.at.saturating_duration_since(at);
        let time = self.time.checked_add(ahead).unwrap_or(Timestamp::MAX);
        time.checked_sub(behind).unwrap_or(Timestamp::MIN)
    }
}

impl Default for MemorySyncLedger {
    fn default() -> Self {
        Self::new()
    }
}

impl MemorySyncLedger {
    /// Creates an empty ledger that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty ledger that reports times of the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), wanted: Notify::new() }
    }

    fn now(&self) -> Now {
        Now { time: self.clock.now(), at: Instant::now() }
    }

    /// Changes a store's rows, and then its place among the stores.
    fn change<T>(&self, store: &StoreId, change: impl FnOnce(&mut StoreRows, Now) -> T) -> T {
        let now = self.now();
        let mut state = lock(&self.state);
        let index = state.store(store);
        let rows =
            state.stores.entry(index).or_insert_with(|| Box::new(StoreRows::new(store.clone())));
        let changed = change(rows, now);
        state.place(index);
        drop(state);
        self.wanted.notify_one();
        changed
    }

    fn read<T>(&self, store: &StoreId, read: impl FnOnce(&StoreRows) -> T) -> Option<T> {
        let state = lock(&self.state);
        state.ids.get(store).and_then(|index| state.stores.get(index)).map(|rows| read(rows))
    }

    /// Returns when the next row becomes due that is not due yet.
    fn next_at(&self) -> Option<Instant> {
        lock(&self.state).turns.iter().filter_map(Turns::next_at).min()
    }
}

impl State {
    fn store(&mut self, store: &StoreId) -> usize {
        if let Some(index) = self.ids.get(store) {
            return *index;
        }
        self.next += 1;
        self.ids.insert(store.clone(), self.next);
        self.next
    }

    fn place(&mut self, index: usize) {
        let rows = self.stores.get(&index);
        for priority in PRIORITIES {
            let (served, due) = rows.map_or((0, None), |rows| (rows.served, rows.due(priority)));
            self.turns[queue_of(priority)].place(index, served, due);
        }
    }

    fn fence(&mut self) -> u64 {
        self.fence += 1;
        self.fence
    }

    fn claim(&mut self, request: ClaimRequest<'_>, now: Now) -> Vec<SyncClaim> {
        let except: BTreeSet<usize> =
            request.except.iter().filter_map(|store| self.ids.get(store).copied()).collect();
        let mut claims: Vec<SyncClaim> = Vec::new();
        let mut bulk = 0;
        let mut taken: HashMap<usize, usize> = HashMap::new();
        // Capacity that is left once each store had its share goes to any store.
        for share in [request.share, usize::MAX] {
            for priority in PRIORITIES {
                let queue = queue_of(priority);
                self.turns[queue].advance(now.at);
                while claims.len() < request.limit
                    && (priority == Priority::Live || bulk < request.bulk)
                {
                    let may = |store: usize| {
                        let has = taken.get(&store).copied().unwrap_or_default();
                        !except.contains(&store) && has < share
                    };
                    let Some(index) = self.turns[queue].next(may) else { break };
                    let claim = self.claim_of(index, priority, request.lease, now);
                    self.place(index);
                    if let Some(claim) = claim {
                        bulk += usize::from(priority == Priority::Bulk);
                        claims.push(claim);
                        *taken.entry(index).or_default() += 1;
                    }
                    // A store with more rows stays in the order, after the others.
                    self.turns[queue].advance(now.at);
                }
            }
        }
        claims
    }

    fn claim_of(
        &mut self,
        index: usize,
        priority: Priority,
        lease: Duration,
        now: Now,
    ) -> Option<SyncClaim> {
        let fence = self.fence();
        self.served += 1;
        let rows = self.stores.get_mut(&index)?;
        rows.served = self.served;
        rows.claim_next(priority, fence, lease, now)
    }
}

#[async_trait]
impl SyncLedger for MemorySyncLedger {
    async fn want(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
        priority: Priority,
    ) -> PortResult<()> {
        self.change(store, |rows, now| {
            for customer in customers {
                rows.want(customer, priority, now, |_| ());
            }
        });
        Ok(())
    }

    async fn doubt(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
        doubt: Doubt,
        unless: Option<&Fingerprint>,
    ) -> PortResult<bool> {
        Ok(self.change(store, |rows, now| {
            let Some(row) = rows.row_of_contact(account, contact) else { return false };
            let written = row.link.as_ref().map(|link| &link.fingerprint);
            if unless.is_none() || unless != written {
                let customer = row.customer.clone();
                rows.want(&customer, Priority::Live, now, |row| row.doubt(doubt));
            }
            true
        }))
    }

    async fn doubt_all(
        &self,
        store: &StoreId,
        doubt: Doubt,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Option<CustomerId>> {
        Ok(self.change(store, |rows, now| rows.doubt_all(doubt, after, limit, now)))
    }

    async fn claim(&self, request: ClaimRequest<'_>) -> PortResult<Vec<SyncClaim>> {
        let now = self.now();
        Ok(lock(&self.state).claim(request, now))
    }

    async fn hold(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        lease: Duration,
    ) -> PortResult<Hold> {
        let fence = lock(&self.state).fence();
        let held = self.change(store, |rows, now| rows.hold(customer, fence, lease, now));
        Ok(held.map_or(Hold::Busy, |claim| Hold::Held(Box::new(claim))))
    }

    async fn begin(&self, claim: &SyncClaim) -> PortResult<bool> {
        Ok(self.change(&claim.store, |rows, now| rows.begin(claim, now)))
    }

    async fn extend(&self, claims: &[SyncClaim], lease: Duration) -> PortResult<Vec<bool>> {
        let extend = |claim: &SyncClaim| {
            self.change(&claim.store, |rows, now| rows.extend(claim, now.after(lease)))
        };
        Ok(claims.iter().map(extend).collect())
    }

    async fn settle(&self, settled: &[(SyncClaim, Settlement)]) -> PortResult<Vec<bool>> {
        let settle = |(claim, settlement): &(SyncClaim, Settlement)| {
            self.change(&claim.store, |rows, now| rows.settle(claim, settlement, now))
        };
        Ok(settled.iter().map(settle).collect())
    }

    async fn want_merge(
        &self,
        store: &StoreId,
        from: &CustomerId,
        into: &CustomerId,
    ) -> PortResult<()> {
        self.change(store, |rows, now| {
            rows.want(from, Priority::Live, now, |row| row.merge_into = Some(into.clone()));
        });
        Ok(())
    }

    async fn erase(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.change(store, |rows, now| {
            rows.want(customer, Priority::Live, now, |row| row.erased = true);
        });
        Ok(())
    }

    async fn pause(&self, store: &StoreId, duration: Duration, reason: &str) -> PortResult<()> {
        self.change(store, |rows, now| rows.pause(duration, reason, now));
        Ok(())
    }

    async fn resume(&self, store: &StoreId) -> PortResult<()> {
        self.change(store, |rows, _| rows.resume());
        Ok(())
    }

    async fn paused(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<PausedStore>> {
        let now = self.now();
        let state = lock(&self.state);
        let all = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let stores = state.ids.range(all).filter_map(|(_, index)| state.stores.get(index));
        Ok(stores.filter_map(|rows| rows.paused(now)).take(limit).collect())
    }

    async fn link(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        let link = |rows: &StoreRows| rows.row(customer).and_then(|row| row.link.clone());
        Ok(self.read(store, link).flatten())
    }

    async fn customer_of(
        &self,
        store: &StoreId,
        account: &AccountKey,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        let customer = |rows: &StoreRows| {
            rows.row_of_contact(account, contact).map(|row| row.customer.clone())
        };
        Ok(self.read(store, customer).flatten())
    }

    async fn links(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<(CustomerId, Link)>> {
        Ok(self.read(store, |rows| rows.links(after, limit)).unwrap_or_default())
    }

    async fn parked(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ParkedRow>> {
        Ok(self.read(store, |rows| rows.parked(after, limit)).unwrap_or_default())
    }

    async fn replay(
        &self,
        store: &StoreId,
        customer: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<u64> {
        Ok(self.change(store, |rows, now| rows.replay(customer, limit, now)))
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        self.change(store, |rows, now| rows.forget(customer, now));
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        let now = self.now();
        let mut state = lock(&self.state);
        let Some(index) = state.ids.get(store).copied() else { return Ok(0) };
        let rows = state.stores.get_mut(&index);
        let (forgotten, empty) =
            rows.map_or((0, true), |rows| (rows.forget_some(limit, now), rows.is_empty()));
        if empty {
            state.ids.remove(store);
            state.stores.remove(&index);
        }
        state.place(index);
        Ok(forgotten)
    }

    async fn counts(&self, store: Option<&StoreId>) -> PortResult<SyncCounts> {
        let now = self.now();
        if let Some(store) = store {
            return Ok(self.read(store, |rows| rows.counts(now.at)).unwrap_or_default());
        }
        let state = lock(&self.state);
        let mut all = SyncCounts::default();
        for of in state.stores.values().map(|rows| rows.counts(now.at)) {
            all.customers += of.customers;
            all.waiting += of.waiting;
            all.claimed += of.claimed;
            all.parked += of.parked;
            all.in_doubt += of.in_doubt;
            all.erased += of.erased;
            let oldest = [all.oldest_wanted_at, of.oldest_wanted_at];
            all.oldest_wanted_at = oldest.into_iter().flatten().min();
        }
        Ok(all)
    }

    async fn wait(&self, longest: Duration) {
        let due = self.next_at().map(|at| at.saturating_duration_since(Instant::now()));
        // At least a moment: rows that are due and were not claimed belong to another worker for
        // now.
        let wait = due.unwrap_or(longest).max(Duration::from_millis(1)).min(longest);
        // The caller claims in either case.
        let _ = tokio::time::timeout(wait, self.wanted.notified()).await;
    }
}
