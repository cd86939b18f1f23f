//! Orders of customers, with their payment, fulfillment, returns and refunds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::customer::CustomerId;
use super::money::{CurrencyMismatch, Money};
use super::text::{open_words, text_ids};

text_ids! {
    /// The number of an order, assigned by the host.
    OrderId;
}

open_words! {
    /// The status of an order.
    ///
    /// ```
    /// use store_context::model::OrderStatus;
    ///
    /// assert_eq!(OrderStatus::from("shipped"), OrderStatus::Shipped);
    /// let own = OrderStatus::from("on_hold");
    /// assert_eq!((own.as_str(), own.counts()), ("on_hold", false));
    /// ```
    OrderStatus {
        /// Placed but not paid yet.
        Pending = "pending",
        /// Paid.
        Paid = "paid",
        /// Handed to the carrier.
        Shipped = "shipped",
        /// Delivered to the customer.
        Delivered = "delivered",
        /// Cancelled.
        Cancelled = "cancelled",
        /// Refunded in full.
        Refunded = "refunded",
    }

    /// The status of an order's payment.
    PaymentStatus {
        /// Nothing is paid yet.
        Pending = "pending",
        /// Authorized, but not captured yet.
        Authorized = "authorized",
        /// Paid in part.
        PartiallyPaid = "partially_paid",
        /// Paid.
        Paid = "paid",
        /// Refunded in part.
        PartiallyRefunded = "partially_refunded",
        /// Refunded in full.
        Refunded = "refunded",
        /// The authorization was voided.
        Voided = "voided",
        /// The payment failed.
        Failed = "failed",
    }

    /// The status of an order's fulfillment.
    FulfillmentStatus {
        /// Nothing is sent yet.
        Unfulfilled = "unfulfilled",
        /// Sent in part.
        PartiallyFulfilled = "partially_fulfilled",
        /// Everything is sent.
        Fulfilled = "fulfilled",
        /// On its way to the customer.
        InTransit = "in_transit",
        /// Delivered to the customer.
        Delivered = "delivered",
        /// Sent back.
        Returned = "returned",
    }

    /// The status of a return.
    ReturnStatus {
        /// The customer asked for it.
        Requested = "requested",
        /// The store agreed to it.
        Approved = "approved",
        /// The items are back at the store.
        Received = "received",
        /// The store declined it.
        Declined = "declined",
    }
}

impl OrderStatus {
    /// Returns whether an order in this status counts towards a customer's lifetime value. One in a
    /// status of the host's own ([`OrderStatus::Other`]) does not; a host whose own status means a
    /// paid order maps it to [`OrderStatus::Paid`]. See also [`Order::counts`].
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Paid | Self::Shipped | Self::Delivered)
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
    /// The total price, which may be zero. Refunds are not subtracted; see [`Order::net_total`].
    pub total: Money,
    /// The lines of the order.
    #[serde(default)]
    pub items: Vec<OrderItem>,
    /// The status of the payment, if the host keeps one beside the order's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentStatus>,
    /// The status of the fulfillment, if the host keeps one beside the order's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<FulfillmentStatus>,
    /// The order's parcels, as far as they can be tracked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking: Vec<Tracking>,
    /// The order's page in the shop's administration, for agents only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_url: Option<Url>,
    /// What the customer sends back. A return changes no amount; the refund for it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// What was paid back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
}

impl Order {
    /// Creates an order without lines, returns, refunds and tracking.
    ///
    /// ```
    /// use store_context::Currency;
    /// use store_context::model::{CustomerId, Money, Order, OrderId, OrderStatus, Refund};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let at = "2026-11-21T12:00:00Z".parse()?;
    /// let eur = |amount: i64| Money::new(amount.into(), Currency::EUR);
    /// let order = Order {
    ///     refunds: vec![Refund { amount: eur(20), at, reason: Some("broken cup".to_owned()) }],
    ///     ..Order::new(OrderId::new("1")?, CustomerId::new("c-1")?, at, OrderStatus::Paid, eur(50))
    /// };
    /// assert_eq!(order.net_total()?, eur(30));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn new(
        id: OrderId,
        customer: CustomerId,
        placed_at: Timestamp,
        status: OrderStatus,
        total: Money,
    ) -> Self {
        Self {
            id,
            customer,
            placed_at,
            status,
            total,
            items: Vec::new(),
            payment: None,
            fulfillment: None,
            tracking: Vec::new(),
            admin_url: None,
            returns: Vec::new(),
            refunds: Vec::new(),
        }
    }

    /// Returns the sum of the refunds.
    ///
    /// # Errors
    /// Returns an error if a refund is in another currency than the order, or the sum is too large.
    pub fn refunded(&self) -> Result<Money, CurrencyMismatch> {
        let zero = Money::zero(self.total.currency);
        self.refunds.iter().try_fold(zero, |sum, refund| sum + refund.amount)
    }

    /// Returns the total price less the refunds. It is below zero if more was paid back than the
    /// order cost.
    ///
    /// # Errors
    /// As for [`Order::refunded`].
    pub fn net_total(&self) -> Result<Money, CurrencyMismatch> {
        self.total - self.refunded()?
    }

    /// Returns whether the order counts towards a customer's lifetime value: its status does, and it
    /// is not refunded in full.
    ///
    /// # Errors
    /// As for [`Order::refunded`].
    pub fn counts(&self) -> Result<bool, CurrencyMismatch> {
        if !self.status.counts() {
            return Ok(false);
        }
        let refunded = self.refunded()?.amount;
        // An order that cost nothing counts, and there is nothing to refund of it.
        Ok(refunded.is_zero() || refunded < self.total.amount)
    }
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The name of the product.
    pub title: String,
    /// The number of items.
    pub quantity: u32,
}

/// How a parcel is tracked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's name.
    #[serde(default)]
    pub carrier: Option<String>,
    /// The parcel's number at the carrier.
    #[serde(default)]
    pub number: Option<String>,
    /// The carrier's page of the parcel. Only `http` and `https` are shown to agents.
    #[serde(default)]
    pub url: Option<Url>,
}

/// Items that a customer sends back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// When the return was requested.
    pub at: Timestamp,
    /// The status of the return.
    pub status: ReturnStatus,
    /// The value of the items, if it is known.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The reason, as the customer or the store put it.
    #[serde(default)]
    pub reason: Option<String>,
    /// The items.
    #[serde(default)]
    pub items: Vec<OrderItem>,
}

impl Return {
    /// Creates a return without items, amount and reason.
    ///
    /// ```
    /// use store_context::model::{Return, ReturnStatus};
    ///
    /// let at = "2026-11-21T12:00:00Z".parse()?;
    /// let back = Return { reason: Some("too small".to_owned()), ..Return::new(at, ReturnStatus::Received) };
    /// assert!(back.items.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn new(at: Timestamp, status: ReturnStatus) -> Self {
        Self { at, status, amount: None, reason: None, items: Vec::new() }
    }
}

/// An amount that was paid back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The amount, above zero and in the order's currency.
    pub amount: Money,
    /// When it was paid back.
    pub at: Timestamp,
    /// The reason.
    #[serde(default)]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests;
