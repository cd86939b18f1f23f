//! Tests of offboarding a store.

use bytes::Bytes;
use store_context::accounts::StoreAccountError;
use store_context::lifecycle::{LifecycleError, OffboardReceipt};
use store_context::model::{CustomerId, StoreId};
use store_context::ports::{Address, AuditAction, OffboardPolicy, SyncCounts, WebhookCounts};

use crate::post::{CUTS, Post, cut};
use crate::support::{Bench, customer};

/// No part of a UUID, which the search of the fake for them would find.
const CUSTOMERS: [&str; 3] = ["amy", "bob", "cyd"];

/// Returns a bench whose first store has three customers with contacts and waiting entries.
async fn scene() -> Bench {
    let bench = Bench::hasty_provisioned().await;
    for name in CUSTOMERS {
        let customer = customer(name);
        bench.put(&customer);
        bench.synced(&customer.id).await;
    }
    let amy = customer("amy");
    bench.talk(&amy).await.say("hello").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    bench
}

impl Bench {
    async fn offboard(
        &self,
        policy: OffboardPolicy,
        platform: bool,
    ) -> Result<OffboardReceipt, LifecycleError> {
        let handle = self.platform();
        let handle = platform.then_some(&handle);
        self.lifecycle().offboard(self.north(), policy, handle).await
    }

    /// Asserts that nothing of the first store is left on this host, and all of the other's.
    async fn is_forgotten(&self) {
        let (north, south) = (self.north(), &self.stores[1].id);
        let error = self.accounts.open(north).await.unwrap_err();
        assert!(matches!(error, StoreAccountError::UnknownStore(_)), "{error:?}");
        assert_eq!(self.ports.stores.ids(None, 10).await.unwrap(), std::slice::from_ref(south));
        let counts = self.ports.sync.counts(Some(north)).await.unwrap();
        assert_eq!(counts, SyncCounts::default());
        let counts = self.ports.webhooks.counts(Some(north)).await.unwrap();
        assert_eq!(counts, WebhookCounts::default());
        let lease = std::time::Duration::from_secs(1);
        assert_eq!(self.ports.webhooks.claim_round(north, lease).await.unwrap(), None);
        for name in CUSTOMERS {
            let key = format!("context\u{1f}{north}\u{1f}{name}");
            assert_eq!(self.ports.cache.get(&key).await.unwrap(), None);
        }
        self.account(south).await.agents().list().await.unwrap();
        assert_eq!(self.actions().await.last(), Some(&AuditAction::Offboard));
    }
}

/// What Chatwoot has of the store, read with the administrator's token from before.
struct Left {
    webhooks: usize,
    panels: usize,
    contacts: Vec<chatwoot_client::application::contacts::Contact>,
}

async fn left(account: &chatwoot_client::Account) -> Left {
    let query = chatwoot_client::application::contacts::ContactsQuery::default();
    Left {
        webhooks: account.webhooks().list().await.unwrap().len(),
        panels: account.dashboard_apps().list().await.unwrap().len(),
        contacts: account.contacts().list(&query).await.unwrap().payload,
    }
}

/// Each policy, cut off at each call, in each way, and finished by another process.
#[tokio::test(start_paused = true)]
async fn an_offboarding_that_is_cut_off_at_any_call_is_finished_by_another() {
    use OffboardPolicy::{Anonymize, Delete, Leave};
    for (policy, platform) in [(Leave, false), (Anonymize, false), (Delete, false), (Delete, true)]
    {
        for fault in CUTS {
            for at in 0.. {
                let bench = scene().await;
                let account = bench.account(bench.north()).await;
                let ids: Vec<_> = bench.contacts().await.iter().map(|it| it.id).collect();
                let key = format!("context\u{1f}{}\u{1f}amy", bench.north());
                let minute = std::time::Duration::from_mins(1);
                bench.ports.cache.put(&key, Bytes::from("{}"), minute).await.unwrap();
                let ended = cut(&bench, at, fault.clone(), bench.offboard(policy, platform)).await;
                if ended.is_none() {
                    // What others do meanwhile reaches no Chatwoot.
                    bench.fake.clear_journal();
                    let sync = bench.sync();
                    sync.want(bench.north(), &CustomerId::new("bob").unwrap()).await.unwrap();
                    sync.run_once().await.unwrap();
                    assert_eq!(bench.fake.journal(), [], "cut off at {at}");
                }
                let (receipt, ended) = match ended {
                    Some(receipt) => (receipt.unwrap(), true),
                    None => (bench.offboard(policy, platform).await.unwrap(), false),
                };
                assert_eq!(receipt.policy, Some(policy));
                bench.is_forgotten().await;
                if platform {
                    assert!(receipt.account_deleted);
                    let error = account.contacts().get(ids[0]).await.unwrap_err();
                    assert!(error.is_unauthorized() || error.is_not_found(), "{error}");
                } else {
                    let left = left(&account).await;
                    assert_eq!((left.webhooks, left.panels), (0, 0), "cut off at {at}");
                    match policy {
                        Leave => assert_eq!(left.contacts.len(), 3),
                        Anonymize => {
                            for id in ids {
                                let contact = account.contacts().get(id).await.unwrap();
                                let text = serde_json::to_string(&contact).unwrap();
                                let named = CUSTOMERS.iter().any(|name| text.contains(name));
                                assert!(!named, "cut off at {at}: {text}");
                                assert!(contact.custom_attributes.is_empty(), "{text}");
                                assert_eq!(contact.identifier, None);
                            }
                        }
                        Delete => assert_eq!(left.contacts, [], "cut off at {at}"),
                    }
                    let wanted = if policy == Leave { 0 } else { 3 };
                    // A contact whose response was cut off may be counted once less.
                    assert!(receipt.contacts <= wanted && receipt.contacts + 3 > wanted);
                }
                // Once more changes nothing.
                bench.fake.clear_journal();
                let again = bench.offboard(policy, platform).await.unwrap();
                assert_eq!((again.policy, bench.fake.journal()), (None, Vec::new()));
                if ended {
                    assert!(at >= 4, "only {at} calls were cut off");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_leaves_is_called_by_nobody_else_and_takes_no_delivery_afterwards() {
    let bench = scene().await;
    let post = Post::at(&bench);
    let address = bench.record(bench.north()).await.credentials.webhook_address.unwrap();
    let amy = customer("amy");
    let talk = bench.talk(&amy).await;
    bench.fake.idle().await;
    assert_eq!(post.statuses(), [200].into());
    bench.offboard(OffboardPolicy::Leave, false).await.unwrap();
    talk.say("anybody there?").await;
    bench.fake.idle().await;
    assert_eq!(post.statuses(), [200].into(), "nothing is sent any more");
    let found = bench.ports.stores.store_at(Address::Webhook, &address).await.unwrap();
    assert_eq!(found, None);
    // The id is free again.
    bench.provision(&bench.stores[0]).await.unwrap();
    assert!(bench.record(bench.north()).await.lifecycle.is_active());
}

#[tokio::test(start_paused = true)]
async fn contacts_that_are_online_are_deleted_by_a_later_call() {
    let bench = scene().await;
    let key = bench.record(bench.north()).await.account_key().unwrap();
    let contact = bench.contacts().await[0].id;
    bench.fake.set_online(key.account.0, contact.0, true);
    let error = bench.offboard(OffboardPolicy::Delete, false).await.unwrap_err();
    assert!(matches!(error, LifecycleError::Online { left: 1, .. }), "{error:?}");
    let error = bench.accounts.open(bench.north()).await.unwrap_err();
    assert!(matches!(error, StoreAccountError::Offboarding(_)), "{error:?}");
    let error = bench.offboard(OffboardPolicy::Leave, false).await.unwrap_err();
    assert!(matches!(error, LifecycleError::OtherPolicy(_)), "{error:?}");
    bench.fake.set_online(key.account.0, contact.0, false);
    let receipt = bench.offboard(OffboardPolicy::Delete, false).await.unwrap();
    assert_eq!((receipt.contacts, receipt.account), (3, Some(key)));
    bench.is_forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_never_here_is_not_offboarded() {
    let bench = Bench::provisioned().await;
    let unknown = StoreId::new("unknown").unwrap();
    let lifecycle = bench.lifecycle();
    let error = lifecycle.offboard(&unknown, OffboardPolicy::Leave, None).await.unwrap_err();
    let is_unknown = matches!(error, LifecycleError::Account(StoreAccountError::UnknownStore(_)));
    assert!(is_unknown, "{error:?}");
}

/// A store whose account is gone or refuses its token leaves this host all the same.
#[tokio::test(start_paused = true)]
async fn a_store_without_a_usable_account_can_leave() {
    let bench = scene().await;
    let account = bench.record(bench.north()).await.account.account.unwrap();
    bench.platform().accounts().delete(account).await.unwrap();
    let error = bench.offboard(OffboardPolicy::Anonymize, false).await.unwrap_err();
    assert!(matches!(error, LifecycleError::Chatwoot { .. }), "{error:?}");
    let bench = scene().await;
    let account = bench.record(bench.north()).await.account.account.unwrap();
    bench.platform().accounts().delete(account).await.unwrap();
    bench.offboard(OffboardPolicy::Leave, false).await.unwrap();
    bench.is_forgotten().await;
}
