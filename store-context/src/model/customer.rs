//! A customer: somebody who is registered at a store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::text_ids;

text_ids! {
    /// A customer of a store, by the id that the host gives. A contact's identifier is made of it;
    /// see [`ContactIdentifiers`](super::ContactIdentifiers).
    CustomerId;
}

/// A registered customer, as the host knows it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The host's id.
    pub id: CustomerId,
    /// The full name; may be empty.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the customer has proved that the address is theirs. An unproven address is never
    /// sent to Chatwoot: there it would open another person's contact.
    pub email_verified: bool,
    /// The telephone number in E.164 form (`+31612345678`).
    pub phone: Option<String>,
    /// When the customer registered.
    pub registered_at: Option<Timestamp>,
}

impl Customer {
    /// A customer of whom only the id and the name are known.
    pub fn new(id: CustomerId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            email: None,
            email_verified: false,
            phone: None,
            registered_at: None,
        }
    }

    /// The e-mail address, if it is proven.
    pub fn proven_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified)
    }

    /// Returns the name of the customer's contact: the customer's own, or else the proven e-mail
    /// address. It has at most 255 characters and no NUL: what Chatwoot takes (4.15.1, measured).
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
