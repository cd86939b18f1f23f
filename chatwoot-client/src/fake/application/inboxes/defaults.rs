//! What contacts and conversations ask of an inbox, and how the public API shows one.

use serde_json::{Value, json};

use crate::fake::application::inboxes::channel::Inbox;
use crate::fake::clock::iso;

/// `Channel::Api` and so on.
pub(in crate::fake) fn channel_type(inbox: &Inbox) -> &'static str {
    inbox.channel_type()
}

/// Whether a contact inbox has one conversation only.
pub(in crate::fake) fn is_locked_to_one(inbox: &Inbox) -> bool {
    inbox.is_on("lock_to_single_conversation")
}

/// How long after a customer's message an agent may answer, where an API inbox limits it.
pub(in crate::fake) fn reply_window_hours(inbox: &Inbox) -> Option<i64> {
    let window = inbox.channel().settings.get("additional_attributes")?;
    crate::fake::http::input::id_of(window.get("agent_reply_time_window")?)
}

/// An inbox within a contact.
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

/// An inbox as the row it is: what the creation of a contact shows.
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

/// An inbox in the public API.
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

/// The working hours as the rows they are: seven for each inbox.
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
