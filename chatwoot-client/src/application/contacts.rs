//! Contacts: the customers of an account.

use serde::Serialize;
use serde_json::json;

use super::contact_types::{
    Contact, ContactInbox, ContactPatch, ContactsQuery, CreatedContact, NewContact,
};
use super::conversation_types::Conversation;
use super::{Account, Filter};
use crate::call::Call;
use crate::ids::ContactId;
use crate::op::{Limit, Op};
use crate::page::Page;

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
const REMOVE_ATTRIBUTES: Op = Op::post(
    "contacts.remove_attributes",
    "/api/v1/accounts/{account_id}/contacts/{id}/destroy_custom_attributes",
)
.inside(&["payload"])
.idempotent();
const CONTACTABLE_INBOXES: Op = Op::get(
    "contacts.contactable_inboxes",
    "/api/v1/accounts/{account_id}/contacts/{id}/contactable_inboxes",
)
.inside(&["payload"]);

pub(super) const OPERATIONS: &[Op] = &[
    LIST,
    CREATE,
    GET,
    UPDATE,
    DELETE,
    SEARCH,
    FILTER,
    MERGE,
    CONVERSATIONS,
    REMOVE_ATTRIBUTES,
    CONTACTABLE_INBOXES,
];

/// The contacts of an account; from [`Account::contacts`].
///
/// Agents and administrators may call everything here, except [`Contacts::delete`], which is
/// for administrators.
#[derive(Clone, Copy, Debug)]
pub struct Contacts<'a> {
    pub(super) account: &'a Account,
}

impl<'a> Contacts<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/contacts`: one page of 15 contacts; past the end it is
    /// empty.
    ///
    /// A contact without identifier, e-mail and phone number is not in the list.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ContactSort, ContactsQuery};
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

    /// `POST /api/v1/accounts/{account_id}/contacts`: makes a contact, and with an inbox its
    /// presence there.
    ///
    /// # Errors
    /// `Conflict` for an identifier, e-mail or phone number that another contact has: see
    /// [`Contacts::upsert`]. `Invalid` for an e-mail that is none, a phone number that is not
    /// E.164, and more than 255 characters in a name, identifier or e-mail. With an inbox also
    /// `NotFound` where it is not in this account, and `Invalid` and `Server` as in
    /// [`ContactInboxes::create`](super::ContactInboxes::create): then no contact is made. `Server`
    /// for a NUL character in a text.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::NewContact;
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

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}`: one contact.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
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

    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`: changes a contact; what is left as
    /// [`Patch::Keep`](crate::Patch::Keep) stays.
    ///
    /// Both kinds of attributes are *merged*: what is not named stays. The server reads, merges and
    /// writes, so of two such calls at once one may be lost: let one writer change a contact.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account; `Conflict` for an identifier, e-mail or
    /// phone number that another contact has; `Invalid` for an e-mail that is none, a phone number
    /// that is not E.164, and more than 255 characters in a name, identifier or e-mail.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ContactPatch, Patch};
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

    /// `DELETE /api/v1/accounts/{account_id}/contacts/{id}`: removes a contact; an administrator
    /// may.
    ///
    /// Its conversations go later, in the background, and answer 500 until then. No webhook tells
    /// of it.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account; `Invalid` for one who has the widget
    /// open: try later; `Unauthorized` for an agent.
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

    /// `GET /api/v1/accounts/{account_id}/contacts/search`: one page of the contacts that have this
    /// text in their name, e-mail, phone number or identifier.
    ///
    /// The server allows 100 a minute per account: for one exact value use
    /// [`Contacts::find_exact`]. `meta.has_more` says whether there is a further page (not on
    /// 4.9.1); `meta.count` is that of the page.
    ///
    /// # Errors
    /// `RateLimited` when the account's 100 of this minute are used up and the call may not wait
    /// for the next.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ContactsQuery;
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

    /// `POST /api/v1/accounts/{account_id}/contacts/filter`: one page of the contacts that meet the
    /// conditions. It only reads.
    ///
    /// Texts compare without regard to case, identifiers too.
    ///
    /// # Errors
    /// `Invalid` for an attribute that neither Chatwoot nor the account defines, and an operator or
    /// value that does not suit it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ContactsQuery, Filter, FilterCondition};
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

    /// `POST /api/v1/accounts/{account_id}/actions/contact_merge`: makes one contact of two.
    ///
    /// `base` stays and its values win; what only `mergee` has is added. `mergee`'s conversations,
    /// notes and inboxes move, its labels are lost, and it is gone at once. No webhook tells of it.
    ///
    /// # Errors
    /// `NotFound` without one of the two in this account, so also when it is called again.
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

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/conversations`: the contact's 20
    /// conversations that were last active, in the inboxes that the caller may see.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for conversation in account.contacts().conversations(7.into()).await? {
    ///     println!("{} is {}", conversation.id, conversation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(self, id: ContactId) -> Call<'a, Vec<Conversation>> {
        self.account.call(CONVERSATIONS).path("id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/{id}/destroy_custom_attributes`: removes
    /// custom attributes by key; one that is not there is no error.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.contacts().remove_attributes(7.into(), ["tier", "points"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove_attributes<K: AsRef<str>>(
        self,
        id: ContactId,
        keys: impl IntoIterator<Item = K>,
    ) -> Call<'a, Contact> {
        let keys: Vec<String> = keys.into_iter().map(|key| key.as_ref().to_owned()).collect();
        self.account
            .call(REMOVE_ATTRIBUTES)
            .path("id", id)
            .json(&json!({"custom_attributes": keys}))
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/{id}/contactable_inboxes`: the inboxes in which
    /// a conversation with this contact can be begun, each with the source id to use.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for there in account.contacts().contactable_inboxes(7.into()).await? {
    ///     println!("{:?} as {:?}", there.inbox.map(|inbox| inbox.name), there.source_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn contactable_inboxes(self, id: ContactId) -> Call<'a, Vec<ContactInbox>> {
        self.account.call(CONTACTABLE_INBOXES).path("id", id)
    }
}
