//! Stores: what was made for each of them in Chatwoot, and what it is opened with.

use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::types::{DashboardAppId, TeamId, WebhookId};
use chatwoot_client::{AccountId, InboxId, UserId};
use serde::{Deserialize, Serialize};
use url::Url;

use super::credentials::{Address, AddressToken, StoreCredentials};
use super::{PortError, PortResult};
use crate::model::{AccountKey, Store, StoreId};

/// What a store has in Chatwoot. Each part is remembered as soon as it is made, so that a
/// provisioning that was cut short goes on where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreAccount {
    /// The base URL of its Chatwoot.
    pub base_url: Option<Url>,
    /// Its account there.
    pub account: Option<AccountId>,
    /// Its administrator: the user that this engine acts as.
    pub administrator: Option<UserId>,
    /// Its team.
    pub team: Option<TeamId>,
    /// The inbox of the widget.
    pub website_inbox: Option<InboxId>,
    /// The widget's public token.
    pub website_token: Option<String>,
    /// The inbox of the public API.
    pub api_inbox: Option<InboxId>,
    /// The public API's identifier of that inbox.
    pub api_inbox_identifier: Option<String>,
    /// The inbox of the support address.
    pub email_inbox: Option<InboxId>,
    /// The account's webhook to this host.
    pub webhook: Option<WebhookId>,
    /// The panel beside a conversation.
    pub dashboard_app: Option<DashboardAppId>,
}

/// All that is kept of a store: read in one call, so that what belongs together is of one moment.
/// `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct StoreRecord {
    /// The store, as the host put it.
    pub store: Store,
    /// What it has in Chatwoot.
    pub account: StoreAccount,
    /// What its account is opened and proved with.
    pub credentials: StoreCredentials,
    /// Grows with each change of `account` or `credentials`.
    pub version: u64,
}

impl StoreRecord {
    /// Returns the key of the store's account; `None` while it has none.
    pub fn account_key(&self) -> Option<AccountKey> {
        Some(AccountKey::new(self.account.base_url.as_ref()?, self.account.account?))
    }

    /// Forgets the account with all that was made there, and every secret: those of the old account
    /// prove nothing in a new one. The store's next provisioning makes a new account.
    pub fn forget_account(&mut self) {
        self.account = StoreAccount::default();
        self.credentials = StoreCredentials::default();
    }
}

/// The right to provision a store, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionLock {
    /// The store.
    pub store: StoreId,
    /// Grows with each lock of the store: an older one can no longer be extended or given back.
    pub fence: u64,
}

/// Keeps stores with what they have in Chatwoot, their tokens and their secrets. What leaves memory
/// is sealed.
#[async_trait]
pub trait Stores: Send + Sync {
    /// Keeps a store, in place of the one with the same id. Its account and its credentials stay as
    /// they are, and so does their version; a new store has empty ones.
    async fn put(&self, store: &Store) -> PortResult<()>;

    /// Returns all that is kept of a store, as of one moment; `None` if it is not known.
    async fn open(&self, id: &StoreId) -> PortResult<Option<StoreRecord>>;

    /// Returns up to `limit` ids that are greater than `after`, in rising order.
    async fn ids(&self, after: Option<&StoreId>, limit: usize) -> PortResult<Vec<StoreId>>;

    /// Keeps the record's account and credentials in place of those before, if the record's version
    /// is still the kept one, and returns the new version, which is greater. The record's `store`
    /// is not kept.
    ///
    /// `None`: another change came first, or the store was removed, and nothing was kept.
    async fn save(&self, record: &StoreRecord) -> PortResult<Option<u64>>;

    /// Returns whose address this is now, by the port's own clock. An address that was replaced is
    /// still its store's until its time is over.
    async fn store_at(&self, address: Address, token: &AddressToken)
    -> PortResult<Option<StoreId>>;

    /// Takes the right to provision a store, for as long as `lease` from now by the port's own
    /// clock. `None` while somebody else has it, or if the store is not known.
    async fn lock(&self, id: &StoreId, lease: Duration) -> PortResult<Option<ProvisionLock>>;

    /// Holds on to a lock for as long as `lease` from now. `false`: it was given back, or lost to
    /// somebody else. A lock whose lease has ended stands until somebody else takes it.
    async fn extend(&self, lock: &ProvisionLock, lease: Duration) -> PortResult<bool>;

    /// Gives a lock back. Somebody else's stays.
    async fn unlock(&self, lock: &ProvisionLock) -> PortResult<()>;

    /// Removes a store with its account, its credentials, its addresses and its lock.
    async fn remove(&self, id: &StoreId) -> PortResult<()>;
}

impl dyn Stores + '_ {
    /// Changes a store's account or credentials: opens the record, changes it and saves it, and
    /// does so again where another change came first. `None` if the store is not known.
    ///
    /// `change` may be called several times, each time with a record that was just read.
    ///
    /// # Errors
    /// The port failed, or others changed the record each time.
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
