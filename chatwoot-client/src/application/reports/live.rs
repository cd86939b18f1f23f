//! Live reports: the conversations at the time of the request.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::application::reports::ConversationMetrics;
use crate::http::Call;
use crate::http::Op;
use crate::types::Extra;
use crate::types::{TeamId, UserId};

// The server's rate limit for reports does not cover these paths: its pattern is `/reports`.
const CONVERSATIONS: Op = Op::get(
    "live_reports.conversations",
    "/api/v2/accounts/{account_id}/live_reports/conversation_metrics",
);
const GROUPED: Op = Op::get(
    "live_reports.grouped",
    "/api/v2/accounts/{account_id}/live_reports/grouped_conversation_metrics",
);

pub(crate) const OPERATIONS: &[Op] = &[CONVERSATIONS, GROUPED];

account_handle! {
    /// Reports on the current state of conversations; from [`Account::live_reports`]. Administrators,
    /// and agents with the right to see reports. Not in Chatwoot's published API.
    LiveReports
}

#[derive(Serialize)]
struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<TeamId>,
}

impl<'a> LiveReports<'a> {
    /// Returns the number of conversations by status, of a team or of all.
    ///
    /// `GET /api/v2/accounts/{account_id}/live_reports/conversation_metrics`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` if the account has
    /// no such team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let now = account.live_reports().conversations(None).await?;
    /// println!("{} open, {} unattended", now.open, now.unattended);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(self, team: Option<TeamId>) -> Call<'a, ConversationMetrics> {
        self.account.call(CONVERSATIONS).query(&Query { group_by: None, team_id: team })
    }

    /// Returns the number of open conversations by assigned agent, of a team or of all.
    ///
    /// `GET /api/v2/accounts/{account_id}/live_reports/grouped_conversation_metrics`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports. `NotFound` if the account has
    /// no such team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for row in account.live_reports().by_assignee(None).await? {
    ///     println!("{:?}: {} open, {} unattended", row.assignee_id, row.open, row.unattended);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn by_assignee(self, team: Option<TeamId>) -> Call<'a, Vec<GroupedMetrics>> {
        self.account.call(GROUPED).query(&Query { group_by: Some("assignee_id"), team_id: team })
    }

    /// Returns the number of open conversations by assigned team.
    ///
    /// `GET /api/v2/accounts/{account_id}/live_reports/grouped_conversation_metrics`.
    ///
    /// # Errors
    /// `Unauthorized` for an agent without the right to see reports.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for row in account.live_reports().by_team().await? {
    ///     println!("{:?}: {} open", row.team_id, row.open);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn by_team(self) -> Call<'a, Vec<GroupedMetrics>> {
        self.account.call(GROUPED).query(&Query { group_by: Some("team_id"), team_id: None })
    }
}

/// The number of open conversations of one agent or team; with neither id, of those assigned to
/// none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupedMetrics {
    /// The id of the agent, in a report by agent.
    pub assignee_id: Option<UserId>,
    /// The id of the team, in a report by team.
    pub team_id: Option<TeamId>,
    /// Open conversations.
    pub open: u64,
    /// Conversations that wait for a response of an agent.
    pub unattended: u64,
    /// Conversations assigned to no agent.
    pub unassigned: u64,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
