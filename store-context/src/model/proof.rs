//! Whether the writer in a conversation is proven to be a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::customer::CustomerId;

/// Whether the writer in a conversation is proven to be the customer of its contact.
///
/// Chatwoot's own `hmac_verified` is required but not sufficient: a visitor can become another
/// person's contact without a proof (4.15.1, measured). So the page of a signed-in customer also
/// sets a proof of the store on the conversation, which
/// [`StoreIdentity::check`](crate::identity::StoreIdentity::check) verifies against the contact.
///
/// ```
/// use store_context::model::{CustomerId, NotProven, Proof};
///
/// let ada = CustomerId::new("c-1").unwrap();
/// assert_eq!(Proof::Proven(ada.clone()).customer(), Some(&ada));
/// assert_eq!(Proof::NotProven(NotProven::Missing).customer(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The writer is proven to be this customer.
    Proven(CustomerId),
    /// The writer may be anyone. Replies must contain no personal data.
    NotProven(NotProven),
}

impl Proof {
    /// Returns the proven customer; `None` if none is proven.
    pub const fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::Proven(customer) => Some(customer),
            Self::NotProven(_) => None,
        }
    }

    /// Returns whether a customer is proven.
    pub const fn is_proven(&self) -> bool {
        matches!(self, Self::Proven(_))
    }
}

/// No customer is proven by default.
impl Default for Proof {
    fn default() -> Self {
        Self::NotProven(NotProven::Missing)
    }
}

/// The reason why a conversation is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotProven {
    /// The contact has no identifier: it is a guest.
    Guest,
    /// Chatwoot did not verify the visitor: `hmac_verified` is not true.
    NotVerified,
    /// The conversation has no proof of the store.
    Missing,
    /// The proof attribute does not have the form of a proof.
    Malformed,
    /// The proof was altered, or was created for another store.
    Forged,
    /// The proof belongs to another customer than the contact.
    OtherCustomer,
    /// The proof was older than its lifetime when the customer wrote, or is from the future.
    Expired,
    /// The store had no keys to verify a proof: provisioning it again creates them.
    NoKeys,
}

impl fmt::Display for NotProven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guest => "the contact is a guest",
            Self::NotVerified => "Chatwoot did not verify the visitor",
            Self::Missing => "the conversation carries no proof of the store",
            Self::Malformed => "what the conversation carries is not a proof",
            Self::Forged => "the proof was altered, or is another store's",
            Self::OtherCustomer => "the proof is another customer's",
            Self::Expired => "the proof is not of the time",
            Self::NoKeys => "the store has no keys: provision it again",
        })
    }
}
