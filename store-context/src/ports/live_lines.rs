//! Which process listens to the live feed of which store.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::StoreId;

/// A process's claim on a store's line: the one connection to the live feed of its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineClaim {
    /// The store.
    pub store: StoreId,
    /// The fencing token. It increases with each claim of the store's line: an older claim changes
    /// nothing any more.
    pub fence: u64,
}

/// Stores which process holds the line of which store, so that several processes share the lines
/// and those of a dead process go to the others.
///
/// Times are durations, counted on the port's own clock. A process holds hundreds of lines, so each
/// method takes a batch. In SQL this is one small table: store, due, fence, held.
#[async_trait]
pub trait LiveLines: Send + Sync {
    /// Adds the lines of stores, which may be claimed now. Lines that are there already stay as
    /// they are.
    async fn schedule(&self, stores: &[StoreId]) -> PortResult<()>;

    /// Claims up to `limit` lines that may be claimed, in any order; those that nobody held for
    /// longest if there are more. A line that is held may be claimed when its lease has expired.
    async fn claim(&self, limit: usize, lease: Duration) -> PortResult<Vec<LineClaim>>;

    /// Extends claims to `lease` from now. Returns which of them are still valid. A claim stays
    /// valid after its lease until another one is made.
    async fn extend(&self, claims: &[LineClaim], lease: Duration) -> PortResult<Vec<bool>>;

    /// Ends claims; the lines may be claimed again after `next`. Lost claims change nothing.
    async fn release(&self, claims: &[LineClaim], next: Duration) -> PortResult<()>;

    /// Removes a store's line; its claim is lost.
    async fn forget_store(&self, store: &StoreId) -> PortResult<()>;
}
