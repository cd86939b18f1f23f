//! Changes in the shop: each is committed together with its trigger.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use examples::shop::{Shop, ShopError};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use store_context::model::{Customer, Money, Order, OrderId, OrderStatus};
use store_context::{Currency, Decimal};
use tokio::time::{Instant, sleep, sleep_until};

use super::servers::{customer_id, store_id};

/// How long the shop tries again while Postgres is away.
const PATIENCE: Duration = Duration::from_mins(1);
/// The number of concurrent writers; a customer always has the same one.
const WRITERS: u32 = 4;

/// A customer of a store, with the revisions of what changes.
struct Person {
    store: u32,
    customer: u32,
    name: u32,
    email: u32,
    orders: u32,
}

/// What a customer's name begins with, in no other name.
pub(super) fn marker(store: u32, customer: u32) -> String {
    format!("Ada {store}/{customer} ")
}

impl Person {
    fn customer(&self) -> Result<Customer> {
        let Self { store, customer, name, email, .. } = self;
        let id = customer_id(*customer)?;
        Ok(Customer {
            email: Some(format!("ada-{store}-{customer}-{email}@mail.example")),
            email_verified: true,
            phone: Some(format!("+316{store:02}{customer:06}")),
            ..Customer::new(id, format!("{}r{name}", marker(*store, *customer)))
        })
    }

    /// Changes the customer, or places an order.
    async fn change(&mut self, shop: &Shop) -> Result<()> {
        match fastrand::u8(0..10) {
            0..6 => self.name += 1,
            6..8 => self.email += 1,
            _ => return self.order(shop).await,
        }
        self.save(shop).await
    }

    async fn save(&self, shop: &Shop) -> Result<()> {
        let (store, customer) = (store_id(self.store)?, self.customer()?);
        patiently(|| shop.put_customer(&store, &customer)).await
    }

    async fn order(&mut self, shop: &Shop) -> Result<()> {
        self.orders += 1;
        let Self { store, customer, orders, .. } = self;
        let (id, customer) =
            (OrderId::new(format!("{customer}-{orders}"))?, customer_id(*customer)?);
        let total = Money::new(Decimal::from(40), Currency::EUR);
        let order = Order::new(id, customer, Timestamp::now(), OrderStatus::Paid, total);
        let store = store_id(*store)?;
        patiently(|| shop.put_order(&store, &order)).await
    }
}

/// The shop's customers.
pub(super) struct People {
    writers: Vec<Vec<Person>>,
}

impl People {
    /// Registers so many customers in each store.
    pub(super) async fn register(shop: &Shop, stores: u32, customers: u32) -> Result<Self> {
        let mut writers: Vec<Vec<Person>> = (0..WRITERS).map(|_| Vec::new()).collect();
        for customer in 0..customers {
            for store in 0..stores {
                let person = Person { store, customer, name: 0, email: 0, orders: 0 };
                person.save(shop).await?;
                writers[((customer * stores + store) % WRITERS) as usize].push(person);
            }
        }
        Ok(Self { writers })
    }

    /// Makes so many changes, evenly in a time.
    pub(super) async fn change(
        &mut self,
        shop: &Shop,
        changes: u32,
        lasting: Duration,
    ) -> Result<()> {
        let (began, next) = (Instant::now(), AtomicU32::new(0));
        let writers = self.writers.iter_mut().map(|people| async {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= changes || people.is_empty() {
                    return Ok(());
                }
                sleep_until(began + lasting * number / changes).await;
                let person = fastrand::usize(..people.len());
                people[person].change(shop).await?;
            }
        });
        try_join_all::<_>(writers).await.map(|_: Vec<()>| ())
    }
}

/// Repeats a write until it is known to be committed: each of them is safe to repeat.
async fn patiently<F>(mut write: impl FnMut() -> F) -> Result<()>
where
    F: Future<Output = Result<(), ShopError>>,
{
    let began = Instant::now();
    loop {
        match write().await {
            Ok(()) => return Ok(()),
            Err(_) if began.elapsed() < PATIENCE => sleep(Duration::from_millis(100)).await,
            Err(error) => return Err(error).context("the shop cannot write"),
        }
    }
}
