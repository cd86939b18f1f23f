//! Guests and customers who write, by the public API and by the widget.

use chatwoot_client::public::widget::{
    NewWidgetConversation, NewWidgetMessage, WidgetContactPatch, WidgetVisitor,
};
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::{ContactId, ConversationId, PublicInbox};
use store_context::identity::{Identity, PublicIdentity};

use super::act::Channel;
use super::handler::PLEASE;
use super::shop::{self, Person, customer_id, store_id};
use super::world::World;

/// Somebody who writes without being signed in.
#[derive(Clone, Default)]
pub(super) struct Guest {
    /// In the API inbox.
    app: Option<App>,
    /// In the widget.
    page: Option<Page>,
}

#[derive(Clone)]
struct App {
    inbox: PublicInbox,
    source: String,
    contact: ContactId,
    identity: PublicIdentity,
    conversation: ConversationId,
}

#[derive(Clone)]
struct Page {
    visitor: WidgetVisitor,
    contact: ContactId,
    has_conversation: bool,
}

impl Guest {
    /// The contact that the guest began with.
    pub(super) fn contact(&self) -> Option<ContactId> {
        let app = self.app.as_ref().map(|app| app.contact);
        app.or(self.page.as_ref().map(|page| page.contact))
    }
}

impl App {
    fn proof(&self) -> PublicContactPatch {
        PublicContactPatch {
            identifier: self.identity.identifier.clone(),
            identifier_hash: Some(self.identity.identifier_hash.clone()),
            ..PublicContactPatch::default()
        }
    }

    async fn say(&self, text: &str) -> anyhow::Result<()> {
        let conversation = self.inbox.conversations(&self.source).conversation(self.conversation);
        conversation.messages().create(text, None).await?;
        Ok(())
    }
}

impl World {
    /// What somebody writes; every other time they ask for an answer.
    fn text(&mut self) -> String {
        self.written += 1;
        let please = if self.written.is_multiple_of(2) { PLEASE } else { "hello" };
        format!("{please} ({})", self.written)
    }

    fn identity(&self) -> Identity {
        Identity::new(self.ports.clone())
    }

    /// Opens a conversation by the public API.
    async fn open_app(&self, store: usize, identity: PublicIdentity) -> anyhow::Result<App> {
        let server = self.stores[store].server;
        let inbox = self.servers[server].client.public_inbox(identity.inbox_identifier.clone());
        let new = NewPublicContact {
            identifier: identity.identifier.clone(),
            identifier_hash: Some(identity.identifier_hash.clone()),
            ..NewPublicContact::default()
        };
        let made = inbox.contacts().create(&new).await?;
        let mut app = App {
            source: made.source_id.expose().to_owned(),
            contact: made.id,
            conversation: ConversationId(0),
            identity,
            inbox,
        };
        app.inbox.contacts().update(&app.source, &app.proof()).await?;
        let attributes = &app.identity.conversation_attributes;
        let opened = app.inbox.conversations(&app.source).create(Some(attributes)).await?;
        app.conversation = opened.id;
        Ok(app)
    }

    async fn app(&mut self, store: usize, guest: u32) -> anyhow::Result<App> {
        let known = self.guests.entry((store, guest)).or_default().app.clone();
        if let Some(app) = known {
            return Ok(app);
        }
        let identity = self.identity().public_guest(&store_id(store)).await?;
        let app = self.open_app(store, identity).await?;
        self.guests.entry((store, guest)).or_default().app = Some(app.clone());
        Ok(app)
    }

    async fn page(&mut self, store: usize, guest: u32) -> anyhow::Result<Page> {
        let server = self.stores[store].server;
        let known = self.guests.entry((store, guest)).or_default().page.clone();
        if let Some(page) = known {
            return Ok(page);
        }
        let token = self.identity().website_token(&store_id(store)).await?;
        let website = self.servers[server].client.web_widget(token);
        let config = website.config().await?;
        let visitor = website.visitor(config.website_channel_config.auth_token);
        let contact = visitor.contact().await?.id;
        let page = Page { visitor, contact, has_conversation: false };
        self.guests.entry((store, guest)).or_default().page = Some(page.clone());
        Ok(page)
    }

    pub(super) async fn guest_writes(
        &mut self,
        store: usize,
        guest: u32,
        channel: Channel,
    ) -> anyhow::Result<()> {
        let text = self.text();
        match channel {
            Channel::Public => {
                let app = self.app(store, guest).await?;
                if app.say(&text).await.is_err() {
                    // Merged away, or the conversation is deleted: the guest begins anew.
                    self.guests.entry((store, guest)).or_default().app = None;
                }
            }
            Channel::Widget => {
                let mut page = self.page(store, guest).await?;
                let message = NewWidgetMessage::text(text);
                let written = if page.has_conversation {
                    page.visitor.write(&message).await.map(drop)
                } else {
                    let new = NewWidgetConversation { message, ..NewWidgetConversation::default() };
                    page.visitor.create_conversation(&new).await.map(drop)
                };
                page.has_conversation = true;
                self.guests.entry((store, guest)).or_default().page =
                    written.is_ok().then_some(page);
            }
        }
        Ok(())
    }

    /// A guest gives a customer's e-mail address, without any proof.
    pub(super) async fn guest_claims(
        &mut self,
        store: usize,
        guest: u32,
        customer: u32,
        channel: Channel,
    ) -> anyhow::Result<()> {
        let Some(email) = self.shop.get(store, customer).and_then(|person| person.email) else {
            return Ok(());
        };
        match channel {
            Channel::Public => {
                let app = self.app(store, guest).await?;
                let claim = PublicContactPatch { email: Some(email), ..app.proof() };
                app.inbox.contacts().update(&app.source, &claim).await?;
            }
            Channel::Widget => {
                let page = self.page(store, guest).await?;
                let claim = WidgetContactPatch { email: Some(email), ..Default::default() };
                page.visitor.update_contact(&claim).await?;
            }
        }
        Ok(())
    }

    /// A signed-in customer writes by the store's app.
    pub(super) async fn customer_writes(
        &mut self,
        store: usize,
        customer: u32,
        person: &Person,
    ) -> anyhow::Result<()> {
        let customer = shop::customer(&customer_id(customer), person);
        let identity = self.identity().public(&store_id(store), &customer).await?;
        let app = self.open_app(store, identity).await?;
        let text = self.text();
        app.say(&text).await
    }
}
