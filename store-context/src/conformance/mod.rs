//! Conformance tests for implementations of the ports.
//!
//! Each port has a module with one function per requirement, and a macro that generates one
//! `#[tokio::test]` for each: [`stores_conformance!`], [`sweeps_conformance!`],
//! [`live_lines_conformance!`], [`sync_ledger_conformance!`], [`webhook_ledger_conformance!`], [`webhook_rounds_conformance!`],
//! [`erasures_conformance!`], [`audit_conformance!`], [`activity_conformance!`],
//! [`cache_conformance!`] and [`signals_conformance!`]; and [`host_conformance!`] for the host's own
//! three ports. Every test has a fresh, empty implementation of its own, so a failing test names the
//! violated requirement and hides no other. The crate that calls a macro depends on tokio with
//! `macros`, `rt` and `time`.
//!
//! The first argument of a macro is an expression that is evaluated once per test; it is a future
//! of the port. The following arguments are options of `#[tokio::test]`.
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
//! The tests use the stores of [`sample_stores`]: if tables refer to stores, the expression inserts
//! these first (except for the port that stores stores). Times are whole seconds, so that a
//! database with microsecond precision loses nothing.
//!
//! [`stores_conformance!`]: crate::stores_conformance
//! [`sweeps_conformance!`]: crate::sweeps_conformance
//! [`live_lines_conformance!`]: crate::live_lines_conformance
//! [`sync_ledger_conformance!`]: crate::sync_ledger_conformance
//! [`webhook_ledger_conformance!`]: crate::webhook_ledger_conformance
//! [`webhook_rounds_conformance!`]: crate::webhook_rounds_conformance
//! [`erasures_conformance!`]: crate::erasures_conformance
//! [`audit_conformance!`]: crate::audit_conformance
//! [`activity_conformance!`]: crate::activity_conformance
//! [`cache_conformance!`]: crate::cache_conformance
//! [`signals_conformance!`]: crate::signals_conformance
//! [`host_conformance!`]: crate::host_conformance
#![expect(clippy::missing_panics_doc, reason = "every promise panics where it is not kept")]

pub mod activity;
pub mod audit;
pub mod cache;
pub mod erasures;
pub mod host;
pub mod live_lines;
pub mod signals;
pub mod stores;
pub mod sweeps;
pub mod sync_ledger;
#[cfg(test)]
mod tests;
pub mod webhook_ledger;
pub mod webhook_rounds;

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    AccountKey, Branding, BusinessHours, CustomerId, OrganizationId, Store, StoreId, TierPolicy,
};
use crate::ports::PortResult;
use crate::{Currency, Weekday};

/// Generates the tests of one port: a module `$tests` with one test per requirement.
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

/// Returns the two stores that the tests use.
pub fn sample_stores() -> [Store; 2] {
    ["conformance-north", "conformance-south"].map(sample_store)
}

/// The lease of a claim.
const LEASE: Duration = Duration::from_mins(1);

/// A lease that expires while a test waits: long for a responding ledger, short for the test.
const MOMENT: Duration = Duration::from_millis(400);

/// Waits until a lease of a [`MOMENT`] has expired.
async fn moment() {
    tokio::time::sleep(MOMENT + MOMENT / 8).await;
}

/// Returns the stores' account.
fn account() -> AccountKey {
    AccountKey { base_url: "https://chatwoot.example.com".to_owned(), account: 1.into() }
}

/// Returns another account on the same server.
fn other_account() -> AccountKey {
    AccountKey { account: 2.into(), ..account() }
}

fn sample_store(id: &str) -> Store {
    Store {
        locale: "nl".to_owned(),
        time_zone: "Europe/Amsterdam".to_owned(),
        branding: Some(Branding {
            color: "#1F93FF".to_owned(),
            welcome_title: "Hallo".to_owned(),
            welcome_tagline: String::new(),
            greeting: "Hoe gaat het? ☕".to_owned(),
        }),
        tiers: Some(good(TierPolicy::new([("bronze", 0), ("gold", 500)]))),
        organization: Some(good(OrganizationId::new("Nørth & Co"))),
        business_hours: Some(good(BusinessHours::closed().open(
            [Weekday::Monday, Weekday::Sunday],
            "09:00",
            "24:00",
        ))),
        ..Store::new(
            good(StoreId::new(id)),
            "Nørth & \"Söns\"",
            good("https://north.example.com/".parse()),
            "help@north.example.com",
            Currency::EUR,
        )
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

/// Returns a time some seconds after an instant that all tests share.
fn at(second: i64) -> Timestamp {
    good(Timestamp::from_second(1_790_000_000 + second))
}

/// Returns the result of a port that must succeed.
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

/// Returns a value that is valid by construction.
#[track_caller]
#[expect(clippy::panic, reason = "a promise that is not kept panics")]
fn good<T, E: Debug>(made: Result<T, E>) -> T {
    match made {
        Ok(value) => value,
        Err(error) => panic!("the promise's own code is wrong: {error:?}"),
    }
}

/// Returns the only one of the claims.
#[track_caller]
#[expect(clippy::panic, reason = "a promise that is not kept panics")]
fn only<T: Debug>(claims: Vec<T>, what: &str) -> T {
    match <[T; 1]>::try_from(claims) {
        Ok([claim]) => claim,
        Err(claims) => panic!("{what}: expected one claim, got {claims:#?}"),
    }
}
