//! Public contacts: a customer registers as a contact of an API inbox.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::public::PublicInbox;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, CompanyId, ContactId};
use crate::types::{Attributes, Extra, NullAsEmpty};

const CREATE: Op =
    Op::post("public_contacts.create", "/public/api/v1/inboxes/{inbox_identifier}/contacts");
const GET: Op = Op::get(
    "public_contacts.get",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}",
);
const UPDATE: Op = Op::patch(
    "public_contacts.update",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}",
);

pub(super) const OPERATIONS: &[Op] = &[CREATE, GET, UPDATE];

/// A handle for the contacts of an API inbox, without a token; from [`PublicInbox::contacts`].
///
/// A contact is addressed by its source id: anyone who knows it can read and write its
/// conversations.
///
/// The server does not verify an e-mail address or phone number: **never pass on one that was not
/// verified**. It would give access to the contact that has it, or merge with it.
#[derive(Clone, Copy, Debug)]
pub struct PublicContacts<'a> {
    inbox: &'a PublicInbox,
}

impl<'a> PublicContacts<'a> {
    pub(super) fn new(inbox: &'a PublicInbox) -> Self {
        Self { inbox }
    }

    /// Creates a contact, or returns the one with this source id, identifier, e-mail address or
    /// phone number, unchanged.
    ///
    /// `POST /public/api/v1/inboxes/{inbox_identifier}/contacts`.
    ///
    /// Only the identifier is verified, by its hash, and only if the inbox requires it: with the
    /// e-mail address of another contact the server returns *that* contact.
    ///
    /// # Errors
    /// `NotFound` if there is no API inbox with this identifier. `Invalid` for a malformed e-mail
    /// address or phone number. `Server` (500) for a wrong hash, and for a missing one in an inbox
    /// that requires it.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox, hash: chatwoot_client::Secret)
    /// # -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::NewPublicContact;
    ///
    /// let ada = NewPublicContact {
    ///     identifier: Some("customer-1815".into()),
    ///     identifier_hash: Some(hash),
    ///     ..NewPublicContact::default()
    /// };
    /// let contact = inbox.contacts().create(&ada).await?;
    /// let conversation = inbox.conversations(&contact.source_id).create(None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, contact: &NewPublicContact) -> Call<'a, PublicContact> {
        self.inbox.call(CREATE).json(contact)
    }

    /// Returns the contact with this source id.
    ///
    /// `GET /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, or has no contact with this source id. `Server`
    /// (500) in an inbox that requires a hash: this call sends none.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let contact = inbox.contacts().get("the-source-id").await?;
    /// println!("{} {:?}", contact.id, contact.name);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, source_id: &(impl AsRef<str> + ?Sized)) -> Call<'a, PublicContact> {
        self.inbox.call(GET).path("contact_identifier", source_id.as_ref())
    }

    /// Updates the contact with this source id; fields that are `None` are unchanged, custom
    /// attributes are merged.
    ///
    /// `PATCH /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}`.
    ///
    /// **With the e-mail address or phone number of another contact this contact is merged into
    /// that one**, with its conversations and without verification. Pass on only what you have
    /// verified.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, or has no contact with this source id. `Invalid` for
    /// a malformed e-mail address or phone number. `Server` (500) for a wrong hash, and for a
    /// missing one in an inbox that requires it.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::PublicContactPatch;
    ///
    /// let named = PublicContactPatch { name: Some("Ada".into()), ..Default::default() };
    /// inbox.contacts().update("the-source-id", &named).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(
        self,
        source_id: &(impl AsRef<str> + ?Sized),
        to: &PublicContactPatch,
    ) -> Call<'a, ContactRecord> {
        self.inbox.call(UPDATE).path("contact_identifier", source_id.as_ref()).json(to)
    }
}

/// A contact as its own device sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicContact {
    /// Its id.
    pub id: ContactId,
    /// Its id within the inbox; it alone gives access to the contact's conversations.
    pub source_id: Secret,
    /// The token of the contact's websocket connection.
    pub pubsub_token: Option<Secret>,
    /// Its name.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact as the server stores it: the public API returns the whole record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactRecord {
    /// Its id.
    pub id: ContactId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: Option<String>,
    /// The host application's id for it.
    pub identifier: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// Whether it is blocked: its messages are rejected.
    pub blocked: Option<bool>,
    /// The id of its company; 4.9.1 does not send it.
    pub company_id: Option<CompanyId>,
    /// Attributes that Chatwoot itself defines.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Attributes that the account defines.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// When it last sent a message.
    pub last_activity_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The fields of a contact that registers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewPublicContact {
    /// Its id within the inbox; if `None`, the server generates an unguessable one. One of your own
    /// must be unguessable, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// The host application's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The proof of the identifier: its HMAC with the inbox's token, computed on your server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<Secret>,
    /// Its e-mail address: only a verified one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its phone number, E.164: only a verified one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The URL of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Attributes that the account defines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

/// The changes of a contact. Fields that are `None` are unchanged; nothing can be cleared here,
/// because the server ignores null and empty texts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PublicContactPatch {
    /// Its identifier, for the proof; it is not changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The proof of the identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<Secret>,
    /// Its e-mail address: only a verified one, see [`PublicContacts::update`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its phone number, E.164: only a verified one, see [`PublicContacts::update`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The URL of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Custom attributes to set; the others are unchanged.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_custom_attributes: Option<Attributes>,
}
