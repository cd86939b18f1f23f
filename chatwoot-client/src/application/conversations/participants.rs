//! Participants: users who follow a conversation besides its assignee.

use serde_json::json;

use crate::application::Account;
use crate::application::agents::Agent;
use crate::http::Call;
use crate::http::Op;
use crate::types::{ConversationId, UserId};

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

pub(crate) const OPERATIONS: &[Op] = &[LIST, ADD, REPLACE, REMOVE];

/// The participants of a conversation; from
/// [`ConversationHandle::participants`](crate::application::conversations::ConversationHandle::participants).
/// Agents of the inbox, and administrators. Not in Chatwoot's published API.
#[derive(Clone, Copy, Debug)]
pub struct Participants<'a> {
    account: &'a Account,
    conversation: ConversationId,
}

impl<'a> Participants<'a> {
    pub(super) fn new(account: &'a Account, conversation: ConversationId) -> Self {
        Self { account, conversation }
    }

    /// Returns the participants of the conversation.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for agent in account.conversation(12).participants().list().await? {
    ///     println!("{:?} follows conversation 12", agent.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Agent>> {
        self.account.call(LIST).path("conversation_id", self.conversation)
    }

    /// Adds participants and returns those who were not participants before.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it. `Server` (500) for a user who does not exist. A user who cannot see the inbox is in
    /// the response but is not added; see [`Participants::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let new = account.conversation(12).participants().add(&[2.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::should_implement_trait, reason = "it adds participants, not numbers")]
    #[inline]
    pub fn add(self, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        let call = self.account.call(ADD).path("conversation_id", self.conversation);
        call.json(&json!({"user_ids": users}))
    }

    /// *Replaces* the participants and returns them.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it. A user who cannot see the inbox is not added, and that is not an error; see
    /// [`Participants::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).participants().replace(&[2.into(), 6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace(self, users: &[UserId]) -> Call<'a, Vec<Agent>> {
        let call = self.account.call(REPLACE).path("conversation_id", self.conversation);
        call.json(&json!({"user_ids": users}))
    }

    /// Removes participants.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}/participants`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who may not
    /// see it. A user who is not a participant is not an error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).participants().remove(&[6.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove(self, users: &[UserId]) -> Call<'a, ()> {
        let call = self.account.done(REMOVE).path("conversation_id", self.conversation);
        call.json(&json!({"user_ids": users}))
    }
}
