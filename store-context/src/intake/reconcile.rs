//! Finds what Chatwoot never delivered.
//!
//! Chatwoot sends an account's webhook once; a timeout, a restart, a 5xx, and it is gone. So the
//! reconciler asks the API for every conversation that was touched since its cursor, and takes
//! what the ledger does not know in the same way as a webhook.
//!
//! It finds each conversation that began, the state each is in now, and each message but
//! Chatwoot's own notes (of which it sends no webhook either). States between two rounds, and
//! changes of a message, are not told by the API and not found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::application::conversations::Conversation;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::types::MessageId;
use chatwoot_client::types::{Message, MessageType};
use chatwoot_client::{Account, Error};
use jiff::Timestamp;

use super::{from_api, record};
use crate::accounts::{Accounts, OpenAccount, StoreAccountError};
use crate::identity::StoreIdentity;
use crate::model::StoreId;
use crate::model::SupportEvent;
use crate::ports::{EntrySource, PortError, Ports, Remembered, WebhookLedger};

/// How the reconciler looks back.
#[derive(Clone, Copy, Debug)]
pub struct ReconcileConfig {
    /// What is younger than this is left to its webhook, which may still be on its way.
    pub grace: Duration,
    /// How far behind the cursor it looks again, against clocks that differ.
    pub overlap: Duration,
    /// How long to wait between two rounds.
    pub every: Duration,
}

impl Default for ReconcileConfig {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(15),
            overlap: Duration::from_mins(1),
            every: Duration::from_mins(1),
        }
    }
}

/// What one round found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Conversations that were touched since the cursor.
    pub conversations: u64,
    /// Facts that no webhook had told.
    pub found: u64,
}

/// Why a round was not finished; the cursor stays, so the next round looks at the same again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// Chatwoot did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Asks Chatwoot for what its webhooks did not bring.
#[derive(Clone, Debug)]
pub struct Reconciler {
    accounts: Accounts,
    ports: Ports,
    config: ReconcileConfig,
}

impl Reconciler {
    /// Creates a reconciler between the host's ports and the stores' accounts.
    pub fn new(accounts: Accounts, ports: Ports, config: ReconcileConfig) -> Self {
        Self { accounts, ports, config }
    }

    /// Reconciles one store from its cursor to now, and moves the cursor. A store without a cursor
    /// (the [`Provisioner`](crate::provision::Provisioner) sets it) starts with the overlap.
    pub async fn run_once(&self, store: &StoreId) -> Result<Reconciled, ReconcileError> {
        let OpenAccount { account, identity, .. } = self.accounts.open(store).await?;
        let until = back(Timestamp::now(), self.config.grace);
        let cursor = self.ports.webhooks.cursor(store).await?.unwrap_or(until);
        let round = Round {
            account,
            identity,
            ledger: self.ports.webhooks.clone(),
            store: store.clone(),
            since: back(cursor.min(until), self.config.overlap),
            until,
        };
        let reconciled = round.run().await?;
        self.ports.webhooks.set_cursor(store, until.max(cursor)).await?;
        if reconciled.found > 0 {
            tracing::info!(%store, found = reconciled.found, "found what no webhook brought");
        }
        Ok(reconciled)
    }

    /// Reconciles every store, round after round, for as long as the future is polled: stop it by
    /// dropping it.
    pub async fn run(&self) {
        loop {
            match self.ports.stores.ids(None, usize::MAX).await {
                Ok(stores) => {
                    for store in stores {
                        if let Err(error) = self.run_once(&store).await {
                            tracing::warn!(%error, %store, "not reconciled; the next round looks again");
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "the stores cannot be read"),
            }
            tokio::time::sleep(self.config.every).await;
        }
    }
}

/// One store, once.
struct Round {
    account: Account,
    identity: StoreIdentity,
    ledger: Arc<dyn WebhookLedger>,
    store: StoreId,
    since: Timestamp,
    until: Timestamp,
}

impl Round {
    async fn run(&self) -> Result<Reconciled, ReconcileError> {
        let window = Timestamp::now().duration_since(self.since).as_secs() + 1;
        let window = u64::try_from(window).unwrap_or(1);
        let touched = self.account.conversations().updated_within(window).await?.payload;
        let mut sum = Reconciled::default();
        for conversation in touched {
            sum.conversations += 1;
            sum.found += self.state(&conversation).await?;
            sum.found += match self.messages(&conversation).await {
                // It was deleted since it was listed, and must not hold the others up.
                Err(ReconcileError::Chatwoot(error)) if error.is_not_found() => 0,
                found => found?,
            };
        }
        Ok(sum)
    }

    /// The conversation itself: that it began, and the state it is in.
    async fn state(&self, conversation: &Conversation) -> Result<u64, ReconcileError> {
        let fact = from_api::conversation(conversation, &self.identity, Timestamp::now());
        let mut found = 0;
        if self.is_due(conversation.created_at.at()) {
            found += self.tell(SupportEvent::ConversationCreated(fact.clone())).await?;
        }
        if !self.is_due(fact.updated_at.at()) {
            return Ok(found);
        }
        let known = self.ledger.observed(&self.store, conversation.id).await?;
        found += match known {
            Some(known) if known.same_state(&fact) || known.updated_at > fact.updated_at => 0,
            Some(known) if known.status == fact.status => {
                self.tell(SupportEvent::ConversationUpdated(fact)).await?
            }
            _ => self.tell(SupportEvent::ConversationStatusChanged(fact)).await?,
        };
        Ok(found)
    }

    /// The messages in the window: read newest page first, told in the order they were written.
    async fn messages(&self, conversation: &Conversation) -> Result<u64, ReconcileError> {
        let mut messages = BTreeMap::new();
        let mut before: Option<MessageId> = None;
        loop {
            let query = MessagesQuery { before, ..MessagesQuery::default() };
            let page =
                self.account.conversation(conversation.id).messages().list(&query).await?.payload;
            let oldest = page.iter().min_by_key(|message| message.id);
            let next = oldest.filter(|oldest| oldest.created_at.at() >= Some(self.since));
            let next = next.map(|oldest| oldest.id);
            messages.extend(page.into_iter().map(|message| (message.id, message)));
            // A page that goes back no further is the last.
            if next.is_none() || before.is_some() && next >= before {
                break;
            }
            before = next;
        }
        let mut found = 0;
        for message in messages.values() {
            found += self.message(message, conversation).await?;
        }
        Ok(found)
    }

    async fn message(
        &self,
        message: &Message,
        conversation: &Conversation,
    ) -> Result<u64, ReconcileError> {
        let noted = message.message_type == MessageType::Activity;
        if noted || !self.is_due(message.created_at.at()) {
            return Ok(0);
        }
        let now = Timestamp::now();
        let fact = from_api::message(message, conversation, &self.identity, now);
        self.tell(SupportEvent::MessageCreated(fact)).await
    }

    /// In the window, and old enough that its webhook is not on its way any more.
    fn is_due(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| at >= self.since && at <= self.until)
    }

    /// Records a fact, unless it is known: then nothing is written, not even its
    /// state.
    async fn tell(&self, event: SupportEvent) -> Result<u64, ReconcileError> {
        let Some(key) = event.key() else { return Ok(0) };
        if self.ledger.knows(&self.store, &key).await? {
            return Ok(0);
        }
        let source = EntrySource::Reconciler;
        let told = record::remember(&*self.ledger, &self.store, event, key, source).await?;
        Ok(u64::from(told == Remembered::New))
    }
}

fn back(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_sub(by).unwrap_or(Timestamp::MIN)
}
