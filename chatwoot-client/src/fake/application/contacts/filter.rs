//! The route `POST contacts/filter`.

use serde_json::{Value, json};

use crate::fake::application::contacts::list::listed;
use crate::fake::application::contacts::record::Contact;
use crate::fake::application::filter::{
    Condition, DATE, EQUAL, Field, Kind, PRESENCE, TEXT, passes, read,
};
use crate::fake::http::input::Ctx;
use crate::fake::http::response::{FakeResponse, Outcome};

const PHONE: &[&str] = &["equal_to", "not_equal_to", "contains", "does_not_contain", "starts_with"];

const FIELDS: &[Field] = &[
    Field { key: "name", kind: Kind::Folded, operators: TEXT },
    Field { key: "phone_number", kind: Kind::Exact, operators: PHONE },
    Field { key: "email", kind: Kind::Folded, operators: TEXT },
    Field { key: "identifier", kind: Kind::Folded, operators: EQUAL },
    Field { key: "country_code", kind: Kind::Folded, operators: EQUAL },
    Field { key: "city", kind: Kind::Folded, operators: TEXT },
    Field { key: "company_name", kind: Kind::Folded, operators: TEXT },
    Field { key: "labels", kind: Kind::Labels, operators: PRESENCE },
    Field { key: "created_at", kind: Kind::Date, operators: DATE },
    Field { key: "last_activity_at", kind: Kind::Date, operators: DATE },
    Field { key: "blocked", kind: Kind::Bool, operators: EQUAL },
];

pub(in crate::fake) fn filter(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let mut conditions = read(ctx.body(), FIELDS, |key| {
        let mut defined = ctx.state.definitions.of(account);
        defined
            .find(|definition| definition.model == "contact_attribute" && definition.key == key)
            .map(|definition| definition.kind)
    })?;
    for condition in &mut conditions {
        normalize(condition);
    }
    let now = ctx.state.now();
    let found: Vec<&Contact> = candidates(ctx, &conditions)
        .into_iter()
        .filter(|contact| contact.is_resolved())
        .filter(|contact| passes(&conditions, now, |condition| value(contact, condition)))
        .collect();
    Ok(FakeResponse::json(&listed(ctx, found)))
}

/// A contact filter compares only with the first value, and with a plus before a phone number.
fn normalize(condition: &mut Condition) {
    if ["equal_to", "not_equal_to"].contains(&condition.operator.as_str()) {
        condition.values.truncate(1);
        if condition.key == "phone_number"
            && let Some(Value::String(phone)) = condition.values.first_mut()
        {
            *phone = format!("+{}", phone.replace('+', ""));
        }
    }
}

/// Returns the contacts that may match: one, by an index, if the only condition is on a unique
/// field; otherwise all.
fn candidates<'a>(ctx: &'a Ctx<'_>, conditions: &[Condition]) -> Vec<&'a Contact> {
    let (contacts, account) = (&ctx.state.contacts, ctx.account);
    if let [only] = conditions
        && only.operator == "equal_to"
        && let Some(wanted) = only.values.first().and_then(Value::as_str)
    {
        match only.key.as_str() {
            "email" => return contacts.by_email(account, wanted).into_iter().collect(),
            "phone_number" => return contacts.by_phone(account, wanted).into_iter().collect(),
            "identifier" => return contacts.by_folded(account, wanted),
            _ => {}
        }
    }
    contacts.of(account).collect()
}

fn value(contact: &Contact, condition: &Condition) -> Value {
    let key = condition.key.as_str();
    if condition.custom {
        return contact.custom.get(key).cloned().unwrap_or_default();
    }
    match key {
        "name" => json!(contact.name),
        "phone_number" => json!(contact.phone_number),
        "email" => json!(contact.email),
        "identifier" => json!(contact.identifier),
        "labels" => json!(contact.labels),
        "created_at" => Value::from(contact.created_at.as_second()),
        "last_activity_at" => contact.last_activity_at.map(jiff::Timestamp::as_second).into(),
        "blocked" => Value::from(contact.blocked),
        other => contact.additional.get(other).cloned().unwrap_or_default(),
    }
}
