//! Contact extras: the export of contacts, who is there now, and the picture's removal.

use serde::Serialize;

use super::contact_types::{Contact, ContactsQuery};
use super::contacts::Contacts;
use super::filter::Filter;
use crate::call::Call;
use crate::ids::ContactId;
use crate::op::Op;
use crate::page::Page;

const EXPORT: Op = Op::post("contacts.export", "/api/v1/accounts/{account_id}/contacts/export");
const ACTIVE: Op = Op::get("contacts.active", "/api/v1/accounts/{account_id}/contacts/active");
const DELETE_AVATAR: Op =
    Op::delete("contacts.delete_avatar", "/api/v1/accounts/{account_id}/contacts/{id}/avatar")
        .inside(&["payload"]);

pub(super) const OPERATIONS: &[Op] = &[EXPORT, ACTIVE, DELETE_AVATAR];

impl<'a> Contacts<'a> {
    /// `POST /api/v1/accounts/{account_id}/contacts/export`: mails the caller a link to a CSV file
    /// of contacts, later; an administrator may. Each call sends a mail. Undocumented.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ContactExport;
    ///
    /// let columns = vec!["id".into(), "email".into()];
    /// let export = ContactExport { column_names: columns, ..ContactExport::default() };
    /// account.contacts().export(&export).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn export(self, what: &ContactExport) -> Call<'a, ()> {
        #[derive(Serialize)]
        struct Body<'b> {
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            column_names: &'b [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            label: Option<&'b str>,
            #[serde(flatten)]
            filter: Option<&'b Filter>,
        }
        self.account.done(EXPORT).json(&Body {
            column_names: &what.column_names,
            label: what.label.as_deref(),
            filter: what.filter.as_ref(),
        })
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/active`: one page of the contacts that have a
    /// page with the widget open now. Undocumented.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ContactsQuery;
    ///
    /// let here = account.contacts().active(&ContactsQuery::default()).await?;
    /// println!("{:?} on the site now", here.meta.count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn active(self, query: &ContactsQuery) -> Call<'a, Page<Contact>> {
        self.account.call(ACTIVE).query(query)
    }

    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}/avatar`: takes a contact's picture
    /// away, and answers the contact. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contacts().delete_avatar(7.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_avatar(self, id: ContactId) -> Call<'a, Contact> {
        self.account.call(DELETE_AVATAR).path("id", id)
    }
}

/// Which contacts to export, and what of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactExport {
    /// The columns; none means the server's own choice.
    pub column_names: Vec<String>,
    /// Only contacts with this label.
    pub label: Option<String>,
    /// Only contacts that meet these conditions.
    pub filter: Option<Filter>,
}
