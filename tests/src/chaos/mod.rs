//! A host of three processes that are killed at random, while Postgres and Redis crash.
//!
//! The driver runs a fake Chatwoot over HTTP, a Postgres and a Redis, and provisions stores.
//! Visitors write, customers change, and each webhook is sent to one of the workers, as by a load
//! balancer. The workers are processes of the same binary with a webhook endpoint and an engine.
//! At the end nothing may be lost, doubled or out of order, and each contact must be what its
//! customer computes to.

mod balancer;
mod changes;
mod contacts;
mod driver;
mod fleet;
mod judge;
mod restore;
mod servers;
mod trouble;
mod visitors;
mod worker;
mod world;

use std::time::Duration;

pub use self::driver::run;
pub use self::judge::Report;
pub use self::restore::{Restored, dump_and_restore};
pub use self::worker::work;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of messages that visitors write. Each is delivered, and so is the note that a
    /// worker writes on it.
    pub deliveries: u32,
    /// The number of changes of customers.
    pub changes: u32,
    /// How often a worker is killed.
    pub kills: u32,
    /// How often Postgres crashes.
    pub postgres_crashes: u32,
    /// How often Redis is killed.
    pub redis_kills: u32,
    /// The number of stores.
    pub stores: u32,
    /// The time in which everything above happens, evenly.
    pub lasting: Duration,
    /// How long the workers may take for what is left.
    pub settle_within: Duration,
    /// The argument that makes this program a worker.
    pub worker_argument: &'static str,
}

/// Locks a mutex; a thread that panicked with it ended the run.
fn lock<T>(state: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
