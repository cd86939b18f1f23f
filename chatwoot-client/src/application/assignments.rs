//! Assignments: who a conversation belongs to.

use serde_json::json;

use super::Account;
use super::agents::Agent;
use super::teams::Team;
use crate::call::Call;
use crate::ids::{ConversationId, TeamId, UserId};
use crate::op::Op;

const ASSIGN: Op = Op::post(
    "assignments.create",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments",
)
.idempotent();

pub(super) const OPERATIONS: &[Op] = &[ASSIGN];

/// The assignments of conversations; from [`Account::assignments`]. Agents of the inbox and
/// administrators may.
#[derive(Clone, Copy, Debug)]
pub struct Assignments<'a> {
    account: &'a Account,
}

impl<'a> Assignments<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`: gives a
    /// conversation to an agent.
    ///
    /// `None` means that the account has no such agent: the conversation is then *nobody's*. An
    /// agent who is no member of the inbox is accepted.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if account.assignments().assign_agent(12.into(), 3.into()).await?.is_none() {
    ///     println!("no such agent; the conversation has no assignee now");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assign_agent(
        self,
        conversation: ConversationId,
        agent: UserId,
    ) -> Call<'a, Option<Agent>> {
        let call = self.account.call(ASSIGN).path("conversation_id", conversation);
        call.json(&json!({"assignee_id": agent}))
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`: gives a
    /// conversation to a team; its agent stays, unless the team gives it to one of its own.
    ///
    /// `None` means that the account has no such team: the conversation then has none.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if account.assignments().assign_team(12.into(), 2.into()).await?.is_none() {
    ///     println!("no such team; the conversation has none now");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assign_team(self, conversation: ConversationId, team: TeamId) -> Call<'a, Option<Team>> {
        let call = self.account.call(ASSIGN).path("conversation_id", conversation);
        call.json(&json!({"team_id": team}))
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`: takes a
    /// conversation from its agent; the team stays.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.assignments().unassign(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unassign(self, conversation: ConversationId) -> Call<'a, ()> {
        let call = self.account.done(ASSIGN).path("conversation_id", conversation);
        call.json(&json!({"assignee_id": null}))
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`: takes a
    /// conversation from its team; the agent stays.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.assignments().unassign_team(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unassign_team(self, conversation: ConversationId) -> Call<'a, ()> {
        let call = self.account.done(ASSIGN).path("conversation_id", conversation);
        call.json(&json!({"team_id": null}))
    }
}
