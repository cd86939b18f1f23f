//! Contact upsert: lookups and writes that are safe to repeat, since the API has no idempotency
//! keys.

use std::fmt;

use crate::application::contacts::Contacts;
use crate::application::contacts::NewContactInbox;
use crate::application::contacts::{Contact, ContactPatch, ContactSort, ContactsQuery, NewContact};
use crate::application::{Filter, FilterCondition};
use crate::error::Error;
use crate::types::ContactId;
use crate::types::Patch;

/// The key by which to find one contact. `Debug` shows only the kind, since the values are personal
/// data.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactKey {
    /// The shop's own key; case-sensitive.
    Identifier(String),
    /// The e-mail address, compared without regard to the case of ASCII letters. Other letters must
    /// match as written: the server stores them in lower case, and treats the KELVIN SIGN as a `k`.
    Email(String),
    /// The phone number, in E.164 form.
    Phone(String),
}

impl ContactKey {
    fn attribute(&self) -> &'static str {
        match self {
            Self::Identifier(_) => "identifier",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone_number",
        }
    }

    fn value(&self) -> &str {
        match self {
            Self::Identifier(value) | Self::Email(value) | Self::Phone(value) => value,
        }
    }

    fn is_of(&self, contact: &Contact) -> bool {
        match self {
            Self::Identifier(wanted) => contact.identifier.as_ref() == Some(wanted),
            // The server folds more than ASCII: two addresses that only it considers equal may
            // belong to two people.
            Self::Email(wanted) => {
                contact.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(wanted))
            }
            Self::Phone(wanted) => contact.phone_number.as_ref() == Some(wanted),
        }
    }

    /// Returns the keys of a contact to create, the strongest first.
    fn all_of(contact: &NewContact) -> Vec<Self> {
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        [
            given(&contact.identifier).map(Self::Identifier),
            given(&contact.email).map(Self::Email),
            given(&contact.phone_number).map(Self::Phone),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl fmt::Debug for ContactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactKey({})", self.attribute())
    }
}

/// The result of an upsert: the contact, and whether it was created or updated.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Upserted {
    /// The contact, as the server last returned it.
    pub contact: Contact,
    /// Whether the contact was created or updated.
    pub outcome: UpsertOutcome,
}

/// Whether an upsert created or updated the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpsertOutcome {
    /// The contact was created.
    Created,
    /// The contact existed and was updated.
    Adopted,
}

/// Why a contact was not upserted. Nothing was changed, unless a call failed half-way; it is safe
/// to upsert again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpsertError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// The contact has neither identifier nor e-mail address nor phone number: each call would
    /// create another one.
    #[error("the contact has no identifier, e-mail or phone number: give at least one")]
    NoKey,
    /// The keys belong to different contacts.
    #[error(
        "{first_key} belongs to contact {first} and {second_key} to contact {second}: merge the \
         two, or clear one of the values, then upsert again"
    )]
    TwoContacts {
        /// The stronger key: `identifier` or `email`.
        first_key: &'static str,
        /// The contact that has this key.
        first: ContactId,
        /// The weaker key: `email` or `phone_number`.
        second_key: &'static str,
        /// The contact that has this key.
        second: ContactId,
    },
    /// The e-mail address or phone number belongs to a contact with another identifier, which is
    /// taken to be another customer.
    #[error(
        "{key} belongs to contact {contact}, which has another identifier: clear the value there, \
         or leave it out here, then upsert again"
    )]
    OtherIdentifier {
        /// The shared key: `email` or `phone_number`.
        key: &'static str,
        /// The contact that has this key.
        contact: ContactId,
    },
}

impl UpsertError {
    /// Returns the failed call's error, if a call failed.
    pub fn call(&self) -> Option<&Error> {
        if let Self::Call(error) = self { Some(error) } else { None }
    }
}

impl Contacts<'_> {
    /// Returns the one contact with this identifier, e-mail address or phone number, or `None`.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/filter`.
    ///
    /// The server compares without regard to case. `find_exact` compares identifiers with regard to
    /// case, as their uniqueness does, and ignores case in e-mail addresses for ASCII letters only.
    /// It does not count against the narrow limit of a search.
    ///
    /// # Errors
    /// Those of [`Contacts::filter`]; a missing contact is not an error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactKey;
    ///
    /// let ada = ContactKey::Email("Ada@Example.com".into());
    /// if let Some(contact) = account.contacts().find_exact(ada).await? {
    ///     println!("{}", contact.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn find_exact(self, key: ContactKey) -> Result<Option<Contact>, Error> {
        if key.value().is_empty() {
            return Ok(None);
        }
        let filter = Filter::new(FilterCondition::equal_to(key.attribute(), [key.value()]));
        let (mut number, mut seen) = (1, 0);
        loop {
            // There is more than one page only if many identifiers differ in case alone.
            let sort = Some(ContactSort::CreatedAt);
            let query = ContactsQuery { page: Some(number), sort, ..ContactsQuery::default() };
            let page = self.filter(&filter, &query).await?;
            if page.payload.is_empty() {
                return Ok(None);
            }
            seen += page.payload.len() as u64;
            if let Some(contact) = page.payload.into_iter().find(|contact| key.is_of(contact)) {
                return Ok(Some(contact));
            }
            if page.meta.count.is_some_and(|count| count <= seen) {
                return Ok(None);
            }
            number += 1;
        }
    }

    /// Creates the contact, or updates the one that exists.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts`. On a conflict the contact is looked up by
    /// identifier, then e-mail address, then phone number, with [`Contacts::find_exact`], and
    /// updated.
    ///
    /// Of eight concurrent calls one creates the contact and seven update it, and it is safe to
    /// repeat a call whose outcome is unknown. Attributes are merged, as in [`Contacts::update`].
    /// If an inbox is given, an existing contact is added to it if necessary.
    ///
    /// # Errors
    /// [`NoKey`](UpsertError::NoKey) without identifier, e-mail address and phone number;
    /// [`TwoContacts`](UpsertError::TwoContacts) if they belong to different contacts;
    /// [`OtherIdentifier`](UpsertError::OtherIdentifier) if the contact that has the e-mail address
    /// or phone number has another identifier; [`Call`](UpsertError::Call) with the error of
    /// [`Contacts::create`], [`Contacts::update`] or, with an inbox,
    /// [`ContactInboxes::create`](crate::application::contacts::ContactInboxes::create).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::application::contacts::UpsertError> {
    /// use chatwoot_client::application::contacts::NewContact;
    ///
    /// let ada = NewContact {
    ///     identifier: Some("customer-1815".into()),
    ///     email: Some("ada@example.com".into()),
    ///     ..NewContact::default()
    /// };
    /// let upserted = account.contacts().upsert(&ada).await?;
    /// println!("{} was {:?}", upserted.contact.id, upserted.outcome);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn upsert(self, contact: &NewContact) -> Result<Upserted, UpsertError> {
        let keys = ContactKey::all_of(contact);
        if keys.is_empty() {
            return Err(UpsertError::NoKey);
        }
        let refused = match self.create(contact).await {
            Ok(created) => {
                let outcome = UpsertOutcome::Created;
                return Ok(Upserted { contact: created.contact, outcome });
            }
            Err(error) if error.is_conflict() => error,
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for key in keys {
            if let Some(owner) = self.find_exact(key.clone()).await? {
                found.push((key, owner));
            }
        }
        // The contact that had the value was deleted meanwhile, or the filter does not find it.
        let Some(there) = choose(contact, found)? else { return Err(refused.into()) };
        let updated = self.update(there.id, &adoption(contact)).await?;
        self.make_present(&there, contact).await?;
        Ok(Upserted { contact: updated, outcome: UpsertOutcome::Adopted })
    }

    /// Adds an existing contact to the given inbox.
    async fn make_present(self, there: &Contact, wanted: &NewContact) -> Result<(), Error> {
        let Some(inbox_id) = wanted.inbox_id else { return Ok(()) };
        let present = there.contact_inboxes.iter().flatten().any(|presence| {
            let here = presence.inbox.as_ref().is_some_and(|inbox| inbox.id == inbox_id);
            here && (wanted.source_id.is_none() || wanted.source_id == presence.source_id)
        });
        if !present {
            let presence = NewContactInbox { inbox_id, source_id: wanted.source_id.clone() };
            self.account.contact(there.id).inboxes().create(&presence).await?;
        }
        Ok(())
    }
}

/// Chooses the contact to update among those that have the keys; the strongest key comes first.
fn choose(
    wanted: &NewContact,
    found: Vec<(ContactKey, Contact)>,
) -> Result<Option<Contact>, UpsertError> {
    let mut found = found.into_iter();
    let Some((key, there)) = found.next() else { return Ok(None) };
    if let Some((other, contact)) = found.find(|(_, contact)| contact.id != there.id) {
        return Err(UpsertError::TwoContacts {
            first_key: key.attribute(),
            first: there.id,
            second_key: other.attribute(),
            second: contact.id,
        });
    }
    let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (has, wants) = (set(&there.identifier), set(&wanted.identifier));
    if has.is_some() && wants.is_some() && has != wants {
        return Err(UpsertError::OtherIdentifier { key: key.attribute(), contact: there.id });
    }
    Ok(Some(there))
}

/// The update of an existing contact: all given values; the rest stays.
fn adoption(contact: &NewContact) -> ContactPatch {
    fn given<T: Clone>(value: Option<&T>) -> Patch<T> {
        value.map_or(Patch::Keep, |value| Patch::Set(value.clone()))
    }
    ContactPatch {
        name: given(contact.name.as_ref()),
        identifier: given(contact.identifier.as_ref()),
        email: given(contact.email.as_ref()),
        phone_number: given(contact.phone_number.as_ref()),
        avatar_url: given(contact.avatar_url.as_ref()),
        blocked: given(contact.blocked.as_ref()),
        merge_additional_attributes: contact.additional_attributes.clone(),
        merge_custom_attributes: contact.custom_attributes.clone(),
    }
}

#[cfg(test)]
mod tests;
