//! Reporting events: what happened and how long it took, the rows that reports are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::Account;
use crate::call::Call;
use crate::ids::{AccountId, ConversationId, InboxId, ReportingEventId, UserId};
use crate::model::Extra;
use crate::op::Op;
use crate::time::Time;

const LIST: Op = Op::get("reporting_events.list", "/api/v1/accounts/{account_id}/reporting_events");
const OF_CONVERSATION: Op = Op::get(
    "reporting_events.of_conversation",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/reporting_events",
);

pub(super) const OPERATIONS: &[Op] = &[LIST, OF_CONVERSATION];

/// The reporting events of an account; from [`Account::reporting_events`]. Servers without the
/// enterprise edition do not have them: not found.
#[derive(Clone, Copy, Debug)]
pub struct ReportingEvents<'a> {
    account: &'a Account,
}

impl<'a> ReportingEvents<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/reporting_events`: one page of the account's events,
    /// newest first; an administrator may.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition. An agent is refused: with `Forbidden`
    /// (403), as the published document has it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::ReportingEventsQuery;
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

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/reporting_events`: every
    /// event of one conversation, oldest first.
    ///
    /// # Errors
    /// `NotFound` on a server without the enterprise edition, and without such a conversation in
    /// this account.
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
    /// The page, from 1.
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
    /// How many there are.
    pub meta: ReportingEventCounts,
    /// The events of this page, newest first.
    pub payload: Vec<ReportingEvent>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many events a list has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportingEventCounts {
    /// All.
    #[serde(default)]
    pub count: Option<u64>,
    /// This page, from 1.
    #[serde(default)]
    pub current_page: Option<Value>,
    /// How many pages there are.
    #[serde(default)]
    pub total_pages: Option<u64>,
    /// What else the server sends.
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
    #[serde(default)]
    pub value: Option<Number>,
    /// How long it took within opening hours, in seconds.
    #[serde(default)]
    pub value_in_business_hours: Option<Number>,
    /// Its account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The server's own key of the conversation: *not* the number that the other operations name it
    /// by, though small accounts have the same.
    #[serde(default)]
    pub conversation_id: Option<u64>,
    /// In which inbox.
    #[serde(default)]
    pub inbox_id: Option<InboxId>,
    /// Who did it; `None` where no agent did.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// When it began.
    #[serde(default)]
    pub event_start_time: Option<Time>,
    /// When it ended.
    #[serde(default)]
    pub event_end_time: Option<Time>,
    /// When the row was made.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// When the row was last changed.
    #[serde(default)]
    pub updated_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}
