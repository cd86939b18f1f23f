//! What a signed-in customer's own browser or app gets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ContextService;
use crate::model::{
    Cart, ContextSnapshot, CustomerId, Money, Order, OrderId, OrderItem, OrderStatus, OwnView,
    Source, StoreId, StoreSummary, Tier, Tracking,
};
use crate::ports::{PortError, PortFailure};

/// The data of a signed-in customer for the customer's own browser or app: name, orders and cart.
///
/// It has nothing that is meant for agents: no id of the customer, no links of the shop's own
/// administration, no attributes. Tier and totals are in it only if the store's
/// [`OwnView`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnContext {
    /// The store.
    pub store: StoreSummary,
    /// The customer.
    pub customer: OwnCustomer,
    /// The most recent orders, newest first.
    pub recent_orders: Vec<OwnOrder>,
    /// The cart.
    pub cart: Option<Cart>,
    /// The totals of the orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<OwnTotals>,
    /// The parts that could not be read in time.
    pub unavailable: Vec<Source>,
    /// When the data was read.
    pub generated_at: Timestamp,
}

/// A customer, as the customer's own browser gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnCustomer {
    /// The name; may be empty.
    pub name: String,
    /// The tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
}

/// An order, as the browser of the customer who placed it gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnOrder {
    /// The order's number.
    pub id: OrderId,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The order's status.
    pub status: OrderStatus,
    /// The total price.
    pub total: Money,
    /// The lines of the order.
    pub items: Vec<OrderItem>,
    /// The parcels of the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking: Vec<Tracking>,
}

impl From<&Order> for OwnOrder {
    fn from(order: &Order) -> Self {
        let Order { id, placed_at, status, total, items, tracking, .. } = order.clone();
        Self { id, placed_at, status, total, items, tracking }
    }
}

/// The totals of a customer's orders, as the customer's own browser gets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnTotals {
    /// The number of orders.
    pub count: u64,
    /// The sum of the orders' totals.
    pub lifetime_value: Money,
}

impl OwnContext {
    /// Takes from the agents' snapshot what the customer's own browser gets.
    ///
    /// ```
    /// use store_context::context::OwnContext;
    /// use store_context::model::{ContextSnapshot, OwnView};
    ///
    /// # fn example(snapshot: &ContextSnapshot) {
    /// let own = OwnContext::new(snapshot, OwnView::default());
    /// assert_eq!((own.customer.tier, own.totals), (None, None));
    /// # }
    /// ```
    pub fn new(snapshot: &ContextSnapshot, view: OwnView) -> Self {
        let insights = snapshot.insights.as_ref();
        let totals = |totals: &crate::model::OrderTotals| OwnTotals {
            count: totals.count,
            lifetime_value: totals.lifetime_value,
        };
        Self {
            store: snapshot.store.clone(),
            customer: OwnCustomer {
                name: snapshot.customer.name.clone(),
                tier: insights.filter(|_| view.tier).and_then(|insights| insights.tier.clone()),
            },
            recent_orders: snapshot.recent_orders.iter().map(OwnOrder::from).collect(),
            cart: snapshot.cart.clone(),
            totals: insights.filter(|_| view.totals).map(|insights| totals(&insights.totals)),
            unavailable: snapshot.unavailable.clone(),
            generated_at: snapshot.generated_at,
        }
    }
}

impl ContextService {
    /// Returns what a signed-in customer's own browser gets, as JSON of an [`OwnContext`]; `None`
    /// if the store or the customer is not known. Cached JSON is not decoded.
    ///
    /// Pass the customer of the host's own session only.
    ///
    /// # Errors
    /// As for [`ContextService::snapshot`].
    ///
    /// ```
    /// use store_context::context::ContextService;
    /// # use store_context::model::{CustomerId, StoreId};
    ///
    /// # async fn example(context: ContextService, store: StoreId, signed_in: CustomerId) -> Result<(), Box<dyn std::error::Error>> {
    /// if let Some(json) = context.own_json(&store, &signed_in).await? {
    ///     println!("{} bytes", json.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn own_json(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Option<bytes::Bytes>, PortFailure> {
        let Some(found) = self.find(store, customer).await? else { return Ok(None) };
        Ok(Some(found.own_json().map_err(PortError::from)?))
    }
}
