//! Writing one contact: create, adopt or change, with the server's refusals in mind.

use chatwoot_client::{
    Account, Contact, ContactId, Error, ErrorKind, InboxId, UpsertError, UpsertOutcome,
};

use super::contact::WantedContact;
use super::worker::Outcome;
use crate::ports::{Fingerprint, PortError};

/// A contact that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Chatwoot refused it or did not answer.
    #[error(transparent)]
    Chatwoot(#[from] Error),
    /// The contact could be neither made nor adopted.
    #[error(transparent)]
    Upsert(#[from] UpsertError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The contact was deleted or merged away again and again.
    #[error("the contact vanishes as soon as it is found: is something else deleting contacts?")]
    Unsteady,
}

/// A written contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) contact: ContactId,
    pub(super) outcome: Outcome,
    /// What was written: what was wanted without what was left out.
    pub(super) fingerprint: Fingerprint,
    /// Fields that Chatwoot refuses for this customer; they are left out.
    pub(super) left_out: Vec<&'static str>,
}

/// A contact that vanishes as often as it is made is left to the next try.
const ROUNDS: usize = 8;

/// Writes the contact; a field that is refused (an address that another contact has, a number that
/// is no number) is left out rather than keeping the rest from the agents.
pub(super) async fn write(
    account: &Account,
    inbox: Option<InboxId>,
    known: Option<ContactId>,
    wanted: WantedContact,
) -> Result<Written, WriteError> {
    let mut attempt = Attempt { account, inbox, known, made: None, wanted };
    let mut left_out = Vec::new();
    for _ in 0..ROUNDS {
        match attempt.round().await {
            Ok(Some((contact, outcome))) => {
                let fingerprint = attempt.wanted.fingerprint();
                return Ok(Written { contact, outcome, fingerprint, left_out });
            }
            Ok(None) => {}
            Err(error) => {
                let refused = refused_field(&error, &mut attempt.wanted);
                let Some(field) = refused else { return Err(error) };
                tracing::warn!(%error, field, "the field is refused and left out");
                left_out.push(field);
            }
        }
    }
    Err(WriteError::Unsteady)
}

struct Attempt<'a> {
    account: &'a Account,
    inbox: Option<InboxId>,
    known: Option<ContactId>,
    /// How the known contact came to be, if this attempt did it.
    made: Option<Outcome>,
    wanted: WantedContact,
}

impl Attempt<'_> {
    /// One round; `None`: what is known of the contact has changed, so there is another.
    async fn round(&mut self) -> Result<Option<(ContactId, Outcome)>, WriteError> {
        let contacts = self.account.contacts();
        if let Some(known) = self.known {
            return match contacts.update(known, &self.wanted.to_patch()).await {
                Ok(contact) => Ok(Some((contact.id, self.made.unwrap_or(Outcome::Updated)))),
                // Deleted or merged away by an agent: it is made anew, or found by its identifier.
                Err(error) if error.is_not_found() => {
                    (self.known, self.made) = (None, None);
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            };
        }
        let mut new = self.wanted.to_new(self.inbox);
        match contacts.create(&new).await {
            Ok(created) => return Ok(Some((created.contact.id, Outcome::Created))),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        // Nobody has proved a telephone number: a contact that has it may be anybody's, and is not
        // adopted for it.
        new.phone_number = None;
        let upserted = contacts.upsert(&new).await?;
        let outcome = match upserted.outcome {
            UpsertOutcome::Created => Outcome::Created,
            _ => Outcome::Adopted,
        };
        let contact = upserted.contact;
        if self.reached(&contact) {
            return Ok(Some((contact.id, outcome)));
        }
        (self.known, self.made) = (Some(contact.id), Some(outcome));
        Ok(None)
    }

    /// Whether the contact has the address and the number that are wanted, or none where none is.
    fn reached(&self, contact: &Contact) -> bool {
        let text = |text: &Option<String>| text.clone().unwrap_or_default().to_lowercase();
        text(&contact.email) == text(&self.wanted.email)
            && text(&contact.phone_number) == text(&self.wanted.phone_number)
    }
}

/// The optional field that a refusal is about, taken out of what is wanted.
fn refused_field(error: &WriteError, wanted: &mut WantedContact) -> Option<&'static str> {
    let named: Vec<&str> = match error {
        WriteError::Chatwoot(error) | WriteError::Upsert(UpsertError::Call(error)) => {
            if !is_refusal(error) {
                return None;
            }
            error.attributes().iter().map(String::as_str).collect()
        }
        // It belongs to somebody else's contact.
        WriteError::Upsert(
            UpsertError::TwoContacts { second_key: key, .. }
            | UpsertError::OtherIdentifier { key, .. },
        ) => vec![key],
        WriteError::Upsert(_) | WriteError::Unsteady | WriteError::Port(_) => return None,
    };
    ["email", "phone_number"]
        .into_iter()
        .find(|field| named.contains(field) && wanted.leave_out(field))
}

fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict)
}
