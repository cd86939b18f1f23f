//! One suite a storage port: what every implementation must do, in memory or in a database.
//!
//! Each suite takes a fresh, empty implementation and panics at the first thing that is wrong.
//! The suites use the stores of [`sample_stores`]: where tables refer to stores, put these first.
//! Times are whole seconds, so that a database that keeps microseconds loses nothing. A suite
//! needs a tokio runtime with time; a paused clock will do for what lives in memory.
//!
//! ```
//! use store_context::{conformance, memory};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! conformance::stores(&memory::MemoryStores::new()).await;
//! conformance::credentials(&memory::MemoryCredentials::new()).await;
//! conformance::links(&memory::MemoryLinks::new()).await;
//! conformance::sync_ledger(&memory::MemorySyncLedger::new()).await;
//! conformance::webhook_ledger(&memory::MemoryWebhookLedger::new()).await;
//! conformance::cache(&memory::MemoryCache::default()).await;
//! # }
//! ```

mod cache;
mod credentials;
mod links;
mod stores;
mod sync_ledger;
mod webhook_ledger;

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;

pub use self::cache::cache;
pub use self::credentials::credentials;
pub use self::links::links;
pub use self::stores::stores;
pub use self::sync_ledger::sync_ledger;
pub use self::webhook_ledger::webhook_ledger;

use crate::Currency;
use crate::model::{Branding, CustomerId, Store, StoreId, TierPolicy};
use crate::ports::PortResult;

/// The two stores that the suites use.
pub fn sample_stores() -> [Store; 2] {
    ["conformance-north", "conformance-south"].map(sample_store)
}

/// How long a claim is held.
const LEASE: Duration = Duration::from_mins(1);

fn sample_store(id: &str) -> Store {
    Store {
        id: good(StoreId::new(id)),
        name: "Nørth & \"Söns\"".to_owned(),
        locale: "nl".to_owned(),
        currency: Currency::EUR,
        time_zone: "Europe/Amsterdam".to_owned(),
        website: good("https://north.example.com/".parse()),
        support_email: "help@north.example.com".to_owned(),
        branding: Branding {
            color: "#1F93FF".to_owned(),
            welcome_title: "Hallo".to_owned(),
            welcome_tagline: String::new(),
            greeting: "Hoe gaat het? ☕".to_owned(),
        },
        tiers: good(TierPolicy::new([("bronze", 0), ("gold", 500)])),
        identity: crate::model::IdentityPolicy::default(),
    }
}

fn north() -> StoreId {
    good(StoreId::new("conformance-north"))
}

fn south() -> StoreId {
    good(StoreId::new("conformance-south"))
}

fn customer(id: &str) -> CustomerId {
    good(CustomerId::new(id))
}

/// Seconds after an instant that all suites share.
fn at(second: i64) -> Timestamp {
    good(Timestamp::from_second(1_790_000_000 + second))
}

/// What a port answers when it works.
#[track_caller]
#[expect(clippy::panic, reason = "a suite fails by panicking")]
fn ok<T>(answer: PortResult<T>) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => {
            panic!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default())
        }
    }
}

/// What is right by construction.
#[track_caller]
#[expect(clippy::panic, reason = "a suite fails by panicking")]
fn good<T, E: Debug>(made: Result<T, E>) -> T {
    match made {
        Ok(value) => value,
        Err(error) => panic!("the suite itself is wrong: {error:?}"),
    }
}

/// The only one of what was claimed.
#[track_caller]
#[expect(clippy::panic, reason = "a suite fails by panicking")]
fn only<T: Debug>(claims: Vec<T>, what: &str) -> T {
    match <[T; 1]>::try_from(claims) {
        Ok([claim]) => claim,
        Err(claims) => panic!("{what}: expected one claim, got {claims:#?}"),
    }
}
