//! The custom attributes of a store's contacts and conversations, declared once.
//!
//! An [`AttributeSet`] declares each attribute with its key, its name and type for agents, and how
//! its value is computed from the customer, the orders, the cart or the host's own data. The same
//! declaration is used for the definitions in Chatwoot
//! ([`Provisioner`](crate::provision::Provisioner)), the values on contacts
//! ([`ContactSync`](crate::sync::ContactSync)) and on proven conversations
//! ([`Dispatcher`](crate::intake::Dispatcher)), the panel, and the documentation
//! ([`AttributeSet::to_markdown`]).
//!
//! A host without a declaration of its own has [`AttributeSet::standard`]. A host with one passes
//! it as [`Ports::attributes`](crate::ports::Ports::attributes), the same set for all stores or one
//! per store.
//!
//! ```
//! use std::sync::Arc;
//! use store_context::attributes::{Attribute, AttributeSet, InvalidAttribute, ValueType};
//! use store_context::ports::Ports;
//!
//! # fn example(ports: Ports) -> Result<Ports, InvalidAttribute> {
//! let attributes = AttributeSet::standard()
//!     .without("cart_items")?
//!     // The customer's own attribute `loyalty_points`, from `Customer::attributes`.
//!     .with(Attribute::own("loyalty_points", "Loyalty points", ValueType::Number))?
//!     .with(
//!         Attribute::number("open_orders", "Open orders", |of| {
//!             let open = of.recent_orders.iter().filter(|order| order.status.counts());
//!             Some(open.count().into())
//!         })
//!         .description("How many of the last 20 orders are paid")
//!         .needing_orders(20),
//!     )?;
//! let ports = Ports { attributes: Arc::new(attributes), ..ports };
//! # Ok(ports)
//! # }
//! ```

mod attribute;
mod definitions;
mod input;
mod reserved;
mod set;
mod standard;
mod table;
mod value;

pub use self::attribute::{AppliesTo, Attribute};
pub use self::definitions::{
    DefinitionAction, DefinitionChange, DefinitionConflict, DefinitionField,
};
pub use self::input::{AttributeInput, CartState};
pub use self::reserved::{CONTACT_MARK, PROOF_ATTRIBUTE};
pub use self::set::{AttributeSet, InvalidAttribute, ShownAttribute};
pub use self::value::ValueType;

#[cfg(test)]
mod tests;
