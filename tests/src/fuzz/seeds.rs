//! Seeds: the responses and webhooks of the fake while a small shop is set up and a customer
//! writes.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::application::attribute_definitions::{AttributeModel, NewAttributeDefinition};
use chatwoot_client::application::contacts::{ContactPatch, ContactsQuery, NewContact};
use chatwoot_client::application::conversations::{ConversationsQuery, NewConversation};
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::application::messages::{MessagesQuery, NewMessage};
use chatwoot_client::application::teams::NewTeam;
use chatwoot_client::application::webhooks::{NewWebhook, WebhookSubscription};
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::public::NewPublicContact;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::webhook::Event;
use chatwoot_client::{Client, Transport};
use serde_json::json;

use super::answer_input;
use crate::replay::operation;

/// The initial inputs of the fuzzers.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// For [`webhook`](super::webhook).
    pub webhook: Vec<Vec<u8>>,
    /// For [`answers`](super::answers).
    pub answers: Vec<Vec<u8>>,
}

impl Seeds {
    /// Writes each seed to a separate file, below `webhook` and `answers` in this folder.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        for (name, seeds) in [("webhook", &self.webhook), ("answers", &self.answers)] {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            for (number, seed) in seeds.iter().enumerate() {
                std::fs::write(folder.join(format!("seed-{number}")), seed)?;
            }
        }
        Ok(())
    }
}

/// Passes requests to the fake and records its responses.
#[derive(Clone, Debug)]
struct Listener {
    fake: FakeChatwoot,
    heard: Arc<Mutex<Seeds>>,
}

impl Listener {
    fn note(&self, note: impl FnOnce(&mut Seeds)) {
        note(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait]
impl Transport for Listener {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let op = operation(request.method().as_str(), request.uri().path());
        let answer = self.fake.send(request, timeout).await?;
        let name = op.map_or("", |op| op.name);
        let input = answer_input(name, answer.status().as_u16(), answer.body());
        self.note(|heard| heard.answers.push(input));
        Ok(answer)
    }
}

/// Receives webhooks and records their bodies.
#[derive(Debug)]
struct Receiver(Listener);

#[async_trait]
impl Transport for Receiver {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body = request.body().to_bytes();
        let body = body.map_err(|_| TransportError::interrupted("the body cannot be read"))?;
        self.0.note(|heard| heard.webhook.push(body.to_vec()));
        Ok(http::Response::new(Bytes::new()))
    }
}

/// Runs the scenario on the fake.
///
/// # Errors
/// Returns an error if the fake refuses a step.
pub async fn seeds() -> anyhow::Result<Seeds> {
    let fake = FakeChatwoot::builder().inbox_events(true).build();
    let (account, token) = fake.add_account("Tea shop");
    let listener = Listener { fake: fake.clone(), heard: Arc::default() };
    fake.deliver_through(Arc::new(Receiver(listener.clone())));
    let client = Client::builder("https://chatwoot.test").transport(listener.clone()).build()?;
    play(&client, account, &token).await?;
    fake.idle().await;
    let mut seeds = listener.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The names alone, for the events that the fake does not send.
    seeds.webhook.extend(Event::KNOWN.iter().map(|name| json!({"event": name}).to_string().into()));
    Ok(seeds)
}

async fn play(client: &Client, account: u64, token: &str) -> anyhow::Result<()> {
    let account = client.account(account, token);
    let every = Event::KNOWN.iter().map(|name| WebhookSubscription::from(*name));
    // These two are sent to bots only.
    let every = every.filter(|name| !name.as_str().ends_with("opened"));
    let every = every.filter(|name| !name.as_str().ends_with("resolved"));
    account.webhooks().create(&NewWebhook::new("http://shop.test/hook", every)).await?;
    account.webhooks().list().await?;
    let inbox = account.inboxes().create(&NewInbox::new("Shop", NewApiChannel::default())).await?;
    account.inboxes().list().await?;
    account.labels().create(&NewLabel::new("vip")).await?;
    account.labels().create(&NewLabel::new("vip")).await.err();
    account.teams().create(&NewTeam::new("support")).await?;
    account.teams().list().await?;
    let tier = NewAttributeDefinition::new(AttributeModel::Contact, "tier", "Tier");
    account.attribute_definitions().create(&tier).await?;
    account.attribute_definitions().list(None).await?;
    account.details().get().await?;
    client.profile(token).get().await?;

    let ada = NewContact {
        name: Some("Ada".into()),
        email: Some("ada@example.com".into()),
        inbox_id: Some(inbox.id),
        custom_attributes: json!({"tier": "gold", "spent": 12.75}).as_object().cloned(),
        ..NewContact::default()
    };
    let ada = account.contacts().create(&ada).await?.contact;
    let change = ContactPatch { name: "Ada L".into(), ..ContactPatch::default() };
    account.contacts().update(ada.id, &change).await?;
    account.contacts().get(ada.id).await?;
    account.contacts().get(999.into()).await.err();
    account.contacts().list(&ContactsQuery::default()).await?;

    let begun = NewConversation {
        contact_id: Some(ada.id),
        inbox_id: Some(inbox.id),
        ..NewConversation::default()
    };
    let talk = account.conversations().create(&begun).await?.id;
    account.conversation(talk).messages().create(&NewMessage::text("How can we help?")).await?;
    account.conversation(talk).messages().list(&MessagesQuery::default()).await?;
    account.conversation(talk).labels().replace(&["vip"]).await?;
    account.conversations().get(talk).await?;
    account.conversations().list(&ConversationsQuery::default()).await?;
    account.conversation(talk).set_status(ConversationStatus::Resolved, None).await?;

    let Some(identifier) = inbox.inbox_identifier else { return Ok(()) };
    let shop = client.public_inbox(identifier);
    let guest = shop.contacts().create(&NewPublicContact::default()).await?.source_id;
    let talk = shop.conversations(&guest).create(None).await?.id;
    shop.conversations(&guest)
        .conversation(talk)
        .messages()
        .create("Where is my order?", None)
        .await?;
    shop.conversations(&guest).list().await?;
    Ok(())
}
