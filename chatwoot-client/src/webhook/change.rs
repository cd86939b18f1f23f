//! Changed fields in `*_updated` deliveries.

use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A field that changed.
///
/// Names and values are those of the server's tables, not of the payload: `assignee_id`,
/// `cached_label_list`, `label_list`, and times as ISO 8601 where the payload has epoch seconds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The name of the field.
    pub name: String,
    /// The previous value.
    pub previous: Value,
    /// The current value.
    pub current: Value,
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values =
            Values { previous_value: self.previous.clone(), current_value: self.current.clone() };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.name, &values)?;
        map.end()
    }
}

#[derive(Serialize, Deserialize)]
struct Values {
    previous_value: Value,
    current_value: Value,
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ChangeVisitor)
    }
}

struct ChangeVisitor;

impl<'de> Visitor<'de> for ChangeVisitor {
    type Value = Change;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of one field and its values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Change, A::Error> {
        let (name, values) = map
            .next_entry::<String, Values>()?
            .ok_or_else(|| de::Error::invalid_length(0, &self))?;
        if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(2, &self));
        }
        Ok(Change { name, previous: values.previous_value, current: values.current_value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_and_written_as_the_server_does() {
        let text = r#"[{"priority":{"previous_value":null,"current_value":"high"}}]"#;
        let changes: Vec<Change> = serde_json::from_str(text).unwrap();
        assert_eq!(changes[0].name, "priority");
        assert_eq!(changes[0].previous, Value::Null);
        assert_eq!(changes[0].current, "high");
        let text = serde_json::to_value(&changes).unwrap();
        assert_eq!(text[0]["priority"]["current_value"], "high");
        assert_eq!(serde_json::from_value::<Vec<Change>>(text).unwrap(), changes);
    }

    #[test]
    fn what_is_no_change_is_an_error() {
        for text in
            ["{}", r#"{"a":{"previous_value":1,"current_value":2},"b":1}"#, r#"{"a":1}"#, "3"]
        {
            assert!(serde_json::from_str::<Change>(text).is_err(), "{text}");
        }
    }
}
