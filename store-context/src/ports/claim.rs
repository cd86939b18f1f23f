//! What a ledger is asked for.

use std::time::Duration;

use crate::model::StoreId;

/// What a claim asks a ledger for.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    /// At most so many rows.
    pub limit: usize,
    /// At most so many of one store, as long as others have due rows too.
    pub share: usize,
    /// At most so many of bulk work. Of the sync ledger only: the webhook ledger has none.
    pub bulk: usize,
    /// How long the claims hold.
    pub lease: Duration,
    /// Stores of which this process has enough in hand: none of theirs are claimed.
    pub except: &'a [StoreId],
}
