//! What every store of a host gets.

use url::Url;

use super::EmailDomain;
use crate::ports::{Address, AddressToken};

/// What every store of a host gets.
///
/// ```
/// use store_context::provision::ProvisionConfig;
///
/// let config = ProvisionConfig {
///     labels: vec!["order".into(), "return".into()],
///     ..ProvisionConfig::new(
///         "https://shop.example.com/support".parse().unwrap(),
///         "shop.example.com".parse().unwrap(),
///     )
/// };
/// assert_eq!(config.team, "support");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionConfig {
    /// Where Chatwoot and agents' browsers reach this host; webhooks and panel lie below it.
    pub public_url: Url,
    /// A domain whose mailboxes are the host's own: the address of each store's administrator is in
    /// it. Nobody reads that mailbox, and whoever does is the store's administrator, because
    /// Chatwoot sends password resets there: never a provider's domain. Another domain moves the
    /// administrators of stores that were provisioned before.
    pub administrator_domain: EmailDomain,
    /// The name of each store's team; Chatwoot makes it lower case.
    pub team: String,
    /// The labels of each store; Chatwoot makes them lower case.
    pub labels: Vec<String>,
    /// The panel's title beside a conversation.
    pub panel_title: String,
}

impl ProvisionConfig {
    /// A team `support`, the labels `order`, `return` and `vip`, a panel `Customer`.
    pub fn new(public_url: Url, administrator_domain: EmailDomain) -> Self {
        Self {
            public_url,
            administrator_domain,
            team: "support".to_owned(),
            labels: ["order", "return", "vip"].map(str::to_owned).to_vec(),
            panel_title: "Customer".to_owned(),
        }
    }

    /// The whole of an address of this host.
    pub(super) fn url(&self, of: Address, token: &AddressToken) -> String {
        let base = self.public_url.as_str().trim_end_matches('/');
        format!("{base}{}/{}", of.path(), token.expose())
    }
}
