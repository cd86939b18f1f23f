//! Live events: typing, and the opening of the widget.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::party::{AccountRef, InboxRef};
use crate::types::ContactInboxId;
use crate::types::Secret;
use crate::types::{Attributes, Extra};
use crate::webhook::Contact;
use crate::webhook::Conversation;
use crate::webhook::Party;

/// Somebody types, or stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Typing {
    /// Who is typing.
    pub user: Party,
    /// The conversation.
    pub conversation: Conversation,
    /// Whether a private note is being written.
    #[serde(default)]
    pub is_private: bool,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A visitor opened the widget.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WidgetTriggered {
    /// The id of the link between contact and inbox, not of the contact.
    pub id: ContactInboxId,
    /// The contact.
    pub contact: Option<Contact>,
    /// The widget's inbox.
    pub inbox: InboxRef,
    /// Its account.
    pub account: AccountRef,
    /// The visitor's last conversation there.
    pub current_conversation: Option<Conversation>,
    /// The contact's id in the channel.
    pub source_id: Option<Secret>,
    /// Information about the browser and the page on which it was opened.
    pub event_info: Option<Attributes>,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
