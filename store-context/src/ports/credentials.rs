//! Tokens and secrets per store.

use std::fmt;

use async_trait::async_trait;
use chatwoot_client::{Secret, UserToken};

use super::PortResult;
use crate::model::StoreId;

/// What a store's desk is opened and proved with. `Debug` shows none of it.
#[derive(Clone, Debug, Default)]
pub struct StoreCredentials {
    /// The administrator's access token.
    pub user_token: Option<UserToken>,
    /// The account webhook's secret.
    pub webhook_secret: Option<Secret>,
    /// The webhook's secret before this one: it verifies too while the secret is being changed.
    pub previous_webhook_secret: Option<Secret>,
    /// The website inbox's HMAC token: it proves a customer's identity to the widget.
    pub website_hmac: Option<Secret>,
    /// The API inbox's HMAC token.
    pub api_hmac: Option<Secret>,
    /// The unguessable part of the webhook's address.
    pub webhook_address: Option<AddressToken>,
    /// The unguessable part of the panel's address.
    pub panel_address: Option<AddressToken>,
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
    pub fn random() -> PortResult<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| super::PortError::new("randomness", error))?;
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

/// Keeps tokens and secrets: sealed, if they leave memory.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The store's credentials; empty ones if nothing is kept.
    async fn get(&self, store: &StoreId) -> PortResult<StoreCredentials>;

    /// Keeps the store's credentials, in place of those before.
    async fn put(&self, store: &StoreId, credentials: &StoreCredentials) -> PortResult<()>;

    /// Whose address this is.
    async fn store_at(&self, address: Address, token: &AddressToken)
    -> PortResult<Option<StoreId>>;
}
