//! Webhooks: URLs that the account's events are sent to.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::Patch;
use crate::types::Secret;
use crate::types::{AccountId, InboxId, WebhookId};
use crate::types::{Extra, NullAsEmpty, open_enum};

const LIST: Op = Op::get("webhooks.list", "/api/v1/accounts/{account_id}/webhooks")
    .inside(&["payload", "webhooks"]);
const CREATE: Op = Op::post("webhooks.create", "/api/v1/accounts/{account_id}/webhooks")
    .inside(&["payload", "webhook"]);
const UPDATE: Op =
    Op::patch("webhooks.update", "/api/v1/accounts/{account_id}/webhooks/{webhook_id}")
        .inside(&["payload", "webhook"]);
const DELETE: Op =
    Op::delete("webhooks.delete", "/api/v1/accounts/{account_id}/webhooks/{webhook_id}");

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE];

account_handle! {
    /// The webhooks of an account; from [`Account::webhooks`].
    Webhooks
}

impl<'a> Webhooks<'a> {
    /// Returns every webhook, each with its secret.
    ///
    /// `GET /api/v1/accounts/{account_id}/webhooks`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for webhook in account.webhooks().list().await? {
    ///     println!("{} gets {} events", webhook.id, webhook.subscriptions.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Webhook>> {
        self.account.call(LIST)
    }

    /// Creates a webhook and returns it with its secret.
    ///
    /// `POST /api/v1/accounts/{account_id}/webhooks`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` if the token's user is not an administrator. `Conflict` for a URL that a
    /// webhook of this account has: list the webhooks to find it. `Invalid` for a URL that is
    /// neither `http` nor `https`, and without an event, or with one that the server does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::webhooks::{NewWebhook, WebhookSubscription};
    ///
    /// let to = "https://shop.example.com/chatwoot/0c7d1f";
    /// let new = NewWebhook::new(to, [WebhookSubscription::MessageCreated]);
    /// let webhook = account.webhooks().create(&new).await?;
    /// assert!(webhook.secret.is_some(), "a server before 4.11.2 does not sign");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, webhook: &NewWebhook) -> Call<'a, Webhook> {
        self.account.call(CREATE).json(&Body { webhook })
    }

    /// Updates a webhook; fields left as [`Patch::Keep`] keep their value, and the secret never
    /// changes.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/webhooks/{webhook_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such webhook. `Unauthorized` if the token's user is not an
    /// administrator. `Conflict` and `Invalid` as in [`Webhooks::create`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::webhooks::{WebhookPatch, WebhookSubscription};
    ///
    /// let fewer = WebhookPatch {
    ///     subscriptions: vec![WebhookSubscription::MessageCreated].into(),
    ///     ..Default::default()
    /// };
    /// account.webhooks().update(9.into(), &fewer).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: WebhookId, to: &WebhookPatch) -> Call<'a, Webhook> {
        self.account.call(UPDATE).path("webhook_id", id).json(&Body { webhook: to })
    }

    /// Deletes a webhook.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/webhooks/{webhook_id}`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such webhook. `Unauthorized` if the token's user is not an
    /// administrator.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.webhooks().delete(9.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: WebhookId) -> Call<'a, ()> {
        self.account.done(DELETE).path("webhook_id", id)
    }
}

#[derive(Serialize)]
struct Body<'a, T> {
    webhook: &'a T,
}

open_enum! {
    /// An event that a webhook can subscribe to.
    pub enum WebhookSubscription {
        /// A conversation was created.
        ConversationCreated = "conversation_created",
        /// A conversation was opened, resolved, snoozed or set to pending.
        ConversationStatusChanged = "conversation_status_changed",
        /// Another property of a conversation changed.
        ConversationUpdated = "conversation_updated",
        /// A message was created.
        MessageCreated = "message_created",
        /// A message was updated.
        MessageUpdated = "message_updated",
        /// A contact was created.
        ContactCreated = "contact_created",
        /// A contact was updated.
        ContactUpdated = "contact_updated",
        /// A visitor opened the widget.
        WebwidgetTriggered = "webwidget_triggered",
        /// An inbox was created; only if the server sends inbox events.
        InboxCreated = "inbox_created",
        /// An inbox was updated; only if the server sends inbox events.
        InboxUpdated = "inbox_updated",
        /// A user or contact started typing.
        ConversationTypingOn = "conversation_typing_on",
        /// A user or contact stopped typing.
        ConversationTypingOff = "conversation_typing_off",
    }
}

/// A webhook as the server returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The URL that events are sent to; secret, since its path may be a credential.
    pub url: Secret,
    /// The name shown to agents.
    pub name: Option<String>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The events it receives.
    #[serde(default)]
    pub subscriptions: NullAsEmpty<Vec<WebhookSubscription>>,
    /// The secret that signs deliveries; absent before 4.11.2.
    pub secret: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A webhook to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWebhook {
    /// The URL that events are sent to, `http` or `https`.
    pub url: Secret,
    /// The events it receives, at least one.
    pub subscriptions: Vec<WebhookSubscription>,
    /// The name shown to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Limits the webhook to the inbox with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
}

impl NewWebhook {
    /// Creates a webhook that sends these events to `url`.
    pub fn new(
        url: impl Into<Secret>,
        subscriptions: impl IntoIterator<Item = WebhookSubscription>,
    ) -> Self {
        let subscriptions = subscriptions.into_iter().collect();
        Self { url: url.into(), subscriptions, ..Self::default() }
    }
}

/// The changes to make to a webhook.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WebhookPatch {
    /// The URL that events are sent to.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub url: Patch<Secret>,
    /// The name shown to agents.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// The events it receives, at least one, which replace all present ones.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub subscriptions: Patch<Vec<WebhookSubscription>>,
}
