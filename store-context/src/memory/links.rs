//! Which contact is which customer, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chatwoot_client::ContactId;

use super::lock;
use crate::model::{CustomerId, StoreId};
use crate::ports::{Link, Links, PortResult};

/// Keeps links in memory.
#[derive(Debug, Default)]
pub struct MemoryLinks(Mutex<HashMap<StoreId, StoreLinks>>);

/// The links of one store: both maps hold the same pairs.
#[derive(Debug, Default)]
struct StoreLinks {
    by_customer: HashMap<CustomerId, Link>,
    by_contact: HashMap<ContactId, CustomerId>,
}

impl StoreLinks {
    fn put(&mut self, link: Link) {
        if let Some(other) = self.by_contact.insert(link.contact, link.customer.clone())
            && other != link.customer
        {
            self.by_customer.remove(&other);
        }
        let contact = link.contact;
        if let Some(before) = self.by_customer.insert(link.customer.clone(), link)
            && before.contact != contact
        {
            self.by_contact.remove(&before.contact);
        }
    }

    fn remove(&mut self, customer: &CustomerId) {
        if let Some(link) = self.by_customer.remove(customer) {
            self.by_contact.remove(&link.contact);
        }
    }
}

impl MemoryLinks {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, store: &StoreId, what: impl FnOnce(&StoreLinks) -> T) -> Option<T> {
        lock(&self.0).get(store).map(what)
    }
}

#[async_trait]
impl Links for MemoryLinks {
    async fn get(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>> {
        Ok(self.read(store, |links| links.by_customer.get(customer).cloned()).flatten())
    }

    async fn customer_of(
        &self,
        store: &StoreId,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>> {
        Ok(self.read(store, |links| links.by_contact.get(&contact).cloned()).flatten())
    }

    async fn put(&self, store: &StoreId, link: &Link) -> PortResult<()> {
        lock(&self.0).entry(store.clone()).or_default().put(link.clone());
        Ok(())
    }

    async fn remove(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()> {
        if let Some(links) = lock(&self.0).get_mut(store) {
            links.remove(customer);
        }
        Ok(())
    }

    async fn count(&self, store: &StoreId) -> PortResult<u64> {
        Ok(self.read(store, |links| links.by_customer.len() as u64).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::links_conformance!(async { MemoryLinks::new() });
}
