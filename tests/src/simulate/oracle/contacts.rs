//! Each customer's contact is what the customer computes to, and nobody else has one.

use std::collections::BTreeMap;

use chatwoot_client::ContactId;
use chatwoot_client::application::contacts::{Contact, NewContact};
use store_context::accounts::OpenAccount;

use crate::simulate::people::{self, Marker};
use crate::simulate::shop::{PRICE, Person, customer_id};
use crate::simulate::world::World;

/// A store's contacts and customers.
struct Desk {
    store: usize,
    contacts: Vec<Contact>,
    /// By identifier.
    customers: BTreeMap<String, u32>,
}

impl Desk {
    /// The customer whose contact this is.
    fn customer_of(&self, contact: &Contact) -> Option<u32> {
        self.customers.get(contact.identifier.as_ref()?).copied()
    }

    /// Whether somebody else's contact, and not a customer's, has the value.
    fn is_taken(&self, has: impl Fn(&Contact) -> bool) -> bool {
        self.contacts.iter().any(|it| self.customer_of(it).is_none() && has(it))
    }
}

impl World {
    /// Returns how many contacts of each store go without a value that somebody else has.
    pub(super) async fn judge_contacts(&self) -> anyhow::Result<Vec<usize>> {
        let mut all_without = Vec::new();
        for store in 0..self.stores.len() {
            let mut without = 0;
            let open = self.open(store).await?;
            let contacts = all_contacts(&open).await?;
            let numbers = self.shop.numbers(store);
            let identifier =
                |number: &u32| (open.identity.identifier(&customer_id(*number)), *number);
            let customers = numbers.iter().map(identifier).collect();
            let desk = Desk { store, contacts, customers };
            for customer in numbers {
                match self.shop.get(store, customer) {
                    Some(person) => {
                        without += usize::from(self.judge_present(&desk, customer, &person));
                    }
                    // Who came and went without any trigger, between two sweeps, is unknown.
                    None if !self.sim.was_recorded(store, customer)
                        && !self.erased.contains(&(store, customer)) => {}
                    None => self.judge_gone(&desk, customer),
                }
            }
            all_without.push(without);
        }
        Ok(all_without)
    }

    /// Whether the contact goes without something.
    fn judge_present(&self, desk: &Desk, customer: u32, person: &Person) -> bool {
        let store = desk.store;
        let own = |it: &&Contact| desk.customer_of(it) == Some(customer);
        let marker = Marker { store, customer, is_name: true }.to_string();
        let named = |it: &&Contact| it.name.as_ref().is_some_and(|name| name.contains(&marker));
        let doubled: Vec<_> =
            desk.contacts.iter().filter(|it| own(it) || named(it)).map(|it| it.id).collect();
        if doubled.len() > 1 {
            let text = format!("store {store} customer {customer}: contacts {doubled:?}");
            self.sim.violate("a customer has one contact", text);
        }
        let Some(contact) = desk.contacts.iter().find(own) else {
            let text = format!("store {store} customer {customer} has none");
            self.sim.violate("a customer has a contact", text);
            return false;
        };
        let wanted_email = person.email.as_deref();
        let email_taken = || desk.is_taken(|it| it.email.as_deref() == wanted_email);
        let wanted_phone = person.phone.as_deref();
        let phone_taken = || desk.is_taken(|it| it.phone_number.as_deref() == wanted_phone);
        let is_right = |is: Option<&str>, wanted: Option<&str>, taken: &dyn Fn() -> bool| {
            is == wanted || is.is_none() && taken()
        };
        let attribute =
            |key: &str| contact.custom_attributes.get(key).and_then(serde_json::Value::as_f64);
        let (spent, orders) = (person.orders * PRICE, person.orders);
        let tier =
            contact.custom_attributes.get("customer_tier").and_then(serde_json::Value::as_str);
        let right = [
            contact.name.as_ref() == Some(&person.name),
            is_right(contact.email.as_deref(), wanted_email, &email_taken),
            is_right(contact.phone_number.as_deref(), wanted_phone, &phone_taken),
            attribute("order_count") == Some(orders.into()),
            attribute("lifetime_value") == Some(spent.into()),
            tier == Some(if spent >= 100 { "silver" } else { "bronze" }),
        ];
        if right.contains(&false) {
            let what = ["name", "e-mail", "phone", "orders", "spent", "tier"];
            let wrong = what.iter().zip(right).filter(|(_, right)| !right).map(|(what, _)| *what);
            let wrong: Vec<&str> = wrong.collect();
            let is = (contact.id, &contact.name, &contact.email, &contact.phone_number);
            let text = format!("store {store} customer {customer} {wrong:?}: {person:?} is {is:?}");
            self.sim.violate("a contact is what its customer computes to", text);
        }
        contact.email.as_deref() != wanted_email || contact.phone_number.as_deref() != wanted_phone
    }

    fn judge_gone(&self, desk: &Desk, customer: u32) {
        let store = desk.store;
        let marker = Marker { store, customer, is_name: true }.to_string();
        let state = &self.stores[store];
        for contact in &desk.contacts {
            let mut left = Vec::new();
            if desk.customer_of(contact) == Some(customer) {
                left.push("identifier");
            }
            if contact.name.as_ref().is_some_and(|name| name.contains(&marker)) {
                left.push("name");
            }
            // A guest or an agent may have given an address, and whoever registers anew may have it.
            let ours = self.sim.is_ours(state.server, state.account, contact.id.0);
            if ours && desk.customer_of(contact).is_none() {
                let has = |text: Option<&String>| {
                    let markers = text.map_or_else(Vec::new, |text| people::markers(text));
                    markers.iter().any(|it| (it.store, it.customer) == (store, customer))
                };
                if has(contact.email.as_ref()) {
                    left.push("e-mail");
                }
            }
            if !left.is_empty() {
                let (erased, id) = (self.erased.contains(&(store, customer)), contact.id);
                let text = format!(
                    "store {store} customer {customer} (erased: {erased}) left {left:?} in contact {id}"
                );
                self.sim.violate("nobody who is gone is left", text);
            }
        }
    }
}

/// Every contact of an account, those too that lists leave out.
async fn all_contacts(open: &OpenAccount) -> anyhow::Result<Vec<Contact>> {
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
