//! Tests of the check that a store's webhooks arrive.

use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::webhooks::{NewWebhook, WebhookPatch};
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::http::Op;
use chatwoot_client::{Patch, Secret};
use store_context::accounts::StoreAccountError;
use store_context::doctor::{RoundTrip, RoundTripError, check_round_trip};
use store_context::intake::DispatchConfig;
use store_context::model::StoreId;
use store_context::provision::WEBHOOK_SUBSCRIPTIONS;

use crate::post::Post;
use crate::support::{Bench, PUBLIC_URL, Seen, customer};

const NAME: &str = "Webhook check";
const LIMIT: Duration = Duration::from_secs(30);

impl Bench {
    async fn trip(&self) -> Result<RoundTrip, RoundTripError> {
        check_round_trip(&self.accounts, &self.ports, self.north(), LIMIT).await
    }

    /// Asserts that the account has no contact of a check.
    async fn is_clean(&self) {
        let left = self.contacts().await;
        assert!(left.iter().all(|it| it.name.as_deref() != Some(NAME)), "{left:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_arrives_is_timed_and_leaves_nothing() {
    let bench = Bench::provisioned().await;
    let post = Post::at(&bench);
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let before = bench.ports.webhooks.counts(None).await.unwrap();
    let trip = bench.trip().await.unwrap();
    assert!(trip.took < LIMIT, "{trip:?}");
    assert_eq!(trip.left, None);
    assert_eq!(post.statuses(), [200].into());
    bench.is_clean().await;
    let seen = Arc::new(Seen::default());
    bench.dispatcher(seen.clone(), DispatchConfig::default()).run_once().await.unwrap();
    assert_eq!(seen.all(), [], "no handler receives it");
    assert_eq!(bench.ports.webhooks.counts(None).await.unwrap(), before);
    let links = bench.ports.sync.links(bench.north(), None, 10).await.unwrap();
    assert_eq!(links.len(), 1, "no customer is linked with it");
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().waiting, 0, "nothing is to be synced");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_to_another_address_is_not_received_in_time() {
    let bench = Bench::provisioned().await;
    let post = Post::at(&bench);
    post.serve(PUBLIC_URL, false);
    let began = tokio::time::Instant::now();
    let error = bench.trip().await.unwrap_err();
    assert!(matches!(error, RoundTripError::NotReceived { within: LIMIT }), "{error:?}");
    assert!(began.elapsed() >= LIMIT && began.elapsed() < LIMIT * 2, "{:?}", began.elapsed());
    bench.is_clean().await;
    // A webhook without the subscription sends nothing.
    post.serve(PUBLIC_URL, true);
    let account = bench.account(bench.north()).await;
    let id = bench.record(bench.north()).await.account.webhook.unwrap();
    let to = WebhookPatch {
        subscriptions: Patch::Set(WEBHOOK_SUBSCRIPTIONS[4..].to_vec()),
        ..WebhookPatch::default()
    };
    account.webhooks().update(id, &to).await.unwrap();
    let error = bench.trip().await.unwrap_err();
    assert!(matches!(error, RoundTripError::NotReceived { .. }), "{error:?}");
    bench.is_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_webhook_with_another_secret_is_known_to_have_arrived() {
    let bench = Bench::provisioned().await;
    let post = Post::at(&bench);
    let account = bench.account(bench.north()).await;
    let id = bench.record(bench.north()).await.account.webhook.unwrap();
    let made = account.webhooks().list().await.unwrap().remove(0);
    // Deleted and made again by hand, so that the secret is another.
    account.webhooks().delete(id).await.unwrap();
    let again = NewWebhook::new(made.url, WEBHOOK_SUBSCRIPTIONS.to_vec());
    account.webhooks().create(&again).await.unwrap();
    let error = bench.trip().await.unwrap_err();
    assert!(matches!(error, RoundTripError::WrongSignature { .. }), "{error:?}");
    assert_eq!(post.statuses(), [401].into());
    bench.is_clean().await;
    // What nobody signed and the store did not mark is not remembered.
    let mut held = bench.record(bench.north()).await.credentials;
    held.proof_key = Some(Secret::new("another"));
    bench.keep(bench.north(), &held).await;
    bench.fake.take_deliveries();
    bench.provision(&bench.stores[0]).await.unwrap();
    let trip = bench.trip().await.unwrap();
    assert!(trip.took < LIMIT, "{trip:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_leaves_nothing_either() {
    let bench = Bench::hasty_provisioned().await;
    let _post = Post::at(&bench);
    for kind in [FaultKind::ErrorBefore, FaultKind::ErrorAfter, FaultKind::TimeoutAfter] {
        let create = Op::post("contacts.create", "/api/v1/accounts/{account_id}/contacts");
        bench.fake.fault(Fault::new(kind).op(create).times(1));
        let error = bench.trip().await.unwrap_err();
        assert!(matches!(error, RoundTripError::NotSent(_)), "{error:?}");
        bench.is_clean().await;
    }
    // The token of somebody who is no administrator any more.
    let mut held = bench.record(bench.north()).await.credentials;
    if let Some(token) = &mut held.user_token {
        token.token = "revoked".into();
    }
    bench.keep(bench.north(), &held).await;
    let error = bench.trip().await.unwrap_err();
    assert!(matches!(error, RoundTripError::Refused(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_was_left_is_removed_by_a_later_check() {
    let bench = Bench::hasty_provisioned().await;
    let _post = Post::at(&bench);
    let named = |contacts: Vec<chatwoot_client::application::contacts::Contact>| {
        contacts.iter().filter(|it| it.name.as_deref() == Some(NAME)).count()
    };
    bench.fake.fault(Fault::new(FaultKind::ErrorBefore).verb("DELETE").times(1));
    let trip = bench.trip().await.unwrap();
    assert!(trip.left.is_some(), "it says what it left");
    // An agent may name somebody like that.
    let account = bench.account(bench.north()).await;
    let human = chatwoot_client::application::contacts::NewContact {
        name: Some(NAME.to_owned()),
        identifier: Some("store-context-probe-1-2-3".to_owned()),
        ..Default::default()
    };
    account.contacts().create(&human).await.unwrap();
    bench.trip().await.unwrap();
    assert_eq!(named(bench.contacts().await), 2, "it may still be another check's");
    tokio::time::sleep(Duration::from_mins(11)).await;
    bench.trip().await.unwrap();
    assert_eq!(named(bench.contacts().await), 1, "only what the store marked is removed");
}

#[tokio::test(start_paused = true)]
async fn a_store_without_webhook_or_account_sends_nothing() {
    let bench = Bench::provisioned().await;
    let north = bench.north().clone();
    bench.accounts.update(&north, |record| record.account.webhook = None).await.unwrap();
    let error = bench.trip().await.unwrap_err();
    assert!(matches!(error, RoundTripError::NoWebhook(_)), "{error:?}");
    let unknown = StoreId::new("unknown").unwrap();
    let asked = check_round_trip(&bench.accounts, &bench.ports, &unknown, LIMIT).await;
    let error = asked.unwrap_err();
    let is_account = matches!(error, RoundTripError::Account(StoreAccountError::UnknownStore(_)));
    assert!(is_account, "{error:?}");
    assert_eq!(bench.fake.journal(), []);
}
