//! Inboxes: the payload of inbox events, which a server sends only with `ENABLE_INBOX_EVENTS`.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::party::AccountRef;
use crate::types::Secret;
use crate::types::Time;
use crate::types::{AccountId, ChannelId, InboxId};
use crate::types::{Attributes, Extra, NullAsEmpty};
use crate::webhook::Change;

/// An inbox as inbox events send it: without its id and name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Inbox {
    /// Its account.
    pub account: AccountRef,
    /// The channel of the inbox.
    pub channel: Channel,
    /// Its opening hours, one entry per day. Only they contain the inbox's id: see [`Inbox::id`].
    #[serde(default)]
    pub working_hours: NullAsEmpty<Vec<WorkingHours>>,
    /// Whether the opening hours are enabled.
    pub working_hours_enabled: Option<bool>,
    /// The time zone of the opening hours.
    pub timezone: Option<String>,
    /// The message outside the opening hours.
    pub out_of_office_message: Option<String>,
    /// Whether a customer may write in a resolved conversation.
    pub allow_messages_after_resolved: Option<bool>,
    /// Whether all messages of a contact go to one conversation.
    pub lock_to_single_conversation: Option<bool>,
    /// Whether conversations are assigned automatically.
    pub enable_auto_assignment: Option<bool>,
    /// The settings of the automatic assignment.
    pub auto_assignment_config: Option<Attributes>,
    /// Whether the widget asks for an e-mail address.
    pub enable_email_collect: Option<bool>,
    /// Whether a greeting is sent.
    pub greeting_enabled: Option<bool>,
    /// The greeting.
    pub greeting_message: Option<String>,
    /// Whether a satisfaction survey is sent after a conversation.
    pub csat_survey_enabled: Option<bool>,
    /// The business name in e-mails.
    pub business_name: Option<String>,
    /// The form of the sender's name in e-mails: `friendly` or `professional`.
    pub sender_name_type: Option<String>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// The fields that changed. Only in `inbox_updated`.
    pub changed_attributes: Option<Vec<Change>>,
    // The name of the event is the variant of `Event`.
    #[serde(default, skip_serializing, rename = "event")]
    _event: IgnoredAny,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Inbox {
    /// Returns its id, read from its opening hours: the payload has it nowhere else.
    pub fn id(&self) -> Option<InboxId> {
        self.working_hours.first()?.inbox_id
    }
}

/// The channel of an inbox. Its `Debug` shows only the ids: channels contain keys and passwords,
/// which differ by type.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Channel {
    /// Its id, unique per channel type.
    pub id: ChannelId,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// The token of a web widget.
    pub website_token: Option<String>,
    /// The key that verifies a contact's identifier, of a web widget or an API channel.
    pub hmac_token: Option<Secret>,
    /// Whether that verification is required.
    pub hmac_mandatory: Option<bool>,
    /// The public identifier of an API channel.
    pub identifier: Option<String>,
    /// The secret that signs an API channel's webhook.
    pub secret: Option<Secret>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Further fields of this type of channel.
    #[serde(flatten)]
    pub extra: Extra,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("id", &self.id)
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

/// The opening hours of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkingHours {
    /// The id of the inbox.
    pub inbox_id: Option<InboxId>,
    /// The id of the account.
    pub account_id: Option<AccountId>,
    /// The id of the entry.
    pub id: Option<u64>,
    /// The day of the week, 0 for Sunday.
    pub day_of_week: u8,
    /// Whether it is closed all day.
    pub closed_all_day: Option<bool>,
    /// Whether it is open all day.
    pub open_all_day: Option<bool>,
    /// The hour it opens.
    pub open_hour: Option<u8>,
    /// The minute it opens.
    pub open_minutes: Option<u8>,
    /// The hour it closes.
    pub close_hour: Option<u8>,
    /// The minute it closes.
    pub close_minutes: Option<u8>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last changed.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_shows_none_of_its_keys_and_writes_them_all() {
        let text = r#"{"id":4,"hmac_token":"KEY-1","secret":"KEY-2","smtp_password":"KEY-3","account_id":2,"website_token":null,"hmac_mandatory":false,"identifier":null,"created_at":"2026-11-21T00:34:41.364Z","updated_at":"2026-11-21T00:34:41.364Z"}"#;
        let channel: Channel = serde_json::from_str(text).unwrap();
        assert!(!format!("{channel:?}").contains("KEY"), "{channel:?}");
        let written = serde_json::to_value(&channel).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
}
