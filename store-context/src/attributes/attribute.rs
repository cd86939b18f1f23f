//! One declared attribute.

use std::fmt;
use std::sync::Arc;

use chatwoot_client::application::attribute_definitions::AttributeModel;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::input::{AttributeInput, CartState};
use super::value::{self, ValueType};
use crate::model::{Money, Store};

/// What an attribute belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppliesTo {
    /// Contacts.
    Contact,
    /// Conversations in which the customer is proven.
    Conversation,
}

impl AppliesTo {
    /// Returns the kind of record in Chatwoot.
    pub const fn model(self) -> AttributeModel {
        match self {
            Self::Contact => AttributeModel::Contact,
            Self::Conversation => AttributeModel::Conversation,
        }
    }

    pub(super) const fn of_model(model: &AttributeModel) -> Option<Self> {
        match model {
            AttributeModel::Contact => Some(Self::Contact),
            AttributeModel::Conversation => Some(Self::Conversation),
            _ => None,
        }
    }
}

impl fmt::Display for AppliesTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "contact",
            Self::Conversation => "conversation",
        })
    }
}

type Compute = Arc<dyn Fn(&AttributeInput<'_>) -> Value + Send + Sync>;

/// A custom attribute: its key in Chatwoot, its name, description and type for agents, and how its
/// value is computed. Clones share the declaration.
///
/// A constructor takes the key, the name and a closure that computes the value; it is called each
/// time a customer is synced, must not block, and returns `None` for no value. An attribute belongs
/// to contacts unless [`Attribute::on_conversations`] is called. Keys and names are checked by
/// [`AttributeSet::with`](super::AttributeSet::with).
///
/// ```
/// use store_context::attributes::Attribute;
///
/// let vip = Attribute::checkbox("vip", "VIP", |of| Some(of.insights.totals.count >= 10))
///     .description("Has placed ten orders or more");
/// assert_eq!(vip.key(), "vip");
/// ```
#[derive(Clone)]
pub struct Attribute {
    declared: Arc<Declared>,
}

#[derive(Clone)]
struct Declared {
    applies_to: AppliesTo,
    key: String,
    name: String,
    description: Option<String>,
    value_type: ValueType,
    compute: Compute,
    recent_orders: usize,
    needs_cart: bool,
    takes_over: bool,
    standard: bool,
    previous_keys: Vec<String>,
}

impl Attribute {
    fn new(
        key: impl Into<String>,
        name: impl Into<String>,
        value_type: ValueType,
        compute: impl Fn(&AttributeInput<'_>) -> Value + Send + Sync + 'static,
    ) -> Self {
        let declared = Declared {
            applies_to: AppliesTo::Contact,
            key: key.into(),
            name: name.into(),
            description: None,
            value_type,
            compute: Arc::new(compute),
            recent_orders: 0,
            needs_cart: false,
            takes_over: false,
            standard: false,
            previous_keys: Vec::new(),
        };
        Self { declared: Arc::new(declared) }
    }

    /// Declares an attribute of the host's own data: its value is the customer's attribute with the
    /// same key ([`Customer::attributes`](crate::model::Customer::attributes)). A value of another
    /// type is not written.
    ///
    /// Texts are JSON strings, also links (absolute URLs) and dates (`2026-11-21`, or a time in ISO
    /// 8601 of which the date is taken).
    pub fn own(key: impl Into<String>, name: impl Into<String>, value_type: ValueType) -> Self {
        let (key, wanted) = (key.into(), value_type.clone());
        let own = key.clone();
        Self::new(key, name, value_type, move |of| {
            let Some(value) = of.customer.attributes.get(&own) else { return Value::Null };
            wanted.fit(value).unwrap_or_else(|| {
                let (store, customer) = (&of.store.id, &of.customer.id);
                tracing::warn!(%store, %customer, attribute = own,
                    "the customer's attribute is not of the declared type; it is not written");
                Value::Null
            })
        })
    }

    /// Declares a text.
    pub fn text(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Text, move |of| {
            value(of).map_or(Value::Null, |text| value::text(&text))
        })
    }

    /// Declares a number.
    pub fn number(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<Decimal> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Number, move |of| {
            value(of).map_or(Value::Null, value::number)
        })
    }

    /// Declares an amount of money: the number without its currency, which is the store's.
    pub fn currency(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<Money> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Currency, move |of| {
            value(of).map_or(Value::Null, |money| value::number(money.amount))
        })
    }

    /// Declares a percentage: 12.5 is 12.5 %.
    pub fn percent(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<Decimal> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Percent, move |of| {
            value(of).map_or(Value::Null, value::number)
        })
    }

    /// Declares a link, for example to the customer in the shop's administration. A URL that is
    /// neither `https` nor `http` is not written.
    pub fn link(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<Url> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Link, move |of| {
            value(of).and_then(|url| value::link(&url)).unwrap_or_default()
        })
    }

    /// Declares a date.
    pub fn date(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<Date> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Date, move |of| value(of).map_or(Value::Null, value::date))
    }

    /// Declares a checkbox.
    pub fn checkbox(
        key: impl Into<String>,
        name: impl Into<String>,
        value: impl Fn(&AttributeInput<'_>) -> Option<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(key, name, ValueType::Checkbox, move |of| {
            value(of).map_or(Value::Null, Value::from)
        })
    }

    /// Declares a list: one of these texts. Another text is not written.
    pub fn list(
        key: impl Into<String>,
        name: impl Into<String>,
        choices: impl IntoIterator<Item = impl Into<String>>,
        value: impl Fn(&AttributeInput<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let (key, choices) = (key.into(), choices.into_iter().map(Into::into));
        let value_type = ValueType::List(choices.collect());
        let (own, wanted) = (key.clone(), value_type.clone());
        Self::new(key, name, value_type, move |of| {
            let Some(value) = value(of) else { return Value::Null };
            wanted.fit(&Value::String(value)).unwrap_or_else(|| {
                tracing::warn!(store = %of.store.id, attribute = own,
                    "a value is not one of the attribute's list; it is not written");
                Value::Null
            })
        })
    }

    /// Declares the customer's tier.
    pub(super) fn tier(key: &str, name: &str) -> Self {
        Self::new(key, name, ValueType::Tier, |of| {
            of.insights.tier.as_ref().map_or(Value::Null, |tier| tier.as_str().into())
        })
    }

    /// Sets the description for agents.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.change(|declared| declared.description = Some(description.into()))
    }

    /// Sets another name, for example in the agents' language.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.change(|declared| declared.name = name.into())
    }

    /// Makes it an attribute of conversations: its value is written to each conversation in which
    /// the customer is proven, when something happens in it. In any other conversation a visitor can
    /// set an attribute of this name, so agents must not rely on it there. A text is cut after 1,500
    /// characters, which is Chatwoot's limit.
    #[must_use]
    pub fn on_conversations(self) -> Self {
        self.change(|declared| declared.applies_to = AppliesTo::Conversation)
    }

    /// Has this many of the most recent orders read for the closure. Without it
    /// [`AttributeInput::recent_orders`] is empty.
    #[must_use]
    pub fn needing_orders(self, count: usize) -> Self {
        self.change(|declared| declared.recent_orders = count)
    }

    /// Leaves the attribute out for a host without carts.
    #[must_use]
    pub fn needing_cart(self) -> Self {
        self.change(|declared| declared.needs_cart = true)
    }

    /// Takes over a definition that exists in Chatwoot with another type: it is changed, and values
    /// that others wrote stay until the customer's next change. Without it such a definition is a
    /// [`DefinitionConflict`](super::DefinitionConflict).
    #[must_use]
    pub fn taking_over(self) -> Self {
        self.change(|declared| declared.takes_over = true)
    }

    /// Renames the attribute's key: a definition with the previous key gets the new one, and the
    /// values of the previous key are cleared with each customer's next write.
    #[must_use]
    pub fn renamed_from(self, key: impl Into<String>) -> Self {
        self.change(|declared| declared.previous_keys.push(key.into()))
    }

    pub(super) fn of_standard_set(self) -> Self {
        self.change(|declared| declared.standard = true)
    }

    fn change(mut self, change: impl FnOnce(&mut Declared)) -> Self {
        change(Arc::make_mut(&mut self.declared));
        self
    }

    /// Returns what the attribute belongs to.
    pub fn applies_to(&self) -> AppliesTo {
        self.declared.applies_to
    }

    /// Returns the key in `custom_attributes`.
    pub fn key(&self) -> &str {
        &self.declared.key
    }

    /// Returns the name for agents.
    pub fn name(&self) -> &str {
        &self.declared.name
    }

    /// Returns the description for agents.
    pub fn description_text(&self) -> Option<&str> {
        self.declared.description.as_deref()
    }

    /// Returns the type.
    pub fn value_type(&self) -> &ValueType {
        &self.declared.value_type
    }

    /// Returns the number of recent orders that the value is computed from.
    pub fn recent_orders(&self) -> usize {
        self.declared.recent_orders
    }

    /// Returns whether the value is computed from the cart.
    pub fn needs_cart(&self) -> bool {
        self.declared.needs_cart
    }

    pub(super) fn takes_over(&self) -> bool {
        self.declared.takes_over
    }

    /// Returns whether the attribute is one of the standard set, possibly with another name.
    pub(super) fn is_standard(&self) -> bool {
        self.declared.standard
    }

    pub(super) fn previous_keys(&self) -> &[String] {
        &self.declared.previous_keys
    }

    /// Returns whether a store has the attribute.
    pub(super) fn is_had_by(&self, store: &Store, has_carts: bool) -> bool {
        let has_tiers = self.declared.value_type != ValueType::Tier || store.tiers.is_some();
        has_tiers && (has_carts || !self.declared.needs_cart)
    }

    /// Returns a customer's value; null for none.
    ///
    /// ```
    /// use store_context::attributes::{Attribute, AttributeInput};
    ///
    /// # fn example(input: &AttributeInput<'_>) {
    /// let name = Attribute::text("full_name", "Full name", |of| Some(of.customer.name.clone()));
    /// assert_eq!(name.value(input), input.customer.name.as_str());
    /// # }
    /// ```
    pub fn value(&self, input: &AttributeInput<'_>) -> Value {
        if self.declared.needs_cart && input.cart == CartState::NoCarts {
            return Value::Null;
        }
        // As many orders as it asked for, whatever others of the set need.
        let count = self.declared.recent_orders.min(input.recent_orders.len());
        let recent_orders = input.recent_orders.get(..count).unwrap_or_default();
        let value = (self.declared.compute)(&input.recent_orders(recent_orders));
        match self.declared.applies_to {
            AppliesTo::Contact => value,
            AppliesTo::Conversation => value::of_conversation(value),
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("applies_to", &self.declared.applies_to)
            .field("key", &self.declared.key)
            .field("name", &self.declared.name)
            .field("value_type", &self.declared.value_type)
            .finish_non_exhaustive()
    }
}
