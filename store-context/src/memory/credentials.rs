//! Tokens and secrets per store, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, Credentials, PortResult, StoreCredentials};

/// Keeps tokens and secrets in memory, which they never leave; `Debug` shows none of them.
#[derive(Debug, Default)]
pub struct MemoryCredentials(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stores: HashMap<StoreId, StoreCredentials>,
    addresses: HashMap<(Address, AddressToken), StoreId>,
}

impl MemoryCredentials {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

fn addresses(
    credentials: &StoreCredentials,
) -> impl Iterator<Item = (Address, AddressToken)> + use<> {
    let webhook = credentials.webhook_address.clone().map(|token| (Address::Webhook, token));
    let panel = credentials.panel_address.clone().map(|token| (Address::Panel, token));
    webhook.into_iter().chain(panel)
}

#[async_trait]
impl Credentials for MemoryCredentials {
    async fn get(&self, store: &StoreId) -> PortResult<StoreCredentials> {
        Ok(lock(&self.0).stores.get(store).cloned().unwrap_or_default())
    }

    async fn put(&self, store: &StoreId, credentials: &StoreCredentials) -> PortResult<()> {
        let mut state = lock(&self.0);
        if let Some(before) = state.stores.insert(store.clone(), credentials.clone()) {
            for address in addresses(&before) {
                if state.addresses.get(&address) == Some(store) {
                    state.addresses.remove(&address);
                }
            }
        }
        for address in addresses(credentials) {
            state.addresses.insert(address, store.clone());
        }
        Ok(())
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
    ) -> PortResult<Option<StoreId>> {
        Ok(lock(&self.0).addresses.get(&(address, token.clone())).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_conforms() {
        crate::conformance::credentials(&MemoryCredentials::new()).await;
    }

    #[tokio::test]
    async fn debug_shows_no_secret() {
        let port = MemoryCredentials::new();
        let kept = StoreCredentials {
            user_token: Some("tok-1".into()),
            webhook_secret: Some("sec-2".into()),
            previous_webhook_secret: Some("sec-7".into()),
            website_hmac: Some("sec-3".into()),
            api_hmac: Some("sec-4".into()),
            webhook_address: Some(AddressToken::new("adr-5")),
            panel_address: Some(AddressToken::new("adr-6")),
        };
        port.put(&StoreId::new("north").unwrap(), &kept).await.unwrap();
        let text = format!("{port:?}");
        assert!(text.contains("north"));
        assert!(!["tok-", "sec-", "adr-"].iter().any(|secret| text.contains(secret)), "{text}");
    }
}
