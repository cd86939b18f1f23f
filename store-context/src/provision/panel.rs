//! The panel beside each conversation: a dashboard app.

use chatwoot_client::{
    Account, DashboardApp, DashboardAppContent, DashboardAppPatch, NewDashboardApp, Patch,
};

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run};
use crate::ports::Address;

const STEP: &str = "panel";

impl Run<'_> {
    pub(super) async fn panel(&mut self, account: &Account) -> Result<(), ProvisionError> {
        let config = &self.provisioner.config;
        let address = self.credentials.panel_address.as_ref();
        let address = address.ok_or(ProvisionError::Lacking { step: STEP, what: "address" })?;
        let url = config.url(Address::Panel, address);
        let title = &config.panel_title;
        let known = account.dashboard_apps().list().await.at(STEP)?;
        let is = known.iter().find(|app| Some(app.id) == self.desk.dashboard_app);
        let is = is.or_else(|| known.iter().find(|app| shows(app, &url)));
        let (app, outcome) = match is {
            None => {
                let wanted = NewDashboardApp::frame(title, url);
                (account.dashboard_apps().create(&wanted).await.at(STEP)?, StepOutcome::Created)
            }
            Some(is) if is.title == *title && shows(is, &url) => {
                (is.clone(), StepOutcome::Unchanged)
            }
            Some(is) => {
                let to = DashboardAppPatch {
                    title: Patch::Set(title.clone()),
                    content: Patch::Set(vec![DashboardAppContent::frame(url)]),
                };
                (account.dashboard_apps().update(is.id, &to).await.at(STEP)?, StepOutcome::Changed)
            }
        };
        self.desk.dashboard_app = Some(app.id);
        self.keep().await?;
        self.done("dashboard app", outcome);
        Ok(())
    }
}

fn shows(app: &DashboardApp, url: &str) -> bool {
    matches!(app.content.as_slice(), [content] if content.url == url)
}
