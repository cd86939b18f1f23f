//! Tests of rotating tokens, secrets and URLs while deliveries arrive.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::Transport;
use chatwoot_client::fake::{Delivery, Fault, FaultKind};
use chatwoot_client::http::Body;
use store_context::intake::Intake;
use store_context::lifecycle::{LifecycleError, UserTokenRotation};
use store_context::ports::{AuditAction, Clock};

use crate::post::{CUTS, Post, cut};
use crate::support::{Bench, Seen, Talk, customer};

const OVERLAP: Duration = Duration::from_mins(10);

/// A store with a conversation, whose deliveries wait to be carried.
struct Scene {
    bench: Bench,
    post: Post,
    talk: Talk,
    waiting: Vec<Delivery>,
}

impl Scene {
    async fn new() -> Self {
        let bench = Bench::hasty_provisioned().await;
        let post = Post::serving(Intake::new(&bench.ports));
        let ada = customer("ada");
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let talk = bench.talk(&ada).await;
        Self { bench, post, talk, waiting: Vec::new() }
    }

    /// Has something happen, whose deliveries are signed and addressed now, and carried later.
    async fn say(&mut self, text: &str) {
        self.talk.say(text).await;
        self.waiting.extend(self.bench.fake.take_deliveries());
    }

    /// Carries everything that waits.
    async fn carry(&mut self) -> Vec<u16> {
        let mut statuses = Vec::new();
        for delivery in self.waiting.drain(..) {
            let request = delivery.request(self.bench.clock.now()).map(Body::from);
            let sent = self.post.send(request, Duration::from_secs(5)).await.unwrap();
            statuses.push(sent.status().as_u16());
        }
        statuses
    }

    /// Asserts that each message is handled once.
    async fn handled(&self, texts: &[&str]) {
        let seen = Arc::new(Seen::default());
        self.bench.dispatched(&seen).await;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for entry in seen.named("message_created") {
            let text = entry.event.message().and_then(|it| it.content.clone()).unwrap_or_default();
            *counts.entry(text).or_default() += 1;
        }
        for text in texts {
            assert_eq!(counts.get(*text), Some(&1), "{text}: {counts:?}");
        }
    }
}

/// Rotates the webhook's address, or its secret with it.
async fn rotate(bench: &Bench, secret: bool) -> Result<(), LifecycleError> {
    let (lifecycle, north) = (bench.lifecycle(), bench.north());
    if secret {
        lifecycle.rotate_webhook_secret(north, OVERLAP).await
    } else {
        lifecycle.rotate_webhook_address(north, OVERLAP).await
    }
}

/// Cut off at each call, in each way, and finished by the same or by the other rotation, or by
/// another process: what was sent before, in between and afterwards is taken.
#[tokio::test(start_paused = true)]
async fn no_delivery_is_lost_or_refused_while_the_webhook_is_rotated() {
    for (secret, fault) in [false, true].into_iter().flat_map(|it| CUTS.map(|cut| (it, cut))) {
        for at in 0.. {
            let mut scene = Scene::new().await;
            let north = scene.bench.north().clone();
            let before = scene.bench.record(&north).await.credentials;
            scene.say("before").await;
            let ended = cut(&scene.bench, at, fault.clone(), rotate(&scene.bench, secret)).await;
            scene.say("between").await;
            if at % 2 == 0 {
                // Half of it is carried before the rotation goes on.
                assert!(scene.carry().await.iter().all(|it| *it == 200), "{secret} {at}");
            }
            if ended.is_none() {
                rotate(&scene.bench, secret).await.unwrap();
            }
            scene.say("after").await;
            let statuses = scene.carry().await;
            assert!(statuses.iter().all(|it| *it == 200), "{secret} {at}: {statuses:?}");
            scene.handled(&["before", "between", "after"]).await;

            let record = scene.bench.record(&north).await;
            let held = record.credentials;
            let webhooks = scene.bench.account(&north).await.webhooks().list().await.unwrap();
            let [webhook] = &webhooks[..] else { panic!("{} webhooks", webhooks.len()) };
            assert_eq!(record.account.webhook, Some(webhook.id));
            assert_ne!(held.webhook_address, before.webhook_address, "another address");
            assert!(webhook.url.expose().ends_with(held.webhook_address.unwrap().expose()));
            assert_eq!(held.webhook_secret, webhook.secret, "the secret that signs");
            if secret {
                assert_ne!(held.webhook_secret, before.webhook_secret, "another secret");
            }
            let until = held.previous_webhook_address.unwrap().until;
            let now = scene.bench.clock.now();
            assert!(until > now && until <= now + OVERLAP, "it ends at a stated time: {until}");
            if let Some(ended) = ended {
                ended.unwrap();
                assert!(at >= 2, "only {at} calls were cut off");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replaced_address_and_secret_end_when_the_overlap_is_over() {
    for secret in [false, true] {
        let mut scene = Scene::new().await;
        scene.say("before").await;
        rotate(&scene.bench, secret).await.unwrap();
        tokio::time::sleep(OVERLAP + Duration::from_secs(1)).await;
        let statuses = scene.carry().await;
        assert!(statuses.iter().all(|it| *it == 404), "{statuses:?}");
        scene.say("after").await;
        let statuses = scene.carry().await;
        assert!(!statuses.is_empty() && statuses.iter().all(|it| *it == 200), "{statuses:?}");
        // The next rotation begins anew.
        rotate(&scene.bench, secret).await.unwrap();
        scene.say("later").await;
        let statuses = scene.carry().await;
        assert!(statuses.iter().all(|it| *it == 200), "{statuses:?}");
        let actions = scene.bench.actions().await;
        let rotations = actions.iter().filter(|it| **it == AuditAction::Rotate).count();
        assert_eq!(rotations, if secret { 4 } else { 2 }, "{actions:?}");
    }
}

/// A provisioning between two halves of a rotation leaves one webhook in use.
#[tokio::test(start_paused = true)]
async fn provisioning_in_the_middle_of_a_rotation_loses_nothing() {
    for (secret, at) in [(false, 1), (false, 2), (true, 1), (true, 2), (true, 3), (true, 4)] {
        let mut scene = Scene::new().await;
        let fault = FaultKind::TimeoutAfter;
        cut(&scene.bench, at, fault, rotate(&scene.bench, secret)).await;
        scene.say("between").await;
        scene.bench.provision(&scene.bench.stores[0]).await.unwrap();
        scene.say("provisioned").await;
        rotate(&scene.bench, secret).await.unwrap();
        scene.say("rotated").await;
        let statuses = scene.carry().await;
        assert!(statuses.iter().all(|it| *it == 200), "{secret} {at}: {statuses:?}");
        scene.handled(&["between", "provisioned", "rotated"]).await;
        let webhooks = scene.bench.account(scene.bench.north()).await.webhooks().list().await;
        assert_eq!(webhooks.unwrap().len(), 1, "{secret} {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_token_is_reset_and_found_again_after_a_crash() {
    for fault in CUTS {
        let bench = Bench::hasty_provisioned().await;
        let (lifecycle, north) = (bench.lifecycle(), bench.north().clone());
        let before = bench.record(&north).await.credentials.user_token.unwrap().token;
        let platform = bench.platform();
        let rotation = lifecycle.rotate_user_token(&north, Some(&platform));
        assert!(cut(&bench, 0, fault.clone(), rotation).await.is_none());
        if fault == FaultKind::TimeoutAfter {
            // The new token is known to Chatwoot only.
            let error = lifecycle.rotate_user_token(&north, None).await.unwrap_err();
            assert!(matches!(error, LifecycleError::TokenRefused(_)), "{error:?}");
            assert!(error.to_string().contains("replace_user_token"), "{error}");
        }
        let how = lifecycle.rotate_user_token(&north, Some(&platform)).await.unwrap();
        let lost = fault == FaultKind::TimeoutAfter;
        assert_eq!(how == UserTokenRotation::Recovered, lost);
        let after = bench.record(&north).await.credentials.user_token.unwrap().token;
        assert!(before.secret() != after.secret(), "another token");
        bench.account(&north).await.agents().list().await.unwrap();
        let old = bench.client.profile(before).get().await.unwrap_err();
        assert!(old.is_unauthorized(), "the previous one has ended: {old}");
    }
    // A response that was lost while the process lives.
    let bench = Bench::hasty_provisioned().await;
    bench.fake.fault(Fault::new(FaultKind::ErrorAfter).path("reset_access_token").times(1));
    let platform = bench.platform();
    let north = bench.north().clone();
    bench.lifecycle().rotate_user_token(&north, Some(&platform)).await.unwrap();
    bench.account(&north).await.agents().list().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_token_is_tried_before_it_is_stored() {
    let bench = Bench::provisioned().await;
    let (lifecycle, north) = (bench.lifecycle(), bench.north().clone());
    let own = bench.record(&north).await.credentials.user_token.unwrap().token;
    let south = bench.record(&bench.stores[1].id).await.credentials.user_token.unwrap().token;
    let stranger = south.secret().expose().to_owned();
    for token in ["nobody's".to_owned(), stranger] {
        let error = lifecycle.replace_user_token(&north, token).await.unwrap_err();
        assert!(matches!(error, LifecycleError::NotAdministrator { .. }), "{error:?}");
        let held = bench.record(&north).await.credentials.user_token.unwrap().token;
        assert!(held.secret() == own.secret(), "the present token stays");
    }
    // A second administrator of the tenant's.
    let platform = bench.platform();
    let account = bench.record(&north).await.account.account.unwrap();
    let new = chatwoot_client::platform::NewUser::new("Eve", "eve@kaasplank.example", "Secret1!x");
    let user = platform.users().create(&new).await.unwrap();
    let role = chatwoot_client::types::Role::Administrator;
    platform.account_users().create(account, user.id, role).await.unwrap();
    let token = user.access_token.unwrap();
    lifecycle.replace_user_token(&north, token.expose()).await.unwrap();
    let held = bench.record(&north).await.credentials.user_token.unwrap().token;
    assert!(*held.secret() == token, "the new one is used");
    bench.client.profile(own).get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_replaced_proof_key_is_accepted_for_the_overlap() {
    let bench = Bench::provisioned().await;
    bench.fake.follow_tokio(bench.clock.now());
    let (ada, north) = (customer("ada"), bench.north().clone());
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let talk = bench.talk(&ada).await;
    let before = bench.identity_of(&north).await;
    bench.lifecycle().rotate_proof_key(&north, OVERLAP).await.unwrap();
    let after = bench.identity_of(&north).await;
    assert_eq!(before.identifier(&ada.id), after.identifier(&ada.id), "contacts stay");
    bench.fake.take_deliveries();
    talk.say("hello").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let told = seen.named("message_created").remove(0);
    assert!(told.is_proven(), "the page had a proof of the previous key: {told:?}");
    tokio::time::sleep(OVERLAP).await;
    talk.say("again").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    bench.dispatched(&seen).await;
    let told = seen.named("message_created").pop().unwrap();
    assert!(!told.is_proven(), "the previous key has ended");
    assert_eq!(bench.actions().await.last(), Some(&AuditAction::Rotate));
}
