//! Tests of the engine with a complete Chatwoot, the client's fake, in one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod accounts;
mod activity;
mod adopt;
mod adoption;
mod attributes;
mod audit;
mod background;
mod dependencies;
mod doctor;
mod drift;
mod engine;
mod erasure;
mod export;
mod gone;
mod handler_context;
mod host_ports;
mod identity;
mod intake;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod live_lines;
mod offboard;
mod panel;
mod plan;
mod points_intake;
mod points_sync;
mod post;
mod privacy;
mod proof;
mod provision;
mod reconcile;
mod reconcile_cost;
mod repoint;
mod rotate;
mod round_trip;
mod rules;
mod support;
mod suspend;
mod sync;
mod verify;
mod visitor;
mod webhook_probe;
