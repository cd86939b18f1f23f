//! Tests of the rules of `docs/sync.md`, one each: how a contact ends when changes of customers and
//! contacts conflict.

use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::{Patch, RetryPolicy};
use serde_json::json;
use store_context::model::{Customer, CustomerId};
use store_context::ports::{Hold, SyncCounts, WebhookCounts};
use store_context::sync::{
    ContactSync, Erased, GonePolicy, LeftOut, LeftOutReason, Outcome, SweepCursor, SyncConfig,
};
use tokio::time::{sleep, timeout};

use crate::support::{BASE_URL, Bench, customer, outcomes};
use crate::visitor::Visitor;

fn with_email(id: &str, email: Option<&str>) -> Customer {
    Customer { email: email.map(str::to_owned), ..customer(id) }
}

fn sync_by(bench: &Bench, gone: GonePolicy) -> ContactSync {
    let config = SyncConfig { gone, quiet: Duration::ZERO, ..SyncConfig::default() };
    ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config)
}

async fn counts(bench: &Bench) -> SyncCounts {
    bench.ports.sync.counts(None).await.unwrap()
}

async fn both(bench: &Bench, one: &str, other: &str) -> (Customer, Customer) {
    let (one, other) = (customer(one), customer(other));
    for customer in [&one, &other] {
        bench.put(customer);
        bench.synced(&customer.id).await;
    }
    (one, other)
}

/// Syncs what is due after some time.
async fn settled_later(bench: &Bench, after: Duration) {
    sleep(after).await;
    bench.settled(&bench.sync()).await;
}

/// Another's phone number is left out; when the other releases it, it is written without a trigger.
#[tokio::test(start_paused = true)]
async fn a_phone_number_that_is_let_go_comes_by_itself() {
    let bench = Bench::provisioned().await;
    let phone = Some("+31612345678".to_owned());
    let ada = Customer { phone: phone.clone(), ..customer("ada") };
    let bob = Customer { phone: phone.clone(), ..customer("bob") };
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.put(&bob);
    let taken = LeftOut { field: "phone_number", reason: LeftOutReason::Taken };
    assert_eq!(bench.synced(&bob.id).await.left_out, [taken]);
    bench.put(&Customer { phone: None, ..ada.clone() });
    bench.synced(&ada.id).await;
    assert_eq!(bench.contact(&bob.id).await.phone_number, phone);
}

/// An address that a guest entered stays the guest's; once the guest's contact is deleted, it is
/// written without a trigger.
#[tokio::test(start_paused = true)]
async fn a_guests_claimed_address_comes_when_the_guest_is_gone() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    let mut guest = Visitor::new(&bench).await;
    guest.tell(&json!({ "email": ada.email })).await;
    bench.put(&ada);
    let left_out = bench.synced(&ada.id).await.left_out;
    let reason = LeftOutReason::NotAdopted(guest.contact);
    assert_eq!(left_out, [LeftOut { field: "email", reason }]);
    settled_later(&bench, Duration::from_secs(3)).await;
    assert_eq!(bench.linked(&ada.id).await.email.unwrap_or_default(), "", "still the guest's");
    bench.account(bench.north()).await.contacts().delete(guest.contact).await.unwrap();
    settled_later(&bench, Duration::from_hours(1)).await;
    assert_eq!(bench.linked(&ada.id).await.email, ada.email);
}

/// A value of an agent's contact is retried at growing intervals.
#[tokio::test(start_paused = true)]
async fn what_stays_taken_is_tried_ever_more_seldom() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    let mut guest = Visitor::new(&bench).await;
    guest.tell(&json!({ "email": ada.email })).await;
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let sync = bench.sync();
    let mut tries = 0;
    for _ in 0..(7 * 24 * 6) {
        sleep(Duration::from_mins(10)).await;
        tries += sync.run_once().await.unwrap().len();
    }
    assert!((5..=14).contains(&tries), "{tries} tries in a week");
}

/// Three customers who exchange their addresses in a cycle all end with their own.
#[tokio::test(start_paused = true)]
async fn addresses_that_go_round_come_round() {
    let bench = Bench::provisioned().await;
    let ids = ["a", "b", "c"];
    for id in ids {
        bench.put(&customer(id));
        bench.synced(&customer(id).id).await;
    }
    for (id, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
        bench.put(&with_email(id, customer(next).email.as_deref()));
    }
    let sync = bench.sync();
    sync.want_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    settled_later(&bench, Duration::from_secs(3)).await;
    for (id, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
        assert_eq!(bench.contact(&customer(id).id).await.email, customer(next).email, "{id}");
    }
}

/// Two customers merged in the shop are one contact, with the conversations of both.
#[tokio::test(start_paused = true)]
async fn customers_who_are_merged_in_the_shop_are_one_contact() {
    let bench = Bench::provisioned().await;
    let (old, new) = both(&bench, "old", "new").await;
    let talk = bench.talk(&old).await;
    let kept = bench.contact(&new.id).await.id;
    bench.shop.remove_customer(bench.north(), &old.id);
    let sync = bench.sync();
    sync.merge(bench.north(), &old.id, &new.id).await.unwrap();
    let synced = bench.settled(&sync).await;
    assert!(outcomes(&synced).contains(&Outcome::Merged), "{synced:?}");
    assert_eq!(bench.contacts().await.len(), 1);
    let contact = bench.contact(&new.id).await;
    assert_eq!((contact.id, contact.email), (kept, new.email.clone()));
    let account = bench.account(bench.north()).await;
    assert_eq!(account.conversations().get(talk.id).await.unwrap().meta.sender.id, kept);
    assert_eq!(bench.ports.sync.link(bench.north(), &old.id).await.unwrap(), None);
}

/// A merge completes whatever fails and wherever its worker dies.
#[tokio::test(start_paused = true)]
async fn a_merge_of_customers_survives_each_death() {
    for dies_after in (0..100).step_by(5) {
        let bench = Bench::provisioned().await;
        let (old, new) = both(&bench, "old", "new").await;
        bench.shop.remove_customer(bench.north(), &old.id);
        let sync = bench.sync();
        sync.merge(bench.north(), &old.id, &new.id).await.unwrap();
        bench.fake.set_merge_window(Duration::from_millis(20));
        bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(10))));
        let _ = timeout(Duration::from_millis(dies_after), sync.run_once()).await;
        sleep(Duration::from_secs(1)).await;
        bench.fake.clear_faults();
        bench.settled(&sync).await;
        let contacts = bench.contacts().await;
        assert_eq!(contacts.len(), 1, "dies after {dies_after} ms: {contacts:#?}");
        let contact = bench.contact(&new.id).await;
        assert_eq!((contact.email, contact.name), (new.email, Some(new.name)), "{dies_after}");
        assert_eq!(counts(&bench).await.in_doubt, 0, "{dies_after}");
    }
}

/// A merge into a customer whom the shop merged into a third one goes on to the third, whether the
/// second merge was done before or is still to be done.
#[tokio::test(start_paused = true)]
async fn a_merge_goes_on_to_where_the_other_customer_went() {
    for done_before in [true, false] {
        let bench = Bench::provisioned().await;
        let (a, b) = both(&bench, "a", "b").await;
        let c = customer("c");
        bench.put(&c);
        bench.synced(&c.id).await;
        let talk = bench.talk(&a).await;
        let kept = bench.contact(&c.id).await.id;
        bench.shop.remove_customer(bench.north(), &a.id);
        bench.shop.remove_customer(bench.north(), &b.id);
        let sync = bench.sync();
        if done_before {
            sync.merge(bench.north(), &b.id, &c.id).await.unwrap();
            bench.settled(&sync).await;
            sync.merge(bench.north(), &a.id, &b.id).await.unwrap();
        } else {
            sync.merge(bench.north(), &a.id, &b.id).await.unwrap();
            sync.merge(bench.north(), &b.id, &c.id).await.unwrap();
        }
        bench.settled(&sync).await;
        let account = bench.account(bench.north()).await;
        let of_talk = account.conversations().get(talk.id).await.map(|it| it.meta.sender.id);
        assert_eq!(of_talk.ok(), Some(kept), "done before: {done_before}");
        assert_eq!(bench.contacts().await.len(), 1, "done before: {done_before}");
        assert_eq!(counts(&bench).await.waiting, 0, "done before: {done_before}");
    }
}

/// Customers who were merged into each other are synced like any others.
#[tokio::test(start_paused = true)]
async fn a_merge_that_goes_round_ends() {
    for stays in [true, false] {
        let bench = Bench::provisioned().await;
        let (a, b) = both(&bench, "a", "b").await;
        bench.shop.remove_customer(bench.north(), &b.id);
        if !stays {
            bench.shop.remove_customer(bench.north(), &a.id);
        }
        let sync = bench.sync();
        sync.merge(bench.north(), &a.id, &b.id).await.unwrap();
        sync.merge(bench.north(), &b.id, &a.id).await.unwrap();
        bench.settled(&sync).await;
        assert_eq!(counts(&bench).await.waiting, 0, "stays: {stays}");
        let link = bench.ports.sync.link(bench.north(), &a.id).await.unwrap();
        assert_eq!(link.is_some(), stays, "who is in the shop has a contact: {link:?}");
    }
}

/// If the shop does not have the other customer, the first is synced like any other.
#[tokio::test(start_paused = true)]
async fn a_merge_into_nobody_is_none() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let nobody = CustomerId::new("nobody").unwrap();
    let sync = bench.sync();
    sync.merge(bench.north(), &ada.id, &nobody).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&ada.id).await.email, ada.email);
}

/// The policy decides what is done with the contact of a customer who no longer exists.
#[tokio::test(start_paused = true)]
async fn a_customer_who_is_gone_is_kept_anonymized_or_deleted() {
    for (policy, outcome, left) in [
        (GonePolicy::Keep, Outcome::Unchanged, Some("Customer ada")),
        (GonePolicy::Anonymize, Outcome::Anonymized, Some("")),
        (GonePolicy::Delete, Outcome::Deleted, None),
    ] {
        let bench = Bench::provisioned().await;
        let ada = customer("ada");
        bench.put(&ada);
        bench.synced(&ada.id).await;
        let contact = bench.contact(&ada.id).await.id;
        bench.shop.remove_customer(bench.north(), &ada.id);
        let sync = sync_by(&bench, policy);
        sync.want(bench.north(), &ada.id).await.unwrap();
        assert_eq!(outcomes(&bench.settled(&sync).await), [outcome], "{policy:?}");
        let found = bench.account(bench.north()).await.contacts().get(contact).await;
        let found = found.ok();
        let name = found.as_ref().map(|found| found.name.clone().unwrap_or_default());
        assert_eq!(name.as_deref(), left, "{policy:?}");
        if policy == GonePolicy::Anonymize {
            let found = found.unwrap();
            let personal = [found.identifier, found.email, found.phone_number];
            assert!(personal.iter().flatten().all(String::is_empty), "{personal:?}");
            assert!(!found.custom_attributes.contains_key("order_count"), "what we wrote");
        }
        // The customer exists in the shop again.
        bench.put(&ada);
        bench.synced(&ada.id).await;
        assert_eq!(bench.contact(&ada.id).await.email, ada.email, "{policy:?}");
    }
}

/// An erased customer's contact is deleted, and no trigger creates it again.
#[tokio::test(start_paused = true)]
async fn an_erased_customer_does_not_come_back() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let sync = bench.sync();
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Done);
    assert!(bench.contacts().await.is_empty());
    // The shop's own record is removed later.
    sync.want_all(bench.north()).await.unwrap();
    sync.sweep(bench.north(), SweepCursor::default(), |_| ()).await.unwrap();
    sync.rewrite_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    assert!(bench.contacts().await.is_empty(), "an erased customer is there again");
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Done, "again");
    assert_eq!(counts(&bench).await.erased, 1);
}

/// An erasure at any moment of a first creation leaves no contact once the workers ran.
#[tokio::test(start_paused = true)]
async fn an_erasure_wins_against_a_worker() {
    for at in (0..60).step_by(3) {
        let bench = Bench::provisioned().await;
        let ada = customer("ada");
        bench.put(&ada);
        let sync = bench.sync();
        sync.want(bench.north(), &ada.id).await.unwrap();
        bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_millis(20))));
        let erase = async {
            sleep(Duration::from_millis(at)).await;
            sync.erase(bench.north(), &ada.id).await.unwrap()
        };
        let (worked, _) = tokio::join!(sync.run_once(), erase);
        worked.unwrap();
        bench.fake.clear_faults();
        bench.settled(&sync).await;
        assert!(bench.contacts().await.is_empty(), "erased at {at} ms");
    }
}

/// A contact with an open widget cannot be deleted: it is anonymized at once, and deleted later.
#[tokio::test(start_paused = true)]
async fn a_contact_that_is_online_is_anonymized_then_deleted() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = bench.contact(&ada.id).await.id;
    let body = r#"{"message":"Contact is online"}"#.into();
    let online = Fault::new(FaultKind::Respond { status: 422, body }).verb("DELETE");
    bench.fake.fault(online.times(1));
    let sync = bench.sync();
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Noted);
    let account = bench.account(bench.north()).await;
    let left = account.contacts().get(contact).await.unwrap();
    assert_eq!(left.email.unwrap_or_default(), "", "anonymized at once");
    bench.settled(&sync).await;
    assert!(account.contacts().get(contact).await.unwrap_err().is_not_found(), "deleted later");
}

/// However long somebody stays online, their contact is deleted in the end.
#[tokio::test(start_paused = true)]
async fn who_is_erased_and_stays_online_for_hours_is_deleted_in_the_end() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = bench.contact(&ada.id).await.id;
    let account = bench.record(bench.north()).await.account_key().unwrap().account;
    bench.fake.set_online(account.0, contact.0, true);
    let sync = bench.sync();
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Noted);
    timeout(Duration::from_hours(3), sync.run()).await.unwrap_err();
    assert_eq!(counts(&bench).await.parked, 0, "being online is no failure");
    bench.fake.set_online(account.0, contact.0, false);
    timeout(Duration::from_hours(1), sync.run()).await.unwrap_err();
    let left = bench.account(bench.north()).await.contacts().get(contact).await;
    assert!(left.unwrap_err().is_not_found(), "still there");
}

/// What an erased customer wrote and nobody has handled is forgotten with the contact.
#[tokio::test(start_paused = true)]
async fn an_erasure_forgets_what_waits_for_a_handler() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    bench.talk(&ada).await.say("I am ill").await;
    for delivery in bench.fake.take_deliveries() {
        bench.receive(&delivery).await.unwrap();
    }
    let waiting = async || bench.ports.webhooks.counts(None).await.unwrap();
    assert!(matches!(waiting().await, WebhookCounts { waiting: 1.., .. }));
    bench.sync().erase(bench.north(), &ada.id).await.unwrap();
    assert!(matches!(waiting().await, WebhookCounts { waiting: 0, .. }), "{:?}", waiting().await);
}

/// One whose client waits two seconds, with Chatwoot done with the next such request after ten.
async fn with_a_late(verb: &str) -> Bench {
    let bench = Bench::provisioned().await;
    let policy =
        RetryPolicy { max_attempts: 1, deadline: Duration::from_secs(2), ..RetryPolicy::default() };
    let client = chatwoot_client::Client::builder(BASE_URL)
        .transport(bench.fake.clone())
        .retry(policy)
        .limits(chatwoot_client::Limits::off())
        .build()
        .unwrap();
    // What comes before it is no part of the test.
    let ada = customer("ada");
    bench.put(&ada);
    if verb == "PUT" {
        bench.synced(&ada.id).await;
    }
    let late = Fault::new(FaultKind::LateBy(Duration::from_secs(10))).verb(verb);
    bench.fake.fault(late.times(1));
    Bench { accounts: bench.accounts_by(client.clone()), client, ..bench }
}

/// A creation whose answer was lost is done after the erasure: the contact goes all the same.
#[tokio::test(start_paused = true)]
async fn a_late_creation_does_not_bring_an_erased_customer_back() {
    let bench = with_a_late("POST").await;
    let ada = customer("ada");
    let sync = bench.sync();
    sync.want(bench.north(), &ada.id).await.unwrap();
    assert_eq!(outcomes(&sync.run_once().await.unwrap()), [Outcome::Failed]);
    assert_eq!(sync.erase(bench.north(), &ada.id).await.unwrap(), Erased::Noted);
    timeout(Duration::from_hours(1), sync.run()).await.unwrap_err();
    let left = bench.contacts().await;
    assert!(left.is_empty(), "an erased customer is there: {left:?}");
}

/// A write whose answer was lost is done after the customer changed again, and after a guest was
/// recognised or the row was parked meanwhile: what is newer stands.
#[tokio::test(start_paused = true)]
async fn a_late_write_overtakes_no_newer_one() {
    for (tries, recognised) in [(10, true), (1, false)] {
        let bench = with_a_late("PUT").await;
        let ada = customer("ada");
        let config =
            SyncConfig { tries, parallel: 1, quiet: Duration::ZERO, ..SyncConfig::default() };
        let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
        bench.put(&Customer { name: "Before".to_owned(), ..ada.clone() });
        sync.want(bench.north(), &ada.id).await.unwrap();
        sync.run_once().await.unwrap();
        bench.put(&Customer { name: "Now".to_owned(), ..ada.clone() });
        sync.want(bench.north(), &ada.id).await.unwrap();
        if recognised {
            let account = bench.account(bench.north()).await;
            let guest = NewContact { name: Some("Guest".to_owned()), ..NewContact::default() };
            let guest = account.contacts().create(&guest).await.unwrap().contact.id;
            sync.merge_guest(bench.north(), &ada.id, guest).await.unwrap();
        }
        timeout(Duration::from_mins(10), sync.run()).await.unwrap_err();
        let name = bench.contact(&ada.id).await.name;
        assert_eq!(name.as_deref(), Some("Now"), "{tries} tries, recognised {recognised}");
    }
}

/// Who registers again with the address of an erased account has it.
#[tokio::test(start_paused = true)]
async fn who_registers_again_after_an_erasure_has_the_address() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let again = with_email("again", ada.email.as_deref());
    bench.put(&again);
    bench.synced(&again.id).await;
    assert_eq!(bench.contact(&again.id).await.email.unwrap_or_default(), "");
    let sync = bench.sync();
    sync.erase(bench.north(), &ada.id).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&again.id).await.email, ada.email);
}

/// A hundred changes in a second are at most two writes.
#[tokio::test(start_paused = true)]
async fn a_hundred_changes_in_a_second_are_two_writes() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let config = SyncConfig::default();
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
    bench.fake.clear_journal();
    let changes = async {
        for n in 0..100 {
            bench.put(&Customer { name: format!("Ada {n}"), ..ada.clone() });
            sync.want(bench.north(), &ada.id).await.unwrap();
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_secs(5)).await;
    };
    tokio::select! { biased; () = changes => {}, () = sync.run() => {} }
    assert_eq!(bench.fake.requests(), 2);
    assert_eq!(bench.contact(&ada.id).await.name.as_deref(), Some("Ada 99"));
}

/// A store that works again after its pause is synced, and the calls meanwhile are few.
#[tokio::test(start_paused = true)]
async fn a_paused_store_is_probed_and_resumed() {
    let bench = Bench::provisioned_with(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() });
    let bench = bench.await;
    for n in 0..200 {
        bench.put(&customer(&format!("c{n:03}")));
    }
    let sync = sync_by(&bench, GonePolicy::Anonymize);
    sync.want_all(bench.north()).await.unwrap();
    let body = r#"{"error":"Account is suspended"}"#.into();
    bench.fake.fault(Fault::new(FaultKind::Respond { status: 401, body }));
    bench.fake.clear_journal();
    let hour = async { sleep(Duration::from_hours(1)).await };
    tokio::select! { biased; () = hour => {}, () = sync.run() => {} }
    let calls = bench.fake.requests();
    assert!((10..60).contains(&calls), "{calls} calls of a suspended account in an hour");
    let paused = bench.ports.sync.paused(None, 10).await.unwrap();
    assert_eq!(paused.len(), 1);
    assert!(paused[0].reason.contains("401"), "{paused:?}");
    assert_eq!(counts(&bench).await.parked, 0, "it is nobody's fault");
    bench.fake.clear_faults();
    let later = async { sleep(Duration::from_mins(12)).await };
    tokio::select! { biased; () = later => {}, () = sync.run() => {} }
    assert_eq!(bench.contacts().await.len(), 200);
    assert_eq!(bench.ports.sync.paused(None, 10).await.unwrap(), []);
}

/// A customer whose sync fails each time is parked, listed, and synced when replayed.
#[tokio::test(start_paused = true)]
async fn who_fails_too_often_is_parked_and_replayed() {
    let bench = Bench::provisioned().await;
    let (bad, good) = (customer("bad"), customer("good"));
    bench.put(&bad);
    bench.put(&good);
    let identifier = bench.identity_of(bench.north()).await.identifier(&bad.id);
    let body = format!(r#"{{"message":"no {identifier}","attributes":["name"]}}"#).into();
    bench.fake.fault(Fault::new(FaultKind::Respond { status: 422, body }).times(10));
    let sync = bench.sync();
    sync.want(bench.north(), &bad.id).await.unwrap();
    let synced = bench.settled(&sync).await;
    assert_eq!(outcomes(&synced)[9..], [Outcome::Parked], "{synced:?}");
    let parked = bench.ports.sync.parked(bench.north(), None, 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].tries), (1, 10));
    assert!(!parked[0].error.contains(&identifier), "no personal data: {parked:?}");
    assert_eq!(bench.synced(&good.id).await.outcome, Outcome::Created, "the others go on");
    assert_eq!(bench.ports.sync.replay_whole_store(bench.north()).await.unwrap(), 1);
    bench.settled(&sync).await;
    bench.contact(&bad.id).await;
}

/// A stop waits for work in progress, returns the rest, and leaves nothing claimed.
#[tokio::test(start_paused = true)]
async fn a_stop_leaves_nothing_claimed() {
    for slow in [Duration::from_secs(1), Duration::from_secs(25)] {
        let bench = Bench::provisioned().await;
        for n in 0..50 {
            bench.put(&customer(&format!("c{n:03}")));
        }
        let sync = sync_by(&bench, GonePolicy::Anonymize);
        sync.want_all(bench.north()).await.unwrap();
        bench.fake.fault(Fault::new(FaultKind::Delay(slow)));
        let started = tokio::time::Instant::now();
        sync.run_until(sleep(Duration::from_millis(1_500))).await;
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "a stop took {took:?}");
        let left = counts(&bench).await;
        assert_eq!(left.claimed, 0, "{left:?}");
        bench.fake.clear_faults();
        bench.settled(&sync).await;
        assert_eq!(bench.contacts().await.len(), 50, "each once");
    }
}

/// A fence is only a row's own: a stop gives back each of many rows with the same one.
#[tokio::test(start_paused = true)]
async fn a_stop_gives_back_each_row_whatever_their_fences() {
    let bench = Bench::provisioned().await;
    bench.ledger.count_fences_by_row();
    for n in 0..10 {
        bench.put(&customer(&format!("c{n}")));
    }
    let sync = sync_by(&bench, GonePolicy::Anonymize);
    sync.want_all(bench.north()).await.unwrap();
    bench.fake.fault(Fault::new(FaultKind::Delay(Duration::from_secs(25))));
    sync.run_until(sleep(Duration::from_secs(1))).await;
    let left = counts(&bench).await;
    assert_eq!(left.claimed, 0, "{left:?}");
}

/// A merge holds two rows; a stop in the midst of it gives both back.
#[tokio::test(start_paused = true)]
async fn a_stop_in_a_merge_leaves_nothing_claimed() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    for one in [&ada, &bob] {
        bench.put(one);
        bench.synced(&one.id).await;
    }
    bench.shop.remove_customer(bench.north(), &ada.id);
    let sync = bench.sync();
    sync.merge(bench.north(), &ada.id, &bob.id).await.unwrap();
    let slow = Fault::new(FaultKind::Delay(Duration::from_secs(14))).path("contact_merge");
    bench.fake.fault(slow);
    sync.run_until(sleep(Duration::from_secs(1))).await;
    let left = counts(&bench).await;
    assert_eq!(left.claimed, 0, "{left:?}");
    bench.fake.clear_faults();
    bench.settled(&sync).await;
    assert_eq!(bench.contacts().await.len(), 1, "they are merged");
}

/// A trigger that was lost, of a change and of a customer who is gone, is found by a sweep; who is
/// as written costs no call beyond the pages.
#[tokio::test(start_paused = true)]
async fn a_sweep_finds_lost_triggers() {
    let bench = Bench::provisioned().await;
    for n in 0..20 {
        bench.put(&customer(&format!("c{n:03}")));
    }
    let sync = bench.sync();
    sync.want_all(bench.north()).await.unwrap();
    bench.settled(&sync).await;
    let (changed, gone) = (customer("c003"), customer("c007"));
    bench.put(&Customer { name: "Ada".to_owned(), ..changed.clone() });
    bench.shop.remove_customer(bench.north(), &gone.id);
    bench.fake.clear_journal();
    let started = tokio::time::Instant::now();
    let mut cursors = Vec::new();
    let keep = |cursor: &SweepCursor| cursors.push(cursor.clone());
    let report = sync.sweep(bench.north(), SweepCursor::default(), keep).await.unwrap();
    assert_eq!((report.checked, report.drifted.len(), bench.fake.requests()), (20, 0, 3));
    assert!(started.elapsed() >= Duration::from_millis(1_200), "150 calls a minute at most");
    bench.settled(&sync).await;
    assert_eq!(bench.fake.requests(), 3 + 1 + 2, "one write, one anonymized");
    assert_eq!(bench.contact(&changed.id).await.name.as_deref(), Some("Ada"));
    // A cursor resumes where it stopped.
    let kept = serde_json::to_string(&cursors[0]).unwrap();
    let cursor = serde_json::from_str(&kept).unwrap();
    let rest = sync.sweep(bench.north(), cursor, |_| ()).await.unwrap();
    assert_eq!((rest.checked, rest.drifted.len()), (5, 0), "the second page");
}

/// A merge of a guest waits for the worker that holds the row, and a worker waits for the merge.
#[tokio::test(start_paused = true)]
async fn a_recognition_and_a_worker_take_turns() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let account = bench.account(bench.north()).await;
    let guest = account.contacts().create(&NewContact::default()).await.unwrap().contact;
    let hold = bench.ports.sync.hold(bench.north(), &ada.id, Duration::from_secs(2)).await.unwrap();
    assert!(matches!(hold, Hold::Held(_)));
    let started = tokio::time::Instant::now();
    let sync = Arc::new(bench.sync());
    sync.merge_guest(bench.north(), &ada.id, guest.id).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(2), "it waits");
    let again =
        bench.ports.sync.hold(bench.north(), &ada.id, Duration::from_mins(5)).await.unwrap();
    assert!(matches!(again, Hold::Held(_)));
    sync.merge_guest(bench.north(), &ada.id, guest.id).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(25), "but not for ever");
}

/// An agent's change of a synced field is repaired; fields that agents maintain stay.
#[tokio::test(start_paused = true)]
async fn an_agents_identifier_is_put_right() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = both(&bench, "ada", "bob").await;
    let identifier = bench.identity_of(bench.north()).await.identifier(&bob.id);
    let account = bench.account(bench.north()).await;
    let (of_ada, of_bob) = (bench.linked(&ada.id).await.id, bench.linked(&bob.id).await.id);
    // The agent gives Ada's contact Bob's identifier.
    let clear = ContactPatch { identifier: Patch::Clear, ..ContactPatch::default() };
    account.contacts().update(of_bob, &clear).await.unwrap();
    let set = ContactPatch { identifier: Patch::Set(identifier), ..ContactPatch::default() };
    account.contacts().update(of_ada, &set).await.unwrap();
    let sync = bench.sync();
    let report = sync.verify(bench.north()).await.unwrap();
    assert_eq!(report.drifted.len(), 2, "{report}");
    bench.settled(&sync).await;
    assert_eq!(bench.contact(&ada.id).await.id, of_ada);
    assert_eq!(bench.contact(&bob.id).await.id, of_bob);
}
