//! Whether whoever writes in a conversation is proven to be a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::customer::CustomerId;

/// Whether whoever writes in a conversation is proven to be the customer of its contact.
///
/// Chatwoot's own `hmac_verified` is needed and does not suffice: a visitor can become another
/// person's contact without a proof (4.15.1, measured). So a signed-in customer's page also puts a
/// proof of the store on the conversation, which
/// [`StoreIdentity::check`](crate::identity::StoreIdentity::check) holds against the contact.
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
    /// The store proved this customer to the conversation.
    Proven(CustomerId),
    /// It may be anybody. Nothing personal may be said into the conversation.
    NotProven(NotProven),
}

impl Proof {
    /// Returns the customer that is proven; `None` if nobody is.
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

/// Nobody is proven until a proof was seen.
impl Default for Proof {
    fn default() -> Self {
        Self::NotProven(NotProven::Missing)
    }
}

/// Why a conversation is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotProven {
    /// The contact has no identifier: a guest.
    Guest,
    /// Chatwoot did not verify the visitor: `hmac_verified` is not true.
    NotVerified,
    /// The conversation carries no proof of the store.
    Missing,
    /// What it carries is not a proof.
    Malformed,
    /// The proof was altered, or another store made it.
    Forged,
    /// The proof is another customer's than the contact's.
    OtherCustomer,
    /// The proof was older than its lifetime when the customer wrote, or is from the future.
    Expired,
    /// The store had no keys to check a proof with: provisioning it again makes them.
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
