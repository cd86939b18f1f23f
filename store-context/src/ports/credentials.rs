//! Tokens and secrets per store.

use std::fmt;

use chatwoot_client::{Secret, UserToken};
use jiff::Timestamp;
use url::Url;

use super::PortFailure;

/// What a store's account is opened and proved with. `Debug` shows none of it.
#[derive(Clone, Debug, Default)]
pub struct StoreCredentials {
    /// The administrator's access token, with the base URL that it is for.
    pub user_token: Option<BoundToken>,
    /// The account webhook's secret.
    pub webhook_secret: Option<Secret>,
    /// The webhook's secret before this one: it verifies too while the secret is being changed.
    pub previous_webhook_secret: Option<Expiring<Secret>>,
    /// The website inbox's HMAC token: it proves a customer's identity to the widget.
    pub website_hmac: Option<Secret>,
    /// The API inbox's HMAC token.
    pub api_hmac: Option<Secret>,
    /// The unguessable part of the webhook's address.
    pub webhook_address: Option<AddressToken>,
    /// The unguessable part of the panel's address.
    pub panel_address: Option<AddressToken>,
    /// Since when Chatwoot shows this address; `None` while that is not known, as when a rotation
    /// was cut short.
    pub panel_address_since: Option<Timestamp>,
    /// The panel's address before this one.
    pub previous_panel_address: Option<Expiring<AddressToken>>,
    /// The key of what is derived for the store: contact identifiers and its administrator's
    /// address. It stays for as long as the store's account does: another key gives every contact
    /// another identifier.
    pub identifier_key: Option<Secret>,
    /// The key of the proofs on conversations, and of the panel's tokens.
    pub proof_key: Option<Secret>,
    /// The key of the proofs before this one.
    pub previous_proof_key: Option<Expiring<Secret>>,
}

/// A user's token, kept together with the base URL of the Chatwoot that it is for. It is never sent
/// to another. `Debug` shows no token.
#[derive(Clone, Debug)]
pub struct BoundToken {
    /// The Chatwoot's base URL.
    pub base_url: Url,
    /// The token.
    pub token: UserToken,
}

impl BoundToken {
    /// Returns whether the token is for the Chatwoot at a base URL; a slash at the end makes no
    /// difference.
    pub fn is_for(&self, base_url: &Url) -> bool {
        let text = |url: &'_ Url| url.as_str().trim_end_matches('/').to_owned();
        text(&self.base_url) == text(base_url)
    }
}

/// What was replaced, and until when it is still taken.
///
/// ```
/// use store_context::Timestamp;
/// use store_context::ports::Expiring;
///
/// let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
/// let previous = Expiring { value: "old", until: now };
/// assert_eq!(previous.at(now - std::time::Duration::from_secs(1)), Some(&"old"));
/// assert_eq!(previous.at(now), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring<T> {
    /// What was replaced.
    pub value: T,
    /// From this time on it is not taken any more.
    pub until: Timestamp,
}

impl<T> Expiring<T> {
    /// Returns the value if it is still taken at a time.
    pub fn at(&self, now: Timestamp) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }
}

/// Which of a store's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// Where Chatwoot sends webhooks.
    Webhook,
    /// Where agents load the panel from.
    Panel,
}

impl Address {
    /// The path before the unguessable part, which provisioning writes into Chatwoot and adapters
    /// serve: `{public_url}{path}/{token}`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Webhook => "/webhooks/chatwoot",
            Self::Panel => "/panel",
        }
    }
}

/// The unguessable part of an address: 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AddressToken(String);

impl AddressToken {
    /// A new one, from the operating system's randomness.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn random() -> Result<Self, PortFailure> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| PortFailure::new("randomness", error))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// One that came in with a request, or was kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for building the address.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressToken(***)")
    }
}
