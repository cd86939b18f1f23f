//! Conversations: listed, changed and read again.

use anyhow::{Context, ensure};
use chatwoot_client::Attributes;
use chatwoot_client::application::conversations::{
    ConversationFilesQuery, ConversationFilterQuery, ConversationPatch, ConversationsQuery,
    NewConversation, StatusFilter, Typing,
};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::types::{ConversationStatus, Priority};
use serde_json::json;

use super::conversation_parts;
use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn conversations(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (talks, talk) = (stage.account.conversations(), stage.conversation.id);
    let handle = stage.account.conversation(talk);
    session
        .step(talks.get(talk), |is| {
            ensure!(is.id == talk);
            ensure!(is.meta.sender.id == stage.contact.id);
            Ok(())
        })
        .await?;
    changed(session, stage).await?;
    // Not `?`: the calls are independent, and an older server lacks some.
    session.part(listed(session, stage).await);
    session.part(conversation_parts::assignments(session, stage).await);
    drop(session.done(handle.set_typing(Typing::On, false)).await);
    drop(session.done(handle.set_typing(Typing::Off, false)).await);
    drop(session.done(handle.mute()).await);
    drop(session.step(talks.get(talk), |is| must!(is.muted == Some(true))).await);
    drop(session.done(handle.unmute()).await);
    drop(session.step(talks.get(talk), |is| must!(is.muted == Some(false))).await);
    drop(session.done(handle.mark_unread()).await);
    drop(session.done(handle.mark_read()).await);
    drop(session.done(talks.unread_counts()).await);
    drop(session.done(handle.attachments(&ConversationFilesQuery::default())).await);
    drop(session.done(handle.send_transcript(&session.email("ada"))).await);
    let other = NewConversation {
        contact_id: Some(stage.contact.id),
        inbox_id: Some(stage.inbox.id),
        ..NewConversation::default()
    };
    let other = session.done(talks.create(&other)).await?.id;
    // It is deleted later, in the background.
    session.done(talks.delete(other)).await
}

async fn changed(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let talk = stage.account.conversation(stage.conversation.id);
    let change =
        ConversationPatch { priority: Priority::High.into(), ..ConversationPatch::default() };
    session.done(talk.update(&change)).await?;
    session.step(talk.get(), |is| must!(is.priority == Some(Priority::High))).await?;
    session.done(talk.set_priority(Some(Priority::Low))).await?;
    session.step(talk.get(), |is| must!(is.priority == Some(Priority::Low))).await?;
    session.done(talk.set_priority(None)).await?;
    session.step(talk.get(), |is| must!(is.priority.is_none())).await?;
    for key in ["first", "second"] {
        let attributes = Attributes::from_iter([(key.to_owned(), json!(1))]);
        session.done(talk.replace_custom_attributes(&attributes)).await?;
    }
    let second = Attributes::from_iter([("second".to_owned(), json!(1))]);
    session
        .step(talk.get(), |is| must!(is.custom_attributes == second, "merged, not replaced"))
        .await?;
    for status in [ConversationStatus::Resolved, ConversationStatus::Open] {
        let is = session
            .step(talk.set_status(status.clone(), None), |is| must!(is.current_status == status));
        is.await?;
        session.step(talk.get(), |is| must!(is.status == status)).await?;
    }
    Ok(())
}

async fn listed(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (talks, talk) = (stage.account.conversations(), stage.conversation.id);
    let every = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    session
        .step(talks.list(&every), |page| {
            let is = page.payload.iter().find(|one| one.id == talk).context("it is not listed")?;
            must!(is.uuid == stage.conversation.uuid)
        })
        .await?;
    let past = ConversationsQuery { page: Some(1_000), ..every.clone() };
    session
        .step(talks.list(&past), |page| {
            must!(page.payload.is_empty(), "a page past the end is not empty")
        })
        .await?;
    session
        .step(talks.updated_within(600), |page| {
            must!(page.payload.iter().any(|one| one.id == talk), "it was updated just now")
        })
        .await?;
    let open = Filter::new(FilterCondition::equal_to("status", ["open"]));
    session
        .step(talks.filter(&open, &ConversationFilterQuery::default()), |page| {
            must!(page.payload.iter().any(|one| one.id == talk), "it is open")
        })
        .await?;
    session.step(talks.meta(&every), |is| must!(is.all_count.is_some_and(|all| all > 0))).await?;
    session.done(talks.search(&session.name("hello"), &every)).await?;
    Ok(())
}
