//! What an inbox is, with its channel.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::state::State;

/// An inbox.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) name: String,
    pub(super) channel_id: i64,
    pub(super) kind: Kind,
    pub(super) members: BTreeSet<i64>,
    /// What all inboxes have, by the names of the API.
    pub(super) settings: Map<String, Value>,
    /// Seven days, as the API shows them.
    pub(super) hours: Vec<Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// The channel of an inbox.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Web(Channel),
    Api(Channel),
    Email(Channel),
}

/// What the channels have in common, and the rest by the names of the API.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    /// `website_token` or `inbox_identifier`.
    pub(super) identifier: String,
    pub(super) hmac_token: String,
    pub(super) hmac_mandatory: bool,
    pub(super) secret: String,
    pub(super) webhook_url: Option<String>,
    pub(super) settings: Map<String, Value>,
}

impl Inbox {
    pub(super) fn channel(&self) -> &Channel {
        match &self.kind {
            Kind::Web(channel) | Kind::Api(channel) | Kind::Email(channel) => channel,
        }
    }

    pub(super) fn channel_mut(&mut self) -> &mut Channel {
        match &mut self.kind {
            Kind::Web(channel) | Kind::Api(channel) | Kind::Email(channel) => channel,
        }
    }

    /// `Channel::Api` and so on.
    pub(super) fn channel_type(&self) -> &'static str {
        match &self.kind {
            Kind::Web(_) => "Channel::WebWidget",
            Kind::Api(_) => "Channel::Api",
            Kind::Email(_) => "Channel::Email",
        }
    }

    /// A setting that all inboxes have, if it is true.
    pub(super) fn is_on(&self, setting: &str) -> bool {
        self.settings.get(setting) == Some(&Value::Bool(true))
    }
}

/// The inbox with this `inbox_identifier` or `website_token`.
pub(super) fn by_identifier<'a>(state: &'a State, identifier: &str) -> Option<&'a Inbox> {
    let (account, id) = state.inbox_by_identifier.get(identifier)?;
    state.inboxes.get(*account, *id)
}
