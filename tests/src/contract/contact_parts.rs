//! Parts of a contact: labels, notes, presence in inboxes.

use chatwoot_client::ErrorKind;
use chatwoot_client::application::contacts::{NewContact, NewContactInbox};

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn labels(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.contact(stage.contact.id).labels();
    desk.done(labels.replace(&["first", "second"])).await?;
    desk.done(labels.replace(&["second"])).await?;
    let read = desk.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn notes(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let notes = stage.account.contact(stage.contact.id).notes();
    let note = desk.done(notes.create("Likes tea")).await?.id;
    desk.done(notes.update(note, "Likes coffee")).await?;
    desk.step(notes.get(note), |is| must!(is.content.as_deref() == Some("Likes coffee"))).await?;
    desk.step(notes.list(), |list| {
        must!(list.iter().any(|one| one.id == note), "the note is not listed")
    })
    .await?;
    desk.done(notes.delete(note)).await?;
    desk.refused(notes.get(note), ErrorKind::NotFound).await;
    Ok(())
}

pub(super) async fn inboxes(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let new = NewContact { identifier: Some(desk.name("present")), ..NewContact::default() };
    let contact = desk.done(stage.account.contacts().create(&new)).await?.contact.id;
    let source = desk.name("source");
    let presence = NewContactInbox::new(stage.inbox.id).source_id(source.clone());
    desk.step(stage.account.contact(contact).inboxes().create(&presence), |is| {
        must!(is.source_id.as_ref().is_some_and(|is| *is == source))
    })
    .await?;
    desk.step(stage.account.contacts().find_by_source_id(stage.inbox.id, &source), |is| {
        must!(is.id == contact)
    })
    .await?;
    Ok(())
}
