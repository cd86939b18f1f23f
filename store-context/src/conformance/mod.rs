//! Checks that an implementation of a port keeps the port's promises.
//!
//! Each port has a module with one function a promise, and a macro that makes one `#[tokio::test]`
//! of each: [`stores_conformance!`], [`sync_ledger_conformance!`],
//! [`webhook_ledger_conformance!`] and [`cache_conformance!`]; and
//! [`host_conformance!`] for the three of the host's own. Every
//! test has a fresh, empty implementation of its own, so a broken promise is named by the test that
//! fails and hides no other. The crate that calls a macro depends on tokio with `macros`, `rt` and
//! `time`.
//!
//! The first argument of a macro is an expression that is evaluated once a test; it is a future of
//! the port. What follows are options of `#[tokio::test]`.
//!
//! ```
//! # // A module of tests is what the macros are for; here it is only compiled.
//! mod tests {
//!     use store_context::memory::{MemoryCache, MemorySyncLedger};
//!
//!     store_context::sync_ledger_conformance!(async { MemorySyncLedger::new() });
//!     store_context::cache_conformance!(async { MemoryCache::default() }, start_paused = true);
//! }
//! ```
//!
//! The tests are then named `tests::sync_ledger_conformance::a_link_is_found_both_ways`
//! and so on.
//!
//! The promises use the stores of [`sample_stores`]: where tables refer to stores, the expression
//! puts these first (but for the port that keeps stores). Times are whole seconds, so that a
//! database that keeps microseconds loses nothing.
//!
//! [`stores_conformance!`]: crate::stores_conformance
//! [`sync_ledger_conformance!`]: crate::sync_ledger_conformance
//! [`webhook_ledger_conformance!`]: crate::webhook_ledger_conformance
//! [`cache_conformance!`]: crate::cache_conformance
//! [`host_conformance!`]: crate::host_conformance
#![expect(clippy::missing_panics_doc, reason = "every promise panics where it is not kept")]

pub mod cache;
pub mod host;
pub mod stores;
pub mod sync_ledger;
#[cfg(test)]
mod tests;
pub mod webhook_ledger;

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;

use crate::Currency;
use crate::model::{Branding, CustomerId, Store, StoreId, TierPolicy};
use crate::ports::PortResult;

/// Makes the tests of one port: a module `$tests` with one test a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    (
        $tests:ident of $port:ident,
        [$($promise:ident),+ $(,)?],
        $fresh:expr,
        $options:tt
    ) => {
        mod $tests {
            #[allow(unused_imports, reason = "the expression may need none of what is around it")]
            use super::*;

            $(
                #[::tokio::test $options]
                async fn $promise() {
                    let port = $fresh.await;
                    $crate::conformance::$port::$promise(&port).await;
                }
            )+
        }
    };
}

/// Returns the two stores that the promises are checked with.
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
        branding: Some(Branding {
            color: "#1F93FF".to_owned(),
            welcome_title: "Hallo".to_owned(),
            welcome_tagline: String::new(),
            greeting: "Hoe gaat het? ☕".to_owned(),
        }),
        tiers: Some(good(TierPolicy::new([("bronze", 0), ("gold", 500)]))),
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

/// Seconds after an instant that all promises share.
fn at(second: i64) -> Timestamp {
    good(Timestamp::from_second(1_790_000_000 + second))
}

/// What a port answers when it works.
#[track_caller]
#[expect(clippy::panic, reason = "a promise that is not kept panics")]
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
#[expect(clippy::panic, reason = "a promise that is not kept panics")]
fn good<T, E: Debug>(made: Result<T, E>) -> T {
    match made {
        Ok(value) => value,
        Err(error) => panic!("the promise's own code is wrong: {error:?}"),
    }
}

/// The only one of what was claimed.
#[track_caller]
#[expect(clippy::panic, reason = "a promise that is not kept panics")]
fn only<T: Debug>(claims: Vec<T>, what: &str) -> T {
    match <[T; 1]>::try_from(claims) {
        Ok([claim]) => claim,
        Err(claims) => panic!("{what}: expected one claim, got {claims:#?}"),
    }
}
