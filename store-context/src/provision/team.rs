//! Provisions the store's team and labels.

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::application::teams::{NewTeam, TeamPatch};
use chatwoot_client::{Account, Patch, UserId};

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run, missing};

impl Run<'_> {
    pub(super) async fn team(
        &mut self,
        account: &Account,
        administrator: UserId,
    ) -> Result<(), ProvisionError> {
        const STEP: &str = "team";
        let name = self.provisioner.config.team.to_lowercase();
        let teams = account.teams().list().await.at(STEP)?;
        // By its name first: two teams cannot have the same one.
        let known = teams.iter().find(|team| team.name == name);
        let known =
            known.or_else(|| teams.iter().find(|team| Some(team.id) == self.kept.account.team));
        let (id, outcome) = match known {
            Some(team) if team.name == name => (team.id, StepOutcome::Unchanged),
            Some(team) => {
                let to = TeamPatch { name: Patch::Set(name.clone()), ..TeamPatch::default() };
                account.teams().update(team.id, &to).await.at(STEP)?;
                (team.id, StepOutcome::Changed)
            }
            None => {
                let made = account.teams().create(&NewTeam::new(&name)).await.at(STEP)?;
                (made.id, StepOutcome::Created)
            }
        };
        self.done(format!("team {name}"), outcome);
        if self.kept.account.team != Some(id) {
            self.keep(|kept| kept.account.team = Some(id)).await?;
        }
        let members = account.team_members().list(id).await.at(STEP)?;
        let add = missing(administrator, &members);
        if add {
            account.team_members().add(id, &[administrator]).await.at(STEP)?;
        }
        self.done("team member", StepOutcome::changed_if(add));
        Ok(())
    }

    pub(super) async fn labels(&mut self, account: &Account) -> Result<(), ProvisionError> {
        const STEP: &str = "labels";
        let known = account.labels().list().await.at(STEP)?;
        for title in self.provisioner.config.labels.iter().map(|title| title.to_lowercase()) {
            let outcome = if known.iter().any(|label| label.title == title) {
                StepOutcome::Unchanged
            } else {
                let label = NewLabel { show_on_sidebar: Some(true), ..NewLabel::new(&title) };
                account.labels().create(&label).await.at(STEP)?;
                StepOutcome::Created
            };
            self.done(format!("label {title}"), outcome);
        }
        Ok(())
    }
}
