//! The snapshot that agents and bots see of a customer.

use iso_currency::Currency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cart::Cart;
use super::customer::Customer;
use super::insights::Insights;
use super::order::Order;
use super::store::{Store, StoreId};

/// What is known of a customer at one moment: who it is and what they bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextSnapshot {
    /// At which store.
    pub store: StoreSummary,
    /// Who it is.
    pub customer: Customer,
    /// What the orders add up to; `None` if the orders could not be read.
    pub insights: Option<Insights>,
    /// The latest orders, newest first.
    pub recent_orders: Vec<Order>,
    /// What lies in the cart.
    pub cart: Option<Cart>,
    /// What could not be read in time, so that an agent does not take "unknown" for "none".
    pub unavailable: Vec<Source>,
    /// When the snapshot was taken.
    pub generated_at: Timestamp,
}

/// The part of a store that an agent sees beside a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSummary {
    /// The host's id.
    pub id: StoreId,
    /// Its name.
    pub name: String,
    /// Its language.
    pub locale: String,
    /// The currency of its orders.
    pub currency: Currency,
    /// Its IANA time zone.
    pub time_zone: String,
}

impl From<&Store> for StoreSummary {
    fn from(store: &Store) -> Self {
        Self {
            id: store.id.clone(),
            name: store.name.clone(),
            locale: store.locale.clone(),
            currency: store.currency,
            time_zone: store.time_zone.clone(),
        }
    }
}

/// A part of the snapshot that is read from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The order totals.
    Totals,
    /// The latest orders.
    Orders,
    /// The cart.
    Cart,
}
