//! A store's way to its account in Chatwoot.

use chatwoot_client::{Account, Client};

use crate::identity::StoreIdentity;
use crate::model::{AccountKey, Store, StoreId};
use crate::ports::{PortError, Ports, StoreAccount};

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
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A store with all that is needed to act for it in Chatwoot.
#[derive(Clone, Debug)]
pub(crate) struct OpenAccount {
    pub(crate) store: Store,
    pub(crate) store_account: StoreAccount,
    pub(crate) account: Account,
    pub(crate) identity: StoreIdentity,
    /// What links and cursors of the account belong to.
    pub(crate) key: AccountKey,
}

pub(crate) async fn open(
    client: &Client,
    ports: &Ports,
    id: &StoreId,
) -> Result<OpenAccount, StoreAccountError> {
    let store = ports.stores.get(id).await?;
    let store = store.ok_or_else(|| StoreAccountError::UnknownStore(id.clone()))?;
    let store_account = ports.stores.account(id).await?;
    let credentials = ports.credentials.get(id).await?;
    let identity = StoreIdentity::new(&store, &credentials).ok();
    let (Some(account), Some(token), Some(identity)) =
        (store_account.account, credentials.user_token, identity)
    else {
        return Err(StoreAccountError::NotProvisioned(id.clone()));
    };
    let key = AccountKey { base_url: String::new(), account };
    let account = client.account(account, token);
    Ok(OpenAccount { store, store_account, account, identity, key })
}

/// What links and cursors of a store's account belong to; `None` before it has one.
pub(crate) async fn key(
    stores: &dyn crate::ports::Stores,
    id: &StoreId,
) -> crate::ports::PortResult<Option<AccountKey>> {
    let account = stores.account(id).await?.account;
    Ok(account.map(|account| AccountKey { base_url: String::new(), account }))
}
