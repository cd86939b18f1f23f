//! Lists and maps that the server may omit or send as null.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list or a map in a response; empty if the server sends `null` or omits it.
///
/// It dereferences to the value. Serializing writes `null` again for what was null or absent.
///
/// ```
/// use chatwoot_client::Attributes;
/// use chatwoot_client::types::NullAsEmpty;
///
/// let none: NullAsEmpty<Attributes> = serde_json::from_str("null").unwrap();
/// assert!(none.is_empty());
/// assert_eq!(serde_json::to_string(&none).unwrap(), "null");
///
/// let some: NullAsEmpty<Attributes> = serde_json::from_str(r#"{"tier": "gold"}"#).unwrap();
/// assert_eq!(some["tier"], "gold");
/// ```
#[derive(Clone, Default)]
pub struct NullAsEmpty<T> {
    value: T,
    given: bool,
}

impl<T> NullAsEmpty<T> {
    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns what the server sent; `None` for null or an absent field.
    pub fn given(&self) -> Option<&T> {
        self.given.then_some(&self.value)
    }
}

impl<T> Deref for NullAsEmpty<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for NullAsEmpty<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.given = true;
        &mut self.value
    }
}

impl<T> From<T> for NullAsEmpty<T> {
    fn from(value: T) -> Self {
        Self { value, given: true }
    }
}

impl<T: fmt::Debug> fmt::Debug for NullAsEmpty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for NullAsEmpty<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: PartialEq> PartialEq<T> for NullAsEmpty<T> {
    fn eq(&self, other: &T) -> bool {
        self.value == *other
    }
}

impl<T: Eq> Eq for NullAsEmpty<T> {}

impl<T: IntoIterator> IntoIterator for NullAsEmpty<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        self.value.into_iter()
    }
}

#[expect(clippy::into_iter_without_iter, reason = "iter is that of the value, by Deref")]
impl<'a, T> IntoIterator for &'a NullAsEmpty<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.value.into_iter()
    }
}

impl<T: Serialize> Serialize for NullAsEmpty<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.given().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for NullAsEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or_else(Self::default, Self::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_stays_null_until_something_is_put_in() {
        let mut list: NullAsEmpty<Vec<u8>> = serde_json::from_str("null").unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), "null");
        assert_eq!(list, NullAsEmpty::from(vec![]), "an empty list is an empty list");
        list.push(1);
        assert_eq!(serde_json::to_string(&list).unwrap(), "[1]");
        let empty: NullAsEmpty<Vec<u8>> = serde_json::from_str("[]").unwrap();
        assert_eq!(serde_json::to_string(&empty).unwrap(), "[]");
    }
}
