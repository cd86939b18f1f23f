//! Figures derived from a customer's orders.

use std::collections::BTreeMap;

use iso_currency::Currency;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{CurrencyMismatch, Money};
use super::order::Order;
use super::tier::{Tier, TierPolicy};

/// The totals, in one currency, of a customer's orders that count ([`Order::counts`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    /// The number of orders.
    pub count: u64,
    /// The sum of the orders' totals less what was refunded of them ([`Order::net_total`]).
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

    /// Returns the currency.
    pub const fn currency(&self) -> Currency {
        self.lifetime_value.currency
    }

    /// Adds one order, if it counts.
    ///
    /// # Errors
    /// Returns an error if the order or a refund of it is in another currency.
    pub fn add(&mut self, order: &Order) -> Result<(), CurrencyMismatch> {
        if order.counts()? {
            self.lifetime_value = (self.lifetime_value + order.net_total()?)?;
            self.count += 1;
            let at = order.placed_at;
            self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
            self.last_at = self.last_at.max(Some(at));
        }
        Ok(())
    }

    /// Returns the totals of orders for each currency of those that count, in the order of the
    /// currencies' codes.
    ///
    /// # Errors
    /// Returns an error if a refund is in another currency than its order, or a sum is too large.
    ///
    /// ```
    /// use store_context::Currency;
    /// use store_context::model::{CustomerId, Money, Order, OrderId, OrderStatus, OrderTotals};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let order = |id: &str, amount: i64, currency| -> Result<Order, Box<dyn std::error::Error>> {
    ///     let (id, ada, total) = (OrderId::new(id)?, CustomerId::new("ada")?, Money::new(amount.into(), currency));
    ///     Ok(Order::new(id, ada, "2026-11-21T12:00:00Z".parse()?, OrderStatus::Paid, total))
    /// };
    /// let orders = [order("1", 10, Currency::USD)?, order("2", 20, Currency::EUR)?, order("3", 5, Currency::EUR)?];
    /// let totals = OrderTotals::of(&orders)?;
    /// let sums: Vec<_> = totals.iter().map(|totals| totals.lifetime_value.to_string()).collect();
    /// assert_eq!(sums, ["25.00 EUR", "10.00 USD"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn of<'a>(
        orders: impl IntoIterator<Item = &'a Order>,
    ) -> Result<Vec<Self>, CurrencyMismatch> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for order in orders {
            if order.counts()? {
                let currency = order.total.currency;
                all.entry(currency.code()).or_insert(Self::none(currency)).add(order)?;
            }
        }
        Ok(all.into_values().collect())
    }
}

/// A summary of a customer's orders for agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insights {
    /// The totals in the store's currency.
    #[serde(flatten)]
    pub totals: OrderTotals,
    /// The average value of an order in the store's currency, rounded to its minor unit.
    pub average_order: Money,
    /// The customer's tier, if the store has tiers. It is that of the totals in the store's
    /// currency.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// The totals in other currencies, in the order of their codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_currencies: Vec<OrderTotals>,
}

impl Insights {
    /// Creates the summary of the totals in all currencies, with the tier of the store's policy, if
    /// it has one.
    ///
    /// Amounts are not converted: average and tier are those of the totals in the store's currency.
    pub fn new(
        currency: Currency,
        totals: impl IntoIterator<Item = OrderTotals>,
        tiers: Option<&TierPolicy>,
    ) -> Self {
        let (own, mut other_currencies): (Vec<_>, Vec<_>) = totals
            .into_iter()
            .filter(|totals| totals.count > 0)
            .partition(|totals| totals.currency() == currency);
        other_currencies.sort_by_key(|totals| totals.currency().code());
        let totals = own.first().copied().unwrap_or(OrderTotals::none(currency));
        let amount = totals.lifetime_value.amount;
        let digits = u32::from(currency.exponent().unwrap_or(2));
        let average = amount.checked_div(Decimal::from(totals.count)).unwrap_or_default();
        Self {
            totals,
            average_order: Money::new(average.round_dp(digits), currency),
            tier: tiers.map(|tiers| tiers.tier(amount).clone()),
            other_currencies,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{CustomerId, OrderId, OrderStatus, Refund};

    const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::USD, Currency::JPY];
    const STATUSES: [OrderStatus; 4] =
        [OrderStatus::Paid, OrderStatus::Delivered, OrderStatus::Cancelled, OrderStatus::Refunded];

    fn order(
        (currency, status, cents, refunds, second): (usize, usize, i64, Vec<i64>, i64),
    ) -> Order {
        let currency = CURRENCIES[currency];
        let amount = |cents| Money::new(Decimal::new(cents, 2), currency);
        let at = Timestamp::from_second(second).unwrap();
        let refund = |cents| Refund { amount: amount(cents), at, reason: None };
        let (id, ada) = (OrderId::new("1").unwrap(), CustomerId::new("ada").unwrap());
        Order {
            refunds: refunds.into_iter().map(refund).collect(),
            ..Order::new(id, ada, at, STATUSES[status].clone(), amount(cents))
        }
    }

    fn orders() -> impl Strategy<Value = Vec<Order>> {
        let refunds = prop::collection::vec(0_i64..30_000, 0..3);
        let one = (0..3_usize, 0..4_usize, 0_i64..50_000, refunds, 0_i64..1_000_000);
        prop::collection::vec(one.prop_map(order), 0..20)
    }

    proptest! {
        #[test]
        fn totals_are_the_net_sums_of_each_currency(orders in orders()) {
            let totals = OrderTotals::of(&orders).unwrap();
            prop_assert!(totals.is_sorted_by(|a, b| a.currency().code() < b.currency().code()));
            for currency in CURRENCIES {
                // What was paid less what was paid back, of orders that brought something.
                let brought: Vec<_> = orders.iter().filter(|order| {
                    let back: Decimal = order.refunds.iter().map(|it| it.amount.amount).sum();
                    order.total.currency == currency
                        && matches!(order.status, OrderStatus::Paid | OrderStatus::Delivered)
                        && (back.is_zero() || back < order.total.amount)
                }).collect();
                let sum: Decimal = brought.iter().map(|order| {
                    order.total.amount
                        - order.refunds.iter().map(|it| it.amount.amount).sum::<Decimal>()
                }).sum();
                let of = totals.iter().find(|totals| totals.currency() == currency);
                prop_assert_eq!(of.map_or(0, |it| it.count), brought.len() as u64);
                let found = of.map_or(Decimal::ZERO, |it| it.lifetime_value.amount);
                prop_assert_eq!(found, sum);
                prop_assert!(found >= Decimal::ZERO, "a refund of all of it does not count");
                let times = || brought.iter().map(|order| order.placed_at);
                prop_assert_eq!(of.and_then(|it| it.first_at), times().min());
                prop_assert_eq!(of.and_then(|it| it.last_at), times().max());
            }
        }

        #[test]
        fn insights_rank_the_stores_currency_and_list_the_others(orders in orders()) {
            let tiers = TierPolicy::new([("bronze", 0), ("gold", 300)]).unwrap();
            let totals = OrderTotals::of(&orders).unwrap();
            for currency in CURRENCIES {
                let insights = Insights::new(currency, totals.clone(), Some(&tiers));
                prop_assert_eq!(insights.totals.currency(), currency);
                let value = insights.totals.lifetime_value.amount;
                prop_assert_eq!(insights.tier.as_ref(), Some(tiers.tier(value)));
                let own = (insights.totals.count > 0).then_some(insights.totals);
                let mut all: Vec<_> = insights.other_currencies.iter().copied().chain(own).collect();
                all.sort_by_key(|totals| totals.currency().code());
                prop_assert_eq!(&all, &totals);
                let json = serde_json::to_value(&insights).unwrap();
                prop_assert_eq!(serde_json::from_value::<Insights>(json).unwrap(), insights);
            }
        }
    }
}
