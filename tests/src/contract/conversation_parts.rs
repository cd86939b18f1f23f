//! Parts of a conversation: labels, who it belongs to, who takes part.

use chatwoot_client::application::teams::NewTeam;

use super::desk::{Cut, Desk};
use super::people::only;
use super::stage::Stage;

pub(super) async fn labels(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.conversation(stage.conversation.id).labels();
    desk.done(labels.replace(&["first", "second"])).await?;
    desk.done(labels.replace(&["second"])).await?;
    let read = desk.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn assignments(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let talk = stage.account.conversation(stage.conversation.id);
    desk.step(talk.assign_agent(stage.agent), |is| {
        must!(is.as_ref().map(|agent| agent.id) == Some(stage.agent))
    })
    .await?;
    desk.step(talk.get(), |is| {
        must!(is.agent().map(|agent| agent.id) == Some(stage.agent), "it is not the agent's")
    })
    .await?;
    desk.done(talk.unassign()).await?;
    desk.step(talk.get(), |is| must!(is.agent().is_none(), "still somebody's")).await?;

    let team = desk.done(stage.account.teams().create(&NewTeam::new(desk.name("assigned"))));
    let team = team.await?.id;
    desk.done(talk.assign_team(team)).await?;
    desk.step(talk.get(), |is| {
        must!(is.meta.team.as_ref().map(|is| is.id) == Some(team), "it is not the team's")
    })
    .await?;
    desk.done(talk.unassign_team()).await?;
    desk.step(talk.get(), |is| must!(is.meta.team.is_none(), "still a team's")).await?;
    Ok(())
}

pub(super) async fn participants(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let participants = stage.account.conversation(stage.conversation.id).participants();
    // Who was assigned or wrote takes part already, so first of all they are made known.
    desk.done(participants.replace(&[stage.admin])).await?;
    desk.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    desk.done(participants.add(&[stage.agent])).await?;
    desk.step(participants.list(), |list| only(list, &[stage.admin, stage.agent])).await?;
    desk.done(participants.remove(&[stage.agent])).await?;
    desk.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    Ok(())
}
