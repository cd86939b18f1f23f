//! Provisions the panel beside each conversation: a dashboard app and its URL.

use std::time::Duration;

use chatwoot_client::application::dashboard_apps::{
    DashboardApp, DashboardAppContent, DashboardAppPatch, NewDashboardApp,
};
use chatwoot_client::{Account, AccountId, Patch};
use jiff::Timestamp;

use super::lock::PATIENCE;
use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Provisioner, Run, random_address};
use crate::model::Store;
use crate::ports::{Address, AddressToken, AuditAction, AuditSubject, Expiring, StoreCredentials};

const STEP: &str = "panel";

impl Provisioner {
    /// Gives a store's panel a new URL. The previous one is accepted for the overlap, because open
    /// pages of agents use it until they are reloaded. URLs before that one are no longer accepted.
    /// Call this when an agent left who may have read the URL, with as short an overlap as the
    /// other agents can accept.
    ///
    /// The new URL is saved before Chatwoot is updated: after an interruption the panel continues
    /// at the URL that Chatwoot has, and the next call (or provisioning) updates it.
    ///
    /// It holds the store's lock meanwhile, and waits for it as [`Provisioner::provision`] does.
    ///
    /// # Errors
    /// Returns `NotProvisioned` for a store without a panel, or an error if Chatwoot or a port
    /// failed or the store is busy.
    ///
    /// ```
    /// # use store_context::{model::Store, provision::{ProvisionError, Provisioner}};
    /// use std::time::Duration;
    ///
    /// # async fn example(provisioner: Provisioner, store: Store) -> Result<(), ProvisionError> {
    /// provisioner.rotate_panel_address(&store, Duration::from_mins(10)).await
    /// # }
    /// ```
    pub async fn rotate_panel_address(
        &self,
        store: &Store,
        overlap: Duration,
    ) -> Result<(), ProvisionError> {
        self.rotate_panel(store, overlap, PATIENCE).await
    }

    pub(super) async fn rotate_panel(
        &self,
        store: &Store,
        overlap: Duration,
        patience: Duration,
    ) -> Result<(), ProvisionError> {
        // Do not wait for the lock of a store that has no panel.
        self.start(store).await?.account_with_panel()?;
        self.locked(&store.id, patience, async {
            let mut run = self.start(store).await?;
            let account = run.handle(run.account_with_panel()?)?;
            let (url, _) = run.panel_url()?;
            let known = account.dashboard_apps().list().await.at(STEP)?;
            let is_shown = known.iter().any(|app| shows(app, &url));
            let until = self.ports.clock.now().checked_add(overlap).unwrap_or(Timestamp::MAX);
            let next = random_address()?;
            run.keep(|kept| replace_address(&mut kept.credentials, &next, is_shown, until)).await?;
            let secret = AuditSubject::Secret("panel_address".to_owned());
            self.audit(&store.id, AuditAction::Rotate, secret).await?;
            run.panel(&account).await
        })
        .await?;
        tracing::info!(store = %store.id, "the panel has a new address");
        Ok(())
    }
}

/// Saves a new URL token; the previous one is accepted until `until`.
fn replace_address(
    kept: &mut StoreCredentials,
    next: &AddressToken,
    is_shown: bool,
    until: Timestamp,
) {
    let told = kept.panel_address_since.is_some() || is_shown;
    match &mut kept.previous_panel_address {
        // A rotation was interrupted: Chatwoot has the previous URL, and the new one was never
        // used.
        Some(previous) if !told => previous.until = until,
        _ => {
            let before = kept.panel_address.replace(next.clone());
            kept.previous_panel_address = before.map(|value| Expiring { value, until });
        }
    }
    kept.panel_address_since = None;
}

impl Run<'_> {
    fn account_with_panel(&self) -> Result<AccountId, ProvisionError> {
        let known = &self.kept.account;
        let account = known.account.filter(|_| known.dashboard_app.is_some());
        account.ok_or_else(|| ProvisionError::NotProvisioned(self.store.id.clone()))
    }

    /// Returns the panel's URL and title.
    fn panel_url(&self) -> Result<(String, String), ProvisionError> {
        let config = &self.provisioner.config;
        let address = self.kept.credentials.panel_address.as_ref();
        let address = address.ok_or(ProvisionError::Lacking { step: STEP, what: "address" })?;
        Ok((config.url(Address::Panel, address), config.panel_title.clone()))
    }

    /// Updates the dashboard app in Chatwoot to the panel's URL.
    pub(super) async fn panel(&mut self, account: &Account) -> Result<(), ProvisionError> {
        let (url, title) = self.panel_url()?;
        let known = account.dashboard_apps().list().await.at(STEP)?;
        let is = known.iter().find(|app| Some(app.id) == self.kept.account.dashboard_app);
        let is = is.or_else(|| known.iter().find(|app| shows(app, &url)));
        let now = self.provisioner.ports.clock.now();
        let is_new = !is.is_some_and(|app| shows(app, &url));
        let (app, outcome) = match is {
            None => {
                let wanted = NewDashboardApp::frame(title, url);
                (account.dashboard_apps().create(&wanted).await.at(STEP)?, StepOutcome::Created)
            }
            Some(is) if is.title == title && shows(is, &url) => {
                (is.clone(), StepOutcome::Unchanged)
            }
            Some(is) => {
                let to = DashboardAppPatch {
                    title: Patch::Set(title),
                    content: Patch::Set(vec![DashboardAppContent::frame(url)]),
                };
                (account.dashboard_apps().update(is.id, &to).await.at(STEP)?, StepOutcome::Changed)
            }
        };
        self.keep(|kept| {
            kept.account.dashboard_app = Some(app.id);
            if is_new {
                kept.credentials.panel_address_since.get_or_insert(now);
            }
        })
        .await?;
        self.done("dashboard app", outcome);
        Ok(())
    }
}

fn shows(app: &DashboardApp, url: &str) -> bool {
    matches!(app.content.as_slice(), [content] if content.url == url)
}
