//! A guest who turns out to be a customer: two contacts become one.

use chatwoot_client::{ContactId, Error};

use super::drift::is_moved;
use super::worker::ContactSync;
use super::write::WriteError;
use crate::accounts::{OpenAccount, StoreAccountError};
use crate::model::{CustomerId, StoreId};
use crate::ports::{Fingerprint, Link, PortError, PortFailure};

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
    /// A guest who is gone was merged before, by a call whose answer was lost: doing it again is safe.
    ///
    /// The host answers for it that the guest *is* the customer: a session, never an e-mail address
    /// that somebody typed.
    pub async fn merge_guest(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        guest: ContactId,
    ) -> Result<ContactId, MergeGuestError> {
        let open = self.accounts.open(store).await?;
        let own = open.identity.identifier(customer);
        let contact = self.contact_of(&open, customer).await?;
        if contact == guest {
            return Ok(contact);
        }
        // A contact of another customer may have lost its identifier.
        let linked = self.ports.links.customer_of(store, guest).await?;
        if linked.is_some_and(|linked| linked != *customer) {
            return Err(MergeGuestError::OtherCustomer(guest));
        }
        match open.account.contacts().get(guest).await {
            Ok(shown) if is_moved(&shown, &own) => {
                return Err(MergeGuestError::OtherCustomer(guest));
            }
            Ok(_) => {}
            // Merged before, by a call whose answer was lost.
            Err(error) if error.is_not_found() => return Ok(contact),
            Err(error) => return Err(error.into()),
        }
        let merged = self.merge(&open, customer, contact, guest).await;
        match merged {
            // The customer's own contact was deleted or merged away: it is made anew.
            Err(MergeGuestError::Chatwoot(error)) if error.is_not_found() => {
                let contact = self.written(&open, customer).await?;
                self.merge(&open, customer, contact, guest).await
            }
            merged => merged,
        }
    }

    /// The customer's contact; written first, if there is none yet.
    async fn contact_of(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
    ) -> Result<ContactId, MergeGuestError> {
        match self.ports.links.get(&open.record.store.id, customer).await? {
            Some(link) => Ok(link.contact),
            None => self.written(open, customer).await,
        }
    }

    async fn written(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
    ) -> Result<ContactId, MergeGuestError> {
        self.write(open, customer).await?;
        let link = self.ports.links.get(&open.record.store.id, customer).await?;
        let unknown = || MergeGuestError::UnknownCustomer(customer.clone());
        Ok(link.ok_or_else(unknown)?.contact)
    }

    /// The merge reads and writes the contact whole: what a worker writes meanwhile may be lost, so
    /// it is written once more, whatever became of the merge.
    async fn merge(
        &self,
        open: &OpenAccount,
        customer: &CustomerId,
        contact: ContactId,
        guest: ContactId,
    ) -> Result<ContactId, MergeGuestError> {
        let store = &open.record.store.id;
        self.mark(store, customer, contact).await?;
        let merged = open.account.contacts().merge(contact, guest).await;
        self.mark(store, customer, contact).await?;
        self.want(store, customer).await.map_err(PortFailure::into_error)?;
        merged?;
        Ok(contact)
    }

    /// Makes the link one that no contact fits, so that the contact is written.
    async fn mark(
        &self,
        store: &StoreId,
        customer: &CustomerId,
        contact: ContactId,
    ) -> Result<(), PortError> {
        let before = self.ports.links.get(store, customer).await?;
        let written = before.map(|link| link.fingerprint);
        let fingerprint = written.unwrap_or_else(|| Fingerprint(String::new())).merged();
        let link = Link { customer: customer.clone(), contact, fingerprint };
        self.ports.links.put(store, &link).await
    }
}
