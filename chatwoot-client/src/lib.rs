//! A typed client for Chatwoot's Platform, Application and public APIs, its signed webhooks and its
//! widget identity. The types match what servers send (4.15.1, and 4.9.1 where it differs).
//!
//! | to | see |
//! |---|---|
//! | create a client, and reach an account, an inbox, the platform | [`Client`] |
//! | use an account: contacts, conversations, messages, … | [`application`], one module per
//! resource |
//! | create accounts and users as a platform app | [`platform`] |
//! | act as a customer: API inbox, web widget, survey | [`public`] |
//! | verify and parse webhooks | [`webhook`] |
//! | hear events as they happen | [`live`], feature `live` |
//! | embed the widget in a page, and prove the signed-in customer's identity | [`widget`] |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | set retries, deadlines and limits | [`RetryPolicy`], [`Limits`] |
//! | use another HTTP client | [`Transport`] |
//! | test without a server | [`fake`], feature `fake` |
//! | look an operation up by path | [`operations`] |
//!
//! # First call
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::Client;
//! use chatwoot_client::application::labels::NewLabel;
//!
//! let client = Client::builder("https://chatwoot.example.com").build()?;
//! let account = client.account(7, "user-token");
//! let label = account.labels().create(&NewLabel::new("vip")).await?;
//! println!("{} is label {}", label.title, label.id);
//! # Ok(())
//! # }
//! ```
//!
//! A note on a contact, with a handle of that contact:
//!
//! ```
//! # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
//! account.contact(42).notes().create("Prefers e-mail.").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Errors and retries
//!
//! A call is retried where that is safe: if it was not sent, if the response was 429, or if it is
//! idempotent. [`Error::kind`] classifies the error, and there are methods for common cases:
//!
//! ```
//! # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
//! use chatwoot_client::ContactId;
//!
//! match account.contacts().get(ContactId(42)).await {
//!     Ok(contact) => println!("{:?}", contact.name),
//!     Err(error) if error.is_not_found() => println!("no such contact"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Paging
//!
//! A list takes its query and returns a [`Page`]; a stream goes through all pages:
//!
//! ```
//! # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
//! use chatwoot_client::application::conversations::{ConversationsQuery, StatusFilter};
//! use futures_util::TryStreamExt;
//!
//! let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
//! let mut conversations = account.conversations().all(query);
//! while let Some(conversation) = conversations.try_next().await? {
//!     println!("{}", conversation.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Webhooks
//!
//! ```
//! # fn example(headers: &http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::webhook::{Event, Verifier};
//!
//! let verifier = Verifier::new("the webhook's secret")?;
//! let delivery = verifier.verify(headers, body, jiff::Timestamp::now())?;
//! if let Event::MessageCreated(message) = delivery.event()? {
//!     println!("{:?}", message.content);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Testing
//!
//! With the feature `fake`, a stateful Chatwoot in memory replaces the server:
//!
//! ```
//! # #[cfg(feature = "fake")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::Client;
//! use chatwoot_client::fake::FakeChatwoot;
//!
//! let fake = FakeChatwoot::new();
//! let (account, token) = fake.add_account("Tea shop");
//! let client = Client::builder("http://localhost").transport(fake.clone()).build()?;
//! assert!(client.account(account, token).labels().list().await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Operations without a method
//!
//! [`Account::request`] calls any path with the same token, retries, rate limits and errors.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod application;
mod client;
pub mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod http;
#[cfg(feature = "live")]
pub mod live;
mod mac;
pub mod platform;
pub mod public;
#[cfg(doctest)]
mod separation;
pub mod server;
pub mod types;
pub mod webhook;
pub mod widget;

pub use self::application::Account;
pub use self::client::{BuildError, Client, ClientBuilder};
pub use self::error::{Error, ErrorKind};
#[cfg(feature = "reqwest-rustls")]
pub use self::http::transport::ReqwestTransport;
pub use self::http::transport::Transport;
pub use self::http::{Call, Limits, Op, Page, Response, RetryPolicy, Upload};
pub use self::platform::Platform;
pub use self::public::PublicInbox;
pub use self::types::{
    AccountId, Attributes, ContactId, ConversationId, InboxId, Patch, PlatformToken, Secret, Time,
    UserId, UserToken,
};

/// Returns every operation of this crate, as data.
///
/// ```
/// assert!(chatwoot_client::operations().all(|op| op.path.starts_with('/')));
/// ```
pub fn operations() -> impl Iterator<Item = &'static Op> {
    [server::OPERATIONS, platform::OPERATIONS, application::OPERATIONS, public::OPERATIONS]
        .into_iter()
        .flatten()
        .flat_map(|rows| rows.iter())
}
