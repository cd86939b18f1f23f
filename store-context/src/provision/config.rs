//! The configuration of provisioning, common to all stores of a host.

use url::Url;

use super::{EmailDomain, Steps};
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
    ///
    /// An account that is [adopted](super::Provisioner::adopt) has administrators of its own, and
    /// none is created there.
    pub administrator_domain: Option<EmailDomain>,
    /// The name of each store's team; Chatwoot lower-cases it.
    pub team: String,
    /// The labels of each store; Chatwoot lower-cases them.
    pub labels: Vec<String>,
    /// The title of the panel beside a conversation.
    pub panel_title: String,
    /// The steps that are provisioned.
    pub steps: Steps,
}

impl ProvisionConfig {
    /// Creates a configuration with the team `support`, the labels `order`, `return` and `vip`, the
    /// panel title `Customer`, and all steps.
    pub fn new(public_url: Url, administrator_domain: EmailDomain) -> Self {
        Self {
            administrator_domain: Some(administrator_domain),
            steps: Steps::default(),
            ..Self::for_own_accounts(public_url)
        }
    }

    /// Creates a configuration for accounts that are adopted: as [`ProvisionConfig::new`], without
    /// a domain for administrators, and without adding the token's user to the team and inboxes.
    ///
    /// ```
    /// use store_context::provision::{ProvisionConfig, Steps};
    ///
    /// let url = "https://shop.example.com/support".parse().unwrap();
    /// let config = ProvisionConfig::for_own_accounts(url);
    /// assert_eq!(config.steps, Steps { members: false, ..Steps::default() });
    /// ```
    pub fn for_own_accounts(public_url: Url) -> Self {
        Self {
            public_url,
            administrator_domain: None,
            team: "support".to_owned(),
            labels: ["order", "return", "vip"].map(str::to_owned).to_vec(),
            panel_title: "Customer".to_owned(),
            steps: Steps { members: false, ..Steps::default() },
        }
    }

    /// Returns one of this host's URLs with its token.
    pub(super) fn url(&self, of: Address, token: &AddressToken) -> String {
        of.url(&self.public_url, token)
    }

    /// Returns the token of a URL, if the URL is one of this host's.
    pub(super) fn token_of(&self, of: Address, url: &str) -> Option<AddressToken> {
        let before_token = self.url(of, &AddressToken::new(""));
        url.strip_prefix(&before_token).map(AddressToken::new)
    }
}
