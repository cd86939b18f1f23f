//! The envelopes of responses (`{"payload": {"webhook": …}}`): the operation names the keys, and
//! decoding follows them without building the values beside them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor,
};

use crate::error::json_path::place;

/// Decodes the value inside `keys`; an error includes its place.
pub(crate) fn decode<T: DeserializeOwned>(
    keys: &'static [&'static str],
    json: &[u8],
) -> Result<T, (String, serde_json::Error)> {
    plain(keys, json).map_err(|error| (place(json, &error), error))
}

fn plain<T: DeserializeOwned>(keys: &'static [&'static str], json: &[u8]) -> serde_json::Result<T> {
    let mut decoder = serde_json::Deserializer::from_slice(json);
    let value = Inside::new(keys).deserialize(&mut decoder)?;
    decoder.end()?;
    Ok(value)
}

struct Inside<T> {
    keys: &'static [&'static str],
    inner: PhantomData<T>,
}

impl<T> Inside<T> {
    const fn new(keys: &'static [&'static str]) -> Self {
        Self { keys, inner: PhantomData }
    }
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Inside<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        match self.keys {
            [] => T::deserialize(deserializer),
            _ => deserializer.deserialize_map(self),
        }
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Inside<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.keys.join("."))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<T, M::Error> {
        let Some((wanted, deeper)) = self.keys.split_first() else {
            return Err(de::Error::custom("no key left to look for"));
        };
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == *wanted {
                found = Some(map.next_value_seed(Self::new(deeper))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| de::Error::missing_field(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_inside_is_found_among_other_keys() {
        let json = br#"{"a": [1], "payload": {"x": {}, "webhook": 7}, "z": null}"#;
        assert_eq!(decode::<u8>(&["payload", "webhook"], json).expect("decodes"), 7);
        assert_eq!(decode::<u8>(&[], b"7").expect("decodes"), 7);
    }

    #[test]
    fn a_failure_names_its_place() {
        #[derive(serde::Deserialize, Debug)]
        struct Row {
            #[serde(rename = "id")]
            _id: u8,
        }
        let json = br#"{"payload": [{"id": 1}, {"id": "x"}]}"#;
        let (path, _) = decode::<Vec<Row>>(&["payload"], json).expect_err("a text is no id");
        assert_eq!(path, "payload[1].id");
        let (_, error) =
            decode::<u8>(&["payload", "webhook"], br#"{"payload": {}}"#).expect_err("missing");
        assert!(error.to_string().contains("webhook"), "{error}");
    }

    #[test]
    fn trailing_text_is_refused() {
        assert!(decode::<u8>(&[], b"7 8").is_err());
    }
}
