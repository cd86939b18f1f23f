//! The widget API: the visitor and their identity.

use serde_json::{Value, json};

use crate::fake::application::contacts::inboxes as contact_inboxes;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::merge::NamePolicy;
use crate::fake::application::contacts::record::{Contact, is_email, is_phone};
use crate::fake::application::contacts::{merge as contact_merge, save as contact_save};
use crate::fake::application::inboxes::channel::{Inbox, Kind, by_identifier};
use crate::fake::application::inboxes::defaults::hour_rows;
use crate::fake::http::input::{Ctx, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::public::inbox::{guest_name, proves};
use crate::fake::public::widget_conversations as widget_talk;
use crate::fake::shapes;

/// Paths below `/api/v1/widget`.
pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("POST", ["config"]) => to(config),
        ("GET", ["contact"]) => to(show),
        ("PATCH" | "PUT", ["contact"]) => to(update),
        ("PATCH" | "PUT", ["contact", "set_user"]) => to(set_user),
        ("POST", ["contact", "destroy_custom_attributes"]) => to(remove_attributes),
        _ => widget_talk::route(verb, rest),
    }
}

/// Returns the website inbox of the `website_token`.
fn website_inbox(ctx: &mut Ctx<'_>) -> Result<Inbox, ErrorResponse> {
    let token = ctx.query("website_token").map(str::to_owned);
    let token = token.or_else(|| text(ctx.body(), "website_token")).unwrap_or_default();
    let found = by_identifier(ctx.state, &token).filter(|inbox| matches!(inbox.kind, Kind::Web(_)));
    let inbox = found.cloned().ok_or_else(ErrorResponse::not_found)?;
    ctx.account = inbox.account;
    Ok(inbox)
}

/// Returns the contact inbox of the `X-Auth-Token`, unless its contact is deleted. On the server it
/// is a signed token with the source id; here it is the source id.
fn find_visitor(ctx: &Ctx<'_>, inbox: &Inbox) -> Option<ContactInbox> {
    let source = ctx.input.visitor.as_deref()?;
    let link = ctx.state.contacts.link_by_source(inbox.account, inbox.id, source)?;
    ctx.state.contacts.get(link.account, link.contact)?;
    Some(link.clone())
}

fn visitor(ctx: &Ctx<'_>, inbox: &Inbox) -> Result<ContactInbox, ErrorResponse> {
    find_visitor(ctx, inbox).ok_or_else(ErrorResponse::not_found)
}

/// Returns the contact inbox of the token, in the inbox of the `website_token`.
pub(in crate::fake) fn authenticate(ctx: &mut Ctx<'_>) -> Result<ContactInbox, ErrorResponse> {
    let inbox = website_inbox(ctx)?;
    visitor(ctx, &inbox)
}

/// Creates a visitor with a generated name.
fn create_visitor(ctx: &mut Ctx<'_>, inbox: &Inbox) -> Result<ContactInbox, ErrorResponse> {
    let account = inbox.account;
    let mut draft = Contact::new(account, ctx.state.now());
    draft.name = Some(guest_name());
    let contact = contact_save::create(ctx.state, draft)?;
    let link = contact_inboxes::link(ctx.state, account, contact, inbox.id, None)
        .map_err(contact_inboxes::link_error)?;
    ctx.state
        .contacts
        .inboxes
        .get(account, link)
        .cloned()
        .ok_or_else(ErrorResponse::internal_server_error)
}

/// Returns the configuration of the widget; an unknown visitor is created.
fn config(ctx: &mut Ctx<'_>) -> Outcome {
    let inbox = website_inbox(ctx)?;
    let link = match find_visitor(ctx, &inbox) {
        Some(link) => link,
        None => create_visitor(ctx, &inbox)?,
    };
    let contact = ctx.state.contacts.find(link.account, link.contact)?;
    let channel = inbox.channel();
    let account = ctx.state.accounts.get(&inbox.account);
    let mut shown = json!({
        "allow_messages_after_resolved": inbox.settings.get("allow_messages_after_resolved"),
        "api_host": ctx.state.base_url,
        "auth_token": link.source_id,
        "avatar_url": "",
        "csat_survey_enabled": inbox.settings.get("csat_survey_enabled"),
        "disable_branding": false,
        "enabled_features": channel.settings.get("selected_feature_flags"),
        "enabled_languages": [{ "iso_639_1_code": "en", "name": "English (en)" }],
        "locale": account.map(|account| &account.locale),
        "out_of_office_message": inbox.settings.get("out_of_office_message"),
        "portal": null,
        "timezone": inbox.settings.get("timezone"),
        "utc_off_set": "+00:00",
        "website_name": inbox.name,
        "website_token": channel.identifier,
        "working_hours": hour_rows(&inbox),
        "working_hours_enabled": inbox.settings.get("working_hours_enabled"),
    });
    for name in [
        "pre_chat_form_enabled",
        "pre_chat_form_options",
        "reply_time",
        "welcome_tagline",
        "welcome_title",
        "widget_color",
    ] {
        if let Value::Object(map) = &mut shown {
            let value = channel.settings.get(name).cloned().unwrap_or_default();
            map.insert(name.to_owned(), value);
        }
    }
    Ok(FakeResponse::json(&json!({
        "website_channel_config": shown,
        "contact": {
            "pubsub_token": link.pubsub_token,
            "id": contact.id,
            "name": contact.name,
            "email": contact.email,
            "identifier": contact.identifier,
            "phone_number": contact.phone_number,
        },
        "global_config": {
            "LOGO_THUMBNAIL": "/brand-assets/logo_thumbnail.svg",
            "BRAND_NAME": "Chatwoot",
            "INSTALLATION_NAME": "Chatwoot",
            "WIDGET_BRAND_URL": "https://www.chatwoot.com",
            "MAXIMUM_FILE_UPLOAD_SIZE": 40,
        },
    })))
}

fn shape(contact: &Contact) -> Value {
    let has = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
    json!({
        "id": contact.id,
        "has_email": has(&contact.email),
        "has_name": has(&contact.name),
        "has_phone_number": has(&contact.phone_number),
    })
}

fn show(ctx: &mut Ctx<'_>) -> Outcome {
    let inbox = website_inbox(ctx)?;
    let link = visitor(ctx, &inbox)?;
    let contact = ctx.state.contacts.find(link.account, link.contact)?;
    let mut shown = shape(contact);
    if let Value::Object(map) = &mut shown {
        map.insert("identifier".to_owned(), json!(contact.identifier));
    }
    Ok(FakeResponse::json(&shown))
}

/// Identifies the visitor, and returns the remaining contact; a malformed e-mail address or phone
/// number is ignored.
pub(in crate::fake) fn identify(
    ctx: &mut Ctx<'_>,
    link: &ContactInbox,
    mut params: Value,
    name: NamePolicy,
) -> Result<i64, ErrorResponse> {
    if let Value::Object(map) = &mut params {
        for (field, is_right) in
            [("email", is_email as fn(&str) -> bool), ("phone_number", is_phone)]
        {
            if map.get(field).and_then(Value::as_str).is_some_and(|text| !is_right(text)) {
                map.remove(field);
            }
        }
    }
    contact_merge::identify(ctx.state, link.account, link.contact, &params, name)
}

/// Updates the visitor's contact with any values, including another contact's identifier and any
/// custom attributes, without a proof.
fn update(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let contact = identify(ctx, &link, ctx.body().clone(), NamePolicy::Given)?;
    Ok(FakeResponse::json(&shape(ctx.state.contacts.find(link.account, contact)?)))
}

fn remove_attributes(ctx: &mut Ctx<'_>) -> Outcome {
    let link = authenticate(ctx)?;
    let mut draft = ctx.state.contacts.find(link.account, link.contact)?.clone();
    for key in ctx.body().get("custom_attributes").and_then(Value::as_array).into_iter().flatten() {
        draft.custom.remove(key.as_str().unwrap_or_default());
    }
    let shown = shapes::contact_row(&draft);
    contact_save::update(ctx.state, draft)?;
    Ok(FakeResponse::json(&shown))
}

/// Handles `setUser`: with a proof if one is given or the inbox requires it. A visitor who was
/// another contact before becomes a new visitor.
fn set_user(ctx: &mut Ctx<'_>) -> Outcome {
    let inbox = website_inbox(ctx)?;
    let link = visitor(ctx, &inbox)?;
    let given = |name: &str| text(ctx.body(), name).filter(|text| !text.is_empty());
    let identifier = given("identifier");
    let wanted = given("identifier_hash").is_some() || inbox.channel().hmac_mandatory;
    let only_attributes = ctx.body().get("custom_attributes").is_some() && identifier.is_none();
    let verify = wanted && !only_attributes;
    if verify && !proves(inbox.channel(), ctx.body()) {
        return Err(ErrorResponse::unauthorized("HMAC failed: Invalid Identifier Hash Provided"));
    }
    let before = ctx.state.contacts.find(link.account, link.contact)?.identifier.clone();
    let other = before.is_some_and(|text| !text.is_empty() && Some(&text) != identifier.as_ref());
    let link = if other { create_visitor(ctx, &inbox)? } else { link };
    if verify && let Some(row) = ctx.state.contacts.inboxes.get_mut(link.account, link.id) {
        row.hmac_verified = true;
    }
    let contact = identify(ctx, &link, ctx.body().clone(), NamePolicy::Given)?;
    let mut shown = shape(ctx.state.contacts.find(link.account, contact)?);
    if let (true, Value::Object(map)) = (other, &mut shown) {
        map.insert("widget_auth_token".to_owned(), Value::from(link.source_id));
    }
    Ok(FakeResponse::json(&shown))
}
