//! The public API: what a customer's own program may do in an API inbox.

use anyhow::{Context, ensure};
use chatwoot_client::application::conversations::Typing;
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::types::ContentType;
use chatwoot_client::{Attributes, PublicInbox};
use serde_json::json;

use super::desk::{Cut, Desk};
use super::stage::Stage;

fn inbox(desk: &Desk, stage: &Stage) -> PublicInbox {
    desk.client.public_inbox(stage.inbox.inbox_identifier.clone().unwrap_or_default())
}

fn guest(desk: &Desk, name: &str) -> NewPublicContact {
    NewPublicContact {
        source_id: Some(desk.name(name).into()),
        name: Some("Guest".into()),
        ..NewPublicContact::default()
    }
}

pub(super) async fn contacts(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let inbox = inbox(desk, stage);
    desk.step(inbox.details(), |is| must!(is.name == Some(stage.inbox.name.clone()))).await?;
    let contacts = inbox.contacts();
    let source = desk.step(contacts.create(&guest(desk, "guest")), |is| {
        must!(is.source_id == desk.name("guest"), "the source id is another")
    });
    let source = source.await?.source_id;
    for key in ["first", "second"] {
        let attributes = Attributes::from_iter([(key.to_owned(), json!("x"))]);
        let change = PublicContactPatch {
            name: Some("Named".into()),
            merge_attributes: Some(attributes),
            ..PublicContactPatch::default()
        };
        let last = desk.step(contacts.update(&source, &change), |is| {
            ensure!(is.name.as_deref() == Some("Named"));
            must!(is.custom_attributes.contains_key("first"), "replaced, not merged")
        });
        last.await?;
    }
    desk.step(contacts.get(&source), |is| must!(is.name.as_deref() == Some("Named"))).await?;
    Ok(())
}

pub(super) async fn conversations(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let inbox = inbox(desk, stage);
    let source = desk.done(inbox.contacts().create(&guest(desk, "talker"))).await?.source_id;
    let talks = inbox.conversations(&source);
    let talk = desk.done(talks.create(None)).await?.id;
    desk.step(talks.get(talk), |is| must!(is.id == talk)).await?;
    desk.step(talks.list(), |list| {
        must!(list.iter().any(|one| one.id == talk), "the conversation is not listed")
    })
    .await?;
    desk.done(talks.set_typing(talk, Typing::On)).await?;
    desk.done(talks.update_last_seen(talk)).await?;

    let messages = inbox.messages(&source, talk);
    let asked = desk.step(messages.create("Where is my order?", Some("echo")), |is| {
        must!(is.content.as_deref() == Some("Where is my order?"))
    });
    let asked = asked.await?.id;
    desk.step(messages.list(None), |list| {
        must!(list.iter().any(|one| one.id == asked), "the message is not listed")
    })
    .await?;
    // The agent asks in the account, the customer answers here.
    let items = json!({"items": [{"title": "Yes", "value": "yes"}]});
    let choice = NewMessage {
        content_type: Some(ContentType::InputSelect),
        content_attributes: items.as_object().cloned(),
        ..NewMessage::text("Is it the red one?")
    };
    let choice = desk.done(stage.account.conversation(talk).messages().create(&choice)).await?.id;
    let said = [json!({"title": "Yes", "value": "yes"})];
    desk.step(messages.update(choice, &said), |is| {
        let values = is.content_attributes.get("submitted_values").context("nothing submitted")?;
        must!(*values == json!(said))
    })
    .await?;
    desk.done(talks.resolve(talk)).await?;
    desk.done(stage.account.conversations().get(talk)).await?;
    Ok(())
}
