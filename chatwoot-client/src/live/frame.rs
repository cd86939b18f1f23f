//! Frames: what the server sends over a live feed, and what a client sends.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::live::LiveEvent;
use crate::types::{AccountId, Extra, Secret, UserId};

/// A frame of the server, in the protocol of Rails' Action Cable.
///
/// It serializes to the object it was read from; named fields that were absent are written as
/// `null`.
///
/// ```
/// use chatwoot_client::live::ServerFrame;
///
/// let frame = ServerFrame::decode(r#"{"type":"ping","message":1795264989}"#)?;
/// assert!(matches!(frame, ServerFrame::Ping { .. }));
///
/// let frame = ServerFrame::decode(r#"{"type":"wave","arm":"left"}"#)?;
/// assert!(matches!(&frame, ServerFrame::Other(fields) if fields["arm"] == "left"));
/// assert_eq!(serde_json::to_value(&frame).unwrap()["type"], "wave");
/// # Ok::<(), chatwoot_client::live::FrameError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerFrame {
    /// The first frame: the server is ready for subscriptions.
    Welcome {
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// Sent every 3 s, so that a client knows that the connection works.
    Ping {
        /// The server's time, in epoch seconds.
        message: Value,
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// The subscription works from now on.
    ConfirmSubscription {
        /// The subscription.
        identifier: Identifier,
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// The subscription is refused. Chatwoot does not send it: it answers a wrong token with
    /// nothing.
    RejectSubscription {
        /// The subscription.
        identifier: Identifier,
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// The server is about to close the connection.
    Disconnect {
        /// The reason: `unauthorized`, `invalid_request`, `server_restart`, `remote`.
        reason: Option<String>,
        /// Whether the client may connect again.
        reconnect: Option<bool>,
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// An event.
    Message {
        /// The subscription that it belongs to.
        identifier: Identifier,
        /// The event.
        event: Box<LiveEvent>,
        /// Fields that this version of the client does not name.
        extra: Extra,
    },
    /// A frame that this version of the client does not know.
    Other(Extra),
}

/// The reason why a text is no frame. It contains nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The text is not JSON.
    #[error("the frame is not JSON, from line {line} column {column} on")]
    Json {
        /// The line of the syntax error.
        line: usize,
        /// The column of the syntax error.
        column: usize,
    },
    /// The text is JSON, but not an object.
    #[error("the frame is not a JSON object")]
    NotAnObject,
}

fn object(text: &str) -> Result<Map<String, Value>, FrameError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(FrameError::NotAnObject),
        Err(error) => Err(FrameError::Json { line: error.line(), column: error.column() }),
    }
}

/// Takes a text out of an object; any other value stays.
fn take_text(fields: &mut Map<String, Value>, key: &str) -> Option<String> {
    fields.get(key)?.as_str()?;
    match fields.remove(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

impl ServerFrame {
    /// Decodes a text frame of the server.
    ///
    /// # Errors
    /// The text is not a JSON object. Any object is a frame, if need be an
    /// [other one](ServerFrame::Other).
    pub fn decode(text: &str) -> Result<Self, FrameError> {
        object(text).map(Self::read)
    }

    fn read(mut fields: Map<String, Value>) -> Self {
        let kind = fields.get("type").map(|kind| kind.as_str().unwrap_or_default());
        let has = |key: &str| fields.get(key).is_some_and(Value::is_string);
        let or_null = |key: &str, is: fn(&Value) -> bool| {
            fields.get(key).is_none_or(|value| value.is_null() || is(value))
        };
        match kind {
            Some("welcome") => {
                fields.remove("type");
                Self::Welcome { extra: fields.into() }
            }
            Some("ping") => {
                fields.remove("type");
                let message = fields.remove("message").unwrap_or_default();
                Self::Ping { message, extra: fields.into() }
            }
            Some(kind @ ("confirm_subscription" | "reject_subscription")) if has("identifier") => {
                let confirmed = kind == "confirm_subscription";
                fields.remove("type");
                let text = take_text(&mut fields, "identifier").unwrap_or_default();
                let (identifier, extra) = (Identifier::new(text), fields.into());
                if confirmed {
                    Self::ConfirmSubscription { identifier, extra }
                } else {
                    Self::RejectSubscription { identifier, extra }
                }
            }
            Some("disconnect")
                if or_null("reason", Value::is_string)
                    && or_null("reconnect", Value::is_boolean) =>
            {
                fields.remove("type");
                let reason = take_text(&mut fields, "reason");
                let reconnect = fields.get("reconnect").and_then(Value::as_bool);
                fields.remove("reason");
                fields.remove("reconnect");
                Self::Disconnect { reason, reconnect, extra: fields.into() }
            }
            None if has("identifier") && is_event(&fields) => {
                let text = take_text(&mut fields, "identifier").unwrap_or_default();
                let event = fields.remove("message").and_then(LiveEvent::from_value);
                match event {
                    Some(event) => Self::Message {
                        identifier: Identifier::new(text),
                        event: Box::new(event),
                        extra: fields.into(),
                    },
                    None => Self::Other(fields.into()),
                }
            }
            _ => Self::Other(fields.into()),
        }
    }

    /// Returns the event of a message frame.
    pub fn event(&self) -> Option<&LiveEvent> {
        if let Self::Message { event, .. } = self { Some(event) } else { None }
    }
}

/// Whether the message of a frame is an object with the name of an event.
fn is_event(fields: &Map<String, Value>) -> bool {
    fields.get("message").and_then(|message| message.get("event")).is_some_and(Value::is_string)
}

/// Serializes named fields and the others.
#[derive(Serialize)]
struct Fields<'a, T: Serialize> {
    #[serde(flatten)]
    named: T,
    #[serde(flatten)]
    extra: &'a Extra,
}

fn write<S: Serializer>(
    named: impl Serialize,
    extra: &Extra,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Fields { named, extra }.serialize(serializer)
}

impl Serialize for ServerFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Welcome { extra } => write(json!({"type": "welcome"}), extra, serializer),
            Self::Ping { message, extra } => {
                write(json!({"type": "ping", "message": message}), extra, serializer)
            }
            Self::ConfirmSubscription { identifier, extra } => {
                let named = json!({"identifier": identifier, "type": "confirm_subscription"});
                write(named, extra, serializer)
            }
            Self::RejectSubscription { identifier, extra } => {
                let named = json!({"identifier": identifier, "type": "reject_subscription"});
                write(named, extra, serializer)
            }
            Self::Disconnect { reason, reconnect, extra } => {
                let named = json!({"type": "disconnect", "reason": reason, "reconnect": reconnect});
                write(named, extra, serializer)
            }
            Self::Message { identifier, event, extra } => {
                #[derive(Serialize)]
                struct Named<'a> {
                    identifier: &'a Identifier,
                    message: &'a LiveEvent,
                }
                write(Named { identifier, message: event }, extra, serializer)
            }
            Self::Other(fields) => fields.serialize(serializer),
        }
    }
}

/// The text by which both sides name a subscription: JSON that contains its token, so it is a
/// secret. The server repeats it unchanged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identifier(Secret);

impl Identifier {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// Returns the text itself. Never log it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns the subscription that the text names; `None` if it has another form.
    pub fn subscription(&self) -> Option<Subscription> {
        serde_json::from_str(self.expose()).ok()
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(***)")
    }
}

/// What a client subscribes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// The channel: `RoomChannel` is the only one.
    pub channel: String,
    /// The token of the user, or of a contact in an inbox.
    pub pubsub_token: Secret,
    /// The account, for a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Subscription {
    /// Creates the subscription of a user to an account.
    ///
    /// ```
    /// use chatwoot_client::live::Subscription;
    ///
    /// let user = Subscription::user("pubsub-token", 1.into(), 2.into());
    /// assert!(user.identifier().expose().contains(r#""user_id":2"#));
    /// assert!(!format!("{user:?}").contains("pubsub-token"));
    /// ```
    pub fn user(token: impl Into<Secret>, account: AccountId, user: UserId) -> Self {
        Self { account_id: Some(account), user_id: Some(user), ..Self::contact(token) }
    }

    /// Creates the subscription of a contact to its conversations.
    pub fn contact(token: impl Into<Secret>) -> Self {
        Self {
            channel: "RoomChannel".to_owned(),
            pubsub_token: token.into(),
            account_id: None,
            user_id: None,
            extra: Extra::new(),
        }
    }

    /// Returns the text that names the subscription.
    pub fn identifier(&self) -> Identifier {
        // Texts, numbers and a map always become JSON.
        Identifier::new(serde_json::to_string(self).unwrap_or_default())
    }
}

/// A frame of the client.
///
/// It serializes to the object it was read from.
///
/// ```
/// use chatwoot_client::live::{ClientCommand, Subscription};
///
/// let identifier = Subscription::contact("pubsub-token").identifier();
/// let text = ClientCommand::Subscribe { identifier }.encode();
/// let command = ClientCommand::decode(&text)?;
/// let ClientCommand::Subscribe { identifier } = &command else { panic!("another command") };
/// assert_eq!(identifier.subscription().unwrap().pubsub_token, "pubsub-token");
/// # Ok::<(), chatwoot_client::live::FrameError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientCommand {
    /// Subscribes.
    Subscribe {
        /// The subscription.
        identifier: Identifier,
    },
    /// Ends a subscription.
    Unsubscribe {
        /// The subscription.
        identifier: Identifier,
    },
    /// Counts the subscriber as present for another 20 s (a contact for 90 s), and asks for a
    /// `presence.update`.
    UpdatePresence {
        /// The subscription.
        identifier: Identifier,
    },
    /// A command that this version of the client does not know.
    Other(Extra),
}

/// The data of a command that calls an action, as the dashboard writes it.
const UPDATE_PRESENCE: &str = r#"{"action":"update_presence"}"#;

impl ClientCommand {
    /// Decodes a text frame of a client.
    ///
    /// # Errors
    /// The text is not a JSON object.
    pub fn decode(text: &str) -> Result<Self, FrameError> {
        let mut fields = object(text)?;
        let is = |key: &str, word: &str| fields.get(key).is_some_and(|value| value == word);
        let identified = fields.get("identifier").is_some_and(Value::is_string);
        let make: fn(Identifier) -> Self = match fields.len() {
            2 if identified && is("command", "subscribe") => {
                |identifier| Self::Subscribe { identifier }
            }
            2 if identified && is("command", "unsubscribe") => {
                |identifier| Self::Unsubscribe { identifier }
            }
            3 if identified && is("command", "message") && is("data", UPDATE_PRESENCE) => {
                |identifier| Self::UpdatePresence { identifier }
            }
            _ => return Ok(Self::Other(fields.into())),
        };
        Ok(make(Identifier::new(take_text(&mut fields, "identifier").unwrap_or_default())))
    }

    /// Returns the command as a text frame. It contains the subscription's token.
    pub fn encode(&self) -> String {
        // Texts and a map always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for ClientCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Self::Subscribe { identifier } => {
                json!({"command": "subscribe", "identifier": identifier})
            }
            Self::Unsubscribe { identifier } => {
                json!({"command": "unsubscribe", "identifier": identifier})
            }
            Self::UpdatePresence { identifier } => {
                json!({"command": "message", "identifier": identifier, "data": UPDATE_PRESENCE})
            }
            Self::Other(fields) => return fields.serialize(serializer),
        };
        value.serialize(serializer)
    }
}
