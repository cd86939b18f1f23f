//! Stores, with their language, currency and branding.

use std::time::Duration;

use iso_currency::Currency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::business_hours::{BusinessHours, UnknownTimeZone};
use super::organization::OrganizationId;
use super::privacy::PrivacyPolicy;
use super::text::text_ids;
use super::tier::TierPolicy;

text_ids! {
    /// The id of a store, assigned by the host.
    StoreId;
}

/// A store, as configured by the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// The host's id.
    pub id: StoreId,
    /// The store's name, for customers and agents.
    pub name: String,
    /// The store's language in Chatwoot's notation: `en`, `nl`, `pt_BR`.
    pub locale: String,
    /// The currency of the store's orders.
    pub currency: Currency,
    /// The store's IANA time zone: `Europe/Amsterdam`.
    pub time_zone: String,
    /// The store's website.
    pub website: Url,
    /// The email address to which customers write.
    pub support_email: String,
    /// The branding of the store's widget; `None` leaves it to Chatwoot and the agents.
    #[serde(default)]
    pub branding: Option<Branding>,
    /// The store's customer tiers; `None` if the store has none, and no contact has a tier.
    #[serde(default)]
    pub tiers: Option<TierPolicy>,
    /// How the store's customers are identified and proven to Chatwoot.
    #[serde(default)]
    pub identity: IdentityPolicy,
    /// The organization that the store belongs to, if the host has any above stores.
    #[serde(default)]
    pub organization: Option<OrganizationId>,
    /// The hours in which the store answers its customers; `None` if it has none.
    #[serde(default)]
    pub business_hours: Option<BusinessHours>,
    /// What of the store's customers Chatwoot, agents and the customers' own browsers get.
    #[serde(default)]
    pub privacy: PrivacyPolicy,
}

impl Store {
    /// Creates a store with English texts, in UTC, without branding, tiers, organization and
    /// business hours.
    ///
    /// ```
    /// use store_context::Currency;
    /// use store_context::model::{Store, StoreId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store {
    ///     locale: "nl".to_owned(),
    ///     time_zone: "Europe/Amsterdam".to_owned(),
    ///     ..Store::new(
    ///         StoreId::new("north")?,
    ///         "North",
    ///         "https://north.example.com".parse()?,
    ///         "help@north.example.com",
    ///         Currency::EUR,
    ///     )
    /// };
    /// assert_eq!(store.tiers, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        id: StoreId,
        name: impl Into<String>,
        website: Url,
        support_email: impl Into<String>,
        currency: Currency,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            locale: "en".to_owned(),
            currency,
            time_zone: "UTC".to_owned(),
            website,
            support_email: support_email.into(),
            branding: None,
            tiers: None,
            identity: IdentityPolicy::default(),
            organization: None,
            business_hours: None,
            privacy: PrivacyPolicy::default(),
        }
    }

    /// Returns whether the store is within its business hours at a moment; always if it has none.
    ///
    /// # Errors
    /// Returns an error if the store has hours and its time zone is not known.
    pub fn is_open(&self, at: Timestamp) -> Result<bool, UnknownTimeZone> {
        let hours = self.business_hours.as_ref();
        hours.map_or(Ok(true), |hours| hours.is_open(at, &self.time_zone))
    }
}

/// How a store's customers are identified and proven to Chatwoot.
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
    /// The kind of identifier of the store's contacts.
    pub identifiers: ContactIdentifiers,
    /// How long after a page was served its proof is accepted for what the customer writes; 12
    /// hours by default. A longer time suits pages that stay open; a shorter one leaves less time
    /// to an attacker who became the customer's contact meanwhile.
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

/// The kind of identifier of a customer's contact.
///
/// After a change each customer's next sync updates the contact's identifier;
/// [`ContactSync::verify`](crate::sync::ContactSync::verify) triggers the update of all contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactIdentifiers {
    /// A pseudonym: 32 hexadecimal digits derived with the store's key. It cannot be guessed.
    #[default]
    Pseudonym,
    /// The customer's id unchanged. On Chatwoot 4.15.1 a visitor who guesses an id becomes that
    /// customer's contact, so use this only with ids that cannot be guessed.
    Plain,
}

/// The branding and texts of a store's widget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The widget's color, `#RRGGBB`.
    pub color: String,
    /// The widget's title.
    pub welcome_title: String,
    /// The line below the title.
    pub welcome_tagline: String,
    /// The first message that a customer sees in a conversation.
    pub greeting: String,
}
