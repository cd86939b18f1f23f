//! Contact inboxes: where a contact can be written to, and under what name.

use serde::Serialize;
use serde_json::json;

use super::Account;
use super::contact_types::{Contact, ContactInbox};
use crate::call::Call;
use crate::ids::{ContactId, InboxId};
use crate::op::Op;
use crate::secret::Secret;

const CREATE: Op = Op::post(
    "contact_inboxes.create",
    "/api/v1/accounts/{account_id}/contacts/{id}/contact_inboxes",
);
const FILTER: Op =
    Op::post("contact_inboxes.filter", "/api/v1/accounts/{account_id}/contact_inboxes/filter")
        .idempotent();

pub(super) const OPERATIONS: &[Op] = &[CREATE, FILTER];

/// The presence of contacts in inboxes; from [`Account::contact_inboxes`].
#[derive(Clone, Copy, Debug)]
pub struct ContactInboxes<'a> {
    account: &'a Account,
}

impl<'a> ContactInboxes<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/contact_inboxes`: makes a contact present
    /// in an inbox. Agents of the inbox and administrators may.
    ///
    /// With the same source id again it answers what is there. Without a source id an API inbox
    /// gives a new one each time.
    ///
    /// # Errors
    /// `NotFound` without such a contact or inbox in this account; `Unauthorized` for an agent who
    /// is no member of the inbox; `Invalid` without a source id, where the inbox is for e-mail, SMS
    /// or WhatsApp and the contact has no such address, and for a source id that is no number where
    /// it must be; `Server` for a source id that another contact has in an API or website inbox.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::NewContactInbox;
    ///
    /// let there = NewContactInbox::new(4.into()).source_id("customer-1815");
    /// account.contact_inboxes().create(7.into(), &there).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, contact: ContactId, inbox: &NewContactInbox) -> Call<'a, ContactInbox> {
        self.account.call(CREATE).path("id", contact).json(inbox)
    }

    /// `POST /api/v1/accounts/{account_id}/contact_inboxes/filter`: the contact that has this
    /// source id in this inbox. It only reads. The published document does not list it.
    ///
    /// # Errors
    /// `NotFound` where no contact has this source id, and without such an inbox in this account;
    /// `Unauthorized` for an agent who is no member of the inbox.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let found = account.contact_inboxes().filter(4.into(), "customer-1815").await;
    /// let known = !matches!(&found, Err(error) if error.is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter(
        self,
        inbox: InboxId,
        source_id: &(impl AsRef<str> + ?Sized),
    ) -> Call<'a, Contact> {
        let body = json!({"inbox_id": inbox, "source_id": source_id.as_ref()});
        self.account.call(FILTER).json(&body)
    }
}

/// A presence in an inbox to make.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewContactInbox {
    /// The inbox.
    pub inbox_id: InboxId,
    /// The contact's name there; left out, the server makes one from its e-mail or phone number,
    /// or for an API inbox a random one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<Secret>,
}

impl NewContactInbox {
    /// A presence in this inbox under a name that the server makes.
    pub fn new(inbox_id: InboxId) -> Self {
        Self { inbox_id, source_id: None }
    }

    /// Under this name.
    pub fn source_id(mut self, source_id: impl Into<Secret>) -> Self {
        self.source_id = Some(source_id.into());
        self
    }
}
