//! Accounts and credentials to be stored.

use chatwoot_client::{AccountId, InboxId, Secret};
use jiff::Timestamp;

use crate::conformance::{at, good};
use crate::ports::{
    AddressToken, AdoptedResources, BoundToken, Expiring, StoreAccount, StoreCredentials,
};

pub(super) fn begun(account: u64) -> StoreAccount {
    StoreAccount {
        base_url: Some(good("https://chatwoot.example.com/desk".parse())),
        account: Some(AccountId(account)),
        ..StoreAccount::default()
    }
}

pub(super) fn more(begun: &StoreAccount) -> StoreAccount {
    StoreAccount {
        website_inbox: Some(InboxId(u64::from(u32::MAX))),
        website_token: Some("token".to_owned()),
        adopted: AdoptedResources {
            account: true,
            team: true,
            inboxes: vec![InboxId(u64::from(u32::MAX))],
        },
        ..begun.clone()
    }
}

/// Returns complete credentials with unique URLs.
pub(super) fn all() -> StoreCredentials {
    StoreCredentials {
        user_token: Some(BoundToken {
            base_url: good("https://chatwoot.example.com/desk".parse()),
            token: "user".into(),
        }),
        webhook_secret: Some("newest".into()),
        previous_webhook_secret: Some(previous("older".into())),
        website_hmac: Some("website".into()),
        api_hmac: Some("apı".into()),
        webhook_address: Some(good(AddressToken::random())),
        previous_webhook_address: Some(previous(good(AddressToken::random()))),
        panel_address: Some(good(AddressToken::random())),
        panel_address_since: Some(PAST),
        previous_panel_address: Some(previous(good(AddressToken::random()))),
        identifier_key: Some("identifiers".into()),
        proof_key: Some("proofs".into()),
        previous_proof_key: Some(previous("older proofs".into())),
    }
}

pub(super) fn webhook_only() -> StoreCredentials {
    StoreCredentials {
        webhook_address: Some(good(AddressToken::random())),
        ..StoreCredentials::default()
    }
}

/// Returns the same credentials with a new webhook URL, and without a user and a panel.
pub(super) fn renewed(before: &StoreCredentials) -> StoreCredentials {
    StoreCredentials {
        webhook_address: Some(good(AddressToken::random())),
        previous_webhook_address: None,
        panel_address: None,
        previous_panel_address: None,
        user_token: None,
        ..before.clone()
    }
}

/// Returns every secret as text, for comparison; never printed.
pub(super) fn texts(credentials: &StoreCredentials) -> Vec<Option<String>> {
    let StoreCredentials {
        user_token,
        webhook_secret,
        previous_webhook_secret,
        website_hmac,
        api_hmac,
        webhook_address,
        previous_webhook_address,
        panel_address,
        panel_address_since,
        previous_panel_address,
        identifier_key,
        proof_key,
        previous_proof_key,
    } = credentials;
    let text = |secret: &Secret| secret.expose().to_owned();
    let bound = |it: &BoundToken| format!("{} at {}", text(it.token.secret()), it.base_url);
    let expiring = |previous: &Expiring<Secret>| {
        format!("{} until {}", previous.value.expose(), previous.until)
    };
    let address = |previous: &Expiring<AddressToken>| {
        format!("{} until {}", previous.value.expose(), previous.until)
    };
    vec![
        user_token.as_ref().map(bound),
        website_hmac.as_ref().map(text),
        api_hmac.as_ref().map(text),
        webhook_address.as_ref().map(|token| token.expose().to_owned()),
        panel_address.as_ref().map(|token| token.expose().to_owned()),
        panel_address_since.map(|since| since.to_string()),
        webhook_secret.as_ref().map(text),
        previous_webhook_secret.as_ref().map(expiring),
        previous_webhook_address.as_ref().map(address),
        previous_panel_address.as_ref().map(address),
        identifier_key.as_ref().map(text),
        proof_key.as_ref().map(text),
        previous_proof_key.as_ref().map(expiring),
    ]
}

/// A time that is expired by every clock, and one that is not: no clock is read here.
pub(super) const PAST: Timestamp = Timestamp::UNIX_EPOCH;

pub(super) fn previous<T>(value: T) -> Expiring<T> {
    Expiring { value, until: at(100_000_000_000) }
}
