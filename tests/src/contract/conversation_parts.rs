//! Parts of a conversation: labels, who it belongs to, who takes part.

use chatwoot_client::application::teams::NewTeam;

use super::people::only;
use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn labels(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.conversation(stage.conversation.id).labels();
    server.done(labels.replace(&["first", "second"])).await?;
    server.done(labels.replace(&["second"])).await?;
    let read = server.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn assignments(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let talk = stage.account.conversation(stage.conversation.id);
    server
        .step(talk.assign_agent(stage.agent), |is| {
            must!(is.as_ref().map(|agent| agent.id) == Some(stage.agent))
        })
        .await?;
    server
        .step(talk.get(), |is| {
            must!(is.agent().map(|agent| agent.id) == Some(stage.agent), "it is not the agent's")
        })
        .await?;
    server.done(talk.unassign()).await?;
    server.step(talk.get(), |is| must!(is.agent().is_none(), "still somebody's")).await?;

    let team = server.done(stage.account.teams().create(&NewTeam::new(server.name("assigned"))));
    let team = team.await?.id;
    server.done(talk.assign_team(team)).await?;
    server
        .step(talk.get(), |is| {
            must!(is.meta.team.as_ref().map(|is| is.id) == Some(team), "it is not the team's")
        })
        .await?;
    server.done(talk.unassign_team()).await?;
    server.step(talk.get(), |is| must!(is.meta.team.is_none(), "still a team's")).await?;
    Ok(())
}

pub(super) async fn participants(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let participants = stage.account.conversation(stage.conversation.id).participants();
    // Who was assigned or wrote takes part already, so first of all they are made known.
    server.done(participants.replace(&[stage.admin])).await?;
    server.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    server.done(participants.add(&[stage.agent])).await?;
    server.step(participants.list(), |list| only(list, &[stage.admin, stage.agent])).await?;
    server.done(participants.remove(&[stage.agent])).await?;
    server.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    Ok(())
}
