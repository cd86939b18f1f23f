//! An order: what a customer bought.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::CustomerId;
use super::money::Money;
use super::text::text_ids;

text_ids! {
    /// An order, by the number that the host gives it.
    OrderId;
}

/// What state an order is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderStatus {
    /// Placed, not yet paid.
    Pending,
    /// Paid.
    Paid,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Called off.
    Cancelled,
    /// Paid back.
    Refunded,
}

impl OrderStatus {
    /// Whether the order counts towards a customer's lifetime value.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Paid | Self::Shipped | Self::Delivered)
    }

    /// The word, as an agent reads it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}

/// An order of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The host's number.
    pub id: OrderId,
    /// Whose it is.
    pub customer: CustomerId,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What state it is in.
    pub status: OrderStatus,
    /// What it cost; zero is a price.
    pub total: Money,
    /// What is in it.
    pub items: Vec<OrderItem>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// What it is.
    pub title: String,
    /// How many.
    pub quantity: u32,
}
