//! Tests of the sync: each customer becomes one correct contact, whatever fails.

use std::time::Duration;

use chatwoot_client::application::contacts::{Contact, ContactPatch, NewContact};
use chatwoot_client::fake::Fault;
use chatwoot_client::public::NewPublicContact;
use chatwoot_client::{Attributes, RetryPolicy};
use serde_json::json;
use store_context::Timestamp;
use store_context::model::{
    Cart, CartItem, Customer, CustomerId, Money, Order, OrderId, OrderStatus,
};
use store_context::sync::{
    ContactSync, LeftOut, LeftOutReason, MergeGuestError, Outcome, SyncConfig,
};

use crate::support::{Bench, customer, every_fault, holds_none, outcomes, whole};

fn buy(bench: &Bench, customer: &CustomerId, number: u32, amount: i64) {
    let id = OrderId::new(format!("{customer}-{number}")).unwrap();
    let total = Money::new(amount.into(), bench.stores[0].currency);
    let order = Order::new(id, customer.clone(), Timestamp::now(), OrderStatus::Paid, total);
    bench.shop.put_order(bench.north(), order).unwrap();
}

fn fill_cart(bench: &Bench, customer: &CustomerId, quantity: u32) {
    let price = Money::new(5.into(), bench.stores[0].currency);
    let cart = Cart {
        items: vec![CartItem { title: "Tea".to_owned(), quantity, price }],
        total: price,
        updated_at: Timestamp::now(),
    };
    bench.shop.put_cart(bench.north(), customer, cart).unwrap();
}

async fn there(bench: &Bench, contact: NewContact) -> Contact {
    let account = bench.account(bench.north()).await;
    account.contacts().create(&contact).await.unwrap().contact
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_created_changed_and_let_be() {
    let bench = Bench::provisioned().await;
    let ada = Customer { phone: Some("+31612345678".into()), ..customer("ada") };
    bench.put(&ada);
    buy(&bench, &ada.id, 1, 120);
    let synced = bench.synced(&ada.id).await;
    assert_eq!((synced.outcome, synced.left_out.len()), (Outcome::Created, 0));
    assert!(synced.lag.is_some());
    let contact = bench.contact(&ada.id).await;
    assert_eq!(contact.email.as_deref(), Some("ada@mail.example"));
    assert_eq!(contact.phone_number.as_deref(), Some("+31612345678"));
    assert_eq!(contact.custom_attributes["customer_tier"], json!("zilver"));
    assert_eq!(contact.custom_attributes["order_count"], json!(1));

    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Unchanged);
    assert_eq!(bench.fake.requests(), 0);

    // Fields that agents maintain stay.
    let account = bench.account(bench.north()).await;
    let own = Attributes::from_iter([("favourite".to_owned(), json!("gouda"))]);
    let patch = ContactPatch { merge_custom_attributes: Some(own), ..ContactPatch::default() };
    account.contacts().update(contact.id, &patch).await.unwrap();
    buy(&bench, &ada.id, 2, 30);
    bench.put(&Customer { email: Some("new@mail.example".into()), phone: None, ..ada.clone() });
    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    assert_eq!(bench.fake.requests(), 1);
    let changed = bench.contact(&ada.id).await;
    assert_eq!(changed.id, contact.id);
    assert_eq!(changed.email.as_deref(), Some("new@mail.example"));
    assert_eq!(changed.phone_number.as_deref().unwrap_or_default(), "", "what is gone is cleared");
    assert_eq!(changed.custom_attributes["favourite"], json!("gouda"));
    assert_eq!(changed.custom_attributes["order_count"], json!(2));

    bench.shop.remove_customer(bench.north(), &ada.id);
    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Anonymized);
    assert_eq!(bench.fake.requests(), 2, "the fields, and the attributes");
    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Gone);
    assert_eq!(bench.fake.requests(), 1, "who is gone is looked for");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_triggers_are_one_write() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    let sync = bench.sync();
    for number in 0..100 {
        buy(&bench, &ada.id, number, 1);
        sync.want(bench.north(), &ada.id).await.unwrap();
    }
    bench.fake.clear_journal();
    assert_eq!(outcomes(&bench.settled(&sync).await), [Outcome::Created]);
    assert_eq!(bench.fake.requests(), 1);
    assert_eq!(bench.contact(&ada.id).await.custom_attributes["order_count"], json!(100));
}

#[tokio::test(start_paused = true)]
async fn stores_do_not_mix() {
    let bench = Bench::provisioned().await;
    let sync = bench.sync();
    for store in &bench.stores {
        let name = format!("Ada of {}", store.id);
        bench.shop.put_customer(&store.id, Customer { name, ..customer("ada") }).unwrap();
        assert_eq!(sync.want_all(&store.id).await.unwrap(), 1);
    }
    assert_eq!(outcomes(&bench.settled(&sync).await), [Outcome::Created; 2]);
    for store in &bench.stores {
        let contacts = bench.contacts_of(&store.id).await;
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0].name.as_deref(), Some(format!("Ada of {}", store.id).as_str()));
        assert_eq!(contacts[0].custom_attributes["order_currency"], json!(store.currency.code()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_with_the_proven_address_is_adopted() {
    let bench = Bench::provisioned().await;
    let email = Some("ADA@mail.example".to_owned());
    let guest = there(&bench, NewContact { email, ..NewContact::default() }).await;
    let ada = customer("ada");
    bench.put(&ada);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Adopted);
    assert_eq!(bench.contact(&ada.id).await.id, guest.id);
}

#[tokio::test(start_paused = true)]
async fn an_unproven_address_is_never_sent() {
    let bench = Bench::provisioned().await;
    let email = Some("ada@mail.example".to_owned());
    let guest = there(&bench, NewContact { email, ..NewContact::default() }).await;
    let ada = Customer { email_verified: false, ..customer("ada") };
    bench.put(&ada);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Created);
    let contact = bench.contact(&ada.id).await;
    assert_ne!(contact.id, guest.id);
    assert_eq!(contact.email.as_deref().unwrap_or_default(), "");
}

#[tokio::test(start_paused = true)]
async fn a_telephone_number_proves_nothing() {
    let bench = Bench::provisioned().await;
    let phone = Some("+31612345678".to_owned());
    let new = NewContact { phone_number: phone.clone(), ..NewContact::default() };
    let guest = there(&bench, new).await;
    let ada = Customer { phone, ..customer("ada") };
    bench.put(&ada);
    let synced = bench.synced(&ada.id).await;
    let taken = LeftOut { field: "phone_number", reason: LeftOutReason::Taken };
    assert_eq!((synced.outcome, synced.left_out), (Outcome::Created, vec![taken]));
    let contact = bench.contact(&ada.id).await;
    assert_ne!(contact.id, guest.id, "somebody else's contact was taken for a number");
    assert_eq!(contact.email.as_deref(), Some("ada@mail.example"));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_left_out_and_tried_again() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let mut bob = Customer { email: ada.email.clone(), ..customer("bob") };
    bob.phone = Some("call me".to_owned());
    bench.put(&bob);
    buy(&bench, &bob.id, 1, 200);
    let synced = bench.synced(&bob.id).await;
    assert_eq!(synced.outcome, Outcome::Created);
    let taken = LeftOut { field: "email", reason: LeftOutReason::Taken };
    let refused = LeftOut { field: "phone_number", reason: LeftOutReason::Refused };
    assert_eq!(synced.left_out, [taken, refused]);
    let contact = bench.contact(&bob.id).await;
    assert_eq!(contact.email.as_deref().unwrap_or_default(), "");
    assert_eq!(contact.custom_attributes["customer_tier"], json!("zilver"), "the rest is written");

    // Ada removes the address; nothing of Bob's changes, and the next trigger writes it.
    bench.put(&Customer { email: None, ..ada.clone() });
    bench.synced(&ada.id).await;
    let synced = bench.synced(&bob.id).await;
    assert_eq!((synced.outcome, synced.left_out), (Outcome::Updated, vec![refused]));
    assert_eq!(bench.contact(&bob.id).await.email, ada.email);
    assert_eq!(bench.contact(&ada.id).await.email.as_deref().unwrap_or_default(), "");
}

#[tokio::test(start_paused = true)]
async fn a_nul_byte_does_not_block_a_customer() {
    let bench = Bench::provisioned().await;
    let mut ada = Customer { phone: Some("\0".into()), ..customer("ada") };
    ada.name = "A\0da".to_owned();
    ada.email = Some("a\0da@mail.example".to_owned());
    bench.put(&ada);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Created);
    assert_eq!(bench.contact(&ada.id).await.name.as_deref(), Some("Ada"));
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_an_agent_deleted_is_made_anew() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let before = bench.contact(&ada.id).await.id;
    bench.account(bench.north()).await.contacts().delete(before).await.unwrap();
    bench.fake.run_background_jobs();
    buy(&bench, &ada.id, 1, 7);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Created);
    assert_ne!(bench.contact(&ada.id).await.id, before);
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_an_agent_merged_away_is_found_again() {
    let bench = Bench::provisioned().await;
    let ada = Customer { phone: Some("+31612345678".into()), ..customer("ada") };
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let before = bench.contact(&ada.id).await.id;
    let guest =
        there(&bench, NewContact { name: Some("A.".into()), ..NewContact::default() }).await;
    let account = bench.account(bench.north()).await;
    account.contacts().merge(guest.id, before).await.unwrap();
    bench.put(&Customer { phone: None, ..ada.clone() });
    buy(&bench, &ada.id, 1, 7);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Adopted);
    let contact = bench.contact(&ada.id).await;
    assert_eq!(contact.id, guest.id);
    assert_eq!(contact.name, Some(ada.name));
    assert_eq!(contact.phone_number.as_deref().unwrap_or_default(), "", "cleared here too");
    assert_eq!(bench.contacts().await.len(), 1);
}

/// Each request of a sync fails in each way; after the retries there is one correct contact.
#[tokio::test(start_paused = true)]
async fn one_contact_whatever_fails() {
    let hasty = RetryPolicy {
        max_attempts: 1,
        deadline: Duration::from_millis(500),
        ..RetryPolicy::default()
    };
    for kind in every_fault() {
        // Two customers: one to create, with a number of another contact; one to adopt.
        for n in 0..14 {
            let bench = Bench::provisioned_with(RetryPolicy::default()).await;
            let bench = Bench { client: hasty_client(&bench, hasty), ..bench };
            let phone = Some("+31612345678".to_owned());
            there(&bench, NewContact { phone_number: phone.clone(), ..NewContact::default() })
                .await;
            let email = Some("bob@mail.example".to_owned());
            there(&bench, NewContact { email, ..NewContact::default() }).await;
            let (ada, bob) = (Customer { phone, ..customer("ada") }, customer("bob"));
            for one in [&ada, &bob] {
                bench.put(one);
                buy(&bench, &one.id, 1, 50);
            }
            let sync = bench.sync();
            sync.want_all(bench.north()).await.unwrap();
            bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let all = bench.settled(&sync).await;
            bench.fake.clear_faults();
            let place = format!("{kind:?} at request {n}: {all:?}");
            assert_eq!(bench.contacts().await.len(), 3, "{place}");
            for one in [&ada, &bob] {
                let contact = bench.contact(&one.id).await;
                assert_eq!(contact.email, one.email, "{place}");
                assert_eq!(contact.custom_attributes["order_count"], json!(1), "{place}");
            }
            fill_cart(&bench, &bob.id, 2);
            assert_eq!(bench.synced(&bob.id).await.outcome, Outcome::Updated, "{place}");
        }
    }
}

fn hasty_client(bench: &Bench, policy: RetryPolicy) -> chatwoot_client::Client {
    chatwoot_client::Client::builder("https://chatwoot.test")
        .transport(bench.fake.clone())
        .retry(policy)
        .limits(chatwoot_client::Limits::off())
        .build()
        .unwrap()
}

/// A write that takes as long as the lease is aborted before another worker may start.
#[tokio::test(start_paused = true)]
async fn a_contact_has_one_writer() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    let lease = Duration::from_secs(12);
    let config = SyncConfig { lease, ..SyncConfig::default() };
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
    sync.want(bench.north(), &ada.id).await.unwrap();
    let slow = chatwoot_client::fake::FaultKind::Delay(Duration::from_secs(11));
    bench.fake.fault(Fault::new(slow).times(1));
    let started = tokio::time::Instant::now();
    assert_eq!(outcomes(&sync.run_once().await.unwrap()), [Outcome::Failed]);
    assert!(started.elapsed() < lease, "{:?}", started.elapsed());
    assert_eq!(outcomes(&bench.settled(&sync).await), [Outcome::Adopted]);
    assert_eq!(bench.contacts().await.len(), 1);
}

/// Two workers, continuous triggers, and a server that loses overlapping merges.
#[tokio::test(start_paused = true)]
async fn two_workers_lose_nothing() {
    const CUSTOMERS: u32 = 12;
    let bench = Bench::provisioned().await;
    bench.fake.set_merge_window(Duration::from_millis(40));
    let ids: Vec<_> =
        (0..CUSTOMERS).map(|n| CustomerId::new(format!("c-{n:02}")).unwrap()).collect();
    for id in &ids {
        bench.put(&customer(id.as_str()));
    }
    let (one, two) = (bench.sync(), bench.sync());
    let triggers = async {
        for round in 0..6 {
            for id in &ids {
                buy(&bench, id, round, 10);
                one.want(bench.north(), id).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(130)).await;
        }
        // Both finish: an interrupted worker keeps its claims until their leases expire.
        tokio::time::sleep(Duration::from_secs(20)).await;
    };
    let work = async { tokio::join!(one.run(), two.run()) };
    tokio::select! { () = triggers => {}, _ = work => {} }
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().waiting, 0);
    for id in &ids {
        let contact = bench.contact(id).await;
        assert_eq!(contact.custom_attributes["order_count"], json!(6), "{id}");
        assert_eq!(contact.custom_attributes["lifetime_value"], json!(60), "{id}");
    }
    assert_eq!(bench.contacts().await.len(), ids.len());
}

#[tokio::test(start_paused = true)]
async fn a_failing_ledger_loses_no_customer() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    let sync = bench.sync();
    sync.want(bench.north(), &ada.id).await.unwrap();
    bench.ledger.fail("settle");
    sync.run_once().await.unwrap_err();
    bench.ledger.mend();
    assert_eq!(bench.ports.sync.counts(None).await.unwrap().waiting, 1, "it is still wanted");
    assert_eq!(bench.contacts().await.len(), 1);
}

/// A ledger that panics, or whose wait hangs, stops no worker and drops nothing that is under way.
#[tokio::test(start_paused = true)]
async fn a_ledger_that_panics_or_hangs_stops_nobody() {
    for method in ["sync claim", "sync begin", "settle", "wait"] {
        let bench = Bench::provisioned().await;
        let (ada, bob) = (customer("ada"), customer("bob"));
        let sync = bench.sync();
        let change = async {
            bench.ledger.panic(method);
            for one in [&ada, &bob] {
                tokio::time::sleep(Duration::from_secs(5)).await;
                bench.put(one);
                sync.want(bench.north(), &one.id).await.unwrap();
                tokio::time::sleep(Duration::from_secs(5)).await;
                if method != "wait" {
                    bench.ledger.mend();
                }
            }
            // Less than a lease.
            tokio::time::sleep(Duration::from_mins(1)).await;
            assert_eq!(bench.contacts().await.len(), 2, "{method}");
        };
        tokio::select! { biased; () = change => {}, () = sync.run() => {} }
    }
}

async fn guest(bench: &Bench) -> (Contact, chatwoot_client::ConversationId) {
    let store_account = bench.record(bench.north()).await.account;
    let inbox = bench.client.public_inbox(store_account.api_inbox_identifier.unwrap());
    let identity = store_context::identity::Identity::new(bench.ports.clone());
    let proof = identity.public_guest(bench.north()).await.unwrap();
    let new = NewPublicContact {
        name: Some("Guest".to_owned()),
        identifier_hash: Some(proof.identifier_hash),
        ..NewPublicContact::default()
    };
    let made = inbox.contacts().create(&new).await.unwrap();
    let conversations = inbox.conversations(&made.source_id);
    let talk = conversations.create(None).await.unwrap().id;
    conversations.conversation(talk).messages().create("Hello", None).await.unwrap();
    let account = bench.account(bench.north()).await;
    (account.contacts().get(made.id).await.unwrap(), talk)
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_recognised_and_again() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    buy(&bench, &ada.id, 1, 120);
    let sync = bench.sync();
    let (is_guest, talk) = guest(&bench).await;
    let account = bench.account(bench.north()).await;
    let stale = Attributes::from_iter([("customer_tier".to_owned(), json!("odd"))]);
    let patch = ContactPatch { merge_custom_attributes: Some(stale), ..ContactPatch::default() };
    account.contacts().update(is_guest.id, &patch).await.unwrap();

    let contact = sync.merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap();
    let owner = account.conversations().get(talk).await.unwrap().meta.sender.id;
    assert_eq!(owner, contact);
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&ada.id).await.custom_attributes["customer_tier"], json!("zilver"));
    for _ in 0..2 {
        let again = sync.merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap();
        assert_eq!(again, contact);
    }
    assert_eq!(sync.merge_guest(bench.north(), &ada.id, contact).await.unwrap(), contact);
    assert_eq!(bench.contacts().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_a_guest_is_recognised_and_only_as_a_customer() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    bench.put(&ada);
    bench.put(&bob);
    bench.synced(&ada.id).await;
    bench.synced(&bob.id).await;
    let sync = bench.sync();
    let of_bob = bench.contact(&bob.id).await.id;
    let error = sync.merge_guest(bench.north(), &ada.id, of_bob).await.unwrap_err();
    assert!(matches!(error, MergeGuestError::OtherCustomer(id) if id == of_bob), "{error:?}");
    let (is_guest, _) = guest(&bench).await;
    let nobody = CustomerId::new("nobody").unwrap();
    let error = sync.merge_guest(bench.north(), &nobody, is_guest.id).await.unwrap_err();
    assert!(matches!(&error, MergeGuestError::UnknownCustomer(id) if *id == nobody), "{error:?}");
    holds_none(&whole(&error), &bench.secrets().await);
    assert_eq!(bench.contacts().await.len(), 2);
    let account = bench.account(bench.north()).await;
    account.contacts().get(is_guest.id).await.expect("the guest is still there");
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_recognised_though_the_contact_was_deleted() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let account = bench.account(bench.north()).await;
    account.contacts().delete(bench.contact(&ada.id).await.id).await.unwrap();
    bench.fake.run_background_jobs();
    let (is_guest, talk) = guest(&bench).await;
    let contact = bench.sync().merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap();
    assert_eq!(account.conversations().get(talk).await.unwrap().meta.sender.id, contact);
    bench.settled(&bench.sync()).await;
    assert_eq!(bench.contact(&ada.id).await.id, contact);
}

/// A worker writes between the merge's read and write: values that the merge reverted are written
/// again.
#[tokio::test(start_paused = true)]
async fn a_merge_undoes_no_sync() {
    for wait in (0..120).step_by(10) {
        let bench = Bench::provisioned().await;
        let ada = customer("ada");
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let (is_guest, _) = guest(&bench).await;
        bench.fake.set_merge_window(Duration::from_millis(60));
        buy(&bench, &ada.id, 1, 120);
        let sync = bench.sync();
        sync.want(bench.north(), &ada.id).await.unwrap();
        let later = async {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            sync.merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap();
        };
        let (_, ()) = tokio::join!(sync.run_once(), later);
        bench.fake.clear_journal();
        bench.settled(&sync).await;
        let writes = bench.fake.journal().into_iter().filter(|entry| entry.verb == "PUT").count();
        assert_eq!(writes, 1, "{wait}: the merge is followed by a write");
        let contact = bench.contact(&ada.id).await;
        assert_eq!(contact.custom_attributes["order_count"], json!(1), "{wait}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_merge_whose_answer_is_lost_is_repeated() {
    for kind in every_fault() {
        let bench = Bench::provisioned().await;
        let ada = customer("ada");
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let (is_guest, talk) = guest(&bench).await;
        let hasty = RetryPolicy {
            max_attempts: 1,
            deadline: Duration::from_millis(500),
            ..RetryPolicy::default()
        };
        let sync = ContactSync::new(
            bench.accounts_by(hasty_client(&bench, hasty)),
            bench.ports.clone(),
            SyncConfig::default(),
        );
        bench.fake.fault(Fault::new(kind).path("actions/contact_merge").times(1));
        sync.merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap_err();
        let contact = sync.merge_guest(bench.north(), &ada.id, is_guest.id).await.unwrap();
        let account = bench.account(bench.north()).await;
        assert_eq!(account.conversations().get(talk).await.unwrap().meta.sender.id, contact);
    }
}
