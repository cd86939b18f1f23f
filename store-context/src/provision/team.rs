//! Provisions the store's team and labels.

use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::application::teams::{NewTeam, Team, TeamPatch};
use chatwoot_client::{Account, Patch, UserId};

use super::orphans::Orphan;
use super::plan::{FieldChange, PlanAction, Planned, ResourceKind};
use super::{AtStep, ProvisionError, Run, member, missing, read};

const TEAM: &str = "team";
const LABELS: &str = "labels";

pub(super) struct PlannedTeam {
    team: Planned<Team, NewTeam, TeamPatch>,
    /// Whether the team existed before, in an account of the store's own.
    is_adopted: bool,
    adds_member: bool,
}

impl Run<'_> {
    pub(super) async fn plan_team(
        &mut self,
        account: Option<&Account>,
        administrator: Option<UserId>,
    ) -> Result<Option<PlannedTeam>, ProvisionError> {
        let remembered = self.kept.account.team;
        let steps = &self.provisioner.config.steps;
        if !steps.team && remembered.is_none() {
            return Ok(None);
        }
        let teams = read(account.map(|account| account.teams().list()), TEAM).await?;
        let by_id = teams.iter().find(|team| Some(team.id) == remembered);
        let was_adopted = self.kept.account.adopted.team;
        if !steps.team {
            if let Some(team) = by_id.filter(|_| !was_adopted) {
                self.orphan(format!("team {}", team.name), Orphan::Team(team.id));
            }
            return Ok(None);
        }
        let name = self.provisioner.config.team.to_lowercase();
        // By its name first: two teams cannot have the same one.
        let by_name = teams.iter().find(|team| team.name == name);
        let is_adopted = self.kept.account.adopted.account
            && by_name.or(by_id).is_some_and(|team| was_adopted || Some(team.id) != remembered);
        let (team, action) = match by_name.or(by_id) {
            None => (Planned::Create(NewTeam::new(&name)), PlanAction::Create),
            Some(team) if team.name == name => (Planned::Keep(team.clone()), PlanAction::Unchanged),
            Some(team) => {
                let change = FieldChange::new("name", Some(&team.name), Some(&name));
                let to = TeamPatch { name: Patch::Set(name.clone()), ..TeamPatch::default() };
                (Planned::Change(team.clone(), to), PlanAction::Change(vec![change]))
            }
        };
        self.entry(ResourceKind::Team, format!("team {name}"), action);
        let mut adds_member = false;
        if steps.members {
            let members = match (account, &team) {
                (Some(account), Planned::Keep(team) | Planned::Change(team, _)) => {
                    account.team_members().list(team.id).await.at(TEAM)?
                }
                _ => Vec::new(),
            };
            adds_member = administrator.is_none_or(|user| missing(user, &members));
            self.entry(ResourceKind::TeamMember, "team member", member(adds_member));
        }
        Ok(Some(PlannedTeam { team, is_adopted, adds_member }))
    }

    pub(super) async fn apply_team(
        &mut self,
        account: &Account,
        administrator: UserId,
        planned: PlannedTeam,
    ) -> Result<(), ProvisionError> {
        let PlannedTeam { team, is_adopted, adds_member } = planned;
        let id = match team {
            Planned::Create(new) => account.teams().create(&new).await.at(TEAM)?.id,
            Planned::Change(team, to) => {
                account.teams().update(team.id, &to).await.at(TEAM)?;
                team.id
            }
            Planned::Keep(team) => team.id,
            Planned::Conflict => return Ok(()),
        };
        let known = &self.kept.account;
        if known.team != Some(id) || known.adopted.team != is_adopted {
            self.keep(|kept| {
                kept.account.team = Some(id);
                kept.account.adopted.team = is_adopted;
            })
            .await?;
        }
        if adds_member {
            account.team_members().add(id, &[administrator]).await.at(TEAM)?;
        }
        Ok(())
    }

    /// Returns the labels to create.
    pub(super) async fn plan_labels(
        &mut self,
        account: Option<&Account>,
    ) -> Result<Vec<NewLabel>, ProvisionError> {
        if !self.provisioner.config.steps.labels {
            return Ok(Vec::new());
        }
        let known = read(account.map(|account| account.labels().list()), LABELS).await?;
        let mut lacking: Vec<NewLabel> = Vec::new();
        let provisioner = self.provisioner;
        for title in provisioner.config.labels.iter().map(|title| title.to_lowercase()) {
            let exists = known.iter().any(|label| label.title == title)
                || lacking.iter().any(|label| label.title == title);
            let action = if exists { PlanAction::Unchanged } else { PlanAction::Create };
            self.entry(ResourceKind::Label, format!("label {title}"), action);
            if !exists {
                lacking.push(NewLabel { show_on_sidebar: Some(true), ..NewLabel::new(&title) });
            }
        }
        Ok(lacking)
    }

    pub(super) async fn apply_labels(
        &self,
        account: &Account,
        lacking: Vec<NewLabel>,
    ) -> Result<(), ProvisionError> {
        for label in &lacking {
            account.labels().create(label).await.at(LABELS)?;
        }
        Ok(())
    }
}
