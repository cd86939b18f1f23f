//! Reporting events: events in conversations with their durations, from which reports are computed.

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::application::Account;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::Page;
use crate::http::page;
use crate::http::page::{Meta, Rows};
use crate::types::Extra;
use crate::types::Time;
use crate::types::{AccountId, ConversationId, InboxId, ReportingEventId, UserId};

const LIST: Op = Op::get("reporting_events.list", "/api/v1/accounts/{account_id}/reporting_events");
const OF_CONVERSATION: Op = Op::get(
    "reporting_events.of_conversation",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/reporting_events",
);

pub(crate) const OPERATIONS: &[Op] = &[LIST, OF_CONVERSATION];

account_handle! {
    /// The reporting events of an account; from [`Account::reporting_events`]. `NotFound` on servers
    /// without the enterprise edition.
    ReportingEvents
}

impl<'a> ReportingEvents<'a> {
    /// Returns one page of the account's events, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/reporting_events`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition. `Forbidden` (403) for an agent, as in
    /// Chatwoot's published API.
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
    pub fn list(
        self,
        query: &ReportingEventsQuery,
    ) -> Call<'a, Page<ReportingEvent, ReportingEventCounts>> {
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
    /// From this time on; ignored unless `until` is set too.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub since: Option<Timestamp>,
    /// Before this time.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub until: Option<Timestamp>,
    /// In the inbox with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Of the user with this id.
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

/// The number of events in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEventCounts {
    /// The number of all entries.
    pub count: Option<u64>,
    /// This page's number, from 1.
    pub current_page: Option<Value>,
    /// The number of pages.
    pub total_pages: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Meta for ReportingEventCounts {}

/// An event in a conversation, with its duration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEvent {
    /// Its id.
    pub id: ReportingEventId,
    /// The kind of event: `first_response`, `reply_time`, `conversation_resolved`,
    /// `conversation_opened` and others.
    pub name: String,
    /// The duration in seconds.
    pub value: Option<Number>,
    /// The duration within opening hours, in seconds.
    pub value_in_business_hours: Option<Number>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The database id of the conversation: *not* the number that other operations take, although
    /// the two may be equal in small accounts.
    pub conversation_id: Option<u64>,
    /// The id of the inbox.
    pub inbox_id: Option<InboxId>,
    /// The id of the agent; `None` if no agent was involved.
    pub user_id: Option<UserId>,
    /// When the measured time began.
    pub event_start_time: Option<Time>,
    /// When the measured time ended.
    pub event_end_time: Option<Time>,
    /// When the record was created.
    pub created_at: Option<Time>,
    /// When the record was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
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
            total: |page: &Page<ReportingEvent, ReportingEventCounts>| page.meta.count,
            touched: None,
        };
        let fetch =
            move |page| self.list(&ReportingEventsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}
