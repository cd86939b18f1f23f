//! Contacts: create, show, update, delete, label.

pub(in crate::fake) mod filter;
pub(in crate::fake) mod inboxes;
pub(in crate::fake) mod list;
pub(in crate::fake) mod merge;
pub(in crate::fake) mod notes;
pub(in crate::fake) mod record;
pub(in crate::fake) mod save;
pub(in crate::fake) mod store;

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use crate::fake::application::contacts::record::Contact;
use crate::fake::http::input::{Ctx, id, text, texts};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};

use crate::fake::application::contacts::{
    filter as contact_filter, inboxes as contact_inboxes, list as contact_list,
    merge as contact_merge, notes as contact_notes, save as contact_save,
};
use crate::fake::application::conversations::list as conversation_list;
use crate::fake::background::Job;
use crate::fake::event::{self, Changes, EventName};
use crate::fake::http::router::{Routed, to};
use crate::fake::shapes;
use crate::fake::state::State;

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", ["contacts"]) => to(contact_list::list),
        ("POST", ["contacts"]) => to(create),
        ("GET", ["contacts", "search"]) => to(contact_list::search),
        ("GET", ["contacts", "active"]) => to(contact_list::active),
        ("POST", ["contacts", "filter"]) => to(contact_filter::filter),
        ("POST", ["contact_inboxes", "filter"]) => to(contact_inboxes::filter),
        ("POST", ["actions", "contact_merge"]) => to(contact_merge::merge_two),
        (verb, ["contacts", contact, rest @ ..]) => of_one(verb, id(contact), rest),
        _ => None,
    }
}

fn of_one(verb: &str, contact: i64, rest: &[&str]) -> Routed {
    match (verb, rest) {
        ("GET", []) => to(move |ctx| show(ctx, contact)),
        ("PUT" | "PATCH", []) => to(move |ctx| update(ctx, contact)),
        ("DELETE", []) => to(move |ctx| delete(ctx, contact)),
        ("POST", ["destroy_custom_attributes"]) => to(move |ctx| remove_attributes(ctx, contact)),
        ("GET", ["labels"]) => to(move |ctx| labels(ctx, contact)),
        ("POST", ["labels"]) => to(move |ctx| set_labels(ctx, contact)),
        ("GET", ["conversations"]) => to(move |ctx| conversation_list::of_contact(ctx, contact)),
        ("GET", ["contactable_inboxes"]) => {
            to(move |ctx| contact_inboxes::contactable(ctx, contact))
        }
        ("POST", ["contact_inboxes"]) => to(move |ctx| contact_inboxes::create(ctx, contact)),
        ("GET", ["notes"]) => to(move |ctx| contact_notes::list(ctx, contact)),
        ("POST", ["notes"]) => to(move |ctx| contact_notes::create(ctx, contact)),
        ("GET", ["notes", note]) => {
            let note = id(note);
            to(move |ctx| contact_notes::show(ctx, contact, note))
        }
        ("PUT" | "PATCH", ["notes", note]) => {
            let note = id(note);
            to(move |ctx| contact_notes::update(ctx, contact, note))
        }
        ("DELETE", ["notes", note]) => {
            let note = id(note);
            to(move |ctx| contact_notes::delete(ctx, contact, note))
        }
        _ => None,
    }
}

fn payload(body: &Value) -> Outcome {
    Ok(FakeResponse::json(&json!({ "payload": body })))
}

/// Whether contacts are returned with their contact inboxes.
pub(in crate::fake) fn with_inboxes(ctx: &Ctx<'_>) -> bool {
    ctx.query("include_contact_inboxes").is_none_or(|word| word.is_empty() || word == "true")
}

fn show(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let found = ctx.state.contacts.find(ctx.account, contact)?;
    payload(&shapes::contact(ctx.state, found, with_inboxes(ctx)))
}

fn attributes(params: &Value, name: &str) -> Option<Map<String, Value>> {
    params.get(name)?.as_object().cloned()
}

fn create(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let params = ctx.params("contact");
    let mut draft = Contact::new(account, ctx.state.now());
    draft.assign(&params);
    draft.custom = attributes(&params, "custom_attributes").unwrap_or_default();
    draft.additional = attributes(&params, "additional_attributes").unwrap_or_default();
    let inbox = match ctx.body().get("inbox_id") {
        None | Some(Value::Null) => None,
        Some(_) => Some(contact_inboxes::inbox_of(ctx)?),
    };
    let source = text(ctx.body(), "source_id");
    if let (Some(inbox), Some(source)) = (inbox, &source)
        && ctx.state.contacts.link_by_source(account, inbox, source).is_some()
    {
        // The database rejects the second row, and the whole creation is rolled back.
        return Err(ErrorResponse::internal_server_error());
    }
    let id = contact_save::create(ctx.state, draft)?;
    let mut shown = json!({ "inbox": null, "source_id": null });
    if let Some(inbox) = inbox {
        let created = contact_inboxes::link(ctx.state, account, id, inbox, source);
        let link = created.map_err(contact_inboxes::link_error)?;
        if let Some(link) = ctx.state.contacts.inboxes.get(account, link) {
            let inbox = ctx.state.inboxes.get(account, inbox).map(shapes::inbox_row);
            shown = json!({ "inbox": inbox, "source_id": link.source_id });
        }
    }
    let contact = ctx.state.contacts.find(account, id)?;
    let contact = shapes::contact(ctx.state, contact, true);
    payload(&json!({ "contact": contact, "contact_inbox": shown }))
}

/// A write whose values were read but that is not yet stored: see
/// [`crate::fake::FakeChatwoot::set_merge_window`].
#[derive(Clone, Debug)]
pub(in crate::fake) struct PendingWrite {
    read: Contact,
    wanted: Contact,
    performer: Option<i64>,
}

fn update(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let read = ctx.state.contacts.find(ctx.account, contact)?.clone();
    let params = ctx.params("contact");
    let mut wanted = read.clone();
    wanted.assign(&params);
    let custom = attributes(&params, "custom_attributes");
    let additional = attributes(&params, "additional_attributes");
    let merges = custom.is_some() || additional.is_some();
    wanted.custom.extend(custom.unwrap_or_default());
    wanted.additional.extend(additional.unwrap_or_default());
    if !merges {
        contact_save::update(ctx.state, wanted)?;
        return show(ctx, contact);
    }
    merge_attributes(ctx, read, wanted)
}

/// Writes attributes that were read and changed: at once, or when the window has passed.
fn merge_attributes(ctx: &mut Ctx<'_>, read: Contact, mut wanted: Contact) -> Outcome {
    let contact = read.id;
    if ctx.state.contacts.merge_window.is_zero() {
        contact_save::update(ctx.state, wanted)?;
        return show(ctx, contact);
    }
    ctx.state.contacts.normalize(&mut wanted)?;
    let answer = shapes::contact(ctx.state, &wanted, with_inboxes(ctx));
    write_later(ctx.state, read, wanted);
    payload(&answer)
}

/// Has a contact written when the window has passed, and the response wait for it.
pub(in crate::fake) fn write_later(state: &mut State, read: Contact, wanted: Contact) {
    let window = state.contacts.merge_window;
    let (refused, later) = oneshot::channel();
    let write = Box::new(PendingWrite { read, wanted, performer: state.performer });
    state.jobs.add(window, Job::Write { write, refused });
    state.writing = Some((window, later));
}

impl PendingWrite {
    /// Writes the columns that differ from the values read; nothing where the contact is gone.
    pub(in crate::fake) fn apply(self, state: &mut State) -> Result<(), ErrorResponse> {
        let Self { read, wanted, performer } = self;
        let Some(current) = state.contacts.get(read.account, read.id) else { return Ok(()) };
        let mut draft = current.clone();
        let Contact { name, email, phone_number, identifier, additional, custom, .. } = wanted;
        if name != read.name {
            draft.name = name;
        }
        if email != read.email {
            draft.email = email;
        }
        if phone_number != read.phone_number {
            draft.phone_number = phone_number;
        }
        if identifier != read.identifier {
            draft.identifier = identifier;
        }
        if additional != read.additional {
            draft.additional = additional;
        }
        if custom != read.custom {
            draft.custom = custom;
        }
        state.performer = performer;
        let done = contact_save::update(state, draft);
        state.performer = None;
        done
    }
}

/// How long the records of a deleted contact remain, unless a test sets it.
const REMOVED_AFTER: Duration = Duration::from_secs(1);

/// The contact is deleted at once, its records in the background. One who is online stays.
fn delete(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let account = ctx.account;
    let name = ctx.state.contacts.find(account, contact)?.name.clone().unwrap_or_default();
    if ctx.state.is_online(account, contact) {
        let message = format!("{} is Online, please try again later", capitalized(&name));
        return Err(ErrorResponse(FakeResponse::with_status(422, &json!({ "message": message }))));
    }
    event::contact(ctx.state, account, contact, EventName::ContactDeleted, Changes::Untold);
    ctx.state.contacts.remove(account, contact);
    let conversations = ctx.state.conversations.orphan(account, contact);
    let after = ctx.state.contacts.removal_delay.unwrap_or(REMOVED_AFTER);
    ctx.state.jobs.add(after, Job::Remove { account, contact, conversations });
    Ok(FakeResponse::empty())
}

/// `aDA` is `Ada`, as Ruby writes it.
pub(in crate::fake) fn capitalized(name: &str) -> String {
    let name = name.to_lowercase();
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn remove_attributes(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let read = ctx.state.contacts.find(ctx.account, contact)?.clone();
    let mut wanted = read.clone();
    for key in texts(ctx.body(), "custom_attributes").unwrap_or_default() {
        wanted.custom.remove(&key);
    }
    merge_attributes(ctx, read, wanted)
}

fn labels(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    payload(&json!(ctx.state.contacts.find(ctx.account, contact)?.labels))
}

fn set_labels(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let mut draft = ctx.state.contacts.find(ctx.account, contact)?.clone();
    draft.labels = label_list(ctx.body());
    contact_save::update(ctx.state, draft)?;
    labels(ctx, contact)
}

/// Returns the labels of a body without duplicates, case preserved; they need not be defined in the
/// account.
pub(in crate::fake) fn label_list(body: &Value) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in texts(body, "labels").unwrap_or_default() {
        let label = label.trim().to_owned();
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}
