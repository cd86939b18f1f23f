//! The engine against a whole Chatwoot, the client's fake, in one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod dependencies;
mod identity;
mod intake;
mod panel;
mod provision;
mod reconcile;
mod support;
mod sync;
