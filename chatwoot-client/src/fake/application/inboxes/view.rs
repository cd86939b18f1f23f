//! The form of inboxes in responses and events, and their default settings.

use serde_json::{Map, Value, json};

use crate::fake::application::inboxes::channel::{Inbox, Kind};
use crate::fake::clock::iso;
use crate::fake::state::State;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Returns the defaults of the settings of every type of inbox.
pub(in crate::fake) fn inbox_defaults() -> Map<String, Value> {
    object(json!({
        "greeting_enabled": false,
        "greeting_message": null,
        "working_hours_enabled": false,
        "enable_email_collect": true,
        "csat_survey_enabled": false,
        "csat_config": {},
        "enable_auto_assignment": true,
        "auto_assignment_config": {},
        "out_of_office_message": null,
        "timezone": "UTC",
        "allow_messages_after_resolved": true,
        "lock_to_single_conversation": false,
        "sender_name_type": "friendly",
        "business_name": null,
    }))
}

/// Returns the defaults of the settings of a channel, except for those with a typed field.
pub(in crate::fake) fn channel_defaults(kind: &str) -> Map<String, Value> {
    object(match kind {
        "web_widget" => json!({
            "website_url": null,
            "widget_color": "#1f93ff",
            "welcome_title": null,
            "welcome_tagline": null,
            "reply_time": "in_a_few_minutes",
            "allowed_domains": "",
            "selected_feature_flags": ["attachments", "emoji_picker", "end_conversation"],
            "pre_chat_form_enabled": false,
            "pre_chat_form_options": pre_chat(),
            "continuity_via_email": true,
        }),
        "api" => json!({ "additional_attributes": {} }),
        _ => json!({
            "email": null,
            "imap_login": "",
            "imap_password": "",
            "imap_address": "",
            "imap_port": 0,
            "imap_enabled": false,
            "imap_enable_ssl": true,
            "imap_authentication": "plain",
            "smtp_login": "",
            "smtp_password": "",
            "smtp_address": "",
            "smtp_port": 0,
            "smtp_enabled": false,
            "smtp_domain": "",
            "smtp_enable_ssl_tls": false,
            "smtp_enable_starttls_auto": true,
            "smtp_openssl_verify_mode": "none",
            "smtp_authentication": "login",
            "provider": null,
        }),
    })
}

fn pre_chat() -> Value {
    let field = |name: &str, label: &str, kind: &str, required: bool| {
        json!({
            "field_type": "standard",
            "label": label,
            "name": name,
            "type": kind,
            "required": required,
            "enabled": false,
        })
    };
    json!({
        "pre_chat_message": "Share your queries or comments here.",
        "pre_chat_fields": [
            field("emailAddress", "Email Id", "email", true),
            field("fullName", "Full name", "text", false),
            field("phoneNumber", "Phone number", "text", false),
        ],
    })
}

/// Returns the default opening hours: nine to five from Monday to Friday.
pub(in crate::fake) fn hours() -> Vec<Value> {
    (0..7)
        .map(|day| {
            let open = (1..6).contains(&day);
            let at = |hour: i64| if open { Value::from(hour) } else { Value::Null };
            json!({
                "day_of_week": day,
                "closed_all_day": !open,
                "open_hour": at(9),
                "open_minutes": at(0),
                "close_hour": at(17),
                "close_minutes": at(0),
                "open_all_day": false,
            })
        })
        .collect()
}

/// Sets one key of an object.
pub(in crate::fake) fn change(object: &mut Value, key: &str, value: &Value) {
    if let Value::Object(map) = object {
        map.insert(key.to_owned(), value.clone());
    }
}

// The fields of a channel that every inbox has, null if the channel has no such field.
const SHARED: [&str; 9] = [
    "allowed_domains",
    "widget_color",
    "website_url",
    "welcome_title",
    "welcome_tagline",
    "selected_feature_flags",
    "reply_time",
    "messaging_service_sid",
    "phone_number",
];

// The prefixes of the fields that only administrators receive.
const CREDENTIALS: [&str; 2] = ["imap_", "smtp_"];

/// Returns an inbox as in the Application API.
pub(in crate::fake) fn view(state: &State, inbox: &Inbox, admin: bool) -> Value {
    let channel = inbox.channel();
    let mut shown = inbox.settings.clone();
    let mut put = |key: &str, value: Value| {
        shown.insert(key.to_owned(), value);
    };
    put("id", inbox.id.into());
    put("avatar_url", "".into());
    put("channel_id", inbox.channel_id.into());
    put("name", inbox.name.as_str().into());
    put("channel_type", inbox.channel_type().into());
    put("working_hours", inbox.hours.clone().into());
    put("callback_webhook_url", Value::Null);
    put("provider", Value::Null);
    put("hmac_mandatory", Value::Null);
    put("website_token", Value::Null);
    put("web_widget_script", Value::Null);
    for key in SHARED {
        put(key, Value::Null);
    }
    for (key, value) in &channel.settings {
        if admin || !CREDENTIALS.iter().any(|start| key.starts_with(start)) {
            put(key, value.clone());
        }
    }
    match &inbox.kind {
        Kind::Web(_) => {
            put("website_token", channel.identifier.as_str().into());
            put("web_widget_script", script(&state.base_url, &channel.identifier).into());
            put("hmac_mandatory", channel.hmac_mandatory.into());
        }
        Kind::Api(_) => {
            put("inbox_identifier", channel.identifier.as_str().into());
            put("webhook_url", channel.webhook_url.clone().into());
            put("hmac_mandatory", channel.hmac_mandatory.into());
            if admin {
                put("secret", channel.secret.as_str().into());
            }
        }
        Kind::Email(_) => put("forwarding_enabled", false.into()),
    }
    if admin && !channel.hmac_token.is_empty() {
        put("hmac_token", channel.hmac_token.as_str().into());
    }
    Value::Object(shown)
}

/// Returns the script that a website embeds. The text is the fake's own; only its parts are those of
/// the server's script.
fn script(base: &str, token: &str) -> String {
    format!(
        "\n<script>\n(function (d, tag) {{\n  var BASE_URL = \"{base}\";\n  \
         var script = d.createElement(tag), first = d.getElementsByTagName(tag)[0];\n  \
         script.src = BASE_URL + \"/packs/js/sdk.js\";\n  script.async = true;\n  \
         first.parentNode.insertBefore(script, first);\n  script.onload = function () {{\n    \
         window.chatwootSDK.run({{ websiteToken: '{token}', baseUrl: BASE_URL }});\n  }};\n\
         }})(document, \"script\");\n</script>\n"
    )
}

/// Returns an inbox as in its events: without its id and name, which the server omits.
pub(in crate::fake) fn payload(state: &State, inbox: &Inbox) -> Value {
    let channel = inbox.channel();
    let mut body = inbox.settings.clone();
    body.remove("csat_config");
    let (created, changed) = (iso(inbox.created_at), iso(inbox.updated_at));
    let hours: Value = inbox
        .hours
        .iter()
        .map(|day| {
            let mut day = day.clone();
            change(&mut day, "inbox_id", &inbox.id.into());
            change(&mut day, "account_id", &inbox.account.into());
            change(&mut day, "created_at", &created);
            change(&mut day, "updated_at", &created);
            day
        })
        .collect();
    let mut within = Value::Object(channel.settings.clone());
    change(&mut within, "id", &inbox.channel_id.into());
    change(&mut within, "account_id", &inbox.account.into());
    change(&mut within, "created_at", &created);
    change(&mut within, "updated_at", &created);
    match &inbox.kind {
        Kind::Web(_) => change(&mut within, "website_token", &channel.identifier.as_str().into()),
        Kind::Api(_) => {
            change(&mut within, "identifier", &channel.identifier.as_str().into());
            change(&mut within, "webhook_url", &channel.webhook_url.clone().into());
            change(&mut within, "secret", &channel.secret.as_str().into());
        }
        Kind::Email(_) => {}
    }
    if !channel.hmac_token.is_empty() {
        change(&mut within, "hmac_token", &channel.hmac_token.as_str().into());
        change(&mut within, "hmac_mandatory", &channel.hmac_mandatory.into());
    }
    let account = state.accounts.get(&inbox.account).map(|account| account.name.as_str());
    for (key, value) in [
        ("working_hours", hours),
        ("created_at", created),
        ("updated_at", changed),
        ("channel", within),
        ("account", json!({ "id": inbox.account, "name": account })),
    ] {
        body.insert(key.to_owned(), value);
    }
    Value::Object(body)
}
