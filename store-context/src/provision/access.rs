//! What a user's token may do in an account.

use chatwoot_client::types::{AccountStatus, Role};
use chatwoot_client::{AccountId, Client, UserId, UserToken};

use super::{AtStep, ProvisionError};

/// The reason why a user's token cannot provision an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// Chatwoot does not know the token.
    #[error(
        "the token is refused: it was reset, is no user's, or belongs to another Chatwoot than the \
         base URL's; a user finds the present one in Chatwoot's profile settings"
    )]
    TokenRefused,
    /// The token's user is not a member of the account.
    #[error(
        "the token's user is no member of account {account}, but of {}: check the account's id, or \
         have the user added as an administrator", listed(.member_of)
    )]
    NotAMember {
        /// The account.
        account: AccountId,
        /// The accounts that the user is a member of.
        member_of: Vec<AccountId>,
    },
    /// The account is suspended.
    #[error("account {0} is suspended: Chatwoot refuses every call until it is active again")]
    Suspended(AccountId),
    /// The token's user is not an administrator of the account. No step can be provisioned: only
    /// administrators receive the secrets of webhooks and inboxes and change an account's settings.
    #[error(
        "the token's user is {} in account {account}: every step requires an administrator, because \
         only administrators receive the secrets of webhooks and inboxes", .role.as_str()
    )]
    NotAdministrator {
        /// The account.
        account: AccountId,
        /// The user's role.
        role: Role,
    },
}

fn listed(accounts: &[AccountId]) -> String {
    if accounts.is_empty() {
        return "none".to_owned();
    }
    accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a user's token may do in an account, as of the user's profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenAccess {
    /// The token's user.
    pub user: UserId,
    /// The account.
    pub account: AccountId,
    /// The account's name.
    pub account_name: Option<String>,
    /// The account's status; `None` if Chatwoot did not return it.
    pub status: Option<AccountStatus>,
    /// The user's role in the account.
    pub role: Role,
    /// The permissions of the role.
    pub permissions: Vec<String>,
}

impl TokenAccess {
    /// Reads what a token may do in an account: one call, for the user's profile.
    ///
    /// # Errors
    /// Returns [`ProvisionError::Access`] if the token is refused or its user is not a member of
    /// the account, and an error if Chatwoot failed.
    pub async fn read(
        client: &Client,
        account: AccountId,
        token: UserToken,
    ) -> Result<Self, ProvisionError> {
        let user = match client.profile(token).get().await {
            Err(error) if error.is_unauthorized() => return Err(AccessError::TokenRefused.into()),
            answer => answer.at("token")?,
        };
        let Some(is) = user.accounts.iter().find(|is| is.id == account) else {
            let member_of = user.accounts.iter().map(|is| is.id).collect();
            return Err(AccessError::NotAMember { account, member_of }.into());
        };
        let role = is.role.clone();
        Ok(Self {
            user: user.id,
            account,
            account_name: is.name.clone(),
            status: is.status.clone(),
            role: role.ok_or(ProvisionError::Lacking { step: "token", what: "role" })?,
            permissions: is.permissions.clone().unwrap_or_default(),
        })
    }

    /// Checks that the token can provision the account.
    ///
    /// # Errors
    /// Returns an error if the account is suspended, or the user is not an administrator.
    pub fn require_administrator(&self) -> Result<(), AccessError> {
        if self.status == Some(AccountStatus::Suspended) {
            return Err(AccessError::Suspended(self.account));
        }
        if self.role != Role::Administrator {
            let (account, role) = (self.account, self.role.clone());
            return Err(AccessError::NotAdministrator { account, role });
        }
        Ok(())
    }
}
