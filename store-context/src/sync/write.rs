//! Writing one contact: creates, adopts or updates it, and handles the server's refusals.

use std::fmt;
use std::time::Duration;

use chatwoot_client::application::contacts::{
    Contact, ContactKey, ContactPatch, NewContact, NewContactInbox,
};
use chatwoot_client::{Attributes, ContactId, Error, ErrorKind, InboxId, Patch};

use super::contact::WantedContact;
use super::report::Outcome;
use super::worker::ContactSync;
use crate::accounts::OpenAccount;
use crate::attributes::CONTACT_MARK;
use crate::model::{ContactIdentifiers, CustomerId};
use crate::ports::{Link, PortError, PortResult, SyncClaim};

/// The reason why a contact could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Chatwoot refused the request or did not respond.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The contact was deleted or merged repeatedly.
    #[error("the contact vanishes as soon as it is found: is something else deleting contacts?")]
    Unsteady,
    /// The customer into whom this one is merged has no contact yet.
    #[error("the customer whom this one is merged into has no contact yet")]
    NoContactYet,
    /// Another worker is writing the contact.
    #[error("somebody else is writing the contact")]
    Busy,
    /// The claim was lost to another worker, or the customer was erased.
    #[error("the claim was lost: somebody else has the customer, or the customer was erased")]
    Lost,
}

/// A field that was left out of a contact. It is retried with the next trigger; a value that
/// another contact has is also retried when that contact releases it, and from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The field, by Chatwoot's name: `identifier`, `email` or `phone_number`.
    pub field: &'static str,
    /// The reason.
    pub reason: LeftOutReason,
}

/// The reason why a field was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOutReason {
    /// Chatwoot refuses the value, for example an invalid phone number.
    Refused,
    /// Another contact has the value.
    Taken,
    /// This contact has the value and was not adopted, because a visitor may have prepared it. An
    /// agent can merge it into the customer's contact, or delete it.
    NotAdopted(ContactId),
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, reason } = self;
        match reason {
            LeftOutReason::Refused => write!(f, "{field} is refused"),
            LeftOutReason::Taken => write!(f, "another contact has the {field}"),
            LeftOutReason::NotAdopted(contact) => {
                write!(f, "contact {contact} has the {field} and may be a visitor's")
            }
        }
    }
}

/// The result of writing a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) outcome: Outcome,
    /// The link to the contact in its current state: the wanted state without the fields that were
    /// left out.
    pub(super) link: Link,
    pub(super) left_out: Vec<LeftOut>,
    /// Whether the previously linked contact no longer exists.
    pub(super) vanished: bool,
}

/// The number of rounds after which a contact that is deleted repeatedly is left to the next
/// attempt.
pub(super) const ROUNDS: usize = 8;

/// How an existing contact was found.
#[derive(Clone, Copy)]
struct Adopted {
    absent_from: Option<InboxId>,
}

/// The state of writing one customer's contact.
pub(super) struct Attempt<'a> {
    sync: &'a ContactSync,
    open: &'a OpenAccount,
    claim: &'a SyncClaim,
    customer: &'a CustomerId,
    known: Option<ContactId>,
    wanted: WantedContact,
    /// Whether this attempt found the known contact, and the inbox in which it is missing.
    adopted: Option<Adopted>,
    left_out: Vec<LeftOut>,
    /// The values that were left out because another contact has them.
    waits_for: Vec<String>,
    vanished: bool,
}

/// The result of one round.
enum Round {
    Written(ContactId, Outcome),
    /// The known or the wanted state of the contact changed, so another round follows.
    Again,
    /// The customer no longer exists in the shop.
    Gone,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        sync: &'a ContactSync,
        open: &'a OpenAccount,
        claim: &'a SyncClaim,
        known: Option<ContactId>,
        wanted: WantedContact,
    ) -> Self {
        Self {
            sync,
            open,
            claim,
            customer: &claim.customer,
            known,
            wanted,
            adopted: None,
            left_out: Vec::new(),
            waits_for: Vec::new(),
            vanished: false,
        }
    }

    /// Writes the contact. A refused field (an address of another contact, an invalid phone number)
    /// is left out, so that agents still see the others. Returns `None` if the customer no longer
    /// exists in the shop and the contact was deleted.
    pub(super) async fn write(mut self) -> Result<Option<Written>, WriteError> {
        for _ in 0..ROUNDS {
            match self.round().await? {
                Round::Written(contact, outcome) => {
                    return Ok(Some(self.written(contact, outcome)));
                }
                Round::Gone => return Ok(None),
                Round::Again => {}
            }
        }
        Err(WriteError::Unsteady)
    }

    fn written(self, contact: ContactId, outcome: Outcome) -> Written {
        let Self { open, claim, wanted, left_out, waits_for, vanished, .. } = self;
        let before = claim.link.as_ref().map_or(0, |link| link.left_out);
        let link = Link {
            account: open.key.clone(),
            contact,
            fingerprint: wanted.fingerprint(),
            holds: wanted.holds(&open.identity),
            left_out: if waits_for.is_empty() { 0 } else { before.saturating_add(1) },
            waits_for,
        };
        Written { outcome, link, left_out, vanished }
    }

    async fn round(&mut self) -> Result<Round, WriteError> {
        let contacts = self.open.account.contacts();
        self.sync.begin(self.claim).await?;
        let refused = if let Some(known) = self.known {
            match contacts.update(known, &self.patch()).await {
                Ok(contact) => {
                    return Ok(Round::Written(contact.id, self.settle_in(contact.id).await?));
                }
                // Deleted or merged: it is created again, or found by its identifier, if the
                // customer still exists. The state read before may be older than an erasure.
                Err(error) if error.is_not_found() => {
                    self.vanished |= self.adopted.is_none();
                    (self.known, self.adopted) = (None, None);
                    let wanted = self.sync.wanted(self.open, self.customer).await?;
                    let Some(wanted) = wanted else { return Ok(Round::Gone) };
                    self.wanted = wanted;
                    self.left_out.clear();
                    self.waits_for.clear();
                    return Ok(Round::Again);
                }
                Err(error) => error,
            }
        } else {
            match contacts.create(&self.new_contact()).await {
                Ok(created) => return Ok(Round::Written(created.contact.id, Outcome::Created)),
                Err(error) => error,
            }
        };
        self.make_way(refused).await?;
        Ok(Round::Again)
    }

    fn new_contact(&self) -> NewContact {
        let additional_attributes = mark(self.open, self.customer);
        NewContact {
            additional_attributes,
            ..self.wanted.to_new(self.open.record.account.api_inbox)
        }
    }

    fn patch(&self) -> ContactPatch {
        let merge_additional_attributes = self.adopted.and_then(|_| mark(self.open, self.customer));
        ContactPatch { merge_additional_attributes, ..self.wanted.to_patch() }
    }

    /// Adds an adopted contact to the inbox in which every customer's contact is. The contact
    /// carries its identifier already: if this fails, the next attempt finds it.
    async fn settle_in(&self, contact: ContactId) -> Result<Outcome, Error> {
        let Some(Adopted { absent_from }) = self.adopted else { return Ok(Outcome::Updated) };
        if let Some(inbox) = absent_from {
            let presence = NewContactInbox::new(inbox);
            self.open.account.contact(contact).inboxes().create(&presence).await?;
        }
        Ok(Outcome::Adopted)
    }

    /// Resolves one field that a refusal names: the next round may find another.
    async fn make_way(&mut self, refused: Error) -> Result<(), WriteError> {
        let named = |field: &str| refused.invalid_fields().iter().any(|named| named == field);
        if !matches!(refused.kind(), ErrorKind::Invalid | ErrorKind::Conflict) {
            return Err(refused.into());
        }
        let taken = refused.is_conflict();
        let plainly = if taken { LeftOutReason::Taken } else { LeftOutReason::Refused };
        match &self.wanted {
            WantedContact { identifier: Some(identifier), .. } if taken && named("identifier") => {
                let identifier = ContactKey::Identifier(identifier.clone());
                self.identifier_is_taken(identifier).await
            }
            WantedContact { email: Some(email), .. } if named("email") => {
                let email = email.clone();
                if taken && self.known.is_none() {
                    self.email_is_taken(email).await
                } else {
                    self.leave_out("email", plainly);
                    Ok(())
                }
            }
            // Phone numbers are unverified: a contact with this number may belong to anyone, so it
            // is not adopted for it.
            WantedContact { phone_number: Some(_), .. } if named("phone_number") => {
                self.leave_out("phone_number", plainly);
                Ok(())
            }
            _ => Err(refused.into()),
        }
    }

    fn leave_out(&mut self, field: &'static str, reason: LeftOutReason) {
        if let Some(value) = self.wanted.leave_out(field)
            && reason != LeftOutReason::Refused
        {
            self.waits_for.push(self.open.identity.unique(field, &value));
        }
        let left_out = LeftOut { field, reason };
        let store = &self.open.record.store.id;
        tracing::warn!(%store, customer = %self.customer, reason = %left_out, "a field is left out");
        self.left_out.push(left_out);
    }

    async fn identifier_is_taken(&mut self, identifier: ContactKey) -> Result<(), WriteError> {
        let contacts = self.open.account.contacts();
        let Some(owner) = contacts.find_exact(identifier).await? else {
            return Ok(()); // It is free by now.
        };
        if self.known == Some(owner.id) {
            return Ok(());
        }
        if let Some(other) = self.linked_to_other(owner.id).await? {
            return self.take_back(owner.id, &other).await;
        }
        if !self.sync.is_own(self.open, self.customer, &owner).await? {
            self.leave_out("identifier", LeftOutReason::NotAdopted(owner.id));
            return Ok(());
        }
        match self.known {
            None => {
                self.adopt(&owner);
                Ok(())
            }
            // The page was served with the identifier before the sync ran.
            Some(known) => match contacts.merge(known, owner.id).await {
                Err(error) if !error.is_not_found() => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    async fn email_is_taken(&mut self, email: String) -> Result<(), WriteError> {
        let contacts = self.open.account.contacts();
        let owner = contacts.find_exact(ContactKey::Email(email.clone())).await?;
        let has = |owner: &Contact| {
            owner.email.as_deref().is_some_and(|has| has.eq_ignore_ascii_case(&email))
        };
        let reason = match owner.filter(has) {
            None => LeftOutReason::Refused,
            Some(owner) if self.is_of_other(&owner).await? => LeftOutReason::Taken,
            Some(owner) if self.sync.is_own(self.open, self.customer, &owner).await? => {
                self.adopt(&owner);
                return Ok(());
            }
            Some(owner) => LeftOutReason::NotAdopted(owner.id),
        };
        self.leave_out("email", reason);
        Ok(())
    }

    /// Returns whether the contact belongs to another customer: by its link, or by an identifier
    /// that is not this customer's.
    async fn is_of_other(&self, contact: &Contact) -> PortResult<bool> {
        let carried = contact.identifier.as_deref().unwrap_or_default();
        let other = !carried.is_empty() && carried != self.open.identity.identifier(self.customer);
        Ok(other || self.linked_to_other(contact.id).await?.is_some())
    }

    async fn linked_to_other(&self, contact: ContactId) -> PortResult<Option<CustomerId>> {
        let (ledger, store) = (&self.sync.ports.sync, &self.open.record.store.id);
        let linked = ledger.customer_of(store, &self.open.key, contact);
        let linked = self.sync.in_time("sync ledger", linked).await?;
        Ok(linked.filter(|linked| linked != self.customer))
    }

    /// Continues with an existing contact.
    fn adopt(&mut self, contact: &Contact) {
        let is_in = |inbox: &InboxId| {
            let mut there = contact.contact_inboxes.iter().flatten();
            there.any(|there| there.inbox.as_ref().is_some_and(|there| there.id == *inbox))
        };
        let absent_from = self.open.record.account.api_inbox.filter(|inbox| !is_in(inbox));
        (self.known, self.adopted) = (Some(contact.id), Some(Adopted { absent_from }));
    }

    /// Restores the identifier of another customer's contact that carries this customer's
    /// identifier because of a merge or a manual change.
    async fn take_back(&self, contact: ContactId, other: &CustomerId) -> Result<(), WriteError> {
        let store = &self.open.record.store.id;
        tracing::warn!(%store, customer = %self.customer, %contact, %other,
            "another customer's contact carries the customer's identifier; it is taken back");
        let Some(held) = self.sync.hold_beside(self.claim, other).await? else {
            return Err(WriteError::Busy);
        };
        let taken_back = self.clear_identifier(contact, &held).await;
        // Its row is in doubt now, and so it is written again.
        let quiet = taken_back.as_ref().map_or_else(WriteError::settles_in, |()| Duration::ZERO);
        self.sync.return_beside(self.claim, quiet).await?;
        taken_back
    }

    async fn clear_identifier(
        &self,
        contact: ContactId,
        held: &SyncClaim,
    ) -> Result<(), WriteError> {
        self.sync.begin(held).await.map_err(|error| match error {
            WriteError::Lost => WriteError::Busy,
            error => error,
        })?;
        let patch = ContactPatch { identifier: Patch::Clear, ..ContactPatch::default() };
        match self.open.account.contacts().update(contact, &patch).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Returns the mark that identifies the contact later; a pseudonym needs none.
pub(super) fn mark(open: &OpenAccount, customer: &CustomerId) -> Option<Attributes> {
    match open.record.store.identity.identifiers {
        ContactIdentifiers::Pseudonym => None,
        ContactIdentifiers::Plain => {
            let made_for = open.identity.pseudonym(customer);
            Some(Attributes::from_iter([(CONTACT_MARK.to_owned(), made_for.into())]))
        }
    }
}

/// Returns whether an unlinked contact was created for this customer: it carries the pseudonym,
/// which cannot be guessed.
pub(super) fn is_marked_for(open: &OpenAccount, customer: &CustomerId, contact: &Contact) -> bool {
    let pseudonym = open.identity.pseudonym(customer);
    let made_for = contact.additional_attributes.get(CONTACT_MARK);
    contact.identifier.as_ref() == Some(&pseudonym)
        || made_for.and_then(|made_for| made_for.as_str()) == Some(&pseudonym)
}
