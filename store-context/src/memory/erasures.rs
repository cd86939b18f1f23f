//! The in-memory receipts of erasures.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Mutex;

use async_trait::async_trait;

use crate::guard::lock;
use crate::model::{CustomerId, ErasureReceipt, StoreId};
use crate::ports::{Erasures, PortResult};

/// Stores the receipts of erasures in memory: after a restart it is not known who was erased.
#[derive(Debug, Default)]
pub struct MemoryErasures {
    stores: Mutex<BTreeMap<StoreId, BTreeMap<CustomerId, Row>>>,
}

#[derive(Debug)]
struct Row {
    receipt: ErasureReceipt,
    fence: u64,
}

impl MemoryErasures {
    /// Creates an empty storage.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Erasures for MemoryErasures {
    async fn start(&self, receipt: &ErasureReceipt) -> PortResult<ErasureReceipt> {
        let mut stores = lock(&self.stores);
        let rows = stores.entry(receipt.store.clone()).or_default();
        let new = || Row { receipt: receipt.clone(), fence: 0 };
        Ok(rows.entry(receipt.customer.clone()).or_insert_with(new).receipt.clone())
    }

    async fn receipt(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Option<ErasureReceipt>> {
        let stores = lock(&self.stores);
        let row = stores.get(store).and_then(|rows| rows.get(customer));
        Ok(row.map(|row| row.receipt.clone()))
    }

    async fn update(&self, receipt: &ErasureReceipt, fence: u64) -> PortResult<bool> {
        let mut stores = lock(&self.stores);
        let rows = stores.get_mut(&receipt.store);
        let row = rows.and_then(|rows| rows.get_mut(&receipt.customer));
        let Some(row) = row.filter(|row| row.fence <= fence) else { return Ok(false) };
        *row = Row { receipt: receipt.clone(), fence };
        Ok(true)
    }

    async fn pending(
        &self,
        store: &StoreId,
        after: Option<&CustomerId>,
        limit: usize,
    ) -> PortResult<Vec<ErasureReceipt>> {
        let stores = lock(&self.stores);
        let Some(rows) = stores.get(store) else { return Ok(Vec::new()) };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = rows.range::<CustomerId, _>((from, Bound::Unbounded));
        let pending = rows.map(|(_, row)| &row.receipt).filter(|it| !it.is_complete());
        Ok(pending.take(limit).cloned().collect())
    }

    async fn forget(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        if let Some(rows) = lock(&self.stores).get_mut(store) {
            rows.remove(customer);
        }
        Ok(())
    }

    async fn forget_store(&self, store: &StoreId, limit: usize) -> PortResult<u64> {
        let mut stores = lock(&self.stores);
        let Some(rows) = stores.get_mut(store) else { return Ok(0) };
        let mut removed = 0;
        while removed < limit && rows.pop_first().is_some() {
            removed += 1;
        }
        if rows.is_empty() {
            stores.remove(store);
        }
        Ok(removed as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::erasures_conformance!(async { MemoryErasures::new() });
}
