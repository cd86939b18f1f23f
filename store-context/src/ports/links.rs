//! Which contact is which customer.

use async_trait::async_trait;
use chatwoot_client::ContactId;
use serde::{Deserialize, Serialize};

use super::PortResult;
use crate::model::{CustomerId, StoreId};

/// A digest of what was last written to a contact: the same digest means nothing to write. The engine
/// also puts marked ones; whoever keeps it keeps it as it is. It has at most 100 characters, all ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

/// A customer's contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The customer.
    pub customer: CustomerId,
    /// The contact, in the store's account.
    pub contact: ContactId,
    /// What was last written.
    pub fingerprint: Fingerprint,
}

/// Keeps the links of each store.
#[async_trait]
pub trait Links: Send + Sync {
    /// The customer's link.
    async fn get(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Link>>;

    /// The customer behind a contact.
    async fn customer_of(
        &self,
        store: &StoreId,
        contact: ContactId,
    ) -> PortResult<Option<CustomerId>>;

    /// Keeps a link, in place of the customer's and the contact's ones before.
    async fn put(&self, store: &StoreId, link: &Link) -> PortResult<()>;

    /// Forgets the customer's link.
    async fn remove(&self, store: &StoreId, customer: &CustomerId) -> PortResult<()>;

    /// How many links the store has.
    async fn count(&self, store: &StoreId) -> PortResult<u64>;
}
