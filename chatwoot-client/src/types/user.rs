//! User: a person with a login, as the Platform API and the profile answer it.

use serde::{Deserialize, Serialize};

use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, CustomRoleId, UserId};
use crate::types::{AccountStatus, Attributes, Availability, Extra, NullAsEmpty, Role};

/// A user with their tokens: whoever holds this value can act as the user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their full name.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// What they log in with; the e-mail address as a rule.
    pub uid: Option<String>,
    /// The name customers see, if it is another.
    pub display_name: Option<String>,
    /// The name customers see.
    pub available_name: Option<String>,
    /// Their picture; empty for none.
    pub avatar_url: Option<String>,
    /// Whether the e-mail address is confirmed.
    pub confirmed: Option<bool>,
    /// How they log in: `email`, `saml` and so on.
    pub provider: Option<String>,
    /// What is put under their messages.
    pub message_signature: Option<String>,
    /// Their token for the Application API.
    pub access_token: Option<Secret>,
    /// Opens their websocket.
    pub pubsub_token: Option<Secret>,
    /// Proves who they are to the vendor's own support widget.
    pub hmac_identifier: Option<Secret>,
    /// The account they were last in.
    pub account_id: Option<AccountId>,
    /// Their role in that account.
    pub role: Option<Role>,
    /// Who invited them to that account.
    pub inviter_id: Option<UserId>,
    /// `SuperAdmin` for those who run the installation.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How their dashboard looks.
    pub ui_settings: Option<Attributes>,
    /// Your own attributes; absent when there are none.
    pub custom_attributes: Option<Attributes>,
    /// The accounts they work in.
    #[serde(default)]
    pub accounts: NullAsEmpty<Vec<UserAccount>>,
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
    pub name: Option<String>,
    /// Whether the account is in use.
    pub status: Option<AccountStatus>,
    /// What the user may do there.
    pub role: Option<Role>,
    /// The role's rights.
    pub permissions: Option<Vec<String>>,
    /// What the user set.
    pub availability: Option<Availability>,
    /// What others see: `availability`, or offline when away.
    pub availability_status: Option<Availability>,
    /// Whether the user counts as offline when the dashboard is closed.
    pub auto_offline: Option<bool>,
    /// When the user was last there.
    pub active_at: Option<Time>,
    /// Where the account's set-up stands (not on 4.9.1).
    pub onboarding_step: Option<String>,
    /// The custom role, if there is one.
    pub custom_role_id: Option<CustomRoleId>,
    /// The custom role itself.
    pub custom_role: Option<Extra>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}
