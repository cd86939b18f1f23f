//! The fields of a response that no struct names.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields of a response that this version of the client does not name: nothing the server sends
/// is dropped.
///
/// It dereferences to its map. `Debug` shows the keys and not the values, because they may be
/// secret: servers up to 4.5 send an inbox's tokens and passwords there.
///
/// ```
/// use chatwoot_client::types::Extra;
///
/// let extra: Extra = serde_json::from_str(r#"{"smtp_password": "s3cret"}"#).unwrap();
/// assert_eq!(format!("{extra:?}"), r#"{"smtp_password"}"#);
/// assert_eq!(extra["smtp_password"], "s3cret");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(Map<String, Value>);

impl Extra {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the map.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Deref for Extra {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}
