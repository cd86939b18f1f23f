//! Erasing a customer: what is in Chatwoot goes, and does not come back.

use std::time::Duration;

use super::report::Outcome;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::model::{CustomerId, StoreId};
use crate::ports::PortFailure;

/// How far an erasure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Erased {
    /// The contact is gone.
    Done,
    /// It is noted, and a worker does it: the contact is being written, is online, or Chatwoot did
    /// not answer.
    Noted,
}

impl ContactSync {
    /// Erases a customer: the contact is deleted with its conversations, and nothing of the customer
    /// is written again, whatever is wanted or was read before; what the webhook ledger keeps of the
    /// conversations is forgotten, handled or not. It stays so until
    /// [`SyncLedger::forget`](crate::ports::SyncLedger::forget).
    ///
    /// A contact that is online cannot be deleted: it is anonymized at once and deleted later.
    ///
    /// # Errors
    /// The ledger failed. Doing it again is safe.
    pub async fn erase(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Erased, PortFailure> {
        const PATIENCE: Duration = Duration::from_secs(2);
        self.forget_context(store, customer).await;
        self.ports.sync.erase(store, customer).await?;
        let claim = match self.hold_waiting(store, customer, PATIENCE).await {
            Ok(claim) => claim,
            Err(WriteError::Port(error)) => return Err(error.into()),
            Err(_) => return Ok(Erased::Noted),
        };
        let synced = self.attend_and_settle(claim).await?;
        Ok(match synced.outcome {
            Outcome::Deleted | Outcome::Gone => Erased::Done,
            _ => Erased::Noted,
        })
    }
}
