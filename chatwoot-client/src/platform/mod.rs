//! The Platform API: the accounts, users and agent bots of a platform app. An app has access only
//! to what it created.

mod account_users;
mod accounts;
mod agent_bots;
mod users;

use serde::de::DeserializeOwned;

pub use self::account_users::{AccountUser, AccountUsers};
pub use self::accounts::{
    NewPlatformAccount, PlatformAccount, PlatformAccountPatch, PlatformAccounts,
};
pub use self::agent_bots::{NewPlatformAgentBot, PlatformAgentBotPatch, PlatformAgentBots};
pub use self::users::{IssuedToken, NewUser, PlatformUsers, SsoLink, TokenOwner, UserPatch};
use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::http::{RawRequest, TokenKind};
use crate::types::PlatformToken;

/// A handle for the Platform API with a platform app's token; from
/// [`Client::platform`](crate::Client::platform).
#[derive(Clone, Debug)]
pub struct Platform {
    http: Http,
    token: PlatformToken,
}

impl Platform {
    pub(crate) fn new(http: Http, token: PlatformToken) -> Self {
        Self { http, token }
    }

    /// Returns a handle for the accounts that the app created.
    pub fn accounts(&self) -> PlatformAccounts<'_> {
        PlatformAccounts::new(self)
    }

    /// Returns a handle for the users that the app created.
    pub fn users(&self) -> PlatformUsers<'_> {
        PlatformUsers::new(self)
    }

    /// Returns a handle for the agent bots that the app created.
    pub fn agent_bots(&self) -> PlatformAgentBots<'_> {
        PlatformAgentBots::new(self)
    }

    /// Returns a handle for the members of the accounts.
    pub fn account_users(&self) -> AccountUsers<'_> {
        AccountUsers::new(self)
    }

    /// Calls an operation that has no method, with this handle's token and the same retries, limits
    /// and errors as every other call.
    ///
    /// The response is decoded into any type; [`Op::inside`] names the keys around it.
    ///
    /// # Errors
    /// `Request`, without sending anything, for a path that is not part of the Platform API; see
    /// also [`Call`].
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Op;
    /// use serde_json::Value;
    ///
    /// let op = Op::get("audit.list", "/platform/api/v1/accounts/{id}/audit");
    /// let audit: Value = platform.request(op).path("id", 7).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn request<T: DeserializeOwned>(&self, op: Op) -> RawRequest<'_, T> {
        RawRequest::new(self.call(op), op, TokenKind::Platform)
    }

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(&self.http, op, Some(self.token.secret()))
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        Call::done(&self.http, op, Some(self.token.secret()))
    }
}

/// All operations of the Platform API.
pub(crate) const OPERATIONS: &[&[Op]] =
    &[accounts::OPERATIONS, users::OPERATIONS, account_users::OPERATIONS, agent_bots::OPERATIONS];
