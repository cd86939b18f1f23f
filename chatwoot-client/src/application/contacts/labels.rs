//! Contact labels: the labels of one contact.

use serde_json::json;

use crate::application::Account;
use crate::application::labels::change;
use crate::error::Error;
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

    /// Adds labels to the contact, after reading its labels with [`ContactLabels::list`], and
    /// returns all of them.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the contact between the read and the write
    /// is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).labels().add(&["vip"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn add<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        change::add(labels, self.list(), |all| self.replace(all)).await
    }

    /// Removes labels from the contact, after reading its labels with [`ContactLabels::list`], and
    /// returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/labels`.
    ///
    /// Not atomic: a change that another writer makes to the contact between the read and the write
    /// is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contact(7).labels().remove(&["new"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove<L: AsRef<str>>(self, labels: &[L]) -> Result<Vec<String>, Error> {
        change::remove(labels, self.list(), |rest| self.replace(rest)).await
    }
}
