//! The attributes of the stores' contacts and conversations.

use crate::attributes::AttributeSet;
use crate::model::StoreId;

/// Returns the attributes of each store.
///
/// An [`AttributeSet`] is one for all stores, and a closure returns one per store. A set is code and
/// not data: it is asked for with each customer and each event, and must be there without waiting.
/// After a change of a store's set the next [`Provisioner::provision`] updates the definitions, and
/// the next sweep or [`ContactSync::want_all`] the contacts.
///
/// [`Provisioner::provision`]: crate::provision::Provisioner::provision
/// [`ContactSync::want_all`]: crate::sync::ContactSync::want_all
///
/// ```
/// use std::sync::Arc;
/// use store_context::attributes::{Attribute, AttributeSet, InvalidAttribute, ValueType};
/// use store_context::model::StoreId;
/// use store_context::ports::Ports;
///
/// # fn example(ports: Ports) -> Result<Ports, InvalidAttribute> {
/// let standard = AttributeSet::standard();
/// let points = Attribute::own("points", "Points", ValueType::Number);
/// let with_points = standard.clone().with(points)?;
/// let of_store = move |store: &StoreId| match store.as_str() {
///     "north" => with_points.clone(),
///     _ => standard.clone(),
/// };
/// let ports = Ports { attributes: Arc::new(of_store), ..ports };
/// # Ok(ports)
/// # }
/// ```
pub trait AttributeSets: Send + Sync {
    /// Returns a store's attributes.
    fn attributes(&self, store: &StoreId) -> AttributeSet;
}

/// One set for all stores.
impl AttributeSets for AttributeSet {
    fn attributes(&self, _store: &StoreId) -> AttributeSet {
        self.clone()
    }
}

impl<F: Fn(&StoreId) -> AttributeSet + Send + Sync> AttributeSets for F {
    fn attributes(&self, store: &StoreId) -> AttributeSet {
        self(store)
    }
}
