//! Customers who were removed, erased or merged away, and whose contact the engine did not create or
//! cannot find by its link: it is looked up by the customer's identifier.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::{Account, Attributes, ContactId, Patch};
use serde_json::json;
use store_context::Timestamp;
use store_context::identity::PROOF_ATTRIBUTE;
use store_context::memory::MemoryShop;
use store_context::model::{
    ContactIdentifiers, Customer, CustomerId, IdentityPolicy, Order, OrderTotals, Store, StoreId,
};
use store_context::ports::{Doubt, Orders, PortResult};
use store_context::sync::{ContactSync, Erased, GonePolicy, Outcome, SyncConfig};

use crate::support::{Bench, Talk, customer, outcomes};
use crate::visitor::Visitor;

fn sync_by(bench: &Bench, gone: GonePolicy) -> ContactSync {
    let config = SyncConfig { gone, quiet: Duration::ZERO, ..SyncConfig::default() };
    ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config)
}

async fn linked(bench: &Bench, id: &str) -> Customer {
    let customer = customer(id);
    bench.put(&customer);
    bench.synced(&customer.id).await;
    customer
}

/// An agent deletes the linked contact, and the customer goes on by the store's app.
async fn made_anew_by_the_app(bench: &Bench, customer: &Customer) -> Talk {
    let account = bench.account(bench.north()).await;
    account.contacts().delete(bench.linked(&customer.id).await.id).await.unwrap();
    bench.talk(customer).await
}

async fn contact_of(bench: &Bench, talk: &Talk) -> ContactId {
    let account = bench.account(bench.north()).await;
    account.conversations().get(talk.id).await.unwrap().meta.sender.id
}

async fn name_plainly(bench: &Bench) {
    let identity =
        IdentityPolicy { identifiers: ContactIdentifiers::Plain, ..IdentityPolicy::default() };
    let store = Store { identity, ..bench.stores[0].clone() };
    bench.ports.stores.put(&store).await.unwrap();
}

/// Whether any contact carries the customer's identifier.
async fn is_left(bench: &Bench, customer: &Customer) -> bool {
    let own = bench.identity_of(bench.north()).await.identifier(&customer.id);
    bench.contacts().await.iter().any(|contact| contact.identifier.as_ref() == Some(&own))
}

/// The app made the contact, before the first sync or after an agent deleted the linked one.
#[tokio::test(start_paused = true)]
async fn what_the_app_made_is_removed_by_the_policy() {
    for known in [false, true] {
        for (policy, outcome, calls) in [
            (GonePolicy::Keep, Outcome::Gone, 0),
            (GonePolicy::Anonymize, Outcome::Anonymized, 3),
            (GonePolicy::Delete, Outcome::Deleted, 2),
        ] {
            let bench = Bench::provisioned().await;
            let ada = if known { linked(&bench, "ada").await } else { customer("ada") };
            let talk = if known {
                made_anew_by_the_app(&bench, &ada).await
            } else {
                bench.talk(&ada).await
            };
            let contact = contact_of(&bench, &talk).await;
            bench.shop.remove_customer(bench.north(), &ada.id);
            let sync = sync_by(&bench, policy);
            bench.fake.clear_journal();
            sync.want(bench.north(), &ada.id).await.unwrap();
            let done = outcomes(&bench.settled(&sync).await);
            let kept = policy == GonePolicy::Keep;
            if kept && known {
                assert_eq!(done, [Outcome::Unchanged], "nothing is looked at");
            } else {
                assert_eq!(done, [outcome], "{policy:?}, known: {known}");
            }
            // To find the link's contact gone is a call too.
            let calls = if known && !kept { calls + 1 } else { calls };
            assert_eq!(bench.fake.requests(), calls, "{policy:?}, known: {known}");
            assert_eq!(is_left(&bench, &ada).await, kept, "{policy:?}, known: {known}");
            let deleted = bench.account(bench.north()).await.contacts().get(contact).await.is_err();
            assert_eq!(deleted, policy == GonePolicy::Delete, "{policy:?}, known: {known}");
        }
    }
}

/// Who has no contact costs the one call that finds none.
#[tokio::test(start_paused = true)]
async fn nobodys_contact_is_one_call() {
    let bench = Bench::provisioned().await;
    let sync = bench.sync();
    let nobody = CustomerId::new("nobody").unwrap();
    bench.fake.clear_journal();
    sync.want(bench.north(), &nobody).await.unwrap();
    assert_eq!(outcomes(&bench.settled(&sync).await), [Outcome::Gone]);
    assert_eq!(bench.fake.requests(), 1);
}

/// As long as it cannot be looked for, nothing is settled.
#[tokio::test(start_paused = true)]
async fn an_erased_customers_contact_by_the_app_is_deleted() {
    let bench = Bench::hasty_provisioned().await;
    let ada = linked(&bench, "ada").await;
    made_anew_by_the_app(&bench, &ada).await;
    bench.fake.fault(Fault::new(FaultKind::ErrorBefore));
    let sync = bench.sync();
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Noted);
    bench.fake.clear_faults();
    bench.settled(&sync).await;
    assert_eq!(bench.contacts().await.len(), 0);
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().in_doubt, 0);
}

/// An agent merged the linked contact into a guest's, which has the identifier now.
#[tokio::test(start_paused = true)]
async fn an_erased_customer_whom_an_agent_merged_into_a_guest_is_deleted() {
    for plainly in [false, true] {
        let bench = Bench::provisioned().await;
        if plainly {
            name_plainly(&bench).await;
        }
        let ada = linked(&bench, "ada").await;
        let guest = contact_of(&bench, &bench.guest_talk().await).await;
        let account = bench.account(bench.north()).await;
        let linked = bench.linked(&ada.id).await.id;
        account.contacts().merge(guest, linked).await.unwrap();
        let sync = bench.sync();
        assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Done);
        assert_eq!(bench.contacts().await.len(), 0, "plainly: {plainly}");
    }
}

/// The app's contact is merged into that of the customer who stays.
#[tokio::test(start_paused = true)]
async fn a_merged_away_customers_contact_by_the_app_is_merged() {
    for known in [false, true] {
        let bench = Bench::provisioned().await;
        let new = linked(&bench, "new").await;
        let old = if known { linked(&bench, "old").await } else { customer("old") };
        let talk =
            if known { made_anew_by_the_app(&bench, &old).await } else { bench.talk(&old).await };
        bench.shop.remove_customer(bench.north(), &old.id);
        let sync = bench.sync();
        sync.merge(bench.north(), &old.id, &new.id).await.unwrap();
        let done = outcomes(&bench.settled(&sync).await);
        assert!(done.contains(&Outcome::Merged), "{done:?}, known: {known}");
        let kept = bench.contact(&new.id).await;
        assert_eq!(contact_of(&bench, &talk).await, kept.id, "known: {known}");
        assert_eq!((bench.contacts().await.len(), kept.email), (1, new.email), "known: {known}");
    }
}

/// The customer goes and the contact is made anew by the app, between the engine's read and its
/// write.
struct GoesMeanwhile {
    shop: Arc<MemoryShop>,
    account: Account,
    contact: ContactId,
    identifier: String,
    gone: AtomicBool,
}

#[async_trait]
impl Orders for GoesMeanwhile {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        self.shop.recent_orders(store, customer, limit).await
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let totals = self.shop.order_totals(store, customer).await;
        if !self.gone.swap(true, Ordering::SeqCst) {
            self.shop.remove_customer(store, customer);
            self.account.contacts().delete(self.contact).await.unwrap();
            let identifier = Some(self.identifier.clone());
            let by_app = NewContact { identifier, ..NewContact::default() };
            self.account.contacts().create(&by_app).await.unwrap();
        }
        totals
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_between_read_and_write_is_looked_for() {
    for looks in [false, true] {
        let mut bench = Bench::provisioned().await;
        let ada = linked(&bench, "ada").await;
        let contact = bench.contact(&ada.id).await;
        bench.ports.orders = Arc::new(GoesMeanwhile {
            shop: bench.shop.clone(),
            account: bench.account(bench.north()).await,
            contact: contact.id,
            identifier: contact.identifier.unwrap(),
            gone: AtomicBool::new(false),
        });
        if looks {
            let key = bench.record(bench.north()).await.account_key().unwrap();
            let ledger = &bench.ports.sync;
            ledger.doubt(bench.north(), &key, contact.id, Doubt::Look, None).await.unwrap();
        } else {
            bench.put(&Customer { name: "Ada L.".to_owned(), ..ada.clone() });
        }
        assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Anonymized, "looks: {looks}");
        assert!(!is_left(&bench, &ada).await, "looks: {looks}");
    }
}

/// Another customer's contact stays, whatever identifier it carries, and gets its own again.
#[tokio::test(start_paused = true)]
async fn another_customers_contact_is_not_removed() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (linked(&bench, "ada").await, linked(&bench, "bob").await);
    let (of_ada, of_bob) = (bench.linked(&ada.id).await, bench.linked(&bob.id).await);
    let account = bench.account(bench.north()).await;
    account.contacts().delete(of_ada.id).await.unwrap();
    let identifier = of_ada.identifier.map_or(Patch::Keep, Patch::Set);
    let patch = ContactPatch { identifier, ..ContactPatch::default() };
    account.contacts().update(of_bob.id, &patch).await.unwrap();
    let sync = bench.sync();
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Done);
    bench.settled(&sync).await;
    let kept = bench.contact(&bob.id).await;
    assert_eq!((kept.id, kept.email), (of_bob.id, bob.email));
}

/// A plain identifier may be a guest's guess; with the store's proof it is the customer's.
#[tokio::test(start_paused = true)]
async fn under_plain_identifiers_a_guests_contact_stays() {
    for signs_in in [false, true] {
        let bench = Bench::provisioned().await;
        name_plainly(&bench).await;
        let ada = customer("1815");
        let mut visitor = Visitor::new(&bench).await;
        if signs_in {
            visitor.sign_in(&bench, &ada).await;
            let proof = bench.identity_of(bench.north()).await.prove(&ada.id, Timestamp::now());
            let proof = Attributes::from_iter([(PROOF_ATTRIBUTE.to_owned(), json!(proof))]);
            visitor.writes(&bench, proof).await;
        } else {
            visitor.tell(&json!({ "identifier": "1815" })).await;
            visitor.writes(&bench, Attributes::new()).await;
        }
        let sync = bench.sync();
        assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Done);
        assert_eq!(is_left(&bench, &ada).await, !signs_in);
    }
}

/// Without a link too, who is online is anonymized at once, and found again to be deleted.
#[tokio::test(start_paused = true)]
async fn who_is_online_without_a_link_is_deleted_later() {
    for plainly in [false, true] {
        let bench = Bench::provisioned().await;
        if plainly {
            name_plainly(&bench).await;
        }
        let ada = customer("ada");
        let talk = bench.talk(&ada).await;
        talk.claim("ada@mail.example").await;
        let body = r#"{"message":"Contact is online"}"#.into();
        let online = Fault::new(FaultKind::Respond { status: 422, body }).verb("DELETE");
        bench.fake.fault(online.times(1));
        let sync = bench.sync();
        assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Noted);
        let left = bench.contacts().await.remove(0);
        assert_eq!(left.email.unwrap_or_default(), "", "anonymized at once");
        bench.settled(&sync).await;
        assert_eq!(bench.contacts().await.len(), 0, "plainly: {plainly}");
    }
}
