//! Account: the account's name, language and settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::AccountId;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountStatus, Attributes, Extra, NullAsEmpty, OpenMap};

const GET: Op = Op::get("account.get", "/api/v1/accounts/{account_id}");
const UPDATE: Op = Op::patch("account.update", "/api/v1/accounts/{account_id}");

const CACHE_KEYS: Op = Op::get("account.cache_keys", "/api/v1/accounts/{account_id}/cache_keys")
    .inside(&["cache_keys"]);

pub(crate) const OPERATIONS: &[Op] = &[GET, UPDATE, CACHE_KEYS];

account_handle! {
    /// The account's name, language and settings; from [`Account::details`].
    AccountDetails
}

impl<'a> AccountDetails<'a> {
    /// Returns the account.
    ///
    /// `GET /api/v1/accounts/{account_id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` for an account that the token's user is not in.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let info = account.details().get().await?;
    /// println!("{} speaks {:?}", info.name, info.locale);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self) -> Call<'a, AccountInfo> {
        self.account.call(GET)
    }

    /// Updates the account; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `Invalid` for `auto_resolve_after` out of its range, an empty
    /// name, a domain of more than 100 characters or a `support_email` that is not an e-mail
    /// address; `Server` for a language that Chatwoot does not have.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::account::AccountPatch;
    ///
    /// let patch = AccountPatch { auto_resolve_after: 1_440.into(), ..Default::default() };
    /// account.details().update(&patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, to: &AccountPatch) -> Call<'a, AccountInfo> {
        self.account.call(UPDATE).json(to)
    }

    /// Returns a cache key for each of labels, inboxes and teams: read a list again if its key
    /// differs.
    ///
    /// `GET /api/v1/accounts/{account_id}/cache_keys`. Agents and administrators. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` for an account that the token's user is not in.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let seen = account.details().cache_keys().await?;
    /// let now = account.details().cache_keys().await?;
    /// if now.label != seen.label {
    ///     let labels = account.labels().list().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn cache_keys(self) -> Call<'a, CacheKeys> {
        self.account.call(CACHE_KEYS)
    }
}

/// Cache keys of an account's settings: the epoch seconds of the last change as text, zeros if
/// there was none lately. Compare them for equality only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheKeys {
    /// The key of the labels.
    pub label: Option<String>,
    /// The key of the inboxes.
    pub inbox: Option<String>,
    /// The key of the teams.
    pub team: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An account, as its own users see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountInfo {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its language, such as `en` or `nl`.
    pub locale: Option<String>,
    /// The domain that receives its e-mail.
    pub domain: Option<String>,
    /// The sender address of its e-mail.
    pub support_email: Option<String>,
    /// Whether it is active or suspended.
    pub status: Option<AccountStatus>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// Which features are enabled, by name.
    #[serde(default)]
    pub features: NullAsEmpty<OpenMap<String, bool>>,
    /// Its settings, such as the automatic resolution of conversations.
    pub settings: Option<AccountSettings>,
    /// Industry, time zone and other attributes that the installation stores.
    pub custom_attributes: Option<Attributes>,
    /// The cache keys of labels, inboxes and teams: epoch seconds as text.
    pub cache_keys: Option<Attributes>,
    /// The newest version of Chatwoot that the server knows of; absent in the response to an
    /// update.
    pub latest_chatwoot_version: Option<String>,
    /// Features of a paid plan; absent in the response to an update.
    pub subscribed_features: Option<Vec<Value>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Settings of an account; those never set are `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSettings {
    /// Minutes of inactivity after which a conversation is resolved.
    pub auto_resolve_after: Option<u64>,
    /// The message sent to the customer when a conversation is resolved this way.
    pub auto_resolve_message: Option<String>,
    /// Whether conversations that wait for an agent are exempt.
    pub auto_resolve_ignore_waiting: Option<bool>,
    /// The label added to a conversation resolved this way.
    pub auto_resolve_label: Option<String>,
    /// Whether voice messages are transcribed.
    pub audio_transcriptions: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The changes to make to the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccountPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its language code, such as `en`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub locale: Patch<String>,
    /// The domain that receives its e-mail.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub domain: Patch<String>,
    /// The sender address of its e-mail.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub support_email: Patch<String>,
    /// Minutes of inactivity after which a conversation is resolved: 10 to 1,439,856.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_after: Patch<u64>,
    /// The message sent to the customer when a conversation is resolved this way.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_message: Patch<String>,
    /// Whether conversations that wait for an agent are exempt.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_ignore_waiting: Patch<bool>,
    /// The label added to a conversation resolved this way.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_label: Patch<String>,
    /// Whether voice messages are transcribed.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub audio_transcriptions: Patch<bool>,
    /// The industry it works in.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub industry: Patch<String>,
    /// The size of the company.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub company_size: Patch<String>,
    /// Its time zone, such as `Europe/Amsterdam`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub timezone: Patch<String>,
    /// Its website.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub website: Patch<String>,
}
