//! Contact inboxes: the inboxes a contact is present in, each with its source id.

use serde::Serialize;
use serde_json::json;

use crate::application::Account;
use crate::application::contacts::{Contact, ContactInbox, Contacts};
use crate::http::Call;
use crate::http::Op;
use crate::types::Secret;
use crate::types::{ContactId, InboxId};

const CREATE: Op = Op::post(
    "contact_inboxes.create",
    "/api/v1/accounts/{account_id}/contacts/{id}/contact_inboxes",
);
const CONTACTABLE: Op = Op::get(
    "contact_inboxes.contactable",
    "/api/v1/accounts/{account_id}/contacts/{id}/contactable_inboxes",
)
.inside(&["payload"]);
const FIND_BY_SOURCE_ID: Op =
    Op::post("contacts.find_by_source_id", "/api/v1/accounts/{account_id}/contact_inboxes/filter")
        .idempotent();

pub(crate) const OPERATIONS: &[Op] = &[CREATE, CONTACTABLE, FIND_BY_SOURCE_ID];

/// The inboxes a contact is present in; from
/// [`ContactHandle::inboxes`](crate::application::contacts::ContactHandle::inboxes).
#[derive(Clone, Copy, Debug)]
pub struct ContactInboxes<'a> {
    account: &'a Account,
    contact: ContactId,
}

impl<'a> ContactInboxes<'a> {
    pub(super) fn new(account: &'a Account, contact: ContactId) -> Self {
        Self { account, contact }
    }

    /// Adds the contact to an inbox.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/contact_inboxes`. Agents of the inbox, and
    /// administrators.
    ///
    /// Repeated with the same source id, it returns the existing contact inbox. Without a source
    /// id, an API inbox generates a new one for each call.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact or inbox; `Unauthorized` for an agent who is
    /// not a member of the inbox; `Invalid` without a source id in an e-mail, SMS or WhatsApp inbox
    /// if the contact has no such address, and for a source id that is not a number where it must
    /// be one; `Server` for a source id that another contact has in an API or website inbox.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::NewContactInbox;
    ///
    /// let there = NewContactInbox::new(4.into()).source_id("customer-1815");
    /// account.contact(7).inboxes().create(&there).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, inbox: &NewContactInbox) -> Call<'a, ContactInbox> {
        self.account.call(CREATE).path("id", self.contact).json(inbox)
    }

    /// Returns the inboxes in which a conversation with this contact can be started, each with the
    /// source id to use.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/contactable_inboxes`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for there in account.contact(7).inboxes().contactable().await? {
    ///     println!("{:?} as {:?}", there.inbox.map(|inbox| inbox.name), there.source_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn contactable(self) -> Call<'a, Vec<ContactInbox>> {
        self.account.call(CONTACTABLE).path("id", self.contact)
    }
}

impl<'a> Contacts<'a> {
    /// Returns the contact with this source id in this inbox.
    ///
    /// `POST /api/v1/accounts/{account_id}/contact_inboxes/filter`. It changes nothing. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if no contact has this source id, or the account has no such inbox;
    /// `Unauthorized` for an agent who is not a member of the inbox.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let found = account.contacts().find_by_source_id(4.into(), "customer-1815").await;
    /// let known = !matches!(&found, Err(error) if error.is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn find_by_source_id(
        self,
        inbox: InboxId,
        source_id: &(impl AsRef<str> + ?Sized),
    ) -> Call<'a, Contact> {
        let body = json!({"inbox_id": inbox, "source_id": source_id.as_ref()});
        self.account.call(FIND_BY_SOURCE_ID).json(&body)
    }
}

/// An inbox to add a contact to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewContactInbox {
    /// The id of the inbox.
    pub inbox_id: InboxId,
    /// The contact's source id in the inbox; if absent, the server takes it from the e-mail address
    /// or phone number, or generates a random one for an API inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
}

impl NewContactInbox {
    /// Selects this inbox, with a source id that the server generates.
    pub fn new(inbox_id: InboxId) -> Self {
        Self { inbox_id, source_id: None }
    }

    /// Sets the contact's source id in the inbox.
    pub fn source_id(mut self, source_id: impl Into<Secret>) -> Self {
        self.source_id = Some(source_id.into());
        self
    }
}
