//! The attributes of a store.

use chatwoot_client::Attributes;
use serde::Serialize;
use serde_json::Value;

use super::attribute::{AppliesTo, Attribute};
use super::input::AttributeInput;
use super::reserved::reserved_by;
use super::standard;
use super::value::ValueType;
use crate::model::Store;

/// The reason why an attribute cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAttribute {
    /// The key is empty, is longer than 255 characters, or has other characters than those of
    /// Chatwoot's keys.
    #[error("attribute key {0:?}: a key has 1 to 255 of A-Z, a-z, 0-9, `_`, `-` and `.`")]
    Key(String),
    /// Chatwoot or this engine uses the key itself.
    #[error("{applies_to} attribute `{key}`: {by} uses this key itself")]
    Reserved {
        /// What the attribute belongs to.
        applies_to: AppliesTo,
        /// The key.
        key: String,
        /// Who uses it.
        by: &'static str,
    },
    /// The set has the key already, or the attribute is renamed from a key that the set has.
    #[error("{applies_to} attribute `{key}` is declared twice")]
    Duplicate {
        /// What the attribute belongs to.
        applies_to: AppliesTo,
        /// The key.
        key: String,
    },
    /// The name is empty or longer than 255 characters.
    #[error("attribute `{0}`: a name has 1 to 255 characters, not all of them spaces")]
    Name(String),
    /// The list has no texts to choose from, or one of them is empty or there twice.
    #[error("attribute `{0}`: a list has at least one text to choose from, none empty or twice")]
    Choices(String),
    /// The set has no attribute with the key.
    #[error("no attribute `{0}` is declared")]
    Unknown(String),
}

/// The maximum length of a key and of a name in Chatwoot.
const LONGEST: usize = 255;

/// The attributes of a store's contacts and conversations. It is always valid: what cannot be
/// declared is an error of the method that adds it.
///
/// ```
/// use store_context::attributes::{Attribute, AttributeSet, InvalidAttribute};
///
/// let mail = Attribute::text("email", "E-mail", |of| of.customer.email.clone());
/// let error = AttributeSet::empty().with(mail).unwrap_err();
/// assert_eq!(error.to_string(), "contact attribute `email`: Chatwoot uses this key itself");
/// ```
#[derive(Clone, Debug)]
pub struct AttributeSet {
    attributes: Vec<Attribute>,
    /// Attributes that were declared once, whose values are cleared.
    retired: Vec<(AppliesTo, String)>,
}

impl Default for AttributeSet {
    /// Returns [`AttributeSet::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

impl AttributeSet {
    /// Returns the standard set, all for contacts: the tier, the totals of the orders, and the cart.
    /// A store without tiers and a host without carts do not have the attributes of these.
    pub fn standard() -> Self {
        Self { attributes: standard::attributes(), retired: Vec::new() }
    }

    /// Returns a set without attributes.
    pub const fn empty() -> Self {
        Self { attributes: Vec::new(), retired: Vec::new() }
    }

    /// Adds an attribute, after those that the set has.
    ///
    /// # Errors
    /// Returns an error if Chatwoot would refuse the attribute, or the set has its key already.
    pub fn with(mut self, attribute: Attribute) -> Result<Self, InvalidAttribute> {
        let (applies_to, key) = (attribute.applies_to(), attribute.key());
        check_key(applies_to, key)?;
        let name = attribute.name();
        if name.trim().is_empty() || name.chars().count() > LONGEST {
            return Err(InvalidAttribute::Name(key.to_owned()));
        }
        if let ValueType::List(choices) = attribute.value_type() {
            let twice =
                |(at, choice): (usize, &String)| choices.iter().take(at).any(|it| it == choice);
            let empty = |choice: &String| choice.trim().is_empty();
            if choices.is_empty()
                || choices.iter().any(empty)
                || choices.iter().enumerate().any(twice)
            {
                return Err(InvalidAttribute::Choices(key.to_owned()));
            }
        }
        let previous = attribute.previous_keys();
        previous.iter().try_for_each(|key| check_key(applies_to, key))?;
        for taken in previous.iter().map(String::as_str).chain([key]) {
            let own = taken == key && previous.iter().any(|it| it == key);
            if own || self.get(applies_to, taken).is_some() {
                let key = taken.to_owned();
                return Err(InvalidAttribute::Duplicate { applies_to, key });
            }
        }
        self.retired.retain(|retired| *retired != (applies_to, key.to_owned()));
        self.retired.extend(previous.iter().map(|key| (applies_to, key.clone())));
        self.attributes.push(attribute);
        Ok(self)
    }

    /// Removes the attributes with this key, of contacts and of conversations; see
    /// [`AttributeSet::retired`].
    ///
    /// # Errors
    /// Returns an error if the set has no such attribute.
    pub fn without(mut self, key: &str) -> Result<Self, InvalidAttribute> {
        let removed = self.attributes.extract_if(.., |attribute| attribute.key() == key);
        let removed: Vec<_> = removed.map(|it| (it.applies_to(), key.to_owned())).collect();
        if removed.is_empty() {
            return Err(InvalidAttribute::Unknown(key.to_owned()));
        }
        self.retired.extend(removed);
        Ok(self)
    }

    /// Says that an attribute was declared once and is not any more: its values are cleared, with
    /// the next write of each customer that has one, and its definition is reported as an orphan.
    ///
    /// # Errors
    /// Returns an error if the key is invalid or reserved, or the set has the attribute.
    pub fn retired(
        mut self,
        applies_to: AppliesTo,
        key: impl Into<String>,
    ) -> Result<Self, InvalidAttribute> {
        let key = key.into();
        check_key(applies_to, &key)?;
        if self.get(applies_to, &key).is_some() {
            return Err(InvalidAttribute::Duplicate { applies_to, key });
        }
        let retired = (applies_to, key);
        if !self.retired.contains(&retired) {
            self.retired.push(retired);
        }
        Ok(self)
    }

    /// Takes over definitions that exist with another type, as [`Attribute::taking_over`] does, for
    /// all attributes of the set.
    #[must_use]
    pub fn taking_over(mut self) -> Self {
        self.attributes = self.attributes.into_iter().map(Attribute::taking_over).collect();
        self
    }

    /// Returns the attributes, in the order in which agents see them.
    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter()
    }

    /// Returns the attributes of contacts or of conversations.
    pub fn of(&self, applies_to: AppliesTo) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(move |attribute| attribute.applies_to() == applies_to)
    }

    /// Returns one attribute.
    pub fn get(&self, applies_to: AppliesTo, key: &str) -> Option<&Attribute> {
        self.of(applies_to).find(|attribute| attribute.key() == key)
    }

    /// Returns the set that a store has: without the tier if it has no tiers, and without the
    /// attributes that need a cart if the host has no carts.
    #[must_use]
    pub fn for_store(&self, store: &Store, has_carts: bool) -> Self {
        let had = self.attributes.iter().filter(|it| it.is_had_by(store, has_carts));
        Self { attributes: had.cloned().collect(), retired: self.retired.clone() }
    }

    /// Keeps the attributes for which the closure returns true.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Attribute) -> bool) {
        self.attributes.retain(keep);
    }

    /// Returns the number of recent orders that the values are computed from.
    pub fn recent_orders(&self, applies_to: AppliesTo) -> usize {
        self.of(applies_to).map(Attribute::recent_orders).max().unwrap_or_default()
    }

    /// Returns a customer's values to write; those of retired attributes are null.
    pub fn values(&self, applies_to: AppliesTo, input: &AttributeInput<'_>) -> Attributes {
        let values = self.of(applies_to).map(|it| (it.key().to_owned(), it.value(input)));
        let retired = self.retired_of(applies_to).map(|key| (key.to_owned(), Value::Null));
        values.chain(retired).collect()
    }

    /// Returns the keys that are written: those of [`AttributeSet::values`].
    pub(crate) fn keys(&self, applies_to: AppliesTo) -> impl Iterator<Item = &str> {
        self.of(applies_to).map(Attribute::key).chain(self.retired_of(applies_to))
    }

    /// Returns every key that may have been written to a contact, with any set: those of this set
    /// and of the standard one. They are removed from a contact that is made anonymous.
    pub(crate) fn contact_keys_ever(&self) -> Vec<String> {
        let standard = Self::standard();
        let of = AppliesTo::Contact;
        let mut keys: Vec<String> =
            self.keys(of).chain(standard.keys(of)).map(str::to_owned).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub(super) fn is_retired(&self, applies_to: AppliesTo, key: &str) -> bool {
        self.retired_of(applies_to).any(|retired| retired == key)
    }

    fn retired_of(&self, applies_to: AppliesTo) -> impl Iterator<Item = &str> {
        let retired = self.retired.iter().filter(move |(of, _)| *of == applies_to);
        retired.map(|(_, key)| key.as_str())
    }

    /// Returns a customer's values with the declared names, for a page. Attributes without a value
    /// are left out.
    ///
    /// ```
    /// use store_context::attributes::{AttributeInput, AttributeSet};
    ///
    /// # fn example(input: &AttributeInput<'_>) {
    /// for shown in AttributeSet::standard().shown(input) {
    ///     println!("{}: {}", shown.name, shown.value);
    /// }
    /// # }
    /// ```
    pub fn shown(&self, input: &AttributeInput<'_>) -> Vec<ShownAttribute> {
        let shown = self.iter().map(|attribute| ShownAttribute {
            applies_to: attribute.applies_to(),
            key: attribute.key().to_owned(),
            name: attribute.name().to_owned(),
            value_type: attribute.value_type().display_type().as_str().to_owned(),
            value: attribute.value(input),
            standard: attribute.is_standard(),
        });
        shown.filter(|shown| !shown.value.is_null()).collect()
    }
}

/// A customer's value of an attribute, for a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownAttribute {
    /// What the attribute belongs to.
    pub applies_to: AppliesTo,
    /// The key in Chatwoot.
    pub key: String,
    /// The declared name.
    pub name: String,
    /// The type, by Chatwoot's name: `text`, `number`, `currency`, `percent`, `link`, `date`, `list`
    /// or `checkbox`.
    #[serde(rename = "type")]
    pub value_type: String,
    /// The value.
    pub value: Value,
    /// Whether it is one of the standard set: a page that shows orders and cart shows it already.
    pub standard: bool,
}

fn check_key(applies_to: AppliesTo, key: &str) -> Result<(), InvalidAttribute> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(fits) {
        return Err(InvalidAttribute::Key(key.to_owned()));
    }
    match reserved_by(applies_to, key) {
        Some(by) => Err(InvalidAttribute::Reserved { applies_to, key: key.to_owned(), by }),
        None => Ok(()),
    }
}
