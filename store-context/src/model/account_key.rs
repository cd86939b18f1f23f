//! Which account, on which server.

use chatwoot_client::AccountId;
use serde::{Deserialize, Serialize};
use url::Url;

/// An account on one Chatwoot: its server's base URL and its number there.
///
/// Links, event keys, known states and cursors belong to an account, not only to a store: when a
/// store gets another account, or moves to another server, nothing that was known of the old one
/// counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountKey {
    /// The server's base URL, without a slash at its end.
    pub base_url: String,
    /// The account.
    pub account: AccountId,
}

impl AccountKey {
    /// Returns the key of an account on a server.
    pub fn new(base_url: &Url, account: AccountId) -> Self {
        Self { base_url: base_url.as_str().trim_end_matches('/').to_owned(), account }
    }
}
