//! The story of the example `shop_platform`: its shops' data, and a visitor who writes. A service
//! that is made of the example leaves it out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Account, AccountId, Client, ConversationId, ReqwestTransport, RetryPolicy};
use serde_json::{Value, json};
use store_context::accounts::Accounts;
use store_context::identity::PublicIdentity;
use store_context::model::{
    Customer, CustomerId, Money, Order, OrderId, OrderStatus, Store, StoreId,
};
use store_context::ports::{PortFailure, Ports};
use store_context::{Currency, Timestamp, Url};
use tokio::net::TcpListener;

/// How long a statement may take to become true.
const PATIENCE: Duration = Duration::from_mins(1);

/// The contents of what the visitors ask.
pub const QUESTION: &str = "Where is my order?";

/// Returns three shops, of which the third withholds its customers' addresses from Chatwoot.
///
/// # Errors
/// Returns an error if an id or URL is refused.
pub fn stores() -> Result<[Store; 3]> {
    let store = |name: &str| {
        let website = format!("https://{name}.example").parse()?;
        let email = format!("help@{name}.example");
        anyhow::Ok(Store::new(StoreId::new(name)?, name, website, email, Currency::EUR))
    };
    let mut vinyl = store("vinyl")?;
    vinyl.privacy.contact.email = false;
    Ok([store("tea")?, store("bikes")?, vinyl])
}

/// Returns the customer of a shop. Each shop has an Ada with the same id and another address.
///
/// # Errors
/// Returns an error if an id is refused.
pub fn ada(store: &Store) -> Result<Customer> {
    Ok(Customer {
        email: Some(format!("ada@{}.example", store.id)),
        email_verified: true,
        ..Customer::new(CustomerId::new("ada")?, "Ada")
    })
}

/// Returns an order of a customer that was shipped.
///
/// # Errors
/// Returns an error if the number is refused.
pub fn order(customer: &CustomerId, number: &str) -> Result<Order> {
    let total = Money::new(20.into(), Currency::EUR);
    let id = OrderId::new(number)?;
    Ok(Order::new(id, customer.clone(), Timestamp::now(), OrderStatus::Shipped, total))
}

/// A fake Chatwoot with a platform app, which delivers webhooks, and a free port for the host.
#[derive(Debug)]
pub struct World {
    server: FakeServer,
    /// A client of the fake that waits little between two tries.
    pub client: Client,
    /// The URL at which Chatwoot reaches the host.
    pub url: Url,
}

impl World {
    /// Starts the fake; returns the listener of the host too.
    ///
    /// # Errors
    /// Returns an error if there is no port or no client.
    pub async fn start() -> Result<(Self, TcpListener)> {
        let server = FakeServer::start(FakeChatwoot::new()).await;
        server.fake().deliver_through(Arc::new(ReqwestTransport::new()?));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let retry = RetryPolicy { max_delay: Duration::from_millis(50), ..RetryPolicy::default() };
        let client = Client::builder(server.uri()).retry(retry).build()?;
        Ok((Self { server, client, url }, listener))
    }

    /// Returns the fake.
    pub fn fake(&self) -> &FakeChatwoot {
        self.server.fake()
    }

    /// Returns the value of an environment variable of the host.
    ///
    /// # Errors
    /// Returns an error for a variable that the host is not known to read.
    pub fn setting(&self, name: &str) -> Result<String> {
        Ok(match name {
            "CHATWOOT_URL" => self.server.uri(),
            "CHATWOOT_PLATFORM_TOKEN" => self.fake().platform_token(),
            "PUBLIC_URL" => self.url.to_string(),
            "ADMINISTRATOR_DOMAIN" => "platform.example".to_owned(),
            _ => bail!("{name} is not a setting of the host"),
        })
    }

    /// Returns whether a request to an account was answered with 500.
    pub fn has_failed(&self, account: AccountId) -> bool {
        let path = format!("/api/v1/accounts/{account}/");
        let journal = self.fake().journal();
        journal.iter().any(|it| it.status == Some(500) && it.path.starts_with(&path))
    }

    /// Asks [`QUESTION`] in a new conversation, as the shop's app does for a customer or guest.
    ///
    /// # Errors
    /// Returns an error if Chatwoot refused a call or did not respond.
    pub async fn ask(&self, who: &PublicIdentity) -> Result<ConversationId> {
        let source_id = who.create_contact(&self.client).await?.source_id;
        let inbox = self.client.public_inbox(&who.inbox_identifier);
        let conversations = inbox.conversations(&source_id);
        let talk = conversations.create(Some(&who.conversation_attributes)).await?.id;
        conversations.conversation(talk).messages().create(QUESTION, None).await?;
        Ok(talk)
    }
}

/// What an agent sees who opens a conversation.
#[derive(Debug)]
pub struct AgentView {
    /// The conversation's labels.
    pub labels: Vec<String>,
    /// The name of its team.
    pub team: Option<String>,
    /// The private notes.
    pub notes: Vec<String>,
    /// What the panel at this URL shows of a customer.
    pub snapshot: Value,
}

impl AgentView {
    /// Reads a conversation, and opens the panel as Chatwoot's page does.
    ///
    /// # Errors
    /// Returns an error if Chatwoot or the panel refused a call or did not respond.
    pub async fn read(account: &Account, talk: ConversationId, panel: &str) -> Result<Self> {
        let read = account.conversations().get(talk).await?;
        let messages = account.conversation(talk).messages();
        let messages = messages.list(&MessagesQuery::default()).await?.payload;
        let notes = messages.into_iter().filter(|it| it.private == Some(true));
        let (contact, uuid) = (read.meta.sender.id, read.uuid);
        let subject = json!({ "conversation": talk, "contact": contact, "key": { "uuid": uuid } });
        let opened = reqwest::Client::new().post(format!("{panel}/open")).json(&subject).send();
        let mut shown: Value = opened.await?.error_for_status()?.json().await?;
        Ok(Self {
            labels: read.labels.to_vec(),
            team: read.meta.team.map(|team| team.name),
            notes: notes.filter_map(|note| note.content).collect(),
            snapshot: shown["snapshot"].take(),
        })
    }
}

/// Returns the number of orders and the address on the contact of a customer.
///
/// # Errors
/// Returns an error if there is no contact yet, or Chatwoot refused a call or did not respond.
pub async fn contact(
    accounts: &Accounts,
    ports: &Ports,
    store: &Store,
    customer: &CustomerId,
) -> Result<(Value, Option<String>)> {
    let link = ports.sync.link(&store.id, customer).await.map_err(PortFailure::from)?;
    let id = link.context("the customer is not synced yet")?.contact;
    let contact = accounts.open(&store.id).await?.account.contacts().get(id).await?;
    let orders = contact.custom_attributes.get("order_count").cloned().unwrap_or_default();
    Ok((orders, contact.email))
}

/// Prints a statement as soon as it is true.
///
/// # Errors
/// Returns an error if it does not become true within a minute.
pub async fn becomes(statement: &str, is_true: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_true().await.unwrap_or(false) {
        ensure!(began.elapsed() < PATIENCE, "this is not true: {statement}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{statement}");
    Ok(())
}

/// Prints a statement as soon as an expression is true, which may await and fail; returns an error
/// from the function around it if that takes more than a minute.
#[macro_export]
macro_rules! becomes {
    ($statement:literal, $is_true:expr) => {
        $crate::platform_story::becomes($statement, async || Ok($is_true)).await?
    };
}
