//! Platform users: the people that a platform app made, with their tokens and login links.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::Time;
use crate::types::UserId;
use crate::types::{Attributes, Extra, User};

// An e-mail that exists answers its user: twice is once.
const CREATE: Op = Op::post("platform_users.create", "/platform/api/v1/users").idempotent();
const GET: Op = Op::get("platform_users.get", "/platform/api/v1/users/{id}");
const UPDATE: Op = Op::patch("platform_users.update", "/platform/api/v1/users/{id}");
const DELETE: Op = Op::delete("platform_users.delete", "/platform/api/v1/users/{id}");
const LOGIN: Op = Op::get("platform_users.sso_link", "/platform/api/v1/users/{id}/login");
const TOKEN: Op =
    Op::post("platform_users.token", "/platform/api/v1/users/{id}/token").idempotent();

pub(super) const OPERATIONS: &[Op] = &[CREATE, GET, UPDATE, DELETE, LOGIN, TOKEN];

/// The users of a platform app; from [`Platform::users`].
#[derive(Clone, Copy, Debug)]
pub struct PlatformUsers<'a> {
    platform: &'a Platform,
}

impl<'a> PlatformUsers<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Creates a user, or answers the one who has this e-mail.
    ///
    /// `POST /platform/api/v1/users`.
    ///
    /// An existing user is answered as they are, whatever else was sent, with their token.
    ///
    /// # Errors
    /// `Invalid` for an address that is none, an empty name, or a password that is too weak:
    /// [`Error::invalid_fields`](crate::error::Error::invalid_fields) names which.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::NewUser;
    ///
    /// let new = NewUser::new("Ada", "ada@example.com", "a long Passw0rd.");
    /// let user = platform.users().create(&new).await?;
    /// println!("Ada is user {}", user.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, user: &NewUser) -> Call<'a, User> {
        self.platform.call(CREATE).json(user)
    }

    /// Returns one user.
    ///
    /// `GET /platform/api/v1/users/{id}`.
    ///
    /// # Errors
    /// `NotFound` without such a user; `Unauthorized` for one that this platform app neither made
    /// nor was answered by [`PlatformUsers::create`].
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// let user = platform.users().get(5.into()).await?;
    /// println!("{} works in {} accounts", user.name, user.accounts.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: UserId) -> Call<'a, User> {
        self.platform.call(GET).path("id", id)
    }

    /// Updates a user; what is left as [`Patch::Keep`] stays.
    ///
    /// `PATCH /platform/api/v1/users/{id}`. A new e-mail needs no confirmation.
    ///
    /// # Errors
    /// `NotFound` without such a user; `Unauthorized` for one that this platform app neither made
    /// nor was answered by [`PlatformUsers::create`]. `Conflict` for the e-mail address of another
    /// user; `Invalid` for an address that is none, or a password that is too weak.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::UserPatch;
    ///
    /// let moved = UserPatch { email: "ada@lovelace.example.com".into(), ..Default::default() };
    /// platform.users().update(5.into(), &moved).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: UserId, to: &UserPatch) -> Call<'a, User> {
        self.platform.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a user from every account.
    ///
    /// `DELETE /platform/api/v1/users/{id}`.
    ///
    /// The server answers at once and deletes later, in the background.
    ///
    /// # Errors
    /// `NotFound` without such a user; `Unauthorized` for one that this platform app neither made
    /// nor was answered by [`PlatformUsers::create`].
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// platform.users().delete(5.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: UserId) -> Call<'a, ()> {
        self.platform.done(DELETE).path("id", id)
    }

    /// Returns a link that logs the user in, once and soon.
    ///
    /// `GET /platform/api/v1/users/{id}/login`.
    ///
    /// Who has the link is the user: redirect to it, do not store it.
    ///
    /// # Errors
    /// `NotFound` without such a user; `Unauthorized` for one that this platform app neither made
    /// nor was answered by [`PlatformUsers::create`].
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// let link = platform.users().sso_link(5.into()).await?;
    /// let location = link.url.expose();
    /// # let _ = location;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn sso_link(self, id: UserId) -> Call<'a, SsoLink> {
        self.platform.call(LOGIN).path("id", id)
    }

    /// Returns the user's token for the Application API.; it makes no new token.
    ///
    /// `POST /platform/api/v1/users/{id}/token`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` without such a user; `Unauthorized` for one that this platform app neither made
    /// nor was answered by [`PlatformUsers::create`].
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// let token = platform.users().token(5.into()).await?.access_token;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn token(self, id: UserId) -> Call<'a, IssuedToken> {
        self.platform.call(TOKEN).path("id", id)
    }
}

/// A link that logs a user in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SsoLink {
    /// The address: it carries a token, so it is a secret.
    pub url: Secret,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A user's token and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token for the Application API.
    pub access_token: Secret,
    /// When it ends; `None` is never.
    pub expiry: Option<Time>,
    /// Whose it is.
    pub user: TokenOwner,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The user behind an [`IssuedToken`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenOwner {
    /// Their id.
    pub id: UserId,
    /// Their full name.
    pub name: Option<String>,
    /// The name customers see.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Opens their websocket.
    pub pubsub_token: Option<Secret>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A user to make.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewUser {
    /// Their full name.
    pub name: String,
    /// Their e-mail address, unique in the installation.
    pub email: String,
    /// The name customers see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Upper and lower case, a digit and a special character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Your own attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

impl NewUser {
    /// A user with this name, e-mail and password.
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
            password: Some(password.into()),
            ..Self::default()
        }
    }
}

/// What to change of a user.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UserPatch {
    /// Their full name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The name customers see.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub display_name: Patch<String>,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// Their password.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub password: Patch<Secret>,
    /// Attributes to add or change; the others stay.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Patch::is_keep")]
    pub merge_custom_attributes: Patch<Attributes>,
}
