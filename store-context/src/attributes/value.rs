//! The types of attributes, and their values as Chatwoot stores them.

use chatwoot_client::application::attribute_definitions::AttributeType;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::model::{Store, TierPolicy};

/// The type of an attribute: how Chatwoot shows and edits it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueType {
    /// A text.
    Text,
    /// A number.
    Number,
    /// An amount of money, in the store's currency. The settings page of some versions of Chatwoot
    /// does not offer this type; the API and the other pages have it.
    Currency,
    /// A percentage. See [`ValueType::Currency`] for the settings page.
    Percent,
    /// An absolute URL of a website, `https` or `http`.
    Link,
    /// A date without a time.
    Date,
    /// One of these texts.
    List(Vec<String>),
    /// One of the store's tiers. A store without tiers does not have the attribute.
    Tier,
    /// A boolean.
    Checkbox,
}

impl ValueType {
    /// Returns the type in Chatwoot.
    pub(super) const fn display_type(&self) -> AttributeType {
        match self {
            Self::Text => AttributeType::Text,
            Self::Number => AttributeType::Number,
            Self::Currency => AttributeType::Currency,
            Self::Percent => AttributeType::Percent,
            Self::Link => AttributeType::Link,
            Self::Date => AttributeType::Date,
            Self::List(_) | Self::Tier => AttributeType::List,
            Self::Checkbox => AttributeType::Checkbox,
        }
    }

    /// Returns the texts to choose from; `None` if the type is no list.
    pub(super) fn choices(&self, store: &Store) -> Option<Vec<String>> {
        match self {
            Self::List(choices) => Some(choices.clone()),
            Self::Tier => {
                let names = store.tiers.iter().flat_map(TierPolicy::names);
                Some(names.map(str::to_owned).collect())
            }
            _ => None,
        }
    }

    /// Returns a value of the host's own data as Chatwoot stores it; `None` if it is of another
    /// type.
    pub(super) fn fit(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Null) => Some(Value::Null),
            (Self::Text | Self::Tier, Value::String(it)) => Some(text(it)),
            (Self::Number | Self::Currency | Self::Percent, Value::Number(_))
            | (Self::Checkbox, Value::Bool(_)) => Some(value.clone()),
            (Self::Link, Value::String(it)) => link(&Url::parse(it).ok()?),
            (Self::Date, Value::String(it)) => day(it).map(date),
            (Self::List(choices), Value::String(it)) if choices.contains(it) => Some(text(it)),
            _ => None,
        }
    }
}

/// Returns a text. An empty one is no value, and the server responds to a NUL byte with a 500 each
/// time (4.15.1).
pub(super) fn text(text: &str) -> Value {
    let text: String = text.chars().filter(|character| *character != '\0').collect();
    if text.is_empty() { Value::Null } else { Value::String(text) }
}

/// Returns a number with its exact digits: Chatwoot sorts and filters by it.
pub(super) fn number(number: Decimal) -> Value {
    let text = number.normalize().to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Returns a link of a website; `None` for a URL of another kind, which a page must not open.
pub(super) fn link(url: &Url) -> Option<Value> {
    matches!(url.scheme(), "https" | "http").then(|| text(url.as_str()))
}

/// Reads a date, or the date of a time in its own offset or in UTC.
fn day(text: &str) -> Option<Date> {
    let of_time = || Some(text.parse::<Timestamp>().ok()?.to_zoned(TimeZone::UTC).date());
    text.parse().ok().or_else(of_time)
}

/// Returns a date as Chatwoot stores it.
pub(super) fn date(date: Date) -> Value {
    Value::String(date.to_string())
}

/// The maximum number of characters of a text on a conversation (4.15.1); a contact has no limit.
const LONGEST_TEXT: usize = 1_500;

/// The greatest integer on a conversation (4.15.1); a contact has no limit.
const GREATEST: i64 = 9_999_999_999;

/// Returns the value within the limits that Chatwoot has for conversations: a longer text is cut,
/// and a greater integer has a fraction of zero, which is not limited.
pub(super) fn of_conversation(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LONGEST_TEXT => {
            Value::String(text.chars().take(LONGEST_TEXT).collect())
        }
        Value::Number(number) if !number.is_f64() => {
            if number.as_i64().is_some_and(|number| number <= GREATEST) {
                return Value::Number(number);
            }
            number.as_f64().map_or(Value::Null, Value::from)
        }
        value => value,
    }
}
