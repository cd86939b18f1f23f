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
use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn conversations(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let (talks, talk) = (stage.account.conversations(), stage.conversation.id);
    let handle = stage.account.conversation(talk);
    server
        .step(talks.get(talk), |is| {
            ensure!(is.id == talk);
            ensure!(is.meta.sender.id == stage.contact.id);
            Ok(())
        })
        .await?;
    changed(server, stage).await?;
    // Not `?`: each is for itself, and an older server lacks some.
    server.part(listed(server, stage).await);
    server.part(conversation_parts::assignments(server, stage).await);
    drop(server.done(handle.set_typing(Typing::On, false)).await);
    drop(server.done(handle.set_typing(Typing::Off, false)).await);
    drop(server.done(handle.mute()).await);
    drop(server.step(talks.get(talk), |is| must!(is.muted == Some(true))).await);
    drop(server.done(handle.unmute()).await);
    drop(server.step(talks.get(talk), |is| must!(is.muted == Some(false))).await);
    drop(server.done(handle.mark_unread()).await);
    drop(server.done(handle.mark_read()).await);
    drop(server.done(talks.unread_counts()).await);
    drop(server.done(handle.attachments(&ConversationFilesQuery::default())).await);
    drop(server.done(handle.send_transcript(&server.email("ada"))).await);
    let other = NewConversation {
        contact_id: Some(stage.contact.id),
        inbox_id: Some(stage.inbox.id),
        ..NewConversation::default()
    };
    let other = server.done(talks.create(&other)).await?.id;
    // It goes later, in the background.
    server.done(talks.delete(other)).await
}

async fn changed(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let talk = stage.account.conversation(stage.conversation.id);
    let change =
        ConversationPatch { priority: Priority::High.into(), ..ConversationPatch::default() };
    server.done(talk.update(&change)).await?;
    server.step(talk.get(), |is| must!(is.priority == Some(Priority::High))).await?;
    server.done(talk.set_priority(Some(Priority::Low))).await?;
    server.step(talk.get(), |is| must!(is.priority == Some(Priority::Low))).await?;
    server.done(talk.set_priority(None)).await?;
    server.step(talk.get(), |is| must!(is.priority.is_none())).await?;
    for key in ["first", "second"] {
        let attributes = Attributes::from_iter([(key.to_owned(), json!(1))]);
        server.done(talk.replace_custom_attributes(&attributes)).await?;
    }
    let second = Attributes::from_iter([("second".to_owned(), json!(1))]);
    server
        .step(talk.get(), |is| must!(is.custom_attributes == second, "merged, not replaced"))
        .await?;
    for status in [ConversationStatus::Resolved, ConversationStatus::Open] {
        let is = server
            .step(talk.set_status(status.clone(), None), |is| must!(is.current_status == status));
        is.await?;
        server.step(talk.get(), |is| must!(is.status == status)).await?;
    }
    Ok(())
}

async fn listed(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let (talks, talk) = (stage.account.conversations(), stage.conversation.id);
    let every = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    server
        .step(talks.list(&every), |page| {
            let is = page.payload.iter().find(|one| one.id == talk).context("it is not listed")?;
            must!(is.uuid == stage.conversation.uuid)
        })
        .await?;
    let past = ConversationsQuery { page: Some(1_000), ..every.clone() };
    server
        .step(talks.list(&past), |page| {
            must!(page.payload.is_empty(), "a page past the end is not empty")
        })
        .await?;
    server
        .step(talks.updated_within(600), |page| {
            must!(page.payload.iter().any(|one| one.id == talk), "it was updated just now")
        })
        .await?;
    let open = Filter::new(FilterCondition::equal_to("status", ["open"]));
    server
        .step(talks.filter(&open, &ConversationFilterQuery::default()), |page| {
            must!(page.payload.iter().any(|one| one.id == talk), "it is open")
        })
        .await?;
    server.step(talks.meta(&every), |is| must!(is.all_count.is_some_and(|all| all > 0))).await?;
    server.done(talks.search(&server.name("hello"), &every)).await?;
    Ok(())
}
