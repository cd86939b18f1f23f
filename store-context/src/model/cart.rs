//! Carts: the items that a customer has selected but not bought yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Money;

/// A customer's cart; an empty cart is represented as no cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The lines of the cart.
    pub items: Vec<CartItem>,
    /// The total price.
    pub total: Money,
    /// When the cart last changed.
    pub updated_at: Timestamp,
}

impl Cart {
    /// Returns the number of items, summed over all lines.
    pub fn quantity(&self) -> u32 {
        self.items.iter().map(|item| item.quantity).fold(0, u32::saturating_add)
    }
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    /// The name of the product.
    pub title: String,
    /// The number of items.
    pub quantity: u32,
    /// The price of one item.
    pub price: Money,
}
