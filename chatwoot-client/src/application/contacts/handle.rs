//! Contact handle: the operations on one contact.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::{CONVERSATIONS, DELETE_AVATAR, REMOVE_CUSTOM_ATTRIBUTES, UPDATE};
use crate::application::Account;
use crate::application::contacts::{
    Contact, ContactInboxes, ContactLabels, ContactNotes, ContactPatch,
};
use crate::application::conversations::Conversation;
use crate::http::upload::Fields;
use crate::http::{Call, Op, Upload};
use crate::types::{Attributes, ContactId};

/// One contact of an account; from [`Account::contact`].
///
/// Creating a handle sends no request, so the contact need not exist. Every method is open to
/// agents and administrators, except [`ContactHandle::delete`], which is for administrators.
#[derive(Clone, Copy, Debug)]
pub struct ContactHandle<'a> {
    account: &'a Account,
    id: ContactId,
}

impl<'a> ContactHandle<'a> {
    pub(crate) fn new(account: &'a Account, id: ContactId) -> Self {
        Self { account, id }
    }

    /// Returns the contact's id.
    pub fn id(self) -> ContactId {
        self.id
    }

    /// Returns a handle to the contact's labels.
    pub fn labels(self) -> ContactLabels<'a> {
        ContactLabels::new(self.account, self.id)
    }

    /// Returns a handle to the notes on the contact.
    pub fn notes(self) -> ContactNotes<'a> {
        ContactNotes::new(self.account, self.id)
    }

    /// Returns a handle to the inboxes the contact is present in.
    pub fn inboxes(self) -> ContactInboxes<'a> {
        ContactInboxes::new(self.account, self.id)
    }

    /// Returns the contact.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}`, as [`Contacts::get`](super::Contacts::get).
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let contact = account.contact(7).get().await?;
    /// println!("{:?} <{:?}>", contact.name, contact.email);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self) -> Call<'a, Contact> {
        self.account.contacts().get(self.id)
    }

    /// Updates the contact; fields left as [`Patch::Keep`](crate::types::Patch::Keep) keep their
    /// value.
    ///
    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`, as [`Contacts::update`](super::Contacts::update).
    ///
    /// # Errors
    /// Those of [`Contacts::update`](super::Contacts::update).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Patch;
    /// use chatwoot_client::application::contacts::ContactPatch;
    ///
    /// let change = ContactPatch { phone_number: Patch::Clear, ..ContactPatch::default() };
    /// account.contact(7).update(&change).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, to: &ContactPatch) -> Call<'a, Contact> {
        self.account.contacts().update(self.id, to)
    }

    /// Deletes the contact.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}`, as [`Contacts::delete`](super::Contacts::delete).
    /// Administrators only.
    ///
    /// # Errors
    /// Those of [`Contacts::delete`](super::Contacts::delete).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).delete().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self) -> Call<'a, ()> {
        self.account.contacts().delete(self.id)
    }

    /// Sets these custom attributes, keeps the others and returns the contact.
    ///
    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`, as [`Contacts::update`](super::Contacts::update) with
    /// [`ContactPatch::merge_custom_attributes`].
    ///
    /// The server reads, merges and writes without a lock, so one of two concurrent calls may be
    /// lost: update a contact from one place at a time.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let gold = [("tier".to_owned(), "gold".into())].into_iter().collect();
    /// account.contact(7).merge_custom_attributes(&gold).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn merge_custom_attributes(self, attributes: &Attributes) -> Call<'a, Contact> {
        self.update(&ContactPatch {
            merge_custom_attributes: Some(attributes.clone()),
            ..ContactPatch::default()
        })
    }

    /// Deletes custom attributes by key; a key that does not exist is not an error.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/destroy_custom_attributes`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).remove_custom_attributes(["tier", "points"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove_custom_attributes<K: AsRef<str>>(
        self,
        keys: impl IntoIterator<Item = K>,
    ) -> Call<'a, Contact> {
        let keys: Vec<String> = keys.into_iter().map(|key| key.as_ref().to_owned()).collect();
        self.call(REMOVE_CUSTOM_ATTRIBUTES).json(&json!({"custom_attributes": keys}))
    }

    /// Returns the contact's 20 most recently active conversations, in the inboxes that the caller
    /// may see.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/conversations`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for conversation in account.contact(7).conversations().await? {
    ///     println!("{} is {}", conversation.id, conversation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(self) -> Call<'a, Vec<Conversation>> {
        self.call(CONVERSATIONS)
    }

    /// Sets the contact's picture.
    ///
    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`. Agents and administrators.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact; `Invalid` for a file that is not a JPEG, PNG,
    /// GIF or WebP picture, and for one of more than 15 MB; `Request` for a file that cannot be
    /// sent; see [`Upload`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let picture = Upload::file("pictures/ada.png");
    /// account.contact(7).set_avatar(&picture).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_avatar(self, picture: &Upload) -> Call<'a, Contact> {
        // Sent as a form: the server silently drops a picture in JSON.
        self.call(UPDATE).form(Fields::new().file("avatar", picture))
    }

    /// Deletes the contact's picture and returns the contact.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}/avatar`. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).delete_avatar().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_avatar(self) -> Call<'a, Contact> {
        self.call(DELETE_AVATAR)
    }

    fn call<T: DeserializeOwned>(self, op: Op) -> Call<'a, T> {
        self.account.call(op).path("id", self.id)
    }
}
