//! The configuration of provisioning, common to all stores of a host.

use url::Url;

use super::EmailDomain;
use crate::ports::{Address, AddressToken};

/// The configuration of provisioning, common to all stores of a host.
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
    /// The URL at which Chatwoot and agents' browsers reach this host; webhooks and panel are
    /// served below it.
    pub public_url: Url,
    /// A domain whose mailboxes belong to the host: the email address of each store's administrator
    /// is in it. Anyone who can read that mailbox can take over the store's account, because
    /// Chatwoot sends password resets there, so it must never be the domain of an email provider.
    /// Changing the domain moves the administrators of stores that were provisioned before.
    pub administrator_domain: EmailDomain,
    /// The name of each store's team; Chatwoot lower-cases it.
    pub team: String,
    /// The labels of each store; Chatwoot lower-cases them.
    pub labels: Vec<String>,
    /// The title of the panel beside a conversation.
    pub panel_title: String,
}

impl ProvisionConfig {
    /// Creates a configuration with the team `support`, the labels `order`, `return` and `vip`, and
    /// the panel title `Customer`.
    pub fn new(public_url: Url, administrator_domain: EmailDomain) -> Self {
        Self {
            public_url,
            administrator_domain,
            team: "support".to_owned(),
            labels: ["order", "return", "vip"].map(str::to_owned).to_vec(),
            panel_title: "Customer".to_owned(),
        }
    }

    /// Returns one of this host's URLs with its token.
    pub(super) fn url(&self, of: Address, token: &AddressToken) -> String {
        of.url(&self.public_url, token)
    }
}
