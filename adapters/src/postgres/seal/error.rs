//! Why a sealed secret does not open.

use store_context::model::StoreId;

use super::KeyId;

/// The error for a sealed secret that does not open. It names the place, and shows no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed {column} of store {store} does not open: {problem}")]
#[non_exhaustive]
pub struct SealError {
    /// The store.
    pub store: StoreId,
    /// The column.
    pub column: &'static str,
    /// Why it does not open.
    pub problem: SealProblem,
}

/// Why a sealed secret does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealProblem {
    /// The key is not among the keys that this process has.
    #[error("it is sealed with key {0}, which is not known here")]
    UnknownKey(KeyId),
    /// The value has no complete header, nonce and tag.
    #[error("it is truncated")]
    Truncated,
    /// The value is of a format that this version does not know.
    #[error("its format {0} is not known")]
    UnknownVersion(u8),
    /// The value was altered, was sealed for another place (store, column, base URL or expiry), or
    /// was sealed with another key of the same id. Which of these, nothing tells.
    #[error("it is not authentic here: altered, moved, or sealed with another key of the same id")]
    NotAuthentic,
}
