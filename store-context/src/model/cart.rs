//! A cart: what a customer has put aside and not yet bought.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::money::Money;

/// A customer's cart; an empty one is no cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// What is in it.
    pub items: Vec<CartItem>,
    /// What it would cost.
    pub total: Money,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Cart {
    /// How many pieces are in it.
    pub fn quantity(&self) -> u32 {
        self.items.iter().map(|item| item.quantity).fold(0, u32::saturating_add)
    }
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartItem {
    /// What it is.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub price: Money,
}
