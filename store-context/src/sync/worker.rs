//! The worker: claims dirty customers, reads them, writes their contacts, confirms.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::adoption::Adoption;
use super::contact::WantedContact;
use super::drift::Drift;
use super::state::ContactState;
use super::write::{Attempt, LeftOut, WriteError, Written};
use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::attributes::CartState;
use crate::backoff::retry_at;
use crate::context::ContextService;
use crate::model::{CustomerId, Insights, StoreId};
use crate::ports::{
    Cursor, CustomerPage, Link, PortError, PortFailure, PortResult, Ports, SyncClaim,
};

/// How customers are synced.
#[derive(Clone, Copy, Debug)]
pub struct SyncConfig {
    /// How many customers are claimed at once.
    pub batch: usize,
    /// How many contacts are written at the same time.
    pub parallel: usize,
    /// How long a claim holds. A contact that is not written within three quarters of it is left to
    /// the next claim, so that it has one writer: a whole batch should fit.
    pub lease: Duration,
    /// How long to wait when there is nothing to do.
    pub idle: Duration,
    /// Which contacts that are there already a new customer is given.
    pub adoption: Adoption,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            batch: 256,
            parallel: 16,
            lease: Duration::from_mins(5),
            idle: Duration::from_millis(250),
            adoption: Adoption::default(),
        }
    }
}

/// What was done for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The contact is new.
    Created,
    /// A contact that was there already became the customer's.
    Adopted,
    /// The contact was changed.
    Updated,
    /// The contact says it already; nothing was sent.
    Unchanged,
    /// The shop has no such customer (any more); nothing was sent.
    Gone,
    /// It failed, and is due again later.
    Failed,
    /// Another worker took it over meanwhile.
    Lost,
}

/// One customer's sync.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Synced {
    /// The customer's store.
    pub store: StoreId,
    /// The customer.
    pub customer: CustomerId,
    /// What was done.
    pub outcome: Outcome,
    /// From the first trigger to the confirmation; `None` unless it was confirmed.
    pub lag: Option<SignedDuration>,
    /// Fields that this customer's contact had to go without; the rest was written.
    pub left_out: Vec<LeftOut>,
    /// What was wrong with the contact before, if that was seen; it is put right now.
    pub drift: Option<Drift>,
}

/// What was done for a customer, before the claim is settled.
#[derive(Clone, Debug)]
pub(super) struct Done {
    outcome: Outcome,
    left_out: Vec<LeftOut>,
    drift: Option<Drift>,
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, left_out: Vec::new(), drift: None }
    }
}

/// Syncs customers to contacts. Any number of them may run on one ledger.
#[derive(Clone, Debug)]
pub struct ContactSync {
    pub(super) accounts: Accounts,
    pub(super) ports: Ports,
    context: Option<ContextService>,
    pub(super) config: SyncConfig,
}

#[derive(Debug, thiserror::Error)]
enum SyncError {
    #[error(transparent)]
    Account(Arc<StoreAccountError>),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(
        "the claim ends before the contact is written: make the batch smaller or the lease longer"
    )]
    Late,
}

type OpenAccounts = HashMap<StoreId, Result<Arc<OpenAccount>, Arc<StoreAccountError>>>;

impl ContactSync {
    /// Creates a sync between the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: SyncConfig) -> Self {
        Self { accounts, ports, context: None, config }
    }

    /// Also forgets a customer's cached snapshot when a change is wanted.
    pub fn refreshing(mut self, context: ContextService) -> Self {
        self.context = Some(context);
        self
    }

    /// Wants the customer synced: call it after any change of the customer, the orders or the
    /// cart, as often as you like.
    ///
    /// # Errors
    /// The ledger failed: the change is not noted.
    pub async fn want(&self, store: &StoreId, customer: &CustomerId) -> Result<(), PortFailure> {
        if let Some(context) = &self.context {
            context.forget(store, customer).await;
        }
        Ok(self.ports.sync.want(store, customer, Timestamp::now()).await?)
    }

    /// Wants every customer of the store synced.
    ///
    /// # Errors
    /// A port failed; what was noted until then stays.
    pub async fn want_all(&self, store: &StoreId) -> Result<u64, PortFailure> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.page(store, after.as_ref()).await?;
            for id in &page.ids {
                self.ports.sync.want(store, id, Timestamp::now()).await?;
                count += 1;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// The next of the store's customers.
    pub(super) async fn page(
        &self,
        store: &StoreId,
        after: Option<&Cursor>,
    ) -> PortResult<CustomerPage> {
        const PAGE: usize = 1_000;
        let page = self.ports.customers.customer_ids(store, after, PAGE).await;
        let page = page.map_err(|error| error.named("customers"))?;
        if page.next.is_some() && page.next.as_ref() == after {
            let text = "`customer_ids` answers the cursor that it was asked with";
            return Err(PortError::new("customers", text));
        }
        Ok(page)
    }

    /// Syncs one batch; empty when nothing was due.
    ///
    /// # Errors
    /// The ledger failed; what was claimed is due again when its lease ends.
    pub async fn run_once(&self) -> Result<Vec<Synced>, PortFailure> {
        let SyncConfig { batch, parallel, lease, .. } = self.config;
        let claims = self.ports.sync.claim(batch, lease, Timestamp::now()).await?;
        // The rest of the lease is for a request that is under way at the end: the server may work
        // on it a while longer.
        let until = Instant::now() + lease - lease / 4;
        let accounts = self.open_accounts(&claims).await;
        stream::iter(claims)
            .map(|claim| self.settle(claim, &accounts, until))
            .buffer_unordered(parallel.max(1))
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .map(|synced| synced.map_err(PortFailure::from))
            .collect()
    }

    /// Syncs batch after batch for as long as the future is polled: stop it by dropping it. A
    /// customer cut off that way is due again when the lease ends.
    pub async fn run(&self) {
        loop {
            match self.run_once().await {
                Ok(synced) if !synced.is_empty() => {}
                Ok(_) => tokio::time::sleep(self.config.idle).await,
                Err(error) => {
                    tracing::error!(%error, "the sync ledger failed; trying again");
                    tokio::time::sleep(self.config.idle.max(Duration::from_secs(1))).await;
                }
            }
        }
    }

    /// A batch is mostly of one store: its account is opened once.
    async fn open_accounts(&self, claims: &[SyncClaim]) -> OpenAccounts {
        let mut accounts = OpenAccounts::new();
        for claim in claims {
            if !accounts.contains_key(&claim.store) {
                let opened = self.accounts.open(&claim.store).await;
                accounts.insert(claim.store.clone(), opened.map(Arc::new).map_err(Arc::new));
            }
        }
        accounts
    }

    /// Writes one claimed customer, then confirms the claim or gives it back.
    async fn settle(
        &self,
        claim: SyncClaim,
        accounts: &OpenAccounts,
        until: Instant,
    ) -> PortResult<Synced> {
        let result = match accounts.get(&claim.store) {
            Some(Ok(open)) => {
                let written = timeout_at(until, self.write(open, &claim.customer)).await;
                written.map_or(Err(SyncError::Late), |written| written.map_err(SyncError::from))
            }
            Some(Err(error)) => Err(SyncError::Account(error.clone())),
            // Every store of the batch was opened.
            None => Ok(Outcome::Lost.into()),
        };
        let now = Timestamp::now();
        let (done, held) = match result {
            Ok(done) => (done, self.ports.sync.confirm(&claim).await?),
            Err(error) => {
                tracing::warn!(%error, store = %claim.store, customer = %claim.customer,
                    tries = claim.tries + 1, "the sync failed; it is tried again");
                let due = retry_at(now, claim.tries);
                (Outcome::Failed.into(), self.ports.sync.release(&claim, due).await?)
            }
        };
        let Done { outcome, left_out, drift } = done;
        let outcome = if held { outcome } else { Outcome::Lost };
        let confirmed = !matches!(outcome, Outcome::Failed | Outcome::Lost);
        Ok(Synced {
            lag: confirmed.then(|| now.duration_since(claim.wanted_at)),
            store: claim.store,
            customer: claim.customer,
            outcome,
            left_out,
            drift,
        })
    }

    /// The contact that the customer should have now; `None` if the shop has no such customer.
    pub(super) async fn wanted(
        &self,
        open: &OpenAccount,
        id: &CustomerId,
    ) -> PortResult<Option<WantedContact>> {
        let store = &open.record.store.id;
        let Ports { customers, orders, carts, .. } = &self.ports;
        let customer = customers.customer(store, id).await;
        let Some(customer) = customer.map_err(|error| error.named("customers"))? else {
            return Ok(None);
        };
        let totals = orders.order_totals(store, id).await;
        let totals = totals.map_err(|error| error.named("orders"))?;
        let cart = match carts {
            Some(carts) => {
                let cart = carts.cart(store, id).await;
                Some(cart.map_err(|error| error.named("carts"))?)
            }
            None => None,
        };
        let cart = cart.as_ref().map_or(CartState::NoCarts, |cart| cart.as_ref().into());
        let insights = Insights::new(totals, open.record.store.tiers.as_ref());
        let identifier = open.identity.identifier(id);
        Ok(Some(WantedContact::new(identifier, &customer, &insights, cart)))
    }

    /// Writes a customer's contact as it should be now, unless it is.
    pub(super) async fn write(
        &self,
        open: &OpenAccount,
        id: &CustomerId,
    ) -> Result<Done, WriteError> {
        let store = &open.record.store.id;
        let Some(wanted) = self.wanted(open, id).await? else { return Ok(Outcome::Gone.into()) };
        let fingerprint = wanted.fingerprint();
        let before = self.ports.links.get(store, id).await?;
        let (mut known, mut drift) = (None, None);
        if let Some(link) = &before {
            if link.fingerprint == fingerprint {
                return Ok(Outcome::Unchanged.into());
            }
            known = Some(link.contact);
            if link.fingerprint.is_to_look_at() {
                match self.look(open, link, &wanted).await? {
                    Looked::AsWanted => {
                        let link = Link { fingerprint, ..link.clone() };
                        self.keep(store, before.as_ref(), link).await?;
                        return Ok(Outcome::Unchanged.into());
                    }
                    Looked::Differs(found) => drift = found,
                    Looked::Vanished => (known, drift) = (None, Some(Drift::Vanished)),
                }
            }
        }
        let adoption = self.config.adoption;
        let attempt = Attempt::new(&self.ports, open, id, adoption, known, wanted);
        let Written { contact, outcome, fingerprint, left_out, vanished } = attempt.write().await?;
        // What was left out is not in the fingerprint: it is tried again with the next trigger.
        let link = Link { customer: id.clone(), contact, fingerprint };
        self.keep(store, before.as_ref(), link).await?;
        let drift = if vanished { Some(Drift::Vanished) } else { drift };
        if let Some(drift) = &drift {
            tracing::warn!(%store, customer = %id, %drift, "a contact had drifted; it is put right");
        }
        Ok(Done { outcome, left_out, drift })
    }

    /// Reads a linked contact that may not be as it was written.
    async fn look(
        &self,
        open: &OpenAccount,
        link: &Link,
        wanted: &WantedContact,
    ) -> Result<Looked, WriteError> {
        let shown = match open.account.contacts().get(link.contact).await {
            Ok(shown) => shown,
            Err(error) if error.is_not_found() => return Ok(Looked::Vanished),
            Err(error) => return Err(error.into()),
        };
        if ContactState::of_contact(&shown) == ContactState::of_wanted(wanted) {
            return Ok(Looked::AsWanted);
        }
        let identifier = open.identity.identifier(&link.customer);
        let written = link.fingerprint.written();
        Ok(Looked::Differs(Drift::of(&shown, &written, &identifier, wanted)))
    }

    /// Keeps the customer's link, unless it changed since: it was changed by a merge or a hint, and
    /// what was written may be undone.
    async fn keep(&self, store: &StoreId, before: Option<&Link>, link: Link) -> PortResult<()> {
        if self.ports.links.get(store, &link.customer).await?.as_ref() == before {
            self.ports.links.put(store, &link).await?;
        }
        Ok(())
    }
}

/// What a look at a linked contact found.
enum Looked {
    AsWanted,
    /// It is to be written; by a drift, or because the shop has changed.
    Differs(Option<Drift>),
    Vanished,
}
