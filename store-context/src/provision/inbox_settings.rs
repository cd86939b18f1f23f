//! The settings of the store's inboxes, and how those of an existing one differ.

use chatwoot_client::Patch;
use chatwoot_client::application::inboxes::{
    ChannelPatch, Inbox, InboxPatch, NewApiChannel, NewEmailChannel, NewInbox, NewWebWidget,
};
use serde_json::{Map, Value};

use super::Run;
use super::inboxes::Channel;
use super::plan::FieldChange;
use crate::model::{Branding, BusinessHours};

impl Run<'_> {
    pub(super) fn name(&self, channel: Channel) -> String {
        let store = &self.store.name;
        match channel {
            Channel::Website => store.clone(),
            Channel::Api => format!("{store} app"),
            Channel::Email => format!("{store} e-mail"),
        }
    }

    pub(super) fn new_inbox(&self, channel: Channel) -> NewInbox {
        let name = self.name(channel);
        match channel {
            Channel::Website => self.new_website(),
            Channel::Api => {
                let hmac_mandatory = Some(true);
                NewInbox::new(name, NewApiChannel { hmac_mandatory, ..NewApiChannel::default() })
            }
            Channel::Email => NewInbox::new(name, NewEmailChannel::new(&self.store.support_email)),
        }
    }

    fn new_website(&self) -> NewInbox {
        let store = self.store;
        let branding = store.branding.as_ref();
        let channel = NewWebWidget {
            widget_color: branding.map(|branding| branding.color.clone()),
            welcome_title: branding.map(|branding| branding.welcome_title.clone()),
            welcome_tagline: branding.map(|branding| branding.welcome_tagline.clone()),
            // A page that sets a customer needs the store's hash. That does not prove the writer: a
            // visitor can still become a customer's contact (4.15.1), hence the proof on
            // conversations.
            hmac_mandatory: Some(true),
            ..NewWebWidget::new(store.website.as_str())
        };
        NewInbox {
            greeting_enabled: branding.map(|_| true),
            greeting_message: branding.map(|branding| branding.greeting.clone()),
            timezone: Some(store.time_zone.clone()),
            ..NewInbox::new(&store.name, channel)
        }
    }

    /// Returns the settings of an inbox that provisioning created.
    pub(super) fn managed_settings(&self, channel: Channel) -> InboxPatch {
        let name = Patch::Set(self.name(channel));
        match channel {
            Channel::Website => self.website_settings(),
            Channel::Api => InboxPatch { name, ..needed_settings(channel) },
            Channel::Email => {
                let email = Patch::Set(self.store.support_email.clone());
                let channel = Some(ChannelPatch { email, ..ChannelPatch::default() });
                InboxPatch { name, channel, ..InboxPatch::default() }
            }
        }
    }

    fn website_settings(&self) -> InboxPatch {
        let store = self.store;
        let hours = store.business_hours.as_ref();
        // Without branding and business hours, the agents' settings stay.
        let branded = |text: fn(&Branding) -> &String| match &store.branding {
            Some(branding) => Patch::Set(text(branding).clone()),
            None => Patch::Keep,
        };
        InboxPatch {
            name: Patch::Set(store.name.clone()),
            greeting_enabled: if store.branding.is_some() { Patch::Set(true) } else { Patch::Keep },
            greeting_message: branded(|branding| &branding.greeting),
            timezone: Patch::Set(store.time_zone.clone()),
            working_hours_enabled: hours.map_or(Patch::Keep, |_| Patch::Set(true)),
            working_hours: hours.map(BusinessHours::working_hours),
            channel: Some(ChannelPatch {
                website_url: Patch::Set(store.website.to_string()),
                widget_color: branded(|branding| &branding.color),
                welcome_title: branded(|branding| &branding.welcome_title),
                welcome_tagline: branded(|branding| &branding.welcome_tagline),
                hmac_mandatory: Patch::Set(true),
                ..ChannelPatch::default()
            }),
            ..InboxPatch::default()
        }
    }

    /// Returns the settings of an inbox that was just created: Chatwoot sets working hours in a
    /// change only.
    pub(super) fn created_settings(&self, channel: Channel) -> InboxPatch {
        let (working_hours_enabled, working_hours) = (Patch::Keep, None);
        InboxPatch { working_hours_enabled, working_hours, ..self.managed_settings(channel) }
    }
}

/// Returns the settings that the engine needs in any inbox: without a required hash, a page could
/// name any customer.
pub(super) fn needed_settings(channel: Channel) -> InboxPatch {
    if channel == Channel::Email {
        return InboxPatch::default();
    }
    let hmac_mandatory = Patch::Set(true);
    let channel = Some(ChannelPatch { hmac_mandatory, ..ChannelPatch::default() });
    InboxPatch { channel, ..InboxPatch::default() }
}

pub(super) fn differs(is: &Inbox, to: &InboxPatch) -> bool {
    !differences(is, to).is_empty()
}

/// Returns the fields of an inbox that a patch would change. The patch is compared as it is sent:
/// an inbox has the fields of its channel beside its own.
pub(super) fn differences(is: &Inbox, to: &InboxPatch) -> Vec<FieldChange> {
    let is = object(serde_json::to_value(is));
    let mut to = object(serde_json::to_value(to));
    if let Some(Value::Object(channel)) = to.remove("channel") {
        to.extend(channel);
    }
    let differing = to.into_iter().filter_map(|(field, wanted)| {
        let present = is.get(&field).unwrap_or(&Value::Null);
        if covers(&field, present, &wanted) {
            return None;
        }
        let (from, to) = (shown(&field, present), shown(&field, &wanted));
        Some(FieldChange::new(field, from, to))
    });
    differing.collect()
}

fn object(value: Result<Value, serde_json::Error>) -> Map<String, Value> {
    match value {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Returns whether a present value is the wanted one. Email addresses are compared without case;
/// of each day's working hours, the fields that are wanted.
fn covers(field: &str, present: &Value, wanted: &Value) -> bool {
    match (present, wanted) {
        (Value::String(present), Value::String(wanted)) if field == "email" => {
            present.eq_ignore_ascii_case(wanted)
        }
        (Value::Array(present), Value::Array(wanted)) if field == "working_hours" => {
            let is_set = |wanted: &Value| present.iter().any(|day| is_day(day, wanted));
            wanted.iter().all(is_set)
        }
        _ => present == wanted,
    }
}

fn is_day(present: &Value, wanted: &Value) -> bool {
    let mut fields = wanted.as_object().into_iter().flatten();
    fields.all(|(field, value)| value.is_null() || present.get(field) == Some(value))
}

fn shown(field: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(days) if field == "working_hours" => {
            Some(days.iter().map(day).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

/// Returns a day's working hours in words.
fn day(hours: &Value) -> String {
    const NAMES: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let number = |field: &str| hours.get(field).and_then(Value::as_u64).unwrap_or_default();
    let is = |field: &str| hours.get(field) == Some(&Value::Bool(true));
    let place = usize::try_from(number("day_of_week")).unwrap_or_default();
    let name = NAMES.get(place).copied().unwrap_or_default();
    if is("closed_all_day") {
        return format!("{name} closed");
    }
    if is("open_all_day") {
        return format!("{name} all day");
    }
    let time = |hour, minute| format!("{:02}:{:02}", number(hour), number(minute));
    let (open, close) = (time("open_hour", "open_minutes"), time("close_hour", "close_minutes"));
    format!("{name} {open} to {close}")
}
