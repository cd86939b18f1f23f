//! Keys that the host gives at its start.

use std::env::{self, VarError};

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;
use store_context::ports::PortResult;

use super::keys::{KeyId, SealingKey, SealingKeys};

/// Keys in memory: one that seals, and others that still open. `Debug` shows their ids only.
///
/// ```
/// use store_context_adapters::postgres::{KeyId, KeyRing, SealingKey};
///
/// // Both are of the host's configuration.
/// let (new, old) = (SealingKey::new(&[1; 32]), SealingKey::new(&[2; 32]));
/// let ring = KeyRing::new(KeyId::new("2026-11")?, new).with(KeyId::new("2026-05")?, old);
/// # let _ = ring;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    // The current one is the first.
    keys: Vec<(KeyId, SealingKey)>,
}

/// The error for a text that is no key ring. It never shows any of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// The environment variable is not set.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The value of the environment variable is not Unicode.
    #[error("the value of the environment variable {0} is not Unicode")]
    NotUnicode(String),
    /// The text is empty.
    #[error("there is no key")]
    Empty,
    /// An entry is not an id, a colon and a key.
    #[error("entry {entry} of the keys is not `id:key`")]
    Malformed {
        /// The number of the entry, from 1.
        entry: usize,
    },
    /// An id is not valid.
    #[error(
        "the id in entry {entry} of the keys is not 1 to 32 lower-case letters, digits, dots, \
         hyphens and underscores"
    )]
    InvalidId {
        /// The number of the entry, from 1.
        entry: usize,
    },
    /// A key is not 32 bytes.
    #[error("the key in entry {entry} of the keys is not 64 hexadecimal digits")]
    InvalidKey {
        /// The number of the entry, from 1.
        entry: usize,
    },
    /// An id is used twice.
    #[error("entry {entry} of the keys has the id of an earlier one")]
    Duplicate {
        /// The number of the entry, from 1.
        entry: usize,
    },
}

impl KeyRing {
    /// Creates a ring with the key that seals.
    pub fn new(id: KeyId, key: SealingKey) -> Self {
        Self { keys: vec![(id, key)] }
    }

    /// Adds a key that opens. A key of the same id is replaced.
    #[must_use]
    pub fn with(mut self, id: KeyId, key: SealingKey) -> Self {
        match self.keys.iter_mut().find(|(known, _)| *known == id) {
            Some(known) => known.1 = key,
            None => self.keys.push((id, key)),
        }
        self
    }

    /// Reads a ring: entries of an id, a colon and 64 hexadecimal digits, separated by commas or
    /// white space. The first one seals.
    ///
    /// # Errors
    /// Returns an error that names the entry, and shows nothing of it.
    ///
    /// ```
    /// use store_context_adapters::postgres::KeyRing;
    ///
    /// let (new, old) = ("1f".repeat(32), "e0".repeat(32));
    /// assert!(KeyRing::parse(&format!("2026-11:{new},2026-05:{old}")).is_ok());
    /// let error = KeyRing::parse(&format!("2026-11:{new},2026-05:{old}7")).unwrap_err();
    /// let told = "the key in entry 2 of the keys is not 64 hexadecimal digits";
    /// assert_eq!(error.to_string(), told);
    /// ```
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<(KeyId, SealingKey)> = Vec::new();
        let entries = text.split(|char: char| char == ',' || char.is_whitespace());
        for (index, text) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            let entry = index + 1;
            let (id, digits) = text.split_once(':').ok_or(KeyRingError::Malformed { entry })?;
            let id = KeyId::new(id).map_err(|_| KeyRingError::InvalidId { entry })?;
            let mut bytes = Zeroizing::new([0; 32]);
            hex::decode_to_slice(digits, &mut *bytes)
                .map_err(|_| KeyRingError::InvalidKey { entry })?;
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(KeyRingError::Duplicate { entry });
            }
            keys.push((id, SealingKey::new(&bytes)));
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self { keys }) }
    }

    /// Reads a ring from an environment variable; see [`KeyRing::parse`] for the format. A new key
    /// is `openssl rand -hex 32`.
    ///
    /// # Errors
    /// Returns an error that shows nothing of the value.
    ///
    /// ```no_run
    /// use store_context_adapters::postgres::KeyRing;
    ///
    /// let keys = KeyRing::from_env("STORE_CONTEXT_KEYS")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_env(variable: &str) -> Result<Self, KeyRingError> {
        match env::var(variable).map(Zeroizing::new) {
            Ok(text) => Self::parse(&text),
            Err(VarError::NotPresent) => Err(KeyRingError::NotSet(variable.to_owned())),
            Err(VarError::NotUnicode(_)) => Err(KeyRingError::NotUnicode(variable.to_owned())),
        }
    }
}

#[async_trait]
impl SealingKeys for KeyRing {
    async fn current(&self) -> PortResult<KeyId> {
        let (id, _) = self.keys.first().ok_or(KeyRingError::Empty)?;
        Ok(id.clone())
    }

    async fn ids(&self) -> PortResult<Vec<KeyId>> {
        Ok(self.keys.iter().map(|(id, _)| id.clone()).collect())
    }

    async fn key(&self, id: &KeyId) -> PortResult<Option<SealingKey>> {
        Ok(self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key.clone()))
    }
}
