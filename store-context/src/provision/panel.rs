//! Provisions the panel beside each conversation: a dashboard app and its URL.

use std::time::Duration;

use chatwoot_client::application::dashboard_apps::{
    DashboardApp, DashboardAppContent, DashboardAppPatch, NewDashboardApp,
};
use chatwoot_client::types::DashboardAppId;
use chatwoot_client::{Account, AccountId, Patch};
use jiff::Timestamp;

use super::orphans::Orphan;
use super::plan::{FieldChange, PlanAction, Planned, ResourceKind};
use super::{AtStep, ProvisionError, Provisioner, Run, random_address, read};
use crate::model::Store;
use crate::ports::{Address, AddressToken, AuditAction, AuditSubject, Expiring, StoreCredentials};
use crate::store_lock::PATIENCE;

const STEP: &str = "panel";

const WHAT: &str = "dashboard app";

pub(super) struct PlannedPanel {
    app: Planned<DashboardApp, NewDashboardApp, DashboardAppPatch>,
    /// Whether Chatwoot has another URL, or none.
    is_new: bool,
}

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
        let work = Box::pin(async {
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
        });
        self.locked(&store.id, patience, work).await?;
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

    pub(super) async fn plan_panel(
        &mut self,
        account: Option<&Account>,
    ) -> Result<Option<PlannedPanel>, ProvisionError> {
        let is_chosen = self.provisioner.config.steps.panel;
        if !is_chosen && self.kept.account.dashboard_app.is_none() {
            return Ok(None);
        }
        let known = read(account.map(|account| account.dashboard_apps().list()), STEP).await?;
        let remembered = self.kept.account.dashboard_app;
        let (url, _) = self.panel_url()?;
        let used = is_chosen.then(|| find(&known, remembered, &url)).flatten();
        for app in known.iter().filter(|app| used.map(|used| used.id) != Some(app.id)) {
            let own = match app.content.as_slice() {
                [content] => self.is_own(Address::Panel, content.url.expose()).await?,
                _ => false,
            };
            if own || Some(app.id) == remembered {
                let what = format!("dashboard app {}", app.id);
                self.orphan(what, Orphan::DashboardApp(app.id));
            }
        }
        if is_chosen { self.plan_app(&known).map(Some) } else { Ok(None) }
    }

    fn plan_app(&mut self, known: &[DashboardApp]) -> Result<PlannedPanel, ProvisionError> {
        let (url, title) = self.panel_url()?;
        let Some(is) = find(known, self.kept.account.dashboard_app, &url) else {
            self.entry(ResourceKind::DashboardApp, WHAT, PlanAction::Create);
            let app = Planned::Create(NewDashboardApp::frame(title, url));
            return Ok(PlannedPanel { app, is_new: true });
        };
        let is_new = !shows(is, &url);
        let mut changes = Vec::new();
        if is_new {
            let from = is.content.first().map(|content| content.url.expose());
            changes.push(FieldChange::address("url", from, &url));
        }
        if is.title != title {
            changes.push(FieldChange::new("title", Some(&is.title), Some(&title)));
        }
        let action = PlanAction::of(changes);
        let app = if action == PlanAction::Unchanged {
            Planned::Keep(is.clone())
        } else {
            let to = DashboardAppPatch {
                title: Patch::Set(title),
                content: Patch::Set(vec![DashboardAppContent::frame(url)]),
            };
            Planned::Change(is.clone(), to)
        };
        self.entry(ResourceKind::DashboardApp, WHAT, action);
        Ok(PlannedPanel { app, is_new })
    }

    pub(super) async fn apply_panel(
        &mut self,
        account: &Account,
        planned: PlannedPanel,
    ) -> Result<(), ProvisionError> {
        let now = self.provisioner.ports.clock.now();
        let PlannedPanel { app, is_new } = planned;
        let id = match app {
            Planned::Create(new) => account.dashboard_apps().create(&new).await.at(STEP)?.id,
            Planned::Change(is, to) => {
                account.dashboard_apps().update(is.id, &to).await.at(STEP)?;
                is.id
            }
            Planned::Keep(is) => is.id,
            Planned::Conflict => return Ok(()),
        };
        self.keep(|kept| {
            kept.account.dashboard_app = Some(id);
            if is_new {
                kept.credentials.panel_address_since.get_or_insert(now);
            }
        })
        .await
    }

    /// Updates the dashboard app in Chatwoot to the panel's URL.
    pub(super) async fn panel(&mut self, account: &Account) -> Result<(), ProvisionError> {
        let known = account.dashboard_apps().list().await.at(STEP)?;
        let planned = self.plan_app(&known)?;
        self.apply_panel(account, planned).await
    }
}

/// Returns the saved app, or one that shows the panel and whose id could not be saved.
fn find<'a>(
    known: &'a [DashboardApp],
    remembered: Option<DashboardAppId>,
    url: &str,
) -> Option<&'a DashboardApp> {
    let by_id = known.iter().find(|app| Some(app.id) == remembered);
    by_id.or_else(|| known.iter().find(|app| shows(app, url)))
}

fn shows(app: &DashboardApp, url: &str) -> bool {
    matches!(app.content.as_slice(), [content] if content.url == url)
}
