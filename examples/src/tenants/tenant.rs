//! A tenant with a Chatwoot of its own, for the story.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chatwoot_client::fake::{Delivery, FakeChatwoot, FakeServer};
use chatwoot_client::public::{NewPublicContact, PublicInbox};
use chatwoot_client::widget::identifier_hash;
use chatwoot_client::{Account, AccountId, Client, Secret};
use store_context::model::{Customer, CustomerId, Store, StoreId};
use store_context::{Currency, Timestamp, Url};
use tokio::sync::Mutex;

/// Far more than the longest wait on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A tenant with a Chatwoot of its own: a fake one, over HTTP, whose webhooks are delivered in the
/// background.
#[derive(Debug)]
pub struct Tenant {
    /// The tenant's shop.
    pub store: Store,
    /// A customer of the shop.
    pub customer: Customer,
    /// The base URL of the tenant's Chatwoot.
    pub base_url: Url,
    /// The tenant's account there.
    pub account: AccountId,
    /// The token of an administrator of the account.
    pub token: Secret,
    server: FakeServer,
    post: Arc<Mutex<()>>,
}

/// Deliveries that were addressed and signed, and have not arrived yet.
#[derive(Debug)]
pub struct Late(Vec<Delivery>);

impl Late {
    /// Has them arrive; returns the statuses that they are answered with.
    ///
    /// # Errors
    /// Returns an error if the receiver does not answer.
    pub async fn arrive(self) -> Result<Vec<u16>> {
        let (http, mut statuses) = (reqwest::Client::new(), Vec::new());
        for delivery in self.0 {
            let request = delivery.request(Timestamp::now()).try_into()?;
            statuses.push(http.execute(request).await?.status().as_u16());
        }
        Ok(statuses)
    }
}

impl Tenant {
    /// Starts a Chatwoot with one account.
    ///
    /// # Errors
    /// Returns an error if the name is no id.
    pub async fn start(name: &str, customer: &str) -> Result<Self> {
        let server = FakeServer::start(FakeChatwoot::new()).await;
        // Two tenants have different account ids, so that a call in the wrong place shows.
        for _ in 1..name.len() {
            server.fake().add_account("somebody else's");
        }
        let (account, token) = server.fake().add_account(name);
        let website = format!("https://{name}.example").parse()?;
        let email = format!("help@{name}.example");
        let post = Arc::new(Mutex::new(()));
        let (fake, held) = (server.fake().clone(), post.clone());
        tokio::spawn(async move {
            loop {
                let turn = held.lock().await;
                // What a stopped host does not answer is lost, as on the server.
                let _ = Late(fake.take_deliveries()).arrive().await;
                drop(turn);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        let mut person = Customer::new(CustomerId::new("c-1")?, customer);
        person.email = Some(format!("{customer}@mail.example").to_lowercase());
        person.email_verified = true;
        Ok(Self {
            store: Store::new(StoreId::new(name)?, name, website, email, Currency::EUR),
            customer: person,
            base_url: server.uri().parse()?,
            account: account.into(),
            token: token.into(),
            server,
            post,
        })
    }

    /// Returns the Chatwoot.
    pub fn fake(&self) -> &FakeChatwoot {
        self.server.fake()
    }

    /// Returns the account as the tenant's own administrators see it.
    ///
    /// # Errors
    /// Returns an error if the base URL cannot be used.
    pub fn admin(&self) -> Result<Account> {
        let client = Client::builder(self.base_url.as_str()).build()?;
        Ok(client.account(self.account, self.token.clone()))
    }

    /// Returns the inbox in which the tenant's visitors write, once the host has made it.
    ///
    /// # Errors
    /// Returns an error if there is none, or the tenant's token is not taken.
    pub async fn visitors(&self) -> Result<Visitors> {
        let inboxes = self.admin()?.inboxes().list().await?;
        let inbox = inboxes.into_iter().find(|inbox| inbox.inbox_identifier.is_some());
        let inbox = inbox.context("the host has made no inbox")?;
        let hmac = inbox.hmac_token.context("the inbox has no HMAC token")?;
        let client = Client::builder(self.base_url.as_str()).build()?;
        Ok(Visitors {
            inbox: client.public_inbox(inbox.inbox_identifier.unwrap_or_default()),
            hash: identifier_hash(&hmac, "").into(),
        })
    }

    /// Has a visitor write a message, whose deliveries are signed now and arrive later.
    ///
    /// # Errors
    /// Returns an error if the Chatwoot refuses something.
    pub async fn hear_late(&self, visitors: &Visitors, text: &str) -> Result<Late> {
        let _held = self.post.lock().await;
        visitors.write(text).await?;
        Ok(Late(self.server.fake().take_deliveries()))
    }

    /// Returns whether the Chatwoot holds a text: in a contact, a note or a message.
    pub fn holds(&self, text: &str) -> bool {
        self.server.fake().stored_text().contains(text)
    }

    /// Waits until the Chatwoot holds a text; returns whether it came.
    pub async fn gets(&self, text: &str) -> bool {
        let came = async {
            while !self.holds(text) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, came).await.is_ok()
    }
}

/// The visitors of a tenant's shop.
#[derive(Debug)]
pub struct Visitors {
    inbox: PublicInbox,
    hash: Secret,
}

impl Visitors {
    /// Has a visitor write a message in a new conversation, as the shop's app would.
    ///
    /// # Errors
    /// Returns an error if the Chatwoot refuses something.
    pub async fn write(&self, text: &str) -> Result<()> {
        let identifier_hash = Some(self.hash.clone());
        let who = NewPublicContact { identifier_hash, ..NewPublicContact::default() };
        let contact = self.inbox.contacts().create(&who).await?;
        let talks = self.inbox.conversations(contact.source_id.expose());
        let talk = talks.create(None).await?;
        talks.conversation(talk.id).messages().create(text, None).await?;
        Ok(())
    }
}
