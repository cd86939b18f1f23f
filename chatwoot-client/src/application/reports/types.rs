//! Types of the report operations: queries and responses.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::types::Time;
use crate::types::{Availability, Extra, NullAsEmpty, open_enum};
use crate::types::{InboxId, LabelId, TeamId, UserId};

/// The period of a report, in seconds since the epoch. Some reports accept a period without bounds,
/// which means all data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportPeriod {
    /// The start of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The end of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl ReportPeriod {
    /// Creates a period between two times, each in seconds since the epoch.
    pub const fn between(since: i64, until: i64) -> Self {
        Self { since: Some(since), until: Some(until) }
    }
}

/// Options of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportOptions {
    /// The interval of a point; a day by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<ReportGroup>,
    /// Whether times count only the inboxes' opening hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<bool>,
    /// The time zone in which days begin, in hours from UTC; UTC by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone_offset: Option<f64>,
}

/// What a report covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportScope {
    /// The whole account.
    Account,
    /// One agent.
    Agent(UserId),
    /// One inbox.
    Inbox(InboxId),
    /// One team.
    Team(TeamId),
    /// One label.
    Label(LabelId),
}

#[derive(Serialize)]
pub(super) struct ScopeQuery {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
}

impl ReportScope {
    pub(super) fn query(self) -> ScopeQuery {
        let (kind, id) = match self {
            Self::Account => ("account", None),
            Self::Agent(id) => ("agent", Some(id.0)),
            Self::Inbox(id) => ("inbox", Some(id.0)),
            Self::Team(id) => ("team", Some(id.0)),
            Self::Label(id) => ("label", Some(id.0)),
        };
        ScopeQuery { r#type: kind, id }
    }
}

open_enum! {
    /// A metric of a report.
    pub enum ReportMetric {
        /// Conversations that were created.
        ConversationsCount = "conversations_count",
        /// Messages from customers.
        IncomingMessagesCount = "incoming_messages_count",
        /// Messages to customers.
        OutgoingMessagesCount = "outgoing_messages_count",
        /// The average time until the first response, in seconds.
        AvgFirstResponseTime = "avg_first_response_time",
        /// The average time until resolution, in seconds.
        AvgResolutionTime = "avg_resolution_time",
        /// The average time until a response, in seconds.
        ReplyTime = "reply_time",
        /// How many times a conversation was resolved.
        ResolutionsCount = "resolutions_count",
        /// How many times a bot resolved a conversation.
        BotResolutionsCount = "bot_resolutions_count",
        /// How many times a bot handed a conversation over to agents.
        BotHandoffsCount = "bot_handoffs_count",
    }

    /// The interval of a point in a series.
    pub enum ReportGroup {
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A week.
        Week = "week",
        /// A month.
        Month = "month",
        /// A year.
        Year = "year",
    }

    /// How outgoing messages are grouped.
    pub enum OutgoingGroup {
        /// By agent.
        Agent = "agent",
        /// By team.
        Team = "team",
        /// By inbox.
        Inbox = "inbox",
        /// By label.
        Label = "label",
    }
}

/// One point of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportPoint {
    /// The start of its interval.
    pub timestamp: Time,
    /// The value of the metric: a count, or seconds.
    pub value: Option<Number>,
    /// For an average: the number of measurements.
    pub count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Every metric over a period. Times are in seconds, and `None` if there was nothing to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportSummary {
    /// Conversations that were created.
    pub conversations_count: Option<u64>,
    /// Messages from customers.
    pub incoming_messages_count: Option<u64>,
    /// Messages to customers.
    pub outgoing_messages_count: Option<u64>,
    /// How many times a conversation was resolved.
    pub resolutions_count: Option<u64>,
    /// The average time until the first response.
    pub avg_first_response_time: Option<Number>,
    /// The average time until resolution.
    pub avg_resolution_time: Option<Number>,
    /// The average time until a response.
    pub reply_time: Option<Number>,
    /// The metrics of the preceding period of the same length; `None` inside that one.
    pub previous: Option<Box<Self>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The current number of conversations by status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMetrics {
    /// Open conversations.
    pub open: u64,
    /// Open conversations that wait for a response of an agent.
    pub unattended: u64,
    /// Open conversations assigned to no agent.
    pub unassigned: Option<u64>,
    /// Pending conversations, such as those with a bot.
    pub pending: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A query of the agents' report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentMetricsQuery {
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// The current number of open conversations of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentMetrics {
    /// The id of the agent.
    pub id: UserId,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The URL of their picture; empty if they have none.
    pub thumbnail: Option<String>,
    /// Their availability.
    pub availability: Option<Availability>,
    /// The number of their conversations.
    pub metric: ConversationMetrics,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The distribution of first response times: the number of conversations in each range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResponseTimes {
    /// Within an hour.
    #[serde(rename = "0-1h")]
    pub within_1_hour: Option<u64>,
    /// In one to four hours.
    #[serde(rename = "1-4h")]
    pub within_4_hours: Option<u64>,
    /// In four to eight hours.
    #[serde(rename = "4-8h")]
    pub within_8_hours: Option<u64>,
    /// In eight to 24 hours.
    #[serde(rename = "8-24h")]
    pub within_24_hours: Option<u64>,
    /// Later.
    #[serde(rename = "24h+")]
    pub later: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of conversations for each pair of inbox and label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxLabelMatrix {
    /// The inboxes, one for each row.
    #[serde(default)]
    pub inboxes: NullAsEmpty<Vec<MatrixInbox>>,
    /// The labels, one for each column.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<MatrixLabel>>,
    /// The numbers: a row for each inbox, with a column for each label.
    #[serde(default)]
    pub matrix: NullAsEmpty<Vec<Vec<u64>>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A row of an [`InboxLabelMatrix`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MatrixInbox {
    /// The id of the inbox.
    pub id: InboxId,
    /// Its name.
    pub name: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A column of an [`InboxLabelMatrix`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MatrixLabel {
    /// The id of the label.
    pub id: LabelId,
    /// Its title.
    pub title: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of outgoing messages of one agent, team, inbox or label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutgoingCount {
    /// The id of the agent, team, inbox or label; `None` for a label that the account does not
    /// define.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// The number of messages.
    pub outgoing_messages_count: u64,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
