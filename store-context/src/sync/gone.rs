//! Removing the contacts of customers who no longer exist in the shop.

use std::time::Duration;

use chatwoot_client::application::contacts::{ContactKey, ContactPatch};
use chatwoot_client::{Attributes, ContactId, ErrorKind, Patch};
use serde_json::Value;

use super::config::GonePolicy;
use super::customer::link_in;
use super::error::SyncError;
use super::report::{Done, Outcome};
use super::worker::ContactSync;
use super::write::{ROUNDS, WriteError, mark};
use crate::accounts::OpenAccount;
use crate::attributes::CONTACT_MARK;
use crate::ports::{Doubt, Settlement, SyncClaim};

/// The delay before the next attempt to delete a contact that is online.
const STILL_ONLINE: Duration = Duration::from_mins(5);

impl ContactSync {
    /// Removes the contact of a customer who no longer exists, according to the policy.
    pub(super) async fn remove_gone(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Done, SyncError> {
        match self.config.gone {
            GonePolicy::Keep => Ok(match link_in(open, claim) {
                Some(link) => Done::unchanged(link.clone()),
                None => Done::new(Settlement::Gone, Outcome::Gone),
            }),
            GonePolicy::Anonymize => self.remove(open, claim, Removal::Anonymize).await,
            GonePolicy::Delete => self.remove(open, claim, Removal::Delete).await,
        }
    }

    /// Removes the contact of a customer who no longer exists and whose linked contact is not found.
    pub(super) async fn remove_vanished(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
    ) -> Result<Done, SyncError> {
        let unlinked = SyncClaim { link: None, ..claim.clone() };
        self.remove_gone(open, &unlinked).await
    }

    /// Removes the linked contact or, if there is none, the one that carries the customer's
    /// identifier: the widget or an app created it, an agent merged the linked contact into it, or
    /// the response to its creation was lost.
    async fn remove(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        how: Removal,
    ) -> Result<Done, SyncError> {
        let mut linked = link_in(open, claim).map(|link| link.contact);
        for _ in 0..ROUNDS {
            let Some(contact) = self.linked_or_own(open, claim, linked.take()).await? else {
                return Ok(gone());
            };
            let removed = match how {
                Removal::Anonymize => self.anonymize(open, claim, contact).await?,
                Removal::Delete => self.delete(open, claim, contact).await?,
            };
            if let Some(done) = removed {
                return Ok(done);
            }
        }
        Err(WriteError::Unsteady.into())
    }

    /// Returns the linked contact or, if there is none, the one that carries the customer's
    /// identifier and may be treated as the customer's.
    pub(super) async fn linked_or_own(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        linked: Option<ContactId>,
    ) -> Result<Option<ContactId>, SyncError> {
        if linked.is_some() {
            return Ok(linked);
        }
        let identifier = ContactKey::Identifier(open.identity.identifier(&claim.customer));
        let Some(found) = open.account.contacts().find_exact(identifier).await? else {
            return Ok(None);
        };
        let (store, customer, contact) = (&claim.store, &claim.customer, found.id);
        let ledger = &self.ports.sync;
        let other = ledger.customer_of(store, &open.key, contact);
        let other = self.in_time("sync ledger", other).await?.filter(|other| other != customer);
        if let Some(other) = other {
            tracing::warn!(%store, %customer, %contact, %other,
                "another customer's contact carries the identifier of a removed customer");
            // The other customer's worker writes the right identifier.
            let doubt = ledger.doubt(store, &open.key, contact, Doubt::Look, None);
            self.in_time("sync ledger", doubt).await?;
            return Ok(None);
        }
        if self.is_own(open, customer, &found).await? {
            return Ok(Some(contact));
        }
        tracing::warn!(%store, %customer, %contact,
            "a contact with a removed customer's identifier may be a visitor's; it is not removed");
        Ok(None)
    }

    /// Deletes a contact. Returns `None` if the contact no longer exists.
    async fn delete(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
    ) -> Result<Option<Done>, SyncError> {
        self.begin(claim).await?;
        match open.account.contacts().delete(contact).await {
            Ok(()) => Ok(Some(Done::new(Settlement::Gone, Outcome::Deleted))),
            Err(error) if error.is_not_found() => Ok(None),
            // A contact with an open widget cannot be deleted. It keeps the identifier until it is
            // deleted: there may be no link to find it by, and the widget would create another.
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let made_for = mark(open, &claim.customer);
                if !self.clear(open, claim, contact, Patch::Keep, made_for).await? {
                    return Ok(None);
                }
                // Not a failure: it does not count as a try, however long the contact stays online.
                let settlement = Settlement::Returned { quiet: STILL_ONLINE };
                Ok(Some(Done::new(settlement, Outcome::Anonymized)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Clears the personal data and what identifies the contact. Returns `None` if the contact no
    /// longer exists.
    async fn anonymize(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
    ) -> Result<Option<Done>, SyncError> {
        let no_mark = Attributes::from_iter([(CONTACT_MARK.to_owned(), Value::Null)]);
        let cleared = self.clear(open, claim, contact, Patch::Clear, Some(no_mark)).await?;
        Ok(cleared.then(|| Done::new(Settlement::Gone, Outcome::Anonymized)))
    }

    /// Clears the personal data. Returns `false` if the contact no longer exists.
    pub(super) async fn clear(
        &self,
        open: &OpenAccount,
        claim: &SyncClaim,
        contact: ContactId,
        identifier: Patch<String>,
        mark: Option<Attributes>,
    ) -> Result<bool, SyncError> {
        self.begin(claim).await?;
        // The identifier is cleared last: if the worker dies before, the contact is found again.
        let declared = self.ports.attributes.attributes(&open.record.store.id);
        let keys = declared.contact_keys_ever();
        match open.account.contact(contact).remove_custom_attributes(keys).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let patch = ContactPatch {
            name: Patch::Set(String::new()),
            identifier,
            email: Patch::Clear,
            phone_number: Patch::Clear,
            merge_additional_attributes: mark,
            ..ContactPatch::default()
        };
        match open.account.contacts().update(contact, &patch).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Records durably that a request is about to be sent for a claim.
    pub(super) async fn begin(&self, claim: &SyncClaim) -> Result<(), WriteError> {
        let begun = self.in_time("sync ledger", self.ports.sync.begin(claim)).await?;
        if begun { Ok(()) } else { Err(WriteError::Lost) }
    }
}

/// How a contact is removed.
#[derive(Clone, Copy)]
enum Removal {
    Anonymize,
    Delete,
}

/// Returns the result for a customer for whom Chatwoot has no contact.
pub(super) fn gone() -> Done {
    Done { called: true, ..Done::new(Settlement::Gone, Outcome::Gone) }
}
