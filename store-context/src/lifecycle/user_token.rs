//! Rotates the token of the user as whom Chatwoot is called.

use chatwoot_client::types::Role;
use chatwoot_client::{Client, Platform, UserToken};

use super::{AtStep, Lifecycle, LifecycleError};
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::StoreId;
use crate::ports::{BoundToken, StoreRecord};

const STEP: &str = "user token";

/// How a store's token was rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTokenRotation {
    /// Chatwoot made a new token.
    Reset,
    /// Chatwoot had made a new token before, in a rotation that was interrupted; it was read with
    /// the platform app's token.
    Recovered,
}

impl Lifecycle {
    /// Has Chatwoot make a new token for the store's user, and stores it.
    ///
    /// The previous token ends at once (Chatwoot has no overlap), so calls that are sent in the
    /// moment until the new one is stored are refused: syncs and handlers repeat them. Deliveries
    /// need no token. If the process is killed in that moment, the new token is known only to
    /// Chatwoot: a repeated call with `platform`, the handle of the platform app that made the
    /// user, reads it. Without one, prefer [`Lifecycle::replace_user_token`], which has no such
    /// moment.
    ///
    /// # Errors
    /// Returns `TokenRefused` if the stored token is not accepted and there is no platform app's
    /// handle to read the present one; another error if Chatwoot or a port failed, or another
    /// process works on the store.
    pub async fn rotate_user_token(
        &self,
        store: &StoreId,
        platform: Option<&Platform>,
    ) -> Result<UserTokenRotation, LifecycleError> {
        self.locked(
            store,
            Box::pin(async {
                let open = self.accounts.open(store).await?;
                let held = held(&open)?;
                let profile = self.client(held)?.profile(held.token.clone());
                let (token, how) = match profile.reset_access_token().await {
                    Ok(user) => {
                        let token = user.access_token;
                        let lacking = LifecycleError::Lacking { step: STEP, what: "access_token" };
                        (UserToken::new(token.ok_or(lacking)?), UserTokenRotation::Reset)
                    }
                    // A response that was lost: the token may or may not be another one now.
                    Err(error) if error.is_unauthorized() || error.is_unknown_outcome() => {
                        let user = open.record.account.administrator;
                        let Some((platform, user)) = platform.zip(user) else {
                            return Err(if error.is_unauthorized() {
                                LifecycleError::TokenRefused(store.clone())
                            } else {
                                LifecycleError::Chatwoot { step: STEP, source: error }
                            });
                        };
                        let issued = platform.users().token(user).await.at(STEP)?;
                        (UserToken::new(issued.access_token), UserTokenRotation::Recovered)
                    }
                    Err(error) => return Err(error).at(STEP),
                };
                self.keep_token(store, BoundToken { base_url: held.base_url.clone(), token })
                    .await?;
                Ok(how)
            }),
        )
        .await
    }

    /// Stores another token for the store's account, for example that of a second administrator
    /// whom the tenant has made: the previous one works until it is ended in Chatwoot, so no call
    /// is refused. The token is tried first.
    ///
    /// # Errors
    /// Returns `NotAdministrator` if the token is not that of an administrator of the account; then
    /// the present token stays.
    ///
    /// ```
    /// # use store_context::lifecycle::{Lifecycle, LifecycleError};
    /// # use store_context::model::StoreId;
    /// # async fn example(lifecycle: Lifecycle, store: StoreId, typed: String) -> Result<(), LifecycleError> {
    /// lifecycle.replace_user_token(&store, typed).await
    /// # }
    /// ```
    pub async fn replace_user_token(
        &self,
        store: &StoreId,
        token: impl Into<UserToken>,
    ) -> Result<(), LifecycleError> {
        let token = token.into();
        self.locked(
            store,
            Box::pin(async {
                // The present token may be refused already; nothing is sent with it.
                let open = self.accounts.open(store).await?;
                let account = open.key.account;
                let refused = || LifecycleError::NotAdministrator { store: store.clone(), account };
                let profile = self.client(held(&open)?)?.profile(token.clone());
                let user = match profile.get().await {
                    Err(error) if error.is_unauthorized() => return Err(refused()),
                    user => user.at(STEP)?,
                };
                let member = user.accounts.iter().find(|it| it.id == account);
                if member.and_then(|it| it.role.as_ref()) != Some(&Role::Administrator) {
                    return Err(refused());
                }
                let base_url = held(&open)?.base_url.clone();
                self.keep_token(store, BoundToken { base_url, token }).await
            }),
        )
        .await
    }

    /// Returns the client of the server that a token is for.
    fn client(&self, of: &BoundToken) -> Result<Client, LifecycleError> {
        Ok(self.accounts.clients().get(&of.base_url).map_err(StoreAccountError::from)?)
    }

    async fn keep_token(&self, store: &StoreId, token: BoundToken) -> Result<(), LifecycleError> {
        let keep = |record: &mut StoreRecord| record.credentials.user_token = Some(token.clone());
        self.accounts.update(store, keep).await?;
        self.rotated(store, "user_token").await?;
        tracing::info!(%store, "the user's token is another one");
        Ok(())
    }
}

fn held(open: &OpenAccount) -> Result<&BoundToken, LifecycleError> {
    let held = open.record.credentials.user_token.as_ref();
    let store = &open.record.store.id;
    held.ok_or_else(|| StoreAccountError::NotProvisioned(store.clone()).into())
}
