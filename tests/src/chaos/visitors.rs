//! Visitors who write to the stores: half of them guests, half of them signed-in customers.

use std::time::Duration;

use anyhow::{Context, Result};
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::{Client, ConversationId, PublicInbox};
use store_context::identity::Identity;
use store_context::model::Customer;
use store_context::ports::Ports;
use tokio::time::{Instant, sleep_until};

use super::servers::{customer_id, store_id};

/// A visitor with a conversation in a store's API inbox.
pub(super) struct Visitor {
    inbox: PublicInbox,
    source: String,
    conversation: ConversationId,
}

/// Opens so many conversations, in turn in each store.
pub(super) async fn visitors(
    ports: &Ports,
    client: &Client,
    stores: u32,
    conversations: u32,
    customers: u32,
) -> Result<Vec<Visitor>> {
    let identity = Identity::new(ports.clone());
    let mut all = Vec::new();
    for number in 0..conversations {
        let (store, number) = (store_id(number % stores)?, number / stores);
        let identity = if number.is_multiple_of(2) {
            identity.public_guest(&store).await?
        } else {
            let customer = Customer::new(customer_id(number / 2 % customers)?, "");
            identity.public(&store, &customer).await?
        };
        let inbox = client.public_inbox(identity.inbox_identifier);
        let new = NewPublicContact {
            identifier: identity.identifier.clone(),
            identifier_hash: Some(identity.identifier_hash.clone()),
            ..NewPublicContact::default()
        };
        let contact = inbox.contacts().create(&new).await.context("create a visitor")?;
        let source = contact.source_id.expose().to_owned();
        let proof = PublicContactPatch {
            identifier: identity.identifier,
            identifier_hash: Some(identity.identifier_hash),
            ..PublicContactPatch::default()
        };
        inbox.contacts().update(&source, &proof).await.context("prove a visitor")?;
        let attributes = &identity.conversation_attributes;
        let opened = inbox.conversations(&source).create(Some(attributes)).await;
        let conversation = opened.context("open a conversation")?.id;
        all.push(Visitor { inbox, source, conversation });
    }
    Ok(all)
}

/// Has visitors write so many messages, evenly in a time.
pub(super) async fn write(
    visitors: &[Visitor],
    fake: &FakeChatwoot,
    messages: u32,
    lasting: Duration,
) -> Result<()> {
    let began = Instant::now();
    for number in 0..messages {
        sleep_until(began + lasting * number / messages).await;
        let visitor = fastrand::choice(visitors).context("there are visitors")?;
        let conversations = visitor.inbox.conversations(&visitor.source);
        let messages = conversations.conversation(visitor.conversation).messages();
        messages.create(&format!("question {number}"), None).await.context("write")?;
        if number % 1_000 == 0 {
            // It has an entry for each request.
            fake.clear_journal();
        }
    }
    Ok(())
}
