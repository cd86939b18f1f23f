//! Erasing customers: removes their data from Chatwoot and prevents later writes.

use std::time::Duration;

use super::report::Outcome;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::model::{CustomerId, StoreId};
use crate::ports::{AuditAction, AuditEntry, PortFailure, PortResult};

/// The progress of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Erased {
    /// The contact is deleted.
    Done,
    /// The erasure is recorded and a worker completes it: the contact is being written, is online,
    /// or Chatwoot did not respond.
    Noted,
}

impl ContactSync {
    /// Erases a customer: deletes the contact with its conversations and the recorded activity, and
    /// prevents every later write of the customer's data to Chatwoot, including writes that are
    /// already wanted or computed. This holds until [`SyncLedger::forget`](crate::ports::SyncLedger::forget).
    ///
    /// A contact that is online cannot be deleted: it is anonymized at once, except for the
    /// identifier, by which it is found again, and deleted later.
    ///
    /// # Errors
    /// Returns an error if the ledger, the audit trail or the activity log failed. Repeating the call
    /// is safe.
    pub async fn erase(
        &self,
        store: &StoreId,
        customer: &CustomerId,
    ) -> Result<Erased, PortFailure> {
        const PATIENCE: Duration = Duration::from_secs(2);
        self.forget_context(store, customer).await;
        self.ports.sync.erase(store, customer).await?;
        self.audit(store, AuditAction::Erase, customer).await?;
        if let Some(activity) = &self.ports.activity {
            self.in_time("activity", activity.forget(store, customer)).await?;
        }
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

    /// Writes to the audit trail what was requested for a customer.
    pub(super) async fn audit(
        &self,
        store: &StoreId,
        action: AuditAction,
        customer: &CustomerId,
    ) -> PortResult<()> {
        let entry = AuditEntry::new(store, "store-context/sync", action, customer.into());
        self.ports.audit.append(&[entry]).await
    }
}
