//! Keeps many stores and one Chatwoot in step.
//!
//! A host implements three ports ([`ports::Customers`], [`ports::Orders`], [`ports::Carts`]),
//! chooses storage for the others, and composes the services it wants. Nothing here is a daemon,
//! and nothing here opens a connection of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod attributes;
mod backoff;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod context;
mod desk;
pub mod doctor;
pub mod identity;
pub mod intake;
pub mod memory;
pub mod model;
pub mod ports;
pub mod provision;
pub mod sync;

pub use self::desk::DeskError;

pub use iso_currency::Currency;
pub use jiff::Timestamp;
pub use rust_decimal::Decimal;
