//! Public messages: a customer's messages in an API inbox.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::Call;
use crate::http::Op;
use crate::http::Upload;
use crate::http::upload::Fields;
use crate::public::PublicInbox;
use crate::types::Message;
use crate::types::{ConversationId, MessageId};

const LIST: Op = Op::get(
    "public_messages.list",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages",
);
const CREATE: Op = Op::post(
    "public_messages.create",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages",
);
const UPDATE: Op = Op::patch(
    "public_messages.update",
    "/public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages/{message_id}",
);

pub(super) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE];

/// A handle for the messages of one conversation of one contact; from
/// [`PublicConversationHandle::messages`](super::PublicConversationHandle::messages).
#[derive(Clone, Copy)]
pub struct PublicMessages<'a> {
    inbox: &'a PublicInbox,
    source_id: &'a str,
    conversation: ConversationId,
}

impl fmt::Debug for PublicMessages<'_> {
    /// Omits the source id, which alone gives access to the conversations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicMessages")
            .field("inbox", self.inbox)
            .field("conversation", &self.conversation)
            .finish_non_exhaustive()
    }
}

impl<'a> PublicMessages<'a> {
    pub(super) fn new(
        inbox: &'a PublicInbox,
        source_id: &'a str,
        conversation: ConversationId,
    ) -> Self {
        Self { inbox, source_id, conversation }
    }

    /// Returns the newest 20 messages, or the 20 before a given one, oldest first; without private
    /// notes and activity messages.
    ///
    /// `GET
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, has no contact with this source id, or the contact
    /// has no such conversation.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let messages = inbox.conversations("the-source-id").conversation(12).messages();
    /// let newest = messages.list(None).await?;
    /// let older = messages.list(newest.first().map(|message| message.id)).await?;
    /// println!("{} and {} before", newest.len(), older.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, before: Option<MessageId>) -> Call<'a, Vec<Message>> {
        #[derive(Serialize)]
        struct Before {
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<MessageId>,
        }
        self.call(LIST).query(&Before { before })
    }

    /// Sends a message from the customer; a resolved or snoozed conversation is reopened.
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages`.
    ///
    /// Neither the response nor a webhook contains the `echo_id`. The call is not idempotent.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, has no contact with this source id, or the contact
    /// has no such conversation. `Invalid` for a text of more than 150,000 characters, and after
    /// 200 messages in this conversation within a minute.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let messages = inbox.conversations("source-id").conversation(12).messages();
    /// messages.create("Where is my order?", Some("device-1-msg-7")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, content: &str, echo_id: Option<&str>) -> Call<'a, Message> {
        self.call(CREATE).json(&NewText { content: Some(content), echo_id })
    }

    /// Sends a message with files from the customer, with or without a text; otherwise like
    /// [`PublicMessages::create`].
    ///
    /// `POST
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, has no contact with this source id, or the contact
    /// has no such conversation. `Invalid` for a text of more than 150,000 characters, and after
    /// 200 messages in this conversation within a minute. `Request`, without sending anything, for
    /// a file that cannot be read.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let photo = Upload::file("photos/broken.jpg");
    /// let messages = inbox.conversations("source-id").conversation(12).messages();
    /// messages.create_with_attachments(Some("It came broken"), &[photo], None).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_with_attachments(
        self,
        content: Option<&str>,
        attachments: &[Upload],
        echo_id: Option<&str>,
    ) -> Call<'a, Message> {
        let fields = Fields::new().object(&NewText { content, echo_id });
        self.call(CREATE).form(fields.files("attachments[]", attachments))
    }

    /// Submits the values of an input message, its `submitted_values`, each with `title` and
    /// `value`, or `name` and `value` for a form, and returns the message.
    ///
    /// `PATCH
    /// /public/api/v1/inboxes/{inbox_identifier}/contacts/{contact_identifier}/conversations/{conversation_id}/messages/{message_id}`.
    ///
    /// # Errors
    /// `NotFound` if the inbox does not exist, has no contact with this source id, the contact has
    /// no such conversation, or the conversation no such message. `Invalid` for a satisfaction
    /// survey sent more than 14 days ago.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// use serde_json::json;
    ///
    /// let chosen = json!({"title": "Blue", "value": "blue"});
    /// let messages = inbox.conversations("the-source-id").conversation(12).messages();
    /// messages.update(99.into(), &[chosen]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: MessageId, submitted_values: &[Value]) -> Call<'a, Message> {
        let call = self.call(UPDATE).path("message_id", id);
        call.json(&json!({"submitted_values": submitted_values}))
    }

    fn call<T: DeserializeOwned>(self, op: Op) -> Call<'a, T> {
        let call = self.inbox.call(op).path("contact_identifier", self.source_id);
        call.path("conversation_id", self.conversation)
    }
}

#[derive(Serialize)]
struct NewText<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_id: Option<&'t str>,
}
