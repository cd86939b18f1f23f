//! Faults of the stores.

use std::time::Duration;

use async_trait::async_trait;
use store_context::model::{Store, StoreId};
use store_context::ports::{Address, AddressToken, PortResult, ProvisionLock, StoreRecord, Stores};

use super::{Plant, Planted};

#[async_trait]
impl Stores for Planted {
    async fn put(&self, store: &Store) -> PortResult<()> {
        self.stores.put(store).await
    }
    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        let mut record = self.stores.open(id).await?;
        if self.is(Plant::OtherServersToken)
            && let Some(record) = &mut record
            && let Some(other) = self.other_url(record).await?
        {
            record.account.base_url = Some(other.clone());
            if let Some(token) = &mut record.credentials.user_token {
                token.base_url = other;
            }
        }
        Ok(record)
    }
    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        self.stores.ids(after, limit).await
    }
    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        self.stores.save(record).await
    }
    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        self.stores.store_at(address, token).await
    }
    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        self.stores.lock(id, lease).await
    }
    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        self.stores.extend(lock, lease).await
    }
    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()> {
        self.stores.unlock(lock).await
    }
    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        self.stores.remove(id).await
    }
}
