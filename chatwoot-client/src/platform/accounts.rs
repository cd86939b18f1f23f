//! Platform accounts: the accounts that a platform app made, one per store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::platform::Platform;
use crate::types::AccountId;
use crate::types::Patch;
use crate::types::{AccountStatus, Attributes, Extra, NullAsEmpty, OpenMap};

const LIST: Op = Op::get("platform_accounts.list", "/platform/api/v1/accounts");
const GET: Op = Op::get("platform_accounts.get", "/platform/api/v1/accounts/{account_id}");
const CREATE: Op = Op::post("platform_accounts.create", "/platform/api/v1/accounts");
const UPDATE: Op = Op::patch("platform_accounts.update", "/platform/api/v1/accounts/{account_id}");
const DELETE: Op = Op::delete("platform_accounts.delete", "/platform/api/v1/accounts/{account_id}");

pub(super) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

/// The accounts of a platform app; from [`Platform::accounts`].
#[derive(Clone, Copy, Debug)]
pub struct PlatformAccounts<'a> {
    platform: &'a Platform,
}

impl<'a> PlatformAccounts<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Returns every account that this platform app made.
    ///
    /// `GET /platform/api/v1/accounts`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) once one of the accounts was deleted (4.9.1, 4.15.1): keep your own list.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// for account in platform.accounts().list().await? {
    ///     println!("{} {}", account.id, account.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<PlatformAccount>> {
        self.platform.call(LIST)
    }

    /// Returns one account.
    ///
    /// `GET /platform/api/v1/accounts/{account_id}`.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// let account = platform.accounts().get(3.into()).await?;
    /// println!("{} is {:?}", account.name, account.status);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: AccountId) -> Call<'a, PlatformAccount> {
        self.platform.call(GET).path("account_id", id)
    }

    /// Creates an account.
    ///
    /// `POST /platform/api/v1/accounts`.
    ///
    /// Names are not unique: sent twice, it makes two.
    ///
    /// # Errors
    /// `Invalid` without a name, or for an e-mail address that is none. `Server` (500) for a
    /// language or state the server does not know; for a feature it does not know too, but then the
    /// account is made, and no platform app may touch it.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::NewPlatformAccount;
    ///
    /// let new = NewPlatformAccount { locale: Some("nl".into()), ..NewPlatformAccount::new("Store 12") };
    /// let account = platform.accounts().create(&new).await?;
    /// println!("store 12 is account {}", account.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, account: &NewPlatformAccount) -> Call<'a, PlatformAccount> {
        self.platform.call(CREATE).json(account)
    }

    /// Updates an account; what is left as [`Patch::Keep`] stays.
    ///
    /// `PATCH /platform/api/v1/accounts/{account_id}`.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make. `Invalid` and `Server` (500) as for [`PlatformAccounts::create`]; then nothing
    /// changes.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::platform::PlatformAccountPatch;
    /// use chatwoot_client::types::AccountStatus;
    ///
    /// let pause = PlatformAccountPatch { status: AccountStatus::Suspended.into(), ..Default::default() };
    /// platform.accounts().update(3.into(), &pause).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: AccountId, to: &PlatformAccountPatch) -> Call<'a, PlatformAccount> {
        self.platform.call(UPDATE).path("account_id", id).json(to)
    }

    /// Deletes an account and all that is in it.
    ///
    /// `DELETE /platform/api/v1/accounts/{account_id}`.
    ///
    /// The server answers at once and deletes later, in the background.
    ///
    /// # Errors
    /// `NotFound` without such an account; `Unauthorized` for one that this platform app did not
    /// make.
    ///
    /// ```
    /// # async fn example(platform: chatwoot_client::Platform) -> Result<(), chatwoot_client::Error> {
    /// platform.accounts().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: AccountId) -> Call<'a, ()> {
        self.platform.done(DELETE).path("account_id", id)
    }
}

/// An account as the Platform API answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlatformAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its language, such as `en` or `nl`.
    pub locale: Option<String>,
    /// The domain its e-mail comes to.
    pub domain: Option<String>,
    /// The address its e-mail comes from.
    pub support_email: Option<String>,
    /// Whether it is in use.
    pub status: Option<AccountStatus>,
    /// Features that are on, by name.
    #[serde(default)]
    pub features: NullAsEmpty<OpenMap<String, bool>>,
    /// Limits by name, such as `agents` and `inboxes`.
    pub limits: Option<Attributes>,
    /// Your own attributes.
    pub custom_attributes: Option<Attributes>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An account to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewPlatformAccount {
    /// Its name.
    pub name: String,
    /// Its language, such as `en` or `nl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The domain its e-mail comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The address its e-mail comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Whether it is in use; the server's default is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AccountStatus>,
    /// Features to turn on or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<BTreeMap<String, bool>>,
    /// Limits by name, such as `agents` and `inboxes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Attributes>,
    /// Your own attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

impl NewPlatformAccount {
    /// An account with this name and the server's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What to change of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlatformAccountPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its language.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub locale: Patch<String>,
    /// The domain its e-mail comes to.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub domain: Patch<String>,
    /// The address its e-mail comes from.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub support_email: Patch<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<AccountStatus>,
    /// Features to turn on or off; those not named stay.
    #[serde(rename = "features", skip_serializing_if = "Patch::is_keep")]
    pub merge_features: Patch<BTreeMap<String, bool>>,
    /// All its limits: they replace the old ones.
    #[serde(rename = "limits", skip_serializing_if = "Patch::is_keep")]
    pub replace_limits: Patch<Attributes>,
    /// All its attributes: they replace the old ones.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Patch::is_keep")]
    pub replace_custom_attributes: Patch<Attributes>,
}
