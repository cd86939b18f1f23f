//! Tests of the review's points that concern the intake.

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
use jiff::SignedDuration;
use store_context::Timestamp;
use store_context::intake::{DispatchConfig, Handler, HandlerContext, HandlerError, Receipt};
use store_context::model::{StoreId, SupportEvent};
use store_context::ports::{
    ClaimRequest, Clock, Entry, EntrySource, NewEntry, PurgeRequest, QueueClaim, StoreRecord,
    WebhookCounts,
};
use store_context::provision::WEBHOOK_SUBSCRIPTIONS;

use crate::support::{Bench, Seen, customer};

async fn headers(bench: &Bench, at: Timestamp, body: &[u8], delivery: &str) -> HeaderMap {
    let held = bench.record(bench.north()).await.credentials;
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

    let moves = |record: &mut StoreRecord| record.account.account = Some(AccountId(4711));
    bench.accounts.update(bench.north(), moves).await.unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(&created.body).unwrap();
    body["account"] = serde_json::json!({ "id": 4711 });
    let body = body.to_string().into_bytes();
    let headers = headers(&bench, Timestamp::now(), &body, "another").await;
    let receipt = bench.receive_as(&headers, &body).await.unwrap();
    assert_eq!(receipt, Receipt::New, "the first conversation of the new account");
}

/// Fails in a given way for one conversation, and counts the others.
#[derive(Default)]
struct Bad {
    conversation: u64,
    hangs: bool,
    takes: Duration,
    runs: AtomicU32,
    handled: Mutex<HashMap<u64, u32>>,
}

#[async_trait]
impl Handler for Bad {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let conversation = entry.event.conversation_id().unwrap().0;
        if conversation == self.conversation && self.hangs {
            std::future::pending::<()>().await;
        }
        assert!(conversation != self.conversation, "told to panic");
        tokio::time::sleep(self.takes).await;
        *self.handled.lock().unwrap().entry(conversation).or_default() += 1;
        Ok(())
    }
}

fn conversation(number: u64) -> NewEntry {
    let fact = serde_json::json!({
        "kind": "conversation_created", "conversation": number, "inbox": 1, "contact": 1,
        "identifier": null, "status": "open", "assignee": null, "labels": [], "updated_at": 1_790_000_000,
    });
    NewEntry {
        key: format!("conversation_created/{number}"),
        delivery: None,
        twin_key: None,
        reconciled_key: None,
        event: serde_json::from_value::<SupportEvent>(fact).unwrap(),
        changed: Vec::new(),
        source: EntrySource::Webhook,
    }
}

/// Returns a bench with this many conversations of the first store in its ledger.
async fn bench_with(conversations: u64) -> Bench {
    let bench = Bench::provisioned().await;
    take(&bench, bench.north(), 1..=conversations).await;
    bench
}

async fn take(bench: &Bench, store: &StoreId, numbers: impl IntoIterator<Item = u64>) {
    let account = bench.accounts.open(store).await.unwrap().key;
    let entries: Vec<NewEntry> = numbers.into_iter().map(conversation).collect();
    bench.ports.webhooks.take(store, &account, &entries).await.unwrap();
}

async fn counts(bench: &Bench) -> WebhookCounts {
    bench.ports.webhooks.counts(None).await.unwrap()
}

/// Returns what another process could claim now.
async fn claimable(bench: &Bench) -> Vec<QueueClaim> {
    let lease = Duration::from_mins(1);
    let request = ClaimRequest { limit: 500, share: 500, bulk: 0, lease, except: &[] };
    bench.ports.webhooks.claim(request).await.unwrap()
}

async fn others_are_handled(hangs: bool) {
    let bench = bench_with(199).await;
    let handler = Arc::new(Bad { conversation: 7, hangs, ..Bad::default() });
    let dispatcher = bench.dispatcher(handler.clone(), DispatchConfig::default());
    let run = tokio::time::timeout(Duration::from_secs(2), dispatcher.run());
    run.await.unwrap_err();
    let others = handler.handled.lock().unwrap().len();
    assert_eq!(others, 198, "handled of 198 others");
}

#[tokio::test(start_paused = true)]
async fn point_06_a_handler_that_panics_delays_no_other_conversation() {
    others_are_handled(false).await;
}

#[tokio::test(start_paused = true)]
async fn point_06_a_handler_that_hangs_delays_no_other_conversation() {
    others_are_handled(true).await;
}

/// Hangs in every conversation of one store.
struct HangsFor(StoreId, Mutex<u32>);

#[async_trait]
impl Handler for HangsFor {
    async fn handle(&self, _: &HandlerContext<'_>, entry: &Entry) -> Result<(), HandlerError> {
        if entry.store == self.0 {
            std::future::pending::<()>().await;
        }
        *self.1.lock().unwrap() += 1;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn point_06_a_store_whose_handler_hangs_delays_no_other_store() {
    let bench = bench_with(500).await;
    let [north, south] = bench.stores.each_ref().map(|store| store.id.clone());
    let handler = Arc::new(HangsFor(north, Mutex::default()));
    let dispatcher = bench.dispatcher(handler.clone(), DispatchConfig::default());
    let later = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        take(&bench, &south, 1..=20).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(*handler.1.lock().unwrap(), 20, "the other store's, within a second");
    };
    tokio::select! { biased; () = dispatcher.run() => {}, () = later => {} }
}

#[tokio::test(start_paused = true)]
async fn point_06_a_handler_that_hangs_is_cut_and_its_entry_set_aside() {
    let bench = bench_with(1).await;
    let handler = Arc::new(Bad { conversation: 1, hangs: true, ..Bad::default() });
    let config = DispatchConfig { max_tries: 3, ..DispatchConfig::default() };
    let dispatcher = bench.dispatcher(handler.clone(), config);
    tokio::time::timeout(Duration::from_mins(5), dispatcher.run()).await.unwrap_err();
    let parked = bench.ports.webhooks.parked(bench.north(), None, 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].entry.tries), (1, 3));
    assert_eq!(parked[0].error, "the handler did not end within 60s");
    assert_eq!(handler.runs.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn point_07_a_handler_slower_than_its_lease_runs_once() {
    for (takes, lease, each) in [(30, 10, 1), (59, 1, 1), (15, 20, 12)] {
        let bench = Bench::provisioned().await;
        take(&bench, bench.north(), 1..=10).await;
        // And one conversation with many entries that are each shorter than the lease.
        let account = bench.accounts.open(bench.north()).await.unwrap().key;
        let more = (1..each).map(|n| NewEntry { key: format!("more {n}"), ..conversation(1) });
        let more: Vec<NewEntry> = more.collect();
        bench.ports.webhooks.take(bench.north(), &account, &more).await.unwrap();
        let takes = Duration::from_secs(takes);
        let handler = Arc::new(Bad { takes, ..Bad::default() });
        let lease = Duration::from_secs(lease);
        let config = DispatchConfig { lease, slots: 4, ..DispatchConfig::default() };
        let one = bench.dispatcher(handler.clone(), config);
        let two = one.clone();
        let both = async { tokio::join!(biased; one.run(), two.run()) };
        tokio::time::timeout(Duration::from_mins(10), both).await.unwrap_err();
        let runs = u64::from(handler.runs.load(Ordering::SeqCst));
        let entries = 9 + each;
        let done = counts(&bench).await.handled;
        assert_eq!((runs, done), (entries, entries), "runs and handled entries");
    }
}

/// A worker that was suspended for longer than its lease, like a machine that sleeps, changes
/// nothing that another has claimed by then.
#[tokio::test(start_paused = true)]
async fn point_07_a_lost_claim_ends_its_handler() {
    let bench = bench_with(1).await;
    let handler = Arc::new(Bad { takes: Duration::from_secs(50), ..Bad::default() });
    let lease = Duration::from_secs(30);
    let dispatcher =
        bench.dispatcher(handler.clone(), DispatchConfig { lease, ..DispatchConfig::default() });
    let mut late = Box::pin(dispatcher.run());
    tokio::time::timeout(Duration::from_secs(1), &mut late).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(35)).await;
    let other = claimable(&bench).await;
    assert_eq!(other.len(), 1, "its lease has ended");
    tokio::time::timeout(Duration::from_secs(50), &mut late).await.unwrap_err();
    assert!(handler.handled.lock().unwrap().is_empty(), "the handler was dropped");
}

#[tokio::test(start_paused = true)]
async fn point_10_a_conversation_that_cannot_be_read_blocks_no_other() {
    let bench = Bench::hasty_provisioned().await;
    let broken = bench.talk(&customer("ada")).await;
    broken.say("Hello").await;
    let well = bench.talk(&customer("bob")).await;
    well.say("Hello").await;
    bench.fake.take_deliveries();
    let path = format!("/conversations/{}/messages", broken.id);
    bench.fake.fault(Fault::new(FaultKind::ErrorBefore).path(path));
    let round = bench.reconciler().run_once(bench.north()).await.expect("the round is finished");
    assert_eq!((round.conversations, round.unread), (2, 1));
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let told = |id| {
        let all = seen.named("message_created");
        all.iter().filter(|it| it.event.conversation_id() == Some(id)).count()
    };
    assert_eq!((told(well.id), told(broken.id)), (1, 0));

    // Long after its last activity it is requested again, and its messages are reported.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_mins(20)).await;
        bench.fake.advance(Duration::from_mins(20));
        assert_eq!(bench.reconciler().run_once(bench.north()).await.unwrap().unread, 1);
    }
    bench.fake.clear_faults();
    assert_eq!(bench.reconciler().run_once(bench.north()).await.unwrap().unread, 0);
    bench.dispatched(&seen).await;
    assert_eq!((told(well.id), told(broken.id)), (1, 1));
    // A conversation that was deleted is dropped.
    broken.say("Again").await;
    let refused = FaultKind::Respond { status: 404, body: "".into() };
    bench.fake.fault(Fault::new(refused).path(format!("/conversations/{}", broken.id)));
    assert_eq!(bench.reconciler().run_once(bench.north()).await.unwrap().unread, 0);
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

    // It was late and not lost: its state is known now, and an earlier one is stale.
    let changed = named(&deliveries, "conversation_status_changed");
    let shown = bench.account(bench.north()).await.conversations().get(talk.id).await.unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(&changed.body).unwrap();
    body["updated_at"] = serde_json::to_value(shown.updated_at).unwrap();
    let body = body.to_string().into_bytes();
    let headers = headers(&bench, Timestamp::now(), &body, "late").await;
    assert_eq!(bench.receive_as(&headers, &body).await.unwrap(), Receipt::Known);
    assert_eq!(bench.receive(changed).await.unwrap(), Receipt::New);
    bench.dispatched(&seen).await;
    let stale = seen.named("conversation_status_changed");
    assert_eq!(stale.iter().map(|entry| entry.stale).collect::<Vec<_>>(), [false, true]);
    assert_eq!(bench.reconciler().run_once(bench.north()).await.unwrap().found, 0);
}

#[tokio::test(start_paused = true)]
async fn point_10_a_server_whose_clock_is_wrong_loses_nothing() {
    for skew in [-240, -120, 0, 120, 240_i64] {
        let bench = Bench::provisioned().await;
        let skew = SignedDuration::from_secs(skew);
        bench.reconciler().run_once(bench.north()).await.unwrap();
        bench.fake.set_time(bench.clock.now() + skew);
        let talk = bench.talk(&customer("ada")).await;
        let seen = Arc::new(Seen::default());
        let mut found = 0;
        for round in 1..=4 {
            talk.say("Hello").await;
            bench.fake.take_deliveries();
            for _ in 0..2 {
                found += bench.reconciler().run_once(bench.north()).await.unwrap().found;
            }
            bench.dispatched(&seen).await;
            let told =
                (seen.named("conversation_created").len(), seen.named("message_created").len());
            assert_eq!(told, (1, round), "{skew}: conversations and messages that were found");
            let wait = Duration::from_secs(75);
            tokio::time::sleep(wait).await;
            bench.fake.advance(wait);
        }
        assert!(found >= 5, "{found}");
    }
}

#[tokio::test(start_paused = true)]
async fn point_10_idle_stores_are_asked_seldom() {
    let bench = Bench::provisioned().await;
    let before = bench.fake.requests();
    let reconciler = bench.reconciler();
    let _ = tokio::time::timeout(Duration::from_hours(24), reconciler.run()).await;
    let calls = bench.fake.requests() - before;
    // Some more at first, until the waits are long.
    assert!(calls <= 2 * (24 * 27 / 10 + 6), "{calls} calls for two idle stores in a day");
    assert!(calls >= 2 * (24 * 2), "{calls} calls: a lost event is found within 30 minutes");
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
    let new = receipts.iter().map(|receipt| *receipt == Receipt::New).collect::<Vec<_>>();
    assert_eq!(new, [true, true, false, false, false]);
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

/// Always fails for the conversation's creation, and records the other events.
#[derive(Default)]
struct Never(Seen, AtomicU32);

#[async_trait]
impl Handler for Never {
    async fn handle(
        &self,
        context: &HandlerContext<'_>,
        entry: &Entry,
    ) -> Result<(), HandlerError> {
        if matches!(entry.event, SupportEvent::ConversationCreated(_)) {
            self.1.fetch_add(1, Ordering::SeqCst);
            return Err("always".into());
        }
        self.0.handle(context, entry).await
    }
}

#[tokio::test(start_paused = true)]
async fn point_12_a_handler_that_always_fails_does_not_block_its_conversation() {
    let bench = Bench::provisioned().await;
    bench.talk(&customer("ada")).await.say("Hello").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let never = Arc::new(Never::default());
    let dispatcher = bench.dispatcher(never.clone(), DispatchConfig::default());
    tokio::time::timeout(Duration::from_hours(1), dispatcher.run()).await.unwrap_err();
    let tries = never.1.load(Ordering::SeqCst);
    assert_eq!(never.0.named("message_created").len(), 1, "after {tries} tries");
    assert_eq!(tries, 12);

    let parked = bench.ports.webhooks.parked(bench.north(), None, 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].error.as_str()), (1, "always"));
    assert_eq!(bench.ports.webhooks.replay_whole_store(bench.north()).await.unwrap(), 1);
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    assert_eq!(seen.named("conversation_created").len(), 1, "it is replayed");
}

#[tokio::test(start_paused = true)]
async fn point_12_what_is_handled_leaves_the_ledger() {
    let bench = bench_with(50).await;
    bench.dispatched(&Arc::new(Seen { entries: Mutex::default(), ..Seen::default() })).await;
    assert!(counts(&bench).await.handled >= 50);
    tokio::time::sleep(Duration::from_hours(48)).await;
    let keep = Duration::from_hours(24);
    let request = PurgeRequest { handled_before: keep, parked_before: None, limit: 1000 };
    let purged = bench.ports.webhooks.purge(&request).await.unwrap();
    assert_eq!((purged.total(), purged.parked), (100, 0), "entries and states");
    let left = counts(&bench).await;
    let last_webhook_at = left.last_webhook_at;
    assert_eq!(left, WebhookCounts { last_webhook_at, ..WebhookCounts::default() });
}

/// Whatever handlers do, a stop ends in time, and the next process gets everything that was not
/// handled.
#[tokio::test(start_paused = true)]
async fn point_12_a_stop_leaves_nothing_leased() {
    for (takes, conversation, ended_within) in [(1, 0, 2), (55, 0, 10), (0, 3, 10)] {
        for stopped_after in [0, 1, 500, 1_500] {
            let bench = bench_with(100).await;
            let takes = Duration::from_secs(takes);
            let handler = Arc::new(Bad { takes, conversation, hangs: true, ..Bad::default() });
            let dispatcher = bench.dispatcher(handler.clone(), DispatchConfig::default());
            let stopped = tokio::time::sleep(Duration::from_millis(stopped_after));
            let start = tokio::time::Instant::now();
            dispatcher.run_until(stopped).await;
            let took = start.elapsed();
            assert!(took <= Duration::from_secs(ended_within + 2), "{took:?}");
            assert_eq!(counts(&bench).await.claimed, 0, "claimed queues");
            let rest = 100 - handler.handled.lock().unwrap().len();
            assert_eq!(counts(&bench).await.waiting, rest as u64);
            // An interrupted entry waits for its next attempt, which no lease delays.
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(claimable(&bench).await.len(), rest, "{takes:?}, {stopped_after} ms");
        }
    }
}

/// A claim in progress at the time of the stop is released when the ledger responds.
#[tokio::test(start_paused = true)]
async fn point_12_a_stop_gives_back_what_is_just_being_claimed() {
    let bench = bench_with(40).await;
    bench.webhooks.answer_after(Duration::from_millis(300));
    let handler = Arc::new(Bad::default());
    let dispatcher = bench.dispatcher(handler.clone(), DispatchConfig::default());
    dispatcher.run_until(tokio::time::sleep(Duration::from_millis(100))).await;
    bench.reconciler().run_until(tokio::time::sleep(Duration::from_millis(350))).await;
    bench.webhooks.answer_after(Duration::ZERO);
    assert_eq!(counts(&bench).await.claimed, 0, "claimed queues");
    assert_eq!(handler.runs.load(Ordering::SeqCst), 0, "nothing was begun");
    for store in &bench.stores {
        let round = bench.ports.webhooks.claim_round(&store.id, Duration::from_mins(1)).await;
        assert!(round.unwrap().is_some(), "nobody holds {}", store.id);
    }
}

#[tokio::test(start_paused = true)]
async fn point_12_a_stop_of_the_reconciler_leaves_nothing_leased() {
    for hangs in [false, true] {
        let bench = Bench::provisioned().await;
        if hangs {
            bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_hours(1))).verb("GET"));
        }
        let start = tokio::time::Instant::now();
        bench.reconciler().run_until(tokio::time::sleep(Duration::from_millis(10))).await;
        assert!(start.elapsed() <= Duration::from_secs(10), "{:?}", start.elapsed());
        for store in &bench.stores {
            let lease = Duration::from_mins(1);
            let round = bench.ports.webhooks.claim_round(&store.id, lease).await.unwrap();
            assert!(round.is_some(), "{hangs}: nobody holds {}", store.id);
        }
    }
}

#[tokio::test]
async fn point_13_contact_events_are_subscribed() {
    let bench = Bench::provisioned().await;
    let webhooks = bench.account(bench.north()).await.webhooks().list().await.unwrap();
    for wanted in [WebhookSubscription::ContactCreated, WebhookSubscription::ContactUpdated] {
        assert!(webhooks[0].subscriptions.contains(&wanted), "{wanted:?} is subscribed");
    }
    assert_eq!(webhooks[0].subscriptions.len(), WEBHOOK_SUBSCRIPTIONS.len());
}

#[tokio::test]
async fn point_13_a_new_contact_is_a_hint_and_no_entry() {
    let bench = Bench::provisioned().await;
    bench.talk(&customer("ada")).await;
    let deliveries = bench.fake.take_deliveries();
    let receipt = bench.receive(named(&deliveries, "contact_created")).await.unwrap();
    assert_eq!(receipt, Receipt::Hint);
    assert_eq!(counts(&bench).await.webhooks, 0);
}
