//! CSV reports: figures over a period as a table for a spreadsheet.

use crate::application::Account;
use crate::application::reports::{ReportOptions, ReportPeriod};
use crate::http::Call;
use crate::http::{Limit, Op};

const AGENTS: Op = Op::get("csv_reports.agents", "/api/v2/accounts/{account_id}/reports/agents")
    .limited(Limit::Reports);
const INBOXES: Op = Op::get("csv_reports.inboxes", "/api/v2/accounts/{account_id}/reports/inboxes")
    .limited(Limit::Reports);
const LABELS: Op = Op::get("csv_reports.labels", "/api/v2/accounts/{account_id}/reports/labels")
    .limited(Limit::Reports);
const TEAMS: Op = Op::get("csv_reports.teams", "/api/v2/accounts/{account_id}/reports/teams")
    .limited(Limit::Reports);

pub(crate) const OPERATIONS: &[Op] = &[AGENTS, INBOXES, LABELS, TEAMS];

account_handle! {
    /// Reports as CSV; from [`Account::csv_reports`].
    ///
    /// Administrators only. The response is meant for people: a line with the period, one or two empty
    /// lines, and then the table with its headings, in the account's language, with times such as
    /// `2 seconds` and `N/A`. For numbers use
    /// [`SummaryReports`](crate::application::reports::SummaryReports). Not in Chatwoot's published
    /// API. The server allows 100 requests a minute per token and account, together with those of
    /// [`Reports`](crate::application::reports::Reports).
    CsvReports
}

impl<'a> CsvReports<'a> {
    /// Returns a table with a row for each agent.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/agents`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `RateLimited` if the 100 requests of this minute are used up
    /// and the call may not wait for the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{ReportOptions, ReportPeriod};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let csv = account.csv_reports().agents(&week, &ReportOptions::default()).await?;
    /// println!("{csv}");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn agents(self, period: &ReportPeriod, options: &ReportOptions) -> Call<'a, String> {
        self.csv(AGENTS, period, options)
    }

    /// Returns a table with a row for each inbox.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/inboxes`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `RateLimited` if the 100 requests of this minute are used up
    /// and the call may not wait for the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{ReportOptions, ReportPeriod};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let csv = account.csv_reports().inboxes(&week, &ReportOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn inboxes(self, period: &ReportPeriod, options: &ReportOptions) -> Call<'a, String> {
        self.csv(INBOXES, period, options)
    }

    /// Returns a table with a row for each label.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/labels`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `RateLimited` if the 100 requests of this minute are used up
    /// and the call may not wait for the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{ReportOptions, ReportPeriod};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let csv = account.csv_reports().labels(&week, &ReportOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn labels(self, period: &ReportPeriod, options: &ReportOptions) -> Call<'a, String> {
        self.csv(LABELS, period, options)
    }

    /// Returns a table with a row for each team.
    ///
    /// `GET /api/v2/accounts/{account_id}/reports/teams`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `RateLimited` if the 100 requests of this minute are used up
    /// and the call may not wait for the next minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::reports::{ReportOptions, ReportPeriod};
    ///
    /// let week = ReportPeriod::between(1_794_616_491, 1_795_221_351);
    /// let csv = account.csv_reports().teams(&week, &ReportOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn teams(self, period: &ReportPeriod, options: &ReportOptions) -> Call<'a, String> {
        self.csv(TEAMS, period, options)
    }

    fn csv(self, op: Op, period: &ReportPeriod, options: &ReportOptions) -> Call<'a, String> {
        self.account.text(op).query(period).query(options)
    }
}
