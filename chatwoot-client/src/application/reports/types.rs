//! Report types: what reports ask and answer.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::types::Time;
use crate::types::{Availability, Extra, NullAsEmpty, open_enum};
use crate::types::{InboxId, LabelId, TeamId, UserId};

/// The time that a report is about, in seconds since the epoch. Some reports take one without
/// bounds for all there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportPeriod {
    /// When it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl ReportPeriod {
    /// From one second since the epoch to another.
    pub const fn between(since: i64, until: i64) -> Self {
        Self { since: Some(since), until: Some(until) }
    }
}

/// How a report counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReportOptions {
    /// How long a point of a series is; left out it is a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<ReportGroup>,
    /// Whether only the inboxes' opening hours count in times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<bool>,
    /// Where days begin: hours from UTC; left out it is UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone_offset: Option<f64>,
}

/// What a report is about.
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
    /// What a report counts.
    pub enum ReportMetric {
        /// Conversations that began.
        ConversationsCount = "conversations_count",
        /// Messages from customers.
        IncomingMessagesCount = "incoming_messages_count",
        /// Messages to customers.
        OutgoingMessagesCount = "outgoing_messages_count",
        /// Seconds until the first answer, on average.
        AvgFirstResponseTime = "avg_first_response_time",
        /// Seconds until resolved, on average.
        AvgResolutionTime = "avg_resolution_time",
        /// Seconds until an answer, on average.
        ReplyTime = "reply_time",
        /// How often a conversation was resolved.
        ResolutionsCount = "resolutions_count",
        /// How often a bot resolved a conversation.
        BotResolutionsCount = "bot_resolutions_count",
        /// How often a bot handed a conversation to agents.
        BotHandoffsCount = "bot_handoffs_count",
    }

    /// How long a point of a series is.
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

    /// By what outgoing messages are counted.
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
    /// When it begins.
    pub timestamp: Time,
    /// The figure: a number of things, or seconds.
    pub value: Option<Number>,
    /// Of an average: of how many.
    pub count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Every figure over a time. Times are in seconds, and `None` where there was nothing to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportSummary {
    /// Conversations that began.
    pub conversations_count: Option<u64>,
    /// Messages from customers.
    pub incoming_messages_count: Option<u64>,
    /// Messages to customers.
    pub outgoing_messages_count: Option<u64>,
    /// How often a conversation was resolved.
    pub resolutions_count: Option<u64>,
    /// Until the first answer, on average.
    pub avg_first_response_time: Option<Number>,
    /// Until resolved, on average.
    pub avg_resolution_time: Option<Number>,
    /// Until an answer, on average.
    pub reply_time: Option<Number>,
    /// The same over the time of the same length before; it has none itself.
    pub previous: Option<Box<Self>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many conversations are in which state at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConversationMetrics {
    /// Open ones.
    pub open: u64,
    /// Open ones that wait for an agent's answer.
    pub unattended: u64,
    /// Open ones that belong to nobody.
    pub unassigned: Option<u64>,
    /// Those with a bot.
    pub pending: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent's conversations at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentMetrics {
    /// The agent.
    pub id: UserId,
    /// Their name.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Where their picture is; empty where there is none.
    pub thumbnail: Option<String>,
    /// Their availability.
    pub availability: Option<Availability>,
    /// Their conversations.
    pub metric: ConversationMetrics,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How soon customers were answered first: how many conversations in which time.
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

/// How many conversations of which inbox have which label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboxLabelMatrix {
    /// The rows.
    #[serde(default)]
    pub inboxes: NullAsEmpty<Vec<MatrixInbox>>,
    /// The columns.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<MatrixLabel>>,
    /// A row for each inbox, in it a number for each label.
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
    /// The inbox.
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
    /// The label.
    pub id: LabelId,
    /// Its title.
    pub title: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How many messages went out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutgoingCount {
    /// Of whom or what: an id of the kind that was asked for; `None` for a label that the account
    /// does not define.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// How many.
    pub outgoing_messages_count: u64,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
