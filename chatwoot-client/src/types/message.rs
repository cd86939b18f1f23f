//! Messages: the entries of a conversation, as several APIs and the webhooks send them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

use crate::types::Time;
use crate::types::{AccountId, AttachmentId, ConversationId, InboxId, MessageId};
use crate::types::{Attributes, ContentType, Extra, MessageStatus, NullAsEmpty, Sender, open_enum};

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its text, in Markdown; `None` if there are only attachments.
    pub content: Option<String>,
    /// The type of the message: incoming, outgoing, activity or template.
    pub message_type: MessageType,
    /// The type of its content.
    pub content_type: Option<ContentType>,
    /// The data of its content type: items, the message it replies to, submitted values, the
    /// channel's error.
    #[serde(default)]
    pub content_attributes: NullAsEmpty<Attributes>,
    /// When it was created.
    pub created_at: Time,
    /// The number of its conversation.
    pub conversation_id: Option<ConversationId>,
    /// The id of its inbox; the public API omits it.
    pub inbox_id: Option<InboxId>,
    /// The id of its account; only inside a conversation.
    pub account_id: Option<AccountId>,
    /// Whether it is a private note, which only agents see; the public API omits it.
    pub private: Option<bool>,
    /// Its delivery status; the public API omits it.
    pub status: Option<MessageStatus>,
    /// The sender's own id for it. It is not unique: two messages may have the same.
    pub source_id: Option<String>,
    /// The value that the sender set to recognize the message; only in the response to its
    /// creation.
    pub echo_id: Option<Value>,
    /// Its sender; absent if the server created it.
    pub sender: Option<Sender>,
    /// The sender's id; only inside a conversation.
    pub sender_id: Option<u64>,
    /// The sender's type (`User`, `Contact`, `AgentBot`); only inside a conversation.
    pub sender_type: Option<String>,
    /// Its attachments; absent if there are none.
    pub attachments: Option<Vec<Attachment>>,
    /// When it was last changed; only inside a conversation.
    pub updated_at: Option<Time>,
    /// Its text as sent to the channel; only inside a conversation.
    pub processed_message_content: Option<String>,
    /// Further attributes that the server stores; only inside a conversation.
    pub additional_attributes: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// Whether the customer may see it: it is neither a private note nor an activity message.
    pub fn is_for_customer(&self) -> bool {
        self.private != Some(true) && self.message_type != MessageType::Activity
    }
}

/// The type of a message. The API sends a number, webhooks send a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageType {
    /// 0: from the customer.
    Incoming,
    /// 1: from an agent or an agent bot.
    Outgoing,
    /// 2: an activity of the conversation, written by the server.
    Activity,
    /// 3: from a template, such as a greeting or a survey.
    Template,
    /// A number that this version of the client does not know.
    Unknown(i64),
}

impl MessageType {
    /// Returns the number that the API uses.
    pub const fn number(self) -> i64 {
        match self {
            Self::Incoming => 0,
            Self::Outgoing => 1,
            Self::Activity => 2,
            Self::Template => 3,
            Self::Unknown(number) => number,
        }
    }
}

impl From<i64> for MessageType {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Incoming,
            1 => Self::Outgoing,
            2 => Self::Activity,
            3 => Self::Template,
            other => Self::Unknown(other),
        }
    }
}

impl Serialize for MessageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for MessageType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from)
    }
}

open_enum! {
    /// The type of an attachment's file.
    pub enum FileType {
        /// An image.
        Image = "image",
        /// An audio file.
        Audio = "audio",
        /// A video.
        Video = "video",
        /// Any other file.
        File = "file",
        /// A location.
        Location = "location",
        /// A reference without a file.
        Fallback = "fallback",
        /// A shared post.
        Share = "share",
        /// A mention in a story.
        StoryMention = "story_mention",
        /// A contact card.
        Contact = "contact",
    }
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
    /// The type of its file.
    pub file_type: Option<FileType>,
    /// Its media type; 4.9.1 does not send it.
    pub content_type: Option<String>,
    /// The extension of its file name; `None` on 4.9.1.
    pub extension: Option<String>,
    /// The URL of the file. Anyone with this URL can read the file.
    pub data_url: Option<String>,
    /// The URL of a thumbnail; empty if there is none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// The width of an image, once the server has analyzed it; of a video it is written as `640.0`.
    pub width: Option<Number>,
    /// The height of an image or a video, in the same form as its width.
    pub height: Option<Number>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_known_is_kept() {
        for number in ["0", "1", "2", "3", "7"] {
            let kind: MessageType = serde_json::from_str(number).unwrap();
            assert_eq!(serde_json::to_string(&kind).unwrap(), number);
        }
        assert_eq!(MessageType::from(7), MessageType::Unknown(7));
    }
}
