//! Streams: every row of a paged list, each once, while the list may move.
//!
//! A row that goes to a later page is not repeated, and one that goes to an earlier page, because
//! others vanished, is not missed: each page is read again after the next one. What is made after
//! the stream began may or may not come.

use futures_util::Stream;

use super::contact_types::{Contact, ContactSort, ContactsQuery};
use super::contacts::Contacts;
use super::conversation_requests::{AssigneeFilter, ConversationSort, ConversationsQuery};
use super::conversation_types::{Conversation, ConversationPage};
use super::conversations::Conversations;
use super::filter::Filter;
use crate::error::Error;
use crate::page::{self, Page, Paged, Rows};

impl Paged for ConversationPage {
    type Row = Conversation;

    fn rows(self) -> Vec<Conversation> {
        self.payload
    }
}

/// The contacts of a list that counts all its rows.
fn contacts(sort: Option<&ContactSort>) -> Rows<Page<Contact>, crate::ContactId> {
    let active = sort == Some(&ContactSort::LastActivityAtDescending);
    Rows {
        key: |contact| contact.id,
        total: |page| page.meta.count,
        touched: active.then_some(|contact: &Contact| contact.last_activity_at),
    }
}

/// Newest first, unless an order is named: rows then go to later pages by new ones only.
fn newest(query: ContactsQuery) -> ContactsQuery {
    let sort = query.sort.or(Some(ContactSort::CreatedAtDescending));
    ContactsQuery { sort, ..query }
}

impl<'a> Contacts<'a> {
    /// `GET /api/v1/accounts/{account_id}/contacts`, page after page: every contact, each once;
    /// newest first, unless the query names an order. The query's page is not heeded.
    ///
    /// A contact that vanishes meanwhile makes others neither come twice nor be missed. For that,
    /// most pages are asked for twice.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Contacts::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::ContactsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut contacts = pin!(account.contacts().all(ContactsQuery::default()));
    /// while let Some(contact) = contacts.try_next().await? {
    ///     println!("{}", contact.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        query: ContactsQuery,
    ) -> impl Stream<Item = Result<Contact, Error>> + Send + 'a {
        let query = newest(query);
        let rows = contacts(query.sort.as_ref());
        page::stream(
            move |page| self.list(&ContactsQuery { page: Some(page), ..query.clone() }),
            rows,
        )
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/filter`, page after page: every contact that
    /// meets the conditions, each once, as [`Contacts::all`] does.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Contacts::filter`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::{ContactsQuery, Filter, FilterCondition};
    /// use futures_util::TryStreamExt;
    ///
    /// let filter = Filter::new(FilterCondition::is_not_present("email"));
    /// let mut found = pin!(account.contacts().filter_all(filter, ContactsQuery::default()));
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
    ) -> impl Stream<Item = Result<Contact, Error>> + Send + 'a {
        let query = newest(query);
        let rows = contacts(query.sort.as_ref());
        let fetch =
            move |page| self.filter(&filter, &ContactsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }

    /// `GET /api/v1/accounts/{account_id}/contacts/search`, page after page: every contact that has
    /// this text, each once, as [`Contacts::all`] does. The server allows 100 pages a minute per
    /// account.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Contacts::search`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::ContactsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut found = pin!(account.contacts().search_all("lovelace", ContactsQuery::default()));
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
    ) -> impl Stream<Item = Result<Contact, Error>> + Send + 'a {
        let (text, query) = (text.into(), newest(query));
        // The count of a search is that of the page.
        let rows = Rows { total: |_| None, ..contacts(query.sort.as_ref()) };
        let fetch =
            move |page| self.search(&text, &ContactsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

impl<'a> Conversations<'a> {
    /// `GET /api/v1/accounts/{account_id}/conversations`, page after page: every conversation, each
    /// once; newest first, unless the query names an order; *open* ones, unless it names a state.
    /// The query's page is not heeded.
    ///
    /// Orders by priority or by waiting move rows to and fro: with them a row may be missed.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Conversations::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::{ConversationsQuery, StatusFilter};
    /// use futures_util::TryStreamExt;
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// let mut all = pin!(account.conversations().all(query));
    /// while let Some(conversation) = all.try_next().await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        query: ConversationsQuery,
    ) -> impl Stream<Item = Result<Conversation, Error>> + Send + 'a {
        let sort = query.sort_by.clone().unwrap_or(ConversationSort::CreatedAtDescending);
        let active = sort == ConversationSort::LastActivityDescending;
        // The counts do not heed whose conversations are asked for.
        let whole = matches!(query.assignee_type, None | Some(AssigneeFilter::All));
        let query = ConversationsQuery { sort_by: Some(sort), ..query };
        let rows = Rows {
            key: |conversation: &Conversation| conversation.id,
            total: if whole { |page: &ConversationPage| page.meta.all_count } else { |_| None },
            touched: active.then_some(|row: &Conversation| row.last_activity_at),
        };
        page::stream(
            move |page| self.list(&ConversationsQuery { page: Some(page), ..query.clone() }),
            rows,
        )
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/filter`, page after page: every
    /// conversation that meets the conditions, each once, last active first. At the end the front
    /// is read again, for those that became active meanwhile.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Conversations::filter`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::{Filter, FilterCondition};
    /// use futures_util::TryStreamExt;
    ///
    /// let filter = Filter::new(FilterCondition::equal_to("labels", ["vip"]));
    /// let mut found = pin!(account.conversations().filter_all(filter));
    /// while let Some(conversation) = found.try_next().await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter_all(
        self,
        filter: Filter,
    ) -> impl Stream<Item = Result<Conversation, Error>> + Send + 'a {
        let rows = Rows {
            key: |conversation: &Conversation| conversation.id,
            total: |page: &ConversationPage| page.meta.all_count,
            touched: Some(|row: &Conversation| row.last_activity_at),
        };
        page::stream(move |page| self.filter(&filter, page), rows)
    }
}
