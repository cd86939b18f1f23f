//! What a customer's orders add up to.

use iso_currency::Currency;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{CurrencyMismatch, Money};
use super::order::Order;
use super::tier::{Tier, TierPolicy};

/// The sums of a customer's orders that count ([`OrderStatus::counts`](super::OrderStatus::counts)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    /// How many orders.
    pub count: u64,
    /// What they cost together.
    pub lifetime_value: Money,
    /// When the first was placed.
    pub first_at: Option<Timestamp>,
    /// When the latest was placed.
    pub last_at: Option<Timestamp>,
}

impl OrderTotals {
    /// The totals of no order.
    pub const fn none(currency: Currency) -> Self {
        Self { count: 0, lifetime_value: Money::zero(currency), first_at: None, last_at: None }
    }

    /// Adds one order, if it counts.
    ///
    /// # Errors
    /// The order is in another currency.
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

/// What an agent wants to know of a customer's orders at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insights {
    /// The sums.
    #[serde(flatten)]
    pub totals: OrderTotals,
    /// What an order costs on average, rounded to the currency's digits.
    pub average_order: Money,
    /// The customer's tier, at a store that has tiers.
    #[serde(default)]
    pub tier: Option<Tier>,
}

impl Insights {
    /// Ranks the totals by the store's policy, if it has one.
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
