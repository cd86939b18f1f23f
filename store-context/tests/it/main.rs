//! Tests of the engine with a complete Chatwoot, the client's fake, in one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod accounts;
mod activity;
mod adopt;
mod adoption;
mod audit;
mod background;
mod dependencies;
mod doctor;
mod drift;
mod engine;
mod gone;
mod handler_context;
mod host_ports;
mod identity;
mod intake;
mod panel;
mod plan;
mod points_intake;
mod points_sync;
mod proof;
mod provision;
mod reconcile;
mod reconcile_cost;
mod rules;
mod support;
mod sync;
mod visitor;
mod webhook_probe;
