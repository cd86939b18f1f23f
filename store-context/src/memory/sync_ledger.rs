//! What is to be synced, in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::due::{AT_ONCE, DueQueue};
use super::lock;
use crate::model::{CustomerId, StoreId};
use crate::ports::{PortResult, SyncClaim, SyncCounts, SyncLedger};

/// Keeps what is to be synced in memory. After a restart it is empty: want every customer once.
#[derive(Debug, Default)]
pub struct MemorySyncLedger(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    ids: HashMap<StoreId, HashMap<CustomerId, u64>>,
    rows: HashMap<u64, Row>,
    // The dirty rows: a claimed one is due when its lease ends.
    queue: DueQueue,
    dirty: u64,
}

#[derive(Debug)]
struct Row {
    store: StoreId,
    customer: CustomerId,
    wanted: u64,
    // When the oldest version that is not confirmed was wanted.
    wanted_at: Timestamp,
    confirmed: u64,
    tries: u32,
    fence: u64,
    claim: Option<Claim>,
}

#[derive(Debug)]
struct Claim {
    version: u64,
    // When a version after the claimed one was first wanted.
    later_at: Option<Timestamp>,
}

impl Row {
    fn new(store: StoreId, customer: CustomerId, now: Timestamp) -> Self {
        Self {
            store,
            customer,
            wanted: 0,
            wanted_at: now,
            confirmed: 0,
            tries: 0,
            fence: 0,
            claim: None,
        }
    }
}

impl MemorySyncLedger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl State {
    fn id(&mut self, store: &StoreId, customer: &CustomerId, now: Timestamp) -> u64 {
        if let Some(id) = self.ids.get(store).and_then(|ids| ids.get(customer)) {
            return *id;
        }
        let id = self.rows.len() as u64;
        self.rows.insert(id, Row::new(store.clone(), customer.clone(), now));
        self.ids.entry(store.clone()).or_default().insert(customer.clone(), id);
        id
    }

    fn want(&mut self, store: &StoreId, customer: &CustomerId, now: Timestamp) {
        let id = self.id(store, customer, now);
        let Some(row) = self.rows.get_mut(&id) else { return };
        let clean = row.wanted == row.confirmed;
        row.wanted += 1;
        row.tries = 0;
        if let Some(claim) = &mut row.claim {
            claim.later_at.get_or_insert(now);
            return;
        }
        if clean {
            row.wanted_at = now;
            self.dirty += 1;
        }
        self.queue.put(id, row.wanted_at, AT_ONCE);
    }

    fn claim(&mut self, limit: usize, until: Timestamp, now: Timestamp) -> Vec<SyncClaim> {
        // All are taken out before one is put back, so that none is claimed twice.
        let ids: Vec<u64> = std::iter::from_fn(|| self.queue.pop(now)).take(limit).collect();
        ids.into_iter().filter_map(|id| self.hold(id, until)).collect()
    }

    fn hold(&mut self, id: u64, until: Timestamp) -> Option<SyncClaim> {
        let row = self.rows.get_mut(&id)?;
        self.queue.put(id, row.wanted_at, until);
        let tries = row.tries;
        row.tries = row.tries.saturating_add(1);
        row.fence += 1;
        row.claim = Some(Claim { version: row.wanted, later_at: None });
        Some(SyncClaim {
            store: row.store.clone(),
            customer: row.customer.clone(),
            wanted: row.wanted,
            wanted_at: row.wanted_at,
            tries,
            fence: row.fence,
        })
    }

    /// Ends a claim that still stands; gives its row and what it held.
    fn settle(&mut self, claim: &SyncClaim) -> Option<(u64, Claim)> {
        let id = *self.ids.get(&claim.store)?.get(&claim.customer)?;
        let row = self.rows.get_mut(&id).filter(|row| row.fence == claim.fence)?;
        Some((id, row.claim.take()?))
    }

    fn confirm(&mut self, claim: &SyncClaim) -> bool {
        let Some((id, held)) = self.settle(claim) else { return false };
        if let Some(row) = self.rows.get_mut(&id) {
            row.confirmed = held.version;
            if let Some(later_at) = held.later_at {
                row.wanted_at = later_at;
                self.queue.put(id, later_at, AT_ONCE);
            } else {
                self.queue.remove(id);
                self.dirty -= 1;
            }
        }
        true
    }

    fn release(&mut self, claim: &SyncClaim, retry_at: Timestamp) -> bool {
        let Some((id, held)) = self.settle(claim) else { return false };
        if let Some(row) = self.rows.get(&id) {
            let due = if held.later_at.is_some() { AT_ONCE } else { retry_at };
            self.queue.put(id, row.wanted_at, due);
        }
        true
    }
}

#[async_trait]
impl SyncLedger for MemorySyncLedger {
    async fn want(&self, store: &StoreId, customer: &CustomerId, now: Timestamp) -> PortResult<()> {
        lock(&self.0).want(store, customer, now);
        Ok(())
    }

    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> PortResult<Vec<SyncClaim>> {
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        Ok(lock(&self.0).claim(limit, until, now))
    }

    async fn confirm(&self, claim: &SyncClaim) -> PortResult<bool> {
        Ok(lock(&self.0).confirm(claim))
    }

    async fn release(&self, claim: &SyncClaim, retry_at: Timestamp) -> PortResult<bool> {
        Ok(lock(&self.0).release(claim, retry_at))
    }

    async fn counts(&self) -> PortResult<SyncCounts> {
        let state = lock(&self.0);
        Ok(SyncCounts { customers: state.rows.len() as u64, dirty: state.dirty })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::*;

    const LEASE: Duration = Duration::from_mins(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    crate::sync_ledger_conformance!(async { MemorySyncLedger::new() });

    #[tokio::test]
    async fn a_lease_of_no_time_gives_each_row_once_a_call() {
        let ledger = MemorySyncLedger::new();
        let store = StoreId::new("north").unwrap();
        for n in 0..3 {
            let customer = CustomerId::new(format!("c{n}")).unwrap();
            ledger.want(&store, &customer, at(n)).await.unwrap();
        }
        let claims = ledger.claim(10, Duration::ZERO, at(10)).await.unwrap();
        assert_eq!(claims.len(), 3);
        assert_eq!(ledger.claim(10, Duration::MAX, at(10)).await.unwrap().len(), 3);
        assert!(!ledger.confirm(&claims[0]).await.unwrap());
    }

    /// Triggers and workers run on several threads; whatever their order, a version is confirmed
    /// at most once, versions of a row only rise, and the last one wanted is confirmed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_workers_confirm_each_version_once() {
        const CUSTOMERS: u64 = 500;
        const WANTS: u64 = 4;
        let ledger = Arc::new(MemorySyncLedger::new());
        let store = StoreId::new("north").unwrap();
        let triggers: Vec<_> = (0..WANTS)
            .map(|round| {
                let (ledger, store) = (ledger.clone(), store.clone());
                tokio::spawn(async move {
                    for n in 0..CUSTOMERS {
                        let customer = CustomerId::new(format!("c{n}")).unwrap();
                        ledger.want(&store, &customer, at(1)).await.unwrap();
                        if n % 50 == round {
                            tokio::task::yield_now().await;
                        }
                    }
                })
            })
            .collect();
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    let mut confirmed = Vec::new();
                    loop {
                        let claims = ledger.claim(7, LEASE, at(2)).await.unwrap();
                        for (n, claim) in claims.iter().enumerate() {
                            tokio::task::yield_now().await;
                            if n == 3 && claim.tries == 0 {
                                assert!(ledger.release(claim, at(2)).await.unwrap());
                            } else {
                                assert!(ledger.confirm(claim).await.unwrap());
                                confirmed.push(claim.clone());
                            }
                        }
                        let counts = ledger.counts().await.unwrap();
                        if claims.is_empty() && counts.customers == CUSTOMERS && counts.dirty == 0 {
                            return confirmed;
                        }
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for trigger in triggers {
            trigger.await.unwrap();
        }
        let mut confirmed = Vec::new();
        for worker in workers {
            confirmed.extend(worker.await.unwrap());
        }
        // A trigger may come after the workers saw a clean ledger.
        for claim in ledger.claim(usize::MAX, LEASE, at(2)).await.unwrap() {
            assert!(ledger.confirm(&claim).await.unwrap());
            confirmed.push(claim);
        }

        assert_eq!(ledger.counts().await.unwrap().dirty, 0);
        confirmed.sort_by_key(|claim| claim.fence);
        let mut versions: HashMap<CustomerId, Vec<u64>> = HashMap::new();
        for claim in confirmed {
            versions.entry(claim.customer).or_default().push(claim.wanted);
        }
        assert_eq!(versions.len() as u64, CUSTOMERS);
        for (customer, versions) in versions {
            assert!(versions.is_sorted_by(|a, b| a < b), "{customer}: {versions:?}");
            assert_eq!(versions.last(), Some(&WANTS), "{customer}: {versions:?}");
        }
    }
}
