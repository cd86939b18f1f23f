//! Tests of linked contacts that differ from what was written: detected, reported, repaired.

use std::time::Duration;

use chatwoot_client::application::contacts::{Contact, ContactPatch, NewContact};
use chatwoot_client::{Attributes, Patch};
use serde_json::json;
use store_context::intake::Receipt;
use store_context::model::{ContactIdentifiers, Customer, CustomerId, IdentityPolicy, Store};
use store_context::ports::{Hold, Settlement};
use store_context::sync::{Drift, Drifted, MergeGuestError, Outcome, Synced, VerifyReport};

use crate::support::{Bench, customer, outcomes};
use crate::visitor::Visitor;

async fn of_customer(bench: &Bench, customer: &CustomerId) -> Contact {
    bench.linked(customer).await
}

/// Passes on Chatwoot's new webhooks, and returns the receipts.
async fn told(bench: &Bench) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for delivery in bench.fake.take_deliveries() {
        receipts.push(bench.receive(&delivery).await.unwrap());
    }
    receipts
}

/// Syncs wanted rows, without wanting any.
async fn worked(bench: &Bench) -> Vec<Synced> {
    bench.settled(&bench.sync()).await
}

async fn verified(bench: &Bench) -> VerifyReport {
    bench.sync().verify(bench.north()).await.unwrap()
}

async fn is_clean(bench: &Bench) {
    let report = verified(bench).await;
    assert!(report.drifted.is_empty(), "{report:?}");
    assert!(worked(bench).await.is_empty(), "nothing is wanted");
}

async fn change(bench: &Bench, contact: &Contact, patch: &ContactPatch) {
    let account = bench.account(bench.north()).await;
    account.contacts().update(contact.id, patch).await.unwrap();
}

async fn synced_customer(bench: &Bench, name: &str) -> (Customer, Contact) {
    let one = customer(name);
    bench.put(&one);
    bench.synced(&one.id).await;
    let contact = of_customer(bench, &one.id).await;
    bench.fake.take_deliveries();
    (one, contact)
}

/// The attack: a visitor gives their own contact a tier.
#[tokio::test(start_paused = true)]
async fn a_visitor_who_gives_themselves_a_tier_has_it_taken_back() {
    let bench = Bench::provisioned().await;
    let (ada, _) = synced_customer(&bench, "ada").await;
    let mut visitor = Visitor::new(&bench).await;
    visitor.sign_in(&bench, &ada).await;
    told(&bench).await;
    worked(&bench).await;
    visitor.tell(&json!({ "custom_attributes": { "customer_tier": "gold" } })).await;
    assert_eq!(told(&bench).await, [Receipt::Hint]);
    let entries = bench.ports.webhooks.counts(Some(bench.north())).await.unwrap();
    assert_eq!(entries.webhooks, 0, "a hint is not remembered");

    bench.fake.clear_journal();
    let synced = worked(&bench).await;
    assert_eq!(outcomes(&synced), [Outcome::Updated]);
    assert_eq!(synced[0].drift, Some(Drift::Altered { fields: vec!["customer_tier".to_owned()] }));
    assert_eq!(bench.fake.requests(), 2, "read, then written");
    let contact = of_customer(&bench, &ada.id).await;
    assert_eq!(contact.custom_attributes["customer_tier"], json!("brons"));

    // Chatwoot sends a webhook for our own write.
    assert_eq!(told(&bench).await, [Receipt::Hint]);
    bench.fake.clear_journal();
    assert!(worked(&bench).await.is_empty());
    assert_eq!(bench.fake.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_others_keep_on_a_contact_is_no_drift() {
    let bench = Bench::provisioned().await;
    let (_, contact) = synced_customer(&bench, "ada").await;
    let own = Attributes::from_iter([("favourite".to_owned(), json!("gouda"))]);
    let patch = ContactPatch {
        merge_custom_attributes: Some(own.clone()),
        merge_additional_attributes: Some(own),
        ..ContactPatch::default()
    };
    change(&bench, &contact, &patch).await;
    assert_eq!(told(&bench).await, [Receipt::Hint]);
    is_clean(&bench).await;
}

/// The webhook of a write arrives before the worker has saved the link: it causes one read, and no
/// more.
#[tokio::test(start_paused = true)]
async fn a_webhook_that_overtakes_the_link_is_one_look() {
    let bench = Bench::provisioned().await;
    let (ada, contact) = synced_customer(&bench, "ada").await;
    let sync = bench.ports.sync.clone();
    let before = sync.link(bench.north(), &ada.id).await.unwrap().unwrap();
    bench.put(&Customer { name: "Ada L.".to_owned(), ..ada.clone() });
    bench.synced(&ada.id).await;
    let Hold::Held(held) = sync.hold(bench.north(), &ada.id, Duration::from_mins(1)).await.unwrap()
    else {
        panic!("nobody has it");
    };
    let quiet = Duration::ZERO;
    let confirmed = Settlement::Confirmed { link: before, quiet, retry_left_out: None };
    sync.settle(&[(*held, confirmed)]).await.unwrap();
    assert_eq!(told(&bench).await, [Receipt::Hint]);

    bench.fake.clear_journal();
    let synced = worked(&bench).await;
    assert_eq!((outcomes(&synced), synced[0].drift.clone()), (vec![Outcome::Unchanged], None));
    assert_eq!(bench.fake.requests(), 1);
    assert_eq!(of_customer(&bench, &ada.id).await.id, contact.id);
    is_clean(&bench).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_server_makes_of_a_text_is_no_drift() {
    let bench = Bench::provisioned().await;
    let ada = Customer {
        email: Some("Ada.L@Mail.Example".to_owned()),
        phone: Some(String::new()),
        name: String::new(),
        ..customer("ada")
    };
    bench.put(&ada);
    bench.synced(&ada.id).await;
    told(&bench).await;
    is_clean(&bench).await;
    told(&bench).await;
    bench.put(&Customer { name: "Ada".to_owned(), email: None, ..ada.clone() });
    bench.synced(&ada.id).await;
    told(&bench).await;
    is_clean(&bench).await;
}

/// A field that was left out is no drift, and only altered fields are named.
#[tokio::test(start_paused = true)]
async fn what_was_left_out_is_no_drift() {
    let bench = Bench::provisioned().await;
    let (ada, _) = synced_customer(&bench, "ada").await;
    let bob = Customer { email: ada.email.clone(), ..customer("bob") };
    bench.put(&bob);
    bench.synced(&bob.id).await;
    is_clean(&bench).await;
    let patch = ContactPatch { name: Patch::Set("Eve".to_owned()), ..ContactPatch::default() };
    let contact = of_customer(&bench, &bob.id).await;
    change(&bench, &contact, &patch).await;
    let report = verified(&bench).await;
    let altered = Drift::Altered { fields: vec!["name".to_owned()] };
    let drifted = Drifted { customer: bob.id.clone(), contact: contact.id, drift: altered };
    assert_eq!(report.drifted, [drifted]);
    worked(&bench).await;
    is_clean(&bench).await;
}

/// Deleted, merged, renamed, altered: each drift is reported once and repaired.
#[tokio::test(start_paused = true)]
async fn a_check_of_the_store_puts_each_contact_right() {
    let bench = Bench::provisioned().await;
    let customers = ["altered", "deleted", "fine", "merged", "named"];
    let mut contacts = Vec::new();
    for name in customers {
        contacts.push(synced_customer(&bench, name).await.1);
    }
    let [altered, deleted, fine, merged, named] = &contacts[..] else { panic!("five") };
    let tier = Attributes::from_iter([("lifetime_value".to_owned(), json!(1_000_000))]);
    let patch = ContactPatch {
        merge_custom_attributes: Some(tier),
        email: Patch::Clear,
        ..ContactPatch::default()
    };
    change(&bench, altered, &patch).await;
    let account = bench.account(bench.north()).await;
    account.contacts().delete(deleted.id).await.unwrap();
    bench.fake.run_background_jobs();
    account.contacts().merge(fine.id, merged.id).await.unwrap();
    let patch =
        ContactPatch { identifier: Patch::Set("odd".to_owned()), ..ContactPatch::default() };
    change(&bench, named, &patch).await;

    bench.fake.clear_journal();
    let report = verified(&bench).await;
    let calls = "one page, an empty one, and one for each that is not shown";
    assert_eq!((report.checked, bench.fake.requests()), (5, 4), "{calls}");
    assert!(report.to_string().starts_with("5 contacts checked, 4 not as written\n"), "{report}");
    let found = |name: &str| {
        let mut of = report.drifted.iter().filter(|found| found.customer.as_str() == name);
        (of.next().map(|found| found.drift.clone()), of.count())
    };
    let fields = vec!["email".to_owned(), "lifetime_value".to_owned()];
    assert_eq!(found("altered"), (Some(Drift::Altered { fields }), 0));
    assert_eq!(found("deleted"), (Some(Drift::Vanished), 0));
    assert_eq!(found("merged"), (Some(Drift::Vanished), 0));
    assert_eq!(found("named"), (Some(Drift::Moved), 0));
    assert_eq!(found("fine"), (None, 0), "the base of a merge keeps what is its own");

    let put_right = worked(&bench).await;
    let drifts = put_right.iter().filter(|synced| synced.drift.is_some()).count();
    assert_eq!((put_right.len(), drifts), (4, 4), "{put_right:?}");
    is_clean(&bench).await;
    for name in customers {
        let id = CustomerId::new(name).unwrap();
        assert_eq!(of_customer(&bench, &id).await.email, customer(name).email, "{name}");
        bench.contact(&id).await;
    }
    assert_eq!(bench.contacts().await.len(), 5);
}

/// A changed policy is detected by the check too.
#[tokio::test(start_paused = true)]
async fn a_contact_of_the_policy_before_is_moved_by_the_check() {
    let bench = Bench::provisioned().await;
    let (ada, contact) = synced_customer(&bench, "ada").await;
    let identity =
        IdentityPolicy { identifiers: ContactIdentifiers::Plain, ..IdentityPolicy::default() };
    let store = Store { identity, ..bench.stores[0].clone() };
    bench.ports.stores.put(&store).await.unwrap();
    let moved = Drifted { customer: ada.id.clone(), contact: contact.id, drift: Drift::Moved };
    assert_eq!(verified(&bench).await.drifted, [moved]);
    worked(&bench).await;
    is_clean(&bench).await;
    assert_eq!(of_customer(&bench, &ada.id).await.identifier.as_deref(), Some("ada"));
}

/// One contact is linked to two customers: each ends with one of their own, in either order.
#[tokio::test(start_paused = true)]
async fn two_customers_do_not_fight_for_one_contact() {
    for first in ["ada", "bob"] {
        let bench = Bench::provisioned().await;
        let (ada, of_ada) = synced_customer(&bench, "ada").await;
        let (bob, of_bob) = synced_customer(&bench, "bob").await;
        // An agent clears the one's identifier, then merges the other's contact into it.
        let patch = ContactPatch { identifier: Patch::Clear, ..ContactPatch::default() };
        change(&bench, &of_ada, &patch).await;
        let account = bench.account(bench.north()).await;
        account.contacts().merge(of_ada.id, of_bob.id).await.unwrap();
        assert_eq!(of_customer(&bench, &ada.id).await.identifier, of_bob.identifier);

        // The customer that is wanted first is synced first.
        let first = CustomerId::new(first).unwrap();
        bench.sync().want(bench.north(), &first).await.unwrap();
        let report = verified(&bench).await;
        let drift_of = |id: &CustomerId| {
            let found = report.drifted.iter().find(|found| found.customer == *id);
            found.map(|found| found.drift.clone())
        };
        assert_eq!(drift_of(&ada.id), Some(Drift::Moved));
        assert_eq!(drift_of(&bob.id), Some(Drift::Vanished));
        worked(&bench).await;
        told(&bench).await;
        worked(&bench).await;
        is_clean(&bench).await;
        let (one, other) = (of_customer(&bench, &ada.id).await, of_customer(&bench, &bob.id).await);
        assert_eq!(one.id, of_ada.id);
        assert_ne!(other.id, of_ada.id);
        assert_eq!((&one.identifier, &other.identifier), (&of_ada.identifier, &of_bob.identifier));
        assert_eq!(bench.contacts().await.len(), 2);
    }
}

/// A read does not replace the write that is due after a merge.
#[tokio::test(start_paused = true)]
async fn a_hint_does_not_undo_the_mark_of_a_merge() {
    let bench = Bench::provisioned().await;
    let (ada, contact) = synced_customer(&bench, "ada").await;
    let account = bench.account(bench.north()).await;
    let guest = account.contacts().create(&NewContact::default()).await.unwrap().contact;
    let sync = bench.sync();
    sync.merge_guest(bench.north(), &ada.id, guest.id).await.unwrap();
    let patch = ContactPatch { name: Patch::Set("Eve".to_owned()), ..ContactPatch::default() };
    change(&bench, &contact, &patch).await;
    told(&bench).await;
    bench.fake.clear_journal();
    assert_eq!(outcomes(&worked(&bench).await), [Outcome::Updated]);
    let verbs: Vec<_> = bench.fake.journal().into_iter().map(|entry| entry.verb).collect();
    assert_eq!(verbs, ["PUT"]);
    is_clean(&bench).await;
}

/// Only a contact without a customer is merged as a guest's.
#[tokio::test(start_paused = true)]
async fn a_contact_with_any_other_identifier_is_no_guests() {
    let bench = Bench::provisioned().await;
    let (ada, _) = synced_customer(&bench, "ada").await;
    let (_, of_bob) = synced_customer(&bench, "bob").await;
    let account = bench.account(bench.north()).await;
    let sync = bench.sync();
    let plain = NewContact { identifier: Some("ada".to_owned()), ..NewContact::default() };
    let plain = account.contacts().create(&plain).await.unwrap().contact;
    // Linked to another customer, though its identifier was cleared.
    let patch = ContactPatch { identifier: Patch::Clear, ..ContactPatch::default() };
    change(&bench, &of_bob, &patch).await;
    for other in [plain.id, of_bob.id] {
        let error = sync.merge_guest(bench.north(), &ada.id, other).await.unwrap_err();
        assert!(matches!(error, MergeGuestError::OtherCustomer(id) if id == other), "{error:?}");
        account.contacts().get(other).await.expect("it is still there");
    }
}
