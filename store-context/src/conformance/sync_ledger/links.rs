//! Links between customers and contacts, and the values that contacts hold.

use std::time::Duration;

use chatwoot_client::ContactId;
use tokio::time::sleep;

use super::samples::{
    LONGER, SHORT, account, claimed, confirm_values, confirmed, customer_of, holds, link, linked,
    returned, settle, take, want,
};
use crate::conformance::{customer, north, ok, only, south};
use crate::ports::{Doubt, Link, Priority, Settlement, SyncLedger};

/// A confirmed link is found by customer and by contact, completely.
pub async fn a_link_is_found_both_ways(port: &dyn SyncLedger) {
    let link = Link {
        holds: vec!["email/1".to_owned(), "phone_number/2".to_owned()],
        waits_for: vec!["identifier/3".to_owned()],
        left_out: 3,
        ..link(7)
    };
    let claim = claimed(port, "ada").await;
    let whole =
        Settlement::Confirmed { link: link.clone(), quiet: Duration::ZERO, retry_left_out: None };
    assert!(settle(port, &claim, whole).await, "the claim stands");
    assert_eq!(ok(port.link(&north(), &customer("ada")).await), Some(link), "by customer");
    assert_eq!(customer_of(port, 7).await, Some(customer("ada")), "by contact");
    assert_eq!(ok(port.link(&south(), &customer("ada")).await), None, "another store");
    let elsewhere = port.customer_of(&north(), &account(2), ContactId(7)).await;
    assert_eq!(ok(elsewhere), None, "another account");
}

/// A contact that becomes another customer's is unlinked from the first, whose row is in doubt.
pub async fn a_contact_has_one_customer(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "b", 7).await;
    assert_eq!(customer_of(port, 7).await, Some(customer("b")), "the later one has it");
    assert_eq!(ok(port.link(&north(), &customer("a")).await), None, "the earlier one has none");
    let claim = only(take(port, 10).await, "the earlier one is wanted");
    assert_eq!((claim.customer, claim.doubt), (customer("a"), Doubt::Write), "and in doubt");
}

/// A customer who gets another contact is unlinked from the first one.
pub async fn a_customer_has_one_contact(port: &dyn SyncLedger) {
    linked(port, "a", 7).await;
    linked(port, "a", 8).await;
    assert_eq!(customer_of(port, 7).await, None, "the contact before is nobody's");
    assert_eq!(customer_of(port, 8).await, Some(customer("a")), "the later one is theirs");
}

/// Linked customers are listed in ascending order, in pages.
pub async fn links_are_listed_in_order(port: &dyn SyncLedger) {
    for (id, contact) in [("c", 3), ("a", 1), ("b", 2)] {
        linked(port, id, contact).await;
    }
    want(port, &["aa"]).await;
    let first = ok(port.links(&north(), None, 2).await);
    assert_eq!(first, [(customer("a"), link(1)), (customer("b"), link(2))], "the first page");
    let rest = ok(port.links(&north(), Some(&customer("b")), 2).await);
    assert_eq!(rest, [(customer("c"), link(3))], "the rest");
    assert_eq!(ok(port.links(&south(), None, 2).await), [], "another store");
}

/// A row that waits for a value is wanted, live, when the row that holds it releases it.
pub async fn who_waits_for_a_value_is_wanted_when_it_is_free(port: &dyn SyncLedger) {
    confirm_values(port, "holder", 1, &["email/x"], &[]).await;
    confirm_values(port, "waiter", 2, &[], &["email/x"]).await;
    confirm_values(port, "holder", 1, &["email/x", "email/y"], &[]).await;
    assert_eq!(take(port, 10).await, [], "it is still held");
    confirm_values(port, "holder", 1, &["email/y"], &[]).await;
    let claim = only(take(port, 10).await, "the waiter");
    assert_eq!((claim.customer.as_str(), claim.priority), ("waiter", Priority::Live), "live");
}

/// The row of a customer who is gone or forgotten releases its contact's values.
pub async fn who_waits_is_wanted_when_the_holder_is_gone(port: &dyn SyncLedger) {
    for gone in [true, false] {
        confirm_values(port, "holder", 1, &["email/x"], &[]).await;
        confirm_values(port, "waiter", 2, &[], &["email/x"]).await;
        if gone {
            let claim = claimed(port, "holder").await;
            assert!(settle(port, &claim, Settlement::Gone).await, "the claim stands");
        } else {
            ok(port.forget(&north(), &customer("holder")).await);
        }
        let claim = only(take(port, 10).await, "the waiter");
        assert_eq!(claim.customer, customer("waiter"), "is wanted");
        assert!(settle(port, &claim, returned()).await, "the claim stands");
    }
}

/// A row whose link left a value out is due again after its delay, without a trigger.
pub async fn what_was_left_out_is_due_again_by_itself(port: &dyn SyncLedger) {
    let claim = claimed(port, "a").await;
    let retry =
        Settlement::Confirmed { link: link(7), quiet: Duration::ZERO, retry_left_out: Some(SHORT) };
    assert!(settle(port, &claim, retry).await, "the claim stands");
    holds(port, 1, 0, "it is not waiting").await;
    assert_eq!(take(port, 10).await, [], "nor due");
    sleep(LONGER).await;
    let again = only(take(port, 10).await, "what was left out");
    assert_eq!((again.priority, again.doubt), (Priority::Bulk, Doubt::None), "as bulk");
    assert!(settle(port, &again, confirmed(7)).await, "the claim stands");
    sleep(LONGER).await;
    assert_eq!(take(port, 10).await, [], "once");
}
