//! Summary reports: figures over a period, with a row for each agent, team, inbox, label or
//! channel.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::application::Account;
use crate::application::reports::ReportPeriod;
use crate::http::Call;
use crate::http::Op;
use crate::types::{Extra, OpenMap};
use crate::types::{InboxId, LabelId, TeamId, UserId};

// The server's rate limit for reports does not cover these paths: its pattern is `/reports`.
const AGENTS: Op =
    Op::get("summary_reports.agents", "/api/v2/accounts/{account_id}/summary_reports/agent");
const TEAMS: Op =
    Op::get("summary_reports.teams", "/api/v2/accounts/{account_id}/summary_reports/team");
const INBOXES: Op =
    Op::get("summary_reports.inboxes", "/api/v2/accounts/{account_id}/summary_reports/inbox");
const LABELS: Op =
    Op::get("summary_reports.labels", "/api/v2/accounts/{account_id}/summary_reports/label");
const CHANNELS: Op =
    Op::get("summary_reports.channels", "/api/v2/accounts/{account_id}/summary_reports/channel")
        .missing_in("4.9.1");

pub(crate) const OPERATIONS: &[Op] = &[AGENTS, TEAMS, INBOXES, LABELS, CHANNELS];

account_handle! {
    /// Reports with a row for each agent, team, inbox, label or channel; from
    /// [`Account::summary_reports`].
    ///
    /// Administrators, and agents with the right to see reports. With `business_hours`, times count
    /// only the inboxes' opening hours.
    SummaryReports
}

impl<'a> SummaryReports<'a> {
    /// Returns a row for each agent.
    ///
    /// `GET /api/v2/accounts/{account_id}/summary_reports/agent`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for row in account.summary_reports().agents(&week, false).await? {
    ///     println!("{} resolved {:?}", row.id, row.resolved_conversations_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn agents(
        self,
        period: &ReportPeriod,
        business_hours: bool,
    ) -> Call<'a, Vec<SummaryRow<UserId>>> {
        self.rows(AGENTS, period, business_hours)
    }

    /// Returns a row for each team.
    ///
    /// `GET /api/v2/accounts/{account_id}/summary_reports/team`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for row in account.summary_reports().teams(&week, true).await? {
    ///     println!("team {}: {:?} conversations", row.id, row.conversations_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn teams(
        self,
        period: &ReportPeriod,
        business_hours: bool,
    ) -> Call<'a, Vec<SummaryRow<TeamId>>> {
        self.rows(TEAMS, period, business_hours)
    }

    /// Returns a row for each inbox.
    ///
    /// `GET /api/v2/accounts/{account_id}/summary_reports/inbox`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for row in account.summary_reports().inboxes(&week, false).await? {
    ///     println!("inbox {}: first answer after {:?} s", row.id, row.avg_first_response_time);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn inboxes(
        self,
        period: &ReportPeriod,
        business_hours: bool,
    ) -> Call<'a, Vec<SummaryRow<InboxId>>> {
        self.rows(INBOXES, period, business_hours)
    }

    /// Returns a row for each label of the account.
    ///
    /// `GET /api/v2/accounts/{account_id}/summary_reports/label`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for row in account.summary_reports().labels(&week, false).await? {
    ///     println!("{:?}: {:?} conversations", row.name, row.conversations_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn labels(
        self,
        period: &ReportPeriod,
        business_hours: bool,
    ) -> Call<'a, Vec<SummaryRow<LabelId>>> {
        self.rows(LABELS, period, business_hours)
    }

    /// Returns the number of conversations by type of channel and status.
    ///
    /// `GET /api/v2/accounts/{account_id}/summary_reports/channel`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `Invalid` for a period of more
    /// than six months. `NotFound` on servers without the operation (4.9.1).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::ReportPeriod;
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// for (channel, counts) in account.summary_reports().channels(&week).await? {
    ///     println!("{channel}: {} of {} open", counts.open, counts.total);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn channels(self, period: &ReportPeriod) -> Call<'a, OpenMap<String, ChannelCounts>> {
        self.account.call(CHANNELS).query(period)
    }

    fn rows<T: DeserializeOwned>(
        self,
        op: Op,
        period: &ReportPeriod,
        business_hours: bool,
    ) -> Call<'a, T> {
        let call = self.account.call(op).query(period);
        if business_hours { call.query(&[("business_hours", true)]) } else { call }
    }
}

/// The figures of one agent, team, inbox or label. Times are in seconds, and `None` if there was
/// nothing to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SummaryRow<I> {
    /// The id of the agent, team, inbox or label.
    pub id: I,
    /// The label's title; `None` for agents, teams and inboxes.
    pub name: Option<String>,
    /// Conversations that were created.
    pub conversations_count: Option<u64>,
    /// How many times a conversation was resolved.
    pub resolved_conversations_count: Option<u64>,
    /// The average time until the first response.
    pub avg_first_response_time: Option<Number>,
    /// The average time until a response.
    pub avg_reply_time: Option<Number>,
    /// The average time until resolution.
    pub avg_resolution_time: Option<Number>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of conversations of a type of channel, by status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChannelCounts {
    /// Open conversations.
    pub open: u64,
    /// Resolved conversations.
    pub resolved: u64,
    /// Pending conversations, such as those with a bot.
    pub pending: u64,
    /// Snoozed conversations.
    pub snoozed: u64,
    /// All conversations.
    pub total: u64,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
