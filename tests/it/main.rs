//! Tests that cross crates.

mod answers;
mod asked;
mod axum;
mod behaviour;
mod behaviour_widget;
mod broken_ledger;
mod browser;
mod chaos;
mod conformance;
mod contact_stream;
mod contract;
mod dependencies;
mod documents;
mod erasure;
mod fuzz;
mod host;
mod layers;
mod odd_answers;
mod operations;
mod panel;
mod parity;
mod recordings_account;
mod recordings_contacts;
mod recordings_conversations;
mod recordings_extras;
mod recordings_files;
mod recordings_help_center;
mod recordings_public;
mod recordings_reports;
mod recordings_settings;
mod recordings_settings_rules;
mod recordings_widget;
mod redis;
mod redis_budget;
mod redis_outage;
mod refusals_conversations;
mod secrets;
#[path = "../../chatwoot-client/tests/it/shapes.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is the client's, whose tests use it all")]
mod shapes;
mod simulate;
mod snippet;
mod talks;
mod webhook_parity;
mod webhook_sockets;
mod webhooks;
