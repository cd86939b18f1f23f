//! Leaves out of a contact what the store's policy keeps from Chatwoot.

use super::contact::WantedContact;
use crate::model::{Customer, SharedData};

impl WantedContact {
    /// Leaves out what is not shared with Chatwoot. A contact that has it already loses it with the
    /// next write: an absent address is cleared, and an attribute becomes null, because Chatwoot
    /// merges attributes.
    ///
    /// ```
    /// use store_context::Currency;
    /// use store_context::attributes::{AttributeInput, AttributeSet, CartState};
    /// use store_context::model::{Customer, CustomerId, Insights, SharedData, Store, StoreId};
    /// use store_context::sync::WantedContact;
    ///
    /// let customer = Customer {
    ///     email: Some("sanne@example.com".into()),
    ///     email_verified: true,
    ///     ..Customer::new(CustomerId::new("42")?, "Sanne")
    /// };
    /// let website = "https://north.example.com".parse()?;
    /// let id = StoreId::new("north")?;
    /// let store = Store::new(id, "North", website, "help@north.example.com", Currency::EUR);
    /// let insights = Insights::new(store.currency, [], None);
    /// let input = AttributeInput::new(&store, &customer, &insights, CartState::Empty);
    /// let all = WantedContact::new("4b1d".to_owned(), &AttributeSet::standard(), &input);
    /// let shared = SharedData { email: false, ..SharedData::default() };
    /// let less = all.clone().sharing(&customer, &shared);
    /// assert_eq!((less.email.as_deref(), less.name.as_str()), (None, "Sanne"));
    /// assert_ne!(less.fingerprint(), all.fingerprint());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sharing(mut self, customer: &Customer, shared: &SharedData) -> Self {
        self.name = shared.name_of(customer);
        if !shared.email {
            self.email = None;
        }
        if !shared.phone {
            self.phone_number = None;
        }
        shared.attributes.withhold_from(&mut self.custom_attributes);
        self
    }
}
