//! Public contacts: a customer introduces themself to an API inbox.

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

/// The contacts of an API inbox without a token; from [`PublicInbox::contacts`].
///
/// A contact is named by its source id: whoever knows it reads and writes its conversations.
///
/// The server asks for no proof of an e-mail address or phone number: **never pass on one that
/// was not proved**. It would open, or take over, the contact that has it.
#[derive(Clone, Copy, Debug)]
pub struct PublicContacts<'a> {
    inbox: &'a PublicInbox,
}

impl<'a> PublicContacts<'a> {
    pub(super) fn new(inbox: &'a PublicInbox) -> Self {
        Self { inbox }
    }

    /// Creates a contact, or answers the one with this source id, identifier, e-mail or phone
    /// number, unchanged.
    ///
    /// `POST /public/api/v1/inboxes/{inbox_identifier}/contacts`.
    ///
    /// Only the identifier has a proof, its hash, and only where the inbox demands one: an e-mail
    /// address that another contact has answers *that* contact.
    ///
    /// # Errors
    /// `NotFound` without an API inbox of this identifier. `Invalid` for an e-mail address or phone
    /// number that is none. `Server` (500) for a wrong hash, and for none in an inbox that demands
    /// one.
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
    /// `NotFound` without such an inbox, or a contact with this source id in it. `Server` (500) in
    /// an inbox that demands a hash: this call sends none.
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

    /// Updates the contact with this source id; what is `None` stays, custom attributes are merged.
    ///
    /// `PATCH /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}`.
    ///
    /// **An e-mail address or phone number that another contact has merges this contact into that
    /// one**, with its conversations, and no proof is asked. Pass on only what you have proved.
    ///
    /// # Errors
    /// `NotFound` without such an inbox, or a contact with this source id in it. `Invalid` for an
    /// e-mail address or phone number that is none. `Server` (500) for a wrong hash, and for none
    /// in an inbox that demands one.
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
    /// Its name in the inbox; it alone opens the contact's conversations.
    pub source_id: Secret,
    /// Opens the contact's live events.
    pub pubsub_token: Option<Secret>,
    /// Its name.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact as the server stores it: the public API answers the whole row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactRecord {
    /// Its id.
    pub id: ContactId,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: Option<String>,
    /// The shop's own key for it.
    pub identifier: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// Whether its messages are refused.
    pub blocked: Option<bool>,
    /// Its company; 4.9.1 does not say.
    pub company_id: Option<CompanyId>,
    /// Attributes that Chatwoot itself names.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Attributes of the account's own.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// When it was made.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// When it last wrote.
    pub last_activity_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A contact that introduces itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewPublicContact {
    /// Its name in the inbox; left out, the server makes an unguessable one. One of your own must
    /// be unguessable too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
    /// The shop's own key for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The proof of the identifier: its HMAC with the inbox's token, made on your server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<Secret>,
    /// Its e-mail address: only a proved one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its phone number, E.164: only a proved one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Where to fetch its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Attributes of the account's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Attributes>,
}

/// What to change of a contact that introduced itself. What is `None` stays; nothing can be
/// emptied here, the server passes over null and empty text.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PublicContactPatch {
    /// Its identifier, for the proof; it is not changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The proof of the identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<Secret>,
    /// Its e-mail address: only a proved one, see [`PublicContacts::update`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its phone number, E.164: only a proved one, see [`PublicContacts::update`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Where to fetch its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Attributes of the account's own to set; the others stay.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Option::is_none")]
    pub merge_custom_attributes: Option<Attributes>,
}
