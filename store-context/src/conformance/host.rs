//! The conformance tests of a host: its customers, orders and carts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::ok;
use crate::Currency;
use crate::model::{Cart, Customer, CustomerId, OrderTotals, StoreId};
use crate::ports::{Carts, Cursor, Customers, Orders};

/// Generates one test per requirement of a host ([`Customers`](crate::ports::Customers),
/// [`Orders`](crate::ports::Orders), [`Carts`](crate::ports::Carts)); see [`conformance`] and
/// [`HostSample`](crate::conformance::host::HostSample). The tests write nothing.
///
/// [`conformance`]: crate::conformance
///
/// ```
/// # // A module of tests is what the macro is for; here it is only compiled.
/// mod tests {
///     use std::sync::Arc;
///     use store_context::Currency;
///     use store_context::conformance::host::HostSample;
///     use store_context::memory::MemoryShop;
///     use store_context::model::{Customer, CustomerId, StoreId};
///
///     async fn sample() -> HostSample {
///         let id = |text: &str| CustomerId::new(text).unwrap();
///         let store = StoreId::new("north").unwrap();
///         let shop = Arc::new(MemoryShop::new());
///         shop.open(&store, Currency::EUR);
///         for ada in ["1", "2", "3"] {
///             shop.put_customer(&store, Customer::new(id(ada), "Ada")).unwrap();
///         }
///         HostSample {
///             customers: shop.clone(),
///             orders: shop.clone(),
///             carts: Some(shop),
///             currency: Currency::EUR,
///             known: ["1", "2", "3"].map(id).to_vec(),
///             unknown: id("4"),
///             store,
///             other_store: StoreId::new("south").unwrap(),
///         }
///     }
///
///     store_context::host_conformance!(sample());
/// }
/// ```
#[macro_export]
macro_rules! host_conformance {
    ($sample:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            host_conformance of host,
            [
                the_sample_is_large_enough,
                a_known_customer_is_found,
                an_unknown_customer_is_none,
                a_customer_of_another_store_is_none,
                customers_are_found_together,
                a_listing_has_every_customer_once,
                a_listing_ends_and_keeps_to_its_limit,
                a_cursor_can_be_asked_again,
                recent_orders_are_the_newest_of_the_customer,
                orders_of_another_store_are_none,
                totals_are_of_the_orders_that_count,
                totals_are_added_up_together,
                a_cart_is_never_empty,
                carts_of_another_store_are_none,
                carts_are_found_together,
            ],
            $sample,
            ($($($options)*)?)
        }
    };
}

/// A host with some customers for the tests. They must not change meanwhile.
///
/// Only existing data is checked: some of the customers should have several orders, of which one
/// does not count, one is refunded in part and one is in another currency, and one should have a
/// cart.
#[derive(Clone)]
pub struct HostSample {
    /// The host's customers.
    pub customers: Arc<dyn Customers>,
    /// The host's orders.
    pub orders: Arc<dyn Orders>,
    /// The host's carts, if it has any.
    pub carts: Option<Arc<dyn Carts>>,
    /// A store with the known customers, and possibly others.
    pub store: StoreId,
    /// The store's currency.
    pub currency: Currency,
    /// Three or more customers of the store.
    pub known: Vec<CustomerId>,
    /// An id that belongs to no customer.
    pub unknown: CustomerId,
    /// A store of which none of the known customers is a customer; the host need not know it.
    pub other_store: StoreId,
}

impl fmt::Debug for HostSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostSample")
            .field("store", &self.store)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

/// The number of orders that the tests request, enough to get all of a customer.
const ALL_ORDERS: usize = 10_000;
/// The maximum number of pages of a listing: a longer one is taken as endless.
const PAGES: usize = 100_000;

impl HostSample {
    /// Returns the known customers and the unknown one, and the same twice: a host may get a
    /// customer's id repeatedly.
    fn asked(&self) -> [Vec<CustomerId>; 2] {
        let once: Vec<_> = self.known.iter().chain([&self.unknown]).cloned().collect();
        let twice = [once.clone(), once.clone()].concat();
        [once, twice]
    }

    /// Returns all pages of a listing.
    async fn pages(&self, limit: usize) -> Vec<Vec<CustomerId>> {
        let (mut pages, mut after) = (Vec::new(), None);
        while pages.len() < PAGES {
            let asked = self.customers.customer_ids(&self.store, after.as_ref(), limit).await;
            let page = ok(asked);
            assert!(page.ids.len() <= limit, "a page of {limit} has {} customers", page.ids.len());
            assert!(page.next.is_none() || page.next != after, "a cursor leads to itself");
            pages.push(page.ids);
            after = page.next;
            if after.is_none() {
                return pages;
            }
        }
        assert!(after.is_none(), "the listing never ends");
        pages
    }
}

/// The sample has the data that the other tests need.
pub async fn the_sample_is_large_enough(host: &HostSample) {
    let distinct: BTreeSet<_> = host.known.iter().collect();
    assert!(distinct.len() >= 3, "the sample needs three customers or more");
    assert_eq!(distinct.len(), host.known.len(), "a known customer is named twice");
    assert!(!distinct.contains(&host.unknown), "the unknown customer is known");
    assert_ne!(host.store, host.other_store, "the two stores are one");
    let found = ok(host.customers.customers(&host.store, &host.known).await);
    assert_eq!(found.len(), host.known.len(), "the known customers that the host has");
}

/// A customer is found by its id, and has that id.
pub async fn a_known_customer_is_found(host: &HostSample) {
    for id in &host.known {
        let found = ok(host.customers.customer(&host.store, id).await);
        assert_eq!(found.map(|found| found.id).as_ref(), Some(id), "a known customer");
    }
}

/// An unknown id has no customer, no orders and no cart, without an error.
pub async fn an_unknown_customer_is_none(host: &HostSample) {
    let HostSample { store, unknown, .. } = host;
    assert_eq!(ok(host.customers.customer(store, unknown).await), None, "the customer");
    assert_eq!(ok(host.orders.recent_orders(store, unknown, 5).await), [], "the orders");
    let totals = ok(host.orders.order_totals(store, unknown).await);
    assert_eq!(counted(totals), [], "the totals");
    if let Some(carts) = &host.carts {
        assert_eq!(ok(carts.cart(store, unknown).await), None, "the cart");
    }
}

/// A customer of one store is not another store's, when read alone, in a batch, or in a listing.
pub async fn a_customer_of_another_store_is_none(host: &HostSample) {
    let HostSample { customers, other_store, known, .. } = host;
    for id in known {
        let found = ok(customers.customer(other_store, id).await);
        assert_eq!(found, None, "a customer at another store");
    }
    let found = ok(customers.customers(other_store, known).await);
    assert_eq!(found, [], "customers at another store, together");
    let page = ok(customers.customer_ids(other_store, None, ALL_ORDERS).await);
    let strange = page.ids.iter().find(|id| known.contains(id));
    assert_eq!(strange, None, "a listing of another store");
}

/// Customers are equal when read in a batch or alone; unknown ones are left out, and a repeated id
/// does no harm.
pub async fn customers_are_found_together(host: &HostSample) {
    let mut alone = BTreeMap::new();
    for id in &host.known {
        let found = ok(host.customers.customer(&host.store, id).await);
        alone.extend(found.map(|found| (id.clone(), found)));
    }
    for asked in host.asked() {
        let together = ok(host.customers.customers(&host.store, &asked).await);
        let together: BTreeMap<CustomerId, Customer> =
            together.into_iter().map(|found| (found.id.clone(), found)).collect();
        assert_eq!(together, alone, "together, and alone");
    }
    let none = ok(host.customers.customers(&host.store, &[]).await);
    assert_eq!(none, [], "nobody was asked for");
}

/// A listing contains every customer once, whatever the size of its pages.
pub async fn a_listing_has_every_customer_once(host: &HostSample) {
    for limit in [1, 2, 1_000] {
        let all = host.pages(limit).await.concat();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "pages of {limit}: a customer is listed twice");
        for id in &host.known {
            assert!(distinct.contains(id), "pages of {limit}: {id} is not listed");
        }
        assert!(!distinct.contains(&host.unknown), "pages of {limit}: {}", host.unknown);
    }
}

/// A listing ends, its pages respect the limit, and each entry is a customer.
pub async fn a_listing_ends_and_keeps_to_its_limit(host: &HostSample) {
    let pages = host.pages(2).await;
    for id in pages.iter().flatten().take(1_000) {
        let found = ok(host.customers.customer(&host.store, id).await);
        assert!(found.is_some(), "{id} is listed and not found");
    }
}

/// A cursor leads to the same customers each time, also after it was stored as text.
pub async fn a_cursor_can_be_asked_again(host: &HostSample) {
    let HostSample { customers, store, .. } = host;
    let first = ok(customers.customer_ids(store, None, 1).await);
    assert_eq!(ok(customers.customer_ids(store, None, 1).await), first, "the first page again");
    let Some(next) = first.next else { return };
    let second = ok(customers.customer_ids(store, Some(&next), 1).await);
    let kept = Cursor::new(next.as_str().to_owned());
    let again = ok(customers.customer_ids(store, Some(&kept), 1).await);
    assert_eq!(again, second, "the second page again");
}

/// The recent orders of a customer are the customer's own, newest first, up to the limit.
pub async fn recent_orders_are_the_newest_of_the_customer(host: &HostSample) {
    for id in &host.known {
        let all = ok(host.orders.recent_orders(&host.store, id, ALL_ORDERS).await);
        assert!(all.iter().all(|order| order.customer == *id), "an order of {id} is another's");
        assert!(
            all.is_sorted_by(|one, next| one.placed_at >= next.placed_at),
            "orders of {id}: newest first"
        );
        let distinct: BTreeSet<_> = all.iter().map(|order| order.id.as_str()).collect();
        assert_eq!(distinct.len(), all.len(), "an order of {id} comes twice");
        for limit in [0, 1, 2] {
            let some = ok(host.orders.recent_orders(&host.store, id, limit).await);
            let newest: Vec<_> = all.iter().take(limit).map(|order| order.placed_at).collect();
            let times: Vec<_> = some.iter().map(|order| order.placed_at).collect();
            assert_eq!(times, newest, "the newest {limit} of {id}");
        }
    }
}

/// A customer has no orders at another store.
pub async fn orders_of_another_store_are_none(host: &HostSample) {
    for id in &host.known {
        // A host may refuse a store that it does not know.
        if let Ok(orders) = host.orders.recent_orders(&host.other_store, id, 5).await {
            assert_eq!(orders, [], "orders of {id} at another store");
        }
        if let Ok(totals) = host.orders.order_totals(&host.other_store, id).await {
            assert_eq!(counted(totals), [], "totals of {id} at another store");
        }
    }
}

/// Returns totals in the order of their currencies, without those of no orders.
fn counted(totals: Vec<OrderTotals>) -> Vec<OrderTotals> {
    let mut totals: Vec<_> = totals.into_iter().filter(|totals| totals.count > 0).collect();
    totals.sort_by_key(|totals| totals.currency().code());
    totals
}

/// The totals are those of the orders that count, net of refunds, once for each currency.
pub async fn totals_are_of_the_orders_that_count(host: &HostSample) {
    for id in &host.known {
        let totals = counted(ok(host.orders.order_totals(&host.store, id).await));
        let differ = totals.is_sorted_by(|one, next| one.currency() != next.currency());
        assert!(differ, "a currency of {id}'s totals comes twice");
        let all = ok(host.orders.recent_orders(&host.store, id, ALL_ORDERS).await);
        if all.len() == ALL_ORDERS {
            continue;
        }
        let sums = OrderTotals::of(&all);
        assert_eq!(Ok(totals), sums, "the totals of {id}, and what the orders add up to");
    }
}

/// Totals are equal when read in a batch or alone; customers without any may be left out.
pub async fn totals_are_added_up_together(host: &HostSample) {
    for asked in host.asked() {
        let mut together: BTreeMap<CustomerId, Vec<OrderTotals>> = BTreeMap::new();
        for (id, totals) in ok(host.orders.order_totals_of(&host.store, &asked).await) {
            let of = together.entry(id).or_default();
            // A customer who was asked for twice may come twice.
            if !of.contains(&totals) {
                of.push(totals);
            }
        }
        for id in &asked {
            let alone = counted(ok(host.orders.order_totals(&host.store, id).await));
            let together = counted(together.get(id).cloned().unwrap_or_default());
            assert_eq!(together, alone, "the totals of {id}");
        }
    }
    let none = ok(host.orders.order_totals_of(&host.store, &[]).await);
    assert_eq!(none, [], "nobody was asked for");
}

/// A cart has items, in the store's currency; an empty one is `None`.
pub async fn a_cart_is_never_empty(host: &HostSample) {
    let Some(carts) = &host.carts else { return };
    for id in &host.known {
        if let Some(cart) = ok(carts.cart(&host.store, id).await) {
            assert!(cart.quantity() > 0, "the cart of {id} is empty");
            assert_eq!(cart.total.currency, host.currency, "the currency of {id}'s cart");
        }
    }
}

/// A customer has no cart at another store.
pub async fn carts_of_another_store_are_none(host: &HostSample) {
    let Some(carts) = &host.carts else { return };
    for id in &host.known {
        let cart = ok(carts.cart(&host.other_store, id).await);
        assert_eq!(cart, None, "the cart of {id} at another store");
    }
}

/// Carts are equal when read in a batch or alone; customers without one are left out.
pub async fn carts_are_found_together(host: &HostSample) {
    let Some(carts) = &host.carts else { return };
    let mut alone = BTreeMap::new();
    for id in &host.known {
        let cart = ok(carts.cart(&host.store, id).await);
        alone.extend(cart.map(|cart| (id.clone(), cart)));
    }
    for asked in host.asked() {
        let together = ok(carts.carts(&host.store, &asked).await);
        let together: BTreeMap<CustomerId, Cart> = together.into_iter().collect();
        assert_eq!(together, alone, "together, and alone");
    }
    assert_eq!(ok(carts.carts(&host.store, &[]).await), [], "nobody was asked for");
}
