//! Conversation actions: to mute, to mark as read, to mail and to remove a conversation.

use serde_json::json;

use super::conversation_types::Conversation;
use super::conversations::Conversations;
use crate::call::Call;
use crate::ids::ConversationId;
use crate::op::{Limit, Op};

const MUTE: Op = Op::post(
    "conversations.mute",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/mute",
);
const UNMUTE: Op = Op::post(
    "conversations.unmute",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/unmute",
);
const MARK_READ: Op = Op::post(
    "conversations.mark_read",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/update_last_seen",
)
.idempotent();
const MARK_UNREAD: Op = Op::post(
    "conversations.mark_unread",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/unread",
)
.idempotent();
const SEND_TRANSCRIPT: Op = Op::post(
    "conversations.send_transcript",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/transcript",
)
.limited(Limit::Transcript);
const DELETE: Op = Op::delete(
    "conversations.delete",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}",
);

pub(super) const OPERATIONS: &[Op] =
    &[MUTE, UNMUTE, MARK_READ, MARK_UNREAD, SEND_TRANSCRIPT, DELETE];

impl<'a> Conversations<'a> {
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/mute`: resolves a
    /// conversation and blocks its *contact*: all their messages are refused from then on.
    /// Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversations().mute(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mute(self, id: ConversationId) -> Call<'a, ()> {
        self.account.done(MUTE).path("conversation_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/unmute`: lets the
    /// contact of a conversation write again. Its state stays. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversations().unmute(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unmute(self, id: ConversationId) -> Call<'a, ()> {
        self.account.done(UNMUTE).path("conversation_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/update_last_seen`: says
    /// that the caller has read a conversation, also in their notifications. Undocumented.
    ///
    /// With nothing unread the server keeps the old time for up to an hour.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversations().mark_read(12.into()).await?;
    /// println!("read at {:?}", conversation.agent_last_seen_at);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mark_read(self, id: ConversationId) -> Call<'a, Conversation> {
        self.account.call(MARK_READ).path("conversation_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/unread`: makes the last
    /// message of the customer unread for all agents. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversations().mark_unread(12.into()).await?;
    /// println!("{:?} unread", conversation.unread_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mark_unread(self, id: ConversationId) -> Call<'a, Conversation> {
        self.account.call(MARK_UNREAD).path("conversation_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/transcript`: mails the
    /// conversation to an address, later. Each call sends a mail. Undocumented.
    ///
    /// The server allows 1,000 an hour per account.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who is
    /// in neither its inbox nor its team; `Invalid` for an empty address; `PaymentRequired` where
    /// the account's plan has no transcripts.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversations().send_transcript(12.into(), "ada@example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn send_transcript(self, id: ConversationId, email: &str) -> Call<'a, ()> {
        let call = self.account.done(SEND_TRANSCRIPT).path("conversation_id", id);
        call.json(&json!({"email": email}))
    }

    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}`: removes a
    /// conversation with its messages, in the background; an administrator may. No webhook tells
    /// of it. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversations().delete(12.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: ConversationId) -> Call<'a, ()> {
        self.account.done(DELETE).path("conversation_id", id)
    }
}
