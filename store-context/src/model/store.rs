//! A store: one shop with its language, currency and looks.

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
    /// How its widget looks and greets.
    pub branding: Branding,
    /// How customers are ranked.
    pub tiers: TierPolicy,
}

/// How a store's widget looks and greets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The widget's colour, `#RRGGBB`.
    pub color: String,
    /// The widget's title.
    pub welcome_title: String,
    /// The line below the title.
    pub welcome_tagline: String,
    /// The first message a customer sees in a conversation.
    pub greeting: String,
}
