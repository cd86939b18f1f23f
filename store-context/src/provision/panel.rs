//! The panel beside each conversation: a dashboard app, and the address that it shows.

use std::time::Duration;

use chatwoot_client::application::dashboard_apps::{
    DashboardApp, DashboardAppContent, DashboardAppPatch, NewDashboardApp,
};
use chatwoot_client::{Account, Patch};
use jiff::Timestamp;

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Provisioner, Run};
use crate::model::Store;
use crate::ports::{Address, AddressToken, Expiring};

const STEP: &str = "panel";

impl Provisioner {
    /// Gives a store's panel a new address. The one before is taken for the overlap: agents' pages
    /// that are open keep it until they are loaded again. An address before that one is not taken
    /// any more. Call it when an agent left who may have read the address, with as short an overlap
    /// as the others can bear.
    ///
    /// The new address is kept before Chatwoot is told: cut short, the panel goes on at the address
    /// that Chatwoot shows, and the next call (or provisioning) tells it the new one.
    ///
    /// One at a time per store, and not beside its provisioning.
    ///
    /// # Errors
    /// `NotProvisioned` for a store without a panel; Chatwoot or a port failed.
    ///
    /// ```
    /// # use store_context::{Timestamp, model::Store, provision::{ProvisionError, Provisioner}};
    /// use std::time::Duration;
    ///
    /// # async fn example(provisioner: Provisioner, store: Store) -> Result<(), ProvisionError> {
    /// let overlap = Duration::from_mins(10);
    /// provisioner.rotate_panel_address(&store, overlap, Timestamp::now()).await
    /// # }
    /// ```
    pub async fn rotate_panel_address(
        &self,
        store: &Store,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<(), ProvisionError> {
        let mut run = self.start(store).await?;
        let (Some(account), Some(_)) = (run.store_account.account, run.store_account.dashboard_app)
        else {
            return Err(ProvisionError::NotProvisioned(store.id.clone()));
        };
        let account = run.handle(account)?;
        let (url, _) = run.panel_url()?;
        let known = account.dashboard_apps().list().await.at(STEP)?;
        let until = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
        let held = &mut run.credentials;
        let told = held.panel_address_since.is_some() || known.iter().any(|app| shows(app, &url));
        match &mut held.previous_panel_address {
            // A rotation was cut short: Chatwoot shows the address before, and nobody saw the new one.
            Some(previous) if !told => previous.until = until,
            _ => {
                let before = held.panel_address.replace(AddressToken::random()?);
                held.previous_panel_address = before.map(|value| Expiring { value, until });
            }
        }
        held.panel_address_since = None;
        run.keep().await?;
        run.panel(&account, now).await?;
        tracing::info!(store = %store.id, "the panel has a new address");
        Ok(())
    }
}

impl Run<'_> {
    /// The whole of the panel's address, and the panel's title.
    fn panel_url(&self) -> Result<(String, String), ProvisionError> {
        let config = &self.provisioner.config;
        let address = self.credentials.panel_address.as_ref();
        let address = address.ok_or(ProvisionError::Lacking { step: STEP, what: "address" })?;
        Ok((config.url(Address::Panel, address), config.panel_title.clone()))
    }

    /// Has Chatwoot show the panel at its address.
    pub(super) async fn panel(
        &mut self,
        account: &Account,
        now: Timestamp,
    ) -> Result<(), ProvisionError> {
        let (url, title) = self.panel_url()?;
        let known = account.dashboard_apps().list().await.at(STEP)?;
        let is = known.iter().find(|app| Some(app.id) == self.store_account.dashboard_app);
        let is = is.or_else(|| known.iter().find(|app| shows(app, &url)));
        if !is.is_some_and(|app| shows(app, &url)) {
            self.credentials.panel_address_since.get_or_insert(now);
        }
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
        self.store_account.dashboard_app = Some(app.id);
        self.keep().await?;
        self.done("dashboard app", outcome);
        Ok(())
    }
}

fn shows(app: &DashboardApp, url: &str) -> bool {
    matches!(app.content.as_slice(), [content] if content.url == url)
}
