//! Account users: the members of accounts, for a platform app.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::Time;
use crate::types::{AccountId, AccountUserId, CustomRoleId, UserId};
use crate::types::{Availability, Extra, Role};

const LIST: Op =
    Op::get("account_users.list", "/platform/api/v1/accounts/{account_id}/account_users");
// For an existing member the server sets the role: it is idempotent.
const CREATE: Op =
    Op::post("account_users.create", "/platform/api/v1/accounts/{account_id}/account_users")
        .idempotent();
const DELETE: Op =
    Op::delete("account_users.delete", "/platform/api/v1/accounts/{account_id}/account_users");

pub(super) const OPERATIONS: &[Op] = &[LIST, CREATE, DELETE];

/// A handle for the members of accounts; from [`Platform::account_users`].
#[derive(Clone, Copy, Debug)]
pub struct AccountUsers<'a> {
    platform: &'a Platform,
}

impl<'a> AccountUsers<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Returns all members of the account.
    ///
    /// `GET /platform/api/v1/accounts/{account_id}/account_users`.
    ///
    /// # Errors
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// for member in platform.account_users().list(3.into()).await? {
    ///     println!("user {} is {:?}", member.user_id, member.role);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, account: AccountId) -> Call<'a, Vec<AccountUser>> {
        self.platform.call(LIST).path("account_id", account)
    }

    /// Adds a user to the account, or changes the role of an existing member.
    ///
    /// `POST /platform/api/v1/accounts/{account_id}/account_users`.
    ///
    /// # Errors
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it. `Invalid` for a user who does not exist; `Server` (500) for a role that the server does
    /// not know.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::types::Role;
    ///
    /// platform.account_users().create(3.into(), 5.into(), Role::Administrator).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, account: AccountId, user: UserId, role: Role) -> Call<'a, AccountUser> {
        let membership = Membership { user_id: user, role: Some(role) };
        self.platform.call(CREATE).path("account_id", account).json(&membership)
    }

    /// Removes a user from the account; the user itself is not deleted.
    ///
    /// `DELETE /platform/api/v1/accounts/{account_id}/account_users`. It does nothing if the user
    /// is not a member.
    ///
    /// # Errors
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// platform.account_users().delete(3.into(), 5.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, account: AccountId, user: UserId) -> Call<'a, ()> {
        let membership = Membership { user_id: user, role: None };
        self.platform.done(DELETE).path("account_id", account).json(&membership)
    }
}

#[derive(Serialize)]
struct Membership {
    user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// The membership of a user in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountUser {
    /// The id of the membership.
    pub id: AccountUserId,
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the user.
    pub user_id: UserId,
    /// The user's role in the account.
    pub role: Option<Role>,
    /// The availability that the user set.
    pub availability: Option<Availability>,
    /// Whether the user is shown as offline while the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// When the user was last active there.
    pub active_at: Option<Time>,
    /// The id of the user who invited them.
    pub inviter_id: Option<UserId>,
    /// The id of the custom role, if there is one.
    pub custom_role_id: Option<CustomRoleId>,
    /// The id of the capacity policy, if there is one.
    pub agent_capacity_policy_id: Option<u64>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
