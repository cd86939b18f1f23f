//! Tokens and keys that are never shown, and only written where you ask for it.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// A secret text. `Debug` redacts it, and there is no `Display`.
///
/// Tokens and keys are secrets. So are URLs that accept requests from anyone who knows them (a
/// webhook, a dashboard app), and a contact's source id, which alone gives access to its
/// conversations in the public API.
///
/// Serializing writes the secret itself, so that a response that carries one can be stored
/// complete: store it encrypted. The time of a comparison depends on the length alone.
///
/// ```
/// let secret = chatwoot_client::Secret::new("s3cr3t");
/// assert_eq!(format!("{secret:?}"), "Secret(***)");
/// assert_eq!(secret.expose(), "s3cr3t");
/// assert_eq!(secret, "s3cr3t");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Arc<SecretString>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(SecretString::from(text.into())))
    }

    /// Returns the text itself, for a header or a key. Never log it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// For functions that accept a text that may be secret, such as a source id.
impl AsRef<str> for Secret {
    fn as_ref(&self) -> &str {
        self.expose()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        *self == *other.expose()
    }
}

impl Eq for Secret {}

impl PartialEq<str> for Secret {
    fn eq(&self, other: &str) -> bool {
        self.expose().as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl PartialEq<&str> for Secret {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Secret {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

macro_rules! tokens {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) Secret);

        impl $name {
            /// Wraps the token's text.
            pub fn new(text: impl Into<Secret>) -> Self {
                Self(text.into())
            }

            /// The token as a [`Secret`].
            pub fn secret(&self) -> &Secret {
                &self.0
            }
        }

        impl<T: Into<Secret>> From<T> for $name {
            fn from(text: T) -> Self {
                Self::new(text)
            }
        }
    )+};
}

tokens! {
    /// A platform app's token: gives access to the Platform API, limited to what that app created.
    PlatformToken;
    /// A user's or agent bot's access token: gives access to the Application API.
    UserToken;
}
