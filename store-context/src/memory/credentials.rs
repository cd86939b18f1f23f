//! Tokens and secrets per store, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;

use super::lock;
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, Credentials, PortResult, StoreCredentials};

/// Keeps tokens and secrets in memory, which they never leave; `Debug` shows none of them.
#[derive(Debug, Default)]
pub struct MemoryCredentials(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stores: HashMap<StoreId, StoreCredentials>,
    /// Whose an address is; one that was replaced, until when.
    addresses: HashMap<(Address, AddressToken), (StoreId, Option<Timestamp>)>,
}

impl MemoryCredentials {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

fn addresses(
    credentials: &StoreCredentials,
) -> impl Iterator<Item = ((Address, AddressToken), Option<Timestamp>)> + use<> {
    let StoreCredentials { webhook_address, panel_address, previous_panel_address, .. } =
        credentials.clone();
    let previous = previous_panel_address
        .map(|previous| ((Address::Panel, previous.value), Some(previous.until)));
    let webhook = webhook_address.map(|token| ((Address::Webhook, token), None));
    let panel = panel_address.map(|token| ((Address::Panel, token), None));
    previous.into_iter().chain(webhook).chain(panel)
}

#[async_trait]
impl Credentials for MemoryCredentials {
    async fn get(&self, store: &StoreId) -> PortResult<StoreCredentials> {
        Ok(lock(&self.0).stores.get(store).cloned().unwrap_or_default())
    }

    async fn put(&self, store: &StoreId, credentials: &StoreCredentials) -> PortResult<()> {
        let mut state = lock(&self.0);
        if let Some(before) = state.stores.insert(store.clone(), credentials.clone()) {
            for (address, _) in addresses(&before) {
                if state.addresses.get(&address).is_some_and(|(of, _)| of == store) {
                    state.addresses.remove(&address);
                }
            }
        }
        for (address, until) in addresses(credentials) {
            state.addresses.insert(address, (store.clone(), until));
        }
        Ok(())
    }

    async fn store_at(
        &self,
        address: Address,
        token: &AddressToken,
        now: Timestamp,
    ) -> PortResult<Option<StoreId>> {
        let state = lock(&self.0);
        let found = state.addresses.get(&(address, token.clone()));
        let valid = found.filter(|(_, until)| until.is_none_or(|until| now < until));
        Ok(valid.map(|(store, _)| store.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Expiring;

    crate::credentials_conformance!(async { MemoryCredentials::new() });

    fn expiring<T>(value: T) -> Expiring<T> {
        Expiring { value, until: Timestamp::MAX }
    }

    #[tokio::test]
    async fn debug_shows_no_secret() {
        let port = MemoryCredentials::new();
        let kept = StoreCredentials {
            user_token: Some("tok-1".into()),
            webhook_secret: Some("sec-2".into()),
            previous_webhook_secret: Some(expiring("sec-7".into())),
            website_hmac: Some("sec-3".into()),
            api_hmac: Some("sec-4".into()),
            webhook_address: Some(AddressToken::new("adr-5")),
            panel_address: Some(AddressToken::new("adr-6")),
            panel_address_since: Some(Timestamp::UNIX_EPOCH),
            previous_panel_address: Some(expiring(AddressToken::new("adr-8"))),
            identifier_key: Some("sec-9".into()),
            proof_key: Some("sec-10".into()),
            previous_proof_key: Some(expiring("sec-11".into())),
        };
        port.put(&StoreId::new("north").unwrap(), &kept).await.unwrap();
        let text = format!("{port:?}");
        assert!(text.contains("north"));
        assert!(!["tok-", "sec-", "adr-"].iter().any(|secret| text.contains(secret)), "{text}");
    }
}
