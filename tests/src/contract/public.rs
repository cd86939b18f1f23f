//! The public API: the operations that a customer's own program may call in an API inbox.

use anyhow::{Context, ensure};
use chatwoot_client::application::conversations::Typing;
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::types::ContentType;
use chatwoot_client::{Attributes, PublicInbox};
use serde_json::json;

use super::session::{Cut, Session};
use super::stage::Stage;

fn inbox(session: &Session, stage: &Stage) -> PublicInbox {
    session.client.public_inbox(stage.inbox.inbox_identifier.clone().unwrap_or_default())
}

fn guest(session: &Session, name: &str) -> NewPublicContact {
    NewPublicContact {
        source_id: Some(session.name(name).into()),
        name: Some("Guest".into()),
        ..NewPublicContact::default()
    }
}

pub(super) async fn contacts(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let inbox = inbox(session, stage);
    session.step(inbox.details(), |is| must!(is.name == Some(stage.inbox.name.clone()))).await?;
    let contacts = inbox.contacts();
    let source = session.step(contacts.create(&guest(session, "guest")), |is| {
        must!(is.source_id == session.name("guest"), "the source id is another")
    });
    let source = source.await?.source_id;
    for key in ["first", "second"] {
        let attributes = Attributes::from_iter([(key.to_owned(), json!("x"))]);
        let change = PublicContactPatch {
            name: Some("Named".into()),
            merge_custom_attributes: Some(attributes),
            ..PublicContactPatch::default()
        };
        let last = session.step(contacts.update(&source, &change), |is| {
            ensure!(is.name.as_deref() == Some("Named"));
            must!(is.custom_attributes.contains_key("first"), "replaced, not merged")
        });
        last.await?;
    }
    session.step(contacts.get(&source), |is| must!(is.name.as_deref() == Some("Named"))).await?;
    Ok(())
}

pub(super) async fn conversations(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let inbox = inbox(session, stage);
    let source = session.done(inbox.contacts().create(&guest(session, "talker"))).await?.source_id;
    let talks = inbox.conversations(&source);
    let talk = session.done(talks.create(None)).await?.id;
    let handle = talks.conversation(talk);
    session.step(handle.get(), |is| must!(is.id == talk)).await?;
    session
        .step(talks.list(), |list| {
            must!(list.iter().any(|one| one.id == talk), "the conversation is not listed")
        })
        .await?;
    session.done(handle.set_typing(Typing::On)).await?;
    session.done(handle.update_last_seen()).await?;

    let messages = handle.messages();
    let asked = session.step(messages.create("Where is my order?", Some("echo")), |is| {
        must!(is.content.as_deref() == Some("Where is my order?"))
    });
    let asked = asked.await?.id;
    session
        .step(messages.list(None), |list| {
            must!(list.iter().any(|one| one.id == asked), "the message is not listed")
        })
        .await?;
    // The agent asks in the account, the customer replies here.
    let items = json!({"items": [{"title": "Yes", "value": "yes"}]});
    let choice = NewMessage {
        content_type: Some(ContentType::InputSelect),
        content_attributes: items.as_object().cloned(),
        ..NewMessage::text("Is it the red one?")
    };
    let choice =
        session.done(stage.account.conversation(talk).messages().create(&choice)).await?.id;
    let said = [json!({"title": "Yes", "value": "yes"})];
    session
        .step(messages.update(choice, &said), |is| {
            let values =
                is.content_attributes.get("submitted_values").context("nothing submitted")?;
            must!(*values == json!(said))
        })
        .await?;
    session.done(handle.resolve()).await?;
    session.done(stage.account.conversations().get(talk)).await?;
    Ok(())
}
