//! Saving a contact, with the events of every change.

use serde_json::{Value, json};

use crate::fake::application::contacts::record::Contact;
use crate::fake::clock::iso;
use crate::fake::event::{self, Change, Changes, EventName};
use crate::fake::http::response::ErrorResponse;
use crate::fake::state::State;

/// Stores a new contact and emits its event.
pub(in crate::fake) fn create(state: &mut State, mut draft: Contact) -> Result<i64, ErrorResponse> {
    state.contacts.normalize(&mut draft)?;
    let account = draft.account;
    let id = state.contacts.insert(draft);
    event::contact(state, account, id, EventName::ContactCreated, Changes::Untold);
    Ok(id)
}

/// Stores a contact and emits its event; without a change, only the live feed tells of it.
pub(in crate::fake) fn update(state: &mut State, draft: Contact) -> Result<(), ErrorResponse> {
    let (account, id) = (draft.account, draft.id);
    if !change(state, draft)? {
        let nothing = Changes::Columns(Vec::new());
        event::contact(state, account, id, EventName::ContactUpdated, nothing);
    }
    Ok(())
}

/// Stores a changed contact and emits its event; returns whether there was a change.
pub(in crate::fake) fn change(
    state: &mut State,
    mut draft: Contact,
) -> Result<bool, ErrorResponse> {
    let requested = draft.additional.clone();
    state.contacts.normalize(&mut draft)?;
    let Some(old) = state.contacts.get(draft.account, draft.id) else { return Ok(false) };
    let touched = Contact { updated_at: old.updated_at, ..draft.clone() };
    if touched == *old {
        return Ok(false);
    }
    let (account, id) = (draft.account, draft.id);
    draft.updated_at = state.now();
    // The company is set afterwards, and no event includes it.
    let published = Contact { additional: requested, ..draft.clone() };
    let Some(old) = state.contacts.replace(draft) else { return Ok(false) };
    let changes = Changes::Columns(changes(&old, &published));
    event::contact(state, account, id, EventName::ContactUpdated, changes);
    Ok(true)
}

/// Returns each change, in the order of the columns.
fn changes(old: &Contact, new: &Contact) -> Vec<Change> {
    let kind = |contact: &Contact| if contact.visitor { "visitor" } else { "lead" };
    let place =
        |contact: &Contact, key: &str| contact.additional.get(key).cloned().unwrap_or(Value::Null);
    let columns = [
        ("name", json!(old.name), json!(new.name)),
        ("email", json!(old.email), json!(new.email)),
        ("phone_number", json!(old.phone_number), json!(new.phone_number)),
        ("updated_at", iso(old.updated_at), iso(new.updated_at)),
        ("additional_attributes", json!(old.additional), json!(new.additional)),
        ("identifier", json!(old.identifier), json!(new.identifier)),
        ("custom_attributes", json!(old.custom), json!(new.custom)),
        (
            "last_activity_at",
            old.last_activity_at.map_or(Value::Null, iso),
            new.last_activity_at.map_or(Value::Null, iso),
        ),
        ("contact_type", json!(kind(old)), json!(kind(new))),
        ("location", place(old, "city"), place(new, "city")),
        ("country_code", place(old, "country"), place(new, "country")),
        ("blocked", json!(old.blocked), json!(new.blocked)),
        ("label_list", json!(old.labels), json!(new.labels)),
    ];
    columns.into_iter().filter(|(_, before, after)| before != after).collect()
}
