//! The host's ports to the shop.

use async_trait::async_trait;
use store_context::model::{Cart, Customer, CustomerId, Money, Order, OrderTotals, StoreId};
use store_context::ports::{Carts, Cursor, CustomerPage, Customers, Orders, PortError, PortResult};
use store_context::{Currency, Decimal};

use super::shop::{self, PRICE, Shop};

fn failed(text: String) -> PortError {
    PortError::new("shop", text)
}

#[async_trait]
impl Customers for Shop {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        let person = self.read(store, id).await.map_err(failed)?;
        Ok(person.map(|person| shop::customer(id, &person)))
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        self.trouble().await.map_err(failed)?;
        let store = shop::store_number(store);
        let numbers = self.numbers(store).into_iter();
        let present = numbers.filter(|number| self.get(store, *number).is_some());
        let ids = present.map(shop::customer_id);
        let after = after.map(Cursor::as_str).unwrap_or_default();
        let ids: Vec<_> = ids.filter(|id| id.as_str() > after).take(limit).collect();
        let next = ids.last().filter(|_| ids.len() == limit).map(|id| Cursor::new(id.as_str()));
        Ok(CustomerPage { ids, next })
    }
}

#[async_trait]
impl Orders for Shop {
    async fn recent_orders(&self, _: &StoreId, _: &CustomerId, _: usize) -> PortResult<Vec<Order>> {
        Ok(Vec::new())
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let person = self.read(store, customer).await.map_err(failed)?;
        let count = person.map_or(0, |person| person.orders);
        let mut totals = OrderTotals::none(Currency::EUR);
        totals.count = count.into();
        totals.lifetime_value = Money::new(Decimal::from(count * PRICE), Currency::EUR);
        Ok(vec![totals])
    }
}

#[async_trait]
impl Carts for Shop {
    async fn cart(&self, _: &StoreId, _: &CustomerId) -> PortResult<Option<Cart>> {
        Ok(None)
    }
}
