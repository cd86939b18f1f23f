//! The webhooks and panels that a store has in Chatwoot.

use chatwoot_client::application::dashboard_apps::DashboardApp;
use chatwoot_client::application::webhooks::Webhook;
use url::Url;

use super::{AtStep, LifecycleError};
use crate::accounts::OpenAccount;
use crate::ports::{Address, AddressToken, StoreCredentials};

/// Returns the tokens of a kind of address that Chatwoot may have.
pub(super) fn tokens(
    credentials: &StoreCredentials,
    address: Address,
) -> impl Iterator<Item = &AddressToken> {
    let (present, previous) = match address {
        Address::Webhook => (&credentials.webhook_address, &credentials.previous_webhook_address),
        Address::Panel => (&credentials.panel_address, &credentials.previous_panel_address),
    };
    present.iter().chain(previous.as_ref().map(|previous| &previous.value))
}

/// What a store has in Chatwoot.
pub(super) struct InChatwoot {
    /// The webhooks of the account.
    pub(super) webhooks: Vec<Webhook>,
    /// The dashboard apps of the account.
    pub(super) apps: Vec<DashboardApp>,
}

impl InChatwoot {
    /// Reads what the store has.
    pub(super) async fn read(open: &OpenAccount) -> Result<Self, LifecycleError> {
        Ok(Self {
            webhooks: open.account.webhooks().list().await.at("webhook")?,
            apps: open.account.dashboard_apps().list().await.at("panel")?,
        })
    }

    /// Returns the store's webhook, by its id or by its URL.
    pub(super) fn webhook(&self, open: &OpenAccount) -> Option<&Webhook> {
        let known = open.record.account.webhook;
        let by_id = self.webhooks.iter().find(|it| Some(it.id) == known);
        by_id.or_else(|| self.webhooks.iter().find(|it| webhook_at(open, it).is_some()))
    }

    /// Returns the store's panel, by its id or by its URL.
    pub(super) fn panel(&self, open: &OpenAccount) -> Option<&DashboardApp> {
        let known = open.record.account.dashboard_app;
        let by_id = self.apps.iter().find(|it| Some(it.id) == known);
        by_id.or_else(|| self.apps.iter().find(|it| panel_at(open, it).is_some()))
    }
}

/// Returns the public URL of a webhook of the store; `None` if its URL is not the store's.
pub(super) fn webhook_at(open: &OpenAccount, webhook: &Webhook) -> Option<Url> {
    let tokens = tokens(&open.record.credentials, Address::Webhook);
    Address::Webhook.public_url(webhook.url.expose(), tokens)
}

/// Returns the public URL of a panel of the store; `None` if its URL is not the store's.
pub(super) fn panel_at(open: &OpenAccount, app: &DashboardApp) -> Option<Url> {
    let [content] = app.content.as_slice() else { return None };
    let tokens = tokens(&open.record.credentials, Address::Panel);
    Address::Panel.public_url(content.url.expose(), tokens)
}
