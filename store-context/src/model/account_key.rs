//! The key of an account on one Chatwoot server.

use std::fmt;

use chatwoot_client::AccountId;
use serde::{Deserialize, Serialize};
use url::Url;

/// The key of an account on one Chatwoot server: the server's base URL and the account's number
/// there.
///
/// Links, event keys, states and cursors are scoped to an account, not only to a store: when a
/// store gets another account or moves to another server, data of the old one is ignored.
///
/// ```
/// use store_context::model::AccountKey;
///
/// let key = AccountKey::new(&"https://chatwoot.example.com/".parse()?, 7.into());
/// assert_eq!(key.base_url, "https://chatwoot.example.com");
/// assert_eq!(key.to_string(), "https://chatwoot.example.com#7");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountKey {
    /// The server's base URL, without a trailing slash.
    pub base_url: String,
    /// The account.
    pub account: AccountId,
}

impl AccountKey {
    /// Creates the key of an account on the server at a base URL.
    pub fn new(base_url: &Url, account: AccountId) -> Self {
        Self { base_url: base_url.as_str().trim_end_matches('/').to_owned(), account }
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.base_url, self.account)
    }
}
