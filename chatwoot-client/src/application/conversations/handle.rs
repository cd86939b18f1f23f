//! Conversation handle: the operations on one conversation.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    MARK_READ, MARK_UNREAD, MUTE, REPLACE_CUSTOM_ATTRIBUTES, SEND_TRANSCRIPT, SET_PRIORITY,
    SET_STATUS, SET_TYPING, UNMUTE,
};
use crate::application::Account;
use crate::application::conversations::{
    Conversation, ConversationLabels, ConversationPatch, Participants, StatusChange, Typing,
};
use crate::application::messages::Messages;
use crate::error::Error;
use crate::http::{Call, Op};
use crate::types::{Attributes, ConversationId, ConversationStatus, NullAsEmpty, Priority};

/// One conversation of an account; from [`Account::conversation`].
///
/// Creating a handle sends no request, so the conversation need not exist. Every method is open to
/// administrators, and to agents for the inboxes they are members of, except
/// [`ConversationHandle::delete`], which is for administrators.
#[derive(Clone, Copy, Debug)]
pub struct ConversationHandle<'a> {
    account: &'a Account,
    id: ConversationId,
}

impl<'a> ConversationHandle<'a> {
    pub(crate) fn new(account: &'a Account, id: ConversationId) -> Self {
        Self { account, id }
    }

    /// Returns the conversation's number, unique within the account.
    pub fn id(self) -> ConversationId {
        self.id
    }

    /// Returns a handle to the conversation's messages.
    pub fn messages(self) -> Messages<'a> {
        Messages::new(self.account, self.id)
    }

    /// Returns a handle to the conversation's labels.
    pub fn labels(self) -> ConversationLabels<'a> {
        ConversationLabels::new(self.account, self.id)
    }

    /// Returns a handle to the conversation's participants: the users who follow it besides its
    /// assignee.
    pub fn participants(self) -> Participants<'a> {
        Participants::new(self.account, self.id)
    }

    /// Returns the conversation.
    ///
    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}`, as
    /// [`Conversations::get`](super::Conversations::get).
    ///
    /// # Errors
    /// Those of [`Conversations::get`](super::Conversations::get).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversation(12).get().await?;
    /// println!("{:?} is {}", conversation.meta.sender.name, conversation.status);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self) -> Call<'a, Conversation> {
        self.account.conversations().get(self.id)
    }

    /// Updates the priority or the SLA policy; fields left as
    /// [`Patch::Keep`](crate::types::Patch::Keep) keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}`, as
    /// [`Conversations::update`](super::Conversations::update).
    ///
    /// # Errors
    /// Those of [`Conversations::update`](super::Conversations::update).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::ConversationPatch;
    /// use chatwoot_client::types::Priority;
    ///
    /// let urgent = ConversationPatch { priority: Priority::Urgent.into(), ..Default::default() };
    /// account.conversation(12).update(&urgent).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, to: &ConversationPatch) -> Call<'a, Conversation> {
        self.account.conversations().update(self.id, to)
    }

    /// Deletes the conversation with its messages, in the background.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}`, as
    /// [`Conversations::delete`](super::Conversations::delete). Administrators only.
    ///
    /// # Errors
    /// Those of [`Conversations::delete`](super::Conversations::delete).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).delete().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self) -> Call<'a, ()> {
        self.account.conversations().delete(self.id)
    }

    /// Resolves the conversation.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_status`, as
    /// [`ConversationHandle::set_status`].
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).resolve().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn resolve(self) -> Call<'a, StatusChange> {
        self.set_status(ConversationStatus::Resolved, None)
    }

    /// Sets the conversation's status.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_status`.
    ///
    /// `snoozed_until` is for [`ConversationStatus::Snoozed`]; without it the conversation is
    /// snoozed until the customer's next message. An agent who opens a conversation becomes its
    /// assignee. A bot that opens a pending one hands it over to the agents.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Server` for a status that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::types::ConversationStatus;
    ///
    /// account.conversation(12).set_status(ConversationStatus::Resolved, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_status(
        self,
        status: ConversationStatus,
        snoozed_until: Option<Timestamp>,
    ) -> Call<'a, StatusChange> {
        #[derive(Serialize)]
        struct Body {
            status: ConversationStatus,
            #[serde(skip_serializing_if = "Option::is_none")]
            snoozed_until: Option<i64>,
        }
        let snoozed_until = snoozed_until.map(Timestamp::as_second);
        self.call(SET_STATUS).json(&Body { status, snoozed_until })
    }

    /// Sets the priority; `None` removes it.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_priority`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Server` for a priority that Chatwoot does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::types::Priority;
    ///
    /// account.conversation(12).set_priority(Some(Priority::High)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_priority(self, priority: Option<Priority>) -> Call<'a, ()> {
        #[derive(Serialize)]
        struct Body {
            priority: Option<Priority>,
        }
        self.done(SET_PRIORITY).json(&Body { priority })
    }

    /// *Replaces* all custom attributes and returns them: attributes that are not named are
    /// deleted.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Invalid` for a text of more than 1,500 characters and an
    /// integer above 9,999,999,999.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let all = [("order_id".to_owned(), "1001".into())].into_iter().collect();
    /// account.conversation(12).replace_custom_attributes(&all).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace_custom_attributes(
        self,
        attributes: &Attributes,
    ) -> Call<'a, NullAsEmpty<Attributes>> {
        self.call(REPLACE_CUSTOM_ATTRIBUTES).json(&json!({"custom_attributes": attributes}))
    }

    /// Sets these custom attributes and keeps the others, which it first reads with
    /// [`ConversationHandle::get`]; returns all of them.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Invalid` for a text of more than 1,500 characters and an
    /// integer above 9,999,999,999. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let order = [("order_id".to_owned(), "1001".into())].into_iter().collect();
    /// let all = account.conversation(12).merge_custom_attributes(&order).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn merge_custom_attributes(
        self,
        attributes: &Attributes,
    ) -> Result<Attributes, Error> {
        self.change_custom_attributes(|all| {
            all.extend(attributes.iter().map(|(key, value)| (key.clone(), value.clone())));
        })
        .await
    }

    /// Deletes these custom attributes and keeps the others, which it first reads with
    /// [`ConversationHandle::get`]; returns the rest.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/custom_attributes`.
    ///
    /// Not atomic: a change that another writer makes to the conversation between the read and the
    /// write is lost. Writes nothing if nothing changes.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team. Calling again is safe.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).remove_custom_attributes(["cart_id"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn remove_custom_attributes<K: AsRef<str>>(
        self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Attributes, Error> {
        let keys: Vec<String> = keys.into_iter().map(|key| key.as_ref().to_owned()).collect();
        self.change_custom_attributes(|all| all.retain(|key, _| !keys.contains(key))).await
    }

    /// Shows whether the caller is typing; with `private`, only to agents.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/toggle_typing_status`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::Typing;
    ///
    /// account.conversation(12).set_typing(Typing::On, false).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_typing(self, typing: Typing, private: bool) -> Call<'a, ()> {
        #[derive(Serialize)]
        struct Body {
            typing_status: Typing,
            is_private: bool,
        }
        self.done(SET_TYPING).json(&Body { typing_status: typing, is_private: private })
    }

    /// Resolves the conversation and blocks its *contact*: all messages of the contact are refused
    /// from then on.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/mute`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).mute().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mute(self) -> Call<'a, ()> {
        self.done(MUTE)
    }

    /// Unblocks the contact of the conversation.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/unmute`. Not in
    /// Chatwoot's published API. The conversation keeps its status.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).unmute().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unmute(self) -> Call<'a, ()> {
        self.done(UNMUTE)
    }

    /// Marks the conversation as read by the caller, also in their notifications.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/update_last_seen`. Not
    /// in Chatwoot's published API.
    ///
    /// If nothing is unread the server keeps the old time for up to an hour.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversation(12).mark_read().await?;
    /// println!("read at {:?}", conversation.agent_last_seen_at);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mark_read(self) -> Call<'a, Conversation> {
        self.call(MARK_READ)
    }

    /// Marks the customer's last message as unread for all agents.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/unread`. Not in
    /// Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let conversation = account.conversation(12).mark_unread().await?;
    /// println!("{:?} unread", conversation.unread_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn mark_unread(self) -> Call<'a, Conversation> {
        self.call(MARK_UNREAD)
    }

    /// Sends a transcript of the conversation to an e-mail address, in the background.
    ///
    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/transcript`. Not in
    /// Chatwoot's published API. Each call sends an e-mail.
    ///
    /// The server allows 1,000 requests an hour per account.
    ///
    /// # Errors
    /// `NotFound` if the account has no such conversation; `Unauthorized` for an agent who is in
    /// neither its inbox nor its team; `Invalid` for an empty address; `PaymentRequired` if the
    /// account's plan has no transcripts.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.conversation(12).send_transcript("ada@example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn send_transcript(self, email: &str) -> Call<'a, ()> {
        self.done(SEND_TRANSCRIPT).json(&json!({"email": email}))
    }

    async fn change_custom_attributes(
        self,
        change: impl FnOnce(&mut Attributes),
    ) -> Result<Attributes, Error> {
        let there = self.get().await?.custom_attributes;
        let mut wanted = there.clone();
        change(&mut wanted);
        if wanted == there {
            return Ok(there.into_inner());
        }
        self.replace_custom_attributes(&wanted).await.map(NullAsEmpty::into_inner)
    }
    pub(super) fn call<T: DeserializeOwned>(self, op: Op) -> Call<'a, T> {
        self.account.call(op).path("conversation_id", self.id)
    }

    pub(super) fn done(self, op: Op) -> Call<'a, ()> {
        self.account.done(op).path("conversation_id", self.id)
    }
}
