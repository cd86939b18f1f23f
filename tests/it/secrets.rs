//! Tests that a host's values show no secret: in `Debug`, in a report, in an error.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::{Client, Secret, UserToken};
use store_context::Timestamp;
use store_context::conformance::sample_stores;
use store_context::identity::Identity;
use store_context::memory::{self, MemoryShop};
use store_context::ports::{
    Address, AddressToken, BoundToken, Expiring, Ports, StoreCredentials, StoreRecord,
};

use crate::shapes::shapes;

const MARKER: &str = "m4rk3r";

fn hides(what: &(impl Debug + ?Sized)) {
    let shown = format!("{what:?}\n{what:#?}");
    assert!(!shown.contains(MARKER), "a secret is shown: {shown}");
}

fn credentials() -> StoreCredentials {
    let secret = || Some(Secret::new(MARKER));
    StoreCredentials {
        user_token: Some(BoundToken {
            base_url: "https://chatwoot.test".parse().unwrap(),
            token: UserToken::new(MARKER),
        }),
        webhook_secret: secret(),
        previous_webhook_secret: secret().map(expiring),
        website_hmac: secret(),
        api_hmac: secret(),
        webhook_address: Some(AddressToken::new(MARKER)),
        previous_webhook_address: Some(expiring(AddressToken::new(MARKER))),
        panel_address: Some(AddressToken::new(MARKER)),
        panel_address_since: Some(Timestamp::UNIX_EPOCH),
        previous_panel_address: Some(expiring(AddressToken::new(MARKER))),
        identifier_key: secret(),
        proof_key: secret(),
        previous_proof_key: secret().map(expiring),
    }
}

/// Returns ports with a store that has these credentials and an API inbox.
async fn ports() -> (Ports, StoreRecord) {
    let shop = Arc::new(MemoryShop::new());
    let ports = memory::ports(shop.clone(), shop.clone(), Some(shop));
    let [store, _] = sample_stores();
    ports.stores.put(&store).await.unwrap();
    let change = |record: &mut StoreRecord| {
        record.credentials = credentials();
        record.account.api_inbox = Some(1.into());
        record.account.api_inbox_identifier = Some("inbox".to_owned());
    };
    let (record, ()) = ports.stores.update(&store.id, change).await.unwrap().unwrap();
    (ports, record)
}

fn expiring<T>(value: T) -> Expiring<T> {
    Expiring { value, until: Timestamp::MAX }
}

#[tokio::test]
async fn a_store_s_credentials_show_nothing() {
    hides(&credentials());
    hides(&AddressToken::new(MARKER));
    hides(&Secret::new(MARKER));
    let (ports, record) = ports().await;
    hides(&record);
    let address = AddressToken::new(MARKER);
    let at = ports.stores.store_at(Address::Webhook, &address).await.unwrap();
    assert_eq!(at, Some(record.store.id), "the marker is kept");
}

#[tokio::test]
async fn a_proven_identity_shows_no_proof() {
    let (ports, record) = ports().await;
    let store = record.store.id;
    let identity = Identity::new(ports.clone());
    hides(&ports);
    hides(&identity);
    let proof = identity.public_guest(&store).await.unwrap();
    let hash = proof.identifier_hash.expose();
    assert_eq!(hash.len(), 64);
    assert!(!format!("{proof:?}").contains(hash), "{proof:?}");
}

/// The fake knows every token of its accounts, and the handles on it know theirs.
#[tokio::test]
async fn a_server_of_the_fake_shows_no_token() {
    let builder = FakeChatwoot::builder().platform_token(MARKER);
    hides(&builder);
    let fake = builder.build();
    let client = Client::builder("https://chatwoot.test").transport(fake.clone()).build().unwrap();
    let platform = client.platform(MARKER);
    platform
        .accounts()
        .create(&chatwoot_client::platform::NewPlatformAccount::new("Shop"))
        .await
        .unwrap();
    hides(&fake);
    hides(&fake.journal());
    hides(&client);
    hides(&platform);
    let error = client.account(77, MARKER).labels().list().await.unwrap_err();
    hides(&error);
    assert!(!error.to_string().contains(MARKER), "{error}");
}

/// Fields of the engine and of the adapters with a secret's name that are no secrets: the token is
/// in the page of every shop, one URL is the host's own, and the other is a Chatwoot server's, for
/// which no client is built if it contains a user or a password.
const HARMLESS: [&str; 3] = ["website_token", "public_url", "base_url"];

/// Fields of one type that are none: pages of the shop and of carriers, which the host tells agents,
/// and the public URL that a webhook had.
const HARMLESS_IN: [&str; 4] =
    ["Activity.url", "Order.admin_url", "Tracking.url", "AddressMove.webhook_from"];

/// A secret in a plain text would be shown by the first `{:?}`.
#[test]
fn no_field_with_a_secret_s_name_is_a_plain_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut plain = Vec::new();
    for (folder, least) in [("store-context/src", 30), ("adapters/src", 3)] {
        let all = shapes(&root.join(folder));
        assert!(all.len() >= least, "{folder}: the scan finds too little: {}", all.len());
        for shape in all {
            let fields = shape.fields.iter().filter(|it| it.is_named_secret() && it.is_plain());
            let in_type = |name: &str| HARMLESS_IN.contains(&&*format!("{}.{name}", shape.name));
            let left =
                fields.filter(|it| !HARMLESS.contains(&it.name.as_str()) && !in_type(&it.name));
            plain.extend(left.map(|it| format!("{}.{}: {}", shape.name, it.name, it.kind)));
        }
    }
    assert!(plain.is_empty(), "make these a Secret, or say above why not: {plain:?}");
}
