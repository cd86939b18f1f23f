//! Tokens and secrets per store.

use std::fmt;

use chatwoot_client::{Secret, UserToken};
use jiff::Timestamp;
use url::Url;

use crate::ports::PortFailure;

/// The credentials of a store's Chatwoot account: tokens, secrets and keys. `Debug` shows none of
/// them.
#[derive(Clone, Debug, Default)]
pub struct StoreCredentials {
    /// The administrator's access token, with the base URL that it belongs to.
    pub user_token: Option<BoundToken>,
    /// The account webhook's secret.
    pub webhook_secret: Option<Secret>,
    /// The webhook's previous secret, still accepted while the secret is being rotated.
    pub previous_webhook_secret: Option<Expiring<Secret>>,
    /// The website inbox's HMAC token, which signs a customer's identity for the widget.
    pub website_hmac: Option<Secret>,
    /// The API inbox's HMAC token.
    pub api_hmac: Option<Secret>,
    /// The unguessable part of the webhook's URL.
    pub webhook_address: Option<AddressToken>,
    /// The previous unguessable part of the webhook's URL, which is still served while the webhook
    /// is rotated.
    pub previous_webhook_address: Option<Expiring<AddressToken>>,
    /// The unguessable part of the panel's URL.
    pub panel_address: Option<AddressToken>,
    /// When Chatwoot began to use this panel URL; `None` while that is not known, for example after
    /// a rotation was interrupted.
    pub panel_address_since: Option<Timestamp>,
    /// The previous unguessable part of the panel's URL.
    pub previous_panel_address: Option<Expiring<AddressToken>>,
    /// The key for the values derived for the store: contact identifiers and its administrator's
    /// email address. It stays the same as long as the store's account exists, because another key
    /// gives every contact another identifier.
    pub identifier_key: Option<Secret>,
    /// The key of the proofs on conversations and of the panel's tokens.
    pub proof_key: Option<Secret>,
    /// The previous key of the proofs.
    pub previous_proof_key: Option<Expiring<Secret>>,
}

/// A user's token together with the base URL of the Chatwoot server that it belongs to. It is never
/// sent to another server. `Debug` does not show the token.
#[derive(Clone, Debug)]
pub struct BoundToken {
    /// The base URL of the Chatwoot server.
    pub base_url: Url,
    /// The token.
    pub token: UserToken,
}

impl BoundToken {
    /// Returns whether the token belongs to the Chatwoot server at a base URL; a trailing slash
    /// makes no difference.
    pub fn is_for(&self, base_url: &Url) -> bool {
        let text = |url: &'_ Url| url.as_str().trim_end_matches('/').to_owned();
        text(&self.base_url) == text(base_url)
    }
}

/// A value that was replaced and is accepted until a given time.
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
    /// The value that was replaced.
    pub value: T,
    /// The time from which the value is no longer accepted.
    pub until: Timestamp,
}

impl<T> Expiring<T> {
    /// Returns the value if it is still accepted at a time.
    pub fn at(&self, now: Timestamp) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }
}

/// One of the two URLs of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// The URL to which Chatwoot sends webhooks.
    Webhook,
    /// The URL from which agents load the panel.
    Panel,
}

impl Address {
    /// Returns the whole URL with its token, below a host's public URL.
    ///
    /// ```
    /// use store_context::ports::{Address, AddressToken};
    ///
    /// let public_url = "https://shop.example.com/support/".parse().unwrap();
    /// let url = Address::Panel.url(&public_url, &AddressToken::new("1f2e"));
    /// assert_eq!(url, "https://shop.example.com/support/panel/1f2e");
    /// ```
    pub fn url(self, public_url: &Url, token: &AddressToken) -> String {
        let base = public_url.as_str().trim_end_matches('/');
        format!("{base}{}/{}", self.path(), token.expose())
    }

    /// Returns the public URL in a URL with one of these tokens; `None` for any other URL.
    pub(crate) fn public_url<'a>(
        self,
        url: &str,
        tokens: impl IntoIterator<Item = &'a AddressToken>,
    ) -> Option<Url> {
        let (rest, last) = url.rsplit_once('/')?;
        tokens.into_iter().find(|token| token.expose() == last)?;
        rest.strip_suffix(self.path())?.parse().ok()
    }

    /// Returns the path before the unguessable part. Provisioning configures it in Chatwoot and
    /// adapters serve it: `{public_url}{path}/{token}`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Webhook => "/webhooks/chatwoot",
            Self::Panel => "/panel",
        }
    }
}

/// The unguessable part of a URL: 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AddressToken(Box<str>);

impl AddressToken {
    /// Creates a new token from the operating system's random number generator.
    ///
    /// # Errors
    /// Returns an error if the operating system provides no random bytes.
    pub fn random() -> Result<Self, PortFailure> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| PortFailure::new("randomness", error))?;
        Ok(Self(hex::encode(bytes).into()))
    }

    /// Creates a token from the text of a request or from storage.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_boxed_str())
    }

    /// Returns the text, for building the URL.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AddressToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressToken(***)")
    }
}
