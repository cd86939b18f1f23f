//! What leaves the shop: to Chatwoot, to agents, and to a customer's own browser.

use std::collections::BTreeSet;

use chatwoot_client::Attributes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::customer::Customer;

/// What of a store's customers Chatwoot, agents and the customers' own browsers get.
///
/// The default shares with Chatwoot what the engine writes, and shows an agent the customer of a
/// conversation that is not proven only when the agent asks for it.
///
/// After a change each customer's next sync writes the contact again, and clears what is withheld
/// now; [`ContactSync::want_all`](crate::sync::ContactSync::want_all) triggers it for all.
///
/// ```
/// use store_context::model::{PrivacyPolicy, SharedAttributes, SharedData};
///
/// // A visitor who types a customer's address does not become that customer's contact.
/// let policy = PrivacyPolicy {
///     contact: SharedData {
///         email: false,
///         phone: false,
///         attributes: SharedAttributes::only(["customer_tier"]),
///         ..SharedData::default()
///     },
///     ..PrivacyPolicy::default()
/// };
/// assert!(policy.contact.attributes.includes("customer_tier"));
/// assert!(!policy.contact.attributes.includes("lifetime_value"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivacyPolicy {
    /// What Chatwoot gets of a customer.
    pub contact: SharedData,
    /// What agents see in a conversation whose writer is not proven.
    pub unproven: UnprovenView,
    /// What a signed-in customer's own browser gets besides the customer's name, orders and cart.
    pub own: OwnView,
    /// What is done with the conversations of an erased customer.
    pub erased_conversations: ErasedConversations,
}

/// The data of a customer that the engine writes to Chatwoot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedData {
    /// The customer's name. Without it a contact has an empty name.
    pub name: bool,
    /// The email address, if it is verified. Chatwoot merges whoever types an address into the
    /// contact that has it (4.15.1), so a store that withholds it closes that way to its customers'
    /// contacts. Agents cannot write to the customer by email then.
    pub email: bool,
    /// The phone number. Chatwoot merges by it as by the email address.
    pub phone: bool,
    /// The attributes.
    pub attributes: SharedAttributes,
}

impl Default for SharedData {
    fn default() -> Self {
        Self { name: true, email: true, phone: true, attributes: SharedAttributes::All }
    }
}

impl SharedData {
    /// Returns the name that Chatwoot gets of a customer; empty if the name is withheld. A customer
    /// without a name is called by the email address, unless that is withheld too.
    pub fn name_of(&self, customer: &Customer) -> String {
        match (self.name, customer.name.is_empty() && !self.email) {
            (true, false) => customer.contact_name(),
            _ => String::new(),
        }
    }
}

/// The attributes that the engine writes to Chatwoot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedAttributes {
    /// All that the store has.
    #[default]
    All,
    /// Those with these keys.
    Only(BTreeSet<String>),
}

impl SharedAttributes {
    /// Returns the choice of these keys.
    pub fn only<T: Into<String>>(keys: impl IntoIterator<Item = T>) -> Self {
        Self::Only(keys.into_iter().map(Into::into).collect())
    }

    /// Returns the choice of no attribute.
    pub const fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// Returns whether the attribute with this key is written.
    pub fn includes(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }

    /// Replaces the values that are not written by null, which clears them in Chatwoot.
    pub(crate) fn withhold_from(&self, values: &mut Attributes) {
        for (key, value) in values {
            if !self.includes(key) {
                *value = Value::Null;
            }
        }
    }
}

/// What the panel shows an agent in a conversation whose writer is not proven. It always says that
/// the writer is not proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnprovenView {
    /// The customer of the contact, when the agent asks for it.
    #[default]
    OnRequest,
    /// Nothing of any customer.
    Nothing,
}

/// What a signed-in customer's own browser gets besides the customer's name, orders and cart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnView {
    /// The tier.
    pub tier: bool,
    /// The totals of the orders: lifetime value, number, average.
    pub totals: bool,
}

/// What is done with the conversations of an erased customer. Either way an erasure is complete
/// only when Chatwoot shows none of them any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErasedConversations {
    /// Chatwoot deletes them in the background after it has deleted the contact. While the contact
    /// is online and cannot be deleted, they stay.
    #[default]
    LeaveToChatwoot,
    /// Each is deleted by a call of its own, before the contact and also while that is online.
    DeleteEach,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_the_default() {
        let read = |json: &str| serde_json::from_str::<PrivacyPolicy>(json).unwrap();
        assert_eq!(read("{}"), PrivacyPolicy::default());
        let withheld = read(r#"{"contact": {"email": false, "attributes": {"only": ["tier"]}}}"#);
        assert!(withheld.contact.name && withheld.contact.phone && !withheld.contact.email);
        assert_eq!(withheld.contact.attributes, SharedAttributes::only(["tier"]));
        let json = serde_json::to_string(&withheld).unwrap();
        assert_eq!(read(&json), withheld);
    }
}
