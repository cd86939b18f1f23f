//! Opens the stores' accounts in Chatwoot.
//!
//! Each store has its own base URL, account and token. [`Accounts`] opens a store's account, and
//! [`Clients`] keeps one client per Chatwoot server. A token is used with the base URL that it
//! belongs to, and with no other.

mod clients;

use std::sync::Arc;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use chatwoot_client::Account;
use chatwoot_client::http::{CallObserver, CallReport};
use jiff::Timestamp;
use tokio::time::Instant;

pub use self::clients::{Clients, ClientsError};
use crate::guard;
use crate::identity::StoreIdentity;
use crate::model::{AccountKey, StoreId};
use crate::ports::{Observer, PortError, Ports, StoreLifecycle, StoreRecord, Stores};

/// The reason why a store's account cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreAccountError {
    /// The store is not known to the host.
    #[error("store {0} is not known: keep it with the Stores port first")]
    UnknownStore(StoreId),
    /// The store is suspended: Chatwoot is not called for it.
    #[error("store {store} is suspended since {since}: `Lifecycle::resume` makes it active again")]
    Suspended {
        /// The store.
        store: StoreId,
        /// When it was suspended.
        since: Timestamp,
    },
    /// The store is leaving the host: only its offboarding calls Chatwoot.
    #[error("store {0} is being offboarded: `Lifecycle::offboard` finishes that")]
    Offboarding(StoreId),
    /// The store has no account or no token yet.
    #[error("store {0} is not provisioned: run the Provisioner for it first")]
    NotProvisioned(StoreId),
    /// The store's token belongs to another Chatwoot server than its account; it was sent to
    /// neither.
    #[error(
        "the token of store {0} is for another Chatwoot than its account's: provision it again"
    )]
    OtherToken(StoreId),
    /// There is no client for the store's Chatwoot server.
    #[error(transparent)]
    Client(#[from] ClientsError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A store's account, opened for calls to Chatwoot. `Debug` shows no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenAccount {
    /// The stored record of the store, at the time it was opened.
    pub record: StoreRecord,
    /// The account, on the store's own Chatwoot server, with the token of the store's
    /// administrator.
    pub account: Account,
    /// The identifiers and proofs of the store's customers in Chatwoot.
    pub identity: StoreIdentity,
    /// The key that scopes the account's links, event keys and cursors.
    pub key: AccountKey,
}

/// Opens the stores' accounts, each on the store's own Chatwoot server. Clones share the clients.
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
    /// Stores that were found to be inactive, and when.
    inactive: Arc<Mutex<HashMap<StoreId, Instant>>>,
}

/// How long the workers of a process pass over a store that was found to be inactive.
const INACTIVE_FOR: Duration = Duration::from_secs(30);

/// Reports each call to the host's observer.
struct Calls(Arc<dyn Observer>);

impl CallObserver for Calls {
    fn call_ended(&self, call: &CallReport<'_>) {
        guard::observe(&*self.0, |to| to.call_ended(call));
    }
}

impl Accounts {
    /// Creates a service from the host's stores and clients.
    pub fn new(ports: &Ports, clients: Clients) -> Self {
        let calls = Arc::new(Calls(ports.observer.clone()));
        Self { stores: ports.stores.clone(), clients, calls, inactive: Arc::default() }
    }

    /// Returns the clients.
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Opens a store's account: one read of [`Stores`], and no call to Chatwoot.
    ///
    /// # Errors
    /// Returns an error if the store is not known, suspended, offboarding or not provisioned, its
    /// token belongs to another Chatwoot server than its account, there is no client for that
    /// server, or the port failed.
    pub async fn open(&self, id: &StoreId) -> Result<OpenAccount, StoreAccountError> {
        let record = self.active(id).await?;
        self.open_record(record)
    }

    /// Returns the record of a store that is active.
    pub(crate) async fn active(&self, id: &StoreId) -> Result<StoreRecord, StoreAccountError> {
        let record = self.record(id).await?;
        let error = match &record.lifecycle {
            StoreLifecycle { offboarding: Some(_), .. } => {
                StoreAccountError::Offboarding(id.clone())
            }
            StoreLifecycle { suspended: Some(suspended), .. } => {
                StoreAccountError::Suspended { store: id.clone(), since: suspended.since }
            }
            _ => {
                self.note_active(id);
                return Ok(record);
            }
        };
        guard::lock(&self.inactive).insert(id.clone(), Instant::now());
        Err(error)
    }

    /// Forgets that a store was found to be inactive.
    pub(crate) fn note_active(&self, id: &StoreId) {
        guard::lock(&self.inactive).remove(id);
    }

    /// Adds the stores that were found to be inactive a moment ago to those that a worker passes
    /// over, so that their work costs next to nothing.
    pub(crate) fn pass_over_inactive(&self, except: &mut Vec<StoreId>) {
        let mut inactive = guard::lock(&self.inactive);
        if inactive.is_empty() {
            return;
        }
        inactive.retain(|_, found| found.elapsed() < INACTIVE_FOR);
        except.extend(inactive.keys().cloned());
        except.sort_unstable();
        except.dedup();
    }

    /// Opens the account in a record, whether or not the store is active.
    pub(crate) fn open_record(
        &self,
        record: StoreRecord,
    ) -> Result<OpenAccount, StoreAccountError> {
        let id = &record.store.id.clone();
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

    /// Returns the stored record of a store, whether it is provisioned or not.
    ///
    /// # Errors
    /// Returns an error if the store is not known, or the port failed.
    pub async fn record(&self, id: &StoreId) -> Result<StoreRecord, StoreAccountError> {
        let record = self.stores.open(id).await?;
        record.ok_or_else(|| StoreAccountError::UnknownStore(id.clone()))
    }

    /// Changes a store's account or credentials, and returns the result of `change` and the saved
    /// record. After a concurrent change the record is read and changed again, so `change` may be
    /// called several times.
    ///
    /// # Errors
    /// Returns an error if the store is not known, the port failed, or every attempt met a
    /// concurrent change.
    ///
    /// ```
    /// # use store_context::accounts::{Accounts, StoreAccountError};
    /// # use store_context::model::StoreId;
    /// use store_context::ports::StoreRecord;
    ///
    /// # async fn example(accounts: Accounts, store: StoreId) -> Result<(), StoreAccountError> {
    /// // The account was deleted: the next provisioning creates another.
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

impl StoreAccountError {
    /// Returns whether the store is suspended or leaving, which is no failure.
    pub const fn is_inactive(&self) -> bool {
        matches!(self, Self::Suspended { .. } | Self::Offboarding(_))
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
