//! The shops of a run, and the host's ports to them.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store_context::model::{Customer, CustomerId, StoreId};
use tokio::time::Instant;

use super::act::{Failure, Trouble};
use super::people;
use super::sim::{Sim, lock};

/// A customer, as the shop knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) orders: u32,
}

/// What one order costs.
pub(super) const PRICE: u32 = 40;

/// The customers of all stores, with all that they ever were.
#[derive(Clone)]
pub(super) struct Shop {
    pub(super) sim: Sim,
    people: Arc<Mutex<People>>,
}

type People = BTreeMap<(usize, u32), Vec<(Instant, Option<Person>)>>;

impl Shop {
    pub(super) fn new(sim: Sim) -> Self {
        Self { sim, people: Arc::default() }
    }

    pub(super) fn get(&self, store: usize, customer: u32) -> Option<Person> {
        lock(&self.people).get(&(store, customer))?.last()?.1.clone()
    }

    /// Whether there ever was such a customer.
    pub(super) fn knows(&self, store: usize, customer: u32) -> bool {
        lock(&self.people).contains_key(&(store, customer))
    }

    /// All that a customer ever was, the latest last.
    pub(super) fn history(&self, store: usize, customer: u32) -> Vec<Person> {
        let people = lock(&self.people);
        let all = people.get(&(store, customer)).into_iter().flatten();
        all.filter_map(|(_, person)| person.clone()).collect()
    }

    pub(super) fn set(&self, store: usize, customer: u32, person: Option<Person>) {
        let was = Instant::now();
        self.sim.note(|| format!("shop {store} customer {customer}: {person:?}"));
        lock(&self.people).entry((store, customer)).or_default().push((was, person));
    }

    /// The numbers of all customers of a store, those who are gone too.
    pub(super) fn numbers(&self, store: usize) -> Vec<u32> {
        let people = lock(&self.people);
        people.range((store, 0)..(store + 1, 0)).map(|((_, number), _)| *number).collect()
    }

    fn at(&self, store: usize, customer: u32, at: Instant) -> Option<Person> {
        let people = lock(&self.people);
        let all = people.get(&(store, customer))?;
        all.iter().rev().find(|(since, _)| *since <= at)?.1.clone()
    }

    /// A new customer.
    pub(super) fn register(&self, store: usize, customer: u32) {
        let person = Person {
            name: people::name(store, customer, 0),
            email: Some(people::email(store, customer, 0)),
            phone: Some(people::phone(store, customer, 0)),
            orders: 0,
        };
        self.set(store, customer, Some(person));
    }

    /// How old what a port answers is; or it fails.
    pub(super) async fn trouble(&self) -> Result<Duration, String> {
        self.sim.latency(0..=3).await;
        let struck = self.sim.strike(|trouble| match trouble {
            Trouble::Shop(failure) => Some(*failure),
            _ => None,
        });
        match struck {
            None => {}
            Some(Failure::Error) => return Err("told to fail".to_owned()),
            Some(Failure::Hang) => pending::<()>().await,
            #[expect(clippy::panic, reason = "the engine must survive it")]
            Some(Failure::Panic) => panic!("the host's port panics"),
            Some(Failure::Slow(millis)) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Some(Failure::Stale(millis)) => return Ok(Duration::from_millis(millis)),
        }
        Ok(Duration::ZERO)
    }

    /// What a port answers of a customer.
    pub(super) async fn read(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Option<Person>, String> {
        let age = self.trouble().await?;
        let now = Instant::now();
        let at = now.checked_sub(age).unwrap_or(now);
        let (place, number) = (store_number(store), customer_number(customer));
        let read = self.at(place, number, at);
        if read != self.at(place, number, now) {
            self.sim.untold(place, Some(number));
        }
        self.sim.detail(|| format!("read {store} {customer} of {age:?} ago: {read:?}"));
        Ok(read)
    }
}

pub(super) fn store_id(store: usize) -> StoreId {
    id(StoreId::new(format!("store-{store}")))
}

pub(super) fn customer_id(customer: u32) -> CustomerId {
    id(CustomerId::new(format!("customer-{customer:05}")))
}

#[expect(clippy::expect_used, reason = "the texts are ids")]
fn id<T, E: std::fmt::Debug>(made: Result<T, E>) -> T {
    made.expect("an id")
}

pub(super) fn store_number(store: &StoreId) -> usize {
    store.as_str().trim_start_matches("store-").parse().unwrap_or(usize::MAX)
}

pub(super) fn customer_number(customer: &CustomerId) -> u32 {
    customer.as_str().trim_start_matches("customer-").parse().unwrap_or(u32::MAX)
}

/// As the host's port answers it.
pub(super) fn customer(id: &CustomerId, person: &Person) -> Customer {
    Customer {
        email: person.email.clone(),
        email_verified: true,
        phone: person.phone.clone(),
        ..Customer::new(id.clone(), person.name.clone())
    }
}
