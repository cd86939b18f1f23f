//! Contacts: lists and search.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::fake::application::contacts::record::Contact;
use crate::fake::application::contacts::with_inboxes;
use crate::fake::http::input::Ctx;
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::shapes;

const PAGE: usize = 15;

/// Returns the requested page, and its number as the server returns it: as text if it was sent as
/// text.
pub(in crate::fake) fn page(ctx: &Ctx<'_>) -> (usize, Value) {
    match ctx.query("page") {
        Some(text) => (text.parse().unwrap_or(1).max(1), Value::from(text)),
        None => (1, Value::from(1)),
    }
}

pub(in crate::fake) fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let labels = ctx.query_all("labels");
    let found: Vec<&Contact> = ctx
        .state
        .contacts
        .of(ctx.account)
        .filter(|contact| contact.is_resolved())
        .filter(|contact| {
            labels.is_empty() || contact.labels.iter().any(|label| labels.contains(&label.as_str()))
        })
        .collect();
    Ok(FakeResponse::json(&listed(ctx, found)))
}

/// Returns `{meta: {count, current_page}, payload}` for one page of these contacts.
pub(in crate::fake) fn listed(ctx: &Ctx<'_>, found: Vec<&Contact>) -> Value {
    let (page, current_page) = page(ctx);
    let count = found.len();
    let shown: Vec<Value> = sorted(ctx, found)
        .into_iter()
        .skip((page - 1) * PAGE)
        .take(PAGE)
        .map(|contact| shapes::contact(ctx.state, contact, with_inboxes(ctx)))
        .collect();
    json!({ "meta": { "count": count, "current_page": current_page }, "payload": shown })
}

/// Those whom a test made online.
pub(in crate::fake) fn active(ctx: &mut Ctx<'_>) -> Outcome {
    let people = ctx.state.contacts.of(ctx.account);
    let online = people.filter(|contact| ctx.state.is_online(contact.account, contact.id));
    Ok(FakeResponse::json(&listed(ctx, online.collect())))
}

pub(in crate::fake) fn search(ctx: &mut Ctx<'_>) -> Outcome {
    let query = ctx.query("q").unwrap_or_default().trim().to_owned();
    if query.is_empty() {
        return Err(ErrorResponse::unprocessable("Specify search string with parameter q"));
    }
    let folded = query.to_lowercase();
    let has = |field: &Option<String>| {
        field.as_ref().is_some_and(|text| text.to_lowercase().contains(&folded))
    };
    let found: Vec<&Contact> = ctx
        .state
        .contacts
        .of(ctx.account)
        .filter(|contact| {
            has(&contact.name)
                || has(&contact.email)
                || has(&contact.phone_number)
                || contact.identifier.as_ref().is_some_and(|text| text.contains(&query))
        })
        .collect();
    let (page, current_page) = page(ctx);
    let more = found.len() > page * PAGE;
    let shown: Vec<Value> = sorted(ctx, found)
        .into_iter()
        .skip((page - 1) * PAGE)
        .take(PAGE)
        .map(|contact| shapes::contact(ctx.state, contact, with_inboxes(ctx)))
        .collect();
    let meta = json!({ "count": shown.len(), "current_page": current_page, "has_more": more });
    Ok(FakeResponse::json(&json!({ "meta": meta, "payload": shown })))
}

/// Sorts by the query's `sort`, a column with a minus for descending; by id without one.
fn sorted<'a>(ctx: &Ctx<'_>, mut found: Vec<&'a Contact>) -> Vec<&'a Contact> {
    let Some(sort) = ctx.query("sort") else { return found };
    let (column, down) = sort.strip_prefix('-').map_or((sort, false), |column| (column, true));
    let place = |contact: &Contact, key: &str| {
        contact.additional.get(key).and_then(Value::as_str).map(str::to_owned)
    };
    // Missing values come last in both directions.
    let by = |found: &mut Vec<&'a Contact>, key: &dyn Fn(&Contact) -> Option<String>| {
        found.sort_by_cached_key(|contact| SortKey { key: key(contact), down });
    };
    match column {
        "name" => {
            by(&mut found, &|contact| {
                Some(contact.name.clone().unwrap_or_default().to_lowercase())
            });
        }
        "email" => by(&mut found, &|contact| contact.email.clone()),
        "phone_number" => by(&mut found, &|contact| contact.phone_number.clone()),
        "company_name" => by(&mut found, &|contact| place(contact, "company_name")),
        "city" => by(&mut found, &|contact| place(contact, "city")),
        "country" => by(&mut found, &|contact| place(contact, "country")),
        "created_at" => found.sort_by(|a, b| directed(a.created_at.cmp(&b.created_at), down)),
        "last_activity_at" => {
            found.sort_by(|a, b| match (a.last_activity_at, b.last_activity_at) {
                (Some(a), Some(b)) => directed(a.cmp(&b), down),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
        _ => {}
    }
    found
}

fn directed(order: Ordering, down: bool) -> Ordering {
    if down { order.reverse() } else { order }
}

#[derive(PartialEq, Eq)]
struct SortKey {
    key: Option<String>,
    down: bool,
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.key, &other.key) {
            (Some(a), Some(b)) => directed(a.cmp(b), self.down),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
