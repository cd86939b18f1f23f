//! Contact labels: the labels of one contact.

use serde_json::json;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::ContactId;

const LIST: Op =
    Op::get("contact_labels.list", "/api/v1/accounts/{account_id}/contacts/{id}/labels")
        .inside(&["payload"]);
const REPLACE: Op =
    Op::post("contact_labels.replace", "/api/v1/accounts/{account_id}/contacts/{id}/labels")
        .inside(&["payload"])
        .idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, REPLACE];

/// The labels of a contact; from
/// [`ContactHandle::labels`](crate::application::contacts::ContactHandle::labels). Agents and
/// administrators.
#[derive(Clone, Copy, Debug)]
pub struct ContactLabels<'a> {
    account: &'a Account,
    contact: ContactId,
}

impl<'a> ContactLabels<'a> {
    pub(super) fn new(account: &'a Account, contact: ContactId) -> Self {
        Self { account, contact }
    }

    /// Returns the contact's labels.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.contact(7).labels().list().await?;
    /// println!("{}", labels.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<String>> {
        self.account.call(LIST).path("id", self.contact)
    }

    /// *Replaces* the contact's labels and returns them.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// A label that the account does not define is stored too, with its case unchanged.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.contact(7).labels();
    /// let mut titles = labels.list().await?;
    /// titles.push("vip".into());
    /// labels.replace(&titles).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace<L: AsRef<str>>(self, labels: &[L]) -> Call<'a, Vec<String>> {
        let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        self.account.call(REPLACE).path("id", self.contact).json(&json!({"labels": labels}))
    }
}
