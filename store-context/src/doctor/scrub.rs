//! Removes a store's secrets from texts.

use chatwoot_client::Secret;

use crate::ports::StoreRecord;

/// The shortest text that is taken for a secret.
const SHORTEST: usize = 6;

/// The secrets of a store. No check writes one into a text; an error of a port or a proxy might.
#[derive(Default)]
pub(super) struct Scrub(Vec<Secret>);

impl Scrub {
    pub(super) fn of(record: &StoreRecord) -> Self {
        let kept = &record.credentials;
        let mut all: Vec<Secret> = Vec::new();
        all.extend(kept.user_token.as_ref().map(|token| token.token.secret().clone()));
        let secrets = [
            &kept.webhook_secret,
            &kept.website_hmac,
            &kept.api_hmac,
            &kept.identifier_key,
            &kept.proof_key,
        ];
        all.extend(secrets.into_iter().flatten().cloned());
        let previous = [&kept.previous_webhook_secret, &kept.previous_proof_key];
        all.extend(previous.into_iter().flatten().map(|previous| previous.value.clone()));
        let addresses = [&kept.webhook_address, &kept.panel_address].into_iter().flatten();
        let previous = [&kept.previous_webhook_address, &kept.previous_panel_address];
        let previous = previous.into_iter().flatten().map(|previous| &previous.value);
        all.extend(addresses.chain(previous).map(|address| Secret::new(address.expose())));
        Self(all)
    }

    pub(super) fn and(mut self, secret: Option<&Secret>) -> Self {
        self.0.extend(secret.cloned());
        self
    }

    pub(super) fn clean(&self, mut text: String) -> String {
        for secret in &self.0 {
            let secret = secret.expose();
            if secret.len() >= SHORTEST && text.contains(secret) {
                text = text.replace(secret, "***");
            }
        }
        text
    }
}
