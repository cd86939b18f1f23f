//! Customers: persons registered at a store.

use chatwoot_client::Attributes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::text_ids;

text_ids! {
    /// The id of a customer at a store, assigned by the host. A contact's identifier is derived
    /// from it; see [`ContactIdentifiers`](super::ContactIdentifiers).
    CustomerId;
}

/// A registered customer in the host's current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The host's id.
    pub id: CustomerId,
    /// The full name; may be empty.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// Whether the customer has verified that the address is theirs. An unverified address is never
    /// sent to Chatwoot, where it would match another person's contact.
    pub email_verified: bool,
    /// The phone number in E.164 format (`+31612345678`).
    pub phone: Option<String>,
    /// When the customer registered.
    pub registered_at: Option<Timestamp>,
    /// The host's own attributes of the customer, by key. An
    /// [`AttributeSet`](crate::attributes::AttributeSet) declares which of them Chatwoot gets; the
    /// others do not leave the host's own services, except as a part of this customer's snapshot.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Customer {
    /// Creates a customer with an id and a name only.
    pub fn new(id: CustomerId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            email: None,
            email_verified: false,
            phone: None,
            registered_at: None,
            attributes: Attributes::new(),
        }
    }

    /// Returns the email address if it is verified.
    pub fn proven_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified)
    }

    /// Returns the name of the customer's contact: the customer's own name, or else the verified
    /// email address. It has at most 255 characters and no NUL, which is what Chatwoot accepts
    /// (4.15.1, measured).
    ///
    /// ```
    /// use store_context::model::{Customer, CustomerId};
    ///
    /// let mut ada = Customer::new(CustomerId::new("c-1").unwrap(), "");
    /// ada.email = Some("ada@example.com".to_owned());
    /// ada.email_verified = true;
    /// assert_eq!(ada.contact_name(), "ada@example.com");
    /// ada.name = "Ada".to_owned();
    /// assert_eq!(ada.contact_name(), "Ada");
    /// ```
    pub fn contact_name(&self) -> String {
        let email = self.proven_email().unwrap_or_default();
        let name = if self.name.is_empty() { email } else { &self.name };
        name.chars().filter(|character| *character != '\0').take(255).collect()
    }
}
