//! Merging the contact of a guest who is recognized as a customer into the customer's contact.

use std::time::Duration;

use chatwoot_client::{ContactId, Error};
use tokio::time::timeout;

use super::customer::link_in;
use super::drift::is_moved;
use super::error::SERVER_TIME;
use super::merge::Merge;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{AuditAction, PortError, Settlement, SyncClaim};

/// How long a recognition waits for a worker that is writing the customer's contact, or for a write
/// whose answer was lost to be over.
const PATIENCE: Duration = SERVER_TIME.saturating_add(Duration::from_secs(5));

/// The reason why a guest's contact was not merged; repeating the call is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeGuestError {
    /// The shop has no such customer.
    #[error("the shop has no customer {0}")]
    UnknownCustomer(CustomerId),
    /// The contact belongs to another customer.
    #[error("contact {0} is another customer's: only a guest's contact is merged")]
    OtherCustomer(ContactId),
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// The customer has no contact yet, and none could be created.
    #[error("the customer's contact could not be written first: {0}")]
    NoContact(String),
    /// Another worker is writing the customer's contact, or it was deleted repeatedly.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Chatwoot refused the merge or did not respond.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ContactSync {
    /// Merges a guest's contact into the customer's: its conversations, notes and contact inboxes
    /// move there, and the guest's contact is deleted. The guest's labels are lost (measured on
    /// 4.15.1).
    ///
    /// The customer's row is claimed meanwhile, so that no worker writes the contact at the same
    /// time. If the future is dropped before it completes, the contact is written again once the
    /// claim's lease has expired ([`SyncConfig::lease`](super::SyncConfig::lease)).
    ///
    /// A guest's contact that does not exist was merged before, by a call whose response was lost:
    /// repeating the call is safe.
    ///
    /// The host is responsible for the fact that the guest *is* the customer: it must come from a
    /// session, never from an email address that a visitor typed.
    pub async fn merge_guest(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        guest: ContactId,
    ) -> Result<ContactId, MergeGuestError> {
        let open = self.open(store).await?;
        // The customer's own contact may have to be created first, and may be deleted meanwhile.
        let mut vanished = false;
        for _ in 0..4 {
            let claim = self.hold_waiting(store, customer, PATIENCE).await?;
            let known = link_in(&open, &claim).map(|link| link.contact);
            let contact = match known {
                Some(contact) if !vanished && !claim.erased => contact,
                _ => {
                    self.write_held(&open, claim).await?;
                    vanished = false;
                    continue;
                }
            };
            let limit = self.config.time_limit();
            let merged = timeout(limit, self.merge_held(&open, &claim, contact, guest)).await;
            // What was sent and not answered may still be worked on. Once something was sent the row
            // is in doubt and wanted, so that the contact is written again.
            let quiet = match &merged {
                Err(_elapsed) => SERVER_TIME,
                Ok(Err(MergeGuestError::Chatwoot(error))) if error.is_unknown_outcome() => {
                    SERVER_TIME
                }
                Ok(_) => Duration::ZERO,
            };
            let merged = merged.unwrap_or(Err(WriteError::Busy.into()));
            let returned = Settlement::Returned { quiet };
            self.ports.sync.settle(&[(claim, returned)]).await?;
            if merged? {
                self.audit(store, AuditAction::Merge, customer).await?;
                return Ok(contact);
            }
            vanished = true;
        }
        Err(WriteError::Unsteady.into())
    }

    /// Writes the contact of a claimed customer.
    async fn write_held(
        &self,
        open: &OpenAccount,
        claim: SyncClaim,
    ) -> Result<(), MergeGuestError> {
        let customer = claim.customer.clone();
        // An explicit request deserves an attempt, however often the sync failed before.
        let claim = SyncClaim { tries: 0, ..claim };
        let synced = self.attend_and_settle(claim).await?;
        let link = self.ports.sync.link(&open.record.store.id, &customer).await?;
        match (link, synced.error) {
            (Some(_), _) => Ok(()),
            (None, None) => Err(MergeGuestError::UnknownCustomer(customer)),
            (None, Some(error)) => Err(MergeGuestError::NoContact(error)),
        }
    }

    /// Merges a guest's contact into that of a claimed customer. Returns `false` if the customer's
    /// own contact no longer exists.
    async fn merge_held(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
        guest: ContactId,
    ) -> Result<bool, MergeGuestError> {
        if contact == guest {
            return Ok(true);
        }
        // A contact of another customer may have lost its identifier.
        let linked = self.ports.sync.customer_of(&open.record.store.id, &open.key, guest).await?;
        if linked.is_some_and(|linked| linked != claim.customer) {
            return Err(MergeGuestError::OtherCustomer(guest));
        }
        let own = open.identity.identifier(&claim.customer);
        match open.account.contacts().get(guest).await {
            Ok(shown) if is_moved(&shown, &own) => {
                return Err(MergeGuestError::OtherCustomer(guest));
            }
            Ok(_) => {}
            // Merged before, by a call whose response was lost: the contact is written again in
            // case that did not happen.
            Err(error) if error.is_not_found() => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        self.begin(claim).await?;
        // A guest's contact that no longer exists was merged before, by a call whose response was
        // lost.
        Ok(self.merge_contacts(open, contact, guest).await? != Merge::NoBase)
    }
}
