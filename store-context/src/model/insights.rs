//! Figures derived from a customer's orders.

use iso_currency::Currency;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{CurrencyMismatch, Money};
use super::order::Order;
use super::tier::{Tier, TierPolicy};

/// The totals of a customer's orders that count
/// ([`OrderStatus::counts`](super::OrderStatus::counts)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    /// The number of orders.
    pub count: u64,
    /// The sum of the orders' totals.
    pub lifetime_value: Money,
    /// When the first order was placed.
    pub first_at: Option<Timestamp>,
    /// When the most recent order was placed.
    pub last_at: Option<Timestamp>,
}

impl OrderTotals {
    /// Returns the totals of no orders.
    pub const fn none(currency: Currency) -> Self {
        Self { count: 0, lifetime_value: Money::zero(currency), first_at: None, last_at: None }
    }

    /// Adds one order, if it counts.
    ///
    /// # Errors
    /// Returns an error if the order is in another currency.
    pub fn add(&mut self, order: &Order) -> Result<(), CurrencyMismatch> {
        if order.status.counts() {
            self.lifetime_value = (self.lifetime_value + order.total)?;
            self.count += 1;
            let at = order.placed_at;
            self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
            self.last_at = self.last_at.max(Some(at));
        }
        Ok(())
    }
}

/// A summary of a customer's orders for agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insights {
    /// The totals.
    #[serde(flatten)]
    pub totals: OrderTotals,
    /// The average value of an order, rounded to the currency's minor unit.
    pub average_order: Money,
    /// The customer's tier, if the store has tiers.
    #[serde(default)]
    pub tier: Option<Tier>,
}

impl Insights {
    /// Creates the summary of the totals, with the tier of the store's policy, if it has one.
    pub fn new(totals: OrderTotals, tiers: Option<&TierPolicy>) -> Self {
        let Money { amount, currency } = totals.lifetime_value;
        let digits = u32::from(currency.exponent().unwrap_or(2));
        let average = amount.checked_div(Decimal::from(totals.count)).unwrap_or_default();
        Self {
            totals,
            average_order: Money::new(average.round_dp(digits), currency),
            tier: tiers.map(|tiers| tiers.tier(amount).clone()),
        }
    }
}
