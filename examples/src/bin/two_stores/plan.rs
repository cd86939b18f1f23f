//! The plan of the example: the input, distributed over the two stores and over the day.

use std::collections::BTreeMap;

use store_context::Decimal;
use store_context::memory::MemoryShop;
use store_context::model::{CustomerId, Order, Store};

use crate::purchases::Purchase;
use crate::shops;

/// The number of customers of each store who write and buy on the day.
const ACTIVE: usize = 6;

/// The plan of one store.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Orders of customers who exist in the morning.
    morning: Vec<Order>,
    /// The customer who registers during the day, together with the orders below.
    pub(crate) newcomer: Option<CustomerId>,
    /// Orders that are placed during the day.
    pub(crate) today: Vec<Order>,
    /// Customers who write during the day.
    pub(crate) writers: Vec<CustomerId>,
    /// The totals of each customer, computed directly from the input.
    pub(crate) expected: BTreeMap<CustomerId, Expected>,
}

/// The totals of a customer, with which the contact is compared at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) orders: u64,
    pub(crate) lifetime_value: Decimal,
}

impl Plan {
    /// Distributes the purchases: half of the customers to each store. The last customer of a store
    /// is the day's newcomer, and the last order of the first few is placed on the day.
    pub(crate) fn share_out(
        stores: &[Store; 2],
        purchases: &[Purchase],
    ) -> anyhow::Result<[Self; 2]> {
        let mut orders: [BTreeMap<CustomerId, Vec<Order>>; 2] = Default::default();
        for (number, purchase) in purchases.iter().enumerate() {
            let id = CustomerId::new(&purchase.customer)?;
            let index = share(&purchase.customer);
            let order = shops::order(&stores[index], id.clone(), number, purchase)?;
            orders[index].entry(id).or_default().push(order);
        }
        Ok(orders.map(Self::of_store))
    }

    fn of_store(orders: BTreeMap<CustomerId, Vec<Order>>) -> Self {
        let mut plan = Self::default();
        for (id, orders) in &orders {
            let sums = plan.expected.entry(id.clone()).or_default();
            sums.orders = orders.len() as u64;
            sums.lifetime_value = orders.iter().map(|order| order.total.amount).sum();
        }
        plan.writers = orders.keys().take(ACTIVE).cloned().collect();
        // A store of one customer has no newcomer.
        plan.newcomer = orders.keys().skip(1).next_back().cloned();
        for (id, mut orders) in orders {
            if plan.newcomer.as_ref() == Some(&id) {
                plan.today.append(&mut orders);
            } else if plan.writers.contains(&id) {
                plan.today.extend(orders.pop());
            }
            plan.morning.append(&mut orders);
        }
        plan
    }

    /// Opens the store with its customers and orders of the morning.
    pub(crate) fn open(&mut self, shop: &MemoryShop, store: &Store) -> anyhow::Result<()> {
        shop.open(&store.id, store.currency);
        for id in self.expected.keys().filter(|id| self.newcomer.as_ref() != Some(id)) {
            shop.put_customer(&store.id, shops::customer(id.clone()))?;
        }
        for order in self.morning.drain(..) {
            shop.put_order(&store.id, order)?;
        }
        Ok(())
    }

    /// Returns the number of customers that exist in the morning.
    pub(crate) fn known(&self) -> u64 {
        self.expected.len() as u64 - u64::from(self.newcomer.is_some())
    }
}

/// Returns which of the two stores a customer belongs to: half of them each, deterministically.
fn share(customer: &str) -> usize {
    customer.bytes().fold(0, |sum, byte| sum + usize::from(byte)) % 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_morning_and_day() {
        let stores = shops::stores().unwrap();
        for customers in 1..=12 {
            let mut purchases = shops::built_in().unwrap();
            let mut ids: Vec<_> = purchases.iter().map(|one| one.customer.clone()).collect();
            ids.dedup();
            ids.truncate(customers);
            purchases.retain(|one| ids.contains(&one.customer));
            let plans = Plan::share_out(&stores, &purchases).unwrap();
            let placed: usize =
                plans.iter().map(|plan| plan.morning.len() + plan.today.len()).sum();
            assert_eq!(placed, purchases.len());
            let value: Decimal = plans
                .iter()
                .flat_map(|plan| plan.expected.values())
                .map(|it| it.lifetime_value)
                .sum();
            assert_eq!(value, purchases.iter().map(|one| one.amount).sum());
            assert_eq!(plans.iter().map(|plan| plan.expected.len()).sum::<usize>(), customers);
        }
    }
}
