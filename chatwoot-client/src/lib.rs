//! Typed client of Chatwoot's Platform, Application and public APIs, signed webhooks and widget
//! identity, true to the server (4.15.1, and 4.9.1 where it differs).
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use chatwoot_client::{Client, NewLabel};
//!
//! let client = Client::builder("https://desk.example.com").build()?;
//! let account = client.account(7, "user-token");
//! let label = account.labels().create(&NewLabel::new("vip")).await?;
//! println!("{} is label {}", label.title, label.id);
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod application;
mod body;
mod call;
mod client;
#[cfg(doctest)]
mod doors;
mod draft;
mod envelope;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
mod ids;
mod limit;
mod loopback;
mod mac;
mod misfit;
mod model;
mod op;
mod page;
mod patch;
mod place;
mod platform;
mod public;
mod refusal;
mod response_limit;
mod retry;
mod secret;
mod send;
mod server;
mod shown;
mod stats;
mod time;
mod transport;
mod upload;
pub mod webhook;
pub mod widget;

pub use self::application::*;
pub use self::body::{Body, Form, Part, PartSource};
pub use self::call::{Answer, Call};
pub use self::client::{BuildError, Client, ClientBuilder};
pub use self::error::{Error, ErrorKind};
pub use self::ids::*;
pub use self::limit::Limits;
pub use self::model::*;
pub use self::op::{Limit, Op, TokenKind, Verb};
pub use self::page::{Page, PageMeta};
pub use self::patch::Patch;
pub use self::platform::*;
pub use self::public::*;
pub use self::response_limit::ResponseLimit;
pub use self::retry::RetryPolicy;
pub use self::secret::{PlatformToken, Secret, UserToken};
pub use self::server::{Server, ServerHealth, ServerVersion, ServiceState};
pub use self::stats::Stats;
pub use self::time::Time;
#[cfg(feature = "reqwest-rustls")]
pub use self::transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use self::transport::{Transport, TransportError, TransportErrorKind};
pub use self::upload::Upload;

/// Every operation of this crate, as data.
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
