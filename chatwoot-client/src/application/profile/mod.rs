//! Profile: the user that a token belongs to, across accounts.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::http::Upload;
use crate::http::upload::Fields;
use crate::types::AccountId;
use crate::types::Patch;
use crate::types::UserToken;
use crate::types::{Attributes, Availability, User};

const GET: Op = Op::get("profile.get", "/api/v1/profile");
const UPDATE: Op = Op::put("profile.update", "/api/v1/profile");
const AVAILABILITY: Op =
    Op::post("profile.set_availability", "/api/v1/profile/availability").idempotent();
const AUTO_OFFLINE: Op =
    Op::post("profile.set_auto_offline", "/api/v1/profile/auto_offline").idempotent();
const RESET_ACCESS_TOKEN: Op =
    Op::post("profile.reset_access_token", "/api/v1/profile/reset_access_token");

pub(crate) const OPERATIONS: &[Op] = &[GET, UPDATE, AVAILABILITY, AUTO_OFFLINE, RESET_ACCESS_TOKEN];

/// The user that a token belongs to; from [`Client::profile`](crate::Client::profile).
#[derive(Clone, Debug)]
pub struct Profile {
    http: Http,
    token: UserToken,
}

impl Profile {
    pub(crate) fn new(http: Http, token: UserToken) -> Self {
        Self { http, token }
    }

    fn call<T: DeserializeOwned>(&self, op: Op) -> Call<'_, T> {
        Call::new(&self.http, op, Some(self.token.secret()))
    }

    /// Returns the user that the token belongs to, with the accounts they are in.
    ///
    /// `GET /api/v1/profile`.
    ///
    /// # Errors
    /// `Unauthorized` for a token that belongs to no user: use this method to check a token.
    ///
    /// ```
    /// # async fn example(profile: chatwoot_client::application::profile::Profile) -> Result<(), chatwoot_client::Error> {
    /// let user = profile.get().await?;
    /// for account in &user.accounts {
    ///     println!("{} works in account {}", user.name, account.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(&self) -> Call<'_, User> {
        self.call(GET)
    }

    /// Updates the user; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PUT /api/v1/profile`. Passwords are changed in the dashboard or by a platform app.
    ///
    /// # Errors
    /// `Conflict` for the e-mail address of another user of the server; `Invalid` for a malformed
    /// e-mail address, or an empty name.
    ///
    /// ```
    /// # async fn example(profile: chatwoot_client::application::profile::Profile) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::profile::ProfilePatch;
    ///
    /// let patch = ProfilePatch { display_name: "Ada".into(), ..Default::default() };
    /// profile.update(&patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(&self, to: &ProfilePatch) -> Call<'_, User> {
        self.call(UPDATE).json(&Body { profile: to })
    }

    /// Sets the user's picture.
    ///
    /// `PUT /api/v1/profile`.
    ///
    /// # Errors
    /// `Invalid` for a file that is not a JPEG, PNG, GIF or `WebP` picture of at most 15 MB.
    ///
    /// ```
    /// # async fn example(profile: chatwoot_client::application::profile::Profile) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// profile.set_avatar(&Upload::file("pictures/ada.png")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_avatar(&self, picture: &Upload) -> Call<'_, User> {
        self.call(UPDATE).form(Fields::new().file("profile[avatar]", picture))
    }

    /// Sets the user's availability in one account.
    ///
    /// `POST /api/v1/profile/availability`.
    ///
    /// # Errors
    /// `NotFound` if the user is not in that account; `Server` (500) for a value that the server
    /// does not know.
    ///
    /// ```
    /// # async fn example(profile: chatwoot_client::application::profile::Profile) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::types::Availability;
    ///
    /// profile.set_availability(7.into(), Availability::Busy).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_availability(&self, account: AccountId, to: Availability) -> Call<'_, User> {
        let profile = Presence { account_id: account, availability: Some(to), auto_offline: None };
        self.call(AVAILABILITY).json(&Body { profile })
    }

    /// Sets whether the user is shown as offline while the dashboard is closed, in one account.
    ///
    /// `POST /api/v1/profile/auto_offline`.
    ///
    /// # Errors
    /// `NotFound` if the user is not in that account.
    ///
    /// ```
    /// # async fn example(profile: chatwoot_client::application::profile::Profile) -> Result<(), chatwoot_client::Error> {
    /// profile.set_auto_offline(7.into(), false).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_auto_offline(&self, account: AccountId, to: bool) -> Call<'_, User> {
        let profile = Presence { account_id: account, availability: None, auto_offline: Some(to) };
        self.call(AUTO_OFFLINE).json(&Body { profile })
    }

    /// Replaces the user's access token and returns the user with the new one in
    /// [`User::access_token`].
    ///
    /// `POST /api/v1/profile/reset_access_token`. Not in Chatwoot's published API.
    ///
    /// The old token becomes invalid at once, also for calls under way; this handle keeps using it.
    /// If the outcome is unknown
    /// ([`Error::is_unknown_outcome`](crate::error::Error::is_unknown_outcome)) and the old token
    /// is refused, a platform app reads the new one with
    /// [`PlatformUsers::token`](crate::platform::PlatformUsers::token).
    ///
    /// # Errors
    /// `Unauthorized` for a token that belongs to no user.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let profile = client.profile("the old token");
    /// if let Some(token) = profile.reset_access_token().await?.access_token {
    ///     let profile = client.profile(token);
    ///     println!("{} has a new token", profile.get().await?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reset_access_token(&self) -> Call<'_, User> {
        self.call(RESET_ACCESS_TOKEN)
    }
}

#[derive(Serialize)]
struct Body<T> {
    profile: T,
}

#[derive(Serialize)]
struct Presence {
    account_id: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<Availability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_offline: Option<bool>,
}

/// The changes to make to the user.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProfilePatch {
    /// Their full name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The name shown to customers.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub display_name: Patch<String>,
    /// Their e-mail address; the server requires them to confirm a new one.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// The signature added to their messages.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub message_signature: Patch<String>,
    /// Their phone number.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub phone_number: Patch<String>,
    /// Their dashboard settings, which replace all present ones.
    #[serde(rename = "ui_settings", skip_serializing_if = "Patch::is_keep")]
    pub replace_ui_settings: Patch<Attributes>,
}
