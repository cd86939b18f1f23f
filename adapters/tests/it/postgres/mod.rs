//! The storage in Postgres, on a real server.

mod activity;
mod audit_trail;
mod erasures;
mod isolation;
mod lifecycle;
mod live_lines;
mod migrations;
mod rls_audit;
mod sealed;
mod stores;
mod sweeps;
mod sync_ledger;
mod webhooks;
