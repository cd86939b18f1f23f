//! Contact labels: the words one contact is sorted by.

use serde_json::json;

use super::Account;
use crate::call::Call;
use crate::ids::ContactId;
use crate::op::Op;

const LIST: Op =
    Op::get("contact_labels.list", "/api/v1/accounts/{account_id}/contacts/{id}/labels")
        .inside(&["payload"]);
const REPLACE: Op =
    Op::post("contact_labels.replace", "/api/v1/accounts/{account_id}/contacts/{id}/labels")
        .inside(&["payload"])
        .idempotent();

pub(super) const OPERATIONS: &[Op] = &[LIST, REPLACE];

/// The labels of contacts; from [`Account::contact_labels`]. Agents and administrators may.
#[derive(Clone, Copy, Debug)]
pub struct ContactLabels<'a> {
    pub(super) account: &'a Account,
}

impl<'a> ContactLabels<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/labels`: the contact's labels.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let labels = account.contact_labels().list(7.into()).await?;
    /// println!("{}", labels.join(", "));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, contact: ContactId) -> Call<'a, Vec<String>> {
        self.account.call(LIST).path("id", contact)
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`: *replaces* the contact's labels,
    /// and answers them.
    ///
    /// A label that the account does not define is stored too, in the case it is written.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let contact = 7.into();
    /// let mut labels = account.contact_labels().list(contact).await?;
    /// labels.push("vip".into());
    /// account.contact_labels().replace(contact, &labels).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace<L: AsRef<str>>(self, contact: ContactId, labels: &[L]) -> Call<'a, Vec<String>> {
        let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        self.account.call(REPLACE).path("id", contact).json(&json!({"labels": labels}))
    }
}
