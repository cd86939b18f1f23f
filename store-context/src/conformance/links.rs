//! The promises of a store of links.

use chatwoot_client::ContactId;

use super::{customer, north, ok, south};
use crate::model::StoreId;
use crate::ports::{Fingerprint, Link, Links};

/// Makes one test for each promise of [`Links`](crate::ports::Links); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! links_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            links_conformance of links,
            [
                it_starts_empty,
                a_link_is_found_by_customer_and_by_contact,
                stores_have_links_of_their_own,
                a_fingerprint_is_replaced,
                a_customer_has_one_contact,
                a_contact_has_one_customer,
                a_removed_link_is_gone_both_ways,
                removing_is_for_one_store,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An unknown customer has no link, and an unknown contact no customer.
pub async fn it_starts_empty(port: &dyn Links) {
    holds(port, &north(), &[], "nothing was put").await;
    assert_eq!(ok(port.get(&north(), &customer("ada")).await), None, "by customer");
    assert_eq!(ok(port.customer_of(&north(), ContactId(1)).await), None, "by contact");
    ok(port.remove(&north(), &customer("ada")).await);
}

/// A link comes back whole, and its contact leads to its customer.
pub async fn a_link_is_found_by_customer_and_by_contact(port: &dyn Links) {
    let (ada, bob) = (link("ada", 1, "a"), link("bob", 2, "b"));
    ok(port.put(&north(), &ada).await);
    holds(port, &north(), &[&ada], "one link").await;
    ok(port.put(&north(), &bob).await);
    holds(port, &north(), &[&ada, &bob], "two links").await;
}

/// The same ids in another store are another customer and another contact.
pub async fn stores_have_links_of_their_own(port: &dyn Links) {
    let (ada, bob) = (link("ada", 1, "a"), link("bob", 2, "b"));
    ok(port.put(&north(), &ada).await);
    ok(port.put(&north(), &bob).await);
    holds(port, &south(), &[], "links of the other store only").await;
    assert_eq!(ok(port.get(&south(), &ada.customer).await), None, "by customer");
    assert_eq!(ok(port.customer_of(&south(), ada.contact).await), None, "by contact");

    let other = link("ada", 2, "x");
    ok(port.put(&south(), &other).await);
    holds(port, &south(), &[&other], "a customer and a contact that the other store has").await;
    holds(port, &north(), &[&ada, &bob], "the other store's link changes nothing").await;
}

/// A link that is put again with another fingerprint has that one.
pub async fn a_fingerprint_is_replaced(port: &dyn Links) {
    ok(port.put(&north(), &link("ada", 1, "a")).await);
    let ada = link("ada", 1, "a2");
    ok(port.put(&north(), &ada).await);
    holds(port, &north(), &[&ada], "the later fingerprint").await;
}

/// A customer who is linked to another contact is no longer linked to the one before.
pub async fn a_customer_has_one_contact(port: &dyn Links) {
    let bob = link("bob", 2, "b");
    ok(port.put(&north(), &bob).await);
    ok(port.put(&north(), &link("ada", 1, "a")).await);
    let ada = link("ada", 3, "a2");
    ok(port.put(&north(), &ada).await);
    holds(port, &north(), &[&ada, &bob], "the later contact").await;
    let of = ok(port.customer_of(&north(), ContactId(1)).await);
    assert_eq!(of, None, "the contact before is nobody's");
}

/// A contact that is linked to another customer is no longer linked to the one before.
pub async fn a_contact_has_one_customer(port: &dyn Links) {
    let ada = link("ada", 3, "a");
    ok(port.put(&north(), &ada).await);
    ok(port.put(&north(), &link("bob", 2, "b")).await);
    let bob = link("bob", 3, "b2");
    ok(port.put(&north(), &bob).await);
    holds(port, &north(), &[&bob], "the later customer").await;
    let before = ok(port.get(&north(), &ada.customer).await);
    assert_eq!(before, None, "the customer before has no contact");
}

/// A customer's link can be removed, also twice, and its contact is then nobody's.
pub async fn a_removed_link_is_gone_both_ways(port: &dyn Links) {
    let (ada, bob) = (link("ada", 1, "a"), link("bob", 2, "b"));
    ok(port.put(&north(), &ada).await);
    ok(port.put(&north(), &bob).await);
    ok(port.remove(&north(), &bob.customer).await);
    ok(port.remove(&north(), &bob.customer).await);
    holds(port, &north(), &[&ada], "the other link stays").await;
    assert_eq!(ok(port.get(&north(), &bob.customer).await), None, "by customer");
    assert_eq!(ok(port.customer_of(&north(), bob.contact).await), None, "by contact");
}

/// Removing a customer's link leaves the link of another store's customer with the same id.
pub async fn removing_is_for_one_store(port: &dyn Links) {
    let ada = link("ada", 1, "a");
    ok(port.put(&north(), &ada).await);
    ok(port.put(&south(), &ada).await);
    ok(port.remove(&north(), &ada.customer).await);
    holds(port, &north(), &[], "the store that it was removed in").await;
    holds(port, &south(), &[&ada], "the other store").await;
}

fn link(id: &str, contact: u64, fingerprint: &str) -> Link {
    Link {
        customer: customer(id),
        contact: ContactId(contact),
        fingerprint: Fingerprint(fingerprint.to_owned()),
    }
}

async fn holds(port: &dyn Links, store: &StoreId, links: &[&Link], what: &str) {
    assert_eq!(ok(port.count(store).await), links.len() as u64, "count: {what}");
    for link in links {
        let found = ok(port.get(store, &link.customer).await);
        assert_eq!(found.as_ref(), Some(*link), "by customer: {what}");
        let found = ok(port.customer_of(store, link.contact).await);
        assert_eq!(found.as_ref(), Some(&link.customer), "by contact: {what}");
    }
}
