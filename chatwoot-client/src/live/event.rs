//! Events: what a live feed tells, by name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::json_path::place;
use crate::live::{
    LiveCacheKeys, LiveNotification, LiveNotificationDeleted, LiveTyping, Performer, Presence,
    RawData,
};
use crate::types::{AccountId, ContactId, ConversationId, Extra, InboxId, MessageId, UserId};
use crate::types::{Message, open_enum};
use crate::webhook::{Contact, Conversation};

open_enum! {
    /// The name of an event.
    pub enum LiveEventName {
        /// The settings of the account that dashboards cache have changed.
        AccountCacheInvalidated = "account.cache_invalidated",
        /// A conversation was assigned to another agent or bot, or to none.
        AssigneeChanged = "assignee.changed",
        /// A contact was created.
        ContactCreated = "contact.created",
        /// A contact was deleted, also one that was merged into another.
        ContactDeleted = "contact.deleted",
        /// Another contact was merged into this one, which remains.
        ContactMerged = "contact.merged",
        /// A contact changed.
        ContactUpdated = "contact.updated",
        /// A conversation moved to another contact.
        ConversationContactChanged = "conversation.contact_changed",
        /// A conversation was created.
        ConversationCreated = "conversation.created",
        /// The user was mentioned in a conversation.
        ConversationMentioned = "conversation.mentioned",
        /// An agent read a conversation.
        ConversationRead = "conversation.read",
        /// The status of a conversation changed.
        ConversationStatusChanged = "conversation.status_changed",
        /// Somebody stopped typing in a conversation.
        ConversationTypingOff = "conversation.typing_off",
        /// Somebody is typing in a conversation.
        ConversationTypingOn = "conversation.typing_on",
        /// The numbers of unread conversations changed.
        ConversationUnreadCountChanged = "conversation.unread_count_changed",
        /// A conversation changed: its fields, labels or attributes.
        ConversationUpdated = "conversation.updated",
        /// A conversation got its first reply.
        FirstReplyCreated = "first.reply.created",
        /// A message was created.
        MessageCreated = "message.created",
        /// A message changed, or was deleted.
        MessageUpdated = "message.updated",
        /// The user got a notification.
        NotificationCreated = "notification.created",
        /// A notification of the user was deleted.
        NotificationDeleted = "notification.deleted",
        /// A notification of the user changed.
        NotificationUpdated = "notification.updated",
        /// Users or contacts came online or went offline.
        PresenceUpdate = "presence.update",
        /// A conversation was assigned to another team, or to none.
        TeamChanged = "team.changed",
    }
}

/// An event of a live feed.
///
/// It serializes to the object it was read from; named fields that were absent are written as
/// `null`. Whatever the server sends is an event: data of an unknown name or shape is kept as
/// [`LiveEventData::Raw`].
///
/// ```
/// use chatwoot_client::live::{LiveEvent, LiveEventName};
///
/// let event = serde_json::json!({
///     "event": "contact.deleted",
///     "data": {"id": 375, "account_id": 1, "performer": {"id": 2, "type": "user"}},
/// });
/// let event = LiveEvent::from_value(event).unwrap();
/// assert_eq!(event.name, LiveEventName::ContactDeleted);
/// assert_eq!(event.contact_id(), Some(375.into()));
/// assert!(event.is_by(2.into()));
/// assert!(event.conversation().is_none() && event.message().is_none());
///
/// let odd = serde_json::json!({"event": "message.created", "data": {"id": 3, "created_at": {}}});
/// let odd = LiveEvent::from_value(odd).unwrap();
/// assert_eq!(odd.unknown_shape(), Some("created_at"));
/// assert_eq!(odd.message_id(), Some(3.into()), "an id is told all the same");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveEvent {
    /// Its name.
    pub name: LiveEventName,
    /// The account it happened in.
    pub account_id: Option<AccountId>,
    /// Who caused it. Absent if the server itself did, and in the events whose data the server
    /// renders when it sends them: `conversation.updated`, `.read`, `.status_changed`,
    /// `assignee.changed` and `team.changed`.
    pub performer: Option<Performer>,
    /// What it is about.
    pub data: LiveEventData,
    /// Fields beside the name and the data that this version of the client does not name.
    pub extra: Extra,
}

/// The data of an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LiveEventData {
    /// A contact: `contact.*`.
    Contact(Box<Contact>),
    /// A conversation: `conversation.*`, `assignee.changed`, `team.changed`.
    Conversation(Box<Conversation>),
    /// A message: `message.*`, `first.reply.created`. An update has the changed fields in
    /// `extra["previous_changes"]`.
    Message(Box<Message>),
    /// Somebody types, or stopped: `conversation.typing_on`, `conversation.typing_off`.
    Typing(Box<LiveTyping>),
    /// Who is online: `presence.update`.
    Presence(Box<Presence>),
    /// A notification: `notification.created`, `notification.updated`.
    Notification(Box<LiveNotification>),
    /// A deleted notification: `notification.deleted`.
    NotificationDeleted(Box<LiveNotificationDeleted>),
    /// The new cache keys of the account's settings: `account.cache_invalidated`.
    CacheKeys(Box<LiveCacheKeys>),
    /// Nothing but the account: `conversation.unread_count_changed`.
    Account(Extra),
    /// The data of an event that this version of the client does not know, or of a known event
    /// whose data has another shape: see [`LiveEvent::unknown_shape`].
    Raw {
        /// The data as sent.
        data: RawData,
        /// For a known event, the place in the data where the shape differs, as a JSON path.
        place: Option<String>,
    },
}

impl LiveEvent {
    /// Reads an event: an object with the text `event`, and `data`. Returns `None` for any other
    /// value.
    pub fn from_value(event: Value) -> Option<Self> {
        let Value::Object(mut fields) = event else { return None };
        let name = LiveEventName::from(fields.get("event")?.as_str()?);
        fields.remove("event");
        let (mut account_id, mut performer) = (None, None);
        let data = match fields.remove("data") {
            Some(Value::Object(mut data)) => {
                account_id = data.get("account_id").and_then(Value::as_u64).map(AccountId);
                if account_id.is_some() {
                    data.remove("account_id");
                }
                performer = data.get("performer").and_then(|it| Performer::deserialize(it).ok());
                if performer.is_some() {
                    data.remove("performer");
                }
                LiveEventData::read(&name, account_id, data.into())
            }
            data => LiveEventData::read(&name, None, data.unwrap_or_default()),
        };
        Some(Self { name, account_id, performer, data, extra: fields.into() })
    }

    /// Returns whether this user caused the event, as far as the server tells who did.
    pub fn is_by(&self, user: UserId) -> bool {
        self.performer.as_ref().and_then(Performer::user_id) == Some(user)
    }

    /// Returns the contact of a contact event.
    pub fn contact(&self) -> Option<&Contact> {
        match &self.data {
            LiveEventData::Contact(contact) => Some(contact),
            _ => self.conversation().map(Conversation::contact),
        }
    }

    /// Returns the conversation, in events of conversations, of typing and of notifications.
    pub fn conversation(&self) -> Option<&Conversation> {
        match &self.data {
            LiveEventData::Conversation(conversation) => Some(conversation),
            LiveEventData::Typing(typing) => Some(&typing.conversation),
            LiveEventData::Notification(it) => it.notification.primary_actor.as_deref(),
            _ => None,
        }
    }

    /// Returns the message of a message event.
    pub fn message(&self) -> Option<&Message> {
        if let LiveEventData::Message(message) = &self.data { Some(message) } else { None }
    }

    /// Returns the id of the contact: that of a contact event, of the conversation, or of the
    /// message's sender.
    pub fn contact_id(&self) -> Option<ContactId> {
        match &self.data {
            LiveEventData::Message(message) => message.sender.as_ref()?.contact_id(),
            LiveEventData::Raw { data, .. } => {
                let id = self.raw_id(data, "contact.", &["/id"]);
                id.or_else(|| self.raw_id(data, "", &["/meta/sender/id"])).map(ContactId)
            }
            _ => self.contact().map(|contact| contact.id),
        }
    }

    /// Returns the conversation's number within its account.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        match &self.data {
            LiveEventData::Message(message) => message.conversation_id,
            LiveEventData::Raw { data, .. } => {
                let id = self.raw_id(data, "", &["/conversation_id", "/conversation/id"]);
                id.or_else(|| self.raw_id(data, "conversation.", &["/id"])).map(ConversationId)
            }
            _ => self.conversation().map(|conversation| conversation.id),
        }
    }

    /// Returns the message's id, in message events.
    pub fn message_id(&self) -> Option<MessageId> {
        match &self.data {
            LiveEventData::Message(message) => Some(message.id),
            LiveEventData::Raw { data, .. } => {
                self.raw_id(data, "message.", &["/id"]).map(MessageId)
            }
            _ => None,
        }
    }

    /// Returns the id of the inbox.
    pub fn inbox_id(&self) -> Option<InboxId> {
        match &self.data {
            LiveEventData::Message(message) => message.inbox_id,
            LiveEventData::Raw { data, .. } => self.raw_id(data, "", &["/inbox_id"]).map(InboxId),
            _ => self.conversation().map(|conversation| conversation.inbox_id),
        }
    }

    /// Returns where the data of a known event differs from its known shape, as a JSON path; `None`
    /// if it does not, and for an unknown event.
    pub fn unknown_shape(&self) -> Option<&str> {
        if let LiveEventData::Raw { place, .. } = &self.data { place.as_deref() } else { None }
    }

    /// Returns the first id at these places, if the event's name begins so.
    fn raw_id(&self, data: &RawData, name: &str, places: &[&str]) -> Option<u64> {
        let data = self.name.as_str().starts_with(name).then_some(&data.0)?;
        places.iter().find_map(|place| data.pointer(place)?.as_u64())
    }
}

impl Serialize for LiveEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let mut data = self.data.to_value().map_err(S::Error::custom)?;
        if let Value::Object(data) = &mut data {
            if let Some(id) = self.account_id {
                data.insert("account_id".to_owned(), id.0.into());
            }
            if let Some(performer) = &self.performer {
                let performer = serde_json::to_value(performer).map_err(S::Error::custom)?;
                data.insert("performer".to_owned(), performer);
            }
        }
        let mut fields = Map::clone(&self.extra);
        fields.insert("event".to_owned(), self.name.as_str().into());
        fields.insert("data".to_owned(), data);
        fields.serialize(serializer)
    }
}

impl LiveEventData {
    fn raw(data: Value, place: Option<String>) -> Self {
        Self::Raw { data: RawData(data), place }
    }

    /// Reads the data of an event, without its account and its performer.
    fn read(name: &LiveEventName, account_id: Option<AccountId>, data: Value) -> Self {
        use LiveEventName as Name;
        let read = match name {
            Name::Unknown(_) => return Self::raw(data, None),
            Name::ContactCreated
            | Name::ContactDeleted
            | Name::ContactMerged
            | Name::ContactUpdated => decode(&data).map(Self::Contact),
            Name::AssigneeChanged
            | Name::ConversationContactChanged
            | Name::ConversationCreated
            | Name::ConversationMentioned
            | Name::ConversationRead
            | Name::ConversationStatusChanged
            | Name::ConversationUpdated
            | Name::TeamChanged => decode(&data).map(Self::Conversation),
            Name::FirstReplyCreated | Name::MessageCreated | Name::MessageUpdated => {
                decode::<Box<Message>>(&data).map(|mut message| {
                    message.account_id = account_id;
                    Self::Message(message)
                })
            }
            Name::ConversationTypingOff | Name::ConversationTypingOn => {
                decode(&data).map(Self::Typing)
            }
            Name::PresenceUpdate => decode(&data).map(Self::Presence),
            Name::NotificationCreated | Name::NotificationUpdated => {
                decode(&data).map(Self::Notification)
            }
            Name::NotificationDeleted => decode(&data).map(Self::NotificationDeleted),
            Name::AccountCacheInvalidated => decode(&data).map(Self::CacheKeys),
            Name::ConversationUnreadCountChanged => decode(&data).map(Self::Account),
        };
        read.unwrap_or_else(|place| Self::raw(data, Some(place)))
    }

    fn to_value(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Contact(it) => serde_json::to_value(it),
            Self::Conversation(it) => serde_json::to_value(it),
            Self::Message(it) => serde_json::to_value(it),
            Self::Typing(it) => serde_json::to_value(it),
            Self::Presence(it) => serde_json::to_value(it),
            Self::Notification(it) => serde_json::to_value(it),
            Self::NotificationDeleted(it) => serde_json::to_value(it),
            Self::CacheKeys(it) => serde_json::to_value(it),
            Self::Account(it) => serde_json::to_value(it),
            Self::Raw { data, .. } => Ok(data.0.clone()),
        }
    }
}

/// The places at which the types that webhooks and live events share drop a field `event`, because
/// in a webhook it is the name of the event.
const DROPPED: [&str; 6] = [
    "/event",
    "/meta/sender/event",
    "/conversation/event",
    "/conversation/meta/sender/event",
    "/notification/primary_actor/event",
    "/notification/primary_actor/meta/sender/event",
];

/// Decodes the data of a known event, or returns the place where it has another shape.
fn decode<T: DeserializeOwned>(data: &Value) -> Result<T, String> {
    if let Some(place) = DROPPED.iter().find(|place| data.pointer(place).is_some()) {
        return Err(place.trim_start_matches('/').replace('/', "."));
    }
    T::deserialize(data).map_err(|_| {
        // The error of a value has no position; that of its text has one.
        let json = data.to_string();
        let error = serde_json::from_str::<T>(&json).err();
        error.map_or_else(|| ".".to_owned(), |error| place(json.as_bytes(), &error))
    })
}
