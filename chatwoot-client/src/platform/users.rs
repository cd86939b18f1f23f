//! Platform users: the users that a platform app created, with their tokens and login links.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::Time;
use crate::types::UserId;
use crate::types::{Attributes, Extra, User};

// For an existing e-mail address the server returns its user: it is idempotent.
const CREATE: Op = Op::post("platform_users.create", "/platform/api/v1/users").idempotent();
const GET: Op = Op::get("platform_users.get", "/platform/api/v1/users/{id}");
const UPDATE: Op = Op::patch("platform_users.update", "/platform/api/v1/users/{id}");
const DELETE: Op = Op::delete("platform_users.delete", "/platform/api/v1/users/{id}");
const LOGIN: Op = Op::get("platform_users.sso_link", "/platform/api/v1/users/{id}/login");
const TOKEN: Op =
    Op::post("platform_users.token", "/platform/api/v1/users/{id}/token").idempotent();

pub(super) const OPERATIONS: &[Op] = &[CREATE, GET, UPDATE, DELETE, LOGIN, TOKEN];

/// A handle for the users of a platform app; from [`Platform::users`].
#[derive(Clone, Copy, Debug)]
pub struct PlatformUsers<'a> {
    platform: &'a Platform,
}

impl<'a> PlatformUsers<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Creates a user, or returns the one who has this e-mail address.
    ///
    /// `POST /platform/api/v1/users`.
    ///
    /// An existing user is returned unchanged, whatever else was sent, with their token.
    ///
    /// # Errors
    /// `Invalid` for a malformed e-mail address, an empty name, or a password that is too weak:
    /// [`Error::invalid_fields`](crate::error::Error::invalid_fields) names the field.
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
    /// `NotFound` if the user does not exist; `Unauthorized` if this platform app neither created
    /// the user nor received them from [`PlatformUsers::create`].
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

    /// Updates a user; fields left as [`Patch::Keep`] are unchanged.
    ///
    /// `PATCH /platform/api/v1/users/{id}`. A new e-mail needs no confirmation.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist; `Unauthorized` if this platform app neither created
    /// the user nor received them from [`PlatformUsers::create`]. `Conflict` for the e-mail address
    /// of another user; `Invalid` for a malformed one, or a password that is too weak.
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
    /// The server responds immediately and deletes in the background.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist; `Unauthorized` if this platform app neither created
    /// the user nor received them from [`PlatformUsers::create`].
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

    /// Returns a link that logs the user in; it is valid once and for a short time.
    ///
    /// `GET /platform/api/v1/users/{id}/login`.
    ///
    /// Whoever has the link can log in as the user: redirect to it, do not store it.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist; `Unauthorized` if this platform app neither created
    /// the user nor received them from [`PlatformUsers::create`].
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

    /// Returns the user's existing token for the Application API; it does not create a new one.
    ///
    /// `POST /platform/api/v1/users/{id}/token`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the user does not exist; `Unauthorized` if this platform app neither created
    /// the user nor received them from [`PlatformUsers::create`].
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

/// A link that logs in a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SsoLink {
    /// The URL: it contains a token, so it is a secret.
    pub url: Secret,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A user's token and its owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token for the Application API.
    pub access_token: Secret,
    /// When it expires; `None` if it does not.
    pub expiry: Option<Time>,
    /// The owner of the token.
    pub user: TokenOwner,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The owner of an [`IssuedToken`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenOwner {
    /// Their id.
    pub id: UserId,
    /// Their full name.
    pub name: Option<String>,
    /// The name that customers see.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The token of their websocket connection.
    pub pubsub_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The fields of a new user.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewUser {
    /// Their full name.
    pub name: String,
    /// Their e-mail address, unique in the installation.
    pub email: String,
    /// The name that customers see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The password: it needs upper and lower case, a digit and a special character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Custom attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

impl NewUser {
    /// Creates the fields of a user with this name, e-mail address and password.
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

/// The changes of a user.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UserPatch {
    /// Their full name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The name that customers see.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub display_name: Patch<String>,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// Their password.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub password: Patch<Secret>,
    /// Attributes to add or change; the others are unchanged.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Patch::is_keep")]
    pub merge_custom_attributes: Patch<Attributes>,
}
