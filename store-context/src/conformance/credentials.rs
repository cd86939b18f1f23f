//! The promises of a keeper of credentials.

use std::time::Duration;

use chatwoot_client::Secret;
use jiff::Timestamp;

use super::{north, ok, south};
use crate::model::StoreId;
use crate::ports::{Address, AddressToken, Credentials, Expiring, StoreCredentials};

/// Makes one test for each promise of [`Credentials`](crate::ports::Credentials); see
/// [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! credentials_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            credentials_conformance of credentials,
            [
                they_start_empty,
                every_secret_comes_back,
                stores_have_credentials_of_their_own,
                credentials_are_replaced_as_a_whole,
                an_address_leads_to_its_store,
                an_unknown_address_is_nobodys,
                the_addresses_of_webhook_and_panel_are_apart,
                an_address_that_is_no_longer_kept_is_nobodys,
                a_replaced_address_is_taken_until_its_time_is_over,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// A store of which nothing was kept has empty credentials.
pub async fn they_start_empty(port: &dyn Credentials) {
    has(port, &north(), &StoreCredentials::default(), "nothing was kept").await;
}

/// Every secret comes back, with the time until which a replaced one is taken.
pub async fn every_secret_comes_back(port: &dyn Credentials) {
    let all = all();
    ok(port.put(&north(), &all).await);
    has(port, &north(), &all, "every secret").await;
}

/// One store's credentials are not another's.
pub async fn stores_have_credentials_of_their_own(port: &dyn Credentials) {
    let (first, second) = (all(), webhook_only());
    ok(port.put(&north(), &first).await);
    has(port, &south(), &StoreCredentials::default(), "the other store's were kept").await;
    ok(port.put(&south(), &second).await);
    has(port, &south(), &second, "the store's own").await;
    has(port, &north(), &first, "the other store's were kept later").await;
}

/// Keeping credentials replaces all of those before: what the new ones lack is gone.
pub async fn credentials_are_replaced_as_a_whole(port: &dyn Credentials) {
    let first = all();
    ok(port.put(&north(), &first).await);
    let renewed = renewed(&first);
    ok(port.put(&north(), &renewed).await);
    has(port, &north(), &renewed, "the later credentials").await;
}

/// The address of a webhook or a panel leads to the store that has it.
pub async fn an_address_leads_to_its_store(port: &dyn Credentials) {
    let (first, second) = (all(), webhook_only());
    ok(port.put(&north(), &first).await);
    ok(port.put(&south(), &second).await);
    is_at(port, Address::Webhook, &first, Some(north())).await;
    is_at(port, Address::Panel, &first, Some(north())).await;
    is_at(port, Address::Webhook, &second, Some(south())).await;
}

/// An address that was never kept leads to no store.
pub async fn an_unknown_address_is_nobodys(port: &dyn Credentials) {
    is_at(port, Address::Webhook, &all(), None).await;
    ok(port.put(&north(), &all()).await);
    is_at(port, Address::Webhook, &all(), None).await;
    is_at(port, Address::Panel, &all(), None).await;
}

/// A token is the address of a webhook or of a panel, never of both.
pub async fn the_addresses_of_webhook_and_panel_are_apart(port: &dyn Credentials) {
    let kept = all();
    ok(port.put(&north(), &kept).await);
    let crossed = StoreCredentials {
        webhook_address: kept.panel_address.clone(),
        panel_address: kept.webhook_address.clone(),
        ..StoreCredentials::default()
    };
    is_at(port, Address::Webhook, &crossed, None).await;
    is_at(port, Address::Panel, &crossed, None).await;
}

/// An address that the store's later credentials lack leads to no store.
pub async fn an_address_that_is_no_longer_kept_is_nobodys(port: &dyn Credentials) {
    let (first, other) = (all(), webhook_only());
    ok(port.put(&north(), &first).await);
    ok(port.put(&south(), &other).await);
    let renewed = renewed(&first);
    ok(port.put(&north(), &renewed).await);
    is_at(port, Address::Webhook, &renewed, Some(north())).await;
    is_at(port, Address::Webhook, &first, None).await;
    is_at(port, Address::Panel, &first, None).await;
    let replaced = expiring_panel(&first);
    let found = ok(port.store_at(Address::Panel, &replaced.value, NOW).await);
    assert_eq!(found, None, "a replaced address that is no longer kept");
    is_at(port, Address::Webhook, &other, Some(south())).await;
}

/// A panel's address that was replaced leads to its store until its time is over.
pub async fn a_replaced_address_is_taken_until_its_time_is_over(port: &dyn Credentials) {
    let kept = all();
    ok(port.put(&north(), &kept).await);
    let replaced = expiring_panel(&kept);
    let before = replaced.until - Duration::from_secs(1);
    let found = ok(port.store_at(Address::Panel, &replaced.value, before).await);
    assert_eq!(found, Some(north()), "a second before its time is over");
    let found = ok(port.store_at(Address::Panel, &replaced.value, replaced.until).await);
    assert_eq!(found, None, "when its time is over");
    let found = ok(port.store_at(Address::Webhook, &replaced.value, before).await);
    assert_eq!(found, None, "it is not the address of a webhook");
}

/// Credentials that lack nothing, with addresses that no others have.
fn all() -> StoreCredentials {
    StoreCredentials {
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
    }
}

fn webhook_only() -> StoreCredentials {
    StoreCredentials {
        webhook_address: Some(ok(AddressToken::random())),
        ..StoreCredentials::default()
    }
}

/// The same with a new address of the webhook, and without a user and a panel.
fn renewed(before: &StoreCredentials) -> StoreCredentials {
    StoreCredentials {
        webhook_address: Some(ok(AddressToken::random())),
        panel_address: None,
        previous_panel_address: None,
        user_token: None,
        ..before.clone()
    }
}

fn expiring_panel(credentials: &StoreCredentials) -> Expiring<AddressToken> {
    super::good(credentials.previous_panel_address.clone().ok_or("no replaced address"))
}

async fn has(port: &dyn Credentials, store: &StoreId, expected: &StoreCredentials, what: &str) {
    // Not `assert_eq!`, which would print secrets.
    assert!(texts(&ok(port.get(store).await)) == texts(expected), "{what}");
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
