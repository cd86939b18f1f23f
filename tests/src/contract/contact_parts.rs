//! Parts of a contact: labels, notes, contact inboxes.

use chatwoot_client::ErrorKind;
use chatwoot_client::application::contacts::{NewContact, NewContactInbox};

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn labels(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.contact(stage.contact.id).labels();
    session.done(labels.replace(&["first", "second"])).await?;
    session.done(labels.replace(&["second"])).await?;
    let read = session.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn notes(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let notes = stage.account.contact(stage.contact.id).notes();
    let note = session.done(notes.create("Likes tea")).await?.id;
    session.done(notes.update(note, "Likes coffee")).await?;
    session
        .step(notes.get(note), |is| must!(is.content.as_deref() == Some("Likes coffee")))
        .await?;
    session
        .step(notes.list(), |list| {
            must!(list.iter().any(|one| one.id == note), "the note is not listed")
        })
        .await?;
    session.done(notes.delete(note)).await?;
    session.refused(notes.get(note), ErrorKind::NotFound).await;
    Ok(())
}

pub(super) async fn inboxes(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let new = NewContact { identifier: Some(session.name("present")), ..NewContact::default() };
    let contact = session.done(stage.account.contacts().create(&new)).await?.contact.id;
    let source = session.name("source");
    let presence = NewContactInbox::new(stage.inbox.id).source_id(source.clone());
    session
        .step(stage.account.contact(contact).inboxes().create(&presence), |is| {
            must!(is.source_id.as_ref().is_some_and(|is| *is == source))
        })
        .await?;
    session
        .step(stage.account.contacts().find_by_source_id(stage.inbox.id, &source), |is| {
            must!(is.id == contact)
        })
        .await?;
    Ok(())
}
