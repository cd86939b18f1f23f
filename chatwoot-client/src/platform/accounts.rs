//! Platform accounts: the accounts that a platform app created, one per store.

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

/// A handle for the accounts of a platform app; from [`Platform::accounts`].
#[derive(Clone, Copy, Debug)]
pub struct PlatformAccounts<'a> {
    platform: &'a Platform,
}

impl<'a> PlatformAccounts<'a> {
    pub(super) fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Returns all accounts that this platform app created.
    ///
    /// `GET /platform/api/v1/accounts`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) once one of the accounts has been deleted (4.9.1, 4.15.1): keep your own
    /// list.
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
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it.
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
    /// Names are not unique: sending it twice creates two.
    ///
    /// # Errors
    /// `Invalid` for an empty name or a malformed e-mail address. `Server` (500) for a language,
    /// status or feature that the server does not know; for an unknown feature the account is
    /// created nevertheless, and no platform app has access to it.
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

    /// Updates an account; fields left as [`Patch::Keep`] are unchanged.
    ///
    /// `PATCH /platform/api/v1/accounts/{account_id}`.
    ///
    /// # Errors
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it. `Invalid` and `Server` (500) as for [`PlatformAccounts::create`]; then nothing changes.
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

    /// Deletes an account and everything in it.
    ///
    /// `DELETE /platform/api/v1/accounts/{account_id}`.
    ///
    /// The server responds immediately and deletes in the background.
    ///
    /// # Errors
    /// `NotFound` if the account does not exist; `Unauthorized` if this platform app did not create
    /// it.
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

/// An account as the Platform API returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlatformAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its language, such as `en` or `nl`.
    pub locale: Option<String>,
    /// The domain of its inbound e-mail.
    pub domain: Option<String>,
    /// The sender address of its e-mail.
    pub support_email: Option<String>,
    /// Its status.
    pub status: Option<AccountStatus>,
    /// Its features by name, `true` if enabled.
    #[serde(default)]
    pub features: NullAsEmpty<OpenMap<String, bool>>,
    /// Its limits by name, such as `agents` and `inboxes`.
    pub limits: Option<Attributes>,
    /// Custom attributes.
    pub custom_attributes: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The fields of a new account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewPlatformAccount {
    /// Its name.
    pub name: String,
    /// Its language, such as `en` or `nl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The domain of its inbound e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The sender address of its e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Its status; the server's default is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AccountStatus>,
    /// Features to enable or disable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<BTreeMap<String, bool>>,
    /// Its limits by name, such as `agents` and `inboxes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Attributes>,
    /// Custom attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

impl NewPlatformAccount {
    /// Creates the fields of an account with this name and the server's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// The changes of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlatformAccountPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its language.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub locale: Patch<String>,
    /// The domain of its inbound e-mail.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub domain: Patch<String>,
    /// The sender address of its e-mail.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub support_email: Patch<String>,
    /// Its status.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<AccountStatus>,
    /// Features to enable or disable; the others are unchanged.
    #[serde(rename = "features", skip_serializing_if = "Patch::is_keep")]
    pub merge_features: Patch<BTreeMap<String, bool>>,
    /// All its limits: they replace the existing ones.
    #[serde(rename = "limits", skip_serializing_if = "Patch::is_keep")]
    pub replace_limits: Patch<Attributes>,
    /// All its custom attributes: they replace the existing ones.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Patch::is_keep")]
    pub replace_custom_attributes: Patch<Attributes>,
}
