//! Tests of suspending and resuming a store.

use std::sync::Arc;
use std::time::Duration;

use store_context::accounts::StoreAccountError;
use store_context::engine::Engine;
use store_context::intake::ReconcileError;
use store_context::lifecycle::{Lifecycle, LifecycleError};
use store_context::model::{CustomerId, StoreId};
use store_context::ports::AuditAction;
use store_context::provision::ProvisionError;

use crate::post::Post;
use crate::support::{Bench, Seen, customer};

impl Bench {
    pub(crate) fn lifecycle(&self) -> Lifecycle {
        Lifecycle::new(self.accounts.clone(), self.ports.clone())
    }

    /// Returns the actions that the audit trail has of the first store, oldest first.
    pub(crate) async fn actions(&self) -> Vec<AuditAction> {
        let entries = self.ports.audit.entries(self.north(), None, 100).await.unwrap();
        entries.into_iter().rev().map(|it| it.entry.action).collect()
    }

    /// Runs all workers of a process for a time.
    async fn run_for(&self, seen: &Arc<Seen>, time: Duration) {
        let engine = Engine::builder(self.accounts.clone(), self.ports.clone());
        let engine = engine.handler(seen.clone()).build();
        engine.run_until(tokio::time::sleep(time)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspended_store_makes_no_call_and_loses_nothing() {
    let bench = Bench::provisioned().await;
    let post = Post::at(&bench);
    let (ada, north) = (customer("ada"), bench.north().clone());
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let talk = bench.talk(&ada).await;
    bench.fake.idle().await;
    let seen = Arc::new(Seen::default());
    bench.dispatched(&seen).await;
    let before = seen.all().len();

    let lifecycle = bench.lifecycle();
    lifecycle.suspend(&north, "unpaid").await.unwrap();
    let error = bench.accounts.open(&north).await.unwrap_err();
    assert!(matches!(error, StoreAccountError::Suspended { .. }), "{error:?}");
    assert!(error.to_string().contains("resume"), "{error}");
    talk.say("where is my order?").await;
    bench.fake.idle().await;
    assert_eq!(post.statuses(), [200].into(), "deliveries are taken");
    let late = customer("late");
    bench.put(&late);
    let sync = bench.sync();
    sync.want(&north, &late.id).await.unwrap();
    sync.want(&north, &ada.id).await.unwrap();
    bench.fake.clear_journal();
    // A loop without rest would never let the time pass.
    bench.run_for(&seen, Duration::from_hours(3)).await;
    let key = bench.record(&north).await.account_key().unwrap();
    let own = format!("/accounts/{}/", key.account);
    let mut calls = bench.fake.journal();
    assert!(!calls.is_empty(), "the other store goes on");
    calls.retain(|call| call.path.contains(&own));
    assert_eq!(calls, [], "no call of the suspended store");
    assert_eq!(seen.all().len(), before, "no handler runs");
    let parked = bench.ports.sync.parked(&north, None, 10).await.unwrap();
    assert!(parked.is_empty(), "{parked:?}");
    let paused = bench.ports.sync.paused(None, 10).await.unwrap();
    assert!(paused.is_empty(), "it is no failure: {paused:?}");
    assert_eq!(bench.ports.sync.counts(Some(&north)).await.unwrap().waiting, 2);

    // A delivery that is lost meanwhile is found when the store is reconciled.
    post.serve(crate::support::PUBLIC_URL, false);
    talk.say("hello?").await;
    bench.fake.idle().await;
    post.serve(crate::support::PUBLIC_URL, true);
    lifecycle.resume(&north).await.unwrap();
    let began = tokio::time::Instant::now();
    bench.run_for(&seen, Duration::from_secs(20)).await;
    assert!(began.elapsed() < Duration::from_mins(1));
    let told = seen.named("message_created");
    let texts: Vec<_> = told.iter().filter_map(|it| it.event.message()?.content.clone()).collect();
    for text in ["where is my order?", "hello?"] {
        assert_eq!(texts.iter().filter(|it| *it == text).count(), 1, "{texts:?}");
    }
    assert!(told.iter().all(|entry| entry.tries == 0), "no try was counted: {told:?}");
    bench.linked(&late.id).await;
    assert_eq!(bench.ports.sync.counts(Some(&north)).await.unwrap().waiting, 0);
    let actions = bench.actions().await;
    let of = [AuditAction::Suspend, AuditAction::Resume];
    let found: Vec<_> = actions.into_iter().filter(|action| of.contains(action)).collect();
    assert_eq!(found, of);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_store_holds_no_other_up() {
    let bench = Bench::provisioned().await;
    let south = bench.stores[1].id.clone();
    bench.lifecycle().suspend(bench.north(), "unpaid").await.unwrap();
    let sync = bench.sync();
    let ids = |n: u32| CustomerId::new(format!("c{n}")).unwrap();
    for n in 0..40 {
        sync.want(bench.north(), &ids(n)).await.unwrap();
        bench.shop.put_customer(&south, customer(&format!("c{n}"))).unwrap();
        sync.want(&south, &ids(n)).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    while bench.ports.sync.counts(Some(&south)).await.unwrap().waiting > 0 {
        sync.run_once().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(began.elapsed() < Duration::from_mins(1), "the other store waits");
    }
    assert_eq!(bench.ports.sync.counts(Some(bench.north())).await.unwrap().waiting, 40);
}

#[tokio::test(start_paused = true)]
async fn what_needs_the_account_of_a_suspended_store_says_so() {
    let bench = Bench::provisioned().await;
    let (lifecycle, north) = (bench.lifecycle(), bench.north().clone());
    lifecycle.suspend(&north, "unpaid").await.unwrap();
    lifecycle.suspend(&north, "another reason").await.unwrap();
    let suspended = bench.record(&north).await.lifecycle.suspended.unwrap();
    assert_eq!(suspended.reason, "unpaid", "the first reason stays");
    bench.fake.clear_journal();
    let error = bench.provision(&bench.stores[0]).await.unwrap_err();
    assert!(matches!(error, ProvisionError::Inactive(_)), "{error:?}");
    let error = bench.reconciler().run_once(&north).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Account(_)), "{error:?}");
    let error = lifecycle.rotate_user_token(&north, None).await.unwrap_err();
    assert!(matches!(error, LifecycleError::Account(_)), "{error:?}");
    assert_eq!(bench.fake.journal(), []);
    // The record survives what provisioning does with an account.
    bench.accounts.update(&north, store_context::ports::StoreRecord::forget_account).await.unwrap();
    assert!(bench.record(&north).await.lifecycle.suspended.is_some());
    let unknown = StoreId::new("unknown").unwrap();
    for error in [lifecycle.suspend(&unknown, "no").await, lifecycle.resume(&unknown).await] {
        let error = error.unwrap_err();
        let unknown = StoreAccountError::UnknownStore(unknown.clone()).to_string();
        assert_eq!(error.to_string(), unknown);
    }
}
