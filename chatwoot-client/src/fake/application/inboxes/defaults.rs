//! The settings of an inbox that contacts and conversations use, and its form in the public API.

use serde_json::{Value, json};

use crate::fake::application::inboxes::channel::Inbox;
use crate::fake::clock::iso;

/// Returns `Channel::Api` and so on.
pub(in crate::fake) fn channel_type(inbox: &Inbox) -> &'static str {
    inbox.channel_type()
}

/// Whether a contact inbox has a single conversation.
pub(in crate::fake) fn is_locked_to_one(inbox: &Inbox) -> bool {
    inbox.is_on("lock_to_single_conversation")
}

/// Returns how long after a customer's message an agent may reply, if an API inbox limits it.
pub(in crate::fake) fn reply_window_hours(inbox: &Inbox) -> Option<i64> {
    let window = inbox.channel().settings.get("additional_attributes")?;
    crate::fake::http::input::id_of(window.get("agent_reply_time_window")?)
}

/// Returns an inbox as part of a contact.
pub(in crate::fake) fn slim(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.channel_id,
        "name": inbox.name,
        "channel_type": inbox.channel_type(),
        "provider": null,
    })
}

/// Returns an inbox as its database row: the form in the response of a contact's creation.
pub(in crate::fake) fn row(inbox: &Inbox) -> Value {
    let mut shown = inbox.settings.clone();
    for (key, value) in [
        ("id", Value::from(inbox.id)),
        ("channel_id", Value::from(inbox.channel_id)),
        ("account_id", Value::from(inbox.account)),
        ("name", Value::from(inbox.name.as_str())),
        ("channel_type", Value::from(inbox.channel_type())),
        ("email_address", Value::Null),
        ("portal_id", Value::Null),
        ("created_at", iso(inbox.created_at)),
        ("updated_at", iso(inbox.updated_at)),
    ] {
        shown.insert(key.to_owned(), value);
    }
    Value::Object(shown)
}

/// Returns an inbox as in the public API.
pub(in crate::fake) fn public(inbox: &Inbox) -> Value {
    let setting = |name: &str| inbox.settings.get(name).cloned().unwrap_or_default();
    json!({
        "identifier": inbox.channel().identifier,
        "name": inbox.name,
        "timezone": setting("timezone"),
        "working_hours": inbox.hours,
        "working_hours_enabled": setting("working_hours_enabled"),
        "csat_survey_enabled": setting("csat_survey_enabled"),
        "greeting_enabled": setting("greeting_enabled"),
        "identity_validation_enabled": inbox.channel().hmac_mandatory,
    })
}

/// Returns the opening hours as their database rows: seven for each inbox.
pub(in crate::fake) fn hour_rows(inbox: &Inbox) -> Value {
    let rows = inbox.hours.iter().zip(1_i64..).map(|(day, place)| {
        let mut row = day.clone();
        if let Value::Object(map) = &mut row {
            for (key, value) in [
                ("id", Value::from((inbox.id - 1) * 7 + place)),
                ("inbox_id", Value::from(inbox.id)),
                ("account_id", Value::from(inbox.account)),
                ("created_at", iso(inbox.created_at)),
                ("updated_at", iso(inbox.updated_at)),
            ] {
                map.insert(key.to_owned(), value);
            }
        }
        row
    });
    rows.collect()
}
