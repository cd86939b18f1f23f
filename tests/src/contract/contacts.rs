//! Contacts: written and read again, found in each way, merged, deleted.

use anyhow::ensure;
use chatwoot_client::application::contacts::{
    Contact, ContactExport, ContactPatch, ContactsQuery, NewContact,
};
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::{Attributes, ErrorKind, Page, Upload};
use serde_json::json;

use super::contact_parts;
use super::session::{Cut, Session};
use super::stage::Stage;

/// An image of one transparent pixel.
pub(super) const PIXEL: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

fn attribute(key: &str) -> Attributes {
    Attributes::from_iter([(key.to_owned(), json!("x"))])
}

pub(super) async fn contacts(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (contacts, ada) = (stage.account.contacts(), stage.contact.id);
    for key in ["first", "second"] {
        let change = ContactPatch {
            merge_custom_attributes: Some(attribute(key)),
            ..ContactPatch::default()
        };
        session.done(contacts.update(ada, &change)).await?;
    }
    session
        .step(contacts.get(ada), |is| {
            ensure!(is.email == Some(session.email("ada")), "what was not named has changed");
            for key in ["first", "second"] {
                ensure!(
                    is.custom_attributes.contains_key(key),
                    "{key} is gone: replaced, not merged"
                );
            }
            Ok(())
        })
        .await?;
    session.done(stage.account.contact(ada).remove_custom_attributes(["first"])).await?;
    session
        .step(contacts.get(ada), |is| {
            ensure!(!is.custom_attributes.contains_key("first"), "first is still there");
            ensure!(is.custom_attributes.contains_key("second"), "second is gone too");
            Ok(())
        })
        .await?;
    let twin = NewContact { identifier: Some(session.name("ada")), ..NewContact::default() };
    session.refused(contacts.create(&twin), ErrorKind::Conflict).await;

    session
        .step(stage.account.contact(ada).inboxes().contactable(), |list| {
            let here = |one: &chatwoot_client::application::contacts::ContactInbox| {
                one.inbox.as_ref().is_some_and(|inbox| inbox.id == stage.inbox.id)
            };
            must!(list.iter().any(here), "the API inbox is missing")
        })
        .await?;
    session
        .step(stage.account.contact(ada).conversations(), |list| {
            let ours = list.iter().any(|one| one.id == stage.conversation.id);
            must!(ours, "the conversation is missing")
        })
        .await?;
    // Not `?`: the ways are independent.
    session.part(found(session, stage).await);
    session.part(merged(session, stage).await);
    session.part(files(session, stage).await);
    session.part(contact_parts::inboxes(session, stage).await);
    drop(session.done(contacts.export(&ContactExport::default())).await);
    let gone = NewContact { identifier: Some(session.name("gone")), ..NewContact::default() };
    let gone = session.done(contacts.create(&gone)).await?.contact.id;
    session.done(contacts.delete(gone)).await?;
    session.refused(contacts.get(gone), ErrorKind::NotFound).await;
    Ok(())
}

async fn found(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (contacts, query) = (stage.account.contacts(), ContactsQuery::default());
    let ours = |page: &Page<Contact>| {
        let found = page.payload.iter().any(|one| one.id == stage.contact.id);
        must!(found, "the contact is not among {}", page.payload.len())
    };
    session.step(contacts.list(&query), ours).await?;
    let past = ContactsQuery { page: Some(1_000), ..ContactsQuery::default() };
    let past = session.step(contacts.list(&past), |page| {
        must!(page.payload.is_empty(), "a page past the end is not empty")
    });
    past.await?;
    session.step(contacts.search(&session.email("ada"), &query), ours).await?;
    let exact = Filter::new(FilterCondition::equal_to("email", [session.email("ada")]));
    let exact = session.step(contacts.filter(&exact, &query), |page| {
        ours(page)?;
        must!(page.payload.len() == 1, "others are there too")
    });
    exact.await?;
    session.done(contacts.active(&query)).await?;
    Ok(())
}

async fn merged(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let contacts = stage.account.contacts();
    let new = |name: &str| NewContact {
        identifier: Some(session.name(name)),
        custom_attributes: Some(attribute(name)),
        ..NewContact::default()
    };
    let base = session.done(contacts.create(&new("base"))).await?.contact.id;
    let mergee = session.done(contacts.create(&new("mergee"))).await?.contact.id;
    session.step(contacts.merge(base, mergee), |is| must!(is.id == base)).await?;
    session
        .step(contacts.get(base), |is| {
            ensure!(is.identifier == Some(session.name("base")), "the base's own is gone");
            for key in ["base", "mergee"] {
                ensure!(is.custom_attributes.contains_key(key), "{key} is gone");
            }
            Ok(())
        })
        .await?;
    session.refused(contacts.get(mergee), ErrorKind::NotFound).await;
    Ok(())
}

async fn files(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let ada = stage.account.contact(stage.contact.id);
    session.done(ada.set_avatar(&Upload::bytes("ada.gif", "image/gif", PIXEL))).await?;
    session.done(ada.delete_avatar()).await?;
    let rows =
        format!("name,email,identifier\nIda,{},{}\n", session.email("ida"), session.name("ida"));
    session
        .done(stage.account.contacts().import(&Upload::bytes("contacts.csv", "text/csv", rows)))
        .await
}
