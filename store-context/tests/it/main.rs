//! The engine against a whole Chatwoot, the client's fake, in one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod accounts;
mod adoption;
mod dependencies;
mod doctor;
mod drift;
mod host_ports;
mod identity;
mod intake;
mod panel;
mod points_sync;
mod proof;
mod provision;
mod reconcile;
mod rules;
mod support;
mod sync;
mod visitor;
