//! Reads from the host what a customer's attributes are computed from.

use std::time::Duration;

use crate::attributes::{AttributeInput, CartState};
use crate::guard;
use crate::model::{Cart, Customer, CustomerId, Insights, Order, Store};
use crate::ports::{PortResult, Ports};

/// A customer's present data in the shop.
pub(crate) struct CustomerData {
    pub(crate) customer: Customer,
    insights: Insights,
    recent_orders: Vec<Order>,
    has_carts: bool,
    cart: Option<Cart>,
}

impl CustomerData {
    /// Reads a customer, with a time limit for each call to a port. Returns `None` if the shop has
    /// no such customer.
    pub(crate) async fn read(
        ports: &Ports,
        limit: Duration,
        store: &Store,
        id: &CustomerId,
        recent_orders: usize,
    ) -> PortResult<Option<Self>> {
        let Ports { customers, orders, carts, .. } = ports;
        let of = &store.id;
        let customer = customers.customer(of, id);
        let customer = guard::port_within(limit, "customers", customer).await?;
        let Some(customer) = customer else { return Ok(None) };
        let totals = guard::port_within(limit, "orders", orders.order_totals(of, id)).await?;
        let recent_orders = match recent_orders {
            0 => Vec::new(),
            count => {
                let recent = orders.recent_orders(of, id, count);
                guard::port_within(limit, "orders", recent).await?
            }
        };
        let cart = match carts {
            Some(carts) => guard::port_within(limit, "carts", carts.cart(of, id)).await?,
            None => None,
        };
        let insights = Insights::new(store.currency, totals, store.tiers.as_ref());
        Ok(Some(Self { customer, insights, recent_orders, has_carts: carts.is_some(), cart }))
    }

    /// Returns the data for the attributes of the customer's store.
    pub(crate) fn input<'a>(&'a self, store: &'a Store) -> AttributeInput<'a> {
        let cart = if self.has_carts { self.cart.as_ref().into() } else { CartState::NoCarts };
        let input = AttributeInput::new(store, &self.customer, &self.insights, cart);
        input.recent_orders(&self.recent_orders)
    }
}
