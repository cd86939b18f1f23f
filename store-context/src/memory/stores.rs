//! Stores and what they have in Chatwoot, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::model::{Store, StoreId};
use crate::ports::{PortResult, StoreAccount, Stores};

/// Keeps stores and what they have in Chatwoot in memory.
#[derive(Debug, Default)]
pub struct MemoryStores(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stores: BTreeMap<StoreId, Store>,
    accounts: HashMap<StoreId, StoreAccount>,
}

impl MemoryStores {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Stores for MemoryStores {
    async fn get(&self, id: &StoreId) -> PortResult<Option<Store>> {
        Ok(lock(&self.0).stores.get(id).cloned())
    }

    async fn put(&self, store: &Store) -> PortResult<()> {
        lock(&self.0).stores.insert(store.id.clone(), store.clone());
        Ok(())
    }

    async fn ids(&self) -> PortResult<Vec<StoreId>> {
        Ok(lock(&self.0).stores.keys().cloned().collect())
    }

    async fn account(&self, id: &StoreId) -> PortResult<StoreAccount> {
        Ok(lock(&self.0).accounts.get(id).cloned().unwrap_or_default())
    }

    async fn put_account(&self, id: &StoreId, store_account: &StoreAccount) -> PortResult<()> {
        lock(&self.0).accounts.insert(id.clone(), store_account.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::stores_conformance!(async { MemoryStores::new() });
}
