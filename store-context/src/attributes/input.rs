//! The data that an attribute's value is computed from.

use crate::model::{Cart, Customer, Insights, Order, Store};

/// The state of a customer's cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CartState<'a> {
    /// The host has no carts, so attributes that need one are not written.
    NoCarts,
    /// The cart is empty.
    Empty,
    /// The cart has items.
    Filled(&'a Cart),
}

impl<'a> CartState<'a> {
    /// Returns the cart, if it has items.
    pub const fn filled(self) -> Option<&'a Cart> {
        match self {
            Self::Filled(cart) => Some(cart),
            Self::NoCarts | Self::Empty => None,
        }
    }
}

impl<'a> From<Option<&'a Cart>> for CartState<'a> {
    /// Converts the cart of a host that has carts.
    fn from(cart: Option<&'a Cart>) -> Self {
        cart.map_or(Self::Empty, Self::Filled)
    }
}

/// The data of one customer that the attributes' values are computed from.
///
/// ```
/// use store_context::attributes::{AppliesTo, AttributeInput, AttributeSet, CartState};
/// use store_context::model::{Customer, CustomerId, Insights, Store};
///
/// # fn example(store: &Store) -> Result<(), Box<dyn std::error::Error>> {
/// let ada = Customer::new(CustomerId::new("c-1")?, "Ada");
/// let insights = Insights::new(store.currency, [], None);
/// let input = AttributeInput::new(store, &ada, &insights, CartState::Empty);
/// let values = AttributeSet::standard().values(AppliesTo::Contact, &input);
/// assert_eq!(values["order_count"], 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttributeInput<'a> {
    /// The store.
    pub store: &'a Store,
    /// The customer, with the host's own attributes
    /// ([`Customer::attributes`](crate::model::Customer::attributes)).
    pub customer: &'a Customer,
    /// The summary of the customer's orders.
    pub insights: &'a Insights,
    /// The most recent orders, newest first: a closure gets at most as many as its attribute needs
    /// ([`Attribute::needing_orders`](super::Attribute::needing_orders)), which are none by default.
    pub recent_orders: &'a [Order],
    /// The customer's cart.
    pub cart: CartState<'a>,
}

impl<'a> AttributeInput<'a> {
    /// Creates the input without recent orders.
    pub const fn new(
        store: &'a Store,
        customer: &'a Customer,
        insights: &'a Insights,
        cart: CartState<'a>,
    ) -> Self {
        Self { store, customer, insights, recent_orders: &[], cart }
    }

    /// Returns the input with the customer's most recent orders, newest first.
    #[must_use]
    pub const fn recent_orders(self, recent_orders: &'a [Order]) -> Self {
        Self { recent_orders, ..self }
    }
}
