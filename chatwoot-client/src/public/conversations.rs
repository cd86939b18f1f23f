//! Public conversations: a customer's own conversations in an API inbox.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::http::Call;
use crate::http::Op;
use crate::public::{ContactRecord, PublicConversationHandle, PublicInbox};
use crate::types::Time;
use crate::types::{Attributes, ConversationStatus, Extra, Message, NullAsEmpty};
use crate::types::{ConversationId, InboxId};

const LIST: Op = Op::get(
    "public_conversations.list",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations",
);
const CREATE: Op = Op::post(
    "public_conversations.create",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations",
);
const GET: Op = Op::get(
    "public_conversations.get",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}",
);

pub(super) const OPERATIONS: &[Op] = &[LIST, CREATE, GET];

/// A handle for the conversations of one contact, by its source id; from
/// [`PublicInbox::conversations`].
///
/// A contact whose identifier was verified sees its conversations in all inboxes, another contact
/// only those in this inbox.
#[derive(Clone, Copy)]
pub struct PublicConversations<'a> {
    inbox: &'a PublicInbox,
    source_id: &'a str,
}

impl fmt::Debug for PublicConversations<'_> {
    /// Omits the source id, which alone gives access to the conversations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicConversations").field("inbox", self.inbox).finish_non_exhaustive()
    }
}

impl<'a> PublicConversations<'a> {
    pub(super) fn new(inbox: &'a PublicInbox, source_id: &'a str) -> Self {
        Self { inbox, source_id }
    }

    /// Returns a handle of one conversation, by its number in its account; nothing is sent.
    pub fn conversation(self, id: impl Into<ConversationId>) -> PublicConversationHandle<'a> {
        PublicConversationHandle::new(self.inbox, self.source_id, id.into())
    }

    /// Returns the contact's conversations, with their messages.
    ///
    /// `GET /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, or has no contact with this source id.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// for conversation in inbox.conversations("the-source-id").list().await? {
    ///     println!("{} is {:?}", conversation.id, conversation.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<PublicConversation>> {
        self.inbox.call(LIST).path("contact_identifier", self.source_id)
    }

    /// Starts a conversation.
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations`. Each
    /// call creates another conversation.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, or has no contact with this source id.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox, source_id: &str)
    /// # -> Result<(), chatwoot_client::Error> {
    /// let conversations = inbox.conversations(source_id);
    /// let id = conversations.create(None).await?.id;
    /// conversations.conversation(id).messages().create("Where is my order?", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, custom_attributes: Option<&Attributes>) -> Call<'a, PublicConversation> {
        let call = self.inbox.call(CREATE).path("contact_identifier", self.source_id);
        match custom_attributes {
            Some(attributes) => call.json(&json!({"custom_attributes": attributes})),
            None => call,
        }
    }

    /// Returns one conversation.
    ///
    /// `GET
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, has no contact with this source id, or the contact
    /// has no such conversation.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let conversation = inbox.conversations("the-source-id").get(12.into()).await?;
    /// println!("{} messages", conversation.messages.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: ConversationId) -> Call<'a, PublicConversation> {
        let call = self.inbox.call(GET).path("contact_identifier", self.source_id);
        call.path("conversation_id", id)
    }
}

/// A conversation as its customer sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicConversation {
    /// Its number within its account.
    pub id: ConversationId,
    /// Its UUID; 4.9.1 does not send it in every response.
    pub uuid: Option<String>,
    /// The id of its inbox.
    pub inbox_id: InboxId,
    /// Its status.
    pub status: Option<ConversationStatus>,
    /// When the customer last viewed it; 0 for never.
    pub contact_last_seen_at: Option<Time>,
    /// When an agent last viewed it; 0 for never.
    pub agent_last_seen_at: Option<Time>,
    /// Its messages, without private notes and activity messages.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<Message>>,
    /// Its contact.
    pub contact: ContactRecord,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
