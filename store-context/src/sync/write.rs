//! Writing one contact: create, adopt or change, with the server's refusals in mind.

use std::fmt;

use chatwoot_client::application::contacts::{
    Contact, ContactKey, ContactPatch, NewContact, NewContactInbox,
};
use chatwoot_client::{Attributes, ContactId, Error, ErrorKind, InboxId, Patch};

use super::adoption::{Adoption, is_unprepared};
use super::contact::WantedContact;
use super::drift::look_again;
use super::worker::Outcome;
use crate::accounts::OpenAccount;
use crate::model::{ContactIdentifiers, CustomerId};
use crate::ports::{Fingerprint, PortError, PortResult, Ports};

/// A contact that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Chatwoot refused it or did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The contact was deleted or merged away again and again.
    #[error("the contact vanishes as soon as it is found: is something else deleting contacts?")]
    Unsteady,
}

/// A field that a contact had to go without; the next trigger tries it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The field, by Chatwoot's name: `identifier`, `email` or `phone_number`.
    pub field: &'static str,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a field was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOutReason {
    /// Chatwoot refuses the value, such as a number that is none.
    Refused,
    /// Another contact has the value.
    Taken,
    /// This contact has the value and was not adopted: a visitor may have prepared it. An agent who
    /// knows better can merge it into the customer's contact, or delete it.
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

/// A written contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) contact: ContactId,
    pub(super) outcome: Outcome,
    /// What was written: what was wanted without what was left out.
    pub(super) fingerprint: Fingerprint,
    pub(super) left_out: Vec<LeftOut>,
    /// Whether the contact that was known is not there any more.
    pub(super) vanished: bool,
}

/// A contact that vanishes as often as it is made is left to the next try.
const ROUNDS: usize = 8;

/// In `additional_attributes` of each contact that was made or adopted under a plain identifier:
/// the customer's pseudonym, by which the contact is known again when the server's answer was lost.
/// A plain identifier could be a guest's.
const MADE_FOR: &str = "store_contact";

/// How a contact was found that is there already.
#[derive(Clone, Copy)]
struct Adopted {
    absent_from: Option<InboxId>,
}

/// One customer's contact on its way.
pub(super) struct Attempt<'a> {
    ports: &'a Ports,
    open: &'a OpenAccount,
    customer: &'a CustomerId,
    adoption: Adoption,
    known: Option<ContactId>,
    wanted: WantedContact,
    /// Whether the known contact was found by this attempt, and where it is not present yet.
    adopted: Option<Adopted>,
    left_out: Vec<LeftOut>,
    vanished: bool,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        ports: &'a Ports,
        open: &'a OpenAccount,
        customer: &'a CustomerId,
        adoption: Adoption,
        known: Option<ContactId>,
        wanted: WantedContact,
    ) -> Self {
        let (adopted, left_out, vanished) = (None, Vec::new(), false);
        Self { ports, open, customer, adoption, known, wanted, adopted, left_out, vanished }
    }

    /// Writes the contact; a field that is refused (an address that another contact has, a number
    /// that is no number) is left out rather than keeping the rest from the agents.
    pub(super) async fn write(mut self) -> Result<Written, WriteError> {
        for _ in 0..ROUNDS {
            if let Some((contact, outcome)) = self.round().await? {
                let fingerprint = self.wanted.fingerprint();
                let Self { left_out, vanished, .. } = self;
                return Ok(Written { contact, outcome, fingerprint, left_out, vanished });
            }
        }
        Err(WriteError::Unsteady)
    }

    /// One round; `None`: what is known or wanted of the contact has changed, so there is another.
    async fn round(&mut self) -> Result<Option<(ContactId, Outcome)>, WriteError> {
        let contacts = self.open.account.contacts();
        let refused = if let Some(known) = self.known {
            match contacts.update(known, &self.patch()).await {
                Ok(contact) => return Ok(Some((contact.id, self.settle_in(contact.id).await?))),
                // Deleted or merged away by an agent: it is made anew, or found by its identifier.
                Err(error) if error.is_not_found() => {
                    self.vanished |= self.adopted.is_none();
                    (self.known, self.adopted) = (None, None);
                    return Ok(None);
                }
                Err(error) => error,
            }
        } else {
            match contacts.create(&self.new_contact()).await {
                Ok(created) => return Ok(Some((created.contact.id, Outcome::Created))),
                Err(error) => error,
            }
        };
        self.make_way(refused).await?;
        Ok(None)
    }

    fn new_contact(&self) -> NewContact {
        let additional_attributes = self.mark();
        NewContact {
            additional_attributes,
            ..self.wanted.to_new(self.open.record.account.api_inbox)
        }
    }

    fn patch(&self) -> ContactPatch {
        let merge_additional_attributes = self.adopted.and_then(|_| self.mark());
        ContactPatch { merge_additional_attributes, ..self.wanted.to_patch() }
    }

    /// What a contact is known again by; a pseudonym suffices.
    fn mark(&self) -> Option<Attributes> {
        match self.open.record.store.identity.identifiers {
            ContactIdentifiers::Pseudonym => None,
            ContactIdentifiers::Plain => {
                let made_for = self.open.identity.pseudonym(self.customer);
                Some(Attributes::from_iter([(MADE_FOR.to_owned(), made_for.into())]))
            }
        }
    }

    /// Makes an adopted contact present where every customer's is. It carries its identifier by
    /// now: when this fails, it is found again.
    async fn settle_in(&self, contact: ContactId) -> Result<Outcome, Error> {
        let Some(Adopted { absent_from }) = self.adopted else { return Ok(Outcome::Updated) };
        if let Some(inbox) = absent_from {
            let presence = NewContactInbox::new(inbox);
            self.open.account.contact(contact).inboxes().create(&presence).await?;
        }
        Ok(Outcome::Adopted)
    }

    /// Takes one field that a refusal names out of the way: the next round may find another.
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
            // Nobody has proved a telephone number: a contact that has it may be anybody's, and is
            // not adopted for it.
            WantedContact { phone_number: Some(_), .. } if named("phone_number") => {
                self.leave_out("phone_number", plainly);
                Ok(())
            }
            _ => Err(refused.into()),
        }
    }

    fn leave_out(&mut self, field: &'static str, reason: LeftOutReason) {
        self.wanted.leave_out(field);
        let left_out = LeftOut { field, reason };
        let store = &self.open.record.store.id;
        tracing::warn!(%store, customer = %self.customer, reason = %left_out, "a field is left out");
        self.left_out.push(left_out);
    }

    async fn identifier_is_taken(&mut self, identifier: ContactKey) -> Result<(), WriteError> {
        let contacts = self.open.account.contacts();
        let Some(owner) = contacts.find_exact(&identifier).await? else {
            return Ok(()); // It is free by now.
        };
        if self.known == Some(owner.id) {
            return Ok(());
        }
        if let Some(other) = self.linked_to_other(owner.id).await? {
            return self.take_back(owner.id, &other).await;
        }
        if !self.is_own(&owner).await? {
            self.leave_out("identifier", LeftOutReason::NotAdopted(owner.id));
            return Ok(());
        }
        match self.known {
            None => {
                self.adopt(&owner);
                Ok(())
            }
            // The page was served under the identifier before the sync came.
            Some(known) => match contacts.merge(known, owner.id).await {
                Err(error) if !error.is_not_found() => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    async fn email_is_taken(&mut self, email: String) -> Result<(), WriteError> {
        let contacts = self.open.account.contacts();
        let owner = contacts.find_exact(&ContactKey::Email(email.clone())).await?;
        let has = |owner: &Contact| {
            owner.email.as_deref().is_some_and(|has| has.eq_ignore_ascii_case(&email))
        };
        let reason = match owner.filter(has) {
            None => LeftOutReason::Refused,
            Some(owner) if self.is_of_other(&owner).await? => LeftOutReason::Taken,
            Some(owner) if self.is_own(&owner).await? => {
                self.adopt(&owner);
                return Ok(());
            }
            Some(owner) => LeftOutReason::NotAdopted(owner.id),
        };
        self.leave_out("email", reason);
        Ok(())
    }

    /// Whether the contact is another's: by its link, or by an identifier that is not this customer's.
    async fn is_of_other(&self, contact: &Contact) -> PortResult<bool> {
        let carried = contact.identifier.as_deref().unwrap_or_default();
        let other = !carried.is_empty() && carried != self.open.identity.identifier(self.customer);
        Ok(other || self.linked_to_other(contact.id).await?.is_some())
    }

    async fn linked_to_other(&self, contact: ContactId) -> PortResult<Option<CustomerId>> {
        let linked = self.ports.links.customer_of(&self.open.record.store.id, contact).await?;
        Ok(linked.filter(|linked| linked != self.customer))
    }

    /// Whether a contact without a link may become this customer's.
    async fn is_own(&self, contact: &Contact) -> Result<bool, Error> {
        let pseudonym = self.open.identity.pseudonym(self.customer);
        let made_for = contact.additional_attributes.get(MADE_FOR);
        if contact.identifier.as_ref() == Some(&pseudonym)
            || made_for.and_then(|made_for| made_for.as_str()) == Some(&pseudonym)
        {
            return Ok(true);
        }
        is_unprepared(self.adoption, self.open, self.customer, contact).await
    }

    /// Goes on with a contact that is there.
    fn adopt(&mut self, contact: &Contact) {
        let is_in = |inbox: &InboxId| {
            let mut there = contact.contact_inboxes.iter().flatten();
            there.any(|there| there.inbox.as_ref().is_some_and(|there| there.id == *inbox))
        };
        let absent_from = self.open.record.account.api_inbox.filter(|inbox| !is_in(inbox));
        (self.known, self.adopted) = (Some(contact.id), Some(Adopted { absent_from }));
    }

    /// Another customer's contact carries this customer's identifier, by a merge or by somebody's
    /// hand: it keeps its customer and gets that one's own identifier again.
    async fn take_back(&self, contact: ContactId, other: &CustomerId) -> Result<(), WriteError> {
        let store = &self.open.record.store.id;
        tracing::warn!(%store, customer = %self.customer, %contact, %other,
            "another customer's contact carries the customer's identifier; it is taken back");
        let patch = ContactPatch { identifier: Patch::Clear, ..ContactPatch::default() };
        match self.open.account.contacts().update(contact, &patch).await {
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
        let Ports { links, sync, .. } = self.ports;
        if let Some(link) = links.get(store, other).await? {
            look_again(&**links, &**sync, store, link).await?;
        }
        Ok(())
    }
}
