//! Message types: what messages are asked for, written as and answered with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::Upload;
use crate::types::MessageId;
use crate::types::Time;
use crate::types::{
    Attributes, ContentType, Extra, Message, MessageStatus, NullAsEmpty, Sender, open_enum,
};

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
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server says of a conversation beside its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagesMeta {
    /// Its labels.
    #[serde(default)]
    pub labels: NullAsEmpty<Vec<String>>,
    /// What Chatwoot itself keeps of it.
    #[serde(default)]
    pub additional_attributes: NullAsEmpty<Attributes>,
    /// Its contact.
    pub contact: Option<Sender>,
    /// Who it is assigned to.
    pub assignee: Option<Sender>,
    /// When an agent last looked.
    pub agent_last_seen_at: Option<Time>,
    /// When the assignee last looked.
    pub assignee_last_seen_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message in another language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Translation {
    /// Its text; `None` where nothing translates.
    pub content: Option<String>,
    /// Fields that this version of the client does not name.
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
    /// What the answer repeats, to recognize it by; webhooks do not.
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

open_enum! {
    /// Which way a message goes.
    pub enum MessageDirection {
        /// From the customer.
        Incoming = "incoming",
        /// To the customer.
        Outgoing = "outgoing",
    }
}
