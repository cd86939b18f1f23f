//! Tests that undelivered events are found, once, and handled in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::ConversationId;
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::{Fault, FaultKind, WebhookFaults};
use chatwoot_client::types::{ConversationStatus, MessageType};
use store_context::intake::{DispatchConfig, Receipt, ReconcileError};
use store_context::ports::{Entry, EntrySource};

use crate::support::{Bench, Seen, Talk, customer, every_fault, stores};

/// Creates three conversations, one of them long; returns them with the number of messages.
async fn day(bench: &Bench) -> (Vec<Talk>, usize) {
    let mut talks = Vec::new();
    for (id, count) in [("ada", 45), ("bob", 3), ("eve", 1)] {
        let talk = bench.talk(&customer(id)).await;
        for number in 0..count {
            talk.say(&format!("{id} {number}")).await;
        }
        talks.push(talk);
    }
    let account = bench.account(bench.north()).await;
    account
        .conversation(talks[1].id)
        .messages()
        .create(&NewMessage::text("An answer"))
        .await
        .unwrap();
    bench.set_status(&talks[0], ConversationStatus::Resolved).await;
    bench.set_status(&talks[1], ConversationStatus::Snoozed).await;
    (talks, 45 + 3 + 1 + 1)
}

fn messages(entries: &[Entry]) -> Vec<(ConversationId, u64)> {
    let facts = entries.iter().filter_map(|entry| entry.event.message());
    facts.map(|fact| (fact.conversation, fact.message.0)).collect()
}

/// Asserts that each conversation, message and status reached the handler once and in order.
fn complete(seen: &Seen, talks: &[Talk], count: usize) {
    let created: BTreeSet<_> =
        seen.named("conversation_created").iter().map(|it| it.key.clone()).collect();
    assert_eq!((created.len(), seen.named("conversation_created").len()), (3, 3));
    let told = messages(&seen.all());
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), count, "each message");
    assert_eq!(told.len(), count, "and each once");
    let mut by_talk: BTreeMap<ConversationId, Vec<u64>> = BTreeMap::new();
    for (talk, message) in told {
        by_talk.entry(talk).or_default().push(message);
    }
    assert!(by_talk.values().all(|ids| ids.is_sorted()), "{by_talk:?}");
    assert_eq!(seen.status(talks[0].id), ConversationStatus::Resolved);
    assert_eq!(seen.status(talks[1].id), ConversationStatus::Snoozed);
    assert_eq!(seen.status(talks[2].id), ConversationStatus::Open);
}

#[tokio::test]
async fn every_dropped_webhook_is_found_once() {
    let bench = Bench::provisioned().await;
    let (talks, count) = day(&bench).await;
    bench.fake.webhook_faults(WebhookFaults { drop_every: 1, ..WebhookFaults::default() });
    assert!(bench.fake.take_deliveries().is_empty());
    let first = bench.reconciler().run_once(bench.north()).await.unwrap();
    assert_eq!(first.conversations, 3);
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    complete(&seen, &talks, count);
    assert!(seen.all().iter().all(|entry| entry.source == EntrySource::Reconciler));
    assert_eq!(first.found, seen.all().len() as u64);

    bench.fake.clear_journal();
    let second = bench.reconciler().run_once(bench.north()).await.unwrap();
    assert_eq!((second.conversations, second.found), (3, 0));
    assert_eq!(bench.fake.journal().len(), 1, "messages are read of what was touched since");
    bench.dispatched(&seen).await;
    complete(&seen, &talks, count);
    let other = bench.reconciler().run_once(&bench.stores[1].id).await.unwrap();
    assert_eq!((other.conversations, other.found), (0, 0), "stores are apart");
}

#[tokio::test]
async fn half_of_the_webhooks_and_the_reconciler_tell_all_once() {
    for drop_every in [2, 3, 5] {
        let bench = Bench::provisioned().await;
        let (talks, count) = day(&bench).await;
        bench.fake.webhook_faults(WebhookFaults {
            drop_every,
            double_every: 3,
            swap_every: 4,
            ..WebhookFaults::default()
        });
        let seen = Arc::new(Seen::default());
        for delivery in bench.fake.take_deliveries() {
            bench.receive(&delivery).await.unwrap();
        }
        bench.reconciler().run_once(bench.north()).await.unwrap();
        bench.dispatched(&seen).await;
        let told = messages(&seen.all());
        assert_eq!((told.len(), told.iter().collect::<BTreeSet<_>>().len()), (count, count));
        assert_eq!(seen.named("conversation_created").len(), 3);
        assert_eq!(seen.status(talks[0].id), ConversationStatus::Resolved);
        assert_eq!(seen.status(talks[1].id), ConversationStatus::Snoozed);
    }
}

#[tokio::test]
async fn a_webhook_that_comes_late_is_known() {
    let bench = Bench::provisioned().await;
    let (talks, count) = day(&bench).await;
    let late = bench.fake.take_deliveries();
    bench.reconciler().run_once(bench.north()).await.unwrap();
    for delivery in &late {
        let receipt = bench.receive(delivery).await.unwrap();
        if ["message_created", "conversation_created"].contains(&delivery.event.as_str()) {
            assert_eq!(receipt, Receipt::Known, "{}", delivery.event);
        }
    }
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    complete(&seen, &talks, count);
}

#[tokio::test]
async fn of_two_states_the_newer_holds() {
    let bench = Bench::provisioned().await;
    let talk = bench.talk(&customer("ada")).await;
    talk.say("Hello").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let mut changes = Vec::new();
    for status in
        [ConversationStatus::Resolved, ConversationStatus::Open, ConversationStatus::Snoozed]
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
        bench.set_status(&talk, status).await;
        let told = bench.fake.take_deliveries();
        changes.extend(told.into_iter().filter(|it| it.event == "conversation_status_changed"));
    }
    assert_eq!(changes.len(), 3);
    for delivery in changes.iter().rev() {
        assert_eq!(bench.receive(delivery).await.unwrap(), Receipt::New);
    }
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let stale: Vec<_> =
        seen.named("conversation_status_changed").iter().map(|entry| entry.stale).collect();
    assert_eq!(stale, [false, true, true]);
    assert_eq!(seen.status(talk.id), ConversationStatus::Snoozed);
}

/// A round that fails, or that leaves conversations out, loses nothing: the next one checks again.
#[tokio::test(start_paused = true)]
async fn a_round_that_fails_is_followed_by_one_that_looks_again() {
    let bench = Bench::provisioned().await;
    let (talks, count) = day(&bench).await;
    bench.fake.take_deliveries();
    let mut failed = 0;
    for kind in every_fault() {
        for n in 0..4 {
            bench.fake.fault(Fault::new(kind.clone()).verb("GET").after(n));
            let round = bench.reconciler().run_once(bench.north()).await;
            failed += u32::from(matches!(round, Err(ReconcileError::Chatwoot(_))));
            assert!(round.is_err() || n > 0 && round.unwrap().unread > 0, "{kind:?} after {n}");
            bench.fake.clear_faults();
        }
    }
    // Every round if the list cannot be read, and those that do not concern a single conversation.
    assert_eq!(failed, 6 + 2 * 3, "rounds that failed");
    for method in ["states", "unknown", "take", "messages_read", "settle_round"] {
        bench.webhooks.fail(method);
        let round = bench.reconciler().run_once(bench.north()).await;
        assert!(matches!(round, Err(ReconcileError::Port(_))), "{method}: {round:?}");
        bench.webhooks.mend();
        // A round that could not be settled is claimed until its lease expires.
        tokio::time::sleep(Duration::from_mins(2)).await;
    }
    bench.reconciler().run_once(bench.north()).await.unwrap();
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    complete(&seen, &talks, count);
}

#[tokio::test(start_paused = true)]
async fn a_failing_handler_gets_the_entry_again_in_order() {
    let bench = Bench::provisioned().await;
    let (talks, count) = day(&bench).await;
    bench.fake.take_deliveries();
    bench.reconciler().run_once(bench.north()).await.unwrap();
    let seen = Arc::new(Seen::default());
    let account = bench.account(bench.north()).await;
    for talk in &talks {
        let page = account
            .conversation(talk.id)
            .messages()
            .list(&chatwoot_client::application::messages::MessagesQuery::default())
            .await;
        let page = page.unwrap().payload;
        let told = page.iter().filter(|it| it.message_type != MessageType::Activity);
        for message in told.step_by(3) {
            seen.failing.lock().unwrap().insert(format!("message_created/{}", message.id), 3);
        }
    }
    // Two dispatchers on one ledger.
    let config = DispatchConfig { slots: 2, entries: 5, ..DispatchConfig::default() };
    let one = bench.dispatcher(seen.clone(), config);
    let two = one.clone();
    for _ in 0..60 {
        let (one, two) = tokio::join!(biased; one.run_once(), two.run_once());
        one.unwrap();
        two.unwrap();
    }
    bench.dispatched(&seen).await;
    complete(&seen, &talks, count);
    let failing = seen.failing.lock().unwrap().clone();
    assert!(failing.len() > 5 && failing.values().all(|left| *left == 0), "{failing:?}");
    let counts = bench.ports.webhooks.counts(Some(bench.north())).await.unwrap();
    assert_eq!(counts.waiting, 0);
}

#[tokio::test]
async fn a_store_that_is_not_provisioned_is_named() {
    let bench = Bench::new();
    let error = bench.reconciler().run_once(&stores()[0].id).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Account(_)), "{error:?}");
}

/// However many conversations the server never shows, the others are found.
#[tokio::test(start_paused = true)]
async fn many_conversations_that_are_never_shown_do_not_hide_the_others() {
    let bench = Bench::provisioned().await;
    let mut hidden = Vec::new();
    for n in 0..8 {
        let talk = bench.talk(&customer(&format!("c{n}"))).await;
        talk.say("Hello").await;
        hidden.push(format!("/conversations/{}/messages", talk.id));
    }
    let shown = bench.talk(&customer("shown")).await;
    shown.say("Help").await;
    bench.fake.set_fault_script(move |request| {
        let hidden = hidden.iter().any(|path| request.uri().path().ends_with(path));
        hidden.then(|| FaultKind::Respond { status: 500, body: "{}".into() })
    });
    let reconciler = bench.reconciler();
    tokio::time::timeout(Duration::from_mins(30), reconciler.run()).await.unwrap_err();
    assert!(bench.known(shown.id).await.is_some(), "the store is blocked");
}
