//! Doing what a step says.

use std::time::Duration;

use chatwoot_client::application::contacts::{Contact, ContactPatch, ContactsQuery, NewContact};
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::WebhookRendering;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{ContactId, ConversationId, Patch};
use futures_util::StreamExt;
use jiff::SignedDuration;
use store_context::accounts::OpenAccount;

use super::act::{Act, Database, Field, Trigger, Trouble, Turn};
use super::people;
use super::shop::{customer_id, store_id};
use super::sim::lock;
use super::world::World;

impl World {
    /// Does it. What a Chatwoot refuses an agent or a guest is part of the run.
    pub(super) async fn act(&mut self, act: &Act) -> anyhow::Result<()> {
        match act {
            Act::NewAccount { store, server } => {
                self.open_account(*store, *server).await?;
                self.want_all(*store).await;
            }
            Act::Audit { store } => self.audit(*store).await?,
            Act::Suspend { store, lasting } => self.suspend(*store, *lasting),
            Act::Trouble { trouble, per_mille, lasting } => {
                self.sim.trouble(*trouble, *per_mille, *lasting);
                match trouble {
                    Trouble::Mail(_) | Trouble::Handler(_) | Trouble::Feed(..) => {}
                    Trouble::Network(server, _) => self.troubled(Some(*server), *lasting),
                    Trouble::Shop(_) | Trouble::Database(_) => self.troubled(None, *lasting),
                }
            }
            Act::CutLines { server } => {
                let cut = self.servers[*server].fake.cut_live_lines(|_| true);
                self.sim.note(|| format!("{cut} lines are cut"));
            }
            Act::Kill { process, polls, down } => self.kill(*process, *polls, *down).await,
            Act::Stop { process, down } => self.stop(*process, *down).await,
            Act::Stall { process, lasting } => {
                self.no_transaction().await;
                self.troubled(None, *lasting);
                self.told.stalled(*process);
                self.sim.stands_still(*process);
                self.processes[*process].stall(*lasting, &self.doors);
            }
            Act::Skew { server, seconds } => {
                let skew = &mut self.plan.servers[*server];
                *skew += seconds;
                self.servers[*server].fake.set_skew(SignedDuration::from_secs(*skew));
            }
            Act::Render { server, late } => {
                let late = WebhookRendering::After(Duration::from_millis(*late));
                self.servers[*server].fake.set_webhook_rendering(late);
            }
            _ => {
                if !self.in_shop(act).await? {
                    let done = self.at_support(act).await;
                    self.sim.note(|| format!("support: {:?}", done.map_err(|it| it.to_string())));
                }
            }
        }
        Ok(())
    }

    /// What guests and agents do. An error is Chatwoot's refusal.
    async fn at_support(&mut self, act: &Act) -> anyhow::Result<()> {
        self.note_touched(act);
        match act {
            Act::GuestWrites { store, guest, channel } => {
                self.guest_writes(*store, *guest, *channel).await?;
            }
            Act::GuestClaims { store, guest, customer, channel } => {
                self.guest_claims(*store, *guest, *customer, *channel).await?;
            }
            Act::GuestSignsIn { store, guest, customer, dropped_after } => {
                self.guest_signs_in(*store, *guest, *customer, *dropped_after);
            }
            Act::CustomerWrites { store, customer } => {
                if let Some(person) = self.shop.get(*store, *customer) {
                    self.customer_writes(*store, *customer, &person).await?;
                }
            }
            Act::AgentEdits { store, customer, field } => {
                let open = self.open(*store).await?;
                if let Some(contact) = self.contact_of(&open, *customer).await? {
                    let patch = self.edit(*store, *customer, *field);
                    open.account.contacts().update(contact.id, &patch).await?;
                }
            }
            Act::AgentMerges { store, customer, into } => {
                let open = self.open(*store).await?;
                let mergee = self.contact_of(&open, *customer).await?;
                let base = self.contact_of(&open, *into).await?;
                if let (Some(base), Some(mergee)) = (base, mergee)
                    && base.id != mergee.id
                {
                    open.account.contacts().merge(base.id, mergee.id).await?;
                }
            }
            Act::AgentMergesGuest { store, guest, customer, guest_stays } => {
                let open = self.open(*store).await?;
                let own = self.contact_of(&open, *customer).await?.map(|contact| contact.id);
                if let (Some(own), Some(guest)) = (own, self.guest_contact(*store, *guest))
                    && own != guest
                {
                    let (base, mergee) = if *guest_stays { (guest, own) } else { (own, guest) };
                    open.account.contacts().merge(base, mergee).await?;
                }
            }
            Act::AgentDeletes { store, customer } => {
                let open = self.open(*store).await?;
                if let Some(contact) = self.contact_of(&open, *customer).await? {
                    open.account.contacts().delete(contact.id).await?;
                }
            }
            Act::AgentTakes { store, customer } => {
                let open = self.open(*store).await?;
                let revision = self.revisions.get(&(*store, *customer)).copied().unwrap_or(0);
                let next = people::email(*store, *customer, revision + 1);
                let own = self.shop.get(*store, *customer).and_then(|person| person.email);
                let email = if revision.is_multiple_of(2) { Some(next) } else { own };
                let name = Some("An agent's".to_owned());
                let new = NewContact { name, email, ..NewContact::default() };
                open.account.contacts().create(&new).await?;
            }
            Act::AgentTurns { store, conversation, turn } => {
                let open = self.open(*store).await?;
                self.agent_turns(&open, *conversation, *turn).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes whose contacts an act may change.
    fn note_touched(&self, act: &Act) {
        match act {
            Act::GuestClaims { store, customer, .. } => {
                // The contact that has the address may still be one of somebody who had it before.
                let email = self.shop.get(*store, *customer).and_then(|person| person.email);
                for other in self.shop.numbers(*store) {
                    let history = self.shop.history(*store, other);
                    if history.iter().any(|person| email.is_some() && person.email == email) {
                        self.sim.touched(*store, other);
                    }
                }
                self.sim.touched(*store, *customer);
            }
            Act::GuestSignsIn { store, customer, .. }
            | Act::CustomerWrites { store, customer }
            | Act::AgentEdits { store, customer, .. }
            | Act::AgentMergesGuest { store, customer, .. }
            | Act::AgentDeletes { store, customer }
            | Act::AgentTakes { store, customer } => self.sim.touched(*store, *customer),
            Act::AgentMerges { store, customer, into } => {
                self.sim.touched(*store, *customer);
                self.sim.touched(*store, *into);
            }
            _ => {}
        }
    }

    /// What an agent makes of a contact.
    fn edit(&self, store: usize, customer: u32, field: Field) -> ContactPatch {
        let revision = self.revisions.get(&(store, customer)).copied().unwrap_or(0) + 500;
        let mut patch = ContactPatch::default();
        match field {
            Field::Email => patch.email = Patch::Set(people::email(store, customer, revision)),
            Field::NoEmail => patch.email = Patch::Clear,
            Field::Phone => {
                patch.phone_number = Patch::Set(people::phone(store, customer, revision));
            }
            Field::NoPhone => patch.phone_number = Patch::Clear,
            Field::Name | Field::Order | Field::Back => {
                patch.name = Patch::Set("Renamed by an agent".to_owned());
            }
        }
        patch
    }

    /// The contact with a customer's identifier.
    pub(super) async fn contact_of(
        &self,
        open: &OpenAccount,
        customer: u32,
    ) -> anyhow::Result<Option<Contact>> {
        let identifier = open.identity.identifier(&customer_id(customer));
        let mut all = open.account.contacts().all(ContactsQuery::default());
        while let Some(contact) = all.next().await {
            let contact = contact?;
            if contact.identifier.as_ref() == Some(&identifier) {
                return Ok(Some(contact));
            }
        }
        Ok(None)
    }

    fn guest_contact(&self, store: usize, guest: u32) -> Option<ContactId> {
        self.guests.get(&(store, guest))?.contact()
    }

    /// The host recognizes a guest; the browser may leave meanwhile.
    fn guest_signs_in(&self, store: usize, guest: u32, customer: u32, dropped_after: Option<u32>) {
        let Some(contact) = self.guest_contact(store, guest) else { return };
        let sync = self.processes[0].sync.clone();
        let (store, customer) = (store_id(store), customer_id(customer));
        let sim = self.sim.clone();
        let fuse = super::process::Fuse::default();
        fuse.light(dropped_after.map_or(0, |polls| polls + 1));
        let merge = async move {
            let merged = sync.merge_guest(&store, &customer, contact).await;
            sim.note(|| format!("merge_guest: {:?}", merged.map_err(|error| error.to_string())));
        };
        tokio::spawn(super::process::Killable::new(merge, fuse));
    }

    async fn agent_turns(
        &mut self,
        open: &OpenAccount,
        conversation: u32,
        turn: Turn,
    ) -> anyhow::Result<()> {
        let id = ConversationId(u64::from(conversation) + 1);
        let at = open.account.conversation(id);
        match turn {
            Turn::Resolve => drop(at.set_status(ConversationStatus::Resolved, None).await?),
            Turn::Open => drop(at.set_status(ConversationStatus::Open, None).await?),
            Turn::Snooze => drop(at.set_status(ConversationStatus::Snoozed, None).await?),
            Turn::ResolveAndOpen => {
                at.set_status(ConversationStatus::Resolved, None).await?;
                let longest = if self.sim.pick(0..=1) == 0 { 40 } else { 300 };
                tokio::time::sleep(Duration::from_millis(self.sim.pick(0..=longest))).await;
                at.set_status(ConversationStatus::Open, None).await?;
            }
            Turn::Write => drop(at.messages().create(&NewMessage::text("An agent writes")).await?),
            Turn::Note => drop(at.messages().create(&NewMessage::note("A note")).await?),
            Turn::Label => drop(at.labels().replace(&["vip"]).await?),
        }
        Ok(())
    }

    /// Whether a store's account refuses everything.
    pub(super) fn is_suspended(&self, store: usize) -> bool {
        let state = &self.stores[store];
        let until = self.suspended_until.get(&(state.server, state.account));
        until.is_some_and(|until| *until >= self.sim.elapsed())
    }

    fn suspend(&mut self, store: usize, lasting: Duration) {
        let state = &self.stores[store];
        let (account, server) = (state.account, state.server);
        let fake = self.servers[server].fake.clone();
        fake.set_suspended(account, true);
        let until = self.sim.elapsed() + lasting;
        let ends = self.suspended_until.entry((server, account)).or_default();
        *ends = until.max(*ends);
        let sim = self.sim.clone();
        tokio::spawn(async move {
            tokio::time::sleep(lasting).await;
            fake.set_suspended(account, false);
            sim.note(|| format!("account {account} of server {server} is active again"));
        });
    }

    /// A process is killed and, a while later, started again.
    async fn kill(&mut self, process: usize, polls: u32, down: Duration) {
        self.troubled(None, down);
        self.processes[process].kill_after(polls);
        // What is idle is not polled, and is killed all the same.
        tokio::time::sleep(Duration::from_millis(u64::from(polls) * 20)).await;
        let doors = self.doors.clone();
        self.processes[process].end(&doors).await;
        tokio::time::sleep(down.min(Duration::from_secs(20))).await;
        self.processes[process].start(&doors);
    }

    /// A process stops by itself when it is told to, and soon; and it is started again.
    async fn stop(&mut self, process: usize, down: Duration) {
        let still = self.processes[process].is_still();
        // What is held cannot be returned in time to a database that takes seconds for a statement.
        let crawls = |trouble: &Trouble| matches!(trouble, Trouble::Database(Database::Slow(millis)) if *millis > 1_000);
        let slow = self.sim.is_troubled(crawls);
        let doors = self.doors.clone();
        if !self.processes[process].stop().await && !still && !slow {
            let text = format!("process {process} still runs after 10 seconds");
            self.sim.violate("a stop ends within 10 seconds", text);
        }
        self.processes[process].end(&doors).await;
        tokio::time::sleep(down).await;
        self.processes[process].start(&doors);
    }

    /// Tells the sync of a customer.
    pub(super) async fn trigger(&self, store: usize, customer: u32, trigger: Trigger) {
        if trigger == Trigger::Lost {
            self.sim.untold(store, Some(customer));
            return;
        }
        let sync = self.processes[0].sync.clone();
        let (id, of) = (store_id(store), customer_id(customer));
        self.sim.telling(store, Some(customer));
        // An error of the ledger is a lost trigger.
        if sync.want(&id, &of).await.is_err() {
            self.sim.untold(store, Some(customer));
        }
        if trigger == Trigger::Twice {
            let wait = Duration::from_millis(self.sim.pick(10..=4_000));
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                drop(sync.want(&id, &of).await);
            });
        }
    }

    pub(super) async fn want_all(&self, store: usize) {
        let (sync, id) = (self.processes[0].sync.clone(), store_id(store));
        self.sim.telling(store, None);
        // A port that panics or hangs ends the host's own task, as it would in a host.
        let task = async move { sync.want_all(&id).await };
        let task = tokio::spawn(tokio::time::timeout(Duration::from_secs(20), task));
        if !matches!(task.await, Ok(Ok(Ok(_)))) {
            self.sim.untold(store, None);
        }
    }

    /// Starts all processes that are down.
    pub(super) fn start_all(&mut self) {
        let doors = self.doors.clone();
        for process in &mut self.processes {
            process.start(&doors);
        }
    }

    /// How many endpoints are up.
    pub(super) fn up(&self) -> usize {
        lock(&self.doors).iter().flatten().count()
    }
}
