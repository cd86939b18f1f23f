//! Search: full-text search in contacts, conversations, messages and articles.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::application::agents::Agent;
use crate::application::contacts::InboxSummary;
use crate::application::help_center::ArticleStatus;
use crate::http::Call;
use crate::http::Op;
use crate::types::Time;
use crate::types::{AccountId, ArticleId, ContactId, ConversationId, InboxId};
use crate::types::{Attributes, Extra, Message, NullAsEmpty};

const ALL: Op = Op::get("search.all", "/api/v1/accounts/{account_id}/search").inside(&["payload"]);
const CONTACTS: Op = Op::get("search.contacts", "/api/v1/accounts/{account_id}/search/contacts")
    .inside(&["payload", "contacts"]);
const CONVERSATIONS: Op =
    Op::get("search.conversations", "/api/v1/accounts/{account_id}/search/conversations")
        .inside(&["payload", "conversations"]);
const MESSAGES: Op = Op::get("search.messages", "/api/v1/accounts/{account_id}/search/messages")
    .inside(&["payload", "messages"]);
const ARTICLES: Op = Op::get("search.articles", "/api/v1/accounts/{account_id}/search/articles")
    .inside(&["payload", "articles"]);

pub(crate) const OPERATIONS: &[Op] = &[ALL, CONTACTS, CONVERSATIONS, MESSAGES, ARTICLES];

account_handle! {
    /// The search of an account; from [`Account::search`]. Agents and administrators, each in the
    /// inboxes they may see. Pages have 15 entries; a page past the end is empty.
    ///
    /// [`Search::all`] and [`Search::conversations`] failed with status 500 when measured on 4.15.1 and
    /// 4.9.1. According to the server's source, the cause is a conversation without any message among
    /// the results: the server renders its missing message all the same. To find a contact by one exact
    /// value use [`Contacts::find_exact`](crate::application::contacts::Contacts::find_exact).
    Search
}

impl<'a> Search<'a> {
    /// Returns one page of each of the four kinds.
    ///
    /// `GET /api/v1/accounts/{account_id}/search`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) if a conversation without any message is among the results; see [`Search`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::search::SearchQuery;
    ///
    /// let found = account.search().all(&SearchQuery::new("1001")).await?;
    /// println!("{} contacts, {} messages", found.contacts.len(), found.messages.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: &SearchQuery) -> Call<'a, SearchResults> {
        self.account.call(ALL).query(query)
    }

    /// Returns contacts with the text in their name, e-mail address, phone number or identifier,
    /// most recently active first.
    ///
    /// `GET /api/v1/accounts/{account_id}/search/contacts`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::search::SearchQuery;
    ///
    /// for contact in account.search().contacts(&SearchQuery::new("ada")).await? {
    ///     println!("{} {:?}", contact.id, contact.email);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn contacts(self, query: &SearchQuery) -> Call<'a, Vec<SearchContact>> {
        self.account.call(CONTACTS).query(query)
    }

    /// Returns conversations with the text in their number or their contact, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/search/conversations`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) if a conversation without any message is among the results; see [`Search`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::search::SearchQuery;
    ///
    /// for conversation in account.search().conversations(&SearchQuery::new("ada")).await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(self, query: &SearchQuery) -> Call<'a, Vec<SearchConversation>> {
        self.account.call(CONVERSATIONS).query(query)
    }

    /// Returns messages of the last three months that contain the text, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/search/messages`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Server` (500) if the account has the feature `search_with_gin` and the text contains an
    /// operator of its query language, such as `&` or `(`.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::search::SearchQuery;
    ///
    /// let second = SearchQuery { page: Some(2), ..SearchQuery::new("refund") };
    /// for message in account.search().messages(&second).await? {
    ///     println!("{:?}", message.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn messages(self, query: &SearchQuery) -> Call<'a, Vec<Message>> {
        self.account.call(MESSAGES).query(query)
    }

    /// Returns articles with these words, best match first.
    ///
    /// `GET /api/v1/accounts/{account_id}/search/articles`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::search::SearchQuery;
    ///
    /// for article in account.search().articles(&SearchQuery::new("returns")).await? {
    ///     println!("{} at {:?}", article.title, article.slug);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn articles(self, query: &SearchQuery) -> Call<'a, Vec<SearchArticle>> {
        self.account.call(ARTICLES).query(query)
    }
}

/// What to search for. All fields but `q` and `page` are ignored without the feature
/// `advanced_search`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SearchQuery {
    /// The text to search for.
    pub q: String,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Active from this time on; at most 90 days back.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub since: Option<Timestamp>,
    /// Active until this time.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub until: Option<Timestamp>,
    /// Messages by `contact:ID` or `agent:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Messages in the inbox with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
}

#[expect(clippy::ref_option, reason = "serde asks so")]
fn seconds<S: serde::Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::as_second).serialize(to)
}

impl SearchQuery {
    /// Searches for this text, starting with the first page.
    pub fn new(text: impl Into<String>) -> Self {
        Self { q: text.into(), ..Self::default() }
    }
}

/// One page of each kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchResults {
    /// Contacts.
    #[serde(default)]
    pub contacts: NullAsEmpty<Vec<SearchContact>>,
    /// Conversations.
    #[serde(default)]
    pub conversations: NullAsEmpty<Vec<SearchConversation>>,
    /// Messages.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<Message>>,
    /// Articles.
    #[serde(default)]
    pub articles: NullAsEmpty<Vec<SearchArticle>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A found contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; may be empty.
    pub name: Option<String>,
    /// The shop's own key for the contact.
    pub identifier: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number, in E.164 form.
    pub phone_number: Option<String>,
    /// Attributes that Chatwoot itself defines; absent on 4.9.1.
    pub additional_attributes: Option<Attributes>,
    /// When the contact last wrote; absent on 4.9.1.
    pub last_activity_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A found conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchConversation {
    /// Its number, unique within the account.
    pub id: ConversationId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// When it was created.
    pub created_at: Time,
    /// One of its messages.
    pub message: Option<Message>,
    /// Its contact.
    pub contact: Option<SearchContact>,
    /// Its inbox.
    pub inbox: Option<InboxSummary>,
    /// The agent it is assigned to; absent if there is none.
    pub agent: Option<Agent>,
    /// Attributes that Chatwoot itself defines; absent in the results of [`Search::all`].
    pub additional_attributes: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A found article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchArticle {
    /// Its id.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// Its language code, such as `en`.
    pub locale: Option<String>,
    /// Its text, in Markdown.
    pub content: Option<String>,
    /// Its slug, the name in URLs.
    pub slug: Option<String>,
    /// The slug of its portal.
    pub portal_slug: Option<String>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The name of its category.
    pub category_name: Option<String>,
    /// Its status, which says who can see it.
    pub status: Option<ArticleStatus>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
