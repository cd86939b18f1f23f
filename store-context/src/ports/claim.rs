//! The request with which a worker claims rows of a ledger.

use std::time::Duration;

use crate::model::StoreId;

/// The parameters of a claim.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    /// The maximum number of rows.
    pub limit: usize,
    /// The maximum number of rows per store while other stores have due rows too.
    pub share: usize,
    /// At most so many of bulk work. Of the sync ledger only: the webhook ledger has none.
    pub bulk: usize,
    /// How long the claims hold.
    pub lease: Duration,
    /// Stores that already have enough rows in work in this process: none of theirs are claimed.
    pub except: &'a [StoreId],
}
