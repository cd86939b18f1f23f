//! The change of one field, which distinguishes absent from null: kept, cleared or set.

use serde::{Serialize, Serializer};

use crate::types::Secret;

/// The change of one field.
///
/// ```
/// use chatwoot_client::Patch;
///
/// #[derive(serde::Serialize)]
/// struct Change {
///     #[serde(skip_serializing_if = "Patch::is_keep")]
///     name: Patch<String>,
///     #[serde(skip_serializing_if = "Patch::is_keep")]
///     phone_number: Patch<String>,
///     #[serde(skip_serializing_if = "Patch::is_keep")]
///     email: Patch<String>,
/// }
/// let change = Change { name: Patch::Keep, phone_number: Patch::Clear, email: "a@b.example".into() };
/// assert_eq!(serde_json::to_string(&change).unwrap(), r#"{"phone_number":null,"email":"a@b.example"}"#);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leaves the field as it is: it is not sent.
    #[default]
    Keep,
    /// Clears the field: `null` is sent.
    Clear,
    /// Sets the field to this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field stays as it is; for `skip_serializing_if`.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Converts the complete desired value: `Some` sets the field, `None` clears it.
    pub fn from_wanted(wanted: Option<T>) -> Self {
        wanted.map_or(Self::Clear, Self::Set)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl From<&str> for Patch<Secret> {
    fn from(value: &str) -> Self {
        Self::Set(value.into())
    }
}

impl From<String> for Patch<Secret> {
    fn from(value: String) -> Self {
        Self::Set(value.into())
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(serializer),
            Self::Keep | Self::Clear => serializer.serialize_none(),
        }
    }
}
