//! An in-memory shop: the host's own ports for demonstrations and tests.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Mutex;

use async_trait::async_trait;
use iso_currency::Currency;
use jiff::Timestamp;

use crate::guard::lock;
use crate::model::{
    Cart, CurrencyMismatch, Customer, CustomerId, Money, Order, OrderId, OrderTotals, StoreId,
};
use crate::ports::{Carts, Cursor, CustomerPage, Customers, Orders, PortResult};

/// Stores customers, orders and carts of any number of stores in memory.
///
/// ```
/// use store_context::memory::MemoryShop;
/// use store_context::model::{Customer, CustomerId, StoreId};
/// use store_context::Currency;
/// use store_context::ports::Orders;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, ada) = (StoreId::new("north")?, CustomerId::new("c-1")?);
/// let shop = MemoryShop::new();
/// shop.open(&store, Currency::EUR);
/// shop.put_customer(&store, Customer::new(ada.clone(), "Ada"))?;
/// assert_eq!(shop.order_totals(&store, &ada).await?, []);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryShop(Mutex<HashMap<StoreId, Shelves>>);

/// The error of a change that the shop refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The store was never opened.
    #[error("the store `{0}` is not open here: call `MemoryShop::open` first")]
    UnknownStore(StoreId),
    /// A cart is in another currency than its store, or a refund in another than its order; or the
    /// customer's total is too large.
    #[error(transparent)]
    Currency(#[from] CurrencyMismatch),
}

/// The data of one store.
#[derive(Debug)]
struct Shelves {
    currency: Currency,
    customers: BTreeMap<CustomerId, Customer>,
    carts: HashMap<CustomerId, Cart>,
    orders: HashMap<CustomerId, BTreeMap<(Timestamp, OrderId), Order>>,
    // The position of an order among its customer's.
    placed: HashMap<OrderId, (CustomerId, Timestamp)>,
}

impl Shelves {
    fn new(currency: Currency) -> Self {
        Self {
            currency,
            customers: BTreeMap::new(),
            carts: HashMap::new(),
            orders: HashMap::new(),
            placed: HashMap::new(),
        }
    }

    fn put_order(&mut self, order: Order) -> Result<(), CurrencyMismatch> {
        let before = self.orders.get(&order.customer);
        let others = before.into_iter().flat_map(BTreeMap::values).filter(|o| o.id != order.id);
        OrderTotals::of(others.chain([&order]))?;
        self.remove_order(&order.id);
        self.placed.insert(order.id.clone(), (order.customer.clone(), order.placed_at));
        let place = (order.placed_at, order.id.clone());
        self.orders.entry(order.customer.clone()).or_default().insert(place, order);
        Ok(())
    }

    fn put_cart(&mut self, customer: &CustomerId, cart: Cart) -> Result<(), CurrencyMismatch> {
        (Money::zero(self.currency) + cart.total)?;
        self.carts.insert(customer.clone(), cart);
        Ok(())
    }

    fn remove_order(&mut self, id: &OrderId) -> Option<Order> {
        let (customer, placed_at) = self.placed.remove(id)?;
        self.orders.get_mut(&customer)?.remove(&(placed_at, id.clone()))
    }

    fn remove_customer(&mut self, id: &CustomerId) -> Option<Customer> {
        self.carts.remove(id);
        for order in self.orders.remove(id).into_iter().flat_map(BTreeMap::into_values) {
            self.placed.remove(&order.id);
        }
        self.customers.remove(id)
    }
}

impl MemoryShop {
    /// Creates a shop without stores.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a store with carts in this currency; an open store is left unchanged. Orders may be in
    /// any currency.
    pub fn open(&self, store: &StoreId, currency: Currency) {
        lock(&self.0).entry(store.clone()).or_insert_with(|| Shelves::new(currency));
    }

    /// Inserts a customer, or replaces the one with the same id.
    ///
    /// # Errors
    /// Returns an error if the store is not open.
    pub fn put_customer(&self, store: &StoreId, customer: Customer) -> Result<(), ShopError> {
        self.write(store, |shelves| shelves.customers.insert(customer.id.clone(), customer))?;
        Ok(())
    }

    /// Removes a customer with the orders and the cart.
    pub fn remove_customer(&self, store: &StoreId, id: &CustomerId) -> Option<Customer> {
        self.write(store, |shelves| shelves.remove_customer(id)).ok().flatten()
    }

    /// Inserts an order, or replaces the one with the same id.
    ///
    /// # Errors
    /// Returns an error if the store is not open, a refund is in another currency than the order, or
    /// the customer's total would be too large.
    pub fn put_order(&self, store: &StoreId, order: Order) -> Result<(), ShopError> {
        Ok(self.write(store, |shelves| shelves.put_order(order))??)
    }

    /// Removes an order.
    pub fn remove_order(&self, store: &StoreId, id: &OrderId) -> Option<Order> {
        self.write(store, |shelves| shelves.remove_order(id)).ok().flatten()
    }

    /// Sets the customer's cart.
    ///
    /// # Errors
    /// Returns an error if the store is not open, or the cart is in another currency.
    pub fn put_cart(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        cart: Cart,
    ) -> Result<(), ShopError> {
        Ok(self.write(store, |shelves| shelves.put_cart(customer, cart))??)
    }

    /// Removes a customer's cart.
    pub fn remove_cart(&self, store: &StoreId, customer: &CustomerId) -> Option<Cart> {
        self.write(store, |shelves| shelves.carts.remove(customer)).ok().flatten()
    }

    fn write<T>(
        &self,
        store: &StoreId,
        what: impl FnOnce(&mut Shelves) -> T,
    ) -> Result<T, ShopError> {
        let mut stores = lock(&self.0);
        stores.get_mut(store).map(what).ok_or_else(|| ShopError::UnknownStore(store.clone()))
    }

    fn read<T>(&self, store: &StoreId, what: impl FnOnce(&Shelves) -> T) -> Option<T> {
        lock(&self.0).get(store).map(what)
    }
}

#[async_trait]
impl Customers for MemoryShop {
    async fn customer(&self, store: &StoreId, id: &CustomerId) -> PortResult<Option<Customer>> {
        Ok(self.read(store, |shelves| shelves.customers.get(id).cloned()).flatten())
    }

    async fn customers(&self, store: &StoreId, ids: &[CustomerId]) -> PortResult<Vec<Customer>> {
        let found = self.read(store, |shelves| {
            ids.iter().filter_map(|id| shelves.customers.get(id).cloned()).collect()
        });
        Ok(found.unwrap_or_default())
    }

    async fn customer_ids(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<CustomerPage> {
        let after = after.map(|cursor| CustomerId::new(cursor.as_str())).transpose()?;
        let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let ids: Option<Vec<CustomerId>> = self.read(store, |shelves| {
            let rest = shelves.customers.range::<CustomerId, _>((from, Bound::Unbounded));
            rest.take(limit).map(|(id, _)| id.clone()).collect()
        });
        let ids = ids.unwrap_or_default();
        let last = ids.last().filter(|_| ids.len() == limit);
        let next = last.map(|last| Cursor::new(last.as_str()));
        Ok(CustomerPage { ids, next })
    }
}

#[async_trait]
impl Orders for MemoryShop {
    async fn recent_orders(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        limit: usize,
    ) -> PortResult<Vec<Order>> {
        let recent = self.read(store, |shelves| {
            let orders =
                shelves.orders.get(customer).into_iter().flat_map(|all| all.values().rev());
            orders.take(limit).cloned().collect()
        });
        Ok(recent.unwrap_or_default())
    }

    async fn order_totals(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> PortResult<Vec<OrderTotals>> {
        let totals = self.read(store, |shelves| {
            OrderTotals::of(shelves.orders.get(customer).into_iter().flat_map(BTreeMap::values))
        });
        Ok(totals.ok_or_else(|| ShopError::UnknownStore(store.clone()))??)
    }
}

#[async_trait]
impl Carts for MemoryShop {
    async fn cart(&self, store: &StoreId, customer: &CustomerId) -> PortResult<Option<Cart>> {
        let cart = self.read(store, |shelves| shelves.carts.get(customer).cloned()).flatten();
        Ok(cart.filter(|cart| cart.quantity() > 0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::conformance::host::HostSample;
    use crate::model::{CartItem, OrderStatus, Refund};

    fn store() -> StoreId {
        StoreId::new("north").unwrap()
    }

    fn customer(id: &str) -> CustomerId {
        CustomerId::new(id).unwrap()
    }

    fn order(id: &str, day: i64, amount: i64, status: OrderStatus) -> Order {
        let placed_at = Timestamp::from_second(day * 86_400).unwrap();
        let total = Money::new(amount.into(), Currency::EUR);
        Order::new(OrderId::new(id).unwrap(), customer("ada"), placed_at, status, total)
    }

    fn shop() -> MemoryShop {
        let shop = MemoryShop::new();
        shop.open(&store(), Currency::EUR);
        shop
    }

    /// Ada has five orders, of which one does not count, one is refunded in part and one is in
    /// another currency, and a cart; Bob has an emptied cart.
    fn sample() -> HostSample {
        let shop = Arc::new(shop());
        for id in ["ada", "bob", "cem", "dan"] {
            shop.put_customer(&store(), Customer::new(customer(id), id)).unwrap();
        }
        shop.put_order(&store(), order("1", 1, 10, OrderStatus::Paid)).unwrap();
        shop.put_order(&store(), order("2", 3, 20, OrderStatus::Pending)).unwrap();
        shop.put_order(&store(), order("3", 2, 40, OrderStatus::Shipped)).unwrap();
        let mut refunded = order("4", 4, 50, OrderStatus::Delivered);
        let amount = Money::new(15.into(), Currency::EUR);
        refunded.refunds = vec![Refund { amount, at: refunded.placed_at, reason: None }];
        shop.put_order(&store(), refunded).unwrap();
        let mut foreign = order("5", 5, 60, OrderStatus::Paid);
        foreign.total.currency = Currency::USD;
        shop.put_order(&store(), foreign).unwrap();
        let price = Money::new(5.into(), Currency::EUR);
        let item = CartItem { title: "Tea".to_owned(), quantity: 1, price };
        let cart = Cart { items: vec![item], total: price, updated_at: Timestamp::UNIX_EPOCH };
        shop.put_cart(&store(), &customer("ada"), cart.clone()).unwrap();
        shop.put_cart(&store(), &customer("bob"), Cart { items: Vec::new(), ..cart }).unwrap();
        HostSample {
            customers: shop.clone(),
            orders: shop.clone(),
            carts: Some(shop),
            store: store(),
            currency: Currency::EUR,
            known: ["ada", "bob", "cem", "dan"].map(customer).to_vec(),
            unknown: customer("eve"),
            other_store: StoreId::new("south").unwrap(),
        }
    }

    crate::host_conformance!(async { sample() });

    #[tokio::test]
    async fn a_sweep_sees_each_customer_once() {
        let shop = shop();
        for id in ["d", "b", "a", "c", "e"] {
            shop.put_customer(&store(), Customer::new(customer(id), id)).unwrap();
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = shop.customer_ids(&store(), after.as_ref(), 2).await.unwrap();
            seen.extend(page.ids);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(
            seen.iter().map(CustomerId::as_str).collect::<Vec<_>>(),
            ["a", "b", "c", "d", "e"]
        );
    }

    #[tokio::test]
    async fn an_order_that_changes_is_not_counted_twice() {
        let shop = shop();
        let ada = customer("ada");
        shop.put_order(&store(), order("1", 1, 10, OrderStatus::Paid)).unwrap();
        shop.put_order(&store(), order("2", 3, 20, OrderStatus::Paid)).unwrap();
        shop.put_order(&store(), order("3", 2, 40, OrderStatus::Pending)).unwrap();
        // An order whose time changed.
        shop.put_order(&store(), order("1", 4, 11, OrderStatus::Shipped)).unwrap();

        let recent = shop.recent_orders(&store(), &ada, 2).await.unwrap();
        assert_eq!(recent.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let totals = shop.order_totals(&store(), &ada).await.unwrap()[0];
        assert_eq!((totals.count, totals.lifetime_value.amount), (2, 31.into()));
        assert_eq!(totals.first_at.unwrap().as_second(), 3 * 86_400);

        shop.put_order(&store(), order("2", 3, 20, OrderStatus::Refunded)).unwrap();
        assert_eq!(shop.order_totals(&store(), &ada).await.unwrap()[0].count, 1);
        assert!(shop.remove_order(&store(), &OrderId::new("1").unwrap()).is_some());
        assert_eq!(shop.order_totals(&store(), &ada).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_does_not_fit_changes_nothing() {
        let shop = shop();
        shop.put_order(&store(), order("1", 1, 10, OrderStatus::Paid)).unwrap();
        let foreign = Money::new(1.into(), Currency::USD);
        let mut odd = order("1", 1, 12, OrderStatus::Paid);
        odd.refunds = vec![Refund { amount: foreign, at: odd.placed_at, reason: None }];
        assert!(matches!(shop.put_order(&store(), odd), Err(ShopError::Currency(_))));
        let totals = shop.order_totals(&store(), &customer("ada")).await.unwrap();
        assert_eq!(totals[0].lifetime_value.amount, 10.into());

        let cart = Cart { items: Vec::new(), total: foreign, updated_at: Timestamp::UNIX_EPOCH };
        let refused = shop.put_cart(&store(), &customer("ada"), cart);
        assert!(matches!(refused, Err(ShopError::Currency(_))));

        let south = StoreId::new("south").unwrap();
        assert!(shop.put_customer(&south, Customer::new(customer("ada"), "Ada")).is_err());
        assert!(shop.order_totals(&south, &customer("ada")).await.is_err());
        assert!(shop.customer(&south, &customer("ada")).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_customer_leaves_with_everything() {
        let shop = shop();
        let ada = customer("ada");
        let price = Money::new(5.into(), Currency::EUR);
        let item = CartItem { title: "Tea".to_owned(), quantity: 1, price };
        let cart = Cart { items: vec![item], total: price, updated_at: Timestamp::UNIX_EPOCH };
        shop.put_customer(&store(), Customer::new(ada.clone(), "Ada")).unwrap();
        shop.put_order(&store(), order("1", 1, 10, OrderStatus::Paid)).unwrap();
        shop.put_cart(&store(), &ada, cart.clone()).unwrap();
        assert_eq!(shop.cart(&store(), &ada).await.unwrap(), Some(cart));

        assert!(shop.remove_customer(&store(), &ada).is_some());
        assert!(shop.customer(&store(), &ada).await.unwrap().is_none());
        assert!(shop.cart(&store(), &ada).await.unwrap().is_none());
        assert!(shop.recent_orders(&store(), &ada, 5).await.unwrap().is_empty());
    }
}
