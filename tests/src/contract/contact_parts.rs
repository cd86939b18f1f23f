//! Parts of a contact: labels, notes, presence in inboxes.

use chatwoot_client::ErrorKind;
use chatwoot_client::application::contacts::{NewContact, NewContactInbox};

use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn labels(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.contact(stage.contact.id).labels();
    server.done(labels.replace(&["first", "second"])).await?;
    server.done(labels.replace(&["second"])).await?;
    let read = server.step(labels.list(), |list| must!(list == &["second"], "{list:?}"));
    read.await?;
    Ok(())
}

pub(super) async fn notes(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let notes = stage.account.contact(stage.contact.id).notes();
    let note = server.done(notes.create("Likes tea")).await?.id;
    server.done(notes.update(note, "Likes coffee")).await?;
    server.step(notes.get(note), |is| must!(is.content.as_deref() == Some("Likes coffee"))).await?;
    server
        .step(notes.list(), |list| {
            must!(list.iter().any(|one| one.id == note), "the note is not listed")
        })
        .await?;
    server.done(notes.delete(note)).await?;
    server.refused(notes.get(note), ErrorKind::NotFound).await;
    Ok(())
}

pub(super) async fn inboxes(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let new = NewContact { identifier: Some(server.name("present")), ..NewContact::default() };
    let contact = server.done(stage.account.contacts().create(&new)).await?.contact.id;
    let source = server.name("source");
    let presence = NewContactInbox::new(stage.inbox.id).source_id(source.clone());
    server
        .step(stage.account.contact(contact).inboxes().create(&presence), |is| {
            must!(is.source_id.as_ref().is_some_and(|is| *is == source))
        })
        .await?;
    server
        .step(stage.account.contacts().find_by_source_id(stage.inbox.id, &source), |is| {
            must!(is.id == contact)
        })
        .await?;
    Ok(())
}
