//! Tests of which existing contacts a new customer is linked to, and which a visitor prepared.

use chatwoot_client::application::contacts::{Contact, ContactPatch, NewContact, NewContactInbox};
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::{Attributes, ContactId, Patch};
use serde_json::json;
use store_context::Timestamp;
use store_context::identity::PROOF_ATTRIBUTE;
use store_context::model::{ContactIdentifiers, Customer, IdentityPolicy, Store};
use store_context::sync::{
    Adoption, ContactSync, LeftOut, LeftOutReason, Outcome, SyncConfig, Synced,
};

use crate::support::{Bench, customer};
use crate::visitor::Visitor;

async fn there(bench: &Bench, contact: NewContact) -> Contact {
    let account = bench.account(bench.north()).await;
    account.contacts().create(&contact).await.unwrap().contact
}

async fn of_customer(bench: &Bench, customer: &Customer) -> Contact {
    bench.linked(&customer.id).await
}

async fn name_plainly(bench: &Bench) {
    let identity =
        IdentityPolicy { identifiers: ContactIdentifiers::Plain, ..IdentityPolicy::default() };
    let store = Store { identity, ..bench.stores[0].clone() };
    bench.ports.stores.put(&store).await.unwrap();
}

async fn synced_by(bench: &Bench, adoption: Adoption, customer: &Customer) -> Synced {
    let config = SyncConfig { adoption, ..SyncConfig::default() };
    let sync = ContactSync::new(bench.accounts.clone(), bench.ports.clone(), config);
    sync.want(bench.north(), &customer.id).await.unwrap();
    bench.settled(&sync).await.pop().unwrap()
}

fn not_adopted(field: &'static str, contact: ContactId) -> LeftOut {
    LeftOut { field, reason: LeftOutReason::NotAdopted(contact) }
}

/// The attack: a guest enters a newcomer's address, and waits for the newcomer to register.
#[tokio::test(start_paused = true)]
async fn a_guest_who_gave_a_newcomers_address_is_not_the_newcomer() {
    let bench = Bench::provisioned().await;
    for writes in [false, true] {
        let ada = customer(if writes { "ada" } else { "eve" });
        let mut guest = Visitor::new(&bench).await;
        guest.tell(&json!({ "email": ada.email })).await;
        if writes {
            guest.writes(&bench, Attributes::new()).await;
        }
        bench.put(&ada);
        let synced = bench.synced(&ada.id).await;
        assert_eq!(synced.outcome, Outcome::Created);
        let contact = of_customer(&bench, &ada).await;
        assert_ne!(contact.id, guest.contact);
        assert_eq!(contact.email.as_deref().unwrap_or_default(), "");
        assert_eq!(synced.left_out, [not_adopted("email", guest.contact)]);

        // The newcomer signs in, and is still not the guest.
        let mut newcomer = Visitor::new(&bench).await;
        newcomer.sign_in(&bench, &ada).await;
        assert_eq!(newcomer.contact, contact.id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_who_guessed_an_identifier_is_not_the_customer() {
    let bench = Bench::provisioned().await;
    name_plainly(&bench).await;
    let ada = customer("1815");
    let mut guest = Visitor::new(&bench).await;
    guest.tell(&json!({ "identifier": "1815" })).await;
    guest.writes(&bench, Attributes::new()).await;
    bench.put(&ada);
    let synced = bench.synced(&ada.id).await;
    assert_eq!(synced.outcome, Outcome::Created);
    let contact = of_customer(&bench, &ada).await;
    assert_ne!(contact.id, guest.contact);
    assert_eq!((contact.identifier.unwrap_or_default(), contact.email), (String::new(), ada.email));
    assert_eq!(synced.left_out, [not_adopted("identifier", guest.contact)]);
}

/// Signed in as one customer, a visitor sets the identifier of the next one to register.
#[tokio::test(start_paused = true)]
async fn a_signed_in_visitor_does_not_become_the_next_customer() {
    let bench = Bench::provisioned().await;
    name_plainly(&bench).await;
    let (mallory, next) = (customer("1815"), customer("1816"));
    let mut visitor = Visitor::new(&bench).await;
    visitor.sign_in(&bench, &mallory).await;
    let proof = bench.identity_of(bench.north()).await.prove(&mallory.id, Timestamp::now());
    let talk = visitor.writes(&bench, attribute(PROOF_ATTRIBUTE, &proof)).await;
    visitor.tell(&json!({ "identifier": "1816" })).await;
    let account = bench.account(bench.north()).await;
    let talk = account.conversations().get(talk).await.unwrap();
    assert_eq!(talk.meta.hmac_verified, Some(true), "Chatwoot sees nothing wrong");

    bench.put(&next);
    let synced = bench.synced(&next.id).await;
    assert_eq!(synced.outcome, Outcome::Created);
    assert_ne!(of_customer(&bench, &next).await.id, visitor.contact);
    assert_eq!(synced.left_out, [not_adopted("identifier", visitor.contact)]);
}

fn attribute(key: &str, value: &str) -> Attributes {
    Attributes::from_iter([(key.to_owned(), json!(value))])
}

#[tokio::test(start_paused = true)]
async fn a_plain_identifier_with_the_stores_proof_is_the_customers() {
    let bench = Bench::provisioned().await;
    name_plainly(&bench).await;
    let ada = customer("1815");
    let mut visitor = Visitor::new(&bench).await;
    visitor.sign_in(&bench, &ada).await;
    let proof = bench.identity_of(bench.north()).await.prove(&ada.id, Timestamp::now());
    visitor.writes(&bench, attribute(PROOF_ATTRIBUTE, &proof)).await;
    bench.put(&ada);
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Adopted);
    assert_eq!(of_customer(&bench, &ada).await.id, visitor.contact);
}

/// The widget runs before the sync: the contact that it created with our proof is the customer's.
#[tokio::test(start_paused = true)]
async fn a_pseudonym_is_always_the_customers() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    let mut visitor = Visitor::new(&bench).await;
    visitor.sign_in(&bench, &ada).await;
    visitor.writes(&bench, Attributes::new()).await;
    bench.put(&ada);
    let synced = synced_by(&bench, Adoption::Never, &ada).await;
    assert_eq!((synced.outcome, synced.left_out), (Outcome::Adopted, Vec::new()));
    let contact = of_customer(&bench, &ada).await;
    assert_eq!((contact.id, contact.email), (visitor.contact, ada.email));
}

#[tokio::test(start_paused = true)]
async fn what_an_agent_made_is_adopted_unless_never() {
    for (adoption, outcome) in
        [(Adoption::Unprepared, Outcome::Adopted), (Adoption::Never, Outcome::Created)]
    {
        let bench = Bench::provisioned().await;
        let ada = customer("ada");
        let by_agent = NewContact { email: ada.email.clone(), ..NewContact::default() };
        let by_agent = there(&bench, by_agent).await;
        bench.put(&ada);
        let synced = synced_by(&bench, adoption, &ada).await;
        assert_eq!(synced.outcome, outcome);
        let adopted = outcome == Outcome::Adopted;
        assert_eq!(of_customer(&bench, &ada).await.id == by_agent.id, adopted);
        assert_eq!(synced.left_out.is_empty(), adopted);
        let store_account = bench.record(bench.north()).await.account;
        let presences = of_customer(&bench, &ada).await.contact_inboxes.unwrap();
        let inboxes = presences.iter().map(|there| there.inbox.as_ref().map(|inbox| inbox.id));
        assert!(inboxes.eq([store_account.api_inbox]), "present where every customer is");
    }
}

#[tokio::test(start_paused = true)]
async fn who_only_wrote_by_email_is_adopted_where_the_host_says_so() {
    for (adoption, adopted) in [(Adoption::Unprepared, false), (Adoption::UnpreparedOrEmail, true)]
    {
        let bench = Bench::provisioned().await;
        let account = bench.account(bench.north()).await;
        let store_account = bench.record(bench.north()).await.account;
        let mail = store_account.email_inbox.unwrap();
        for (name, from) in [("ada", "ada@mail.example"), ("bob", "other@mail.example")] {
            let one = customer(name);
            let by_mail = NewContact { email: one.email.clone(), ..NewContact::default() };
            let by_mail = there(&bench, by_mail).await;
            let presence = NewContactInbox::new(mail).source_id(from);
            account.contact(by_mail.id).inboxes().create(&presence).await.unwrap();
            let new = NewConversation {
                contact_id: Some(by_mail.id),
                inbox_id: Some(mail),
                source_id: Some(from.into()),
                ..NewConversation::default()
            };
            account.conversations().create(&new).await.unwrap();
            bench.put(&one);
            let synced = synced_by(&bench, adoption, &one).await;
            let taken = adopted && name == "ada";
            assert_eq!(of_customer(&bench, &one).await.id == by_mail.id, taken, "{name}");
            let left_out = not_adopted("email", by_mail.id);
            assert_eq!(synced.left_out.contains(&left_out), !taken, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plain_id_is_nothing_where_identifiers_are_pseudonyms() {
    let bench = Bench::provisioned().await;
    let ada = customer("ada");
    let plain = NewContact {
        identifier: Some("ada".to_owned()),
        email: ada.email.clone(),
        ..NewContact::default()
    };
    let plain = there(&bench, plain).await;
    bench.put(&ada);
    let synced = bench.synced(&ada.id).await;
    assert_eq!(synced.outcome, Outcome::Created);
    assert_eq!(synced.left_out, [LeftOut { field: "email", reason: LeftOutReason::Taken }]);
    assert_ne!(of_customer(&bench, &ada).await.id, plain.id);
}

/// A KELVIN SIGN is no k, although Chatwoot lower-cases it to one.
#[tokio::test(start_paused = true)]
async fn an_address_that_the_server_would_change_is_not_sent() {
    let bench = Bench::provisioned().await;
    let email = Some("kim@mail.example".to_owned());
    let kim = there(&bench, NewContact { email, ..NewContact::default() }).await;
    let email = Some("\u{212A}im@mail.example".to_owned());
    let other = Customer { email, ..customer("other") };
    bench.put(&other);
    assert_eq!(bench.synced(&other.id).await.outcome, Outcome::Created);
    let contact = of_customer(&bench, &other).await;
    assert_ne!(contact.id, kim.id);
    assert_eq!(contact.email, None);
}

#[tokio::test(start_paused = true)]
async fn linked_contacts_move_with_the_policy() {
    let bench = Bench::provisioned().await;
    name_plainly(&bench).await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let contact = of_customer(&bench, &ada).await;
    assert_eq!(contact.identifier.as_deref(), Some("ada"));

    bench.ports.stores.put(&bench.stores[0]).await.unwrap();
    bench.fake.clear_journal();
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    assert_eq!(bench.fake.requests(), 1);
    let pseudonym = bench.identity_of(bench.north()).await.identifier(&ada.id);
    let moved = of_customer(&bench, &ada).await;
    assert_eq!((moved.id, moved.identifier), (contact.id, Some(pseudonym)));

    name_plainly(&bench).await;
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    assert_eq!(of_customer(&bench, &ada).await.identifier.as_deref(), Some("ada"));
}

/// The page is served with the new policy before the sync runs: two contacts become one.
#[tokio::test(start_paused = true)]
async fn a_contact_made_by_the_new_identifier_is_merged_into_the_linked_one() {
    let bench = Bench::provisioned().await;
    name_plainly(&bench).await;
    let ada = customer("ada");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let linked = of_customer(&bench, &ada).await;
    bench.ports.stores.put(&bench.stores[0]).await.unwrap();
    let mut visitor = Visitor::new(&bench).await;
    visitor.sign_in(&bench, &ada).await;
    let talk = visitor.writes(&bench, Attributes::new()).await;
    assert_ne!(visitor.contact, linked.id);

    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Updated);
    let pseudonym = bench.identity_of(bench.north()).await.identifier(&ada.id);
    let moved = of_customer(&bench, &ada).await;
    assert_eq!((moved.id, moved.identifier), (linked.id, Some(pseudonym)));
    let account = bench.account(bench.north()).await;
    assert_eq!(account.conversations().get(talk).await.unwrap().meta.sender.id, linked.id);
    assert_eq!(bench.contacts().await.len(), 1);
}

/// After a change to plain identifiers, a contact that a guest created with the id is not merged
/// into the customer's.
#[tokio::test(start_paused = true)]
async fn a_guests_contact_is_not_merged_into_the_linked_one() {
    let bench = Bench::provisioned().await;
    let ada = customer("1815");
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let linked = of_customer(&bench, &ada).await;
    name_plainly(&bench).await;
    let mut guest = Visitor::new(&bench).await;
    guest.tell(&json!({ "identifier": "1815" })).await;
    let synced = bench.synced(&ada.id).await;
    assert_eq!(synced.left_out, [not_adopted("identifier", guest.contact)]);
    assert_eq!(of_customer(&bench, &ada).await.id, linked.id);
    let account = bench.account(bench.north()).await;
    account.contacts().get(guest.contact).await.expect("it was not merged");

    // Once the guest's contact is deleted, the next trigger writes the identifier.
    account.contacts().delete(guest.contact).await.unwrap();
    assert!(bench.synced(&ada.id).await.left_out.is_empty());
    assert_eq!(of_customer(&bench, &ada).await.identifier.as_deref(), Some("1815"));
}

/// The response to a creation is lost: the contact is recognized, also with a plain identifier.
#[tokio::test(start_paused = true)]
async fn a_plain_contact_whose_answer_was_lost_is_the_customers() {
    let bench = Bench::hasty();
    bench.provision(&bench.stores[0]).await.unwrap();
    name_plainly(&bench).await;
    let ada = customer("1815");
    bench.put(&ada);
    let lost = chatwoot_client::fake::Fault::new(chatwoot_client::fake::FaultKind::ErrorAfter);
    bench.fake.fault(lost.path("contacts").times(1));
    assert_eq!(bench.synced(&ada.id).await.outcome, Outcome::Adopted);
    assert_eq!(of_customer(&bench, &ada).await.identifier.as_deref(), Some("1815"));
    assert_eq!(bench.contacts().await.len(), 1);
}

/// A contact of another customer is never adopted, whatever its values.
#[tokio::test(start_paused = true)]
async fn a_contact_of_another_customer_is_not_adopted() {
    let bench = Bench::provisioned().await;
    let (ada, bob) = (customer("ada"), customer("bob"));
    bench.put(&ada);
    bench.synced(&ada.id).await;
    let of_ada = of_customer(&bench, &ada).await;
    let account = bench.account(bench.north()).await;
    let named = bench.identity_of(bench.north()).await.identifier(&bob.id);
    let patch = ContactPatch { identifier: Patch::Set(named.clone()), ..ContactPatch::default() };
    account.contacts().update(of_ada.id, &patch).await.unwrap();
    bench.put(&bob);
    let sync = bench.sync();
    sync.want(bench.north(), &bob.id).await.unwrap();
    bench.settled(&sync).await;
    assert_eq!(of_customer(&bench, &ada).await.id, of_ada.id);
    let of_bob = of_customer(&bench, &bob).await;
    assert_ne!(of_bob.id, of_ada.id);
    assert_eq!(of_bob.identifier, Some(named));
    let own = bench.identity_of(bench.north()).await.identifier(&ada.id);
    assert_eq!(of_customer(&bench, &ada).await.identifier, Some(own), "put right in the same run");
}
