//! Parses recorded requests into the types that create them.

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::messages::{MessageDirection, NewMessage};
use chatwoot_client::application::{Filter, FilterCondition, FilterOperator};
use chatwoot_client::{Account, Attributes, Client, Patch};
use serde_json::Value;
use tests::recordings::Exchange;
use tests::replay::Replayed;

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub(crate) fn map(value: &Value) -> Option<Attributes> {
    value.as_object().cloned()
}

pub(crate) fn id<T: From<u64>>(value: &Value) -> Option<T> {
    value.as_u64().map(T::from)
}

pub(crate) fn patch<T>(body: &Value, key: &str, read: impl Fn(&Value) -> Option<T>) -> Patch<T> {
    body.get(key).map_or(Patch::Keep, |value| Patch::from_wanted(read(value)))
}

/// Returns the recorded body, `null` for none.
pub(crate) fn body(exchange: &Exchange) -> Value {
    exchange.request.body.clone().unwrap_or_default()
}

/// Returns a value of the recorded query, as text.
pub(crate) fn query(exchange: &Exchange, key: &str) -> Option<String> {
    match exchange.request.query.as_ref()?.get(key)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Asserts that the sent body is the recorded one.
pub(crate) fn same_body<T>(exchange: &Exchange, replayed: &Replayed<T>) {
    assert_eq!(replayed.body(), body(exchange), "{exchange}: body");
}

/// Asserts that the sent query is the recorded one; the recorder wrote empty lists, which are not
/// sent.
pub(crate) fn same_query<T>(exchange: &Exchange, replayed: &Replayed<T>) {
    let recorded = exchange.request.query.iter().filter_map(Value::as_object).flatten();
    let mut recorded: Vec<String> = recorded
        .filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()))
        .map(|(key, _)| format!("{key}={}", query(exchange, key).unwrap_or_default()))
        .collect();
    let sent = replayed.asked.uri().query().unwrap_or_default();
    let mut sent: Vec<&str> = sent.split('&').filter(|pair| !pair.is_empty()).collect();
    recorded.sort_unstable();
    sent.sort_unstable();
    assert_eq!(sent, recorded, "{exchange}: query");
}

pub(crate) fn account(exchange: &Exchange, client: &Client) -> Account {
    client.account(exchange.param::<u64>("account_id"), "t")
}

pub(crate) fn contacts_query(exchange: &Exchange) -> ContactsQuery {
    ContactsQuery {
        page: query(exchange, "page").and_then(|page| page.parse().ok()),
        sort: query(exchange, "sort").map(|sort| sort.as_str().into()),
        labels: Vec::new(),
        include_contact_inboxes: query(exchange, "include_contact_inboxes")
            .and_then(|yes| yes.parse().ok()),
    }
}

#[expect(clippy::expect_used, reason = "a test's helper")]
pub(crate) fn filter(exchange: &Exchange) -> Filter {
    let body = body(exchange);
    let mut join = None;
    let mut filter: Option<Filter> = None;
    for row in body["payload"].as_array().expect("conditions") {
        let key = row["attribute_key"].as_str().expect("a key");
        let operator = FilterOperator::from(row["filter_operator"].as_str().expect("a comparison"));
        let values = row["values"].as_array().expect("values").clone();
        let condition = FilterCondition::new(key, operator, values);
        filter = Some(match (filter, join) {
            (Some(filter), Some("AND")) => filter.and(condition),
            (Some(filter), _) => filter.or(condition),
            (None, _) => Filter::new(condition),
        });
        join = row["query_operator"].as_str();
    }
    filter.expect("a condition")
}

pub(crate) fn new_message(body: &Value) -> NewMessage {
    NewMessage {
        content: text(&body["content"]),
        message_type: body["message_type"].as_str().map(MessageDirection::from),
        private: body["private"].as_bool(),
        content_type: body["content_type"].as_str().map(Into::into),
        content_attributes: map(&body["content_attributes"]),
        source_id: text(&body["source_id"]),
        echo_id: text(&body["echo_id"]),
        ..NewMessage::default()
    }
}
