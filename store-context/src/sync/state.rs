//! The state of a contact in a canonical form, independent of the API or webhook that reports it.

use std::collections::BTreeMap;

use chatwoot_client::application::contacts::Contact;
use chatwoot_client::{Attributes, webhook};
use serde_json::Value;

use super::contact::WantedContact;
use crate::attributes::{AppliesTo, AttributeSet};
use crate::mac::hash_digits;
use crate::ports::Fingerprint;

/// The fields of a contact that this engine writes, in a comparable form; an empty field is absent.
/// Attributes of others (an agent's notes, the widget's) are not included.
///
/// The server's normalizations are applied here too (4.15.1): an email address is lower-cased, an
/// empty text becomes absent, a number is compared by value and not by its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactState(BTreeMap<String, String>);

impl ContactState {
    /// Returns the wanted state, all of whose attributes are this engine's.
    pub(crate) fn of_wanted(contact: &WantedContact) -> Self {
        let keys = contact.custom_attributes.keys().map(String::as_str);
        Self::new(
            contact.identifier.as_deref(),
            Some(&contact.name),
            contact.email.as_deref(),
            contact.phone_number.as_deref(),
            &contact.custom_attributes,
            keys,
        )
    }

    /// Returns the state of a contact, with the attributes of the store's set.
    pub(crate) fn of_contact(contact: &Contact, attributes: &AttributeSet) -> Self {
        let keys = attributes.keys(AppliesTo::Contact);
        Self::new(
            contact.identifier.as_deref(),
            contact.name.as_deref(),
            contact.email.as_deref(),
            contact.phone_number.as_deref(),
            &contact.custom_attributes,
            keys,
        )
    }

    /// Returns the state of a webhook's contact, with the attributes of the store's set.
    pub(crate) fn of_webhook(contact: &webhook::Contact, attributes: &AttributeSet) -> Self {
        let keys = attributes.keys(AppliesTo::Contact);
        let none = Attributes::new();
        Self::new(
            contact.identifier.as_deref(),
            contact.name.as_deref(),
            contact.email.as_deref(),
            contact.phone_number.as_deref(),
            contact.custom_attributes.as_ref().unwrap_or(&none),
            keys,
        )
    }

    fn new<'a>(
        identifier: Option<&str>,
        name: Option<&str>,
        email: Option<&str>,
        phone_number: Option<&str>,
        custom_attributes: &Attributes,
        keys: impl Iterator<Item = &'a str>,
    ) -> Self {
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let columns = [
            ("identifier", text(identifier)),
            ("name", text(name)),
            ("email", text(email).map(|email| email.to_ascii_lowercase())),
            ("phone_number", text(phone_number)),
        ];
        let attributes = keys.map(|key| (key, custom_attributes.get(key).and_then(canonical)));
        let fields = columns.into_iter().chain(attributes);
        Self(fields.filter_map(|(field, value)| Some((field.to_owned(), value?))).collect())
    }

    /// Returns the fingerprint; equal states have equal fingerprints.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        // A map from text to text always serializes.
        let json = serde_json::to_vec(&self.0).unwrap_or_default();
        Fingerprint(hash_digits(&[&json]))
    }

    /// Returns the fields in which two states differ, ordered by name.
    pub(crate) fn differs_in(&self, other: &Self) -> Vec<String> {
        let fields = self.0.keys().chain(other.0.keys());
        let mut fields: Vec<_> =
            fields.filter(|field| self.0.get(*field) != other.0.get(*field)).cloned().collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

/// Returns an attribute's value in a comparable form: 100.10 equals 100.1, and null equals absent.
pub(crate) fn canonical(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Number(number) => {
            // Chatwoot parses a number with a fraction as a double and returns that.
            let value = number.as_f64().map(|value| value + 0.0);
            Some(value.map_or_else(|| number.to_string(), |value| value.to_string()))
        }
        value => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(email: &str, phone: Option<&str>, attributes: &Value) -> ContactState {
        let attributes = attributes.as_object().cloned().unwrap();
        let keys: Vec<String> = AttributeSet::standard()
            .of(AppliesTo::Contact)
            .map(|attribute| attribute.key().to_owned())
            .collect();
        let keys = keys.iter().map(String::as_str);
        ContactState::new(Some("id"), Some("Ada"), Some(email), phone, &attributes, keys)
    }

    #[test]
    fn what_the_server_makes_of_a_field_is_no_difference() {
        let written = state(
            "Ada@Mail.example",
            None,
            &json!({ "lifetime_value": 100.10, "order_count": 3, "last_order_at": null }),
        );
        let shown = state(
            "ada@mail.example",
            Some(""),
            &json!({ "lifetime_value": 100.1, "order_count": 3.0, "favourite": "gouda" }),
        );
        assert_eq!(written, shown);
        assert_eq!(written.fingerprint(), shown.fingerprint());
    }

    #[test]
    fn each_field_makes_a_difference() {
        let is = state("a@b", Some("+311"), &json!({ "customer_tier": "brons" }));
        let other = state("k@b", None, &json!({ "customer_tier": "goud", "order_count": "3" }));
        let fields = ["customer_tier", "email", "order_count", "phone_number"];
        assert_eq!(is.differs_in(&other), fields);
        assert_ne!(is.fingerprint(), other.fingerprint());
        let kelvin = state("\u{212A}@b", None, &json!({}));
        assert_eq!(kelvin.differs_in(&state("k@b", None, &json!({}))), ["email"]);
    }
}
