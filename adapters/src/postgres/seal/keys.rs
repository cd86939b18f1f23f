//! The keys that seal secrets.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use hmac::Mac;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use store_context::ports::{PortError, PortResult};

/// The id of a key: 1 to 32 lower-case letters, digits, dots, hyphens and underscores. It is stored
/// with each sealed value, and is no secret.
///
/// ```
/// use store_context_adapters::postgres::KeyId;
///
/// assert_eq!(KeyId::new("2026-11")?.as_str(), "2026-11");
/// assert!(KeyId::new("no spaces").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Arc<str>);

/// The error for a text that is no id of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a key has 1 to 32 lower-case letters, digits, dots, hyphens and underscores")]
pub struct InvalidKeyId;

const LONGEST_ID: usize = 32;

impl KeyId {
    /// Creates an id.
    ///
    /// # Errors
    /// Returns an error if the text is no valid id.
    pub fn new(text: &str) -> Result<Self, InvalidKeyId> {
        let fits = (1..=LONGEST_ID).contains(&text.len());
        let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        if fits && text.bytes().all(valid) { Ok(Self(text.into())) } else { Err(InvalidKeyId) }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the length, which is at most 32.
    pub(super) fn len(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key of 32 random bytes. `Debug` does not show it, and its memory is overwritten when the last
/// clone is dropped.
///
/// The bytes themselves neither encrypt nor hash: for each of the two a key is derived from them.
///
/// ```
/// use store_context_adapters::postgres::SealingKey;
///
/// let key = SealingKey::new(&[7; 32]);
/// assert_eq!(format!("{key:?}"), "SealingKey(***)");
/// ```
#[derive(Clone)]
pub struct SealingKey(Arc<SecretBox<[u8; 32]>>);

impl SealingKey {
    /// Copies a key.
    pub fn new(bytes: &[u8; 32]) -> Self {
        let copy = |key: &mut [u8; 32]| key.copy_from_slice(bytes);
        Self(Arc::new(SecretBox::init_with_mut(copy)))
    }

    /// Creates a new key from the operating system's random number generator.
    ///
    /// # Errors
    /// Returns an error if the operating system provides no random bytes.
    pub fn random() -> PortResult<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|error| PortError::new("randomness", error))?;
        Ok(Self::new(&bytes))
    }

    /// Derives the key for a purpose.
    pub(super) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = super::keyed(self.0.expose_secret());
        mac.update(b"store-context ");
        mac.update(purpose.as_bytes());
        let mut derived = mac.finalize().into_bytes();
        let key = Zeroizing::new(derived.into());
        secrecy::zeroize::Zeroize::zeroize(derived.as_mut_slice());
        key
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(***)")
    }
}

/// Where the keys come from that seal secrets: a [`KeyRing`](super::KeyRing), or the host's key
/// management service.
///
/// One key seals, and all open. To rotate: add the new key to every process, then make it the
/// current one, then run [`PostgresStores::reseal`](crate::postgres::PostgresStores::reseal) until
/// nothing is left, then remove the old one.
///
/// The methods are called for each opening and each look-up of a URL, so an implementation keeps
/// the keys that it fetched. With a service that wraps keys, the wrapped keys are in the host's
/// configuration and this unwraps each of them once:
///
/// ```
/// use std::collections::BTreeMap;
/// use store_context::async_trait;
/// use store_context::ports::PortResult;
/// use store_context_adapters::postgres::{KeyId, SealingKey, SealingKeys};
/// use tokio::sync::OnceCell;
///
/// # struct Kms;
/// # impl Kms {
/// #     async fn decrypt(&self, wrapped: &[u8]) -> Result<[u8; 32], std::io::Error> {
/// #         wrapped.try_into().map_err(std::io::Error::other)
/// #     }
/// # }
/// /// Keys that the key management service unwraps.
/// struct KmsKeys {
///     kms: Kms,
///     current: KeyId,
///     wrapped: BTreeMap<KeyId, (Vec<u8>, OnceCell<SealingKey>)>,
/// }
///
/// #[async_trait]
/// impl SealingKeys for KmsKeys {
///     async fn current(&self) -> PortResult<KeyId> {
///         Ok(self.current.clone())
///     }
///
///     async fn ids(&self) -> PortResult<Vec<KeyId>> {
///         Ok(self.wrapped.keys().cloned().collect())
///     }
///
///     async fn key(&self, id: &KeyId) -> PortResult<Option<SealingKey>> {
///         let Some((wrapped, unwrapped)) = self.wrapped.get(id) else { return Ok(None) };
///         let unwrap = || async { Ok(SealingKey::new(&self.kms.decrypt(wrapped).await?)) };
///         unwrapped.get_or_try_init(unwrap).await.map(|key| Some(key.clone()))
///     }
/// }
/// ```
#[async_trait]
pub trait SealingKeys: Send + Sync {
    /// Returns the id of the key that seals.
    async fn current(&self) -> PortResult<KeyId>;

    /// Returns the ids of all keys, the current one too.
    async fn ids(&self) -> PortResult<Vec<KeyId>>;

    /// Returns a key; `None` if it is not known.
    async fn key(&self, id: &KeyId) -> PortResult<Option<SealingKey>>;
}
