//! Integrations: connections of an account to other services, through hooks.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{AccountId, InboxId, IntegrationHookId};
use crate::types::{Attributes, Extra, NullAsEmpty, open_enum};

const APPS: Op = Op::get("integrations.apps", "/api/v1/accounts/{account_id}/integrations/apps")
    .inside(&["payload"]);
const CREATE_HOOK: Op =
    Op::post("integrations.create_hook", "/api/v1/accounts/{account_id}/integrations/hooks");
const UPDATE_HOOK: Op = Op::patch(
    "integrations.update_hook",
    "/api/v1/accounts/{account_id}/integrations/hooks/{hook_id}",
);
const DELETE_HOOK: Op = Op::delete(
    "integrations.delete_hook",
    "/api/v1/accounts/{account_id}/integrations/hooks/{hook_id}",
);

pub(crate) const OPERATIONS: &[Op] = &[APPS, CREATE_HOOK, UPDATE_HOOK, DELETE_HOOK];

account_handle! {
    /// The integrations of an account; from [`Account::integrations`].
    Integrations
}

impl<'a> Integrations<'a> {
    /// Returns the apps that the account can be connected to, each with its hooks.
    ///
    /// `GET /api/v1/accounts/{account_id}/integrations/apps`. Agents and administrators; only an
    /// administrator sees settings.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for app in account.integrations().apps().await? {
    ///     println!("{} has {} hooks", app.id, app.hooks.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn apps(self) -> Call<'a, Vec<IntegrationApp>> {
        self.account.call(APPS)
    }

    /// Connects the account, or one of its inboxes, to an app.
    ///
    /// `POST /api/v1/accounts/{account_id}/integrations/hooks`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator. `Invalid` for settings that do
    /// not fit the app's schema, for an app whose feature the account does not have, without an
    /// inbox for an app that requires one, and for a key that `OpenAI` refuses. `Conflict` for a
    /// second hook of an app that allows one.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::integrations::{HookSettings, NewIntegrationHook};
    ///
    /// let mut settings = HookSettings::default();
    /// settings.0.insert("api_key".into(), "k3y".into());
    /// assert!(!format!("{settings:?}").contains("k3y"));
    /// let hook = NewIntegrationHook { settings, ..NewIntegrationHook::new("openai") };
    /// account.integrations().create_hook(&hook).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_hook(self, hook: &NewIntegrationHook) -> Call<'a, IntegrationHook> {
        self.account.call(CREATE_HOOK).json(&Body { hook })
    }

    /// Updates a hook; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/integrations/hooks/{hook_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such hook; `Unauthorized` if the token's user is not an
    /// administrator. `Invalid` for settings that do not fit the app's schema.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::integrations::{HookStatus, IntegrationHookPatch};
    ///
    /// let status = HookStatus::Disabled.into();
    /// let off = IntegrationHookPatch { status, ..Default::default() };
    /// account.integrations().update_hook(4.into(), &off).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update_hook(
        self,
        id: IntegrationHookId,
        to: &IntegrationHookPatch,
    ) -> Call<'a, IntegrationHook> {
        self.account.call(UPDATE_HOOK).path("hook_id", id).json(&Body { hook: to })
    }

    /// Deletes a hook.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/integrations/hooks/{hook_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such hook; `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.integrations().delete_hook(4.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_hook(self, id: IntegrationHookId) -> Call<'a, ()> {
        self.account.done(DELETE_HOOK).path("hook_id", id)
    }
}

#[derive(Serialize)]
struct Body<'a, T> {
    hook: &'a T,
}

open_enum! {
    /// Whether a hook is enabled.
    pub enum HookStatus {
        /// Enabled.
        Enabled = "enabled",
        /// Disabled.
        Disabled = "disabled",
    }
}

/// An app that an account can be connected to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IntegrationApp {
    /// Its id, as used in hooks, such as `dialogflow`.
    pub id: String,
    /// Its display name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its short description.
    pub short_description: Option<String>,
    /// Whether the account is connected to it.
    pub enabled: Option<bool>,
    /// Whether its hooks belong to the `account` or to an `inbox`.
    pub hook_type: Option<String>,
    /// Whether it allows several hooks.
    pub allow_multiple_hooks: Option<bool>,
    /// The URL at which the dashboard connects it; it may contain a signed state.
    pub action: Option<Secret>,
    /// The same as `action`.
    pub button: Option<String>,
    /// Its key in the translations.
    pub i18n_key: Option<String>,
    /// The file name of its logo.
    pub logo: Option<String>,
    /// The schema of the form for its settings.
    pub settings_form_schema: Option<Value>,
    /// The JSON schema of its settings.
    pub settings_json_schema: Option<Value>,
    /// The settings that responses include.
    pub visible_properties: Option<Vec<String>>,
    /// Its hooks in this account.
    #[serde(default)]
    pub hooks: NullAsEmpty<Vec<IntegrationHook>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A hook: a connection to an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IntegrationHook {
    /// Its id.
    pub id: IntegrationHookId,
    /// The id of the app.
    pub app_id: String,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Whether it is enabled.
    pub status: Option<bool>,
    /// Whether it belongs to the `account` or to an `inbox`.
    pub hook_type: Option<String>,
    /// Its inbox.
    pub inbox: Option<HookInbox>,
    /// Its settings: those that the server shows, or all of them, including keys, on 4.9.1.
    pub settings: Option<HookSettings>,
    /// Its id in the other service.
    pub reference_id: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The inbox of a hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HookInbox {
    /// Its id.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A hook's settings. They may contain keys, so `Debug` shows none of them.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HookSettings(pub Attributes);

impl fmt::Debug for HookSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSettings(***)")
    }
}

/// A hook to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewIntegrationHook {
    /// The id of the app, such as `dialogflow`; Chatwoot's published API calls it a number.
    pub app_id: String,
    /// The id of its inbox, if the app requires one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Whether it is enabled; the server's default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<HookStatus>,
    /// The settings that the app's schema requires.
    pub settings: HookSettings,
}

impl NewIntegrationHook {
    /// Creates a hook of this app, without settings.
    pub fn new(app: impl Into<String>) -> Self {
        Self { app_id: app.into(), ..Self::default() }
    }
}

/// The changes to make to a hook.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IntegrationHookPatch {
    /// Whether it is enabled.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub status: Patch<HookStatus>,
    /// Its settings, which replace all present ones.
    #[serde(rename = "settings", skip_serializing_if = "Patch::is_keep")]
    pub replace_settings: Patch<HookSettings>,
}
