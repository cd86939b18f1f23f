//! Tests of what the engine writes to the audit trail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use store_context::identity::Identity;
use store_context::intake::{DispatchConfig, Handler, HandlerContext, HandlerError};
use store_context::model::Direction;
use store_context::ports::Entry;

use crate::support::{Bench, customer};

/// Returns a store's entries as texts, oldest first.
async fn entries(bench: &Bench) -> Vec<String> {
    let records = bench.ports.audit.entries(bench.north(), None, 100).await.unwrap();
    let text = |it: &store_context::ports::AuditRecord| {
        let entry = &it.entry;
        let (kind, id) = (entry.subject.kind(), entry.subject.id());
        format!("{} {} {kind} {id}", entry.actor, entry.action).trim_end().to_owned()
    };
    records.iter().rev().map(text).collect()
}

#[tokio::test]
async fn provisioning_rotation_erasure_and_merge_are_entered() {
    let bench = Bench::provisioned().await;
    let provisioned = "store-context/provision provision store";
    assert_eq!(entries(&bench).await, [provisioned]);
    bench.provision(&bench.stores[0]).await.unwrap();
    assert_eq!(entries(&bench).await, [provisioned], "nothing was changed");

    let (amy, bob) = (customer("amy"), customer("bob"));
    for customer in [&amy, &bob] {
        bench.put(customer);
        bench.synced(&customer.id).await;
    }
    let identity = Identity::new(bench.ports.clone());
    identity.rotate_proof_key(bench.north(), None).await.unwrap();
    let sync = bench.sync();
    sync.merge(bench.north(), &bob.id, &amy.id).await.unwrap();
    sync.erase(bench.north(), &amy.id).await.unwrap();
    let keyed = bench.identity_of(bench.north()).await;
    let (amy, bob) = (keyed.audit_subject(&amy.id), keyed.audit_subject(&bob.id));
    let later = [
        "store-context/identity rotate secret proof_key".to_owned(),
        format!("store-context/sync merge customer {}", bob.id()),
        format!("store-context/sync erase customer {}", amy.id()),
        format!("store-context/sync erased customer {}", amy.id()),
    ];
    let entries = entries(&bench).await;
    assert_eq!(entries[1..], later);
    assert!(entries.iter().all(|it| !it.contains("amy") && !it.contains("bob")), "{entries:?}");
}

/// Replies to customers.
struct Replies;

#[async_trait]
impl Handler for Replies {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        let message = entry.event.message();
        if message.is_some_and(|it| !it.ours && it.direction == Direction::Incoming) {
            context.reply("Hello").await?;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_sent_message_is_entered() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Where is my order?").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let dispatcher = bench.dispatcher(Arc::new(Replies), DispatchConfig::default());
    tokio::time::timeout(Duration::from_mins(1), dispatcher.run()).await.unwrap_err();
    let entries = entries(&bench).await;
    let sent = entries.iter().filter(|it| it.starts_with("store-context/intake send message "));
    assert_eq!(sent.count(), 1, "{entries:#?}");
}
