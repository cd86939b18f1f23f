//! The stores, with their resources in Chatwoot and their credentials.

mod credentials;
mod lifecycle;

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::types::{DashboardAppId, TeamId, WebhookId};
use chatwoot_client::{AccountId, InboxId, UserId};
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::credentials::{Address, AddressToken, BoundToken, Expiring, StoreCredentials};
pub use self::lifecycle::{AddressMove, OffboardPolicy, Offboarding, StoreLifecycle, Suspension};
use super::{PortError, PortResult};
use crate::model::{AccountKey, OrganizationId, Store, StoreId};

/// A store's resources in Chatwoot. Each is saved as soon as it is created, so that an interrupted
/// provisioning resumes where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreAccount {
    /// The base URL of the store's Chatwoot server.
    pub base_url: Option<Url>,
    /// The store's account on that server.
    pub account: Option<AccountId>,
    /// The account's administrator: the user whose token the engine uses.
    pub administrator: Option<UserId>,
    /// The store's team.
    pub team: Option<TeamId>,
    /// The website inbox, which the widget uses.
    pub website_inbox: Option<InboxId>,
    /// The widget's public website token.
    pub website_token: Option<String>,
    /// The API inbox.
    pub api_inbox: Option<InboxId>,
    /// The identifier of the API inbox in the public API.
    pub api_inbox_identifier: Option<String>,
    /// The inbox of the store's support email address.
    pub email_inbox: Option<InboxId>,
    /// The account webhook to this host.
    pub webhook: Option<WebhookId>,
    /// The dashboard app that shows the panel beside a conversation.
    pub dashboard_app: Option<DashboardAppId>,
    /// Which of these existed before and were adopted.
    #[serde(default)]
    pub adopted: AdoptedResources,
}

/// The resources of a store that existed before the store was provisioned. Provisioning changes of
/// them only what the engine needs, and never deletes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedResources {
    /// Whether the account is the store's own: no platform app's token is used for it.
    #[serde(default)]
    pub account: bool,
    /// Whether the team is adopted.
    #[serde(default)]
    pub team: bool,
    /// The adopted inboxes.
    #[serde(default)]
    pub inboxes: Vec<InboxId>,
}

impl AdoptedResources {
    /// Enters or removes an inbox.
    pub(crate) fn set_inbox(&mut self, inbox: InboxId, is_adopted: bool) {
        self.inboxes.retain(|kept| *kept != inbox);
        if is_adopted {
            self.inboxes.push(inbox);
        }
    }
}

/// Everything that is stored of a store, read in one call so that its parts are consistent. `Debug`
/// shows no secret.
#[derive(Clone, Debug)]
pub struct StoreRecord {
    /// The store, as the host saved it.
    pub store: Store,
    /// Its resources in Chatwoot.
    pub account: StoreAccount,
    /// The credentials of its account.
    pub credentials: StoreCredentials,
    /// Whether the store is active, and what is under way for it.
    pub lifecycle: StoreLifecycle,
    /// The version of `account`, `credentials` and `lifecycle`; it increases with each change.
    pub version: u64,
}

impl StoreRecord {
    /// Creates the record of a store without an account.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            account: StoreAccount::default(),
            credentials: StoreCredentials::default(),
            lifecycle: StoreLifecycle::default(),
            version: 0,
        }
    }

    /// Returns the key of the store's account; `None` if it has none.
    pub fn account_key(&self) -> Option<AccountKey> {
        Some(AccountKey::new(self.account.base_url.as_ref()?, self.account.account?))
    }

    /// Removes the account with all its resources and every secret: secrets of the old account are
    /// invalid in a new one. The next provisioning of the store creates a new account. A suspension
    /// stays.
    pub fn forget_account(&mut self) {
        self.lifecycle.moved = None;
        self.account = StoreAccount::default();
        self.credentials = StoreCredentials::default();
    }
}

/// An exclusive, time-limited lock on the provisioning of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionLock {
    /// The store.
    pub store: StoreId,
    /// The fencing token. It increases with each lock of the store: an older lock can no longer be
    /// extended or released.
    pub fence: u64,
}

/// Stores the stores with their resources in Chatwoot, their tokens and their secrets.
/// Implementations encrypt what they persist.
#[async_trait]
pub trait Stores: Send + Sync {
    /// Saves a store, replacing the one with the same id. Its account, its credentials, its
    /// lifecycle and their version stay unchanged; those of a new store are empty.
    async fn put(&self, store: &Store) -> PortResult<()>;

    /// Returns the consistent record of a store; `None` if the store is not known.
    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>>;

    /// Returns up to `limit` ids that are greater than `after`, in ascending order.
    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>>;

    /// Returns up to `limit` ids of an organization's stores that are greater than `after`, in
    /// ascending order. [`Store::organization`] says which they are.
    ///
    /// The default implementation opens one store after another. A storage of many stores overrides
    /// it.
    async fn ids_of(
        &self,
        organization: &OrganizationId,
        after: Option<&StoreId>,
        limit: usize,
    ) -> PortResult<Vec<StoreId>> {
        const PAGE: usize = 100;
        let (mut found, mut after) = (Vec::new(), after.cloned());
        loop {
            let page = self.ids(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for id in page {
                if found.len() >= limit {
                    return Ok(found);
                }
                let store = self.open(&id).await?.map(|record| record.store);
                if store.is_some_and(|store| store.organization.as_ref() == Some(organization)) {
                    found.push(id);
                }
            }
        }
    }

    /// Saves the record's account, credentials and lifecycle if the record's version is still the stored
    /// one,
    /// and returns the new version, which is greater. The record's `store` is not saved.
    ///
    /// Returns `None` and saves nothing if another change was saved first or the store was removed.
    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>>;

    /// Returns the store that a URL belongs to now, by the port's own clock. A replaced URL belongs
    /// to its store until it expires.
    async fn store_at(&self, address: Address, token: &AddressToken)
    -> PortResult<Option<StoreId>>;

    /// Locks a store for provisioning for `lease` from now, by the port's own clock. Returns `None`
    /// while another process holds the lock, or if the store is not known.
    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>>;

    /// Extends a lock to `lease` from now. Returns `false` if it was released, or taken over by
    /// another process. A lock whose lease has expired stays valid until another process takes it.
    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool>;

    /// Releases a lock. A lock of another process is left unchanged.
    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()>;

    /// Removes a store with its account, its credentials, its URLs and its lock.
    async fn remove(&self, id: &StoreId) -> PortResult<()>;
}

impl dyn Stores + '_ {
    /// Changes a store's account or credentials: opens the record, changes and saves it, and starts
    /// again if another change was saved first. Returns `None` if the store is not known.
    ///
    /// `change` may be called several times, each time with a newly read record.
    ///
    /// # Errors
    /// Returns an error if the port failed, or if every attempt met a concurrent change.
    pub async fn update<T>(
        &self,
        id: &StoreId,
        mut change: impl FnMut(&mut StoreRecord) -> T + Send,
    ) -> PortResult<Option<(StoreRecord, T)>>
    where
        T: Send,
    {
        const TRIES: usize = 32;
        for _ in 0..TRIES {
            let Some(mut record) = self.open(id).await? else { return Ok(None) };
            let changed = change(&mut record);
            if let Some(version) = self.save(&record).await? {
                record.version = version;
                return Ok(Some((record, changed)));
            }
        }
        Err(PortError::new("stores", "the record is changed by others again and again"))
    }
}
