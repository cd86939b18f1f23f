//! Messages: one entry of a conversation, as several APIs and the webhooks carry it.

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
    /// Its text, Markdown; `None` where there are only attachments.
    pub content: Option<String>,
    /// Who it is from, as a kind.
    pub message_type: MessageType,
    /// What kind of content it has.
    pub content_type: Option<ContentType>,
    /// What belongs to the kind of content: items, the reply's target, submitted values, the
    /// channel's error.
    #[serde(default)]
    pub content_attributes: NullAsEmpty<Attributes>,
    /// When it was written.
    pub created_at: Time,
    /// Its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Its inbox; the public API leaves it out.
    pub inbox_id: Option<InboxId>,
    /// Its account; only inside a conversation.
    pub account_id: Option<AccountId>,
    /// Whether it is a note that only agents see; the public API leaves it out.
    pub private: Option<bool>,
    /// What became of it; the public API leaves it out.
    pub status: Option<MessageStatus>,
    /// The sender's own name for it. It is not unique: two messages may have the same.
    pub source_id: Option<String>,
    /// What the sender gave to recognize it by, whatever that was; only in the answer to its
    /// creation.
    pub echo_id: Option<Value>,
    /// Who wrote it; absent where the server did.
    pub sender: Option<Sender>,
    /// The writer's id; only inside a conversation.
    pub sender_id: Option<u64>,
    /// The writer's kind (`User`, `Contact`, `AgentBot`); only inside a conversation.
    pub sender_type: Option<String>,
    /// Its files; absent where there are none.
    pub attachments: Option<Vec<Attachment>>,
    /// When it was last changed; only inside a conversation.
    pub updated_at: Option<Time>,
    /// Its text as the channel gets it; only inside a conversation.
    pub processed_message_content: Option<String>,
    /// What else the server keeps of it; only inside a conversation.
    pub additional_attributes: Option<Attributes>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// Whether a customer may see it: no private note, and no activity of the server.
    pub fn is_for_customer(&self) -> bool {
        self.private != Some(true) && self.message_type != MessageType::Activity
    }
}

/// Who a message is from, as a kind. The API writes a number, webhooks write a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageType {
    /// 0: from the customer.
    Incoming,
    /// 1: from an agent or a bot.
    Outgoing,
    /// 2: what happened to the conversation, written by the server.
    Activity,
    /// 3: from a template, such as a greeting or a survey.
    Template,
    /// A number that this version of the crate does not know.
    Unknown(i64),
}

impl MessageType {
    /// The number as the API writes it.
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
    /// What kind of file an attachment is.
    pub enum FileType {
        /// A picture.
        Image = "image",
        /// A sound.
        Audio = "audio",
        /// A film.
        Video = "video",
        /// Any other file.
        File = "file",
        /// A place.
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

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Its message.
    pub message_id: Option<MessageId>,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// What kind of file it is.
    pub file_type: Option<FileType>,
    /// Its media type; 4.9.1 does not say.
    pub content_type: Option<String>,
    /// The extension of its name; `None` on 4.9.1.
    pub extension: Option<String>,
    /// Where it is. Whoever has the address may read the file.
    pub data_url: Option<String>,
    /// Where a small picture of it is; empty where there is none.
    pub thumb_url: Option<String>,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// A picture's width, once the server has looked at it; a film's is written `640.0`.
    pub width: Option<Number>,
    /// A picture's or a film's height, as its width.
    pub height: Option<Number>,
    /// What else the server sends.
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
