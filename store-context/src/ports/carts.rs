//! The host's carts.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{Cart, CustomerId, StoreId};

/// Reads the current carts of the host's customers. A host without carts leaves this port out
/// ([`Ports::carts`](super::Ports::carts)).
///
/// [`Carts::carts`] has a default implementation that reads one customer after another. A host that
/// can read many at once overrides it. `host_conformance!` (feature `conformance`) tests an
/// implementation.
///
/// A method may return any error with `?`; the engine retries later.
///
/// ```
/// use std::collections::HashMap;
/// use store_context::async_trait;
/// use store_context::model::{Cart, CustomerId, StoreId};
/// use store_context::ports::{Carts, PortResult};
///
/// struct Shop {
///     // The carts as JSON, as a cache holds them.
///     sessions: HashMap<CustomerId, String>,
/// }
///
/// #[async_trait]
/// impl Carts for Shop {
///     async fn cart(&self, _store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
///         let Some(json) = self.sessions.get(customer) else { return Ok(None) };
///         let cart: Cart = serde_json::from_str(json)?;
///         Ok(Some(cart).filter(|cart| !cart.items.is_empty()))
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, ada) = (StoreId::new("north")?, CustomerId::new("1")?);
/// # let shop = Shop { sessions: HashMap::from([(ada.clone(), "{".to_owned())]) };
/// # assert!(shop.cart(&store, &ada).await.is_err());
/// # assert_eq!(shop.carts(&store, &[CustomerId::new("2")?]).await?, []);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Carts: Send + Sync {
    /// Returns a customer's cart; `None` if it is empty.
    async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>>;

    /// Returns the carts of the given customers, in any order. Customers without a cart are left
    /// out.
    async fn carts(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
    ) -> PortResult<Vec<(CustomerId, Cart)>> {
        let mut all = Vec::new();
        for customer in customers {
            let cart = self.cart(store, customer).await?;
            all.extend(cart.map(|cart| (customer.clone(), cart)));
        }
        Ok(all)
    }
}
