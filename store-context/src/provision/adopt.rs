//! Adopts an account that exists.

use std::fmt;

use chatwoot_client::{AccountId, UserToken};
use url::Url;

use super::access::TokenAccess;
use super::{ProvisionError, Provisioner, same_server};
use crate::model::Store;
use crate::ports::{AuditAction, AuditSubject, BoundToken, StoreRecord};
use crate::store_lock::PATIENCE;

/// An account that exists, with the token of one of its administrators. `Debug` does not show the
/// token.
///
/// ```
/// use store_context::chatwoot::AccountId;
/// use store_context::provision::OwnAccount;
///
/// let base_url = "https://chatwoot.example.com".parse().unwrap();
/// let own = OwnAccount::new(base_url, AccountId(3), "the administrator's access token");
/// assert!(!format!("{own:?}").contains("access token"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct OwnAccount {
    /// The base URL of the Chatwoot server.
    pub base_url: Url,
    /// The account's id on that server.
    pub account: AccountId,
    /// The access token of an administrator of the account. It is never sent to another server.
    pub token: UserToken,
}

impl OwnAccount {
    /// Creates an account from its base URL, its id and an administrator's token.
    pub fn new(base_url: Url, account: AccountId, token: impl Into<UserToken>) -> Self {
        Self { base_url, account, token: token.into() }
    }
}

impl fmt::Debug for OwnAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnAccount")
            .field("base_url", &self.base_url.origin().ascii_serialization())
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl Provisioner {
    /// Saves that a store has an account of its own, and returns what the token may do there. It
    /// sends one request, for the token's profile, and changes nothing in Chatwoot;
    /// [`Provisioner::plan`] and [`Provisioner::provision`] come next.
    ///
    /// The token is saved with its base URL and is never sent to another server. Adopting the same
    /// account again replaces the token and keeps everything else. Adopting another account forgets
    /// the store's previous one, with its keys, secrets and URLs. An account belongs to one store.
    ///
    /// It holds the store's lock meanwhile, as [`Provisioner::provision`] does.
    ///
    /// # Errors
    /// Returns [`ProvisionError::Access`] if the token is refused, or its user is not an
    /// administrator of the account; then nothing was saved. Returns an error if there is no client
    /// for the base URL, Chatwoot or a port failed, or the store is busy.
    ///
    /// ```
    /// # use store_context::accounts::Accounts;
    /// # use store_context::model::Store;
    /// # use store_context::ports::Ports;
    /// use store_context::provision::{OwnAccount, ProvisionConfig, ProvisionError, Provisioner};
    ///
    /// # async fn example(accounts: Accounts, ports: Ports, store: Store, own: OwnAccount)
    /// # -> Result<(), ProvisionError> {
    /// let config = ProvisionConfig::for_own_accounts("https://shop.example.com".parse().unwrap());
    /// let provisioner = Provisioner::for_own_accounts(&accounts, ports, config);
    /// provisioner.adopt(&store, &own).await?;
    /// println!("{}", provisioner.plan(&store).await?);
    /// println!("{}", provisioner.provision(&store).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn adopt(
        &self,
        store: &Store,
        own: &OwnAccount,
    ) -> Result<TokenAccess, ProvisionError> {
        let client = self.clients.get(&own.base_url)?;
        let access = TokenAccess::read(&client, own.account, own.token.clone()).await?;
        access.require_administrator()?;
        self.ports.stores.put(store).await?;
        self.locked(&store.id, PATIENCE, async {
            let mut run = self.start(store).await?;
            let is_new = !is_account(&run.kept, own);
            run.keep(|kept| {
                if !is_account(kept, own) {
                    kept.forget_account();
                    kept.account.base_url = Some(own.base_url.clone());
                    kept.account.account = Some(own.account);
                }
                kept.account.adopted.account = true;
                kept.account.administrator = Some(access.user);
                let (base_url, token) = (own.base_url.clone(), own.token.clone());
                kept.credentials.user_token = Some(BoundToken { base_url, token });
            })
            .await?;
            if is_new {
                self.audit(&store.id, AuditAction::Provision, AuditSubject::Store).await?;
            } else {
                let secret = AuditSubject::Secret("user_token".to_owned());
                self.audit(&store.id, AuditAction::Rotate, secret).await?;
            }
            tracing::info!(store = %store.id, account = %own.account, is_new, "account adopted");
            Ok(access)
        })
        .await
    }
}

/// Returns whether this account is the one of the record.
fn is_account(kept: &StoreRecord, own: &OwnAccount) -> bool {
    let known = &kept.account;
    let same = known.base_url.as_ref().is_some_and(|known| same_server(known, &own.base_url));
    same && known.account == Some(own.account)
}
