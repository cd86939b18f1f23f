//! What happens in the shops.

use std::time::Duration;
use store_context::ports::PortFailure;

use store_context::sync::ContactSync;

use super::act::{Act, Field, Trigger};
use super::people::{self, Marker};
use super::shop::{Person, customer_id, store_id};
use super::world::World;

/// How long a live change of a healthy store may take.
const SOON: u64 = 30;

impl World {
    /// Does what happens in a shop; `false` if it is nothing of a shop's.
    pub(super) async fn in_shop(&mut self, act: &Act) -> anyhow::Result<bool> {
        match act {
            Act::Register { store, customer, trigger } => {
                if !self.shop.knows(*store, *customer) {
                    self.shop.register(*store, *customer);
                    self.trigger(*store, *customer, *trigger).await;
                }
            }
            Act::Change { store, customer, field, trigger } => {
                if self.change(*store, *customer, *field) {
                    self.trigger(*store, *customer, *trigger).await;
                }
            }
            Act::Burst { store, customer } => self.burst(*store, *customer).await,
            Act::Touch { store, customer } => {
                self.trigger(*store, *customer, Trigger::Twice).await;
            }
            Act::Swap { store, one, other } => self.swap(*store, *one, *other).await,
            Act::Remove { store, customer, trigger } => {
                if self.shop.get(*store, *customer).is_some() {
                    self.shop.set(*store, *customer, None);
                    self.trigger(*store, *customer, *trigger).await;
                }
            }
            Act::Erase { store, customer } => self.erase(*store, *customer),
            Act::Again { store, before, customer } => self.again(*store, *before, *customer).await,
            Act::Merge { store, from, into } => self.merge(*store, *from, *into),
            Act::WantAll { store } => self.want_all(*store).await,
            Act::Import { store, first, count } => {
                for customer in *first..first + count {
                    self.shop.register(*store, customer);
                }
                self.want_all(*store).await;
            }
            Act::Probe { store, customer } => self.probe(*store, *customer).await?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn revision(&mut self, store: usize, customer: u32) -> u32 {
        let revision = self.revisions.entry((store, customer)).or_default();
        *revision += 1;
        *revision
    }

    /// Changes a customer; `false` if there is no such one.
    fn change(&mut self, store: usize, customer: u32, field: Field) -> bool {
        let Some(mut person) = self.shop.get(store, customer) else { return false };
        let revision = self.revision(store, customer);
        match field {
            Field::Name => person.name = people::name(store, customer, revision),
            Field::Email => person.email = Some(people::email(store, customer, revision)),
            Field::NoEmail => person.email = None,
            Field::Phone => person.phone = Some(people::phone(store, customer, revision)),
            Field::NoPhone => person.phone = None,
            Field::Order => person.orders += 1,
            Field::Back => {
                let mut before = self.shop.history(store, customer);
                before.pop();
                let Some(before) = before.pop() else { return false };
                // Somebody else may have the address meanwhile: a shop has each address once.
                if self.has_email(store, customer, before.email.as_ref()) {
                    return false;
                }
                person = before;
            }
        }
        self.shop.set(store, customer, Some(person));
        true
    }

    /// Whether another customer has an e-mail address.
    fn has_email(&self, store: usize, customer: u32, email: Option<&String>) -> bool {
        let others = self.shop.numbers(store).into_iter().filter(|other| *other != customer);
        let mut people = others.filter_map(|other| self.shop.get(store, other));
        email.is_some() && people.any(|person| person.email.as_ref() == email)
    }

    /// A hundred changes at once are written at most twice, besides what was wanted before.
    async fn burst(&mut self, store: usize, customer: u32) {
        let began = self.sim.elapsed();
        for number in 0..100 {
            let field = if number % 2 == 0 { Field::Name } else { Field::Order };
            if self.change(store, customer, field) {
                self.trigger(store, customer, Trigger::Once).await;
            }
        }
        if self.ails(self.stores[store].server) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
        let marker = Marker { store, customer, is_name: true };
        let sent = self.sim.sent_since(began);
        let written = sent.iter().filter(|it| it.named == Some(marker) && it.status == Some(200));
        let count = written.count();
        if count > 3 {
            let text = format!("customer {customer} of store {store}: {count} writes");
            self.sim.violate("a hundred changes are two writes", text);
        }
    }

    async fn swap(&mut self, store: usize, one: u32, other: u32) {
        let people = (self.shop.get(store, one), self.shop.get(store, other));
        let (Some(mut first), Some(mut second)) = people else { return };
        if one != other {
            std::mem::swap(&mut first.email, &mut second.email);
            self.shop.set(store, one, Some(first));
            self.shop.set(store, other, Some(second));
            self.trigger(store, one, Trigger::Once).await;
            self.trigger(store, other, Trigger::Once).await;
        }
    }

    /// The host erases a customer, and does not rest until that is noted.
    fn erase(&mut self, store: usize, customer: u32) {
        if !self.shop.knows(store, customer) {
            return;
        }
        self.shop.set(store, customer, None);
        self.erased.push((store, customer));
        let marker = Marker { store, customer, is_name: true }.to_string();
        let sim = self.sim.clone();
        let late = self.processes[0].sync.clone();
        let wait = Duration::from_millis(self.sim.pick(10..=6_000));
        let (store, customer) = (store_id(store), customer_id(customer));
        self.until_done("erase", move |sync| {
            let (store, customer) = (store.clone(), customer.clone());
            let (late, sim, marker) = (late.clone(), sim.clone(), marker.clone());
            async move {
                sync.erase(&store, &customer).await?;
                sim.erasure_noted(marker);
                // A trigger of something before comes late.
                tokio::time::sleep(wait).await;
                drop(late.want(&store, &customer).await);
                Ok(())
            }
        });
    }

    /// The host has two customers merged, and does not rest until that is noted.
    fn merge(&mut self, store: usize, from: u32, into: u32) {
        let there = |customer| self.shop.get(store, customer).is_some();
        if from == into || !there(from) || !there(into) {
            return;
        }
        self.shop.set(store, from, None);
        let (store, from, into) = (store_id(store), customer_id(from), customer_id(into));
        self.until_done("merge", move |sync| {
            let (store, from, into) = (store.clone(), from.clone(), into.clone());
            async move { sync.merge(&store, &from, &into).await }
        });
    }

    /// Makes a call again until it succeeds, as the host does by its own outbox.
    fn until_done<F>(&self, what: &'static str, call: impl Fn(ContactSync) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), PortFailure>> + Send,
    {
        let (sync, sim) = (self.processes[0].sync.clone(), self.sim.clone());
        tokio::spawn(async move {
            while call(sync.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            sim.note(|| format!("{what} is noted"));
        });
    }

    /// Somebody registers with the address of one who is gone, or leaves for it.
    async fn again(&mut self, store: usize, before: u32, customer: u32) {
        let Some(email) = self.shop.history(store, before).pop().and_then(|it| it.email) else {
            return;
        };
        if self.shop.knows(store, customer) {
            return;
        }
        if self.shop.get(store, before).is_some() {
            self.erase(store, before);
        }
        if self.has_email(store, customer, Some(&email)) {
            return;
        }
        let person = Person {
            name: people::name(store, customer, 0),
            email: Some(email),
            phone: None,
            orders: 0,
        };
        self.shop.set(store, customer, Some(person));
        self.trigger(store, customer, Trigger::Once).await;
    }

    /// A store that nothing ails is served soon, whatever happens to others.
    async fn probe(&mut self, store: usize, customer: u32) -> anyhow::Result<()> {
        let state = &self.stores[store];
        let suspended = self.suspended_until.get(&(state.server, state.account));
        let now = self.sim.elapsed();
        let healthy = suspended.is_none_or(|until| *until + Duration::from_mins(10) < now)
            && !self.ails(state.server);
        if !healthy || !self.change(store, customer, Field::Name) {
            return Ok(());
        }
        self.trigger(store, customer, Trigger::Once).await;
        let wanted = self.shop.get(store, customer).map(|person| person.name);
        for _ in 0..SOON {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let open = self.open(store).await?;
            let contact = self.contact_of(&open, customer).await?;
            if contact.and_then(|contact| contact.name) == wanted {
                return Ok(());
            }
        }
        self.sim.violate(
            "a healthy store's live change is written within 30 seconds",
            format!("customer {customer} of store {store}"),
        );
        Ok(())
    }
}
