//! A store's way to its account in Chatwoot.
//!
//! Each store has its own Chatwoot: a base URL, an account there and a token. [`Accounts`] opens a
//! store, and [`Clients`] has one client for each Chatwoot. A token is used with the base URL that
//! it is for, and with no other.

mod clients;

use std::sync::Arc;

use chatwoot_client::Account;
use chatwoot_client::http::{CallObserver, CallReport};

pub use self::clients::{Clients, ClientsError};
use crate::guard;
use crate::identity::StoreIdentity;
use crate::model::{AccountKey, StoreId};
use crate::ports::{Observer, PortError, Ports, StoreRecord, Stores};

/// Why a store's account cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreAccountError {
    /// The host does not know the store.
    #[error("store {0} is not known: keep it with the Stores port first")]
    UnknownStore(StoreId),
    /// The store has no account or no token yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// The store's token is for another Chatwoot than its account is on; it was sent to neither.
    #[error(
        "the token of store {0} is for another Chatwoot than its account's: provision it again"
    )]
    OtherToken(StoreId),
    /// There is no client for the store's Chatwoot.
    #[error(transparent)]
    Client(#[from] ClientsError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A store with all that is needed to act for it in Chatwoot. `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenAccount {
    /// What is kept of the store, as of when it was opened.
    pub record: StoreRecord,
    /// The account, on the store's own Chatwoot, as the store's administrator.
    pub account: Account,
    /// How the store names its customers to Chatwoot, and proves them.
    pub identity: StoreIdentity,
    /// What links, event keys and cursors of the account belong to.
    pub key: AccountKey,
}

/// Opens the stores' accounts, each on the store's own Chatwoot. Clones share the clients.
///
/// ```
/// use store_context::accounts::{Accounts, Clients, StoreAccountError};
/// use store_context::chatwoot::Client;
/// use store_context::model::StoreId;
/// use store_context::ports::Ports;
///
/// # async fn example(ports: Ports, store: StoreId) -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = Accounts::new(&ports, Clients::new(|url| Client::builder(url.as_str()).build()));
/// let open = accounts.open(&store).await?;
/// println!("{} has {} agents", open.key, open.account.agents().list().await?.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accounts {
    stores: Arc<dyn Stores>,
    clients: Clients,
    calls: Arc<Calls>,
}

/// Tells the host's observer of each call.
struct Calls(Arc<dyn Observer>);

impl CallObserver for Calls {
    fn call_ended(&self, call: &CallReport<'_>) {
        guard::observe(&*self.0, |to| to.call_ended(call));
    }
}

impl Accounts {
    /// Creates a service on the host's stores and its clients.
    pub fn new(ports: &Ports, clients: Clients) -> Self {
        let calls = Arc::new(Calls(ports.observer.clone()));
        Self { stores: ports.stores.clone(), clients, calls }
    }

    /// Returns the clients.
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Opens a store's account: one read of [`Stores`], and no call of Chatwoot.
    ///
    /// # Errors
    /// The store is not known or not provisioned, its token is for another Chatwoot than its
    /// account's, there is no client for that Chatwoot, or the port failed.
    pub async fn open(&self, id: &StoreId) -> Result<OpenAccount, StoreAccountError> {
        let record = self.record(id).await?;
        let not_provisioned = || StoreAccountError::NotProvisioned(id.clone());
        let base_url = record.account.base_url.as_ref().ok_or_else(not_provisioned)?;
        let key = record.account_key().ok_or_else(not_provisioned)?;
        let token = record.credentials.user_token.as_ref().ok_or_else(not_provisioned)?;
        let identity = StoreIdentity::new(&record.store, &record.credentials)
            .map_err(|_| not_provisioned())?;
        if !token.is_for(base_url) {
            return Err(StoreAccountError::OtherToken(id.clone()));
        }
        let client = self.clients.get(base_url)?.observed_by(self.calls.clone());
        let account = client.account(key.account, token.token.clone());
        Ok(OpenAccount { record, account, identity, key })
    }

    /// Returns what is kept of a store, whether it is provisioned or not.
    ///
    /// # Errors
    /// The store is not known, or the port failed.
    pub async fn record(&self, id: &StoreId) -> Result<StoreRecord, StoreAccountError> {
        let record = self.stores.open(id).await?;
        record.ok_or_else(|| StoreAccountError::UnknownStore(id.clone()))
    }

    /// Changes a store's account or credentials, and returns what `change` did and the record as it
    /// is kept now. Where another change comes first, the record is read and changed again, so
    /// `change` may be called several times.
    ///
    /// # Errors
    /// The store is not known, the port failed, or others changed the record each time.
    ///
    /// ```
    /// # use store_context::accounts::{Accounts, StoreAccountError};
    /// # use store_context::model::StoreId;
    /// use store_context::ports::StoreRecord;
    ///
    /// # async fn example(accounts: Accounts, store: StoreId) -> Result<(), StoreAccountError> {
    /// // The account was deleted: the next provisioning makes another.
    /// accounts.update(&store, StoreRecord::forget_account).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update<T: Send>(
        &self,
        id: &StoreId,
        change: impl FnMut(&mut StoreRecord) -> T + Send,
    ) -> Result<(StoreRecord, T), StoreAccountError> {
        let updated = self.stores.update(id, change).await?;
        updated.ok_or_else(|| StoreAccountError::UnknownStore(id.clone()))
    }
}

impl OpenAccount {
    /// Returns the same store for bulk work: calls of its account leave room in the server's limit
    /// to live ones, see [`Account::in_background`].
    #[must_use]
    pub fn in_background(self) -> Self {
        Self { account: self.account.in_background(), ..self }
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("clients", &self.clients).finish_non_exhaustive()
    }
}
