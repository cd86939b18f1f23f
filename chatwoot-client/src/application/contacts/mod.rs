//! Contacts: the people who write to the account.

pub(super) mod handle;
pub(super) mod inboxes;
pub(super) mod labels;
pub(super) mod notes;
pub(super) mod types;
pub(super) mod upsert;

pub use self::handle::*;
pub use self::inboxes::*;
pub use self::labels::*;
pub use self::notes::*;
pub use self::types::*;
pub use self::upsert::*;

use futures_util::stream::BoxStream;
use serde::Serialize;
use serde_json::json;

use crate::application::{Account, Filter};
use crate::error::Error;
use crate::http::Call;
use crate::http::Upload;
use crate::http::page::Rows;
use crate::http::upload::Fields;
use crate::http::{Limit, Op};
use crate::http::{Page, page};
use crate::types::ContactId;

const LIST: Op = Op::get("contacts.list", "/api/v1/accounts/{account_id}/contacts");
const CREATE: Op =
    Op::post("contacts.create", "/api/v1/accounts/{account_id}/contacts").inside(&["payload"]);
const GET: Op =
    Op::get("contacts.get", "/api/v1/accounts/{account_id}/contacts/{id}").inside(&["payload"]);
const UPDATE: Op =
    Op::put("contacts.update", "/api/v1/accounts/{account_id}/contacts/{id}").inside(&["payload"]);
const DELETE: Op = Op::delete("contacts.delete", "/api/v1/accounts/{account_id}/contacts/{id}");
const SEARCH: Op = Op::get("contacts.search", "/api/v1/accounts/{account_id}/contacts/search")
    .limited(Limit::ContactSearch);
const FILTER: Op =
    Op::post("contacts.filter", "/api/v1/accounts/{account_id}/contacts/filter").idempotent();
const MERGE: Op = Op::post("contacts.merge", "/api/v1/accounts/{account_id}/actions/contact_merge");
const CONVERSATIONS: Op =
    Op::get("contacts.conversations", "/api/v1/accounts/{account_id}/contacts/{id}/conversations")
        .inside(&["payload"]);
const REMOVE_CUSTOM_ATTRIBUTES: Op = Op::post(
    "contacts.remove_custom_attributes",
    "/api/v1/accounts/{account_id}/contacts/{id}/destroy_custom_attributes",
)
.inside(&["payload"])
.idempotent();
const EXPORT: Op = Op::post("contacts.export", "/api/v1/accounts/{account_id}/contacts/export");
const ACTIVE: Op = Op::get("contacts.active", "/api/v1/accounts/{account_id}/contacts/active");
const DELETE_AVATAR: Op =
    Op::delete("contacts.delete_avatar", "/api/v1/accounts/{account_id}/contacts/{id}/avatar")
        .inside(&["payload"]);

const IMPORT: Op = Op::post("contacts.import", "/api/v1/accounts/{account_id}/contacts/import");

pub(crate) const OPERATIONS: &[Op] = &[
    LIST,
    CREATE,
    GET,
    UPDATE,
    DELETE,
    SEARCH,
    FILTER,
    MERGE,
    CONVERSATIONS,
    REMOVE_CUSTOM_ATTRIBUTES,
    EXPORT,
    ACTIVE,
    DELETE_AVATAR,
    IMPORT,
];

account_handle! {
    /// The contacts of an account; from [`Account::contacts`].
    ///
    /// Every method is open to agents and administrators, except [`Contacts::delete`], which is for
    /// administrators.
    Contacts
}

impl<'a> Contacts<'a> {
    /// Returns one page of 15 contacts; a page past the end is empty.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts`.
    ///
    /// Contacts without identifier, e-mail address and phone number are not listed.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::{ContactSort, ContactsQuery};
    ///
    /// let query = ContactsQuery { sort: Some(ContactSort::CreatedAt), ..Default::default() };
    /// let page = account.contacts().list(&query).await?;
    /// println!("{} of {:?}", page.payload.len(), page.meta.count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &ContactsQuery) -> Call<'a, Page<Contact>> {
        self.account.call(LIST).query(query)
    }

    /// Creates a contact and, if an inbox is given, adds it to that inbox.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts`.
    ///
    /// # Errors
    /// `Conflict` for an identifier, e-mail address or phone number that another contact has; see
    /// [`Contacts::upsert`]. `Invalid` for a malformed e-mail address, a phone number that is not
    /// in E.164 form, and more than 255 characters in a name, identifier or e-mail address. With an
    /// inbox also `NotFound` if it is not in this account, and `Invalid` and `Server` as in
    /// [`ContactInboxes::create`](crate::application::contacts::ContactInboxes::create): then no
    /// contact is created. `Server` for a NUL character in a text.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::NewContact;
    ///
    /// let ada = NewContact {
    ///     identifier: Some("customer-1815".into()),
    ///     email: Some("ada@example.com".into()),
    ///     ..NewContact::default()
    /// };
    /// let created = account.contacts().create(&ada).await?;
    /// println!("{}", created.contact.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, contact: &NewContact) -> Call<'a, CreatedContact> {
        self.account.call(CREATE).json(contact)
    }

    /// Returns one contact.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let contact = account.contacts().get(7.into()).await?;
    /// println!("{:?} <{:?}>", contact.name, contact.email);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: ContactId) -> Call<'a, Contact> {
        self.account.call(GET).path("id", id)
    }

    /// Updates a contact; fields left as [`Patch::Keep`](crate::types::Patch::Keep) keep their
    /// value.
    ///
    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`.
    ///
    /// Both kinds of attributes are *merged*: attributes that are not named stay. The server reads,
    /// merges and writes without a lock, so one of two concurrent calls may be lost: update a
    /// contact from one place at a time.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact; `Conflict` for an identifier, e-mail address
    /// or phone number that another contact has; `Invalid` for a malformed e-mail address, a phone
    /// number that is not in E.164 form, and more than 255 characters in a name, identifier or
    /// e-mail address.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Patch;
    /// use chatwoot_client::application::contacts::ContactPatch;
    ///
    /// let change = ContactPatch { phone_number: Patch::Clear, ..ContactPatch::default() };
    /// let contact = account.contacts().update(7.into(), &change).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: ContactId, to: &ContactPatch) -> Call<'a, Contact> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a contact.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}`. Administrators only.
    ///
    /// The server deletes its conversations in the background; until then requests for them fail
    /// with status 500. Chatwoot sends no webhook for it.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact; `Invalid` for a contact who has the widget
    /// open (try later); `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// match account.contacts().delete(7.into()).await {
    ///     Err(error) if error.is_not_found() => println!("gone already"),
    ///     other => other?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: ContactId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// Returns one page of the contacts that contain this text in their name, e-mail address, phone
    /// number or identifier.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/search`.
    ///
    /// The server allows 100 requests a minute per account: for one exact value use
    /// [`Contacts::find_exact`]. `meta.has_more` says whether there is a further page (not on
    /// 4.9.1); `meta.count` counts the contacts of this page only.
    ///
    /// # Errors
    /// `RateLimited` if the 100 requests of this minute are used up and the call may not wait for
    /// the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactsQuery;
    ///
    /// let page = account.contacts().search("lovelace", &ContactsQuery::default()).await?;
    /// println!("more: {:?}", page.meta.has_more);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn search(self, text: &str, query: &ContactsQuery) -> Call<'a, Page<Contact>> {
        #[derive(Serialize)]
        struct Text<'t> {
            q: &'t str,
        }
        self.account.call(SEARCH).query(&Text { q: text }).query(query)
    }

    /// Returns one page of the contacts that meet the conditions.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/filter`. It changes nothing.
    ///
    /// Texts, including identifiers, are compared without regard to case.
    ///
    /// # Errors
    /// `Invalid` for an attribute that neither Chatwoot nor the account defines, and for an
    /// operator or value that does not fit the attribute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::{Filter, FilterCondition};
    /// use chatwoot_client::application::contacts::ContactsQuery;
    ///
    /// let gold = Filter::new(FilterCondition::equal_to("tier", ["gold"]));
    /// let page = account.contacts().filter(&gold, &ContactsQuery::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter(self, filter: &Filter, query: &ContactsQuery) -> Call<'a, Page<Contact>> {
        self.account.call(FILTER).query(query).json(filter)
    }

    /// Merges one contact into another and returns the result.
    ///
    /// `POST /api/v1/accounts/{account_id}/actions/contact_merge`.
    ///
    /// `base` stays and its values win; values that only `mergee` has are added. The conversations,
    /// notes and inboxes of `mergee` move to `base`, its labels are lost, and it is deleted at
    /// once. Chatwoot sends no webhook for it.
    ///
    /// # Errors
    /// `NotFound` if the account does not have both contacts, so also for a repeated call.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let merged = account.contacts().merge(7.into(), 8.into()).await?;
    /// println!("{} has all of it", merged.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn merge(self, base: ContactId, mergee: ContactId) -> Call<'a, Contact> {
        let body = json!({"base_contact_id": base, "mergee_contact_id": mergee});
        self.account.call(MERGE).json(&body)
    }
}

/// The rows of a list whose count covers all pages.
fn contacts(sort: Option<&ContactSort>) -> Rows<Page<Contact>, crate::types::ContactId> {
    let active = sort == Some(&ContactSort::LastActivityAtDescending);
    Rows {
        key: |contact| contact.id,
        total: |page| page.meta.count,
        touched: active.then_some(|contact: &Contact| contact.last_activity_at),
    }
}

/// Defaults to newest first: then only new rows move others to later pages.
fn newest(query: ContactsQuery) -> ContactsQuery {
    let sort = query.sort.or(Some(ContactSort::CreatedAtDescending));
    ContactsQuery { sort, ..query }
}

impl<'a> Contacts<'a> {
    /// Streams every contact, each once; newest first, unless the query sets an order.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts`, page by page. The query's page is ignored.
    ///
    /// A contact that is deleted meanwhile causes no other to be repeated or missed. To ensure
    /// that, most pages are requested twice.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Contacts::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut contacts = account.contacts().all(ContactsQuery::default());
    /// while let Some(contact) = contacts.try_next().await? {
    ///     println!("{}", contact.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: ContactsQuery) -> BoxStream<'a, Result<Contact, Error>> {
        let query = newest(query);
        let rows = contacts(query.sort.as_ref());
        page::stream(
            move |page| self.list(&ContactsQuery { page: Some(page), ..query.clone() }),
            rows,
        )
    }

    /// Streams every contact that meets the conditions, each once, as [`Contacts::all`] does.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/filter`, page by page.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Contacts::filter`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::{Filter, FilterCondition};
    /// use chatwoot_client::application::contacts::ContactsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let filter = Filter::new(FilterCondition::is_not_present("email"));
    /// let mut found = account.contacts().filter_all(filter, ContactsQuery::default());
    /// while let Some(contact) = found.try_next().await? {
    ///     println!("{} has no e-mail address", contact.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter_all(
        self,
        filter: Filter,
        query: ContactsQuery,
    ) -> BoxStream<'a, Result<Contact, Error>> {
        let query = newest(query);
        let rows = contacts(query.sort.as_ref());
        let fetch =
            move |page| self.filter(&filter, &ContactsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }

    /// Streams every contact that contains this text, each once, as [`Contacts::all`] does.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/search`, page by page. The server allows 100
    /// requests a minute per account, one for each page.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Contacts::search`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut found = account.contacts().search_all("lovelace", ContactsQuery::default());
    /// while let Some(contact) = found.try_next().await? {
    ///     println!("{} {:?}", contact.id, contact.email);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn search_all(
        self,
        text: impl Into<String>,
        query: ContactsQuery,
    ) -> BoxStream<'a, Result<Contact, Error>> {
        let (text, query) = (text.into(), newest(query));
        // The count in a search response covers its page only.
        let rows = Rows { total: |_| None, ..contacts(query.sort.as_ref()) };
        let fetch =
            move |page| self.search(&text, &ContactsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

impl<'a> Contacts<'a> {
    /// Requests a CSV file of contacts; the server e-mails the caller a link to it later.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/export`. Administrators only. Not in Chatwoot's
    /// published API. Each call sends an e-mail.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactExport;
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

    /// Creates contacts from a CSV file, in the background.
    ///
    /// `POST /api/v1/accounts/{account_id}/contacts/import`. Administrators only. Not in Chatwoot's
    /// published API.
    ///
    /// The first line names the columns: `name`, `email`, `phone_number`, `identifier`; other
    /// columns become custom attributes. The server reports the result of the rows by e-mail only.
    /// A file that is sent twice is imported twice; the second import finds the contacts of the
    /// first.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `Request` for a file that cannot be sent; see [`Upload`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let rows = "identifier,name,email\ncustomer-1815,Ada,ada@example.com\n";
    /// let csv = Upload::bytes("customers.csv", "text/csv", rows);
    /// account.contacts().import(&csv).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn import(self, csv: &Upload) -> Call<'a, ()> {
        self.account.done(IMPORT).form(Fields::new().file("import_file", csv))
    }

    /// Returns one page of the contacts that have the widget open on a page now.
    ///
    /// `GET /api/v1/accounts/{account_id}/contacts/active`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::contacts::ContactsQuery;
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
}

/// Which contacts and columns to export.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactExport {
    /// The columns; if empty, the server's default.
    pub column_names: Vec<String>,
    /// Only contacts with this label.
    pub label: Option<String>,
    /// Only contacts that meet these conditions.
    pub filter: Option<Filter>,
}
