//! Each customer has one contact, and it is what the customer computes to.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chatwoot_client::ContactId;
use chatwoot_client::application::contacts::{Contact, NewContact};
use examples::shop::Shop;
use store_context::accounts::{Accounts, OpenAccount};
use store_context::attributes::{AttributeInput, AttributeSet, CartState};
use store_context::model::{Customer, Insights};
use store_context::ports::{Customers, Orders, PortFailure};
use store_context::sync::WantedContact;

use super::changes::marker;
use super::judge::{Fault, Rule};
use super::servers::{customer_id, new_store, store_id};

/// Returns the customers of a store whose contact is not as it should be.
pub(super) async fn diverged(
    shop: &Shop,
    accounts: &Accounts,
    store: u32,
    customers: u32,
) -> Result<Vec<Fault>> {
    let id = store_id(store)?;
    let open = accounts.open(&id).await?;
    let contacts = all_contacts(&open).await?;
    let ids = (0..customers).map(customer_id).collect::<Result<Vec<_>>>()?;
    let present = shop.customers(&id, &ids).await.map_err(PortFailure::from)?;
    let present: BTreeMap<_, Customer> =
        present.into_iter().map(|customer| (customer.id.clone(), customer)).collect();
    let mut totals: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, of) in shop.order_totals_of(&id, &ids).await.map_err(PortFailure::from)? {
        totals.entry(id).or_default().push(of);
    }
    let of_store = new_store(store)?;
    let attributes = AttributeSet::standard().for_store(&of_store, false);
    let mut faults = Vec::new();
    for (number, id) in (0..).zip(&ids) {
        let customer = present.get(id).context("the customer is in the shop")?;
        let totals = totals.remove(id).unwrap_or_default();
        let insights = Insights::new(of_store.currency, totals, of_store.tiers.as_ref());
        let identifier = open.identity.identifier(&customer.id);
        let input = AttributeInput::new(&of_store, customer, &insights, CartState::NoCarts);
        let wanted = WantedContact::new(identifier, &attributes, &input);
        if let Some(wrong) = wrong(&contacts, &wanted, &marker(store, number)) {
            let text = format!("store {store} customer {number}: {wrong}");
            faults.push(Fault { rule: Rule::Diverged, text });
        }
    }
    Ok(faults)
}

/// Says what is wrong with a customer's contact.
fn wrong(contacts: &[Contact], wanted: &WantedContact, marker: &str) -> Option<String> {
    let own: Vec<&Contact> = contacts
        .iter()
        .filter(|it| {
            let named = it.name.as_ref().is_some_and(|name| name.starts_with(marker));
            it.identifier == wanted.identifier || named
        })
        .collect();
    let [contact] = own[..] else {
        let ids: Vec<ContactId> = own.iter().map(|it| it.id).collect();
        return Some(format!("contacts {ids:?} instead of one"));
    };
    let mut wrong = Vec::new();
    let mut differ = |what: &str, is: Option<&str>, wanted: Option<&str>| {
        if is != wanted {
            wrong.push(format!("{what} {is:?} instead of {wanted:?}"));
        }
    };
    differ("identifier", contact.identifier.as_deref(), wanted.identifier.as_deref());
    differ("name", contact.name.as_deref(), Some(&wanted.name));
    differ("email", contact.email.as_deref(), wanted.email.as_deref());
    differ("phone", contact.phone_number.as_deref(), wanted.phone_number.as_deref());
    for (key, value) in &wanted.custom_attributes {
        let is = contact.custom_attributes.get(key).map(ToString::to_string);
        differ(key, is.as_deref(), Some(&value.to_string()));
    }
    (!wrong.is_empty()).then(|| format!("contact {}: {}", contact.id, wrong.join(", ")))
}

/// Every contact of an account, those too that lists leave out.
async fn all_contacts(open: &OpenAccount) -> Result<Vec<Contact>> {
    let last = NewContact { name: Some("The last".to_owned()), ..NewContact::default() };
    let last = open.account.contacts().create(&last).await?.contact.id;
    let mut all = Vec::new();
    for id in 1..last.0 {
        match open.account.contacts().get(ContactId(id)).await {
            Ok(contact) => all.push(contact),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    open.account.contacts().delete(last).await?;
    Ok(all)
}
