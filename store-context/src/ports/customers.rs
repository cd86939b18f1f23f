//! The host's customers.

use std::fmt;

use async_trait::async_trait;

use super::PortResult;
use crate::model::{Customer, CustomerId, StoreId};

/// The position in a listing at which the next page begins: a text that only the host interprets,
/// such as the number of the last row. The engine may keep it for days before it requests the next
/// page.
///
/// ```
/// use store_context::ports::Cursor;
///
/// let cursor = Cursor::new(1_200.to_string());
/// assert_eq!(cursor.as_str().parse(), Ok(1_200));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from the host's text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the host's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page of a listing of customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerPage {
    /// The ids of the customers, in any order.
    pub ids: Vec<CustomerId>,
    /// The start of the next page; `None` on the last one. A page without ids may have a next page.
    pub next: Option<Cursor>,
}

/// Reads the current state of the host's customers. It never changes them.
///
/// [`Customers::customers`] has a default implementation that reads one customer after another. A
/// host that can read many at once overrides it. `host_conformance!` (feature `conformance`) tests
/// an implementation.
///
/// A method may return any error with `?`; the engine retries later.
///
/// ```
/// use store_context::async_trait;
/// use store_context::model::{Customer, CustomerId, StoreId};
/// use store_context::ports::{Cursor, CustomerPage, Customers, PortResult};
///
/// # use std::sync::Mutex;
/// # #[derive(Clone)]
/// # struct Row { id: i64, store: String, name: String, email: Option<String>, confirmed: bool }
/// # /// Stands for a connection pool.
/// # struct Database(Mutex<Vec<Row>>);
/// # impl Database {
/// #     async fn rows(&self, wanted: impl Fn(&Row) -> bool) -> Result<Vec<Row>, std::io::Error> {
/// #         let mut rows = self.0.lock().map_err(|_| std::io::Error::other("poisoned"))?.clone();
/// #         rows.retain(wanted);
/// #         Ok(rows)
/// #     }
/// # }
/// struct Shop {
///     database: Database,
/// }
///
/// fn customer(row: Row) -> PortResult<Customer> {
///     let id = CustomerId::new(row.id.to_string())?;
///     Ok(Customer { email: row.email, email_verified: row.confirmed, ..Customer::new(id, row.name) })
/// }
///
/// #[async_trait]
/// impl Customers for Shop {
///     async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
///         Ok(self.customers(store, std::slice::from_ref(id)).await?.pop())
///     }
///
///     async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
///         // SELECT .. FROM customers WHERE store = $1 AND id = ANY($2)
///         // An id that is no number is no customer's.
///         let ids: Vec<i64> = ids.iter().filter_map(|id| id.as_str().parse().ok()).collect();
///         let is_wanted = |row: &Row| row.store == store.as_str() && ids.contains(&row.id);
///         self.database.rows(is_wanted).await?.into_iter().map(customer).collect()
///     }
///
///     async fn customer_ids(
///         &self,
///         store: &StoreId,
///         after: Option<&Cursor>,
///         limit: usize,
///     ) -> PortResult<CustomerPage> {
///         // SELECT id FROM customers WHERE store = $1 AND id > $2 ORDER BY id LIMIT $3
///         let after: i64 = after.map_or(Ok(0), |cursor| cursor.as_str().parse())?;
///         let is_after = |row: &Row| row.store == store.as_str() && row.id > after;
///         let mut rows = self.database.rows(is_after).await?;
///         rows.sort_by_key(|row| row.id);
///         rows.truncate(limit);
///         let full = rows.len() == limit;
///         let last = rows.last().filter(|_| full);
///         let next = last.map(|row| Cursor::new(row.id.to_string()));
///         let ids = rows.iter().map(|row| CustomerId::new(row.id.to_string()));
///         Ok(CustomerPage { ids: ids.collect::<Result<_, _>>()?, next })
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let row = |id, store: &str, name: &str| Row {
/// #     id, store: store.to_owned(), name: name.to_owned(), email: None, confirmed: false,
/// # };
/// # let rows = vec![row(3, "north", "Ada"), row(1, "north", "Bob"), row(2, "south", "Cem")];
/// # let shop = Shop { database: Database(Mutex::new(rows)) };
/// # let (store, ada) = (StoreId::new("north")?, CustomerId::new("3")?);
/// # assert_eq!(shop.customer(&store, &ada).await?.unwrap().name, "Ada");
/// # assert!(shop.customer(&store, &CustomerId::new("2")?).await?.is_none());
/// # let first = shop.customer_ids(&store, None, 1).await?;
/// # let second = shop.customer_ids(&store, first.next.as_ref(), 1).await?;
/// # assert_eq!(second.ids, [ada]);
/// # assert_eq!(shop.customer_ids(&store, second.next.as_ref(), 1).await?.next, None);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Customers: Send + Sync {
    /// Returns the current state of a customer; `None` if it does not exist (any more).
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>>;

    /// Returns those of the given customers that exist, in any order.
    async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.customer(store, id).await?);
        }
        Ok(found)
    }

    /// Returns a page of up to `limit` customers; without a cursor, the first page. A customer that
    /// exists during the whole listing is on one of its pages. Listing a customer twice is
    /// harmless.
    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage>;
}
