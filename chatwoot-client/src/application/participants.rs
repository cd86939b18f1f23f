//! Participants: agents who follow a conversation besides its assignee.

use serde_json::json;

use super::Account;
use super::agents::Agent;
use crate::call::Call;
use crate::ids::{ConversationId, UserId};
use crate::op::Op;

const LIST: Op = Op::get(
    "participants.list",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/participants",
);
const ADD: Op = Op::post(
    "participants.add",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/participants",
)
.idempotent();
const REPLACE: Op = Op::patch(
    "participants.replace",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/participants",
);
const REMOVE: Op = Op::delete(
    "participants.remove",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/participants",
);

pub(super) const OPERATIONS: &[Op] = &[LIST, ADD, REPLACE, REMOVE];

/// Who follows conversations; from [`Account::participants`]. Agents of the inbox and
/// administrators may. The published document lists none of these.
#[derive(Clone, Copy, Debug)]
pub struct Participants<'a> {
    account: &'a Account,
}

impl<'a> Participants<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`: who
    /// follows a conversation. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.participants().list(12.into()).await? {
    ///     println!("{:?} follows conversation 12", agent.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, conversation: ConversationId) -> Call<'a, Vec<Agent>> {
        self.account.call(LIST).path("conversation_id", conversation)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`: lets
    /// agents follow a conversation, and answers those who did not before. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it. `Server` (500) with a user who does not exist. One who cannot see the inbox is
    /// answered but does not follow: see [`Participants::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let new = account.participants().add(12.into(), &[2.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn add(self, conversation: ConversationId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        let call = self.account.call(ADD).path("conversation_id", conversation);
        call.json(&json!({"user_ids": users}))
    }

    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`:
    /// *replaces* who follows a conversation, and answers them. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it. A user who cannot see the inbox does not follow, and that is no error: see
    /// [`Participants::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.participants().replace(12.into(), &[2.into(), 6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace(self, conversation: ConversationId, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        let call = self.account.call(REPLACE).path("conversation_id", conversation);
        call.json(&json!({"user_ids": users}))
    }

    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`: lets
    /// agents follow a conversation no more. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it. A user who did not follow is no error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.participants().remove(12.into(), &[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove(self, conversation: ConversationId, users: &[UserId]) -> Call<'a, ()> {
        let call = self.account.done(REMOVE).path("conversation_id", conversation);
        call.json(&json!({"user_ids": users}))
    }
}
