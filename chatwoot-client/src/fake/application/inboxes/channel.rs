//! Inboxes with their channels.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::fake::state::State;

/// An inbox.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Inbox {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) name: String,
    pub(in crate::fake) channel_id: i64,
    pub(in crate::fake) kind: Kind,
    pub(in crate::fake) members: BTreeSet<i64>,
    /// The settings of every type of inbox, by their API names.
    pub(in crate::fake) settings: Map<String, Value>,
    /// The opening hours of the seven days, as in the API.
    pub(in crate::fake) hours: Vec<Value>,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

/// The channel of an inbox.
#[derive(Clone, Debug)]
pub(in crate::fake) enum Kind {
    Web(Channel),
    Api(Channel),
    Email(Channel),
}

/// The fields that all channels share; the others by their API names.
#[derive(Clone, Debug, Default)]
pub(in crate::fake) struct Channel {
    /// `website_token` or `inbox_identifier`.
    pub(in crate::fake) identifier: String,
    pub(in crate::fake) hmac_token: String,
    pub(in crate::fake) hmac_mandatory: bool,
    pub(in crate::fake) secret: String,
    pub(in crate::fake) webhook_url: Option<String>,
    pub(in crate::fake) settings: Map<String, Value>,
}

impl Inbox {
    pub(in crate::fake) fn channel(&self) -> &Channel {
        match &self.kind {
            Kind::Web(channel) | Kind::Api(channel) | Kind::Email(channel) => channel,
        }
    }

    pub(in crate::fake) fn channel_mut(&mut self) -> &mut Channel {
        match &mut self.kind {
            Kind::Web(channel) | Kind::Api(channel) | Kind::Email(channel) => channel,
        }
    }

    /// Returns `Channel::Api` and so on.
    pub(in crate::fake) fn channel_type(&self) -> &'static str {
        match &self.kind {
            Kind::Web(_) => "Channel::WebWidget",
            Kind::Api(_) => "Channel::Api",
            Kind::Email(_) => "Channel::Email",
        }
    }

    /// Returns a boolean setting of the inbox.
    pub(in crate::fake) fn is_on(&self, setting: &str) -> bool {
        self.settings.get(setting) == Some(&Value::Bool(true))
    }
}

/// Returns the inbox with this `inbox_identifier` or `website_token`.
pub(in crate::fake) fn by_identifier<'a>(state: &'a State, identifier: &str) -> Option<&'a Inbox> {
    let (account, id) = state.inbox_by_identifier.get(identifier)?;
    state.inboxes.get(*account, *id)
}
