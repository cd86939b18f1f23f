//! Messages of a conversation.

use anyhow::{Context, ensure};
use chatwoot_client::application::messages::{
    MessageDelivery, MessagePage, MessagesQuery, NewMessage,
};
use chatwoot_client::types::MessageId;
use chatwoot_client::types::{Message, MessageStatus};

use super::desk::{Cut, Desk};
use super::stage::Stage;

fn of(page: &MessagePage, id: MessageId) -> anyhow::Result<&Message> {
    page.payload.iter().find(|one| one.id == id).context("the message is not listed")
}

pub(super) async fn messages(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let messages = stage.account.conversation(stage.conversation.id).messages();
    let source = desk.name("message");
    let new = NewMessage { source_id: Some(source.clone()), ..NewMessage::text("How are you?") };
    let sent =
        desk.step(messages.create(&new), |is| must!(is.content.as_deref() == Some("How are you?")));
    let sent = sent.await?.id;
    let note =
        desk.step(messages.create(&NewMessage::note("VIP")), |is| must!(is.private == Some(true)));
    let note = note.await?.id;
    desk.step(messages.list(&MessagesQuery::default()), |page| {
        ensure!(of(page, sent)?.source_id.as_ref() == Some(&source));
        ensure!(of(page, note)?.private == Some(true));
        Ok(())
    })
    .await?;
    let after = MessagesQuery { after: Some(sent), ..MessagesQuery::default() };
    desk.step(messages.list(&after), |page| {
        ensure!(of(page, note).is_ok(), "what came after is missing");
        ensure!(page.payload.iter().all(|one| one.id > sent), "what came before is there");
        Ok(())
    })
    .await?;
    let failed = MessageDelivery {
        status: Some(MessageStatus::Failed),
        external_error: Some("no such number".into()),
    };
    desk.step(messages.update(sent, &failed), |is| must!(is.status == Some(MessageStatus::Failed)))
        .await?;
    // Not `?`: each is for itself.
    drop(desk.done(messages.retry(sent)).await);
    drop(desk.done(messages.translate(sent, "nl")).await);
    desk.done(messages.delete(note)).await?;
    desk.step(messages.list(&MessagesQuery::default()), |page| {
        let is = of(page, note).ok();
        let blank = is.is_none_or(|is| is.content.as_deref() != Some("VIP"));
        must!(blank, "the text of a deleted message is still there")
    })
    .await?;
    Ok(())
}
