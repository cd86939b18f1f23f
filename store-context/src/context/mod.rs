//! The snapshot that agents and bots see of a customer: read from the host, kept for a while.

mod flight;
mod service;

pub use self::service::{ContextConfig, ContextService};
