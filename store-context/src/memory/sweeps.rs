//! The in-memory schedule of the sweeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::StoreId;
use crate::ports::{Clock, PortResult, SweepClaim, Sweeps, SystemClock};

/// Stores the schedule of the sweeps in memory: after a restart every store is due.
#[derive(Debug)]
pub struct MemorySweeps {
    clock: Arc<dyn Clock>,
    rows: Mutex<BTreeMap<StoreId, Row>>,
}

#[derive(Debug)]
struct Row {
    /// When the sweep is due, or when its lease expires.
    due: Timestamp,
    fence: u64,
    held: bool,
    /// When the sweep after a held one is due at the latest.
    at_latest: Option<Timestamp>,
}

impl MemorySweeps {
    /// Creates an empty schedule that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty schedule that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, rows: Mutex::default() }
    }

    fn after(&self, wait: Duration) -> Timestamp {
        self.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Changes the row of a valid claim.
    fn change(&self, claim: &SweepClaim, change: impl FnOnce(&mut Row)) -> bool {
        let mut rows = lock(&self.rows);
        let row = rows.get_mut(&claim.store);
        let Some(row) = row.filter(|row| row.held && row.fence == claim.fence) else {
            return false;
        };
        change(row);
        true
    }
}

impl Default for MemorySweeps {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Sweeps for MemorySweeps {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        let now = self.clock.now();
        let mut rows = lock(&self.rows);
        for store in stores {
            if !rows.contains_key(store) {
                rows.insert(
                    store.clone(),
                    Row { due: now, fence: 0, held: false, at_latest: None },
                );
            }
        }
        Ok(())
    }

    async fn claim(&self, lease: Duration) -> PortResult<Option<SweepClaim>> {
        let (now, until) = (self.clock.now(), self.after(lease));
        let mut rows = lock(&self.rows);
        let due = rows.iter_mut().filter(|(_, row)| row.due <= now);
        Ok(due.min_by_key(|(_, row)| row.due).map(|(store, row)| {
            (row.due, row.held, row.at_latest) = (until, true, None);
            row.fence += 1;
            SweepClaim { store: store.clone(), fence: row.fence }
        }))
    }

    async fn extend(&self, claim: &SweepClaim, lease: Duration) -> PortResult<bool> {
        let until = self.after(lease);
        Ok(self.change(claim, |row| row.due = until))
    }

    async fn settle(&self, claim: &SweepClaim, next: Duration) -> PortResult<bool> {
        let due = self.after(next);
        Ok(self.change(claim, |row| {
            let latest = row.at_latest.take();
            (row.due, row.held) = (latest.map_or(due, |latest| latest.min(due)), false);
        }))
    }

    async fn hurry(&self, store: &StoreId, within: Duration) -> PortResult<()> {
        let by = self.after(within);
        if let Some(row) = lock(&self.rows).get_mut(store) {
            if row.held {
                row.at_latest = Some(row.at_latest.map_or(by, |latest| latest.min(by)));
            } else {
                row.due = row.due.min(by);
            }
        }
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        lock(&self.rows).remove(store);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::sweeps_conformance!(async { MemorySweeps::new() });
}
