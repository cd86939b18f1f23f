//! Widget types: the requests and responses of the widget API.

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

/// The configuration of the widget, and the visitor's contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConfig {
    /// The configuration of the widget, with the visitor's token.
    pub website_channel_config: WidgetChannel,
    /// The visitor's contact.
    pub contact: WidgetConfigContact,
    /// The installation's names and logos, and `MAXIMUM_FILE_UPLOAD_SIZE` in MB.
    #[serde(default)]
    pub global_config: NullAsEmpty<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The configuration of the widget of one inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetChannel {
    /// The visitor's token: anyone who has it can act as the visitor.
    pub auth_token: Secret,
    /// The inbox's website token.
    pub website_token: String,
    /// The inbox's name.
    pub website_name: Option<String>,
    /// The URL of the server.
    pub api_host: Option<String>,
    /// The URL of the inbox's picture; empty if there is none.
    pub avatar_url: Option<String>,
    /// The heading of its greeting.
    pub welcome_title: Option<String>,
    /// The tagline of its greeting.
    pub welcome_tagline: Option<String>,
    /// Its color, such as `#1F93FF`.
    pub widget_color: Option<String>,
    /// The account's language.
    pub locale: Option<String>,
    /// The reply time that the widget shows.
    pub reply_time: Option<ReplyTime>,
    /// The enabled features: `attachments`, `emoji_picker`, `end_conversation` and others.
    #[serde(default)]
    pub enabled_features: NullAsEmpty<Vec<String>>,
    /// The available languages, each with its code and name.
    #[serde(default)]
    pub enabled_languages: NullAsEmpty<Vec<Value>>,
    /// Whether a visitor may write in a resolved conversation.
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether a satisfaction survey is sent after a conversation.
    pub csat_survey_enabled: Option<bool>,
    /// Whether the branding of Chatwoot is hidden.
    pub disable_branding: Option<bool>,
    /// Whether there is a form before a conversation.
    pub pre_chat_form_enabled: Option<bool>,
    /// The form before a conversation.
    pub pre_chat_form_options: Option<Value>,
    /// The help center that it shows.
    pub portal: Option<Value>,
    /// The message outside the opening hours.
    pub out_of_office_message: Option<String>,
    /// Whether its opening hours are enabled.
    pub working_hours_enabled: Option<bool>,
    /// Its opening hours, one entry per day.
    #[serde(default)]
    pub working_hours: NullAsEmpty<Vec<OpeningHours>>,
    /// The name of its time zone.
    pub timezone: Option<String>,
    /// Its offset from UTC, such as `+01:00`.
    pub utc_off_set: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The visitor's contact, as part of the widget's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConfigContact {
    /// Its id.
    pub id: ContactId,
    /// Its name; the server generates one for an unknown visitor.
    pub name: Option<String>,
    /// The host application's id for it.
    pub identifier: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone_number: Option<String>,
    /// The token of the websocket connection that receives the events of the visitor's
    /// conversations.
    pub pubsub_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The contact of a visitor, as the visitor sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetContact {
    /// Its id.
    pub id: ContactId,
    /// The host application's id for it; the response to an update omits it.
    pub identifier: Option<String>,
    /// Whether it has an e-mail address.
    pub has_email: Option<bool>,
    /// Whether it has a name.
    pub has_name: Option<bool>,
    /// Whether it has a phone number.
    pub has_phone_number: Option<bool>,
    /// The visitor's new token, if they were another contact before.
    pub widget_auth_token: Option<Secret>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The changes of a visitor's contact. Fields that are `None` are unchanged; they do not prove an
/// identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WidgetContactPatch {
    /// The host application's id for it.
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
    /// The contact's custom attributes, which are merged with the existing ones.
    #[serde(rename = "custom_attributes", skip_serializing_if = "Attributes::is_empty")]
    pub merge_custom_attributes: Attributes,
}

/// An event of a visitor.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WidgetEvent {
    /// The name of the event.
    pub name: String,
    /// The data of the event.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub event_info: Attributes,
}

impl WidgetEvent {
    /// Creates the event of a visitor who opened the widget, on this page.
    pub fn triggered(referer: impl Into<String>) -> Self {
        let mut event_info = Attributes::new();
        event_info.insert("referer".to_owned(), json!(referer.into()));
        Self { name: "webwidget.triggered".to_owned(), event_info }
    }
}

/// The fields of a new conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewWidgetConversation {
    /// The first message; its files are not sent here.
    pub message: NewWidgetMessage,
    /// The details that the visitor entered. They prove nothing: an existing name is unchanged, but
    /// with the e-mail address of another contact the visitor becomes that contact. Pass only a
    /// verified one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<WidgetIntroduction>,
    /// The custom attributes of the conversation.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub custom_attributes: Attributes,
}

/// The details that a visitor enters.
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
    /// A value that the response repeats, to recognize the message; some servers omit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_id: Option<String>,
    /// The message that it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    /// The URL of the page that the visitor is viewing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referer_url: Option<String>,
    /// The visitor's local time, as their browser formats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Files to send with it.
    #[serde(skip)]
    pub attachments: Vec<Upload>,
}

impl NewWidgetMessage {
    /// Creates a text message.
    pub fn text(content: impl Into<String>) -> Self {
        Self { content: Some(content.into()), ..Self::default() }
    }
}

/// A conversation as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetConversation {
    /// Its number within its account.
    pub id: ConversationId,
    /// The id of its inbox.
    pub inbox_id: Option<InboxId>,
    /// Its status.
    pub status: Option<ConversationStatus>,
    /// When the visitor last viewed it; 0 for never.
    pub contact_last_seen_at: Option<Time>,
    /// Its messages.
    #[serde(default)]
    pub messages: NullAsEmpty<Vec<WidgetMessage>>,
    /// Its custom attributes.
    #[serde(default)]
    pub custom_attributes: NullAsEmpty<Attributes>,
    /// Its contact.
    pub contact: Option<ContactRecord>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Messages of a visitor's conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetMessages {
    /// The messages, oldest first.
    pub payload: Vec<WidgetMessage>,
    /// The metadata of the conversation: `contact_last_seen_at`.
    pub meta: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A message as a visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text, in Markdown; `None` if there are only attachments.
    pub content: Option<String>,
    /// The type of the message.
    pub message_type: WidgetMessageType,
    /// The type of its content.
    pub content_type: Option<ContentType>,
    /// The data of its content type.
    pub content_attributes: Option<Attributes>,
    /// When it was created.
    pub created_at: Time,
    /// The number of its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Its sender; absent if the server created it.
    pub sender: Option<Sender>,
    /// Its attachments; absent if there are none.
    pub attachments: Option<Vec<Attachment>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The type of a message: the widget API sends a number, but a string for messages that the server
/// created together with the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum WidgetMessageType {
    /// As a number.
    Number(MessageType),
    /// As a string: `incoming`, `outgoing`, `activity`, `template`.
    Word(String),
}

impl WidgetMessageType {
    /// Returns the type; `None` for a string that this version of the client does not know.
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
