//! Which account on which Chatwoot.

use chatwoot_client::AccountId;
use serde::{Deserialize, Serialize};
use url::Url;

/// An account on one Chatwoot: its server's base URL and its number there.
///
/// Links, event keys, states and cursors belong to an account, not only to a store: when a store
/// gets another account, or moves to another server, nothing that was known of the old one counts.
///
/// ```
/// use store_context::model::AccountKey;
///
/// let url = "https://desk.example.com/".parse().unwrap();
/// let key = AccountKey::new(&url, 7.into());
/// assert_eq!(key.base_url, "https://desk.example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountKey {
    /// The server's base URL, without a slash at its end.
    pub base_url: String,
    /// The account.
    pub account: AccountId,
}

impl AccountKey {
    /// Creates the key of an account on a server.
    pub fn new(base_url: &Url, account: AccountId) -> Self {
        Self { base_url: base_url.as_str().trim_end_matches('/').to_owned(), account }
    }
}
