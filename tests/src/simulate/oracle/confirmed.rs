//! What the ledger confirms is in Chatwoot, without the help of a sweep.

use std::time::Duration;

use chatwoot_client::application::contacts::{Contact, ContactsQuery};
use futures_util::TryStreamExt;
use store_context::ports::PortFailure;
use tokio::time::sleep;

use crate::simulate::shop::{PRICE, Person, customer_id, store_id};
use crate::simulate::world::World;

impl World {
    /// Holds a store's contacts against the shop once its ledger says that all are confirmed. A
    /// sweep would repair what is wrong, after hours in a real shop; so this does not wait for one.
    /// An account that refuses everything shows nothing.
    pub(in crate::simulate) async fn audit(&self, store: usize) -> anyhow::Result<()> {
        for _ in 0..30 {
            if !self.is_suspended(store) && self.is_confirmed(store).await? {
                return self.judge_confirmed(store).await;
            }
            sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    /// Waits, half a minute at most, until no ledger has anything under way: a sweep may just have
    /// wanted customers, and one who goes without a value is written again.
    pub(in crate::simulate) async fn settles(&self) -> anyhow::Result<()> {
        for _ in 0..60 {
            let mut all = true;
            for store in 0..self.stores.len() {
                all &= self.is_confirmed(store).await?;
            }
            if all {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    /// Whether the ledger says that each contact of a store is as it should be.
    async fn is_confirmed(&self, store: usize) -> anyhow::Result<bool> {
        let counts = self.ports.sync.counts(Some(&store_id(store))).await;
        let counts = counts.map_err(PortFailure::from)?;
        let open = [counts.waiting, counts.claimed, counts.parked, counts.in_doubt];
        Ok(open.iter().all(|count| *count == 0))
    }

    /// Each customer's contact is there as the shop has the customer, unless the ledger cannot know
    /// better.
    async fn judge_confirmed(&self, store: usize) -> anyhow::Result<()> {
        let open = self.open(store).await?;
        let contacts = open.account.contacts().all(ContactsQuery::default());
        let contacts: Vec<Contact> = contacts.try_collect().await?;
        let mut count = 0;
        for customer in self.shop.numbers(store) {
            let Some(person) = self.shop.get(store, customer) else { continue };
            if !self.sim.can_be_known(store, customer) {
                continue;
            }
            count += 1;
            let identifier = Some(open.identity.identifier(&customer_id(customer)));
            let contact = contacts.iter().find(|contact| contact.identifier == identifier);
            if !contact.is_some_and(|contact| is_written(contact, &person)) {
                let is = contact.map(|it| (it.id, &it.name, &it.email, &it.phone_number));
                let text = format!("store {store} customer {customer}: {person:?} is {is:?}");
                self.sim.violate("what the ledger confirms is in Chatwoot", text);
            }
        }
        self.sim.note(|| format!("audit of store {store}: {count} customers"));
        Ok(())
    }
}

/// Whether a contact is what was written of a customer; what another contact has is left out.
fn is_written(contact: &Contact, person: &Person) -> bool {
    let left_out_or = |is: &Option<String>, wanted: &Option<String>| is.is_none() || is == wanted;
    let orders = contact.custom_attributes.get("order_count").and_then(serde_json::Value::as_f64);
    let spent = contact.custom_attributes.get("lifetime_value").and_then(serde_json::Value::as_f64);
    contact.name.as_ref() == Some(&person.name)
        && left_out_or(&contact.email, &person.email)
        && left_out_or(&contact.phone_number, &person.phone)
        && orders == Some(person.orders.into())
        && spent == Some((person.orders * PRICE).into())
}
