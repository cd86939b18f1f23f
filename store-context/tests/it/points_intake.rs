//! The points of the review that concern the intake, each as it was found.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::AccountId;
use chatwoot_client::application::webhooks::WebhookSubscription;
use chatwoot_client::fake::{Delivery, Fault, FaultKind};
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::webhook::sign;
use http::{HeaderMap, HeaderValue};
use store_context::Timestamp;
use store_context::intake::{DispatchConfig, Dispatcher, Handler, HandlerError, Receipt};
use store_context::memory::MemoryWebhookLedger;
use store_context::model::{StoreId, SupportEvent};
use store_context::ports::{Entry, EntrySource, WebhookLedger};

use crate::support::{Bench, Seen, customer};

async fn headers(bench: &Bench, at: Timestamp, body: &[u8], delivery: &str) -> HeaderMap {
    let held = bench.ports.credentials.get(bench.north()).await.unwrap();
    let signature = sign(&held.webhook_secret.unwrap(), at, body);
    let mut headers = HeaderMap::new();
    headers.insert("x-chatwoot-timestamp", at.as_second().into());
    headers.insert("x-chatwoot-signature", HeaderValue::from_str(&signature).unwrap());
    headers.insert("x-chatwoot-delivery", HeaderValue::from_str(delivery).unwrap());
    headers
}

fn named<'a>(deliveries: &'a [Delivery], event: &str) -> &'a Delivery {
    deliveries.iter().rfind(|delivery| delivery.event == event).expect("such a delivery")
}

#[tokio::test]
async fn point_03_conversation_numbers_start_again_in_a_new_account() {
    let bench = Bench::provisioned().await;
    bench.talk(&customer("ada")).await;
    let deliveries = bench.fake.take_deliveries();
    let created = named(&deliveries, "conversation_created");
    assert_eq!(bench.receive(created).await.unwrap(), Receipt::New);

    let mut account = bench.ports.stores.account(bench.north()).await.unwrap();
    account.account = Some(AccountId(4711));
    bench.ports.stores.put_account(bench.north(), &account).await.unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(&created.body).unwrap();
    body["account"] = serde_json::json!({ "id": 4711 });
    let body = body.to_string().into_bytes();
    let headers = headers(&bench, Timestamp::now(), &body, "another").await;
    let receipt = bench.receive_as(&headers, &body).await.unwrap();
    assert_eq!(receipt, Receipt::New, "the first conversation of the new account");
}

/// Fails in its way for one conversation, and counts the others.
#[derive(Default)]
struct Bad {
    bad: u64,
    hangs: bool,
    takes: Duration,
    runs: AtomicU32,
    handled: Mutex<HashMap<u64, u32>>,
}

#[async_trait]
impl Handler for Bad {
    async fn handle(&self, entry: &Entry) -> Result<(), HandlerError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let conversation = entry.event.conversation_id().unwrap().0;
        if conversation == self.bad && self.hangs {
            std::future::pending::<()>().await;
        }
        assert!(conversation != self.bad, "told to panic");
        tokio::time::sleep(self.takes).await;
        *self.handled.lock().unwrap().entry(conversation).or_default() += 1;
        Ok(())
    }
}

fn conversation(number: u64) -> Entry {
    let fact = serde_json::json!({
        "kind": "conversation_created", "conversation": number, "inbox": 1, "contact": 1,
        "identifier": null, "status": "open", "assignee": null, "labels": [], "updated_at": 1790000000,
    });
    Entry {
        store: StoreId::new("kaasplank").unwrap(),
        key: format!("conversation_created/{number}"),
        event: serde_json::from_value::<SupportEvent>(fact).unwrap(),
        source: EntrySource::Webhook,
        stale: false,
        received_at: Timestamp::now(),
    }
}

async fn ledger_with(conversations: u64) -> Arc<MemoryWebhookLedger> {
    let ledger = Arc::new(MemoryWebhookLedger::new());
    for number in 1..=conversations {
        ledger.remember(&conversation(number)).await.unwrap();
    }
    ledger
}

async fn others_are_handled(hangs: bool) {
    let ledger = ledger_with(199).await;
    let handler = Arc::new(Bad { bad: 7, hangs, ..Bad::default() });
    let dispatcher = Dispatcher::new(ledger, handler.clone(), DispatchConfig::default());
    let run = tokio::spawn(async move { dispatcher.run().await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    run.abort();
    let handled = handler.handled.lock().unwrap().len();
    assert_eq!(handled, 198, "handled of 198 others");
}

#[tokio::test]
async fn point_06_a_handler_that_panics_delays_no_other_conversation() {
    others_are_handled(false).await;
}

#[tokio::test]
async fn point_06_a_handler_that_hangs_delays_no_other_conversation() {
    others_are_handled(true).await;
}

#[tokio::test]
async fn point_07_a_handler_slower_than_its_lease_runs_once() {
    let ledger = ledger_with(10).await;
    let handler = Arc::new(Bad { takes: Duration::from_millis(300), ..Bad::default() });
    let config = DispatchConfig { lease: Duration::from_millis(100), ..DispatchConfig::default() };
    let one = Dispatcher::new(ledger.clone(), handler.clone(), config);
    let two = one.clone();
    let _ = tokio::time::timeout(Duration::from_secs(2), async {
        tokio::join!(one.run(), two.run());
    })
    .await;
    let runs = handler.runs.load(Ordering::SeqCst);
    let handled = ledger.counts(&StoreId::new("kaasplank").unwrap()).await.unwrap().handled;
    assert_eq!((runs, handled), (10, 10), "runs and handled entries, of 10");
}

#[tokio::test]
async fn point_10_a_conversation_that_cannot_be_read_blocks_no_other() {
    let bench = Bench::hasty_provisioned().await;
    let broken = bench.talk(&customer("ada")).await;
    broken.say("Hello").await;
    let well = bench.talk(&customer("bob")).await;
    well.say("Hello").await;
    bench.fake.take_deliveries();
    let path = format!("/conversations/{}/messages", broken.id);
    bench.fake.fault(Fault::new(FaultKind::ErrorBefore).path(path));
    bench.reconciler().run_once(bench.north()).await.expect("the round is finished");
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    assert!(seen.named("message_created").iter().any(|it| it.event.conversation_id() == Some(well.id)));
}

#[tokio::test]
async fn point_10_a_lost_change_of_status_is_told_although_its_twin_came() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    bench.set_status(&talk, ConversationStatus::Resolved).await;
    let deliveries = bench.fake.take_deliveries();
    named(&deliveries, "conversation_status_changed");
    bench.receive(named(&deliveries, "conversation_updated")).await.unwrap();
    bench.reconciler().run_once(bench.north()).await.unwrap();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let told = seen.named("conversation_status_changed").len();
    assert_eq!(told, 1, "changes of status that the handler was told");
}

#[tokio::test]
async fn point_10_a_server_whose_clock_is_behind_loses_nothing() {
    let bench = Bench::provisioned().await;
    bench.reconciler().run_once(bench.north()).await.unwrap();
    bench.fake.set_time(Timestamp::now() - Duration::from_mins(2));
    bench.talk(&customer("ada")).await.say("Hello").await;
    bench.fake.take_deliveries();
    bench.reconciler().run_once(bench.north()).await.unwrap();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let told = (seen.named("conversation_created").len(), seen.named("message_created").len());
    assert_eq!(told, (1, 1), "conversations and messages that were found");
}

#[tokio::test(start_paused = true)]
async fn point_10_idle_stores_are_asked_seldom() {
    let bench = Bench::provisioned().await;
    let before = bench.fake.requests();
    let reconciler = bench.reconciler();
    let _ = tokio::time::timeout(Duration::from_hours(2), reconciler.run()).await;
    let calls = bench.fake.requests() - before;
    assert!(calls <= 2 * 2 * 4, "{calls} calls for two idle stores in two hours");
}

#[tokio::test]
async fn point_11_of_two_deliveries_at_once_the_newer_state_is_the_newest() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    let mut changes = Vec::new();
    for status in [ConversationStatus::Snoozed, ConversationStatus::Resolved] {
        tokio::time::sleep(Duration::from_millis(5)).await;
        bench.set_status(&talk, status).await;
        let deliveries = bench.fake.take_deliveries();
        changes.push(named(&deliveries, "conversation_status_changed").clone());
    }
    let (newer, older) =
        tokio::join!(biased; bench.receive(&changes[1]), bench.receive(&changes[0]));
    assert_eq!((newer.unwrap(), older.unwrap()), (Receipt::New, Receipt::New));
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    assert_eq!(seen.status(talk.id), ConversationStatus::Resolved);
}

#[tokio::test]
async fn point_11_two_transitions_with_one_state_are_two() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    bench.fake.take_deliveries();
    bench.set_status(&talk, ConversationStatus::Resolved).await;
    let deliveries = bench.fake.take_deliveries();
    let changed = named(&deliveries, "conversation_status_changed");
    let at = Timestamp::now();
    let mut receipts = Vec::new();
    for delivery in ["98499672", "c15201a1", "98499672", "c15201a1", "a third"] {
        let headers = headers(&bench, at, &changed.body, delivery).await;
        receipts.push(bench.receive_as(&headers, &changed.body).await.unwrap());
    }
    use Receipt::{Known, New};
    assert_eq!(receipts, [New, New, Known, Known, Known]);
}

#[tokio::test]
async fn point_11_what_changed_is_kept() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    bench.fake.take_deliveries();
    bench.set_status(&talk, ConversationStatus::Snoozed).await;
    bench.receive(named(&bench.fake.take_deliveries(), "conversation_updated")).await.unwrap();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let kept = serde_json::to_value(&seen.all()[0]).unwrap();
    assert_eq!(kept["changed"][0]["name"], "status", "{kept}");
}

/// Fails for ever with the conversation's beginning, and keeps what else it was told.
#[derive(Default)]
struct Never(Seen, AtomicU32);

#[async_trait]
impl Handler for Never {
    async fn handle(&self, entry: &Entry) -> Result<(), HandlerError> {
        if matches!(entry.event, SupportEvent::ConversationCreated(_)) {
            self.1.fetch_add(1, Ordering::SeqCst);
            return Err("always".into());
        }
        self.0.handle(entry).await
    }
}

#[tokio::test]
async fn point_12_a_handler_that_always_fails_does_not_block_its_conversation() {
    let bench = Bench::provisioned().await;
    bench.talk(&customer("ada")).await.say("Hello").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let never = Arc::new(Never::default());
    let dispatcher =
        Dispatcher::new(bench.ports.webhooks.clone(), never.clone(), DispatchConfig::default());
    for _ in 0..100 {
        dispatcher.run_once().await.unwrap();
    }
    let tries = never.1.load(Ordering::SeqCst);
    assert_eq!(never.0.named("message_created").len(), 1, "after {tries} tries");
}

#[tokio::test]
async fn point_12_a_stop_leaves_nothing_leased() {
    let ledger = ledger_with(30).await;
    let handler = Arc::new(Bad { takes: Duration::from_millis(50), ..Bad::default() });
    let dispatcher = Dispatcher::new(ledger.clone(), handler.clone(), DispatchConfig::default());
    let _ = tokio::time::timeout(Duration::from_millis(75), dispatcher.run()).await;
    let rest = 30 - handler.handled.lock().unwrap().len();
    let claims = ledger.claim(100, Duration::from_mins(1), Timestamp::now()).await.unwrap();
    assert_eq!(claims.len(), rest, "entries that the next process can claim at once");
}

#[tokio::test]
async fn point_13_contact_events_are_subscribed() {
    let bench = Bench::provisioned().await;
    let webhooks = bench.account(bench.north()).await.webhooks().list().await.unwrap();
    for wanted in [WebhookSubscription::ContactCreated, WebhookSubscription::ContactUpdated] {
        assert!(webhooks[0].subscriptions.contains(&wanted), "{wanted:?} is subscribed");
    }
}
