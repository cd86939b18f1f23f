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
    /// Which way a message goes: a word in message events, a number inside conversations.
    pub enum MessageType {
        /// From the customer.
        Incoming = "incoming",
        /// To the customer, or a private note.
        Outgoing = "outgoing",
        /// What happened, for agents to read.
        Activity = "activity",
        /// From the server itself: greeting, form, survey.
        Template = "template",
    }
}

/// A message as message events send it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Which way it goes.
    pub message_type: MessageType,
    /// Whether only agents see it.
    #[serde(default)]
    pub private: bool,
    /// Its text.
    pub content: Option<String>,
    /// What kind of content it has.
    pub content_type: Option<ContentType>,
    /// What belongs to the content: items, answers given, `deleted`, `in_reply_to`.
    pub content_attributes: Option<Attributes>,
    /// What the sender attached for machines.
    pub additional_attributes: Option<Attributes>,
    /// Its account.
    pub account: AccountRef,
    /// Its inbox.
    pub inbox: InboxRef,
    /// Its conversation.
    pub conversation: Conversation,
    /// Who sent it; nobody for what the server sends itself.
    pub sender: Option<Party>,
    /// Its id at the sender's.
    pub source_id: Option<String>,
    /// Its attachments.
    pub attachments: Option<Vec<Attachment>>,
    /// When it was created.
    pub created_at: Option<Time>,
    // The event's name is the variant of `Event`.
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

    /// Its attachments; empty where the server sends none.
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
    /// Its account.
    pub account_id: AccountId,
    /// Its inbox.
    pub inbox_id: InboxId,
    /// Its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Which way it goes; the server writes a number here.
    #[serde(with = "number")]
    pub message_type: MessageType,
    /// Whether only agents see it.
    #[serde(default)]
    pub private: bool,
    /// Its text.
    pub content: Option<String>,
    /// Its text as a channel would show it.
    pub processed_message_content: Option<String>,
    /// What kind of content it has.
    pub content_type: Option<ContentType>,
    /// What belongs to the content.
    pub content_attributes: Option<Attributes>,
    /// What the sender attached for machines.
    pub additional_attributes: Option<Attributes>,
    /// Its ids elsewhere.
    pub external_source_ids: Option<Attributes>,
    /// What an analysis thought of it.
    pub sentiment: Option<Attributes>,
    /// What became of it.
    pub status: Option<MessageStatus>,
    /// Its id at the sender's.
    pub source_id: Option<String>,
    /// The sender's mark of a message it shows before the server has it.
    pub echo_id: Option<serde_json::Value>,
    /// `Contact`, `User` or `AgentBot`.
    pub sender_type: Option<String>,
    /// The sender's id, counted per `sender_type`.
    pub sender_id: Option<u64>,
    /// Who sent it.
    pub sender: Option<Party>,
    /// Its attachments.
    pub attachments: Option<Vec<Attachment>>,
    /// The conversation in short.
    pub conversation: Option<LastMessageConversation>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The conversation of a [`LastMessage`], in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastMessageConversation {
    /// The user it is assigned to.
    pub assignee_id: Option<UserId>,
    /// The number of incoming messages that no agent has seen.
    pub unread_count: Option<u64>,
    /// The time of the last activity.
    pub last_activity_at: Option<Time>,
    /// The contact's presence in the inbox.
    pub contact_inbox: Option<LastMessageContactInbox>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The contact's presence in the inbox of a [`LastMessage`].
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
    /// Its message.
    pub message_id: Option<MessageId>,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// `image`, `audio`, `video`, `file`, `location` and others.
    pub file_type: Option<String>,
    /// The file's extension.
    pub extension: Option<String>,
    /// The file's media type; 4.9.1 leaves it out.
    pub content_type: Option<String>,
    /// Where the file is.
    pub data_url: Option<String>,
    /// Where a small picture of it is; empty for none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// A picture's width; a film's is written `640.0`.
    pub width: Option<Number>,
    /// A picture's or a film's height, as its width.
    pub height: Option<Number>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A [`MessageType`] as the number that the server has for it.
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
