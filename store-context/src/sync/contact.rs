//! The wanted state of a customer's contact.

use chatwoot_client::application::contacts::{ContactPatch, NewContact};
use chatwoot_client::{Attributes, InboxId, Patch};
use serde::Serialize;

use super::state::ContactState;
use crate::attributes::{AppliesTo, AttributeInput, AttributeSet};
use crate::identity::StoreIdentity;
use crate::ports::Fingerprint;

/// The contact that a customer should have, computed from the shop's current state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WantedContact {
    /// The identifier of the customer in Chatwoot; see
    /// [`StoreIdentity::identifier`](crate::identity::StoreIdentity::identifier).
    pub identifier: Option<String>,
    /// The customer's name; see [`Customer::contact_name`](crate::model::Customer::contact_name).
    pub name: String,
    /// The customer's email address, if it is verified.
    pub email: Option<String>,
    /// The customer's phone number.
    pub phone_number: Option<String>,
    /// The values of the store's attributes; null for none.
    pub custom_attributes: Attributes,
}

impl WantedContact {
    /// Computes the contact from the shop's state and the store's attributes.
    ///
    /// ```
    /// use store_context::attributes::{AttributeInput, AttributeSet, CartState};
    /// use store_context::model::{Customer, CustomerId, Insights, Store, TierPolicy};
    /// use store_context::sync::WantedContact;
    ///
    /// # fn example(store: Store) {
    /// let store = Store { tiers: Some(TierPolicy::new([("bronze", 0)]).unwrap()), ..store };
    /// let customer = Customer {
    ///     email: Some("sanne@example.com".into()),
    ///     ..Customer::new(CustomerId::new("42").unwrap(), "Sanne")
    /// };
    /// let insights = Insights::new(store.currency, [], store.tiers.as_ref());
    /// let input = AttributeInput::new(&store, &customer, &insights, CartState::Empty);
    /// let attributes = AttributeSet::standard().for_store(&store, true);
    /// let wanted = WantedContact::new("4b1d".to_owned(), &attributes, &input);
    /// assert_eq!(wanted.email, None, "the address is not proven");
    /// assert_eq!(wanted.custom_attributes["customer_tier"], "bronze");
    /// # }
    /// # example(Store::new(
    /// #     store_context::model::StoreId::new("north").unwrap(),
    /// #     "North",
    /// #     "https://north.example.com".parse().unwrap(),
    /// #     "help@north.example.com",
    /// #     store_context::Currency::EUR,
    /// # ));
    /// ```
    pub fn new(identifier: String, attributes: &AttributeSet, input: &AttributeInput<'_>) -> Self {
        let customer = input.customer;
        Self {
            identifier: Some(identifier),
            name: customer.contact_name(),
            email: customer.proven_email().filter(|text| sendable_email(text)).map(str::to_owned),
            phone_number: customer.phone.clone().filter(|text| sendable(text)),
            custom_attributes: attributes.values(AppliesTo::Contact, input),
        }
    }

    /// Returns the digest of the wanted contact; equal contacts have equal digests.
    pub fn fingerprint(&self) -> Fingerprint {
        ContactState::of_wanted(self).fingerprint()
    }

    /// Returns the state that was wanted when this fingerprint was written, of which some fields
    /// may have been left out. If the fingerprint is of another state, returns the state that is
    /// wanted now.
    pub(super) fn as_written(&self, fingerprint: &Fingerprint) -> ContactState {
        for left_out in 0_u8..8 {
            let mut written = self.clone();
            for (bit, field) in OPTIONAL.iter().enumerate() {
                if left_out >> bit & 1 == 1 {
                    written.leave_out(field);
                }
            }
            let state = ContactState::of_wanted(&written);
            if state.fingerprint() == *fingerprint {
                return state;
            }
        }
        ContactState::of_wanted(self)
    }

    /// Returns the request that creates the contact in an inbox.
    pub fn to_new(&self, inbox: Option<InboxId>) -> NewContact {
        NewContact {
            name: Some(self.name.clone()),
            identifier: self.identifier.clone(),
            email: self.email.clone(),
            phone_number: self.phone_number.clone(),
            custom_attributes: Some(self.custom_attributes.clone()),
            inbox_id: inbox,
            ..NewContact::default()
        }
    }

    /// Returns the change that updates an existing contact. Fields that the customer no longer has
    /// are cleared; attributes that agents maintain stay unchanged, because the server merges
    /// attributes.
    pub fn to_patch(&self) -> ContactPatch {
        ContactPatch {
            name: Patch::Set(self.name.clone()),
            identifier: Patch::from_wanted(self.identifier.clone()),
            email: Patch::from_wanted(self.email.clone()),
            phone_number: Patch::from_wanted(self.phone_number.clone()),
            merge_custom_attributes: Some(self.custom_attributes.clone()),
            ..ContactPatch::default()
        }
    }

    /// Returns keyed digests of the values that must be unique among the account's contacts.
    pub(super) fn holds(&self, identity: &StoreIdentity) -> Vec<String> {
        let values = [
            ("identifier", &self.identifier),
            ("email", &self.email),
            ("phone_number", &self.phone_number),
        ];
        let held = values.into_iter().filter_map(|(field, value)| {
            value.as_deref().map(|value| identity.unique(field, value))
        });
        held.collect()
    }

    /// Removes a field and returns its value.
    pub(super) fn leave_out(&mut self, field: &str) -> Option<String> {
        match field {
            "identifier" => self.identifier.take(),
            "email" => self.email.take(),
            "phone_number" => self.phone_number.take(),
            _ => None,
        }
    }
}

/// The fields that a contact may lack.
const OPTIONAL: [&str; 3] = ["identifier", "email", "phone_number"];

/// An empty text counts as absent, and the server responds to a NUL byte with a 500 each time
/// (4.15.1).
fn sendable(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

/// The server lower-cases an address with full Unicode rules, which turns some addresses into
/// another customer's: a KELVIN SIGN becomes a k.
fn sendable_email(text: &str) -> bool {
    sendable(text) && text.to_lowercase() == text.to_ascii_lowercase()
}
