//! The Platform API: for a platform app, and only for what that app made.

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

/// The Platform API with a platform app's token; from [`Client::platform`](crate::Client::platform).
#[derive(Clone, Debug)]
pub struct Platform {
    http: Http,
    token: PlatformToken,
}

impl Platform {
    pub(crate) fn new(http: Http, token: PlatformToken) -> Self {
        Self { http, token }
    }

    /// The accounts that the app made.
    pub fn accounts(&self) -> PlatformAccounts<'_> {
        PlatformAccounts::new(self)
    }

    /// The users that the app made.
    pub fn users(&self) -> PlatformUsers<'_> {
        PlatformUsers::new(self)
    }

    /// The agent bots that the app made.
    pub fn agent_bots(&self) -> PlatformAgentBots<'_> {
        PlatformAgentBots::new(self)
    }

    /// Which users work in which accounts.
    pub fn account_users(&self) -> AccountUsers<'_> {
        AccountUsers::new(self)
    }

    /// Calls an operation that has no method yet, with this handle's token, and the retries, limits
    /// and errors of every other call.
    ///
    /// The response is decoded into any type; [`Op::inside`] names the keys around it.
    ///
    /// # Errors
    /// `Request` for a path that is not of the Platform API, and nothing is sent then; else see
    /// [`Call`].
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

/// Every operation of the Platform API.
pub(crate) const OPERATIONS: &[&[Op]] =
    &[accounts::OPERATIONS, users::OPERATIONS, account_users::OPERATIONS, agent_bots::OPERATIONS];
