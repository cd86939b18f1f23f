//! Parts of a conversation: labels, assignees, participants.

use chatwoot_client::application::teams::NewTeam;

use super::people::only;
use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn labels(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.conversation(stage.conversation.id).labels();
    session.done(labels.replace(&["first", "second"])).await?;
    session.done(labels.replace(&["second"])).await?;
    let read = session.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn assignments(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let talk = stage.account.conversation(stage.conversation.id);
    session
        .step(talk.assign_agent(stage.agent), |is| {
            must!(is.as_ref().map(|agent| agent.id) == Some(stage.agent))
        })
        .await?;
    session
        .step(talk.get(), |is| {
            must!(is.agent().map(|agent| agent.id) == Some(stage.agent), "it is not the agent's")
        })
        .await?;
    session.done(talk.unassign()).await?;
    session.step(talk.get(), |is| must!(is.agent().is_none(), "still somebody's")).await?;

    let team = session.done(stage.account.teams().create(&NewTeam::new(session.name("assigned"))));
    let team = team.await?.id;
    session.done(talk.assign_team(team)).await?;
    session
        .step(talk.get(), |is| {
            must!(is.meta.team.as_ref().map(|is| is.id) == Some(team), "it is not the team's")
        })
        .await?;
    session.done(talk.unassign_team()).await?;
    session.step(talk.get(), |is| must!(is.meta.team.is_none(), "still a team's")).await?;
    Ok(())
}

pub(super) async fn participants(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let participants = stage.account.conversation(stage.conversation.id).participants();
    // Assignees and authors are participants already, so they are set first.
    session.done(participants.replace(&[stage.admin])).await?;
    session.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    session.done(participants.add(&[stage.agent])).await?;
    session.step(participants.list(), |list| only(list, &[stage.admin, stage.agent])).await?;
    session.done(participants.remove(&[stage.agent])).await?;
    session.step(participants.list(), |list| only(list, &[stage.admin])).await?;
    Ok(())
}
