//! Users of the account: agents and teams.

use anyhow::{Context, ensure};
use chatwoot_client::UserId;
use chatwoot_client::application::agents::{Agent, AgentPatch, NewAgent};
use chatwoot_client::application::teams::{NewTeam, TeamPatch};
use chatwoot_client::types::Role;

use super::session::{Cut, Session};
use super::stage::Stage;

/// Checks that the list contains these users, and no others.
pub(super) fn only(list: &[Agent], users: &[UserId]) -> anyhow::Result<()> {
    let mut ids: Vec<UserId> = list.iter().map(|agent| agent.id).collect();
    ids.sort_unstable();
    let mut wanted = users.to_vec();
    wanted.sort_unstable();
    ensure!(ids == wanted, "they are {ids:?}, not {wanted:?}");
    Ok(())
}

pub(super) async fn agents(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let agents = stage.account.agents();
    let new = NewAgent::new("Barbara", session.email("barbara"));
    let barbara = session.done(agents.create(&new)).await?.id;
    let change = AgentPatch { role: Role::Administrator.into(), ..AgentPatch::default() };
    session.done(agents.update(barbara, &change)).await?;
    session.done(agents.bulk_create(&[session.email("bulk")])).await?;
    let list = session.step(agents.list(), |list| {
        let is = list.iter().find(|one| one.id == barbara).context("the new one is not listed")?;
        ensure!(is.role == Some(Role::Administrator));
        ensure!(list.iter().any(|one| one.id == stage.agent), "the agent is not listed");
        Ok(())
    });
    let list = list.await?;
    let assignable = session.step(agents.assignable(&[stage.inbox.id]), |list| {
        must!(list.iter().any(|one| one.id == stage.admin), "the administrator is missing")
    });
    // Not `?`: the rest does not depend on it.
    drop(assignable.await);
    let bulk = list.iter().find(|one| one.email == Some(session.email("bulk")));
    for id in bulk.map(|one| one.id).into_iter().chain([barbara]) {
        session.done(agents.delete(id)).await?;
    }
    let gone = session.step(agents.list(), |list| {
        ensure!(bulk.is_some(), "the one made in bulk was not listed");
        must!(list.iter().all(|one| one.id != barbara), "still listed")
    });
    gone.await?;
    Ok(())
}

pub(super) async fn teams(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let teams = stage.account.teams();
    let team = session.done(teams.create(&NewTeam::new(session.name("returns")))).await?.id;
    let change = TeamPatch { description: "Goods back".into(), ..TeamPatch::default() };
    session.done(teams.update(team, &change)).await?;
    let read = session.step(teams.get(team), |is| {
        ensure!(is.name == session.name("returns"), "what was not named has changed");
        ensure!(is.description.as_deref() == Some("Goods back"));
        Ok(())
    });
    read.await?;
    let listed = session.step(teams.list(), |list| {
        must!(list.iter().any(|one| one.id == team), "the team is not listed")
    });
    listed.await?;

    let members = stage.account.team_members();
    session.done(members.add(team, &[stage.agent])).await?;
    session.step(members.list(team), |list| only(list, &[stage.agent])).await?;
    session.done(members.add(team, &[stage.admin])).await?;
    session.step(members.list(team), |list| only(list, &[stage.agent, stage.admin])).await?;
    session.done(members.replace(team, &[stage.admin])).await?;
    session.step(members.list(team), |list| only(list, &[stage.admin])).await?;
    session.done(members.remove(team, &[stage.admin])).await?;
    session.step(members.list(team), |list| only(list, &[])).await?;

    session.done(teams.delete(team)).await?;
    session.step(teams.list(), |list| must!(list.iter().all(|one| one.id != team))).await?;
    Ok(())
}
