//! In-memory storage of stores, with their accounts and secrets.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::{OrganizationId, Store, StoreId};
use crate::ports::{
    Address, AddressToken, Clock, PortResult, ProvisionLock, StoreAccount, StoreCredentials,
    StoreLifecycle, StoreRecord, Stores, SystemClock,
};

/// Stores the stores, their accounts and their secrets in memory only. `Debug` shows no secret.
#[derive(Debug)]
pub struct MemoryStores {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct State {
    // Boxed: a row has a kilobyte, and half of the places of a map's nodes are empty.
    stores: BTreeMap<StoreId, Box<Row>>,
    /// The store of each URL; for a replaced one, also its expiry.
    addresses: HashMap<(Address, AddressToken), (StoreId, Option<Timestamp>)>,
    /// Of all stores, so that neither starts again when a store is removed and added again.
    last_version: u64,
    last_fence: u64,
}

#[derive(Debug)]
struct Row {
    record: StoreRecord,
    /// The valid lock. Boxed: nearly all stores have none.
    lock: Option<Box<Lock>>,
}

#[derive(Debug)]
struct Lock {
    fence: u64,
    /// When its lease ends.
    until: Timestamp,
}

impl Default for MemoryStores {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStores {
    /// Creates an empty storage that uses the operating system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Creates an empty storage that uses the given clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), clock }
    }

    fn until(&self, lease: Duration) -> Timestamp {
        self.clock.now().checked_add(lease).unwrap_or(Timestamp::MAX)
    }
}

impl State {
    /// Returns the row if this lock of it is valid.
    fn locked(&mut self, lock: &ProvisionLock) -> Option<&mut Row> {
        let row = self.stores.get_mut(&lock.store)?;
        row.lock.as_ref().is_some_and(|valid| valid.fence == lock.fence).then_some(row)
    }

    fn forget_addresses(&mut self, of: &StoreId, credentials: &StoreCredentials) {
        for (address, _) in addresses(credentials) {
            if self.addresses.get(&address).is_some_and(|(store, _)| store == of) {
                self.addresses.remove(&address);
            }
        }
    }
}

fn addresses(
    credentials: &StoreCredentials,
) -> impl Iterator<Item = ((Address, AddressToken), Option<Timestamp>)> + use<> {
    let StoreCredentials {
        webhook_address,
        previous_webhook_address,
        panel_address,
        previous_panel_address,
        ..
    } = credentials.clone();
    let replaced =
        [(Address::Webhook, previous_webhook_address), (Address::Panel, previous_panel_address)];
    let previous = replaced
        .into_iter()
        .filter_map(|(address, it)| it.map(|it| ((address, it.value), Some(it.until))));
    let webhook = webhook_address.map(|token| ((Address::Webhook, token), None));
    let panel = panel_address.map(|token| ((Address::Panel, token), None));
    previous.chain(webhook).chain(panel)
}

#[async_trait]
impl Stores for MemoryStores {
    async fn put(&self, store: &Store) -> PortResult<()> {
        let mut state = lock(&self.state);
        if let Some(row) = state.stores.get_mut(&store.id) {
            row.record.store = store.clone();
            return Ok(());
        }
        state.last_version += 1;
        let record = StoreRecord {
            store: store.clone(),
            account: StoreAccount::default(),
            credentials: StoreCredentials::default(),
            lifecycle: StoreLifecycle::default(),
            version: state.last_version,
        };
        state.stores.insert(store.id.clone(), Box::new(Row { record, lock: None }));
        Ok(())
    }

    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>> {
        Ok(lock(&self.state).stores.get(id).map(|row| row.record.clone()))
    }

    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = lock(&self.state);
        let ids = state.stores.range::<StoreId, _>((from, Bound::Unbounded));
        Ok(ids.take(limit).map(|(id, _)| id.clone()).collect())
    }

    async fn ids_of(
        &self,
        organization: &OrganizationId,
        after: Option<&StoreId>,
        limit: usize,
    ) -> PortResult<Vec<StoreId>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = lock(&self.state);
        let stores = state.stores.range::<StoreId, _>((from, Bound::Unbounded));
        let of = |row: &Row| row.record.store.organization.as_ref() == Some(organization);
        Ok(stores.filter(|(_, row)| of(row)).take(limit).map(|(id, _)| id.clone()).collect())
    }

    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>> {
        let mut state = lock(&self.state);
        let StoreRecord { store, account, credentials, lifecycle, version } = record;
        let id = &store.id;
        let Some(row) = state.stores.get(id).filter(|row| row.record.version == *version) else {
            return Ok(None);
        };
        let before = row.record.credentials.clone();
        state.forget_addresses(id, &before);
        state.last_version += 1;
        let version = state.last_version;
        for (address, until) in addresses(credentials) {
            state.addresses.insert(address, (id.clone(), until));
        }
        if let Some(row) = state.stores.get_mut(id) {
            let record = &mut row.record;
            record.account = account.clone();
            record.credentials = credentials.clone();
            record.lifecycle = lifecycle.clone();
            record.version = version;
        }
        Ok(Some(version))
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        let state = lock(&self.state);
        let found = state.addresses.get(&(address, token.clone()));
        let now = self.clock.now();
        let valid = found.filter(|(_, until)| until.is_none_or(|until| now < until));
        Ok(valid.map(|(store, _)| store.clone()))
    }

    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>> {
        let (now, until) = (self.clock.now(), self.until(lease));
        let mut state = lock(&self.state);
        let fence = state.last_fence + 1;
        let Some(row) = state.stores.get_mut(id) else { return Ok(None) };
        if row.lock.as_ref().is_some_and(|held| now < held.until) {
            return Ok(None);
        }
        row.lock = Some(Box::new(Lock { fence, until }));
        state.last_fence = fence;
        Ok(Some(ProvisionLock { store: id.clone(), fence }))
    }

    async fn extend(&self, held: &ProvisionLock, lease: Duration) -> PortResult<bool> {
        let until = self.until(lease);
        let mut state = lock(&self.state);
        let Some(row) = state.locked(held) else { return Ok(false) };
        row.lock = Some(Box::new(Lock { fence: held.fence, until }));
        Ok(true)
    }

    async fn unlock(&self, held: &ProvisionLock) -> PortResult<()> {
        if let Some(row) = lock(&self.state).locked(held) {
            row.lock = None;
        }
        Ok(())
    }

    async fn remove(&self, id: &StoreId) -> PortResult<()> {
        let mut state = lock(&self.state);
        if let Some(row) = state.stores.remove(id) {
            state.forget_addresses(id, &row.record.credentials);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample_stores;
    use crate::ports::{BoundToken, Expiring, TokioClock};

    crate::stores_conformance!(async { MemoryStores::new() });

    fn expiring<T>(value: T, until: Timestamp) -> Expiring<T> {
        Expiring { value, until }
    }

    #[tokio::test]
    async fn debug_shows_no_secret() {
        let port = MemoryStores::new();
        let [store, _] = sample_stores();
        port.put(&store).await.unwrap();
        let mut record = port.open(&store.id).await.unwrap().unwrap();
        let base_url = "https://chatwoot.test".parse().unwrap();
        record.credentials = StoreCredentials {
            user_token: Some(BoundToken { base_url, token: "tok-1".into() }),
            webhook_secret: Some("sec-2".into()),
            previous_webhook_secret: Some(expiring("sec-7".into(), Timestamp::MAX)),
            website_hmac: Some("sec-3".into()),
            api_hmac: Some("sec-4".into()),
            webhook_address: Some(AddressToken::new("adr-5")),
            previous_webhook_address: Some(expiring(AddressToken::new("adr-12"), Timestamp::MAX)),
            panel_address: Some(AddressToken::new("adr-6")),
            panel_address_since: Some(Timestamp::UNIX_EPOCH),
            previous_panel_address: Some(expiring(AddressToken::new("adr-8"), Timestamp::MAX)),
            identifier_key: Some("sec-9".into()),
            proof_key: Some("sec-10".into()),
            previous_proof_key: Some(expiring("sec-11".into(), Timestamp::MAX)),
        };
        port.save(&record).await.unwrap().unwrap();
        let text = format!("{port:?}");
        assert!(text.contains("conformance-north"));
        assert!(!["tok-", "sec-", "adr-"].iter().any(|secret| text.contains(secret)), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_ends_by_the_ports_own_clock() {
        let clock = TokioClock::starting_at("2026-11-21T12:00:00Z".parse().unwrap());
        let port = MemoryStores::with_clock(Arc::new(clock));
        let [store, _] = sample_stores();
        port.put(&store).await.unwrap();
        let mut record = port.open(&store.id).await.unwrap().unwrap();
        let old = AddressToken::new("old");
        let until = clock.now() + Duration::from_mins(10);
        record.credentials.previous_panel_address = Some(expiring(old.clone(), until));
        port.save(&record).await.unwrap().unwrap();
        tokio::time::advance(Duration::from_secs(599)).await;
        assert_eq!(port.store_at(Address::Panel, &old).await.unwrap(), Some(store.id));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(port.store_at(Address::Panel, &old).await.unwrap(), None);
    }
}
