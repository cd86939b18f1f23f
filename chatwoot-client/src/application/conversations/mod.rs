//! Conversations: threads of messages between customers and agents.

pub(super) mod assignments;
pub(super) mod attachments;
pub(super) mod handle;
pub(super) mod labels;
pub(super) mod participants;
pub(super) mod requests;
pub(super) mod search;
pub(super) mod types;
mod updated;

pub use self::attachments::*;
pub use self::handle::*;
pub use self::labels::*;
pub use self::participants::*;
pub use self::requests::*;
pub use self::search::*;
pub use self::types::*;

use futures_util::stream::BoxStream;

use crate::application::{Account, Filter};
use crate::error::Error;
use crate::http::page;
use crate::http::page::Rows;
use crate::http::{Call, Limit, Op, Page};
use crate::types::ConversationId;

const LIST: Op =
    Op::get("conversations.list", "/api/v1/accounts/{account_id}/conversations").inside(&["data"]);
const CREATE: Op = Op::post("conversations.create", "/api/v1/accounts/{account_id}/conversations");
const GET: Op =
    Op::get("conversations.get", "/api/v1/accounts/{account_id}/conversations/{conversation_id}");
const UPDATE: Op = Op::patch(
    "conversations.update",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}",
);
const FILTER: Op =
    Op::post("conversations.filter", "/api/v1/accounts/{account_id}/conversations/filter")
        .idempotent();
const META: Op = Op::get("conversations.meta", "/api/v1/accounts/{account_id}/conversations/meta")
    .inside(&["meta"])
    .limited(Limit::ConversationMeta);
const UNREAD_COUNTS: Op = Op::get(
    "conversations.unread_counts",
    "/api/v1/accounts/{account_id}/conversations/unread_counts",
)
.missing_in("4.9.1")
.inside(&["payload"]);
const SET_STATUS: Op = Op::post(
    "conversations.set_status",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_status",
)
.inside(&["payload"])
.idempotent();
const SET_PRIORITY: Op = Op::post(
    "conversations.set_priority",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_priority",
)
.idempotent();
const REPLACE_CUSTOM_ATTRIBUTES: Op = Op::post(
    "conversations.replace_custom_attributes",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes",
)
.inside(&["custom_attributes"])
.idempotent();
const SET_TYPING: Op = Op::post(
    "conversations.set_typing",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_typing_status",
)
.idempotent();
const MUTE: Op = Op::post(
    "conversations.mute",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/mute",
);
const UNMUTE: Op = Op::post(
    "conversations.unmute",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/unmute",
);
const MARK_READ: Op = Op::post(
    "conversations.mark_read",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/update_last_seen",
)
.idempotent();
const MARK_UNREAD: Op = Op::post(
    "conversations.mark_unread",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/unread",
)
.idempotent();
const SEND_TRANSCRIPT: Op = Op::post(
    "conversations.send_transcript",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/transcript",
)
.limited(Limit::Transcript);
const DELETE: Op = Op::delete(
    "conversations.delete",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}",
);

pub(crate) const OPERATIONS: &[Op] = &[
    LIST,
    CREATE,
    GET,
    UPDATE,
    FILTER,
    META,
    UNREAD_COUNTS,
    SET_STATUS,
    SET_PRIORITY,
    REPLACE_CUSTOM_ATTRIBUTES,
    SET_TYPING,
    MUTE,
    UNMUTE,
    MARK_READ,
    MARK_UNREAD,
    SEND_TRANSCRIPT,
    DELETE,
];

account_handle! {
    /// The conversations of an account; from [`Account::conversations`].
    ///
    /// Every method is open to administrators, and to agents for the inboxes they are members of.
    Conversations
}

impl<'a> Conversations<'a> {
    /// Returns one page of 25 conversations; a page past the end is empty.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`. Without a status only *open*
    /// conversations are listed.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; an unknown inbox gives an
    /// empty list.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::{ConversationsQuery, StatusFilter};
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// let page = account.conversations().list(&query).await?;
    /// println!("{:?} in all", page.meta.all_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(
        self,
        query: &ConversationsQuery,
    ) -> Call<'a, Page<Conversation, ConversationCounts>> {
        self.account.call(LIST).query(query)
    }

    /// Returns one conversation.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}`.
    ///
    /// The number is unique within the account only: the same number in another account is another
    /// conversation.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Server` for a short time after its contact was deleted.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversations().get(12.into()).await?;
    /// println!("{:?} is {}", conversation.meta.sender.name, conversation.status);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: ConversationId) -> Call<'a, Conversation> {
        self.account.call(GET).path("conversation_id", id)
    }

    /// Creates a conversation.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations`.
    ///
    /// Each call creates another one, even in an inbox with a single conversation per contact:
    /// after an unknown outcome list the contact's conversations before calling again.
    ///
    /// # Errors
    /// `NotFound` if the account has no such contact or inbox, or if neither both nor a source id
    /// are given; `Unauthorized` for an agent who is not a member of the inbox; `Invalid` for a
    /// source id that another contact has, for a contact without the address that an e-mail, SMS or
    /// WhatsApp inbox needs, and for attributes as in
    /// [`ConversationHandle::replace_custom_attributes`]; `Server` for a status that Chatwoot does
    /// not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::NewConversation;
    /// use chatwoot_client::application::messages::NewMessage;
    ///
    /// let about_order = NewConversation {
    ///     contact_id: Some(7.into()),
    ///     inbox_id: Some(4.into()),
    ///     message: Some(NewMessage::text("Your order is on its way")),
    ///     ..NewConversation::default()
    /// };
    /// let conversation = account.conversations().create(&about_order).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, conversation: &NewConversation) -> Call<'a, Conversation> {
        self.account.call(CREATE).json(conversation)
    }

    /// Updates the priority or the SLA policy; fields left as
    /// [`Patch::Keep`](crate::types::Patch::Keep) keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Server` for a priority that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::ConversationPatch;
    /// use chatwoot_client::types::Priority;
    ///
    /// let urgent = ConversationPatch { priority: Priority::Urgent.into(), ..Default::default() };
    /// account.conversations().update(12.into(), &urgent).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: ConversationId, to: &ConversationPatch) -> Call<'a, Conversation> {
        self.account.call(UPDATE).path("conversation_id", id).json(to)
    }

    /// Returns one page of the conversations that meet the conditions, in any state.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/filter`. It changes nothing.
    ///
    /// # Errors
    /// `Invalid` for an attribute that neither Chatwoot nor the account defines, and for an
    /// operator or value that does not fit the attribute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::ConversationFilterQuery;
    /// use chatwoot_client::application::{Filter, FilterCondition};
    ///
    /// let paid = Filter::new(FilterCondition::equal_to("order_id", ["1001"]));
    /// let first = ConversationFilterQuery::default();
    /// let page = account.conversations().filter(&paid, &first).await?;
    /// println!("{} about that order", page.payload.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter(
        self,
        filter: &Filter,
        query: &ConversationFilterQuery,
    ) -> Call<'a, Page<Conversation, ConversationCounts>> {
        self.account.call(FILTER).query(query).json(filter)
    }

    /// Returns the number of conversations in a list.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/meta`.
    ///
    /// The server allows 30 requests a minute per token and account.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; `RateLimited` if the 30
    /// requests of this minute are used up and the call may not wait for the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::ConversationsQuery;
    ///
    /// let open = account.conversations().meta(&ConversationsQuery::default()).await?;
    /// println!("{:?} of {:?} have no agent", open.unassigned_count, open.all_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn meta(self, query: &ConversationsQuery) -> Call<'a, ConversationCounts> {
        self.account.call(META).query(query)
    }

    /// Returns the numbers of conversations with unread messages, among those the caller may see.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/unread_counts`. Not in Chatwoot's published
    /// API.
    ///
    /// # Errors
    /// `Forbidden` if the account does not have the feature; `NotFound` on a server without it
    /// (4.9.1).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let unread = account.conversations().unread_counts().await?;
    /// println!("{} conversations to read", unread.all_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unread_counts(self) -> Call<'a, UnreadCounts> {
        self.account.call(UNREAD_COUNTS)
    }
}

impl<'a> Conversations<'a> {
    /// Streams every conversation, each once; newest first unless the query sets an order, and only
    /// *open* ones unless it sets a status.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations`, page by page. The query's page is
    /// ignored.
    ///
    /// When sorted by priority or waiting time, conversations move between pages in both
    /// directions, so one may be missed.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Conversations::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::{ConversationsQuery, StatusFilter};
    /// use futures_util::TryStreamExt;
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// let mut all = account.conversations().all(query);
    /// while let Some(conversation) = all.try_next().await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: ConversationsQuery) -> BoxStream<'a, Result<Conversation, Error>> {
        let sort = query.sort_by.clone().unwrap_or(ConversationSort::CreatedAtDescending);
        let active = sort == ConversationSort::LastActivityDescending;
        // The server's counts ignore the assignee filter.
        let whole = matches!(query.assignee_type, None | Some(AssigneeFilter::All));
        let query = ConversationsQuery { sort_by: Some(sort), ..query };
        let rows = Rows {
            key: |conversation: &Conversation| conversation.id,
            total: if whole {
                |page: &Page<Conversation, ConversationCounts>| page.meta.all_count
            } else {
                |_| None
            },
            touched: active.then_some(|row: &Conversation| row.last_activity_at),
        };
        page::stream(
            move |page| self.list(&ConversationsQuery { page: Some(page), ..query.clone() }),
            rows,
        )
    }

    /// Streams every conversation that meets the conditions, each once, most recently active first.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/filter`, page by page. At the end the
    /// first pages are read again, for conversations that became active meanwhile.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Conversations::filter`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::{Filter, FilterCondition};
    /// use futures_util::TryStreamExt;
    ///
    /// let filter = Filter::new(FilterCondition::equal_to("labels", ["vip"]));
    /// let mut found = account.conversations().filter_all(filter);
    /// while let Some(conversation) = found.try_next().await? {
    ///     println!("{}", conversation.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter_all(self, filter: Filter) -> BoxStream<'a, Result<Conversation, Error>> {
        let rows = Rows {
            key: |conversation: &Conversation| conversation.id,
            total: |page: &Page<Conversation, ConversationCounts>| page.meta.all_count,
            touched: Some(|row: &Conversation| row.last_activity_at),
        };
        let fetch = move |page| self.filter(&filter, &ConversationFilterQuery { page: Some(page) });
        page::stream(fetch, rows)
    }
}

impl<'a> Conversations<'a> {
    /// Deletes a conversation with its messages, in the background.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}`. Administrators only.
    /// Not in Chatwoot's published API. Chatwoot sends no webhook for it.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversations().delete(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: ConversationId) -> Call<'a, ()> {
        self.account.done(DELETE).path("conversation_id", id)
    }
}

#[cfg(test)]
mod tests;
