//! Account users: which users work in which accounts, for a platform app.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::Time;
use crate::types::{AccountId, AccountUserId, CustomRoleId, UserId};
use crate::types::{Availability, Extra, Role};

const LIST: Op =
    Op::get("account_users.list", "/platform/api/v1/accounts/{account_id}/account_users");
// A user who is there already gets the role: twice is once.
const CREATE: Op =
    Op::post("account_users.create", "/platform/api/v1/accounts/{account_id}/account_users")
        .idempotent();
const DELETE: Op =
    Op::delete("account_users.delete", "/platform/api/v1/accounts/{account_id}/account_users");

pub(super) const OPERATIONS: &[Op] = &[LIST, CREATE, DELETE];

/// Who works in which account; from [`Platform::account_users`].
#[derive(Clone, Copy, Debug)]
pub struct AccountUsers<'a> {
    platform: &'a Platform,
}

impl<'a> AccountUsers<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Returns everybody in the account.
    ///
    /// `GET /platform/api/v1/accounts/{account_id}/account_users`.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make.
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

    /// Puts a user into the account, or gives a user who is there another role.
    ///
    /// `POST /platform/api/v1/accounts/{account_id}/account_users`.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make. `Invalid` for a user who does not exist; `Server` (500) for a role the server does not
    /// know.
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

    /// Takes a user out of the account; the user stays.
    ///
    /// `DELETE /platform/api/v1/accounts/{account_id}/account_users`. Nothing happens when they are
    /// not in it.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make.
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

/// A user's membership of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountUser {
    /// The membership's id.
    pub id: AccountUserId,
    /// The account.
    pub account_id: AccountId,
    /// The user.
    pub user_id: UserId,
    /// What the user may do there.
    pub role: Option<Role>,
    /// What the user set.
    pub availability: Option<Availability>,
    /// Whether the user counts as offline when the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// When the user was last there.
    pub active_at: Option<Time>,
    /// Who invited the user.
    pub inviter_id: Option<UserId>,
    /// The custom role, if there is one.
    pub custom_role_id: Option<CustomRoleId>,
    /// The capacity policy, if there is one.
    pub agent_capacity_policy_id: Option<u64>,
    /// Since when.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
