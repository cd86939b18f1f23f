//! Tests of the proof of the writer: verified on receipt, passed to the handler.

use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::Attributes;
use chatwoot_client::webhook::sign;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use store_context::Timestamp;
use store_context::identity::{Evidence, Identity, PROOF_ATTRIBUTE};
use store_context::model::{NotProven, Proof};
use store_context::ports::{Entry, EntrySource};

use crate::support::{Bench, Seen, Talk, customer};

const BOTH: [EntrySource; 2] = [EntrySource::Webhook, EntrySource::Reconciler];

/// Returns the entries that the handler received for everything so far, from the given source.
async fn told(bench: &Bench, by: EntrySource) -> Vec<Entry> {
    let deliveries = bench.fake.take_deliveries();
    match by {
        EntrySource::Webhook => {
            for delivery in &deliveries {
                bench.receive(delivery).await.unwrap();
            }
        }
        EntrySource::Reconciler => {
            bench.reconciler().run_once(bench.north()).await.unwrap();
        }
    }
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let all = seen.all();
    assert!(all.iter().all(|entry| entry.source == by));
    all
}

/// Returns the last message that the handler received, and the last state of its conversation.
async fn judged(bench: &Bench, talk: &Talk, by: EntrySource) -> (Entry, [Proof; 2]) {
    let mut entries = told(bench, by).await;
    entries.retain(|entry| entry.event.message().is_some());
    let entry = entries.pop().unwrap();
    let state = bench.known(talk.id).await.unwrap().state;
    let of_message = entry.proof().unwrap().clone();
    (entry, [of_message, state.proof])
}

/// Returns a customer's conversation with this value as its proof, which Chatwoot verified.
async fn with_proof(bench: &Bench, customer_id: &str, proof: Value) -> Talk {
    let identity = Identity::new(bench.ports.clone());
    let mut public = identity.public(bench.north(), &customer(customer_id)).await.unwrap();
    let attributes = Attributes::from_iter([(PROOF_ATTRIBUTE.to_owned(), proof)]);
    public.conversation_attributes = attributes;
    bench.talk_as(public, true).await
}

#[tokio::test(start_paused = true)]
async fn a_customer_who_became_another_is_not_proven() {
    for by in BOTH {
        let bench = Bench::provisioned().await;
        let (victim, mallory) = (customer("ada"), customer("mallory"));
        bench.put(&victim);
        bench.synced(&victim.id).await;
        let named = bench.identity_of(bench.north()).await.identifier(&victim.id);

        let talk = bench.talk(&mallory).await;
        talk.claim("ada@mail.example").await;
        talk.say("What did I order last?").await;
        let mut entries = told(&bench, by).await;
        let identifier = |entry: &Entry| {
            let of_message = entry.event.message().map(|fact| fact.identifier.clone());
            of_message.or_else(|| Some(entry.event.conversation()?.identifier.clone())).flatten()
        };
        entries.retain(|entry| identifier(entry).as_ref() == Some(&named));
        let of_messages = entries.iter().filter(|entry| entry.event.message().is_some());
        assert_eq!(of_messages.count(), 1, "the attack works on Chatwoot");
        let account = bench.account(bench.north()).await;
        let shown = account.conversations().get(talk.id).await.unwrap();
        assert_eq!(shown.meta.hmac_verified, Some(true), "and Chatwoot says that it is verified");
        for entry in entries {
            let not = Proof::NotProven(NotProven::OtherCustomer);
            assert_eq!(entry.proof(), Some(&not), "{by:?}: {entry:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_customers_own_proof_of_the_time_proves() {
    for by in BOTH {
        for case in [
            "right",
            "missing",
            "null",
            "malformed",
            "expired",
            "foreign",
            "copied",
            "unverified",
            "guest",
        ] {
            let bench = Bench::provisioned().await;
            let (ada, now) = (customer("ada"), Timestamp::now());
            let [north, south] =
                [0, 1].map(|store: usize| bench.identity_of(&bench.stores[store].id));
            let (north, south) = (north.await, south.await);
            let not = Proof::NotProven;
            let (talk, wanted) = match case {
                "right" => (bench.talk(&ada).await, Proof::Proven(ada.id.clone())),
                "missing" => {
                    let identity = Identity::new(bench.ports.clone());
                    let mut public = identity.public(bench.north(), &ada).await.unwrap();
                    public.conversation_attributes = Attributes::new();
                    (bench.talk_as(public, true).await, not(NotProven::Missing))
                }
                "null" => (with_proof(&bench, "ada", Value::Null).await, not(NotProven::Missing)),
                "malformed" => {
                    (with_proof(&bench, "ada", json!("ada")).await, not(NotProven::Malformed))
                }
                "expired" => {
                    let old = north.prove(&ada.id, now - Duration::from_hours(13));
                    (with_proof(&bench, "ada", json!(old)).await, not(NotProven::Expired))
                }
                "foreign" => {
                    let foreign = json!(south.prove(&ada.id, now));
                    (with_proof(&bench, "ada", foreign).await, not(NotProven::Forged))
                }
                // Ada's own current proof, on the conversation of another contact.
                "copied" => {
                    let copied = json!(north.prove(&ada.id, now));
                    (with_proof(&bench, "eve", copied).await, not(NotProven::OtherCustomer))
                }
                "unverified" => {
                    let identity = Identity::new(bench.ports.clone());
                    let public = identity.public(bench.north(), &ada).await.unwrap();
                    (bench.talk_as(public, false).await, not(NotProven::NotVerified))
                }
                _ => (bench.guest_talk().await, not(NotProven::Guest)),
            };
            talk.say("Hello").await;
            let (entry, proofs) = judged(&bench, &talk, by).await;
            assert_eq!(proofs, [wanted.clone(), wanted], "{case}, {by:?}");
            let kept = serde_json::to_string(&entry).unwrap();
            assert!(!kept.contains(PROOF_ATTRIBUTE) && !kept.contains("1.17"), "{case}: {kept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replaced_key_still_proves_while_pages_are_open() {
    for by in BOTH {
        for (overlap, proven) in [(None, true), (Some(Duration::ZERO), false)] {
            let bench = Bench::provisioned().await;
            let ada = customer("ada");
            let talk = bench.talk(&ada).await;
            let before = bench.record(bench.north()).await.credentials;
            let rotated = bench.ports.clock.now();
            let identity = Identity::new(bench.ports.clone());
            identity.rotate_proof_key(bench.north(), overlap).await.unwrap();
            let after = bench.record(bench.north()).await.credentials;
            let kept = after.previous_proof_key.unwrap();
            assert_eq!(kept.value.expose(), before.proof_key.unwrap().expose());
            let lifetime = bench.stores[0].identity.proof_lifetime;
            assert!(kept.until >= rotated + overlap.unwrap_or(lifetime));
            assert_eq!(
                after.identifier_key.unwrap().expose(),
                before.identifier_key.unwrap().expose(),
                "contacts keep their names"
            );

            talk.say("Hello").await;
            let (_, proofs) = judged(&bench, &talk, by).await;
            assert_eq!(proofs.map(|proof| proof.is_proven()), [proven; 2], "{by:?}");
            let talk = bench.talk(&ada).await;
            talk.say("Hello again").await;
            let (_, proofs) = judged(&bench, &talk, by).await;
            assert_eq!(proofs, [(); 2].map(|()| Proof::Proven(ada.id.clone())), "{by:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_not_known_or_has_no_keys_rotates_none() {
    let bench = Bench::new();
    let identity = Identity::new(bench.ports.clone());
    let refused = identity.rotate_proof_key(bench.north(), None).await;
    assert!(matches!(refused, Err(store_context::identity::IdentityError::NotProvisioned(_))));
    bench.ports.stores.put(&bench.stores[0]).await.unwrap();
    identity.rotate_proof_key(bench.north(), None).await.unwrap_err();
    assert!(bench.record(bench.north()).await.credentials.proof_key.is_none());
}

/// The expiry of a proof changes nothing in Chatwoot.
#[tokio::test(start_paused = true)]
async fn a_state_is_not_told_again_because_its_proof_ended() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    let (_, proofs) = judged(&bench, &talk, EntrySource::Webhook).await;
    assert!(proofs.iter().all(Proof::is_proven));
    let identity = Identity::new(bench.ports.clone());
    identity.rotate_proof_key(bench.north(), Some(Duration::ZERO)).await.unwrap();
    assert_eq!(bench.reconciler().run_once(bench.north()).await.unwrap().found, 0);
    let state = bench.known(talk.id).await.unwrap().state;
    assert!(state.proof.is_proven(), "what was judged at the time stays");
}

/// Receives the delivery of an event, altered and signed for this moment.
async fn receive_altered(bench: &Bench, event: &str, alter: impl Fn(&mut Value)) {
    let deliveries = bench.fake.take_deliveries();
    let delivery = deliveries.iter().rfind(|delivery| delivery.event == event).unwrap();
    let mut body: Value = serde_json::from_slice(&delivery.body).unwrap();
    alter(&mut body);
    receive(bench, &body).await;
}

async fn receive(bench: &Bench, body: &Value) {
    let (body, now) = (body.to_string().into_bytes(), Timestamp::now());
    let held = bench.record(bench.north()).await.credentials;
    let signature = sign(&held.webhook_secret.unwrap(), now, &body);
    let mut headers = HeaderMap::new();
    headers.insert("x-chatwoot-timestamp", now.as_second().into());
    headers.insert("x-chatwoot-signature", HeaderValue::from_str(&signature).unwrap());
    bench.receive_as(&headers, &body).await.unwrap();
}

/// A delivery may arrive late; its message is verified as of when it was written.
#[tokio::test(start_paused = true)]
async fn a_message_is_judged_at_the_time_it_was_written() {
    let (now, hour) = (Timestamp::now(), Duration::from_hours(1));
    let proven = |ada: &str| Proof::Proven(customer(ada).id);
    let expired = Proof::NotProven(NotProven::Expired);
    for (written, wanted) in [(now - 3 * hour, proven("ada")), (now, expired.clone())] {
        let bench = Bench::provisioned().await;
        let old =
            bench.identity_of(bench.north()).await.prove(&customer("ada").id, now - 13 * hour);
        let talk = with_proof(&bench, "ada", json!(old)).await;
        talk.say("Hello").await;
        receive_altered(&bench, "message_created", |body| {
            body["created_at"] = json!(written.to_string());
        })
        .await;
        let entries = told(&bench, EntrySource::Webhook).await;
        assert_eq!(entries[0].proof(), Some(&wanted));
    }
    // A state is verified as of the customer's last message, or else the last activity.
    for (kind, written, active, wanted) in [
        (0, now - 3 * hour, now, proven("ada")),
        (0, now, now - 3 * hour, expired.clone()),
        (1, now - 3 * hour, now, expired),
        (1, now, now - 3 * hour, proven("ada")),
    ] {
        let bench = Bench::provisioned().await;
        let old =
            bench.identity_of(bench.north()).await.prove(&customer("ada").id, now - 13 * hour);
        let talk = with_proof(&bench, "ada", json!(old)).await;
        talk.say("Hello").await;
        bench.set_status(&talk, chatwoot_client::types::ConversationStatus::Snoozed).await;
        receive_altered(&bench, "conversation_status_changed", |body| {
            body["last_activity_at"] = json!(active.as_second());
            body["messages"][0]["message_type"] = json!(kind);
            body["messages"][0]["created_at"] = json!(written.as_second());
        })
        .await;
        let entries = told(&bench, EntrySource::Webhook).await;
        assert_eq!(entries[0].proof(), Some(&wanted), "{kind} {written} {active}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_without_keys_is_served_and_proves_nobody() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    let mut held = bench.record(bench.north()).await.credentials;
    (held.identifier_key, held.proof_key) = (None, None);
    bench.keep(bench.north(), &held).await;
    let (_, proofs) = judged(&bench, &talk, EntrySource::Webhook).await;
    assert_eq!(proofs, [(); 2].map(|()| Proof::NotProven(NotProven::NoKeys)));
}

#[tokio::test(start_paused = true)]
async fn no_ledger_keeps_a_proof() {
    let bench = Bench::provisioned().await;
    let proof = bench.identity_of(bench.north()).await.prove(&customer("ada").id, Timestamp::now());
    receive(
        &bench,
        &json!({
            "event": "new_thing",
            "conversation": { "custom_attributes": { PROOF_ATTRIBUTE: proof, "order": 7 } },
            "changed_attributes": [{ "custom_attributes": { "current_value": { PROOF_ATTRIBUTE: proof } } }],
        }),
    )
    .await;
    let entries = told(&bench, EntrySource::Webhook).await;
    assert_eq!(entries[0].proof(), None, "it is of no conversation");
    let kept = serde_json::to_string(&entries).unwrap();
    assert!(kept.contains(r#""order":7"#) && !kept.contains(&proof), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_its_own_puts_the_same_proof_on_its_conversation() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    let identity = Identity::new(bench.ports.clone());
    let attributes = identity.conversation_attributes(bench.north(), &ada.id).await.unwrap();
    let of_store = bench.identity_of(bench.north()).await;
    let now = Timestamp::now();
    let evidence = Evidence {
        identifier: Some(&of_store.identifier(&ada.id)),
        hmac_verified: Some(true),
        proof: attributes.get(PROOF_ATTRIBUTE),
        written_at: now,
    };
    assert_eq!(of_store.check(evidence, now), Proof::Proven(ada.id));
    assert_eq!(attributes.len(), 1);
}
