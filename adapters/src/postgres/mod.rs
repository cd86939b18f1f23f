//! The engine's storage in Postgres, for hosts with several processes or many stores.
//!
//! The host passes its own pool of connections; nothing here opens another or reads the
//! environment. [`Migrations`] creates the tables in a schema of their own, and [`Database`] is what
//! each port is made of.
//!
//! # Tenancy
//! There are two kinds of tables. *Queues* hold ids, times, leases and fences, and workers claim
//! them across stores. *Payload* (stores, secrets, links, events, the audit trail) is under forced
//! row-level security: a transaction sees and writes only rows of the stores that it names, and one
//! that names none sees and writes nothing. The pool's role owns nothing and cannot bypass that.
//!
//! Leases and due times are counted on the database's clock.

mod database;
mod error;
mod migrations;
mod schema;
mod tables;
mod webhook_ledger;

pub use self::database::Database;
pub use self::error::DatabaseError;
pub use self::migrations::Migrations;
pub use self::schema::{InvalidSchema, Schema};
pub use self::webhook_ledger::PostgresWebhookLedger;
