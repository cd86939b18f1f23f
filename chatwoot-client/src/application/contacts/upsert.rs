//! Contact upsert: safe verbs on contacts, for a server that has no key to make a write once only.

use std::fmt;

use crate::application::contacts::Contacts;
use crate::application::contacts::NewContactInbox;
use crate::application::contacts::{Contact, ContactPatch, ContactSort, ContactsQuery, NewContact};
use crate::application::{Filter, FilterCondition};
use crate::error::Error;
use crate::types::ContactId;
use crate::types::Patch;

/// What one contact is found by. `Debug` shows the kind only: the values are personal.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactKey {
    /// The shop's own key; its case counts.
    Identifier(String),
    /// The e-mail address, whatever the case of its ASCII letters. Any other letter counts as it
    /// is written: the server stores it in lower case, and takes the KELVIN SIGN for a `k`.
    Email(String),
    /// The phone number, E.164.
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
            // The server folds more than ASCII; of two addresses that only it takes for one, one
            // may be another person's.
            Self::Email(wanted) => {
                contact.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(wanted))
            }
            Self::Phone(wanted) => contact.phone_number.as_ref() == Some(wanted),
        }
    }

    /// The keys that a contact to make has, the strongest first.
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

/// A contact that is there now, and how it came to be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Upserted {
    /// The contact as the server answered it last.
    pub contact: Contact,
    /// How it came to be.
    pub outcome: UpsertOutcome,
}

/// How an upserted contact came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpsertOutcome {
    /// It was made.
    Created,
    /// It was there, and was updated.
    Adopted,
}

/// Why a contact was not upserted. Nothing was changed, unless a call failed half-way: upserting
/// again is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpsertError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// It has neither identifier nor e-mail nor phone number: each call would make another one.
    #[error("the contact has no identifier, e-mail or phone number: give at least one")]
    NoKey,
    /// Its keys belong to different contacts.
    #[error(
        "{first_key} belongs to contact {first} and {second_key} to contact {second}: merge the \
         two, or clear one of the values, then upsert again"
    )]
    TwoContacts {
        /// The stronger key: `identifier` or `email`.
        first_key: &'static str,
        /// The contact that has it.
        first: ContactId,
        /// The weaker key: `email` or `phone_number`.
        second_key: &'static str,
        /// The contact that has it.
        second: ContactId,
    },
    /// Its e-mail or phone number belongs to a contact with another identifier: to another
    /// customer, as far as anyone can tell.
    #[error(
        "{key} belongs to contact {contact}, which has another identifier: clear the value there, \
         or leave it out here, then upsert again"
    )]
    OtherIdentifier {
        /// The key that it has: `email` or `phone_number`.
        key: &'static str,
        /// The contact that has it.
        contact: ContactId,
    },
}

impl UpsertError {
    /// The failed call, if one failed.
    pub fn call(&self) -> Option<&Error> {
        if let Self::Call(error) = self { Some(error) } else { None }
    }
}

impl Contacts<'_> {
    /// Returns the one contact with this identifier, e-mail or phone number, or `None`.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/filter`.
    ///
    /// The server compares without case; here identifiers compare with it, as their uniqueness
    /// does, and of e-mail addresses only ASCII letters compare without it. `find_exact` uses no narrow limit, unlike a search.
    ///
    /// # Errors
    /// Those of [`Contacts::filter`]; that there is no such contact is none.
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
            // More than one page only where many identifiers differ by case alone.
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

    /// Creates the contact, or adopts the one that is there.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts`. On a conflict it is looked up by identifier,
    /// then e-mail, then phone number, by [`Contacts::find_exact`], and updated.
    ///
    /// Of eight at once one makes the contact and seven adopt it, and after a call whose outcome
    /// is unknown calling again is safe. Attributes are merged, as [`Contacts::update`] does. With
    /// an inbox, an adopted contact is made present there if it is not.
    ///
    /// # Errors
    /// [`NoKey`](UpsertError::NoKey) without identifier, e-mail and phone number;
    /// [`TwoContacts`](UpsertError::TwoContacts) where they belong to different contacts;
    /// [`OtherIdentifier`](UpsertError::OtherIdentifier) where the contact that has the e-mail or
    /// phone number has another identifier; [`Call`](UpsertError::Call) with what
    /// [`Contacts::create`], [`Contacts::update`] or, with an inbox,
    /// [`ContactInboxes::create`](crate::application::contacts::ContactInboxes::create) is refused with.
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
        // Whoever had the value is gone by now, or hidden from the filter.
        let Some(there) = choose(contact, found)? else { return Err(refused.into()) };
        let updated = self.update(there.id, &adoption(contact)).await?;
        self.make_present(&there, contact).await?;
        Ok(Upserted { contact: updated, outcome: UpsertOutcome::Adopted })
    }

    /// Makes an adopted contact present in the inbox that was asked for.
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

/// Which contact to adopt, of those that have the keys; the strongest key comes first.
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

/// What to change of an adopted contact: all that was given; the rest stays.
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
