//! Stores and their desks, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::model::{Store, StoreId};
use crate::ports::{Desk, PortResult, Stores};

/// Keeps stores and their desks in memory.
#[derive(Debug, Default)]
pub struct MemoryStores(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stores: BTreeMap<StoreId, Store>,
    desks: HashMap<StoreId, Desk>,
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

    async fn desk(&self, id: &StoreId) -> PortResult<Desk> {
        Ok(lock(&self.0).desks.get(id).cloned().unwrap_or_default())
    }

    async fn put_desk(&self, id: &StoreId, desk: &Desk) -> PortResult<()> {
        lock(&self.0).desks.insert(id.clone(), desk.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::stores_conformance!(async { MemoryStores::new() });
}
