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
use crate::call::Call;
use crate::client::Client;
use crate::op::Op;
use crate::secret::PlatformToken;

/// The Platform API with a platform app's token; from [`Client::platform`].
#[derive(Clone, Debug)]
pub struct Platform {
    client: Client,
    token: PlatformToken,
}

impl Platform {
    pub(crate) fn new(client: Client, token: PlatformToken) -> Self {
        Self { client, token }
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

    pub(crate) fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(&self.client, op, Some(self.token.secret()))
    }

    pub(crate) fn done(&self, op: Op) -> Call<'_, ()> {
        Call::done(&self.client, op, Some(self.token.secret()))
    }
}

/// Every operation of the Platform API.
pub(crate) const OPERATIONS: &[&[Op]] =
    &[accounts::OPERATIONS, users::OPERATIONS, account_users::OPERATIONS, agent_bots::OPERATIONS];
