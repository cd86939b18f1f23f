//! The audit trail in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::StoreId;
use crate::ports::{AuditEntry, AuditRecord, AuditTrail, Clock, PortResult, SystemClock};

/// Stores the audit trail in memory only: the newest 10,000 entries of each store.
///
/// ```
/// use store_context::memory::MemoryAuditTrail;
/// use store_context::model::StoreId;
/// use store_context::ports::{AuditAction, AuditEntry, AuditSubject, AuditTrail};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trail = MemoryAuditTrail::new();
/// let north = StoreId::new("north")?;
/// let entry = AuditEntry {
///     store: north.clone(),
///     actor: "shop/accounts".to_owned(),
///     action: AuditAction::Erase,
///     subject: AuditSubject::Customer("c-1".to_owned()),
/// };
/// trail.append(&[entry]).await?;
/// assert_eq!(trail.entries(&north, None, 10).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryAuditTrail {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct State {
    // The newest last.
    stores: HashMap<StoreId, VecDeque<AuditRecord>>,
    last_id: u64,
}

const LONGEST: usize = 10_000;

impl Default for MemoryAuditTrail {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryAuditTrail {
    /// Creates an empty trail that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty trail that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), clock }
    }

    /// Removes the entries that are older than a time.
    pub fn purge(&self, before: Timestamp) {
        lock(&self.state).stores.retain(|_, records| {
            records.retain(|record| record.at >= before);
            !records.is_empty()
        });
    }
}

#[async_trait]
impl AuditTrail for MemoryAuditTrail {
    async fn append(&self, entries: &[AuditEntry]) -> PortResult<()> {
        let at = self.clock.now();
        let mut state = lock(&self.state);
        for entry in entries {
            state.last_id += 1;
            let record = AuditRecord { id: state.last_id, at, entry: entry.clone() };
            let records = state.stores.entry(entry.store.clone()).or_default();
            records.push_back(record);
            if records.len() > LONGEST {
                records.pop_front();
            }
        }
        Ok(())
    }

    async fn entries(
        &self,
        store: &StoreId,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AuditRecord>> {
        let state = lock(&self.state);
        let Some(records) = state.stores.get(store) else { return Ok(Vec::new()) };
        let end = before.map_or(records.len(), |id| records.partition_point(|it| it.id < id));
        Ok(records.range(..end).rev().take(limit).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{AuditAction, AuditSubject};

    crate::audit_conformance!(async { MemoryAuditTrail::new() });

    #[tokio::test]
    async fn it_keeps_the_newest_and_what_is_not_purged() {
        let trail = MemoryAuditTrail::new();
        let store = StoreId::new("north").unwrap();
        let entry = AuditEntry {
            store: store.clone(),
            actor: "test".to_owned(),
            action: AuditAction::Open,
            subject: AuditSubject::Store,
        };
        trail.append(&vec![entry; LONGEST + 1]).await.unwrap();
        let kept = trail.entries(&store, None, usize::MAX).await.unwrap();
        assert_eq!(kept.len(), LONGEST);
        assert_eq!(kept.last().unwrap().id, 2);
        trail.purge(kept[0].at);
        assert_eq!(trail.entries(&store, None, usize::MAX).await.unwrap().len(), LONGEST);
        trail.purge(Timestamp::MAX);
        assert!(trail.entries(&store, None, 1).await.unwrap().is_empty());
    }
}
