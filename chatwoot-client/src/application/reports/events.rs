//! Reporting events: what happened and how long it took, the rows that reports are made of.

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::application::Account;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::page;
use crate::http::page::{Paged, Rows};
use crate::types::Extra;
use crate::types::Time;
use crate::types::{AccountId, ConversationId, InboxId, ReportingEventId, UserId};

const LIST: Op = Op::get("reporting_events.list", "/api/v1/accounts/{account_id}/reporting_events");
const OF_CONVERSATION: Op = Op::get(
    "reporting_events.of_conversation",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/reporting_events",
);

pub(crate) const OPERATIONS: &[Op] = &[LIST, OF_CONVERSATION];

/// The reporting events of an account; from [`Account::reporting_events`]. Servers without the
/// enterprise edition do not have them: not found.
#[derive(Clone, Copy, Debug)]
pub struct ReportingEvents<'a> {
    account: &'a Account,
}

impl<'a> ReportingEvents<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// Returns one page of the account's events, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/reporting_events`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition. An agent is refused: with `Forbidden`
    /// (403), as the published document has it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportingEventsQuery;
    ///
    /// let query = ReportingEventsQuery { name: Some("first_response".into()), ..Default::default() };
    /// for event in account.reporting_events().list(&query).await?.payload {
    ///     println!("{} took {:?} s", event.name, event.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &ReportingEventsQuery) -> Call<'a, ReportingEventPage> {
        self.account.call(LIST).query(query)
    }

    /// Returns every event of one conversation, oldest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/reporting_events`.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition, and if the account has no such
    /// conversation.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for event in account.reporting_events().of_conversation(12.into()).await? {
    ///     println!("{} took {:?} s", event.name, event.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn of_conversation(self, id: ConversationId) -> Call<'a, Vec<ReportingEvent>> {
        self.account.call(OF_CONVERSATION).path("conversation_id", id)
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportingEventsQuery {
    /// From this time on; heeded only together with `until`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub since: Option<Timestamp>,
    /// Before this time.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub until: Option<Timestamp>,
    /// In this inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Of this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// With this name, such as `first_response`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

#[expect(clippy::ref_option, reason = "serde asks so")]
fn seconds<S: serde::Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::as_second).serialize(to)
}

/// One page of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEventPage {
    /// The number of results.
    pub meta: ReportingEventCounts,
    /// The events of this page, newest first.
    pub payload: Vec<ReportingEvent>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many events a list has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEventCounts {
    /// All.
    pub count: Option<u64>,
    /// This page, from 1.
    pub current_page: Option<Value>,
    /// How many pages there are.
    pub total_pages: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Something that happened in a conversation, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEvent {
    /// Its id.
    pub id: ReportingEventId,
    /// What happened: `first_response`, `reply_time`, `conversation_resolved`,
    /// `conversation_opened` and others.
    pub name: String,
    /// How long it took, in seconds.
    pub value: Option<Number>,
    /// How long it took within opening hours, in seconds.
    pub value_in_business_hours: Option<Number>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The server's own key of the conversation: *not* the number that the other operations name it
    /// by, though small accounts have the same.
    pub conversation_id: Option<u64>,
    /// In which inbox.
    pub inbox_id: Option<InboxId>,
    /// Who did it; `None` where no agent did.
    pub user_id: Option<UserId>,
    /// When it began.
    pub event_start_time: Option<Time>,
    /// When it ended.
    pub event_end_time: Option<Time>,
    /// When the row was made.
    pub created_at: Option<Time>,
    /// When the row was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Paged for ReportingEventPage {
    type Row = ReportingEvent;

    fn rows(self) -> Vec<ReportingEvent> {
        self.payload
    }
}

impl<'a> ReportingEvents<'a> {
    /// Streams every event, each once, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/reporting_events`, page by page. The query's page is
    /// ignored.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`ReportingEvents::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportingEventsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut events = account.reporting_events().all(ReportingEventsQuery::default());
    /// while let Some(event) = events.try_next().await? {
    ///     println!("{} took {:?} s", event.name, event.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: ReportingEventsQuery) -> BoxStream<'a, Result<ReportingEvent, Error>> {
        let rows = Rows {
            key: |event: &ReportingEvent| event.id,
            total: |page: &ReportingEventPage| page.meta.count,
            touched: None,
        };
        let fetch =
            move |page| self.list(&ReportingEventsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}
