//! Parts of a contact: labels, notes, presence in inboxes.

use chatwoot_client::{ErrorKind, NewContact, NewContactInbox};

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn labels(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (labels, ada) = (stage.account.contact_labels(), stage.contact.id);
    desk.done(labels.replace(ada, &["first", "second"])).await?;
    desk.done(labels.replace(ada, &["second"])).await?;
    let read = desk.step(labels.list(ada), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn notes(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let (notes, ada) = (stage.account.contact_notes(), stage.contact.id);
    let note = desk.done(notes.create(ada, "Likes tea")).await?.id;
    desk.done(notes.update(ada, note, "Likes coffee")).await?;
    desk.step(notes.get(ada, note), |is| must!(is.content.as_deref() == Some("Likes coffee")))
        .await?;
    desk.step(notes.list(ada), |list| {
        must!(list.iter().any(|one| one.id == note), "the note is not listed")
    })
    .await?;
    desk.done(notes.delete(ada, note)).await?;
    desk.refused(notes.get(ada, note), ErrorKind::NotFound).await;
    Ok(())
}

pub(super) async fn inboxes(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let inboxes = stage.account.contact_inboxes();
    let new = NewContact { identifier: Some(desk.name("present")), ..NewContact::default() };
    let contact = desk.done(stage.account.contacts().create(&new)).await?.contact.id;
    let source = desk.name("source");
    let presence = NewContactInbox::new(stage.inbox.id).source_id(source.clone());
    desk.step(inboxes.create(contact, &presence), |is| {
        must!(is.source_id.as_ref().is_some_and(|is| *is == source))
    })
    .await?;
    desk.step(inboxes.filter(stage.inbox.id, &source), |is| must!(is.id == contact)).await?;
    Ok(())
}
