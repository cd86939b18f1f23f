//! From the ledger to the handler: claimed, handled, done, or due again later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chatwoot_client::ConversationId;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::handler::Handler;
use crate::backoff::retry_at;
use crate::model::StoreId;
use crate::ports::{EntryClaim, PortFailure, PortResult, WebhookLedger};

/// How entries are handed out.
#[derive(Clone, Copy, Debug)]
pub struct DispatchConfig {
    /// How many entries are claimed at once.
    pub batch: usize,
    /// How many conversations are handled at the same time.
    pub parallel: usize,
    /// How long a claim holds; longer than a handler takes for a batch of one conversation.
    pub lease: Duration,
    /// How long to wait when there is nothing to do.
    pub idle: Duration,
}

impl Default for DispatchConfig {
    fn default() -> Self {
        Self {
            batch: 64,
            parallel: 8,
            lease: Duration::from_mins(1),
            idle: Duration::from_millis(250),
        }
    }
}

/// What became of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Handled, and done.
    pub handled: u64,
    /// Not handled; due again later.
    pub failed: u64,
}

/// Hands entries to a [`Handler`].
#[derive(Clone)]
pub struct Dispatcher {
    ledger: Arc<dyn WebhookLedger>,
    handler: Arc<dyn Handler>,
    config: DispatchConfig,
}

impl Dispatcher {
    /// A dispatcher from a ledger to a handler.
    pub fn new(
        ledger: Arc<dyn WebhookLedger>,
        handler: Arc<dyn Handler>,
        config: DispatchConfig,
    ) -> Self {
        Self { ledger, handler, config }
    }

    /// Handles one batch; both counts are 0 when nothing was due.
    ///
    /// # Errors
    /// The ledger failed; what was claimed is due again when its lease ends.
    pub async fn run_once(&self) -> Result<Dispatched, PortFailure> {
        let DispatchConfig { batch, parallel, lease, .. } = self.config;
        let claims = self.ledger.claim(batch, lease, Timestamp::now()).await?;
        let mut queues: BTreeMap<ConversationQueue, Vec<EntryClaim>> = BTreeMap::new();
        for claim in claims {
            queues.entry(queue_of(&claim)).or_default().push(claim);
        }
        let outcomes: Vec<PortResult<Dispatched>> = stream::iter(queues.into_values())
            .map(|claims| self.handle_queue(claims))
            .buffer_unordered(parallel.max(1))
            .collect()
            .await;
        outcomes.into_iter().try_fold(Dispatched::default(), |sum, outcome| {
            let Dispatched { handled, failed } = outcome?;
            Ok(Dispatched { handled: sum.handled + handled, failed: sum.failed + failed })
        })
    }

    /// Handles batch after batch for as long as the future is polled: stop it by dropping it, for
    /// example in `tokio::select!`. An entry cut off that way comes again when its lease ends.
    pub async fn run(&self) {
        loop {
            match self.run_once().await {
                Ok(done) if done != Dispatched::default() => {}
                Ok(_) => tokio::time::sleep(self.config.idle).await,
                Err(error) => {
                    tracing::error!(%error, "the webhook ledger failed; trying again");
                    tokio::time::sleep(self.config.idle.max(Duration::from_secs(1))).await;
                }
            }
        }
    }

    /// One conversation's entries, one after another. After a failure the later ones wait too, so
    /// that their order holds.
    async fn handle_queue(&self, claims: Vec<EntryClaim>) -> PortResult<Dispatched> {
        let mut sum = Dispatched::default();
        let mut due_again = None;
        for claim in claims {
            if let Some(due) = due_again {
                self.ledger.release(&claim, due).await?;
                sum.failed += 1;
                continue;
            }
            let entry = &claim.entry;
            match self.handler.handle(entry).await {
                Ok(()) if self.ledger.done(&claim).await? => sum.handled += 1,
                // A lost claim is another worker's, who has the rest of the conversation too.
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(%error, store = %entry.store, key = entry.key, tries = claim.tries + 1,
                        "the handler failed; the entry comes again");
                    let due = retry_at(Timestamp::now(), claim.tries);
                    self.ledger.release(&claim, due).await?;
                    due_again = Some(due);
                    sum.failed += 1;
                }
            }
        }
        Ok(sum)
    }
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What is handled in order: a conversation, or an event of its own.
type ConversationQueue = (StoreId, Result<ConversationId, u64>);

fn queue_of(claim: &EntryClaim) -> ConversationQueue {
    (claim.entry.store.clone(), claim.entry.event.conversation_id().ok_or(claim.id))
}
