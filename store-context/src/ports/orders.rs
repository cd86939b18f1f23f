//! The host's orders.

use async_trait::async_trait;

use super::PortResult;
use crate::model::{CustomerId, Order, OrderTotals, StoreId};

/// Reads the current orders of the host's customers.
///
/// [`Orders::order_totals_of`] has a default implementation that reads one customer after another.
/// A host that can aggregate many customers at once overrides it. `host_conformance!` (feature
/// `conformance`) tests an implementation.
///
/// A method may return any error with `?`; the engine retries later.
///
/// ```
/// use std::collections::HashMap;
/// use store_context::async_trait;
/// use store_context::model::{CustomerId, Order, OrderTotals, StoreId};
/// use store_context::ports::{Orders, PortResult};
/// # use store_context::Currency;
/// # use store_context::model::{Money, OrderId, OrderStatus};
///
/// struct Shop {
///     // Stands for a table; a host queries its database.
///     orders: HashMap<CustomerId, Vec<Order>>,
/// }
///
/// #[async_trait]
/// impl Orders for Shop {
///     async fn recent_orders(
///         &self,
///         _store: &StoreId,
///         customer: &CustomerId,
///         limit: usize,
///     ) -> PortResult<Vec<Order>> {
///         // SELECT .. WHERE store = $1 AND customer = $2 ORDER BY placed_at DESC LIMIT $3
///         let mut orders = self.orders.get(customer).cloned().unwrap_or_default();
///         orders.sort_by_key(|order| std::cmp::Reverse(order.placed_at));
///         orders.truncate(limit);
///         Ok(orders)
///     }
///
///     async fn order_totals(&self, _: &StoreId, customer: &CustomerId) -> PortResult<Vec<OrderTotals>> {
///         // SELECT count(*), sum(total - refunded), min(placed_at), max(placed_at) .. GROUP BY currency
///         let orders = self.orders.get(customer).into_iter().flatten();
///         Ok(OrderTotals::of(orders)?)
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, ada) = (StoreId::new("north")?, CustomerId::new("1")?);
/// # let order = |id: &str, day: i64, status| -> Result<Order, Box<dyn std::error::Error>> {
/// #     let (id, at) = (OrderId::new(id)?, store_context::Timestamp::from_second(day * 86_400)?);
/// #     Ok(Order::new(id, ada.clone(), at, status, Money::new(5.into(), Currency::EUR)))
/// # };
/// # let orders = vec![order("1", 1, OrderStatus::Paid)?, order("2", 2, OrderStatus::Cancelled)?];
/// # let shop = Shop { orders: HashMap::from([(ada.clone(), orders)]) };
/// # assert_eq!(shop.recent_orders(&store, &ada, 1).await?[0].id.as_str(), "2");
/// # let bob = CustomerId::new("2")?;
/// # let totals = shop.order_totals_of(&store, &[ada, bob]).await?;
/// # assert_eq!(totals.iter().map(|(_, totals)| totals.count).collect::<Vec<_>>(), [1]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Orders: Send + Sync {
    /// Returns up to `limit` orders of a customer, newest first, in any status.
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>>;

    /// Returns the totals of a customer's orders that count ([`Order::counts`]), net of refunds: one
    /// for each currency in which the customer ordered, in any order. A currency without orders that
    /// count may be left out.
    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>>;

    /// Returns the totals of the given customers, one for each customer and currency, in any order,
    /// as a query with `GROUP BY customer, currency` finds them. A customer without orders that count
    /// may be left out.
    async fn order_totals_of(
        &self,
        store: &StoreId,
        customers: &[CustomerId],
    ) -> PortResult<Vec<(CustomerId, OrderTotals)>> {
        let mut all = Vec::with_capacity(customers.len());
        for customer in customers {
            let totals = self.order_totals(store, customer).await?;
            all.extend(totals.into_iter().map(|totals| (customer.clone(), totals)));
        }
        Ok(all)
    }
}
