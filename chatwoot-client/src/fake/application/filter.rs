//! Filters: conditions joined by AND and OR, as `contacts/filter` and `conversations/filter` accept
//! them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fake::http::input::text;
use crate::fake::http::response::ErrorResponse;

/// How the values of a field are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Kind {
    /// Exactly.
    Exact,
    /// Ignoring case.
    Folded,
    Labels,
    Date,
    Bool,
    Number,
}

/// A field that a filter may use.
#[derive(Clone, Copy, Debug)]
pub(in crate::fake) struct Field {
    pub(in crate::fake) key: &'static str,
    pub(in crate::fake) kind: Kind,
    pub(in crate::fake) operators: &'static [&'static str],
}

pub(in crate::fake) const EQUAL: &[&str] = &["equal_to", "not_equal_to"];
pub(in crate::fake) const TEXT: &[&str] =
    &["equal_to", "not_equal_to", "contains", "does_not_contain"];
pub(in crate::fake) const PRESENCE: &[&str] =
    &["equal_to", "not_equal_to", "is_present", "is_not_present"];
pub(in crate::fake) const DATE: &[&str] = &["is_greater_than", "is_less_than", "days_before"];

/// A validated condition.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Condition {
    pub(in crate::fake) key: String,
    pub(in crate::fake) operator: String,
    pub(in crate::fake) values: Vec<Value>,
    kind: Kind,
    pub(in crate::fake) custom: bool,
    /// Whether OR joins it to the next one.
    or: bool,
}

/// Reads the conditions of a body, or returns the error of the first invalid one. `custom` returns
/// the type of an attribute that the account has defined.
pub(in crate::fake) fn read(
    body: &Value,
    fields: &[Field],
    custom: impl Fn(&str) -> Option<&'static str>,
) -> Result<Vec<Condition>, ErrorResponse> {
    let payload = body
        .get("payload")
        .and_then(Value::as_array)
        .ok_or_else(ErrorResponse::internal_server_error)?;
    let joiner = |condition: &Value| {
        text(condition, "query_operator").filter(|word| !word.is_empty()).map(|w| w.to_uppercase())
    };
    if payload.iter().filter_map(joiner).any(|word| word != "AND" && word != "OR") {
        let message = "Query operator must be either \"AND\" or \"OR\".";
        return Err(ErrorResponse::unprocessable(message));
    }
    let mut conditions = Vec::new();
    for (at, condition) in payload.iter().enumerate() {
        let key = text(condition, "attribute_key").unwrap_or_default();
        let operator = text(condition, "filter_operator").unwrap_or_default();
        let field = fields.iter().find(|field| field.key == key);
        let values = match condition.get("values") {
            Some(Value::Array(values)) => values.clone(),
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![one.clone()],
        };
        if let Some(field) = field
            && !field.operators.contains(&operator.as_str())
        {
            let allowed = field.operators.join(",");
            return Err(ErrorResponse::unprocessable(&format!(
                "Invalid operator. The allowed operators for {key} are [{allowed}]."
            )));
        }
        let invalid = || {
            ErrorResponse::unprocessable(&format!(
                "Invalid value. The values provided for {key} are invalid"
            ))
        };
        if values.is_empty() && !["is_present", "is_not_present"].contains(&operator.as_str()) {
            return Err(invalid());
        }
        let kind = match (field, custom(&key)) {
            (Some(field), _) => field.kind,
            (None, Some(kind)) => kind_of(kind),
            (None, None) => return Err(unknown(&key, fields)),
        };
        let dated = DATE.contains(&operator.as_str()) && kind == Kind::Date;
        if dated && operator != "days_before" && values.first().and_then(day).is_none() {
            return Err(invalid());
        }
        // Two conditions without an operator between them are invalid SQL.
        let last = at + 1 == payload.len();
        let word = joiner(condition);
        if word.is_none() && !last {
            return Err(ErrorResponse::internal_server_error());
        }
        let or = word.as_deref() == Some("OR");
        conditions.push(Condition { key, operator, values, kind, custom: field.is_none(), or });
    }
    Ok(conditions)
}

fn unknown(key: &str, fields: &[Field]) -> ErrorResponse {
    let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
    ErrorResponse::unprocessable(&format!(
        "Invalid attribute key - [{key}]. The key should be one of [{}] or a custom attribute \
         defined in the account.",
        keys.join(",")
    ))
}

fn kind_of(definition: &str) -> Kind {
    match definition {
        "number" | "currency" | "percent" => Kind::Number,
        "date" => Kind::Date,
        "checkbox" => Kind::Bool,
        _ => Kind::Folded,
    }
}

/// Whether a row matches; `actual` returns its values for a condition's key. AND takes precedence.
pub(in crate::fake) fn passes(
    conditions: &[Condition],
    now: Timestamp,
    actual: impl Fn(&Condition) -> Value,
) -> bool {
    let mut group = true;
    for (at, condition) in conditions.iter().enumerate() {
        group = group && holds(condition, &actual(condition), now);
        if condition.or || at + 1 == conditions.len() {
            if group {
                return true;
            }
            group = true;
        }
    }
    conditions.is_empty()
}

fn holds(condition: &Condition, actual: &Value, now: Timestamp) -> bool {
    let empty = actual.is_null() || actual.as_array().is_some_and(Vec::is_empty);
    let wanted = || condition.values.iter();
    let equal = |value: &Value| same(condition.kind, actual, value);
    match condition.operator.as_str() {
        "is_present" => !empty,
        "is_not_present" => empty,
        "not_equal_to" if condition.kind == Kind::Labels => !wanted().any(equal),
        // In SQL a missing value is not unequal to any value, except for custom attributes.
        "not_equal_to" => {
            if empty {
                condition.custom
            } else {
                !wanted().any(equal)
            }
        }
        "contains" => !empty && wanted().any(|value| has(actual, value)),
        "does_not_contain" => !empty && !wanted().any(|value| has(actual, value)),
        "starts_with" => wanted().any(|value| plain(actual).starts_with(&plain(value))),
        "is_greater_than" => order(condition, actual).is_some_and(std::cmp::Ordering::is_gt),
        "is_less_than" => order(condition, actual).is_some_and(std::cmp::Ordering::is_lt),
        "days_before" => {
            let days = condition.values.first().map(plain).and_then(|days| days.parse().ok());
            let today = now.to_zoned(TimeZone::UTC).date();
            let limit = today.checked_sub(jiff::Span::new().days(days.unwrap_or(0_i32)));
            day(actual).zip(limit.ok()).is_some_and(|(at, limit)| at < limit)
        }
        _ => wanted().any(equal),
    }
}

fn same(kind: Kind, actual: &Value, wanted: &Value) -> bool {
    match kind {
        Kind::Labels => actual.as_array().is_some_and(|labels| labels.contains(wanted)),
        Kind::Folded => {
            !actual.is_null() && plain(actual).to_lowercase() == plain(wanted).to_lowercase()
        }
        Kind::Exact | Kind::Bool => !actual.is_null() && plain(actual) == plain(wanted),
        Kind::Number => number(actual).zip(number(wanted)).is_some_and(|(a, b)| same_number(a, b)),
        Kind::Date => day(actual).zip(day(wanted)).is_some_and(|(a, b)| a == b),
    }
}

fn same_number(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

fn order(condition: &Condition, actual: &Value) -> Option<std::cmp::Ordering> {
    let wanted = condition.values.first()?;
    match condition.kind {
        Kind::Date => Some(day(actual)?.cmp(&day(wanted)?)),
        _ => number(actual)?.partial_cmp(&number(wanted)?),
    }
}

fn has(actual: &Value, wanted: &Value) -> bool {
    plain(actual).to_lowercase().contains(plain(wanted).trim().to_lowercase().as_str())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Returns the day of a time; a number is in seconds.
fn day(value: &Value) -> Option<jiff::civil::Date> {
    if let Some(seconds) = value.as_i64() {
        return Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).date());
    }
    let text = value.as_str()?;
    text.get(..10).unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[Field] = &[
        Field { key: "name", kind: Kind::Folded, operators: TEXT },
        Field { key: "created_at", kind: Kind::Date, operators: DATE },
    ];

    fn passes_with(payload: &Value, row: &Value) -> bool {
        let body = json!({ "payload": payload });
        let conditions = read(&body, FIELDS, |key| (key == "n").then_some("number")).unwrap();
        let now = Timestamp::from_second(1_795_221_283).unwrap();
        passes(&conditions, now, |condition| row.get(&condition.key).cloned().unwrap_or_default())
    }

    #[test]
    fn and_takes_precedence_over_or() {
        let one = |value: &str, joiner: Value| {
            json!({ "attribute_key": "name", "filter_operator": "equal_to",
                "values": [value], "query_operator": joiner })
        };
        let row = json!({ "name": "A" });
        let either = json!([one("a", json!("OR")), one("b", json!("AND")), one("c", json!(null))]);
        assert!(passes_with(&either, &row));
        let both = json!([one("a", json!("AND")), one("b", json!(null))]);
        assert!(!passes_with(&both, &row));
    }

    #[test]
    fn dates_and_numbers_are_ordered() {
        let more = |key: &str, value: Value| {
            json!([{ "attribute_key": key, "filter_operator": "is_greater_than",
                "values": [value], "query_operator": null }])
        };
        let row = json!({ "created_at": 1_795_221_283, "n": "12.5" });
        assert!(passes_with(&more("created_at", json!("2026-11-20")), &row));
        assert!(!passes_with(&more("created_at", json!("2026-11-21")), &row));
        assert!(passes_with(&more("n", json!(12)), &row));
    }
}
