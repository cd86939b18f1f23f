//! A store: one shop with its language, currency and looks.

use std::time::Duration;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use url::Url;

use super::text::text_ids;
use super::tier::TierPolicy;

text_ids! {
    /// A store, by the id that the host gives it.
    StoreId;
}

/// One shop, as the host knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// The host's id.
    pub id: StoreId,
    /// Its name, as customers and agents read it.
    pub name: String,
    /// Its language as Chatwoot writes it: `en`, `nl`, `pt_BR`.
    pub locale: String,
    /// The currency of its orders.
    pub currency: Currency,
    /// Its IANA time zone: `Europe/Amsterdam`.
    pub time_zone: String,
    /// Its web address.
    pub website: Url,
    /// The address that customers write to.
    pub support_email: String,
    /// How its widget looks and greets; `None` leaves that to Chatwoot and the agents.
    #[serde(default)]
    pub branding: Option<Branding>,
    /// How customers are ranked; `None` ranks nobody, and no contact has a tier.
    #[serde(default)]
    pub tiers: Option<TierPolicy>,
    /// How its customers are named and proven to Chatwoot.
    #[serde(default)]
    pub identity: IdentityPolicy,
}

/// How a store's customers are named and proven to Chatwoot.
///
/// ```
/// use store_context::model::{ContactIdentifiers, IdentityPolicy};
///
/// let policy = IdentityPolicy::default();
/// assert_eq!(policy.identifiers, ContactIdentifiers::Pseudonym);
/// assert_eq!(policy.proof_lifetime.as_secs(), 12 * 60 * 60);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityPolicy {
    /// What a contact's identifier is.
    pub identifiers: ContactIdentifiers,
    /// How long after a page was served its proof still stands for what the customer writes:
    /// 12 hours unless set. Longer suits pages that stay open; shorter leaves less time to somebody
    /// who became the customer's contact meanwhile.
    pub proof_lifetime: Duration,
}

impl Default for IdentityPolicy {
    fn default() -> Self {
        Self {
            identifiers: ContactIdentifiers::default(),
            proof_lifetime: Duration::from_hours(12),
        }
    }
}

/// What the identifier of a customer's contact is.
///
/// After a change each customer's next sync moves the contact to the new identifier;
/// [`ContactSync::verify`](crate::sync::ContactSync::verify) has all of them moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactIdentifiers {
    /// A pseudonym: 32 hexadecimal digits that only the store's key gives. Nobody can guess them.
    #[default]
    Pseudonym,
    /// The customer's id as it is. On Chatwoot 4.15.1 a visitor who guesses an id becomes that
    /// customer's contact, so this suits ids that nobody can guess.
    Plain,
}

/// How a store's widget looks and greets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The widget's color, `#RRGGBB`.
    pub color: String,
    /// The widget's title.
    pub welcome_title: String,
    /// The line below the title.
    pub welcome_tagline: String,
    /// The first message a customer sees in a conversation.
    pub greeting: String,
}
