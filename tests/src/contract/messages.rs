//! Messages of a conversation.

use anyhow::{Context, ensure};
use chatwoot_client::Page;
use chatwoot_client::application::messages::{
    MessageDelivery, MessagesMeta, MessagesQuery, NewMessage,
};
use chatwoot_client::types::MessageId;
use chatwoot_client::types::{Message, MessageStatus};

use super::session::{Cut, Session};
use super::stage::Stage;

fn of(page: &Page<Message, MessagesMeta>, id: MessageId) -> anyhow::Result<&Message> {
    page.payload.iter().find(|one| one.id == id).context("the message is not listed")
}

pub(super) async fn messages(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let messages = stage.account.conversation(stage.conversation.id).messages();
    let source = session.name("message");
    let new = NewMessage { source_id: Some(source.clone()), ..NewMessage::text("How are you?") };
    let sent = session
        .step(messages.create(&new), |is| must!(is.content.as_deref() == Some("How are you?")));
    let sent = sent.await?.id;
    let note = session
        .step(messages.create(&NewMessage::note("VIP")), |is| must!(is.private == Some(true)));
    let note = note.await?.id;
    session
        .step(messages.list(&MessagesQuery::default()), |page| {
            ensure!(of(page, sent)?.source_id.as_ref() == Some(&source));
            ensure!(of(page, note)?.private == Some(true));
            Ok(())
        })
        .await?;
    let after = MessagesQuery { after: Some(sent), ..MessagesQuery::default() };
    session
        .step(messages.list(&after), |page| {
            ensure!(of(page, note).is_ok(), "what came after is missing");
            ensure!(page.payload.iter().all(|one| one.id > sent), "what came before is there");
            Ok(())
        })
        .await?;
    let failed = MessageDelivery {
        status: Some(MessageStatus::Failed),
        external_error: Some("no such number".into()),
    };
    session
        .step(messages.update(sent, &failed), |is| must!(is.status == Some(MessageStatus::Failed)))
        .await?;
    // Not `?`: the calls are independent.
    drop(session.done(messages.retry(sent)).await);
    drop(session.done(messages.translate(sent, "nl")).await);
    session.done(messages.delete(note)).await?;
    session
        .step(messages.list(&MessagesQuery::default()), |page| {
            let is = of(page, note).ok();
            let blank = is.is_none_or(|is| is.content.as_deref() != Some("VIP"));
            must!(blank, "the text of a deleted message is still there")
        })
        .await?;
    Ok(())
}
