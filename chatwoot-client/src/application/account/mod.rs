//! Account: the account itself, its name, language and settings.

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

/// The account itself; from [`Account::details`].
#[derive(Clone, Copy, Debug)]
pub struct AccountDetails<'a> {
    account: &'a Account,
}

impl<'a> AccountDetails<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

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

    /// Updates the account; what is left as [`Patch::Keep`] stays.
    ///
    /// `PATCH /api/v1/accounts/{account_id}`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `Invalid` for `auto_resolve_after` out of its range, an empty
    /// name, a domain of more than 100 characters or a `support_email` that is no address; `Server`
    /// for a language that Chatwoot does not have.
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

    /// Returns when labels, inboxes and teams last changed: read them again when their key differs.
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

/// When settings of an account last changed: epoch seconds in a text, zeros for "not lately".
/// Compare them for equality only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheKeys {
    /// Labels.
    pub label: Option<String>,
    /// Inboxes.
    pub inbox: Option<String>,
    /// Teams.
    pub team: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An account as its own users see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountInfo {
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
    /// Since when it is there.
    pub created_at: Option<Time>,
    /// Features that are on, by name.
    #[serde(default)]
    pub features: NullAsEmpty<OpenMap<String, bool>>,
    /// How it resolves conversations by itself, and more.
    pub settings: Option<AccountSettings>,
    /// Industry, time zone and what the installation notes of it.
    pub custom_attributes: Option<Attributes>,
    /// When labels, inboxes and teams last changed, as epoch seconds in a text.
    pub cache_keys: Option<Attributes>,
    /// The newest version that the server knows of; not after an update.
    pub latest_chatwoot_version: Option<String>,
    /// Features of a paid plan; not after an update.
    pub subscribed_features: Option<Vec<Value>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Settings of an account; those never set are `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSettings {
    /// Minutes of silence after which a conversation is resolved.
    pub auto_resolve_after: Option<u64>,
    /// What the customer is told then.
    pub auto_resolve_message: Option<String>,
    /// Whether conversations that wait for an agent are left alone.
    pub auto_resolve_ignore_waiting: Option<bool>,
    /// The label that such a conversation gets.
    pub auto_resolve_label: Option<String>,
    /// Whether voice messages are written down.
    pub audio_transcriptions: Option<bool>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What to change of the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AccountPatch {
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
    /// Minutes of silence after which a conversation is resolved: 10 to 1,439,856.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_after: Patch<u64>,
    /// What the customer is told then.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_message: Patch<String>,
    /// Whether conversations that wait for an agent are left alone.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_ignore_waiting: Patch<bool>,
    /// The label that such a conversation gets.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub auto_resolve_label: Patch<String>,
    /// Whether voice messages are written down.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub audio_transcriptions: Patch<bool>,
    /// What it sells.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub industry: Patch<String>,
    /// How many people it has.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub company_size: Patch<String>,
    /// Its time zone, such as `Europe/Amsterdam`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub timezone: Patch<String>,
    /// Its website.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub website: Patch<String>,
}
