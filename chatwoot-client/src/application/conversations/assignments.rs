//! Assignments: the agent and the team of a conversation.

use serde_json::json;

use crate::application::agents::Agent;
use crate::application::conversations::ConversationHandle;
use crate::application::teams::Team;
use crate::http::Call;
use crate::http::Op;
use crate::types::{TeamId, UserId};

const ASSIGN: Op = Op::post(
    "conversations.assign",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments",
)
.idempotent();

pub(crate) const OPERATIONS: &[Op] = &[ASSIGN];

impl<'a> ConversationHandle<'a> {
    /// Assigns the conversation to an agent.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`.
    ///
    /// Returns `None` if the account has no such agent: the conversation is then *unassigned*. An
    /// agent who is not a member of the inbox is accepted.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if account.conversation(12).assign_agent(3.into()).await?.is_none() {
    ///     println!("no such agent; the conversation has no assignee now");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assign_agent(self, agent: UserId) -> Call<'a, Option<Agent>> {
        self.call(ASSIGN).json(&json!({"assignee_id": agent}))
    }

    /// Assigns the conversation to a team; its agent stays, unless the team assigns one of its own.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`.
    ///
    /// Returns `None` if the account has no such team: the conversation then has none.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if account.conversation(12).assign_team(2.into()).await?.is_none() {
    ///     println!("no such team; the conversation has none now");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn assign_team(self, team: TeamId) -> Call<'a, Option<Team>> {
        self.call(ASSIGN).json(&json!({"team_id": team}))
    }

    /// Removes the assigned agent; the team stays.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).unassign().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unassign(self) -> Call<'a, ()> {
        self.done(ASSIGN).json(&json!({"assignee_id": null}))
    }

    /// Removes the assigned team; the agent stays.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/assignments`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).unassign_team().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unassign_team(self) -> Call<'a, ()> {
        self.done(ASSIGN).json(&json!({"team_id": null}))
    }
}
