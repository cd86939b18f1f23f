//! Maps whose keys are data, and to which a later server may add other kinds of keys or values.

use std::collections::{BTreeMap, btree_map};
use std::fmt::Display;
use std::ops::Deref;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::types::Extra;

/// A map in a response from keys of one type to values of one type; entries of any other type are
/// kept separately.
///
/// It dereferences to the map of the typed entries. An entry whose key or value has another type
/// does not make the whole response fail to decode: it is in [`other`](Self::other). Serializing
/// writes all entries again, unchanged.
///
/// ```
/// use chatwoot_client::types::OpenMap;
///
/// let features = r#"{"captain":true,"voice":{"beta":true}}"#;
/// let map: OpenMap<String, bool> = serde_json::from_str(features).unwrap();
/// assert_eq!(map.get("captain"), Some(&true));
/// assert_eq!(map.get("voice"), None);
/// assert_eq!(map.other()["voice"]["beta"], true);
/// assert_eq!(serde_json::to_string(&map).unwrap(), features);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMap<K, V> {
    typed: BTreeMap<K, V>,
    other: Extra,
}

impl<K, V> OpenMap<K, V> {
    /// Returns the entries whose key or value has another type.
    pub fn other(&self) -> &Extra {
        &self.other
    }
}

impl<K, V> Default for OpenMap<K, V> {
    fn default() -> Self {
        Self::from(BTreeMap::new())
    }
}

impl<K, V> From<BTreeMap<K, V>> for OpenMap<K, V> {
    fn from(typed: BTreeMap<K, V>) -> Self {
        Self { typed, other: Extra::new() }
    }
}

impl<K, V> Deref for OpenMap<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.typed
    }
}

impl<K, V> IntoIterator for OpenMap<K, V> {
    type Item = (K, V);
    type IntoIter = btree_map::IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.typed.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a OpenMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.typed.iter()
    }
}

impl<K: Display, V: Serialize> Serialize for OpenMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.typed.len() + self.other.len()))?;
        for (key, value) in &self.typed {
            map.serialize_entry(&format_args!("{key}"), value)?;
        }
        for (key, value) in self.other.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K, V> Deserialize<'de> for OpenMap<K, V>
where
    K: FromStr + Display + Ord,
    V: DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut typed = BTreeMap::new();
        let mut other = Map::new();
        for (text, value) in Map::<String, Value>::deserialize(deserializer)? {
            // A key that would be written differently ("07" for 7) belongs to the other entries.
            let key = text.parse::<K>().ok().filter(|key| key.to_string() == text);
            match (key, V::deserialize(&value)) {
                (Some(key), Ok(value)) => drop(typed.insert(key, value)),
                _ => drop(other.insert(text, value)),
            }
        }
        Ok(Self { typed, other: other.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(json: &str) -> OpenMap<u8, u64> {
        let map: OpenMap<u8, u64> = serde_json::from_str(json).unwrap();
        let written: Value = serde_json::to_value(&map).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(json).unwrap(), "written unchanged");
        map
    }

    #[test]
    fn entries_of_the_types_are_the_map() {
        let map = map(r#"{"5": 2, "1": 7}"#);
        assert_eq!(map.get(&5), Some(&2));
        assert_eq!(map.iter().collect::<Vec<_>>(), [(&1, &7), (&5, &2)]);
        assert_eq!((&map).into_iter().count(), 2);
        assert!(map.other().is_empty());
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [(1, 7), (5, 2)]);
    }

    #[test]
    fn an_entry_of_another_kind_is_kept_beside() {
        for (key, value) in [
            ("none", "3"),
            ("", "3"),
            ("256", "3"),
            ("-1", "3"),
            ("+1", "3"),
            ("01", "3"),
            ("4", "null"),
            ("4", "true"),
            ("4", "-1"),
            ("4", "1.5"),
            ("4", "\"3\""),
            ("4", "{\"count\": [3, null]}"),
        ] {
            let map = map(&format!(r#"{{"1": 7, "{key}": {value}}}"#));
            assert_eq!(map.iter().collect::<Vec<_>>(), [(&1, &7)], "{key}: {value}");
            let expected: Value = serde_json::from_str(value).unwrap();
            assert_eq!(map.other().get(key), Some(&expected), "{key}: {value}");
        }
    }

    #[test]
    fn what_is_no_object_does_not_decode() {
        for json in ["[]", "null", "3", "\"text\""] {
            serde_json::from_str::<OpenMap<u8, u64>>(json).unwrap_err();
        }
    }
}
