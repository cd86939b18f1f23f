//! Users: people with a login, as the Platform API and the profile return them.

use serde::{Deserialize, Serialize};

use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, CustomRoleId, UserId};
use crate::types::{AccountStatus, Attributes, Availability, Extra, NullAsEmpty, Role};

/// A user with their tokens: whoever has this value can act as the user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their full name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The name they log in with; usually the e-mail address.
    pub uid: Option<String>,
    /// The name that customers see, if it differs from the full name.
    pub display_name: Option<String>,
    /// The name that customers see: the display name or the full name.
    pub available_name: Option<String>,
    /// The URL of their picture; empty if there is none.
    pub avatar_url: Option<String>,
    /// Whether the e-mail address is confirmed.
    pub confirmed: Option<bool>,
    /// How they log in: `email`, `saml` and others.
    pub provider: Option<String>,
    /// The signature that is appended to their messages.
    pub message_signature: Option<String>,
    /// Their access token for the Application API.
    pub access_token: Option<Secret>,
    /// The token of their websocket connection.
    pub pubsub_token: Option<Secret>,
    /// The HMAC that identifies them in Chatwoot's own support widget.
    pub hmac_identifier: Option<Secret>,
    /// The id of the account they last used.
    pub account_id: Option<AccountId>,
    /// Their role in that account.
    pub role: Option<Role>,
    /// The id of the user who invited them to that account.
    pub inviter_id: Option<UserId>,
    /// `SuperAdmin` for administrators of the installation.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The settings of their dashboard.
    pub ui_settings: Option<Attributes>,
    /// Custom attributes; absent if there are none.
    pub custom_attributes: Option<Attributes>,
    /// The accounts they are a member of.
    #[serde(default)]
    pub accounts: NullAsEmpty<Vec<UserAccount>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An account that a user is a member of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserAccount {
    /// The account's id.
    pub id: AccountId,
    /// The account's name.
    pub name: Option<String>,
    /// The account's status.
    pub status: Option<AccountStatus>,
    /// The user's role in the account.
    pub role: Option<Role>,
    /// The permissions of the role.
    pub permissions: Option<Vec<String>>,
    /// The availability that the user set.
    pub availability: Option<Availability>,
    /// The availability that others see: `availability`, or offline while the user is away.
    pub availability_status: Option<Availability>,
    /// Whether the user is shown as offline while the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// When the user was last active there.
    pub active_at: Option<Time>,
    /// The step of the account's onboarding (not on 4.9.1).
    pub onboarding_step: Option<String>,
    /// The id of the custom role, if there is one.
    pub custom_role_id: Option<CustomRoleId>,
    /// The custom role.
    pub custom_role: Option<Extra>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
