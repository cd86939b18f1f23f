//! Events: the decoded bodies of deliveries, by their `event` field.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::error::Category;

use crate::error::json_path::place;
use crate::types::Extra;
use crate::types::shown::Shown;
use crate::types::{AccountId, ContactId, ConversationId, InboxId, MessageId};
use crate::webhook::Change;
use crate::webhook::Contact;
use crate::webhook::Conversation;
use crate::webhook::Inbox;
use crate::webhook::Message;
use crate::webhook::{Typing, WidgetTriggered};

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $name:literal,)+) => {
        /// The event of a delivery.
        ///
        /// It serializes to the object it was read from; named fields that were absent are written
        /// as `null`, `false` or an empty list.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Event {
            $($(#[$doc])* $variant(Box<$payload>),)+
            /// An event that this version of the client does not know.
            Unknown {
                /// Its name.
                event: String,
                /// The whole body.
                body: Extra,
            },
        }

        impl Event {
            /// The names of all events that this version of the client knows.
            pub const KNOWN: &'static [&'static str] = &[$($name),+];

            /// Returns the name, as the server writes it.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)+
                    Self::Unknown { event, .. } => event,
                }
            }

            // As with calls: the deserializers are only compiled for hosts that decode webhooks.
            #[inline]
            fn decode(event: &str, body: &[u8]) -> Result<Self, ParseError> {
                match event {
                    $($name => decode(event, body).map(Self::$variant),)+
                    _ => Ok(Self::Unknown { event: event.to_owned(), body: decode(event, body)? }),
                }
            }
        }

        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(payload) => Named { event: $name, payload }.serialize(serializer),)+
                    Self::Unknown { body, .. } => body.serialize(serializer),
                }
            }
        }
    };
}

events! {
    /// A conversation was created.
    ConversationCreated(Conversation) = "conversation_created",
    /// A conversation was opened, resolved, snoozed or set to pending.
    ConversationStatusChanged(Conversation) = "conversation_status_changed",
    /// A conversation's fields, labels or attributes changed.
    ConversationUpdated(Conversation) = "conversation_updated",
    /// A conversation was opened. For agent bots.
    ConversationOpened(Conversation) = "conversation_opened",
    /// A conversation was resolved. For agent bots.
    ConversationResolved(Conversation) = "conversation_resolved",
    /// A message was created, by the customer, an agent, a bot or the server.
    MessageCreated(Message) = "message_created",
    /// A message changed: its content, its status, or the values submitted to it.
    MessageUpdated(Message) = "message_updated",
    /// A contact was created.
    ContactCreated(Contact) = "contact_created",
    /// A contact's fields, labels or attributes changed.
    ContactUpdated(Contact) = "contact_updated",
    /// A visitor opened the widget.
    WidgetTriggered(WidgetTriggered) = "webwidget_triggered",
    /// An agent or the customer is typing.
    TypingOn(Typing) = "conversation_typing_on",
    /// An agent or the customer stopped typing.
    TypingOff(Typing) = "conversation_typing_off",
    /// An inbox was created.
    InboxCreated(Inbox) = "inbox_created",
    /// An inbox's settings changed.
    InboxUpdated(Inbox) = "inbox_updated",
}

/// The reason why a body could not be decoded. It contains nothing of the body but the position in
/// it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The body is not JSON.
    #[error("the body is not JSON, from line {line} column {column} on: pass the body as received")]
    Json {
        /// The line of the syntax error.
        line: usize,
        /// The column of the syntax error.
        column: usize,
    },
    /// The body is not an object with a string `event`.
    #[error("the body names no `event`: it is not a webhook of Chatwoot")]
    NoEvent,
    /// The event is known, but its payload has an unknown shape.
    #[error(
        "`{}` of {event} has a shape that is not known: report it with the server's version",
        Shown(path)
    )]
    Shape {
        /// The name of the event.
        event: String,
        /// The position in the payload, as a JSON path.
        path: String,
    },
}

impl Event {
    /// Decodes a body: one that [`Verifier::verify`](crate::webhook::Verifier::verify) accepted,
    /// or, by your explicit choice, one of a server that does not sign.
    ///
    /// ```
    /// use chatwoot_client::webhook::Event;
    ///
    /// let event = Event::parse(br#"{"event":"contact_created","id":38,"account":{"id":2}}"#)?;
    /// assert_eq!(event.contact_id(), Some(38.into()));
    ///
    /// let event = Event::parse(br#"{"event":"contact_waved","arm":"left"}"#)?;
    /// assert!(matches!(event, Event::Unknown { body, .. } if body["arm"] == "left"));
    /// # Ok::<(), chatwoot_client::webhook::ParseError>(())
    /// ```
    #[inline]
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        #[derive(Deserialize)]
        struct Name<'a> {
            #[serde(borrow)]
            event: Cow<'a, str>,
        }
        if let Some(name) = last_member_event(body) {
            return Self::decode(name, body);
        }
        let name: Name<'_> =
            serde_json::from_slice(body).map_err(|error| match error.classify() {
                Category::Data => ParseError::NoEvent,
                _ => ParseError::Json { line: error.line(), column: error.column() },
            })?;
        Self::decode(&name.event, body)
    }

    /// Returns the account's id. 4.9.1 sends it in conversation events only if there is a message.
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::MessageCreated(message) | Self::MessageUpdated(message) => {
                Some(message.account.id)
            }
            Self::ContactCreated(contact) | Self::ContactUpdated(contact) => {
                contact.account.as_ref().map(|account| account.id)
            }
            Self::WidgetTriggered(widget) => Some(widget.account.id),
            Self::InboxCreated(inbox) | Self::InboxUpdated(inbox) => Some(inbox.account.id),
            Self::Unknown { body, .. } => body.get("account")?.get("id")?.as_u64().map(AccountId),
            _ => self.conversation()?.account_id(),
        }
    }

    /// Returns the conversation, if the event has one.
    pub fn conversation(&self) -> Option<&Conversation> {
        match self {
            Self::ConversationCreated(conversation)
            | Self::ConversationStatusChanged(conversation)
            | Self::ConversationUpdated(conversation)
            | Self::ConversationOpened(conversation)
            | Self::ConversationResolved(conversation) => Some(conversation),
            Self::MessageCreated(message) | Self::MessageUpdated(message) => {
                Some(&message.conversation)
            }
            Self::TypingOn(typing) | Self::TypingOff(typing) => Some(&typing.conversation),
            Self::WidgetTriggered(widget) => widget.current_conversation.as_ref(),
            _ => None,
        }
    }

    /// Returns the message of a message event.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::MessageCreated(message) | Self::MessageUpdated(message) => Some(message),
            _ => None,
        }
    }

    /// Returns the contact, if the event has one.
    pub fn contact(&self) -> Option<&Contact> {
        match self {
            Self::ContactCreated(contact) | Self::ContactUpdated(contact) => Some(contact),
            Self::WidgetTriggered(widget) => widget.contact.as_ref(),
            _ => self.conversation().map(Conversation::contact),
        }
    }

    /// Returns the conversation's number within its account.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        self.conversation().map(|conversation| conversation.id)
    }

    /// Returns the contact's id.
    pub fn contact_id(&self) -> Option<ContactId> {
        self.contact().map(|contact| contact.id)
    }

    /// Returns the message's id, in message events.
    pub fn message_id(&self) -> Option<MessageId> {
        self.message().map(|message| message.id)
    }

    /// Returns the inbox's id.
    pub fn inbox_id(&self) -> Option<InboxId> {
        match self {
            Self::InboxCreated(inbox) | Self::InboxUpdated(inbox) => inbox.id(),
            Self::WidgetTriggered(widget) => Some(widget.inbox.id),
            _ => self.conversation().map(|conversation| conversation.inbox_id),
        }
    }

    /// Returns the fields that changed; empty if the server does not send them.
    pub fn changed_attributes(&self) -> &[Change] {
        let changes = match self {
            Self::ConversationStatusChanged(conversation)
            | Self::ConversationUpdated(conversation) => &conversation.changed_attributes,
            Self::ContactUpdated(contact) => &contact.changed_attributes,
            Self::InboxUpdated(inbox) => &inbox.changed_attributes,
            _ => &None,
        };
        changes.as_deref().unwrap_or_default()
    }
}

/// Returns the event's name where `event` is the last member of the body, as Chatwoot sends most
/// events, without a pass over the whole body.
///
/// An unescaped `,"event":"name"}` at the end of valid JSON is the root's last member: the final
/// brace closes the root, and inside a string each quote would follow a backslash. Whether the body
/// is valid is found out when it is decoded.
fn last_member_event(body: &[u8]) -> Option<&str> {
    let body = body.trim_ascii().strip_prefix(b"{")?.strip_suffix(br#""}"#)?;
    let start = body.iter().rposition(|byte| !(byte.is_ascii_lowercase() || *byte == b'_'))? + 1;
    let (before, name) = body.split_at_checked(start)?;
    before.ends_with(br#","event":""#).then(|| std::str::from_utf8(name).ok())?
}

#[derive(Serialize)]
struct Named<'a, T: Serialize> {
    event: &'static str,
    #[serde(flatten)]
    payload: &'a T,
}

fn decode<'a, T: Deserialize<'a>>(event: &str, body: &'a [u8]) -> Result<T, ParseError> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => ParseError::Shape { event: event.to_owned(), path: place(body, &error) },
        _ => malformed(&error),
    })
}

fn malformed(error: &serde_json::Error) -> ParseError {
    ParseError::Json { line: error.line(), column: error.column() }
}

#[cfg(test)]
mod tests;
