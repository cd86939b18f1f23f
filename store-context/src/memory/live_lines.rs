//! Which process holds which line, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::StoreId;
use crate::ports::{Clock, LineClaim, LiveLines, PortResult, SystemClock};

/// Stores in memory which part of a process holds the line of which store; for a single process.
#[derive(Debug)]
pub struct MemoryLiveLines {
    clock: Arc<dyn Clock>,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    rows: BTreeMap<StoreId, Row>,
    fence: u64,
}

#[derive(Debug)]
struct Row {
    /// When the line may be claimed: when its lease expires, if it is held.
    due: Timestamp,
    /// The fence of the claim, which is valid until another one is made.
    held: Option<u64>,
}

impl MemoryLiveLines {
    /// Creates a port without lines that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates a port without lines that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lines: Mutex::default() }
    }

    fn after(&self, wait: Duration) -> Timestamp {
        self.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }
}

impl Default for MemoryLiveLines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    fn held(&mut self, claim: &LineClaim) -> Option<&mut Row> {
        self.rows.get_mut(&claim.store).filter(|row| row.held == Some(claim.fence))
    }
}

#[async_trait]
impl LiveLines for MemoryLiveLines {
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()> {
        let now = self.clock.now();
        let rows = &mut lock(&self.lines).rows;
        for store in stores {
            if !rows.contains_key(store) {
                rows.insert(store.clone(), Row { due: now, held: None });
            }
        }
        Ok(())
    }

    async fn claim(&self, limit: usize, lease: Duration) -> PortResult<Vec<LineClaim>> {
        let (now, until) = (self.clock.now(), self.after(lease));
        let Lines { rows, fence } = &mut *lock(&self.lines);
        let mut due: Vec<_> = rows.iter_mut().filter(|(_, row)| row.due <= now).collect();
        due.sort_by_key(|(_, row)| row.due);
        let claimed = due.into_iter().take(limit).map(|(store, row)| {
            *fence += 1;
            (row.due, row.held) = (until, Some(*fence));
            LineClaim { store: store.clone(), fence: *fence }
        });
        Ok(claimed.collect())
    }

    async fn extend(&self, claims: &[LineClaim], lease: Duration) -> PortResult<Vec<bool>> {
        let until = self.after(lease);
        let mut lines = lock(&self.lines);
        let extended = claims.iter().map(|claim| match lines.held(claim) {
            Some(row) => {
                row.due = until;
                true
            }
            None => false,
        });
        Ok(extended.collect())
    }

    async fn release(&self, claims: &[LineClaim], next: Duration) -> PortResult<()> {
        let due = self.after(next);
        let mut lines = lock(&self.lines);
        for claim in claims {
            if let Some(row) = lines.held(claim) {
                *row = Row { due, held: None };
            }
        }
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId) -> PortResult<()> {
        lock(&self.lines).rows.remove(store);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::live_lines_conformance!(async { MemoryLiveLines::new() });
}
