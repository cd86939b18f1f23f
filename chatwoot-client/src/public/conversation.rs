//! Public conversation handle: one conversation of a customer, and all that can be done with it.

use std::fmt;

use serde::Serialize;

use crate::application::conversations::Typing;
use crate::http::{Call, Op};
use crate::public::{PublicConversation, PublicInbox, PublicMessages};
use crate::types::ConversationId;

const RESOLVE: Op = Op::post(
    "public_conversations.resolve",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/toggle_status",
)
.idempotent();
const SET_TYPING: Op = Op::post(
    "public_conversations.set_typing",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/toggle_typing",
)
.idempotent();
const UPDATE_LAST_SEEN: Op = Op::post(
    "public_conversations.update_last_seen",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/update_last_seen",
)
.idempotent();

pub(super) const OPERATIONS: &[Op] = &[RESOLVE, SET_TYPING, UPDATE_LAST_SEEN];

/// One conversation of one contact; from [`PublicConversations::conversation`](super::PublicConversations::conversation).
///
/// Creating it sends nothing, so it does not say that there is such a conversation.
#[derive(Clone, Copy)]
pub struct PublicConversationHandle<'a> {
    inbox: &'a PublicInbox,
    source_id: &'a str,
    id: ConversationId,
}

impl fmt::Debug for PublicConversationHandle<'_> {
    /// Without the source id, which alone opens it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicConversationHandle")
            .field("inbox", self.inbox)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<'a> PublicConversationHandle<'a> {
    pub(super) fn new(inbox: &'a PublicInbox, source_id: &'a str, id: ConversationId) -> Self {
        Self { inbox, source_id, id }
    }

    /// Returns the conversation's number in its account.
    pub fn id(self) -> ConversationId {
        self.id
    }

    /// Returns the conversation's messages, to read and send.
    pub fn messages(self) -> PublicMessages<'a> {
        PublicMessages::new(self.inbox, self.source_id, self.id)
    }

    /// Returns the conversation.
    ///
    /// `GET
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}`,
    /// as [`PublicConversations::get`](super::PublicConversations::get).
    ///
    /// # Errors
    /// Those of [`PublicConversations::get`](super::PublicConversations::get).
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let conversation = inbox.conversations("the-source-id").conversation(12).get().await?;
    /// println!("{} messages", conversation.messages.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self) -> Call<'a, PublicConversation> {
        self.inbox.conversations(self.source_id).get(self.id)
    }

    /// Resolves the conversation; a resolved one stays resolved.
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/toggle_status`.
    /// It never reopens a conversation: a new message does.
    ///
    /// # Errors
    /// `NotFound` without such an inbox, or a contact with this source id in it, or such a
    /// conversation of theirs.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// inbox.conversations("the-source-id").conversation(12).resolve().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn resolve(self) -> Call<'a, PublicConversation> {
        self.call(RESOLVE)
    }

    /// Shows agents that the customer writes, or has stopped.
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/toggle_typing`.
    ///
    /// # Errors
    /// `NotFound` without such an inbox, or a contact with this source id in it, or such a
    /// conversation of theirs. A word the server does not know does nothing, and that is no error.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::conversations::Typing;
    ///
    /// inbox.conversations("the-source-id").conversation(12).set_typing(Typing::On).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_typing(self, typing: Typing) -> Call<'a, ()> {
        #[derive(Serialize)]
        struct Body {
            typing_status: Typing,
        }
        self.done(SET_TYPING).json(&Body { typing_status: typing })
    }

    /// Says that the customer has seen all there is.
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/update_last_seen`.
    ///
    /// # Errors
    /// `NotFound` without such an inbox, or a contact with this source id in it, or such a
    /// conversation of theirs.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// inbox.conversations("the-source-id").conversation(12).update_last_seen().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update_last_seen(self) -> Call<'a, ()> {
        self.done(UPDATE_LAST_SEEN)
    }

    fn call(self, op: Op) -> Call<'a, PublicConversation> {
        let call = self.inbox.call(op).path("contact_identifier", self.source_id);
        call.path("conversation_id", self.id)
    }

    fn done(self, op: Op) -> Call<'a, ()> {
        let call = self.inbox.done(op).path("contact_identifier", self.source_id);
        call.path("conversation_id", self.id)
    }
}
