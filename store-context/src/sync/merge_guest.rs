//! A guest who turns out to be a customer: two contacts become one.

use std::time::Duration;

use chatwoot_client::{ContactId, Error};
use tokio::time::timeout;

use super::customer::link_in;
use super::drift::is_moved;
use super::error::SERVER_TIME;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{PortError, Settlement, SyncClaim};

/// How long a recognition waits for a worker that is writing the customer's contact, or for a write
/// whose answer was lost to be over.
const PATIENCE: Duration = SERVER_TIME.saturating_add(Duration::from_secs(5));

/// Why a guest's contact was not merged; doing it again is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeGuestError {
    /// The shop has no such customer.
    #[error("the shop has no customer {0}")]
    UnknownCustomer(CustomerId),
    /// The contact is no guest's.
    #[error("contact {0} is another customer's: only a guest's contact is merged")]
    OtherCustomer(ContactId),
    /// The store's account cannot be used.
    #[error(transparent)]
    Account(#[from] StoreAccountError),
    /// The customer has no contact yet, and it could not be written.
    #[error("the customer's contact could not be written first: {0}")]
    NoContact(String),
    /// Somebody else is writing the customer's contact, or it vanishes again and again.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Chatwoot refused the merge or did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ContactSync {
    /// Merges a guest's contact into the customer's: its conversations, notes and presences move
    /// there, and the guest is gone. Labels of the guest are lost (measured on 4.15.1).
    ///
    /// The customer's row is held meanwhile, so that no worker writes the contact at the same time.
    /// Where this is dropped half-way, the contact is written again once the hold has ended
    /// ([`SyncConfig::lease`](super::SyncConfig::lease)).
    ///
    /// A guest who is gone was merged before, by a call whose answer was lost: doing it again is safe,
    /// and waits until nothing of the lost call can come any more, some 15 seconds.
    ///
    /// The host answers for it that the guest *is* the customer: a session, never an e-mail address
    /// that somebody typed.
    pub async fn merge_guest(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        guest: ContactId,
    ) -> Result<ContactId, MergeGuestError> {
        let open = self.open(store).await?;
        // The customer's own contact may have to be made first, and may vanish meanwhile.
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
                return Ok(contact);
            }
            vanished = true;
        }
        Err(WriteError::Unsteady.into())
    }

    /// Writes the contact of a held customer.
    async fn write_held(
        &self,
        open: &OpenAccount,
        claim: SyncClaim,
    ) -> Result<(), MergeGuestError> {
        let customer = claim.customer.clone();
        // Whoever asks for the customer now is worth a try, however often it failed before.
        let claim = SyncClaim { tries: 0, ..claim };
        let synced = self.attend_and_settle(claim).await?;
        let link = self.ports.sync.link(&open.record.store.id, &customer).await?;
        match (link, synced.error) {
            (Some(_), _) => Ok(()),
            (None, None) => Err(MergeGuestError::UnknownCustomer(customer)),
            (None, Some(error)) => Err(MergeGuestError::NoContact(error)),
        }
    }

    /// Merges a guest's contact into that of a held customer. `false`: the customer's own contact
    /// is not there any more.
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
            // Merged before, by a call whose answer was lost: the contact is written again, should
            // nobody have done so.
            Err(error) if error.is_not_found() => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        self.begin(claim).await?;
        Ok(self.merge_contacts(open, contact, guest).await?)
    }
}
