//! The public API, which a customer's own chat calls without a token.

use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::fake::application::contacts::inboxes as contact_inboxes;
use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::merge::{NamePolicy, identify};
use crate::fake::application::contacts::record::Contact;
use crate::fake::application::contacts::save as contact_save;
use crate::fake::application::inboxes::channel::{Channel, by_identifier};
use crate::fake::http::input::{Ctx, id, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::http::router::{Routed, to};
use crate::fake::public::conversations as public_talk;
use crate::fake::shapes;
use crate::fake::state::State;
use crate::mac::mac_digits;

/// Paths below `/public/api/v1/inboxes`.
pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let [inbox, rest @ ..] = rest else { return None };
    let inbox = (*inbox).to_owned();
    match (verb, rest) {
        ("GET", []) => to(move |ctx| {
            let (account, inbox) = find_inbox(ctx, &inbox)?;
            let inbox =
                ctx.state.inboxes.get(account, inbox).ok_or_else(ErrorResponse::no_route)?;
            Ok(FakeResponse::json(&shapes::public_inbox(inbox)))
        }),
        ("POST", ["contacts"]) => to(move |ctx| create(ctx, &inbox)),
        (_, ["contacts", source, rest @ ..]) => {
            let source = (*source).to_owned();
            let run: fn(&mut Ctx<'_>, &ContactInbox) -> Outcome = match (verb, rest) {
                ("GET", []) => show,
                ("PATCH" | "PUT", []) => update,
                ("GET", ["conversations"]) => public_talk::list,
                ("POST", ["conversations"]) => public_talk::create,
                (_, ["conversations", conversation, rest @ ..]) => {
                    let run = public_talk::of_one(verb, rest)?;
                    let (conversation, message) =
                        (id(conversation), rest.get(1).map_or(0, |text| id(text)));
                    return to(move |ctx| {
                        let link = find_contact_inbox(ctx, &inbox, &source)?;
                        run(ctx, &link, conversation, message)
                    });
                }
                _ => return None,
            };
            to(move |ctx| {
                let link = find_contact_inbox(ctx, &inbox, &source)?;
                run(ctx, &link)
            })
        }
        _ => None,
    }
}

/// Returns the account and the inbox of an `inbox_identifier`.
fn find_inbox(ctx: &mut Ctx<'_>, identifier: &str) -> Result<(i64, i64), ErrorResponse> {
    let found = by_identifier(ctx.state, identifier);
    let inbox = found
        .filter(|inbox| shapes::channel_type(inbox) == "Channel::Api")
        .ok_or_else(ErrorResponse::no_route)?;
    let found = (inbox.account, inbox.id);
    ctx.account = found.0;
    Ok(found)
}

/// Returns the contact inbox of a source id in the path.
fn find_contact_inbox(
    ctx: &mut Ctx<'_>,
    inbox: &str,
    source: &str,
) -> Result<ContactInbox, ErrorResponse> {
    let (account, inbox) = find_inbox(ctx, inbox)?;
    let link = ctx.state.contacts.link_by_source(account, inbox, source);
    link.cloned().ok_or_else(ErrorResponse::no_route)
}

/// Whether the body proves its identifier: HMAC-SHA256 with the inbox's token, in hexadecimal
/// digits.
pub(in crate::fake) fn proves(channel: &Channel, params: &Value) -> bool {
    let identifier = text(params, "identifier").unwrap_or_default();
    let right = mac_digits(&channel.hmac_token.as_str().into(), &[identifier.as_bytes()]);
    let given = text(params, "identifier_hash").unwrap_or_default();
    bool::from(right.as_bytes().ct_eq(given.as_bytes()))
}

/// Returns whether there is a valid proof, if one is given or required. A wrong one is a 500, as on
/// the server.
fn check(ctx: &Ctx<'_>, inbox: i64) -> Result<bool, ErrorResponse> {
    let channel =
        ctx.state.inboxes.get(ctx.account, inbox).ok_or_else(ErrorResponse::no_route)?.channel();
    let given = text(ctx.body(), "identifier_hash").is_some_and(|hash| !hash.is_empty())
        || ctx.query("identifier_hash").is_some_and(|hash| !hash.is_empty());
    if !given && !channel.hmac_mandatory {
        return Ok(false);
    }
    if proves(channel, ctx.body()) { Ok(true) } else { Err(ErrorResponse::internal_server_error()) }
}

fn shape(state: &State, link: &ContactInbox) -> Value {
    let contact = state.contacts.get(link.account, link.contact);
    json!({
        "source_id": link.source_id,
        "pubsub_token": link.pubsub_token,
        "id": link.contact,
        "name": contact.and_then(|contact| contact.name.clone()),
        "email": contact.and_then(|contact| contact.email.clone()),
        "phone_number": contact.and_then(|contact| contact.phone_number.clone()),
    })
}

/// Creates a contact. An existing one with the source id, identifier, e-mail address or phone
/// number is returned unchanged, and without a proof.
fn create(ctx: &mut Ctx<'_>, identifier: &str) -> Outcome {
    let (account, inbox) = find_inbox(ctx, identifier)?;
    check(ctx, inbox)?;
    let params = ctx.body().clone();
    let given = |name: &str| text(&params, name).filter(|text| !text.trim().is_empty());
    let source = given("source_id");
    if let Some(source) = &source
        && let Some(link) = ctx.state.contacts.link_by_source(account, inbox, source)
    {
        return Ok(FakeResponse::json(&shape(ctx.state, link)));
    }
    let contacts = &ctx.state.contacts;
    let known = given("identifier")
        .and_then(|text| contacts.by_identifier(account, &text))
        .or_else(|| contacts.by_email(account, &given("email")?))
        .or_else(|| contacts.by_phone(account, &given("phone_number")?))
        .map(|contact| contact.id);
    let contact = if let Some(contact) = known {
        contact
    } else {
        let mut draft = Contact::new(account, ctx.state.now());
        draft.assign(&params);
        draft.blocked = false;
        draft.name = Some(given("name").unwrap_or_else(guest_name));
        if let Some(Value::Object(map)) = params.get("custom_attributes") {
            draft.custom.clone_from(map);
        }
        contact_save::create(ctx.state, draft)?
    };
    let link = contact_inboxes::link(ctx.state, account, contact, inbox, source)
        .map_err(contact_inboxes::link_error)?;
    let link = ctx
        .state
        .contacts
        .inboxes
        .get(account, link)
        .ok_or_else(ErrorResponse::internal_server_error)?;
    Ok(FakeResponse::json(&shape(ctx.state, link)))
}

/// Returns a name for a contact without one.
pub(in crate::fake) fn guest_name() -> String {
    const ADJECTIVES: [&str; 4] = ["autumn", "silent", "winter", "young"];
    const NOUNS: [&str; 4] = ["glitter", "meadow", "river", "sun"];
    let pick = |words: &[&'static str; 4]| {
        words.get(fastrand::usize(..words.len())).copied().unwrap_or_default()
    };
    format!("{}-{}-{}", pick(&ADJECTIVES), pick(&NOUNS), fastrand::u16(0..1_000))
}

fn show(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    verify(ctx, link)?;
    Ok(FakeResponse::json(&shape(ctx.state, link)))
}

fn verify(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Result<(), ErrorResponse> {
    if check(ctx, link.inbox)?
        && let Some(row) = ctx.state.contacts.inboxes.get_mut(link.account, link.id)
    {
        row.hmac_verified = true;
    }
    Ok(())
}

/// Updates the contact, except for its identifier. A contact that already has the e-mail address or
/// phone number absorbs it.
fn update(ctx: &mut Ctx<'_>, link: &ContactInbox) -> Outcome {
    verify(ctx, link)?;
    let mut params = ctx.body().clone();
    if let Value::Object(map) = &mut params {
        map.remove("identifier");
        map.remove("additional_attributes");
    }
    let contact = identify(ctx.state, link.account, link.contact, &params, NamePolicy::Given)?;
    let contact = ctx.state.contacts.find(link.account, contact)?;
    Ok(FakeResponse::json(&shapes::contact_row(contact)))
}
