//! The data of events that no other module has a type for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::account::CacheKeys;
use crate::application::notifications::Notification;
use crate::types::{Availability, ContactId, Extra, NotificationId, NullAsEmpty, OpenMap, UserId};
use crate::webhook::{Conversation, Party};

/// Who is online.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Presence {
    /// The users of the account who are not offline, with their availability.
    #[serde(default)]
    pub users: NullAsEmpty<OpenMap<UserId, Availability>>,
    /// The contacts who have a page with the widget open; a contact is not told of others.
    #[serde(default)]
    pub contacts: NullAsEmpty<OpenMap<ContactId, Availability>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Somebody types, or stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveTyping {
    /// Who is typing: a user or the contact.
    pub user: Option<Party>,
    /// The conversation.
    pub conversation: Conversation,
    /// Whether a private note is being written.
    pub is_private: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A notification of the subscribed user, and how many there are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveNotification {
    /// The notification.
    pub notification: Box<Notification>,
    /// The number of unread notifications.
    pub unread_count: Option<u64>,
    /// The number of notifications.
    pub count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A notification that was deleted, and how many are left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveNotificationDeleted {
    /// The notification.
    pub notification: NotificationRef,
    /// The number of unread notifications.
    pub unread_count: Option<u64>,
    /// The number of notifications.
    pub count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A notification by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotificationRef {
    /// Its id.
    pub id: NotificationId,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The new cache keys of an account's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveCacheKeys {
    /// The keys.
    pub cache_keys: Option<CacheKeys>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Data that has no type: the JSON as the server sent it.
///
/// `Debug` shows the keys of an object and no values, because they may be secret.
#[derive(Clone, PartialEq)]
pub struct RawData(pub Value);

impl fmt::Debug for RawData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Object(fields) => f.debug_set().entries(fields.keys()).finish(),
            Value::Null => f.write_str("null"),
            _ => f.write_str("…"),
        }
    }
}
