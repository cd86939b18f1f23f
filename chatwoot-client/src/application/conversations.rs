//! Conversations: what customers and agents write to each other about.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::conversation_requests::{
    ConversationPatch, ConversationsQuery, NewConversation, StatusFilter, Typing,
};
use super::conversation_types::{Conversation, ConversationCounts, ConversationPage, StatusChange};
use super::{Account, Filter};
use crate::call::Call;
use crate::ids::ConversationId;
use crate::model::{Attributes, ConversationStatus, OrEmpty, Priority};
use crate::op::{Limit, Op};

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
const REPLACE_ATTRIBUTES: Op = Op::post(
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

pub(super) const OPERATIONS: &[Op] = &[
    LIST,
    CREATE,
    GET,
    UPDATE,
    FILTER,
    META,
    SET_STATUS,
    SET_PRIORITY,
    REPLACE_ATTRIBUTES,
    SET_TYPING,
];

/// The conversations of an account; from [`Account::conversations`].
///
/// Administrators may call everything here, agents for the inboxes they are members of.
#[derive(Clone, Copy, Debug)]
pub struct Conversations<'a> {
    pub(super) account: &'a Account,
}

impl<'a> Conversations<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/conversations`: one page of 25 conversations; past the
    /// end it is empty. Without a status it means *open* ones.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; an unknown inbox is an empty
    /// list.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ConversationsQuery, StatusFilter};
    ///
    /// let query = ConversationsQuery { status: Some(StatusFilter::All), ..Default::default() };
    /// let page = account.conversations().list(&query).await?;
    /// println!("{:?} in all", page.meta.all_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &ConversationsQuery) -> Call<'a, ConversationPage> {
        self.account.call(LIST).query(query)
    }

    /// `GET /api/v1/accounts/{account_id}/conversations`: every conversation, in any state, that
    /// changed within so many seconds, in one answer without pages.
    ///
    /// This is how to find what a webhook did not tell; ask for somewhat more than the time since
    /// the last look. The published document does not list it.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for conversation in account.conversations().updated_within(600).await?.payload {
    ///     println!("{} is {}", conversation.id, conversation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn updated_within(self, seconds: u64) -> Call<'a, ConversationPage> {
        self.list(&ConversationsQuery {
            status: Some(StatusFilter::All),
            updated_within: Some(seconds),
            ..ConversationsQuery::default()
        })
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}`: one conversation.
    ///
    /// Numbers count per account: the same number in another account is another conversation.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Server` for a short time after its contact was deleted.
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

    /// `POST /api/v1/accounts/{account_id}/conversations`: begins a conversation.
    ///
    /// Each call begins another one, also where the inbox keeps to one conversation per contact:
    /// after an unknown outcome look before calling again.
    ///
    /// # Errors
    /// `NotFound` without such a contact or inbox in this account, or where neither both nor a
    /// source id are named; `Unauthorized` for an agent who is no member of the inbox; `Invalid`
    /// for a source id that another contact has, for a contact without the address that an e-mail,
    /// SMS or WhatsApp inbox needs, and for attributes as in
    /// [`Conversations::replace_custom_attributes`]; `Server` for a state that Chatwoot does not
    /// know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{NewConversation, NewMessage};
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

    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}`: changes priority or
    /// SLA policy; what is left as [`Patch::Keep`](crate::Patch::Keep) stays.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Server` for a priority that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{ConversationPatch, Priority};
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

    /// `POST /api/v1/accounts/{account_id}/conversations/filter`: one page, from 1, of the
    /// conversations that meet the conditions, in any state. It only reads.
    ///
    /// # Errors
    /// `Invalid` for an attribute that neither Chatwoot nor the account defines, and an operator or
    /// value that does not suit it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{Filter, FilterCondition};
    ///
    /// let paid = Filter::new(FilterCondition::equal_to("order_id", ["1001"]));
    /// let page = account.conversations().filter(&paid, 1).await?;
    /// println!("{} about that order", page.payload.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn filter(self, filter: &Filter, page: u32) -> Call<'a, ConversationPage> {
        #[derive(Serialize)]
        struct Number {
            page: u32,
        }
        self.account.call(FILTER).query(&Number { page }).json(filter)
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/meta`: how many conversations a list has.
    ///
    /// The server allows 30 a minute per token and account.
    ///
    /// # Errors
    /// `NotFound` for a query with a team that is not in this account; `RateLimited` when the 30 of
    /// this minute are used up and the call may not wait for the next.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ConversationsQuery;
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

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_status`: puts a
    /// conversation into a state.
    ///
    /// `snoozed_until` is for [`ConversationStatus::Snoozed`]; without it the conversation sleeps
    /// until the customer writes. An agent who opens one becomes its assignee. A bot that opens a
    /// pending one hands it to the agents.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Server` for a state that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ConversationStatus;
    ///
    /// let conversations = account.conversations();
    /// conversations.set_status(12.into(), &ConversationStatus::Resolved, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_status(
        self,
        id: ConversationId,
        status: &ConversationStatus,
        snoozed_until: Option<Timestamp>,
    ) -> Call<'a, StatusChange> {
        let mut body = json!({"status": status});
        if let (Some(body), Some(until)) = (body.as_object_mut(), snoozed_until) {
            body.insert("snoozed_until".into(), until.as_second().into());
        }
        self.account.call(SET_STATUS).path("conversation_id", id).json(&body)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_priority`: says
    /// how urgent a conversation is; `None` takes the priority away.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Server` for a priority that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Priority;
    ///
    /// account.conversations().set_priority(12.into(), Some(&Priority::High)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_priority(self, id: ConversationId, priority: Option<&Priority>) -> Call<'a, ()> {
        let call = self.account.done(SET_PRIORITY).path("conversation_id", id);
        call.json(&json!({"priority": priority}))
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`:
    /// *replaces* all custom attributes, and answers them: what is not named is gone.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Invalid` for a text of more than 1,500 characters and a
    /// whole number above 9,999,999,999.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let all = [("order_id".to_owned(), "1001".into())].into_iter().collect();
    /// account.conversations().replace_custom_attributes(12.into(), &all).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace_custom_attributes(
        self,
        id: ConversationId,
        attributes: &Attributes,
    ) -> Call<'a, OrEmpty<Attributes>> {
        let call = self.account.call(REPLACE_ATTRIBUTES).path("conversation_id", id);
        call.json(&json!({"custom_attributes": attributes}))
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_typing_status`:
    /// shows that the caller writes, or has stopped; with `private` only to agents.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Typing;
    ///
    /// account.conversations().set_typing(12.into(), &Typing::On, false).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_typing(self, id: ConversationId, typing: &Typing, private: bool) -> Call<'a, ()> {
        let call = self.account.done(SET_TYPING).path("conversation_id", id);
        call.json(&json!({"typing_status": typing, "is_private": private}))
    }
}
