//! Widget types: what the widget's own API asks and answers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::application::inboxes::ReplyTime;
use crate::http::Upload;
use crate::public::ContactRecord;
use crate::public::OpeningHours;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{
    Attachment, Attributes, ContentType, ConversationStatus, Extra, MessageType, NullAsEmpty,
    Sender,
};
use crate::types::{ContactId, ConversationId, InboxId, MessageId};

/// How the widget looks, and who the visitor is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConfig {
    /// How the widget looks, with the visitor's token.
    pub website_channel_config: WidgetChannel,
    /// The visitor.
    pub contact: WidgetConfigContact,
    /// The server's own names and pictures, and `MAXIMUM_FILE_UPLOAD_SIZE` in MB.
    #[serde(default)]
    pub global_config: NullAsEmpty<Attributes>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How the widget looks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetChannel {
    /// The visitor's token: whoever has it is the visitor.
    pub auth_token: Secret,
    /// The inbox's website token.
    pub website_token: String,
    /// The inbox's name.
    pub website_name: Option<String>,
    /// The server's address.
    pub api_host: Option<String>,
    /// Where the inbox's picture is; empty where there is none.
    pub avatar_url: Option<String>,
    /// The first line of its greeting.
    pub welcome_title: Option<String>,
    /// The second line of its greeting.
    pub welcome_tagline: Option<String>,
    /// Its color, such as `#1F93FF`.
    pub widget_color: Option<String>,
    /// The account's language.
    pub locale: Option<String>,
    /// How soon customers are answered, as the widget says.
    pub reply_time: Option<ReplyTime>,
    /// `attachments`, `emoji_picker`, `end_conversation` and so on.
    #[serde(default)]
    pub enabled_features: NullAsEmpty<Vec<String>>,
    /// The languages that it speaks, each with its code and name.
    #[serde(default)]
    pub enabled_languages: NullAsEmpty<Vec<Value>>,
    /// Whether a visitor may write in a resolved conversation.
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether it asks for satisfaction after a conversation.
    pub csat_survey_enabled: Option<bool>,
    /// Whether it shows no names of Chatwoot.
    pub disable_branding: Option<bool>,
    /// Whether it asks something before a conversation.
    pub pre_chat_form_enabled: Option<bool>,
    /// What it asks before a conversation.
    pub pre_chat_form_options: Option<Value>,
    /// The help center that it shows.
    pub portal: Option<Value>,
    /// What it says when nobody works.
    pub out_of_office_message: Option<String>,
    /// Whether its opening hours count.
    pub working_hours_enabled: Option<bool>,
    /// Its opening hours, a row a day.
    #[serde(default)]
    pub working_hours: NullAsEmpty<Vec<OpeningHours>>,
    /// Its time zone's name.
    pub timezone: Option<String>,
    /// Its distance from UTC, such as `+01:00`.
    pub utc_off_set: Option<String>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The visitor, as the widget gets it with its looks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConfigContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; the server makes one up for an unknown visitor.
    pub name: Option<String>,
    /// The shop's own key for it.
    pub identifier: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// With it one hears what happens in the visitor's conversations.
    pub pubsub_token: Option<Secret>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server tells a visitor of themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetContact {
    /// The contact.
    pub id: ContactId,
    /// The shop's own key for it; the answer to a change leaves it out.
    pub identifier: Option<String>,
    /// Whether an e-mail address is known.
    pub has_email: Option<bool>,
    /// Whether a name is known.
    pub has_name: Option<bool>,
    /// Whether a phone number is known.
    pub has_phone_number: Option<bool>,
    /// The visitor's new token, when they were somebody else before.
    pub widget_auth_token: Option<Secret>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What to change of a visitor's contact. What is left out stays; nothing is proven by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WidgetContactPatch {
    /// The shop's own key for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Custom attributes to set; the others stay.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Attributes::is_empty")]
    pub merge_custom_attributes: Attributes,
}

/// Something that a visitor did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WidgetEvent {
    /// What it is.
    pub name: String,
    /// What belongs to it.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub event_info: Attributes,
}

impl WidgetEvent {
    /// The visitor opened the widget, on this page.
    pub fn triggered(referer: impl Into<String>) -> Self {
        let mut event_info = Attributes::new();
        event_info.insert("referer".to_owned(), json!(referer.into()));
        Self { name: "webwidget.triggered".to_owned(), event_info }
    }
}

/// A conversation to begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWidgetConversation {
    /// The first message; files are not sent here.
    pub message: NewWidgetMessage,
    /// Who the visitor says to be. It proves nothing: a name that is known stays, but an e-mail
    /// address that another contact has makes the visitor that contact. Give only a proven one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<WidgetIntroduction>,
    /// The custom attributes of the conversation.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub custom_attributes: Attributes,
}

/// Who a visitor says to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WidgetIntroduction {
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

/// A message from a visitor.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWidgetMessage {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What the answer repeats, to recognize it by; some servers do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_id: Option<String>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// The page that the visitor looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referer_url: Option<String>,
    /// The visitor's clock, as their browser writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Files to send with it.
    #[serde(skip)]
    pub attachments: Vec<Upload>,
}

impl NewWidgetMessage {
    /// A text.
    pub fn text(content: impl Into<String>) -> Self {
        Self { content: Some(content.into()), ..Self::default() }
    }
}

/// A conversation as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConversation {
    /// Its number in its account.
    pub id: ConversationId,
    /// Its inbox.
    pub inbox_id: Option<InboxId>,
    /// What state it is in.
    pub status: Option<ConversationStatus>,
    /// When the visitor last looked; 0 for never.
    pub contact_last_seen_at: Option<Time>,
    /// Its messages.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<WidgetMessage>>,
    /// Its custom attributes.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// Its contact.
    pub contact: Option<ContactRecord>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Messages of a visitor's conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetMessages {
    /// The messages, oldest first.
    pub payload: Vec<WidgetMessage>,
    /// What the server says of the conversation: `contact_last_seen_at`.
    pub meta: Option<Attributes>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message as a visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text, Markdown; `None` where there are only attachments.
    pub content: Option<String>,
    /// Who it is from, as a kind.
    pub message_type: WidgetMessageType,
    /// What kind of content it has.
    pub content_type: Option<ContentType>,
    /// What belongs to the kind of content.
    pub content_attributes: Option<Attributes>,
    /// When it was written.
    pub created_at: Time,
    /// Its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Who wrote it; absent where the server did.
    pub sender: Option<Sender>,
    /// Its files; absent where there are none.
    pub attachments: Option<Vec<Attachment>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Who a message is from, as a kind: the widget's API writes a number, but a word for what the
/// server wrote while it made the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum WidgetMessageType {
    /// As a number.
    Number(MessageType),
    /// As a word: `incoming`, `outgoing`, `activity`, `template`.
    Word(String),
}

impl WidgetMessageType {
    /// The kind; `None` for a word that this version of the crate does not know.
    pub fn kind(&self) -> Option<MessageType> {
        match self {
            Self::Number(kind) => Some(*kind),
            Self::Word(word) => match word.as_str() {
                "incoming" => Some(MessageType::Incoming),
                "outgoing" => Some(MessageType::Outgoing),
                "activity" => Some(MessageType::Activity),
                "template" => Some(MessageType::Template),
                _ => None,
            },
        }
    }
}
