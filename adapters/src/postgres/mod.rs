//! The engine's storage in Postgres, for hosts with several processes or many stores.
//!
//! The host passes its own pool of connections; nothing here opens another or reads the
//! environment. [`Migrations`] creates the tables in a schema of their own, and [`Database`] is what
//! each port is made of; [`ports()`] makes all of them.
//!
//! # Tenancy
//! There are two kinds of tables. *Queues* hold ids, times, leases and fences, and workers claim
//! them across stores. *Payload* (stores, secrets, links, events, the audit trail) is under forced
//! row-level security: a transaction sees and writes only rows of the stores that it names, and one
//! that names none sees and writes nothing. The pool's role owns nothing and cannot bypass that.
//!
//! Leases and due times are counted on the database's clock.

mod activity;
mod audit;
mod database;
mod erasures;
mod error;
mod live_lines;
mod migrations;
mod ports;
mod rls_audit;
mod schema;
mod seal;
mod stores;
mod sweeps;
mod sync_ledger;
mod tables;
mod values;
mod webhook_ledger;

pub use self::activity::PostgresActivityLog;
pub use self::audit::{AuditMaintenance, AuditRetention, PostgresAuditTrail};
pub use self::database::Database;
pub use self::erasures::PostgresErasures;
pub use self::error::DatabaseError;
pub use self::live_lines::PostgresLiveLines;
pub use self::migrations::Migrations;
pub use self::ports::ports;
pub use self::rls_audit::{Breach, RlsAudit, Rule};
pub use self::schema::{InvalidSchema, Schema};
pub use self::seal::{
    InvalidKeyId, KeyId, KeyRing, KeyRingError, SealError, SealProblem, SealingKey, SealingKeys,
};
pub use self::stores::{PostgresStores, ResealStep};
pub use self::sweeps::PostgresSweeps;
pub use self::sync_ledger::PostgresSyncLedger;
pub use self::webhook_ledger::PostgresWebhookLedger;
