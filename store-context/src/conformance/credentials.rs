//! What a keeper of credentials must do.

use std::time::Duration;

use chatwoot_client::Secret;
use jiff::Timestamp;

use super::{north, ok, south};
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, Credentials, Expiring, StoreCredentials};

/// Checks an empty [`Credentials`].
///
/// # Panics
/// It does not do what the port says.
pub async fn credentials(port: &dyn Credentials) {
    let nothing = texts(&StoreCredentials::default());
    assert!(texts(&ok(port.get(&north()).await)) == nothing, "credentials start empty");

    let first = StoreCredentials {
        user_token: Some("user".into()),
        webhook_secret: Some("newest".into()),
        previous_webhook_secret: Some(previous("older".into())),
        website_hmac: Some("website".into()),
        api_hmac: Some("apı".into()),
        webhook_address: Some(ok(AddressToken::random())),
        panel_address: Some(ok(AddressToken::random())),
        panel_address_since: Some(NOW),
        previous_panel_address: Some(previous(ok(AddressToken::random()))),
        identifier_key: Some("identifiers".into()),
        proof_key: Some("proofs".into()),
        previous_proof_key: Some(previous("older proofs".into())),
    };
    let second = StoreCredentials {
        webhook_address: Some(ok(AddressToken::random())),
        ..StoreCredentials::default()
    };
    ok(port.put(&north(), &first).await);
    ok(port.put(&south(), &second).await);
    assert!(texts(&ok(port.get(&north()).await)) == texts(&first), "all of them come back");
    assert!(texts(&ok(port.get(&south()).await)) == texts(&second), "stores are apart");
    is_at(port, Address::Webhook, &first, Some(north())).await;
    is_at(port, Address::Panel, &first, Some(north())).await;
    is_at(port, Address::Webhook, &second, Some(south())).await;

    let crossed = StoreCredentials {
        webhook_address: first.panel_address.clone(),
        panel_address: first.webhook_address.clone(),
        ..StoreCredentials::default()
    };
    is_at(port, Address::Webhook, &crossed, None).await;
    is_at(port, Address::Panel, &crossed, None).await;
    let unknown = ok(AddressToken::random());
    let found = ok(port.store_at(Address::Panel, &unknown, NOW).await);
    assert_eq!(found, None, "an unknown token is nobody's");

    if let Some(replaced) = &first.previous_panel_address {
        let before = replaced.until - Duration::from_secs(1);
        let found = ok(port.store_at(Address::Panel, &replaced.value, before).await);
        assert_eq!(found, Some(north()), "a replaced address is taken until its time is over");
        let found = ok(port.store_at(Address::Panel, &replaced.value, replaced.until).await);
        assert_eq!(found, None, "and not after it");
    }

    let renewed = StoreCredentials {
        webhook_address: Some(ok(AddressToken::random())),
        panel_address: None,
        previous_panel_address: None,
        user_token: None,
        ..first.clone()
    };
    ok(port.put(&north(), &renewed).await);
    assert!(texts(&ok(port.get(&north()).await)) == texts(&renewed), "they are put in place");
    is_at(port, Address::Webhook, &renewed, Some(north())).await;
    is_at(port, Address::Webhook, &first, None).await;
    is_at(port, Address::Panel, &first, None).await;
    is_at(port, Address::Webhook, &second, Some(south())).await;
}

/// Whose the address in some credentials is.
async fn is_at(
    port: &dyn Credentials,
    address: Address,
    of: &StoreCredentials,
    store: Option<StoreId>,
) {
    let token = match address {
        Address::Webhook => &of.webhook_address,
        Address::Panel => &of.panel_address,
    };
    if let Some(token) = token {
        assert_eq!(
            ok(port.store_at(address, token, NOW).await),
            store,
            "whose {address:?} address"
        );
    }
}

/// Every secret as text, to compare; never printed.
fn texts(credentials: &StoreCredentials) -> Vec<Option<String>> {
    let StoreCredentials {
        user_token,
        webhook_secret,
        previous_webhook_secret,
        website_hmac,
        api_hmac,
        webhook_address,
        panel_address,
        panel_address_since,
        previous_panel_address,
        identifier_key,
        proof_key,
        previous_proof_key,
    } = credentials;
    let text = |secret: &Secret| secret.expose().to_owned();
    let expiring = |previous: &Expiring<Secret>| {
        format!("{} until {}", previous.value.expose(), previous.until)
    };
    vec![
        user_token.as_ref().map(|token| text(token.secret())),
        website_hmac.as_ref().map(text),
        api_hmac.as_ref().map(text),
        webhook_address.as_ref().map(|token| token.expose().to_owned()),
        panel_address.as_ref().map(|token| token.expose().to_owned()),
        panel_address_since.map(|since| since.to_string()),
        webhook_secret.as_ref().map(text),
        previous_webhook_secret.as_ref().map(expiring),
        previous_panel_address
            .as_ref()
            .map(|previous| format!("{} until {}", previous.value.expose(), previous.until)),
        identifier_key.as_ref().map(text),
        proof_key.as_ref().map(text),
        previous_proof_key.as_ref().map(expiring),
    ]
}

/// Far from now, so that no clock is asked.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn previous<T>(value: T) -> Expiring<T> {
    Expiring { value, until: NOW + Duration::from_hours(1) }
}
