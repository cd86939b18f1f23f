//! Messages: the payload of message events, and the last message inside a conversation.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::party::{AccountRef, InboxRef};
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, AttachmentId, ConversationId, InboxId, MessageId, UserId};
use crate::types::{Attributes, ContentType, Extra, MessageStatus, open_enum};
use crate::webhook::Conversation;
use crate::webhook::Party;

open_enum! {
    /// The type of a message: a string in message events, a number inside conversations.
    pub enum MessageType {
        /// From the customer.
        Incoming = "incoming",
        /// From an agent or a bot: to the customer, or a private note.
        Outgoing = "outgoing",
        /// An activity of the conversation, for agents to read.
        Activity = "activity",
        /// From the server itself: a greeting, a form, a survey.
        Template = "template",
    }
}

/// A message as message events send it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The type of the message.
    pub message_type: MessageType,
    /// Whether it is a private note, which only agents see.
    #[serde(default)]
    pub private: bool,
    /// Its text.
    pub content: Option<String>,
    /// The type of its content.
    pub content_type: Option<ContentType>,
    /// The data of its content type: items, submitted values, `deleted`, `in_reply_to`.
    pub content_attributes: Option<Attributes>,
    /// Further attributes that the sender set.
    pub additional_attributes: Option<Attributes>,
    /// Its account.
    pub account: AccountRef,
    /// Its inbox.
    pub inbox: InboxRef,
    /// Its conversation.
    pub conversation: Conversation,
    /// Its sender; `None` if the server created it.
    pub sender: Option<Party>,
    /// The sender's own id for it.
    pub source_id: Option<String>,
    /// Its attachments.
    pub attachments: Option<Vec<Attachment>>,
    /// When it was created.
    pub created_at: Option<Time>,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// Whether the customer wrote it, not an agent, a bot or the server.
    pub fn is_incoming(&self) -> bool {
        self.message_type == MessageType::Incoming
    }

    /// Returns its attachments; empty if the server sends none.
    pub fn attachments(&self) -> &[Attachment] {
        self.attachments.as_deref().unwrap_or_default()
    }
}

/// The last message inside a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastMessage {
    /// Its id.
    pub id: MessageId,
    /// The id of its account.
    pub account_id: AccountId,
    /// The id of its inbox.
    pub inbox_id: InboxId,
    /// The number of its conversation.
    pub conversation_id: Option<ConversationId>,
    /// The type of the message; the server sends a number here.
    #[serde(with = "number")]
    pub message_type: MessageType,
    /// Whether it is a private note, which only agents see.
    #[serde(default)]
    pub private: bool,
    /// Its text.
    pub content: Option<String>,
    /// Its text as sent to a channel.
    pub processed_message_content: Option<String>,
    /// The type of its content.
    pub content_type: Option<ContentType>,
    /// The data of its content type.
    pub content_attributes: Option<Attributes>,
    /// Further attributes that the sender set.
    pub additional_attributes: Option<Attributes>,
    /// Its ids in other systems.
    pub external_source_ids: Option<Attributes>,
    /// The result of a sentiment analysis.
    pub sentiment: Option<Attributes>,
    /// Its delivery status.
    pub status: Option<MessageStatus>,
    /// The sender's own id for it.
    pub source_id: Option<String>,
    /// The value by which the sender recognizes a message that it shows before the server has
    /// stored it.
    pub echo_id: Option<serde_json::Value>,
    /// `Contact`, `User` or `AgentBot`.
    pub sender_type: Option<String>,
    /// The sender's id, unique per `sender_type`.
    pub sender_id: Option<u64>,
    /// Its sender.
    pub sender: Option<Party>,
    /// Its attachments.
    pub attachments: Option<Vec<Attachment>>,
    /// A summary of the conversation.
    pub conversation: Option<LastMessageConversation>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A summary of the conversation of a [`LastMessage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastMessageConversation {
    /// The id of the user it is assigned to.
    pub assignee_id: Option<UserId>,
    /// The number of incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// The time of the last activity.
    pub last_activity_at: Option<Time>,
    /// The link between the contact and the inbox.
    pub contact_inbox: Option<LastMessageContactInbox>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The link between contact and inbox of a [`LastMessage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastMessageContactInbox {
    /// The contact's id in the channel.
    pub source_id: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An attachment of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The id of its message.
    pub message_id: Option<MessageId>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// `image`, `audio`, `video`, `file`, `location` and others.
    pub file_type: Option<String>,
    /// The extension of its file name.
    pub extension: Option<String>,
    /// Its media type; 4.9.1 omits it.
    pub content_type: Option<String>,
    /// The URL of the file.
    pub data_url: Option<String>,
    /// The URL of a thumbnail; empty if there is none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// The width of an image; of a video it is written as `640.0`.
    pub width: Option<Number>,
    /// The height of an image or a video, in the same form as its width.
    pub height: Option<Number>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Serializes a [`MessageType`] as the server's number.
mod number {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::webhook::MessageType;

    pub(super) fn serialize<S: Serializer>(
        to: &MessageType,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match to {
            MessageType::Incoming => serializer.serialize_u64(0),
            MessageType::Outgoing => serializer.serialize_u64(1),
            MessageType::Activity => serializer.serialize_u64(2),
            MessageType::Template => serializer.serialize_u64(3),
            MessageType::Unknown(text) => match text.parse() {
                Ok(number) => serializer.serialize_u64(number),
                Err(_) => serializer.serialize_str(text),
            },
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<MessageType, D::Error> {
        Ok(match u64::deserialize(from)? {
            0 => MessageType::Incoming,
            1 => MessageType::Outgoing,
            2 => MessageType::Activity,
            3 => MessageType::Template,
            other => MessageType::Unknown(other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_message_type_stays_a_number() {
        for (number, kind) in [
            (0, MessageType::Incoming),
            (1, MessageType::Outgoing),
            (2, MessageType::Activity),
            (3, MessageType::Template),
            (9, MessageType::Unknown("9".into())),
        ] {
            let value = serde_json::json!({"id": 1, "account_id": 1, "inbox_id": 1, "message_type": number});
            let message: LastMessage = serde_json::from_value(value).unwrap();
            assert_eq!(message.message_type, kind);
            assert_eq!(serde_json::to_value(&message).unwrap()["message_type"], number);
        }
    }
}
