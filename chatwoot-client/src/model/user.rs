//! User: a person with a login, as the Platform API and the profile answer it.

use serde::{Deserialize, Serialize};

use super::{AccountStatus, Attributes, Availability, Extra, OrEmpty, Role};
use crate::ids::{AccountId, CustomRoleId, UserId};
use crate::secret::Secret;
use crate::time::Time;

/// A user with their tokens: whoever holds this value can act as the user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their full name.
    pub name: String,
    /// Their e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// What they log in with; the e-mail address as a rule.
    #[serde(default)]
    pub uid: Option<String>,
    /// The name customers see, if it is another.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The name customers see.
    #[serde(default)]
    pub available_name: Option<String>,
    /// Their picture; empty for none.
    #[serde(default)]
    pub avatar_url: Option<String>,
    /// Whether the e-mail address is confirmed.
    #[serde(default)]
    pub confirmed: Option<bool>,
    /// How they log in: `email`, `saml` and so on.
    #[serde(default)]
    pub provider: Option<String>,
    /// What is put under their messages.
    #[serde(default)]
    pub message_signature: Option<String>,
    /// Their token for the Application API.
    #[serde(default)]
    pub access_token: Option<Secret>,
    /// Opens their websocket.
    #[serde(default)]
    pub pubsub_token: Option<Secret>,
    /// Proves who they are to the vendor's own support widget.
    #[serde(default)]
    pub hmac_identifier: Option<Secret>,
    /// The account they were last in.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Their role in that account.
    #[serde(default)]
    pub role: Option<Role>,
    /// Who invited them to that account.
    #[serde(default)]
    pub inviter_id: Option<UserId>,
    /// `SuperAdmin` for those who run the installation.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// How their dashboard looks.
    #[serde(default)]
    pub ui_settings: Option<Attributes>,
    /// Your own attributes; absent when there are none.
    #[serde(default)]
    pub custom_attributes: Option<Attributes>,
    /// The accounts they work in.
    #[serde(default)]
    pub accounts: OrEmpty<Vec<UserAccount>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An account that a user works in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserAccount {
    /// The account's id.
    pub id: AccountId,
    /// The account's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the account is in use.
    #[serde(default)]
    pub status: Option<AccountStatus>,
    /// What the user may do there.
    #[serde(default)]
    pub role: Option<Role>,
    /// The role's rights.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// What the user set.
    #[serde(default)]
    pub availability: Option<Availability>,
    /// What others see: `availability`, or offline when away.
    #[serde(default)]
    pub availability_status: Option<Availability>,
    /// Whether the user counts as offline when the dashboard is closed.
    #[serde(default)]
    pub auto_offline: Option<bool>,
    /// When the user was last there.
    #[serde(default)]
    pub active_at: Option<Time>,
    /// Where the account's set-up stands (not on 4.9.1).
    #[serde(default)]
    pub onboarding_step: Option<String>,
    /// The custom role, if there is one.
    #[serde(default)]
    pub custom_role_id: Option<CustomRoleId>,
    /// The custom role itself.
    #[serde(default)]
    pub custom_role: Option<Extra>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}
