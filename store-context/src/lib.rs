//! Keeps many stores and their Chatwoot accounts in sync.
//!
//! A host implements two ports ([`ports::Customers`] and [`ports::Orders`], and [`ports::Carts`] if
//! it has carts), chooses storage for the others, and composes the services it needs. This crate
//! runs no daemon and opens no connection of its own.
//!
//! A host needs no other crate for it: the Chatwoot client is re-exported as [`chatwoot`], and the
//! types in the signatures of the ports are re-exported at the root.
//!
//! | what a host does | module |
//! |---|---|
//! | implements or chooses the ports, in memory or elsewhere | [`ports`], [`memory`], `conformance` (feature `conformance`) |
//! | describes stores, customers, orders and carts | [`model`] |
//! | opens a store's account in its Chatwoot | [`accounts`] |
//! | creates a store's account, or adopts one that exists | [`provision`] |
//! | declares the attributes of contacts and conversations | [`attributes`] |
//! | keeps contacts in sync with customers | [`sync`] |
//! | receives webhooks, and handles events | [`intake`] |
//! | hears what happens in Chatwoot at once | `live` (feature `live`) |
//! | proves a signed-in customer to Chatwoot, and conversations to itself | [`identity`] |
//! | shows agents, bots and the customer who it is and what they bought | [`context`] |
//! | limits how long recorded activity is kept | [`activity`] |
//! | runs all workers of a process | [`engine`] |
//! | suspends, moves, rotates and offboards stores | [`lifecycle`] |
//! | erases a customer everywhere, exports what is held of one | [`erasure`], [`export`] |
//! | checks that all of it works | [`doctor`] |
//!
//! ```
//! use store_context::async_trait;
//! use store_context::model::{Cart, CustomerId, StoreId};
//! use store_context::ports::{Carts, PortResult};
//!
//! /// A shop whose carts are files.
//! struct Shop;
//!
//! #[async_trait]
//! impl Carts for Shop {
//!     async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
//!         let json = std::fs::read(format!("carts/{store}/{customer}.json"))?;
//!         Ok(Some(serde_json::from_slice(&json)?))
//!     }
//! }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accounts;
pub mod activity;
pub mod attributes;
mod backoff;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod context;
mod customer_data;
pub mod doctor;
pub mod engine;
pub mod erasure;
pub mod export;
mod guard;
pub mod identity;
pub mod intake;
pub mod lifecycle;
#[cfg(feature = "live")]
pub mod live;
mod mac;
pub mod memory;
pub mod model;
mod pool;
pub mod ports;
pub mod provision;
mod store_ids;
mod store_lock;
pub mod sync;
mod time;

/// The typed client of Chatwoot. Its reqwest transport and its in-memory fake are behind this
/// crate's features `reqwest-rustls` and `fake`.
pub use chatwoot_client as chatwoot;

// The types in the signatures of the ports, so that an implementation needs no other crate.
pub use async_trait::async_trait;
pub use bytes::Bytes;
pub use http;
pub use iso_currency::Currency;
pub use jiff::Timestamp;
pub use jiff::civil::{Date, Weekday};
pub use rust_decimal::Decimal;
pub use url::Url;
