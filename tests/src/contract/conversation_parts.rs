//! Parts of a conversation: labels, who it belongs to, who takes part.

use chatwoot_client::NewTeam;

use super::desk::{Cut, Desk};
use super::people::only;
use super::stage::Stage;

pub(super) async fn labels(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (labels, talk) = (stage.account.conversation_labels(), stage.conversation.id);
    desk.done(labels.replace(talk, &["first", "second"])).await?;
    desk.done(labels.replace(talk, &["second"])).await?;
    let read = desk.step(labels.list(talk), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn assignments(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (assignments, talk) = (stage.account.assignments(), stage.conversation.id);
    let talks = stage.account.conversations();
    desk.step(assignments.assign_agent(talk, stage.agent), |is| {
        must!(is.as_ref().map(|agent| agent.id) == Some(stage.agent))
    })
    .await?;
    desk.step(talks.get(talk), |is| {
        must!(is.agent().map(|agent| agent.id) == Some(stage.agent), "it is not the agent's")
    })
    .await?;
    desk.done(assignments.unassign(talk)).await?;
    desk.step(talks.get(talk), |is| must!(is.agent().is_none(), "still somebody's")).await?;

    let team = desk.done(stage.account.teams().create(&NewTeam::new(desk.name("assigned"))));
    let team = team.await?.id;
    desk.done(assignments.assign_team(talk, team)).await?;
    desk.step(talks.get(talk), |is| {
        must!(is.meta.team.as_ref().map(|is| is.id) == Some(team), "it is not the team's")
    })
    .await?;
    desk.done(assignments.unassign_team(talk)).await?;
    desk.step(talks.get(talk), |is| must!(is.meta.team.is_none(), "still a team's")).await?;
    Ok(())
}

pub(super) async fn participants(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (participants, talk) = (stage.account.participants(), stage.conversation.id);
    // Who was assigned or wrote takes part already, so first of all they are made known.
    desk.done(participants.replace(talk, &[stage.admin])).await?;
    desk.step(participants.list(talk), |list| only(list, &[stage.admin])).await?;
    desk.done(participants.add(talk, &[stage.agent])).await?;
    desk.step(participants.list(talk), |list| only(list, &[stage.admin, stage.agent])).await?;
    desk.done(participants.remove(talk, &[stage.agent])).await?;
    desk.step(participants.list(talk), |list| only(list, &[stage.admin])).await?;
    Ok(())
}
