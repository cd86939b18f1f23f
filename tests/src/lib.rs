//! Helpers of the tests that cross crates.

pub mod answers;
pub mod chaos;
pub mod check;
pub mod compare;
pub mod contract;
pub mod fuzz;
pub mod layers;
pub mod mutate;
pub mod operations;
pub mod parity;
pub mod recordings;
pub mod replay;
pub mod route;
pub mod simulate;

/// Compiles the README's code.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Compiles the code of `docs/saas-tenants.md`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/saas-tenants.md")]
struct SaasTenants;
