//! A customer whom the shop does not have any more: what becomes of the contact.

use std::time::Duration;

use chatwoot_client::application::contacts::{ContactKey, ContactPatch};
use chatwoot_client::{Attributes, ContactId, ErrorKind, Patch};
use serde_json::Value;

use super::config::GonePolicy;
use super::customer::link_in;
use super::error::SyncError;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::{MADE_FOR, WriteError, is_marked_for};
use crate::accounts::OpenAccount;
use crate::attributes;
use crate::ports::{Doubt, Settlement, SyncClaim};

/// When a contact is tried again that is online and cannot be deleted.
const STILL_ONLINE: Duration = Duration::from_mins(5);

impl ContactSync {
    /// Deletes the contact of an erased customer.
    pub(super) async fn remove_erased(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Done, SyncError> {
        let contact = match link_in(open, claim) {
            Some(link) => Some(link.contact),
            None => self.find_own(open, claim).await?,
        };
        let Some(contact) = contact else { return Ok(gone()) };
        let done = self.delete(open, claim, contact).await?;
        // What they wrote waits for a handler, or was set aside.
        let forgotten = self.ports.webhooks.forget_contact(&claim.store, &open.key, contact);
        self.in_time("webhook ledger", forgotten).await?;
        Ok(done)
    }

    /// Removes the contact of a customer who is gone, as the policy says.
    pub(super) async fn remove_gone(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Done, SyncError> {
        let contact = match link_in(open, claim) {
            Some(link) if self.config.gone == GonePolicy::Keep => {
                return Ok(Done::unchanged(link.clone()));
            }
            Some(link) => Some(link.contact),
            // A creation whose answer was lost.
            None if claim.doubt == Doubt::Write => self.find_own(open, claim).await?,
            None => None,
        };
        match (contact, self.config.gone) {
            (None, _) | (_, GonePolicy::Keep) => Ok(gone()),
            (Some(contact), GonePolicy::Delete) => self.delete(open, claim, contact).await,
            (Some(contact), GonePolicy::Anonymize) => {
                let there = self.anonymize(open, claim, contact).await?;
                let outcome = if there { Outcome::Anonymized } else { Outcome::Gone };
                Ok(Done { called: true, ..Done::new(Settlement::Gone, outcome) })
            }
        }
    }

    /// Finds a contact without a link that was made for the customer.
    pub(super) async fn find_own(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Option<ContactId>, SyncError> {
        let identifier = ContactKey::Identifier(open.identity.identifier(&claim.customer));
        let found = open.account.contacts().find_exact(identifier).await?;
        let own = found.filter(|contact| is_marked_for(open, &claim.customer, contact));
        Ok(own.map(|contact| contact.id))
    }

    async fn delete(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
    ) -> Result<Done, SyncError> {
        self.begin(claim).await?;
        match open.account.contacts().delete(contact).await {
            Ok(()) => Ok(Done::new(Settlement::Gone, Outcome::Deleted)),
            Err(error) if error.is_not_found() => Ok(Done { called: true, ..gone() }),
            // Who has the widget open cannot be deleted.
            Err(error) if error.kind() == ErrorKind::Invalid => {
                self.anonymize(open, claim, contact).await?;
                // No failure: it counts no try, however long they stay.
                let settlement = Settlement::Returned { quiet: STILL_ONLINE };
                Ok(Done::new(settlement, Outcome::Anonymized))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Clears what is personal. `false`: the contact is not there any more.
    async fn anonymize(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
    ) -> Result<bool, SyncError> {
        self.begin(claim).await?;
        let mark = Attributes::from_iter([(MADE_FOR.to_owned(), Value::Null)]);
        let patch = ContactPatch {
            name: Patch::Set(String::new()),
            identifier: Patch::Clear,
            email: Patch::Clear,
            phone_number: Patch::Clear,
            merge_additional_attributes: Some(mark),
            ..ContactPatch::default()
        };
        match open.account.contacts().update(contact, &patch).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let keys = attributes::ALL.iter().map(|attribute| attribute.key);
        match open.account.contact(contact).remove_custom_attributes(keys).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Says durably that something is about to be sent for a claim.
    pub(super) async fn begin(&self, claim: &SyncClaim) -> Result<(), WriteError> {
        let begun = self.in_time("sync ledger", self.ports.sync.begin(claim)).await?;
        if begun { Ok(()) } else { Err(WriteError::Lost) }
    }
}

fn gone() -> Done {
    Done::new(Settlement::Gone, Outcome::Gone)
}
