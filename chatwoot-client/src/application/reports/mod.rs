//! Reports: figures of an account over a period.

pub(super) mod csv;
pub(super) mod events;
pub(super) mod live;
pub(super) mod summary;
pub(super) mod types;

pub use self::csv::*;
pub use self::events::*;
pub use self::live::*;
pub use self::summary::*;
pub use self::types::*;

use serde::Serialize;

use crate::application::Account;

use crate::http::Call;
use crate::http::{Limit, Op};
use crate::types::OpenMap;
use crate::types::{InboxId, LabelId};

const SERIES: Op =
    Op::get("reports.series", "/api/v2/accounts/{account_id}/reports").limited(Limit::Reports);
const SUMMARY: Op = Op::get("reports.summary", "/api/v2/accounts/{account_id}/reports/summary")
    .limited(Limit::Reports);
const CONVERSATIONS: Op =
    Op::get("reports.conversations", "/api/v2/accounts/{account_id}/reports/conversations")
        .limited(Limit::Reports);
// Chatwoot's published API lists the path with a trailing slash as an operation of its own.
const AGENTS: Op =
    Op::get("reports.agents", "/api/v2/accounts/{account_id}/reports/conversations/")
        .limited(Limit::Reports);
const FIRST_RESPONSES: Op = Op::get(
    "reports.first_responses",
    "/api/v2/accounts/{account_id}/reports/first_response_time_distribution",
)
.limited(Limit::Reports)
.missing_in("4.9.1");
const INBOX_LABELS: Op =
    Op::get("reports.inbox_labels", "/api/v2/accounts/{account_id}/reports/inbox_label_matrix")
        .limited(Limit::Reports)
        .missing_in("4.9.1");
const OUTGOING: Op =
    Op::get("reports.outgoing", "/api/v2/accounts/{account_id}/reports/outgoing_messages_count")
        .limited(Limit::Reports)
        .missing_in("4.9.1");

pub(crate) const OPERATIONS: &[Op] =
    &[SERIES, SUMMARY, CONVERSATIONS, AGENTS, FIRST_RESPONSES, INBOX_LABELS, OUTGOING];

account_handle! {
    /// Reports over a period; from [`Account::reports`].
    ///
    /// Administrators, and agents with the right to see reports. The server allows 100 requests a
    /// minute per token and account, together with those of [`CsvReports`].
    Reports
}

impl<'a> Reports<'a> {
    /// Returns one metric over a period, with a point for each day unless the options set another
    /// interval.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` if the account has
    /// no such agent, inbox, team or label. `Decode` for a metric that the server does not know: it
    /// returns an empty object, not a list.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{
    ///     ReportMetric, ReportOptions, ReportPeriod, ReportScope,
    /// };
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let metric = ReportMetric::ConversationsCount;
    /// let inbox = ReportScope::Inbox(7.into());
    /// let options = ReportOptions::default();
    /// for point in account.reports().series(metric, inbox, &week, &options).await? {
    ///     println!("{}: {:?}", point.timestamp.seconds(), point.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn series(
        self,
        metric: ReportMetric,
        scope: ReportScope,
        period: &ReportPeriod,
        options: &ReportOptions,
    ) -> Call<'a, Vec<ReportPoint>> {
        #[derive(Serialize)]
        struct Metric {
            metric: ReportMetric,
        }
        let call = self.account.call(SERIES).query(&Metric { metric }).query(&scope.query());
        call.query(period).query(options)
    }

    /// Returns every metric over a period, and over the period of the same length before it.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/summary`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` if the account has
    /// no such agent, inbox, team or label.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{ReportOptions, ReportPeriod, ReportScope};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let options = ReportOptions { business_hours: Some(true), ..Default::default() };
    /// let summary = account.reports().summary(ReportScope::Account, &week, &options).await?;
    /// println!("{:?} conversations", summary.conversations_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn summary(
        self,
        scope: ReportScope,
        period: &ReportPeriod,
        options: &ReportOptions,
    ) -> Call<'a, ReportSummary> {
        self.account.call(SUMMARY).query(&scope.query()).query(period).query(options)
    }

    /// Returns the current number of conversations by status.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/conversations`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let now = account.reports().conversations().await?;
    /// println!("{} open, {:?} of nobody", now.open, now.unassigned);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(self) -> Call<'a, ConversationMetrics> {
        self.account.call(CONVERSATIONS).query(&Kind { r#type: "account" })
    }

    /// Returns the current number of open conversations of each agent, the highest first.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/conversations/`. The server takes a filter by
    /// user, and heeds it not.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::AgentMetricsQuery;
    ///
    /// for agent in account.reports().agents(&AgentMetricsQuery::default()).await? {
    ///     println!("{:?} has {} open", agent.name, agent.metric.open);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn agents(self, query: &AgentMetricsQuery) -> Call<'a, Vec<AgentMetrics>> {
        self.account.call(AGENTS).query(&Kind { r#type: "agent" }).query(query)
    }

    /// Returns the distribution of first response times, by type of channel.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/first_response_time_distribution`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` on servers without
    /// the operation (4.9.1).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for (channel, answered) in account.reports().first_responses(&week).await? {
    ///     println!("{channel}: {:?} within an hour", answered.within_1_hour);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn first_responses(
        self,
        period: &ReportPeriod,
    ) -> Call<'a, OpenMap<String, ResponseTimes>> {
        self.account.call(FIRST_RESPONSES).query(period)
    }

    /// Returns the number of conversations for each pair of inbox and label; empty lists mean all.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/inbox_label_matrix`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` on servers without
    /// the operation (4.9.1). Inboxes and labels that do not exist are left out of the response.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let table = account.reports().inbox_labels(&week, &[7.into()], &[]).await?;
    /// println!("{} labels", table.labels.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn inbox_labels(
        self,
        period: &ReportPeriod,
        inboxes: &[InboxId],
        labels: &[LabelId],
    ) -> Call<'a, InboxLabelMatrix> {
        #[derive(Serialize)]
        struct Only<'i> {
            #[serde(rename = "inbox_ids[]", skip_serializing_if = "<[_]>::is_empty")]
            inboxes: &'i [InboxId],
            #[serde(rename = "label_ids[]", skip_serializing_if = "<[_]>::is_empty")]
            labels: &'i [LabelId],
        }
        self.account.call(INBOX_LABELS).query(period).query(&Only { inboxes, labels })
    }

    /// Returns the number of outgoing messages by agent, team, inbox or label.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/outgoing_messages_count`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` on servers without
    /// the operation (4.9.1). `Invalid` for a group that the server does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{OutgoingGroup, ReportPeriod};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for row in account.reports().outgoing(OutgoingGroup::Agent, &week).await? {
    ///     println!("{:?} sent {}", row.name, row.outgoing_messages_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn outgoing(
        self,
        group_by: OutgoingGroup,
        period: &ReportPeriod,
    ) -> Call<'a, Vec<OutgoingCount>> {
        self.account.call(OUTGOING).query(&[("group_by", group_by)]).query(period)
    }
}

#[derive(Serialize)]
struct Kind {
    r#type: &'static str,
}
