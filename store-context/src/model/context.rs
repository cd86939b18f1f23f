//! The snapshot of a customer that agents and bots see.

use iso_currency::Currency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::cart::Cart;
use super::customer::Customer;
use super::insights::Insights;
use super::order::Order;
use super::store::{Store, StoreId};

/// The data of a customer at one moment: identity, orders, cart and activity. It is for agents, and for
/// bots in a proven conversation: orders have links into the shop's administration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextSnapshot {
    /// The customer's store.
    pub store: StoreSummary,
    /// The customer.
    pub customer: Customer,
    /// The totals of the orders; `None` if the orders could not be read.
    pub insights: Option<Insights>,
    /// The most recent orders, newest first.
    pub recent_orders: Vec<Order>,
    /// The customer's cart.
    pub cart: Option<Cart>,
    /// What the customer did most recently, newest first; `None` if the host records none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent_activity: Option<Vec<Activity>>,
    /// The parts that could not be read in time, so that an agent does not mistake "unknown" for
    /// "none".
    pub unavailable: Vec<Source>,
    /// When the snapshot was created.
    pub generated_at: Timestamp,
}

/// The data of a store that an agent sees beside a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSummary {
    /// The host's id.
    pub id: StoreId,
    /// The store's name.
    pub name: String,
    /// The store's language.
    pub locale: String,
    /// The currency of the store's orders.
    pub currency: Currency,
    /// The store's IANA time zone.
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
    /// The most recent orders.
    Orders,
    /// The cart.
    Cart,
    /// The most recent activity.
    Activity,
}
