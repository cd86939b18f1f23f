//! A day at both stores: customers register, buy, fill carts and write; a guest signs in; agents
//! reply; Chatwoot fails for a while; webhooks are duplicated, dropped and reordered.

use anyhow::Context;
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::{Fault, FaultKind, WebhookFaults};
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{Account, Client, ContactId, ConversationId, PublicInbox};
use indicatif::ProgressBar;
use jiff::Timestamp;
use store_context::Decimal;
use store_context::identity::PublicIdentity;
use store_context::model::{Cart, CartItem, Customer, CustomerId, Money, Store};
use store_context::ports::PortFailure;
use store_context::sync::ContactSync;

use crate::bulk::until_clean;
use crate::chatwoot::Chatwoot;
use crate::host::Host;
use crate::plan::Plan;
use crate::shops;
use crate::tally::SyncTally;

pub(crate) struct Day<'a> {
    pub(crate) chatwoot: &'a Chatwoot,
    pub(crate) host: &'a Host,
    pub(crate) client: &'a Client,
    pub(crate) stores: &'a [Store; 2],
    pub(crate) sync: ContactSync,
}

#[derive(Debug, Default)]
pub(crate) struct DayTally {
    pub(crate) sync: SyncTally,
    pub(crate) guests: u64,
    pub(crate) recognized: u64,
    /// Messages written by signed-in customers, and by guests.
    pub(crate) of_customers: u64,
    pub(crate) of_guests: u64,
    /// Events that the reconcilers found and no webhook had delivered.
    pub(crate) found: u64,
}

impl Day<'_> {
    pub(crate) async fn play(self, plans: &[Plan; 2]) -> anyhow::Result<DayTally> {
        let mut tally = DayTally::default();
        self.webhooks_go_wrong(true);
        for (store, plan) in self.stores.iter().zip(plans) {
            self.registration(store, plan).await?;
            self.settle(&mut tally).await?;

            self.chatwoot_refuses();
            self.orders(store, plan).await?;
            self.settle(&mut tally).await?;

            for customer in &plan.writers {
                self.cart_changes(store, customer).await?;
            }
            self.settle(&mut tally).await?;

            if let Some(customer) = plan.writers.first() {
                self.guest_signs_in(store, customer, &mut tally).await?;
            }
            for (number, customer) in plan.writers.iter().enumerate() {
                self.conversation(store, customer, number, &mut tally).await?;
            }
        }
        self.evening(&mut tally).await?;
        Ok(tally)
    }

    /// Syncs until every change of the day so far is in Chatwoot.
    async fn settle(&self, tally: &mut DayTally) -> anyhow::Result<()> {
        let hidden = ProgressBar::hidden();
        until_clean(&self.sync, &*self.host.ports.sync, &mut tally.sync, &hidden).await
    }

    async fn registration(&self, store: &Store, plan: &Plan) -> anyhow::Result<()> {
        let Some(id) = &plan.newcomer else { return Ok(()) };
        let customer =
            Customer { registered_at: Some(Timestamp::now()), ..shops::customer(id.clone()) };
        self.host.shop.put_customer(&store.id, customer)?;
        self.sync.want(&store.id, id).await?;
        Ok(())
    }

    /// Several services of a shop trigger a sync, which results in one write.
    async fn orders(&self, store: &Store, plan: &Plan) -> anyhow::Result<()> {
        for order in &plan.today {
            self.host.shop.put_order(&store.id, order.clone())?;
            for _service in ["orders", "payments", "stock", "mail"] {
                self.sync.want(&store.id, &order.customer).await?;
            }
        }
        Ok(())
    }

    /// A cart is filled, and changed again before it is synced.
    async fn cart_changes(&self, store: &Store, customer: &CustomerId) -> anyhow::Result<()> {
        let price = Money::new(Decimal::new(1_250, 2), store.currency);
        for quantity in 1..=3 {
            let cart = Cart {
                items: vec![CartItem { title: "Sampler".to_owned(), quantity, price }],
                total: Money::new(price.amount * Decimal::from(quantity), store.currency),
                updated_at: Timestamp::now(),
            };
            self.host.shop.put_cart(&store.id, customer, cart)?;
            self.sync.want(&store.id, customer).await?;
        }
        Ok(())
    }

    /// A guest writes, signs in, and is the customer from then on.
    async fn guest_signs_in(
        &self,
        store: &Store,
        customer: &CustomerId,
        tally: &mut DayTally,
    ) -> anyhow::Result<()> {
        let inbox = self.public_inbox(store).await?;
        let proof = self.host.identity.public_guest(&store.id).await?;
        let guest = NewPublicContact {
            name: Some("Guest".to_owned()),
            identifier_hash: Some(proof.identifier_hash),
            ..NewPublicContact::default()
        };
        let guest = inbox.contacts().create(&guest).await?;
        let conversations = inbox.conversations(&guest.source_id);
        let talk = conversations.create(None).await?;
        let question = "Do you also deliver on Saturdays?";
        conversations.conversation(talk.id).messages().create(question, None).await?;
        tally.guests += 1;
        tally.of_guests += 1;

        // The guest signs in at the shop, whose session is the proof.
        self.sync.merge_guest(&store.id, customer, guest.id).await?;
        let (account, _) = self.account(store).await?;
        let contact = account.conversations().get(talk.id).await?.meta.sender.id;
        let recognized = self.is_customer(store, contact, customer).await?;
        tally.recognized += u64::from(recognized);
        Ok(())
    }

    async fn is_customer(
        &self,
        store: &Store,
        contact: ContactId,
        customer: &CustomerId,
    ) -> anyhow::Result<bool> {
        let link =
            self.host.ports.sync.link(&store.id, customer).await.map_err(PortFailure::from)?;
        Ok(link.is_some_and(|link| link.contact == contact))
    }

    /// A customer writes, an agent replies and resolves; half of the customers write again, which
    /// reopens the conversation.
    async fn conversation(
        &self,
        store: &Store,
        customer: &CustomerId,
        number: usize,
        tally: &mut DayTally,
    ) -> anyhow::Result<()> {
        let inbox = self.public_inbox(store).await?;
        let signed_in = self.signed_in(store, customer).await?;
        let new = NewPublicContact {
            identifier: signed_in.identifier.clone(),
            identifier_hash: Some(signed_in.identifier_hash.clone()),
            ..NewPublicContact::default()
        };
        let contact = inbox.contacts().create(&new).await?;
        // Creating the contact checks Chatwoot's own proof; only an update stores that it was
        // valid.
        let verified = PublicContactPatch {
            identifier: signed_in.identifier,
            identifier_hash: Some(signed_in.identifier_hash),
            ..PublicContactPatch::default()
        };
        inbox.contacts().update(&contact.source_id, &verified).await?;
        let attributes = &signed_in.conversation_attributes;
        let conversations = inbox.conversations(&contact.source_id);
        let talk = conversations.create(Some(attributes)).await?.id;
        let messages = conversations.conversation(talk).messages();
        messages.create("Where is my parcel?", None).await?;
        tally.of_customers += 1;

        let (account, _) = self.account(store).await?;
        self.answer(&account, talk).await?;
        if number.is_multiple_of(2) {
            messages.create("Thank you. One more question.", None).await?;
            tally.of_customers += 1;
        }
        Ok(())
    }

    async fn answer(&self, account: &Account, talk: ConversationId) -> anyhow::Result<()> {
        let reply = NewMessage::text("It is on its way and arrives tomorrow.");
        account.conversation(talk).messages().create(&reply).await?;
        account.conversation(talk).set_status(ConversationStatus::Resolved, None).await?;
        Ok(())
    }

    /// Every webhook has arrived or is lost; the reconciler finds the lost ones.
    async fn evening(&self, tally: &mut DayTally) -> anyhow::Result<()> {
        match self.chatwoot.fake() {
            Some(fake) => fake.idle().await,
            // A real server's workers take a moment.
            None => tokio::time::sleep(std::time::Duration::from_secs(10)).await,
        }
        self.webhooks_go_wrong(false);
        for store in self.stores {
            tally.found += self.host.reconciler.run_once(&store.id).await?.found;
        }
        for store in self.stores {
            while self.waiting(store).await? > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }

    fn webhooks_go_wrong(&self, on: bool) {
        let Some(fake) = self.chatwoot.fake() else { return };
        let faults = WebhookFaults {
            drop_every: 5,
            double_every: 4,
            swap_every: 3,
            ..WebhookFaults::default()
        };
        fake.webhook_faults(if on { faults } else { WebhookFaults::default() });
    }

    /// Injects faults of each kind for a while: errors before and after the work, rate limits,
    /// broken connections.
    fn chatwoot_refuses(&self) {
        let Some(fake) = self.chatwoot.fake() else { return };
        let kinds = [
            FaultKind::ErrorBefore,
            FaultKind::RateLimited,
            FaultKind::ErrorAfter,
            FaultKind::ResetBeforeResponse,
        ];
        // One request each, one after another, so that even a store with one customer meets all of
        // them.
        for (number, kind) in (0..).zip(kinds) {
            fake.fault(Fault::new(kind).path("/contacts").times(1).after(number));
        }
    }

    async fn waiting(&self, store: &Store) -> Result<u64, PortFailure> {
        Ok(self.host.ports.webhooks.counts(Some(&store.id)).await?.waiting)
    }

    async fn account(&self, store: &Store) -> anyhow::Result<(Account, PublicInbox)> {
        let open = self.host.accounts.open(&store.id).await?;
        Ok((open.account, self.public_inbox(store).await?))
    }

    async fn public_inbox(&self, store: &Store) -> anyhow::Result<PublicInbox> {
        let store_account = self.host.accounts.record(&store.id).await?.account;
        let identifier = store_account.api_inbox_identifier.context("the store is provisioned")?;
        Ok(self.client.public_inbox(identifier))
    }

    /// Returns the identity that the store's app gets for its signed-in customer.
    async fn signed_in(
        &self,
        store: &Store,
        customer: &CustomerId,
    ) -> anyhow::Result<PublicIdentity> {
        let known = self.host.ports.customers.customer(&store.id, customer).await;
        let known = known.map_err(PortFailure::from)?.context("the customer is registered")?;
        Ok(self.host.identity.public(&store.id, &known).await?)
    }
}
