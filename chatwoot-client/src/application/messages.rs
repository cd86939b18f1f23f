//! Messages: what is written in a conversation.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Account;
use crate::call::Call;
use crate::ids::{ConversationId, MessageId};
use crate::model::{
    Attributes, ContentType, Extra, Message, MessageStatus, OrEmpty, Sender, words,
};
use crate::op::Op;
use crate::time::Time;
use crate::upload::{Fields, Upload};

const LIST: Op = Op::get(
    "messages.list",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages",
);
const CREATE: Op = Op::post(
    "messages.create",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages",
);
const UPDATE: Op = Op::patch(
    "messages.update",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}",
);
const DELETE: Op = Op::delete(
    "messages.delete",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}",
);
const RETRY: Op = Op::post(
    "messages.retry",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/retry",
);
const TRANSLATE: Op = Op::post(
    "messages.translate",
    "/api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/translate",
)
.idempotent();

pub(super) const OPERATIONS: &[Op] = &[LIST, CREATE, UPDATE, DELETE, RETRY, TRANSLATE];

/// The messages of one conversation; from [`Account::messages`].
///
/// Agents of the inbox and administrators may, and for [`Messages::create`] a bot of the inbox.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a> {
    account: &'a Account,
    conversation: ConversationId,
}

impl<'a> Messages<'a> {
    pub(super) fn new(account: &'a Account, conversation: ConversationId) -> Self {
        Self { account, conversation }
    }

    /// `GET /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages`: messages,
    /// oldest first.
    ///
    /// Without bounds the newest 20; with `before` the 20 before it; with `after` up to 100 after
    /// it; with both up to 1,000 from `after` (itself included) to `before`.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::MessagesQuery;
    ///
    /// let since = MessagesQuery { after: Some(99.into()), ..MessagesQuery::default() };
    /// for message in account.messages(12.into()).list(&since).await?.payload {
    ///     println!("{:?}", message.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self, query: &MessagesQuery) -> Call<'a, MessagePage> {
        self.call(LIST).query(query)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages`: writes a
    /// message.
    ///
    /// Nothing makes it once only: the same `source_id` twice is two messages. After an unknown
    /// outcome look for the `source_id` before sending again, as [`Messages::send_once`] does.
    /// Incoming messages are for API inboxes.
    ///
    /// With [`NewMessage::attachments`] it is sent as a form, and the files are read while they
    /// are sent: give a large one time with [`Call::timeout`].
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it. `Invalid` for a text of more than 150,000 characters, an incoming message where
    /// the inbox is no API inbox, a kind of content without the items it needs, a file that a
    /// website inbox does not take, and after 200 messages in this conversation within a minute.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::NewMessage;
    ///
    /// let shipped = NewMessage {
    ///     source_id: Some("order-1001-shipped".into()),
    ///     ..NewMessage::text("Your order **1001** ships today")
    /// };
    /// account.messages(12.into()).create(&shipped).await?;
    /// account.messages(12.into()).create(&NewMessage::note("Paid twice: refund one")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{NewMessage, Upload};
    ///
    /// let invoice = NewMessage {
    ///     attachments: vec![Upload::file("invoices/1001.pdf")],
    ///     ..NewMessage::text("Your invoice")
    /// };
    /// account.messages(12.into()).create(&invoice).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(self, message: &NewMessage) -> Call<'a, Message> {
        let call = self.call(CREATE);
        if message.attachments.is_empty() {
            return call.json(message);
        }
        call.form(Fields::new().object(message).files("attachments[]", &message.attachments))
    }

    /// `PATCH /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}`:
    /// says what became of a message. For API inboxes only.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account, or such a message in it;
    /// `Unauthorized` for an agent who may not see it. `Forbidden` in an inbox that is no API
    /// inbox. A status the server does not know, or `delivered` for a message that was read,
    /// changes nothing and is no error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::{MessageDelivery, MessageStatus};
    ///
    /// let failed = MessageDelivery {
    ///     status: Some(MessageStatus::Failed),
    ///     external_error: Some("the number is not in use".into()),
    /// };
    /// account.messages(12.into()).update(99.into(), &failed).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(self, id: MessageId, to: &MessageDelivery) -> Call<'a, Message> {
        self.call(UPDATE).path("message_id", id).json(to)
    }

    /// `DELETE /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}`:
    /// puts a notice in a message's place, and removes its files. The message itself stays.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account, or such a message in it;
    /// `Unauthorized` for an agent who may not see it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.messages(12.into()).delete(99.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(self, id: MessageId) -> Call<'a, Message> {
        self.call(DELETE).path("message_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/retry`:
    /// hands a message to the channel once more. Its content attributes are emptied.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account; `Unauthorized` for an agent who may
    /// not see it. `Invalid`, not `NotFound`, without such a message in it.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let message = account.messages(12.into()).retry(99.into()).await?;
    /// println!("{:?}", message.status);
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(self, id: MessageId) -> Call<'a, Message> {
        self.call(RETRY).path("message_id", id)
    }

    /// `POST /api/v1/accounts/{account_id}/conversations/{conversation_id}/messages/{message_id}/translate`:
    /// translates a message, keeps that in its content attributes, and answers it. Undocumented.
    ///
    /// `None` where that translation is there already. It needs the integration with Google
    /// Translate: without it `content` is `None`.
    ///
    /// # Errors
    /// `NotFound` without such a conversation in this account, or such a message in it;
    /// `Unauthorized` for an agent who may not see it. `Server` (500) when Google refuses: its
    /// settings or the language are wrong.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// if let Some(dutch) = account.messages(12.into()).translate(99.into(), "nl").await? {
    ///     println!("{:?}", dutch.content);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn translate(self, id: MessageId, language: &str) -> Call<'a, Option<Translation>> {
        let call = self.account.maybe(TRANSLATE).path("conversation_id", self.conversation);
        call.path("message_id", id).json(&serde_json::json!({"target_language": language}))
    }

    fn call<T: serde::de::DeserializeOwned>(self, op: Op) -> Call<'a, T> {
        self.account.call(op).path("conversation_id", self.conversation)
    }
}

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MessagesQuery {
    /// Those before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<MessageId>,
    /// Those after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<MessageId>,
    /// Without private notes and activities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_internal_messages: Option<bool>,
}

/// Some messages of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagePage {
    /// What the server says of the conversation.
    pub meta: MessagesMeta,
    /// The messages, oldest first.
    pub payload: Vec<Message>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server says of a conversation beside its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagesMeta {
    /// Its labels.
    #[serde(default)]
    pub labels: OrEmpty<Vec<String>>,
    /// What Chatwoot itself keeps of it.
    #[serde(default)]
    pub additional_attributes: OrEmpty<Attributes>,
    /// Its contact.
    #[serde(default)]
    pub contact: Option<Sender>,
    /// Who it is assigned to.
    #[serde(default)]
    pub assignee: Option<Sender>,
    /// When an agent last looked.
    #[serde(default)]
    pub agent_last_seen_at: Option<Time>,
    /// When the assignee last looked.
    #[serde(default)]
    pub assignee_last_seen_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message in another language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Translation {
    /// Its text; `None` where nothing translates.
    #[serde(default)]
    pub content: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message to write.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewMessage {
    /// Its text, Markdown; 150,000 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Which way it goes; left out it is outgoing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<MessageDirection>,
    /// Whether it is a note that only agents see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// What kind of content it has; left out it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// What belongs to the kind of content: `items`, or `in_reply_to` with a message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_attributes: Option<Attributes>,
    /// Your own name for it, to find it again by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What the answer repeats, to recognise it by; webhooks do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_id: Option<String>,
    /// The template to send, for channels that demand one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_params: Option<Value>,
    /// Further readers of an e-mail, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cc_emails: Option<String>,
    /// Hidden readers of an e-mail, comma-separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bcc_emails: Option<String>,
    /// Files to send with it.
    #[serde(skip)]
    pub attachments: Vec<Upload>,
}

impl NewMessage {
    /// An outgoing text.
    pub fn text(content: impl Into<String>) -> Self {
        Self { content: Some(content.into()), ..Self::default() }
    }

    /// A private note for agents.
    pub fn note(content: impl Into<String>) -> Self {
        Self { private: Some(true), ..Self::text(content) }
    }

    /// A text from the customer, for API inboxes.
    pub fn incoming(content: impl Into<String>) -> Self {
        Self { message_type: Some(MessageDirection::Incoming), ..Self::text(content) }
    }
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MessageDelivery {
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
    /// What the channel said, for a failed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_error: Option<String>,
}

words! {
    /// Which way a message goes.
    pub enum MessageDirection {
        /// From the customer.
        Incoming = "incoming",
        /// To the customer.
        Outgoing = "outgoing",
    }
}
