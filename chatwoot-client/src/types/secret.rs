//! Tokens and keys: shown to nobody, written only where you ask for it.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// A secret text. `Debug` shows nothing of it, and it has no `Display`.
///
/// Tokens and keys are secrets, and so are addresses that take what is sent to them from whoever
/// knows them (a webhook, a panel), and a contact's source id, which alone opens its conversations
/// in the public API.
///
/// Serializing writes the secret itself, so that an answer that carries one can be stored whole:
/// store it sealed. Comparing takes as long whatever differs, but for the length.
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

    /// The text itself: for a header or a key, not for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// For what takes a text that may be a secret, such as a source id.
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
    /// A platform app's token: opens the Platform API, and there only what that app made.
    PlatformToken;
    /// A user's or agent bot's access token: opens the Application API.
    UserToken;
}
