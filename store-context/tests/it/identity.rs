//! Tests of a customer's identity in the widget and in the public API.

use chatwoot_client::widget::identifier_hash;
use store_context::Timestamp;
use store_context::identity::{Evidence, Identity, IdentityError, PROOF_ATTRIBUTE};
use store_context::model::{Customer, Proof};

use crate::support::{Bench, customer, holds_none};

#[tokio::test]
async fn a_customer_is_proved_by_the_right_inbox() {
    let bench = Bench::provisioned().await;
    let identity = Identity::new(bench.ports.clone());
    let mut hashes = Vec::new();
    for store in &bench.stores {
        let ada = customer("ada");
        let held = bench.record(&store.id).await.credentials;
        let named = bench.identity_of(&store.id).await.identifier(&ada.id);
        let user = identity.widget_user(&store.id, &ada).await.unwrap();
        let json = serde_json::to_value(&user).unwrap().to_string();
        let hash = identifier_hash(&held.website_hmac.unwrap(), &named);
        assert!(json.contains(&hash) && json.contains("Customer ada"), "{json}");
        let proof = &user.conversation_attributes[PROOF_ATTRIBUTE];
        let now = Timestamp::now();
        let evidence = Evidence {
            identifier: Some(user.identifier()),
            hmac_verified: Some(true),
            proof: Some(proof),
            written_at: now,
        };
        let judged = bench.identity_of(&store.id).await.check(evidence, now);
        assert_eq!(judged, Proof::Proven(ada.id.clone()));
        holds_none(&format!("{user:?}"), &[proof.as_str().unwrap().to_owned()]);
        let public = identity.public(&store.id, &ada).await.unwrap();
        let of_api = identifier_hash(&held.api_hmac.unwrap(), &named);
        assert_eq!(public.identifier_hash.expose(), of_api);
        let store_account = bench.record(&store.id).await.account;
        assert_eq!(Some(public.inbox), store_account.api_inbox);
        assert_eq!(identity.website_token(&store.id).await.ok(), store_account.website_token);
        holds_none(&format!("{public:?} {user:?} {identity:?}"), &[hash.clone(), of_api.clone()]);
        hashes.extend([hash, of_api]);
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 4, "no inbox proves for another");
}

/// With either, the widget would merge the customer's contact with one of a guest who entered it.
#[tokio::test]
async fn neither_address_nor_number_is_told_to_the_widget() {
    let bench = Bench::provisioned().await;
    let identity = Identity::new(bench.ports.clone());
    let ada = Customer { phone: Some("+31612345678".to_owned()), ..customer("ada") };
    let user = identity.widget_user(bench.north(), &ada).await.unwrap();
    assert_eq!((user.email, user.phone_number), (None, None));
}

#[tokio::test]
async fn the_server_takes_the_proofs_and_no_others() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    bench.talk(&ada).await.say("Hello").await;
    let identity = Identity::new(bench.ports.clone());
    let of_ada = identity.public(bench.north(), &ada).await.unwrap();
    let forged = chatwoot_client::public::NewPublicContact {
        identifier: Some(bench.identity_of(bench.north()).await.identifier(&bob.id)),
        identifier_hash: Some(of_ada.identifier_hash),
        ..chatwoot_client::public::NewPublicContact::default()
    };
    let inbox = bench.client.public_inbox(of_ada.inbox_identifier);
    inbox.contacts().create(&forged).await.unwrap_err();
}

#[tokio::test]
async fn an_app_proves_its_customers_conversations_and_no_guests() {
    let bench = Bench::provisioned().await;
    let identity = Identity::new(bench.ports.clone());
    let of_ada = identity.public(bench.north(), &customer("ada")).await.unwrap();
    let of_guest = identity.public_guest(bench.north()).await.unwrap();
    let account = bench.accounts.open(bench.north()).await.unwrap().account;
    for (who, verified) in [(of_ada, Some(true)), (of_guest, Some(false))] {
        let contact = who.create_contact(&bench.client).await.unwrap();
        let again = who.create_contact(&bench.client).await.unwrap();
        assert_eq!(contact.id == again.id, who.identifier.is_some());
        let inbox = bench.client.public_inbox(&who.inbox_identifier);
        let attributes = Some(&who.conversation_attributes);
        let talk = inbox.conversations(&contact.source_id).create(attributes).await.unwrap();
        let meta = account.conversations().get(talk.id).await.unwrap().meta;
        assert_eq!((meta.sender.id, meta.hmac_verified), (contact.id, verified));
    }
}

#[tokio::test]
async fn a_store_without_an_account_is_named() {
    let bench = Bench::new();
    let identity = Identity::new(bench.ports.clone());
    let store = bench.north();
    for error in [
        identity.website_token(store).await.unwrap_err(),
        identity.widget_user(store, &customer("ada")).await.unwrap_err(),
        identity.public(store, &customer("ada")).await.unwrap_err(),
        identity.public_guest(store).await.unwrap_err(),
    ] {
        assert!(matches!(&error, IdentityError::NotProvisioned(id) if id == store), "{error:?}");
    }
}
