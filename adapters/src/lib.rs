//! Adapters: what connects the engine with the crates that a host already uses. Each one is behind
//! the feature of its name, and none is on by default.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "axum")]
pub mod axum;
