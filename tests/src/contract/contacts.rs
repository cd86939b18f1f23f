//! Contacts: written and read again, found in each way, merged, removed.

use anyhow::ensure;
use chatwoot_client::application::contacts::{
    Contact, ContactExport, ContactPatch, ContactsQuery, NewContact,
};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::{Attributes, ErrorKind, Page, Upload};
use serde_json::json;

use super::contact_parts;
use super::server::{Cut, Server};
use super::stage::Stage;

/// A picture of one transparent pixel.
pub(super) const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

fn attribute(key: &str) -> Attributes {
    Attributes::from_iter([(key.to_owned(), json!("x"))])
}

pub(super) async fn contacts(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let (contacts, ada) = (stage.account.contacts(), stage.contact.id);
    for key in ["first", "second"] {
        let change = ContactPatch {
            merge_custom_attributes: Some(attribute(key)),
            ..ContactPatch::default()
        };
        server.done(contacts.update(ada, &change)).await?;
    }
    server
        .step(contacts.get(ada), |is| {
            ensure!(is.email == Some(server.email("ada")), "what was not named has changed");
            for key in ["first", "second"] {
                ensure!(
                    is.custom_attributes.contains_key(key),
                    "{key} is gone: replaced, not merged"
                );
            }
            Ok(())
        })
        .await?;
    server.done(stage.account.contact(ada).remove_custom_attributes(["first"])).await?;
    server
        .step(contacts.get(ada), |is| {
            ensure!(!is.custom_attributes.contains_key("first"), "first is still there");
            ensure!(is.custom_attributes.contains_key("second"), "second is gone too");
            Ok(())
        })
        .await?;
    let twin = NewContact { identifier: Some(server.name("ada")), ..NewContact::default() };
    server.refused(contacts.create(&twin), ErrorKind::Conflict).await;

    server
        .step(stage.account.contact(ada).inboxes().contactable(), |list| {
            let here = |one: &chatwoot_client::application::contacts::ContactInbox| {
                one.inbox.as_ref().is_some_and(|inbox| inbox.id == stage.inbox.id)
            };
            must!(list.iter().any(here), "the API inbox is missing")
        })
        .await?;
    server
        .step(stage.account.contact(ada).conversations(), |list| {
            let ours = list.iter().any(|one| one.id == stage.conversation.id);
            must!(ours, "the conversation is missing")
        })
        .await?;
    // Not `?`: each way is for itself.
    server.part(found(server, stage).await);
    server.part(merged(server, stage).await);
    server.part(files(server, stage).await);
    server.part(contact_parts::inboxes(server, stage).await);
    drop(server.done(contacts.export(&ContactExport::default())).await);
    let gone = NewContact { identifier: Some(server.name("gone")), ..NewContact::default() };
    let gone = server.done(contacts.create(&gone)).await?.contact.id;
    server.done(contacts.delete(gone)).await?;
    server.refused(contacts.get(gone), ErrorKind::NotFound).await;
    Ok(())
}

async fn found(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let (contacts, query) = (stage.account.contacts(), ContactsQuery::default());
    let ours = |page: &Page<Contact>| {
        let found = page.payload.iter().any(|one| one.id == stage.contact.id);
        must!(found, "the contact is not among {}", page.payload.len())
    };
    server.step(contacts.list(&query), ours).await?;
    let past = ContactsQuery { page: Some(1_000), ..ContactsQuery::default() };
    let past = server.step(contacts.list(&past), |page| {
        must!(page.payload.is_empty(), "a page past the end is not empty")
    });
    past.await?;
    server.step(contacts.search(&server.email("ada"), &query), ours).await?;
    let exact = Filter::new(FilterCondition::equal_to("email", [server.email("ada")]));
    let exact = server.step(contacts.filter(&exact, &query), |page| {
        ours(page)?;
        must!(page.payload.len() == 1, "others are there too")
    });
    exact.await?;
    server.done(contacts.active(&query)).await?;
    Ok(())
}

async fn merged(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let contacts = stage.account.contacts();
    let new = |name: &str| NewContact {
        identifier: Some(server.name(name)),
        custom_attributes: Some(attribute(name)),
        ..NewContact::default()
    };
    let base = server.done(contacts.create(&new("base"))).await?.contact.id;
    let mergee = server.done(contacts.create(&new("mergee"))).await?.contact.id;
    server.step(contacts.merge(base, mergee), |is| must!(is.id == base)).await?;
    server
        .step(contacts.get(base), |is| {
            ensure!(is.identifier == Some(server.name("base")), "the base's own is gone");
            for key in ["base", "mergee"] {
                ensure!(is.custom_attributes.contains_key(key), "{key} is gone");
            }
            Ok(())
        })
        .await?;
    server.refused(contacts.get(mergee), ErrorKind::NotFound).await;
    Ok(())
}

async fn files(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let ada = stage.account.contact(stage.contact.id);
    server.done(ada.set_avatar(&Upload::bytes("ada.gif", "image/gif", PIXEL))).await?;
    server.done(ada.delete_avatar()).await?;
    let rows =
        format!("name,email,identifier\nIda,{},{}\n", server.email("ida"), server.name("ida"));
    server
        .done(stage.account.contacts().import(&Upload::bytes("contacts.csv", "text/csv", rows)))
        .await
}
