//! Merging of two contacts: by an agent's request, or through the public API when a guest is
//! identified.

use serde_json::{Map, Value};

use crate::fake::application::contacts::record::Contact;
use crate::fake::application::contacts::save as contact_save;
use crate::fake::application::contacts::write_later;
use crate::fake::event::{self, Changes, EventName};
use crate::fake::http::input::{Ctx, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::shapes;
use crate::fake::state::State;

/// Merges two contacts: `POST actions/contact_merge`.
pub(in crate::fake) fn merge_two(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let id = |name: &str| ctx.body().get(name).and_then(id_of).unwrap_or(0);
    let (base, mergee) = (id("base_contact_id"), id("mergee_contact_id"));
    ctx.state.contacts.find(account, base)?;
    ctx.state.contacts.find(account, mergee)?;
    merge(ctx.state, account, base, mergee)?;
    let contact = ctx.state.contacts.find(account, base)?;
    Ok(FakeResponse::json(&shapes::contact(ctx.state, contact, false)))
}

/// Moves everything of the merged contact to `base`, and deletes it. The values of `base` take
/// precedence; only its labels are kept. No webhook tells of the deleted
/// contact.
pub(in crate::fake) fn merge(
    state: &mut State,
    account: i64,
    base: i64,
    mergee: i64,
) -> Result<(), ErrorResponse> {
    if base == mergee {
        return Ok(());
    }
    state.contacts.find(account, base)?;
    state.contacts.find(account, mergee)?;
    event::contact(state, account, base, EventName::ContactMerged, Changes::Untold);
    let now = state.now();
    let (conversations, messages) = state.conversations.move_contact(account, mergee, base, now);
    state.contacts.move_links(account, mergee, base, now);
    for id in conversations {
        let name = EventName::ConversationContactChanged;
        event::conversation(state, account, id, name, Changes::Untold);
    }
    for before in messages {
        event::message_updated(state, &before);
    }
    event::contact(state, account, mergee, EventName::ContactDeleted, Changes::Untold);
    for note in state.contacts.notes.of_mut(account).filter(|note| note.contact == mergee) {
        note.contact = base;
    }
    let removed = state.contacts.remove(account, mergee).ok_or_else(ErrorResponse::not_found)?;
    let mut draft = state.contacts.find(account, base)?.clone();
    merge_fields(&mut draft, removed);
    contact_save::update(state, draft)
}

fn merge_fields(base: &mut Contact, merged: Contact) {
    let fill = |mine: &mut Option<String>, theirs: Option<String>| {
        if mine.as_ref().is_none_or(|text| text.trim().is_empty())
            && theirs.as_ref().is_some_and(|text| !text.trim().is_empty())
        {
            *mine = theirs;
        }
    };
    fill(&mut base.name, merged.name);
    fill(&mut base.email, merged.email);
    fill(&mut base.phone_number, merged.phone_number);
    fill(&mut base.identifier, merged.identifier);
    base.additional = deep_merge(merged.additional, std::mem::take(&mut base.additional));
    base.custom = deep_merge(merged.custom, std::mem::take(&mut base.custom));
}

/// Merges `over` into `under`, including nested objects.
pub(in crate::fake) fn deep_merge(
    mut under: Map<String, Value>,
    over: Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in over {
        let merged = match (under.remove(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => {
                Value::Object(deep_merge(below, above))
            }
            (_, value) => value,
        };
        under.insert(key, merged);
    }
    under
}

/// The name to keep when a guest is identified as an existing contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum NamePolicy {
    /// The name that was given now.
    Given,
    /// The name of the existing contact.
    Existing,
}

/// Sets identifier, e-mail address and phone number of a guest's contact; a contact that already
/// has one of them absorbs it. Returns the remaining contact.
///
/// No proof is required here, as on the server: this is why an unverified e-mail address must not
/// be sent.
pub(in crate::fake) fn identify(
    state: &mut State,
    account: i64,
    guest: i64,
    params: &Value,
    name: NamePolicy,
) -> Result<i64, ErrorResponse> {
    let given = |name: &str| text(params, name).filter(|text| !text.trim().is_empty());
    let (identifier, email, phone) = (given("identifier"), given("email"), given("phone_number"));
    let mut keep = [true; 3];
    let mut contact = guest;
    let known = [
        identifier.as_deref().and_then(|text| state.contacts.by_identifier(account, text)),
        email.as_deref().and_then(|text| state.contacts.by_email(account, text)),
        phone.as_deref().and_then(|text| state.contacts.by_phone(account, text)),
    ]
    .map(|found| found.map(|contact| contact.id));
    for (which, found) in known.into_iter().enumerate() {
        let Some(holder) = found.and_then(|id| state.contacts.get(account, id)) else { continue };
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        // A contact with another identifier is a different person: the value is theirs, not the
        // guest's.
        let other = identifier.is_some()
            && filled(&holder.identifier).is_some()
            && holder.identifier != identifier;
        let other_mail = which == 2
            && email.is_some()
            && filled(&holder.email).is_some()
            && holder.email != email;
        if other || other_mail {
            if let Some(flag) = keep.get_mut(which) {
                *flag = false;
            }
            continue;
        }
        let holder = holder.id;
        merge(state, account, holder, contact)?;
        contact = holder;
    }
    let mut draft = state.contacts.find(account, contact)?.clone();
    let [keep_identifier, keep_email, keep_phone] = keep;
    if let Some(given) = given("name")
        && (contact == guest || name == NamePolicy::Given)
    {
        draft.name = Some(given);
    }
    for (column, value, keep) in [
        (&mut draft.identifier, identifier, keep_identifier),
        (&mut draft.email, email, keep_email),
        (&mut draft.phone_number, phone, keep_phone),
    ] {
        if keep && value.is_some() {
            *column = value;
        }
    }
    let mut merged = draft.clone();
    for (attributes, name) in [
        (&mut merged.custom, "custom_attributes"),
        (&mut merged.additional, "additional_attributes"),
    ] {
        if let Some(Value::Object(more)) = params.get(name) {
            *attributes = deep_merge(std::mem::take(attributes), more.clone());
        }
    }
    if state.contacts.merge_window.is_zero() {
        contact_save::change(state, merged)?;
        return Ok(contact);
    }
    // The response shows the columns, which are written at once, and no attributes.
    contact_save::change(state, draft)?;
    let read = state.contacts.find(account, contact)?.clone();
    let Contact { additional, custom, .. } = merged;
    // Setting the company added to what was read.
    let additional = deep_merge(read.additional.clone(), additional);
    let wanted = Contact { additional, custom, ..read.clone() };
    if wanted != read {
        write_later(state, read, wanted);
    }
    Ok(contact)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merged_maps_prefer_the_base() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let under = map(json!({ "x": "gone", "only_gone": 2, "deep": { "a": 1, "b": 1 } }));
        let over = map(json!({ "x": "keep", "deep": { "b": 2 } }));
        let united = json!({ "x": "keep", "only_gone": 2, "deep": { "a": 1, "b": 2 } });
        assert_eq!(Value::Object(deep_merge(under, over)), united);
    }
}
