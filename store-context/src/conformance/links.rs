//! What a keeper of links must do.

use chatwoot_client::ContactId;

use super::{customer, north, ok, south};
use crate::model::StoreId;
use crate::ports::{Fingerprint, Link, Links};

/// Checks an empty [`Links`].
///
/// # Panics
/// It does not do what the port says.
pub async fn links(port: &dyn Links) {
    holds(port, &north(), &[], "it starts empty").await;
    let (ada, bob) = (link("ada", 1, "a"), link("bob", 2, "b"));
    ok(port.put(&north(), &ada).await);
    ok(port.put(&north(), &bob).await);
    holds(port, &north(), &[&ada, &bob], "links come back both ways").await;
    holds(port, &south(), &[], "stores are apart").await;

    // The same ids in another store are another customer and another contact.
    let other = link("ada", 2, "x");
    ok(port.put(&south(), &other).await);
    holds(port, &south(), &[&other], "a store may use another's ids").await;
    holds(port, &north(), &[&ada, &bob], "another store's link changes nothing").await;

    let ada = link("ada", 1, "a2");
    ok(port.put(&north(), &ada).await);
    holds(port, &north(), &[&ada, &bob], "a fingerprint is put in place").await;

    let ada = link("ada", 3, "a3");
    ok(port.put(&north(), &ada).await);
    holds(port, &north(), &[&ada, &bob], "a customer has one contact").await;
    let of = ok(port.customer_of(&north(), ContactId(1)).await);
    assert_eq!(of, None, "the contact before is nobody's");

    let bob = link("bob", 3, "b2");
    ok(port.put(&north(), &bob).await);
    holds(port, &north(), &[&bob], "a contact has one customer").await;
    let before = ok(port.get(&north(), &ada.customer).await);
    assert_eq!(before, None, "the customer before has no contact");

    ok(port.remove(&north(), &bob.customer).await);
    ok(port.remove(&north(), &bob.customer).await);
    holds(port, &north(), &[], "a removed link is gone both ways").await;
    let of = ok(port.customer_of(&north(), bob.contact).await);
    assert_eq!(of, None, "a removed customer's contact is nobody's");
    holds(port, &south(), &[&other], "removing is for one store").await;
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
