//! The names of keys and channels.

use sha2::{Digest, Sha256};

/// Names the keys and channels of one prefix.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: String,
    /// The channel of the keys that were put or removed.
    pub(super) invalidations: String,
    /// The channel of signals.
    pub(super) signals: String,
}

/// The hash of a cache's key: a key names a customer, so its text leaves the process nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hashed([u8; 32]);

impl Hashed {
    pub(super) fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns a number below `shards`, the same for the same key.
    pub(super) fn shard(&self, shards: usize) -> usize {
        let [first, second, third, fourth, ..] = self.0;
        usize::from_le_bytes([first, second, third, fourth, 0, 0, 0, 0]) % shards
    }
}

impl Keys {
    pub(super) fn new(prefix: String) -> Self {
        let channel = |name: &str| format!("{prefix}:{name}");
        Self { invalidations: channel("cache"), signals: channel("signals"), prefix }
    }

    /// Returns the key of a value of the cache, and of the number of its removals.
    pub(super) fn cache(&self, key: &Hashed) -> [String; 2] {
        let value = format!("{}:cache:{}", self.prefix, hex::encode(key.0));
        let removed = format!("{value}:removed");
        [value, removed]
    }

    pub(super) fn budget(&self, base_url: &str, count: &str) -> String {
        format!("{}:budget:{base_url}:{count}", self.prefix)
    }
}
