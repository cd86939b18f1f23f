//! Tests of moving stores to another public URL, and back.

use std::collections::BTreeSet;
use std::time::Duration;

use chatwoot_client::Patch;
use chatwoot_client::application::webhooks::WebhookPatch;
use store_context::doctor::RoundTripError;
use store_context::lifecycle::{
    AddressChange, LifecycleError, RepointConfig, RepointPlan, Repointed,
};
use store_context::model::{Store, StoreId};
use store_context::ports::{Address, AuditAction};
use store_context::{Currency, Url};

use crate::post::{CUTS, Post, cut};
use crate::support::{Bench, PUBLIC_URL};

const NEW: &str = "https://new.example";

const WITHIN: Duration = Duration::from_secs(30);

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

impl Bench {
    /// Returns the URLs at which the store's webhooks and panels are, without their tokens.
    async fn points_to(&self, store: &StoreId) -> (Vec<String>, Vec<String>) {
        let account = self.account(store).await;
        let held = self.record(store).await.credentials;
        let base = |url: &str, address: Address, token: &str| {
            let path = format!("{}/{token}", address.path());
            url.strip_suffix(&path).expect("its own token").to_owned()
        };
        let webhooks = account.webhooks().list().await.unwrap();
        let token = held.webhook_address.unwrap();
        let webhooks =
            webhooks.iter().map(|it| base(it.url.expose(), Address::Webhook, token.expose()));
        let apps = account.dashboard_apps().list().await.unwrap();
        let token = held.panel_address.unwrap();
        let panels =
            apps.iter().map(|it| base(it.content[0].url.expose(), Address::Panel, token.expose()));
        (webhooks.collect(), panels.collect())
    }

    async fn assert_all_at(&self, at: &str, stores: &[StoreId]) {
        for store in stores {
            let at = at.to_owned();
            let found = self.points_to(store).await;
            assert_eq!(found, (vec![at.clone()], vec![at]), "{store}");
        }
    }

    fn ids(&self) -> Vec<StoreId> {
        self.stores.iter().map(|store| store.id.clone()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_is_planned_moved_verified_and_moved_back() {
    let bench = Bench::provisioned().await;
    let post = Post::at(&bench);
    post.serve(NEW, true);
    let (lifecycle, north, to) = (bench.lifecycle(), bench.north().clone(), url(NEW));
    let secret = bench.record(&north).await.credentials.webhook_secret;
    let error = lifecycle.undo_repoint(&north, WITHIN).await.unwrap_err();
    assert!(matches!(error, LifecycleError::NotMoved(_)), "{error:?}");
    let plan = lifecycle.plan_repoint(&north, &to).await.unwrap();
    let moves = AddressChange::Moves { from: url(PUBLIC_URL), to: to.clone() };
    assert_eq!((&plan.webhook, &plan.panel), (&moves, &moves));
    let said = format!("from {PUBLIC_URL} to {NEW}/");
    assert_eq!(plan.to_string(), format!("{north}: webhook {said}, panel {said}"));
    let token = bench.record(&north).await.credentials.webhook_address.unwrap();
    assert!(!format!("{plan:?}").contains(token.expose()), "a plan shows no token");
    bench.assert_all_at(PUBLIC_URL, &bench.ids()).await;

    assert_eq!(lifecycle.repoint(&north, &to, WITHIN).await.unwrap(), Repointed::Moved);
    bench.assert_all_at(NEW, std::slice::from_ref(&north)).await;
    bench.assert_all_at(PUBLIC_URL, &bench.ids()[1..]).await;
    assert!(bench.record(&north).await.lifecycle.moved.unwrap().verified);
    assert_eq!(bench.record(&north).await.credentials.webhook_secret, secret, "its secret stays");
    bench.fake.clear_journal();
    assert_eq!(lifecycle.repoint(&north, &to, WITHIN).await.unwrap(), Repointed::Unchanged);
    assert_eq!(bench.fake.journal().len(), 2, "two reads");
    assert!(lifecycle.plan_repoint(&north, &to).await.unwrap().is_unchanged());

    assert_eq!(lifecycle.undo_repoint(&north, WITHIN).await.unwrap(), Repointed::Moved);
    bench.assert_all_at(PUBLIC_URL, &bench.ids()).await;
    assert_eq!(bench.record(&north).await.lifecycle.moved, None);
    let actions = bench.actions().await;
    let entered = actions.iter().filter(|action| **action == AuditAction::Repoint).count();
    assert_eq!(entered, 2, "{actions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_move_to_a_wrong_url_is_not_verified_and_stops_few_stores() {
    let bench = Bench::provisioned().await;
    let _post = Post::at(&bench);
    let (lifecycle, north) = (bench.lifecycle(), bench.north().clone());
    let config = RepointConfig { max_failures: 1, ..RepointConfig::default() };
    let report = lifecycle.repoint_all(&url(NEW), config).await.unwrap();
    assert!(report.stopped && !report.is_complete(), "{report:?}");
    let [(failed, error)] = &report.failed[..] else { panic!("{report:?}") };
    assert_eq!(*failed, north);
    let unverified = LifecycleError::Unverified(RoundTripError::NotReceived { within: WITHIN });
    assert_eq!(error.to_string(), unverified.to_string());
    let said = report.to_string();
    let counts = "0 moved, 0 unchanged, 0 passed over, 1 failed; stopped after too many failures";
    assert_eq!(said, format!("{counts}\n  {north}: {unverified}"));
    // The first store is at the wrong URL, and the others are where they were.
    let plans = lifecycle.plan_repoint_all(&url(NEW)).await.unwrap();
    let unchanged: Vec<bool> = plans.plans.iter().map(RepointPlan::is_unchanged).collect();
    assert_eq!(unchanged, [true, false], "{plans}");
    assert!(!plans.is_unchanged());
    let second = bench.ids()[1].clone();
    lifecycle.suspend(&second, "unpaid").await.unwrap();
    let plans = lifecycle.plan_repoint_all(&url(NEW)).await.unwrap();
    assert_eq!(plans.passed_over, std::slice::from_ref(&second));
    assert!(
        plans.is_unchanged() && plans.to_string().ends_with(&format!("\n{second}: passed over"))
    );
    lifecycle.resume(&second).await.unwrap();
    bench.assert_all_at(PUBLIC_URL, &bench.ids()[1..]).await;
    // To a third URL: the way back leads to where webhooks arrived.
    lifecycle.repoint(&north, &url("https://third.example"), WITHIN).await.unwrap_err();
    let report = lifecycle.undo_repoint_all(RepointConfig::default()).await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.moved.len(), report.unchanged.len()), (1, 1));
    bench.assert_all_at(PUBLIC_URL, &bench.ids()).await;
}

/// A host awaits them in its endpoints and tasks, which requires `Send`.
#[tokio::test(start_paused = true)]
async fn a_move_of_all_stores_can_be_spawned() {
    let bench = Bench::provisioned().await;
    let lifecycle = bench.lifecycle();
    let moved = tokio::spawn(async move {
        let (to, config) = (url(NEW), RepointConfig::default());
        lifecycle.plan_repoint_all(&to).await.unwrap();
        lifecycle.repoint_all(&to, config).await.unwrap();
        lifecycle.undo_repoint_all(config).await.unwrap()
    });
    moved.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_webhook_with_a_foreign_url_is_not_moved() {
    let bench = Bench::provisioned().await;
    let (lifecycle, north) = (bench.lifecycle(), bench.north().clone());
    let id = bench.record(&north).await.account.webhook.unwrap();
    let to = WebhookPatch {
        url: Patch::Set("https://elsewhere.example/hook".into()),
        ..WebhookPatch::default()
    };
    bench.account(&north).await.webhooks().update(id, &to).await.unwrap();
    let plan = lifecycle.plan_repoint(&north, &url(NEW)).await.unwrap();
    assert_eq!(plan.webhook, AddressChange::Foreign);
    let error = lifecycle.repoint(&north, &url(NEW), WITHIN).await.unwrap_err();
    assert!(matches!(error, LifecycleError::ForeignUrl { what: "webhook", .. }), "{error:?}");
    assert_eq!(bench.record(&north).await.lifecycle.moved, None, "nothing was begun");
}

/// Moves two stores, cut off at each call in each way, then again; and the same on the way back.
#[tokio::test(start_paused = true)]
async fn a_move_that_is_cut_off_at_any_call_is_finished_by_another() {
    for fault in CUTS {
        for back in [false, true] {
            for at in 0.. {
                let bench = Bench::hasty_provisioned().await;
                let post = Post::at(&bench);
                post.serve(NEW, true);
                let (lifecycle, config) = (bench.lifecycle(), RepointConfig::default());
                let to = url(NEW);
                if back {
                    assert!(lifecycle.repoint_all(&to, config).await.unwrap().is_complete());
                }
                let ended = if back {
                    cut(&bench, at, fault.clone(), lifecycle.undo_repoint_all(config)).await
                } else {
                    cut(&bench, at, fault.clone(), lifecycle.repoint_all(&to, config)).await
                };
                if !back {
                    // As another process would.
                    let report = bench.lifecycle().repoint_all(&to, config).await.unwrap();
                    assert!(report.is_complete(), "cut off at {at}: {report:?}");
                    bench.assert_all_at(NEW, &bench.ids()).await;
                    for id in bench.ids() {
                        let moved = bench.record(&id).await.lifecycle.moved.unwrap();
                        assert!(moved.verified, "cut off at {at}");
                    }
                }
                let report = bench.lifecycle().undo_repoint_all(config).await.unwrap();
                assert!(report.is_complete(), "cut off at {at}: {report:?}");
                bench.assert_all_at(PUBLIC_URL, &bench.ids()).await;
                if let Some(ended) = ended {
                    assert!(ended.unwrap().is_complete());
                    assert!(at >= 12, "only {at} calls were cut off");
                    break;
                }
            }
        }
    }
}

/// Re-point of 200 stores cut off at any call, then repeated: all point to the new address,
/// verified; the way back restores all.
#[tokio::test(start_paused = true)]
async fn two_hundred_stores_are_moved_in_spite_of_cuts_and_moved_back() {
    const STORES: usize = 200;
    let bench = Bench::new();
    let post = Post::at(&bench);
    post.serve(NEW, true);
    let mut ids = Vec::with_capacity(STORES);
    for number in 0..STORES {
        let id = StoreId::new(format!("store-{number:03}")).unwrap();
        let website = url(&format!("https://store-{number}.example"));
        let store = Store::new(id.clone(), id.as_str(), website, "help@s.example", Currency::EUR);
        bench.shop.open(&id, Currency::EUR);
        bench.provision(&store).await.unwrap();
        ids.push(id);
    }
    bench.assert_all_at(PUBLIC_URL, &ids).await;
    let mut random = fastrand::Rng::with_seed(12);
    let config = RepointConfig::default();
    for back in [false, true] {
        let (mut cuts, mut seen) = (0, BTreeSet::new());
        loop {
            let (at, fault) = (random.usize(..400), CUTS[random.usize(..2)].clone());
            let lifecycle = bench.lifecycle();
            let ended = if back {
                cut(&bench, at, fault, lifecycle.undo_repoint_all(config)).await
            } else {
                cut(&bench, at, fault, lifecycle.repoint_all(&url(NEW), config)).await
            };
            let Some(report) = ended else {
                (cuts, _) = (cuts + 1, seen.insert(at));
                assert!(cuts < 500, "it gets no further");
                if cuts < 20 {
                    continue;
                }
                // Enough cuts: the next one is let go on.
                let report = if back {
                    lifecycle.undo_repoint_all(config).await.unwrap()
                } else {
                    lifecycle.repoint_all(&url(NEW), config).await.unwrap()
                };
                assert!(report.is_complete(), "{report:?}");
                break;
            };
            assert!(report.unwrap().is_complete());
            break;
        }
        bench.assert_all_at(if back { PUBLIC_URL } else { NEW }, &ids).await;
        for id in &ids {
            let moved = bench.record(id).await.lifecycle.moved;
            assert_eq!(moved.is_some_and(|moved| moved.verified), !back, "{id}");
        }
        assert!(cuts >= 3, "cut off at {seen:?} only");
    }
}

#[tokio::test(start_paused = true)]
async fn stores_that_are_suspended_or_not_provisioned_are_passed_over() {
    let bench = Bench::new();
    let post = Post::at(&bench);
    post.serve(NEW, true);
    bench.provision(&bench.stores[0]).await.unwrap();
    bench.ports.stores.put(&bench.stores[1]).await.unwrap();
    let lifecycle = bench.lifecycle();
    lifecycle.suspend(bench.north(), "unpaid").await.unwrap();
    bench.fake.clear_journal();
    let report = lifecycle.repoint_all(&url(NEW), RepointConfig::default()).await.unwrap();
    assert_eq!(report.passed_over, bench.ids());
    assert!(report.is_complete());
    assert_eq!(bench.fake.journal(), []);
}
