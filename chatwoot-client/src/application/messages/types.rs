//! Types of the message operations: queries, responses and request bodies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::Upload;
use crate::types::MessageId;
use crate::types::Time;
use crate::types::{Attributes, ContentType, Extra, MessageStatus, NullAsEmpty, Sender, open_enum};

/// Which messages to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MessagesQuery {
    /// Before the message with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<MessageId>,
    /// After the message with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<MessageId>,
    /// Whether private notes and activity messages are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_internal_messages: Option<bool>,
}

/// Data of a conversation that accompanies its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagesMeta {
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// Attributes that Chatwoot itself defines.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Its contact.
    pub contact: Option<Sender>,
    /// The agent it is assigned to.
    pub assignee: Option<Sender>,
    /// When an agent last saw it.
    pub agent_last_seen_at: Option<Time>,
    /// When the assignee last saw it.
    pub assignee_last_seen_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A translation of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Translation {
    /// The translated text; `None` without a translation service.
    pub content: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message to send.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewMessage {
    /// Its text, in Markdown; at most 150,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its direction; outgoing by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<MessageDirection>,
    /// Whether it is a private note, which only agents see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// Its content type; text by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// Attributes of its content type: `items`, or `in_reply_to` with a message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_attributes: Option<Attributes>,
    /// An id of your own, to find it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// An id that the response repeats, to match it; webhooks do not include it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_id: Option<String>,
    /// The message template to send, for channels that require one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_params: Option<Value>,
    /// The CC addresses of an e-mail, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cc_emails: Option<String>,
    /// The BCC addresses of an e-mail, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bcc_emails: Option<String>,
    /// The files to send with it.
    #[serde(skip)]
    pub attachments: Vec<Upload>,
}

impl NewMessage {
    /// Creates an outgoing text message.
    pub fn text(content: impl Into<String>) -> Self {
        Self { content: Some(content.into()), ..Self::default() }
    }

    /// Creates a private note for agents.
    pub fn note(content: impl Into<String>) -> Self {
        Self { private: Some(true), ..Self::text(content) }
    }

    /// Creates a text message from the customer, for API inboxes.
    pub fn incoming(content: impl Into<String>) -> Self {
        Self { message_type: Some(MessageDirection::Incoming), ..Self::text(content) }
    }
}

/// The delivery status of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MessageDelivery {
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
    /// The channel's error, for a failed message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_error: Option<String>,
}

open_enum! {
    /// The direction of a message.
    pub enum MessageDirection {
        /// From the customer.
        Incoming = "incoming",
        /// To the customer.
        Outgoing = "outgoing",
    }
}
