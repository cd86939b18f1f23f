//! Orders of customers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::CustomerId;
use super::money::Money;
use super::text::text_ids;

text_ids! {
    /// The number of an order, assigned by the host.
    OrderId;
}

/// The status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderStatus {
    /// Placed but not paid yet.
    Pending,
    /// Paid.
    Paid,
    /// Handed to the carrier.
    Shipped,
    /// Delivered to the customer.
    Delivered,
    /// Cancelled.
    Cancelled,
    /// Refunded.
    Refunded,
}

impl OrderStatus {
    /// Returns whether the order counts towards a customer's lifetime value.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Paid | Self::Shipped | Self::Delivered)
    }

    /// Returns the status as text for agents.
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
    /// The order's number.
    pub id: OrderId,
    /// The customer who placed the order.
    pub customer: CustomerId,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The order's status.
    pub status: OrderStatus,
    /// The total price, which may be zero.
    pub total: Money,
    /// The lines of the order.
    pub items: Vec<OrderItem>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The name of the product.
    pub title: String,
    /// The number of items.
    pub quantity: u32,
}
