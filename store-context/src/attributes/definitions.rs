//! The definitions of a set in Chatwoot: what has to be created or changed, and what must not be.

use std::fmt;

use chatwoot_client::Patch;
use chatwoot_client::application::attribute_definitions::{
    AttributeDefinition, AttributeDefinitionPatch, AttributeType, NewAttributeDefinition,
};
use chatwoot_client::types::AttributeDefinitionId;
use serde_json::Value;

use super::attribute::{AppliesTo, Attribute};
use super::set::AttributeSet;
use crate::model::Store;

/// What is to be done for the definition of one key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DefinitionChange {
    /// What the attribute belongs to.
    pub applies_to: AppliesTo,
    /// The key.
    pub key: String,
    /// What is to be done.
    pub action: DefinitionAction,
}

/// What is to be done for a definition.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DefinitionAction {
    /// The definition is missing.
    Create(Box<NewAttributeDefinition>),
    /// The definition differs.
    Change {
        /// The definition.
        id: AttributeDefinitionId,
        /// The fields that differ.
        fields: Vec<DefinitionField>,
        /// The change.
        patch: Box<AttributeDefinitionPatch>,
    },
    /// The definition is as declared.
    Unchanged(AttributeDefinitionId),
    /// The definition differs in a way that is not changed unless the host says so.
    Conflict(DefinitionConflict),
    /// The definition is not declared for the store. It is left as it is.
    Orphan {
        /// The definition.
        id: AttributeDefinitionId,
        /// Whether this set or the standard one declared it once; any other was made by somebody
        /// else.
        retired: bool,
    },
}

/// A field of a definition that differs from the declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefinitionField {
    /// The field, by Chatwoot's name: `attribute_key`, `attribute_display_name`,
    /// `attribute_description`, `attribute_display_type` or `attribute_values`.
    pub field: &'static str,
    /// The value in Chatwoot; a list as JSON.
    pub is: Option<String>,
    /// The declared value; a list as JSON.
    pub declared: Option<String>,
}

/// A definition that is not changed unless the host says so with
/// [`Attribute::taking_over`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DefinitionConflict {
    /// The key has another type, and values of that type may exist.
    Type {
        /// The definition.
        id: AttributeDefinitionId,
        /// The type in Chatwoot.
        is: AttributeType,
        /// The declared type.
        declared: AttributeType,
    },
    /// The key exists for the other kind of record, and is not declared for that.
    Model {
        /// The definition.
        id: AttributeDefinitionId,
        /// What it belongs to.
        is: AppliesTo,
    },
}

impl AttributeSet {
    /// Compares the definitions that an account has with those that the set declares for a store,
    /// and returns what is to be done: first the declared attributes in their order, then the
    /// orphans. Nothing is sent.
    ///
    /// The set is the store's ([`AttributeSet::for_store`]); `known` are the account's definitions
    /// of all kinds.
    ///
    /// A definition of another type is changed only if every value of its type is one of the
    /// declared type too (any is a text; numbers, amounts and percentages are numbers), if the host
    /// takes it over, or if it is one of the standard set with its name and description, which
    /// somebody altered; otherwise it is a conflict.
    ///
    /// ```
    /// use store_context::attributes::{AttributeSet, DefinitionAction};
    /// # use store_context::chatwoot::Account;
    /// # use store_context::model::Store;
    ///
    /// # async fn example(account: Account, store: Store) -> Result<(), store_context::chatwoot::Error> {
    /// let known = account.attribute_definitions().list(None).await?;
    /// let declared = AttributeSet::standard().for_store(&store, true);
    /// for change in declared.definition_changes(&known, &store) {
    ///     if !matches!(change.action, DefinitionAction::Unchanged(_)) {
    ///         println!("{change}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn definition_changes(
        &self,
        known: &[AttributeDefinition],
        store: &Store,
    ) -> Vec<DefinitionChange> {
        let mut renamed = Vec::new();
        let mut changes = Vec::new();
        for attribute in self.iter() {
            let (applies_to, key) = (attribute.applies_to(), attribute.key().to_owned());
            let is = find(known, applies_to, &key).or_else(|| {
                let mut previous = attribute.previous_keys().iter();
                let previous = previous.find_map(|key| find(known, applies_to, key));
                renamed.extend(previous.map(|is| is.id));
                previous
            });
            let action = self.action(attribute, is, known, store);
            changes.push(DefinitionChange { applies_to, key, action });
        }
        let standard = Self::standard();
        for is in known {
            let Some(applies_to) = AppliesTo::of_model(&is.model) else { continue };
            if self.get(applies_to, &is.key).is_none() && !renamed.contains(&is.id) {
                let retired = self.is_retired(applies_to, &is.key)
                    || standard.get(applies_to, &is.key).is_some_and(|it| is_made_from(is, it));
                let action = DefinitionAction::Orphan { id: is.id, retired };
                changes.push(DefinitionChange { applies_to, key: is.key.clone(), action });
            }
        }
        changes
    }

    fn action(
        &self,
        attribute: &Attribute,
        is: Option<&AttributeDefinition>,
        known: &[AttributeDefinition],
        store: &Store,
    ) -> DefinitionAction {
        let declared = definition(attribute, store);
        let Some(is) = is else {
            let elsewhere = || self.undeclared_elsewhere(attribute, known);
            return match elsewhere().filter(|_| !attribute.takes_over()) {
                Some(conflict) => DefinitionAction::Conflict(conflict),
                None => DefinitionAction::Create(Box::new(declared)),
            };
        };
        let altered = attribute.is_standard() && is_made_from(is, attribute);
        if !(widens(&is.display_type, &declared.display_type) || altered || attribute.takes_over())
        {
            let (id, is) = (is.id, is.display_type.clone());
            let declared = declared.display_type;
            return DefinitionAction::Conflict(DefinitionConflict::Type { id, is, declared });
        }
        let fields = differing(is, &declared);
        if fields.is_empty() {
            return DefinitionAction::Unchanged(is.id);
        }
        DefinitionAction::Change { id: is.id, fields, patch: Box::new(patch(is, declared)) }
    }

    /// Returns the definition of the key for the other kind of record, if the set knows nothing of
    /// it.
    fn undeclared_elsewhere(
        &self,
        attribute: &Attribute,
        known: &[AttributeDefinition],
    ) -> Option<DefinitionConflict> {
        let other = match attribute.applies_to() {
            AppliesTo::Contact => AppliesTo::Conversation,
            AppliesTo::Conversation => AppliesTo::Contact,
        };
        let key = attribute.key();
        let there = find(known, other, key)?;
        let is_known = self.get(other, key).is_some() || self.is_retired(other, key);
        (!is_known).then_some(DefinitionConflict::Model { id: there.id, is: other })
    }
}

impl DefinitionChange {
    /// Returns whether the definition cannot be provisioned.
    pub const fn is_conflict(&self) -> bool {
        matches!(self.action, DefinitionAction::Conflict(_))
    }
}

impl fmt::Display for DefinitionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { applies_to, key, action } = self;
        match action {
            DefinitionAction::Create(_) => write!(f, "create {applies_to} attribute `{key}`"),
            DefinitionAction::Change { fields, .. } => {
                let fields: Vec<&str> = fields.iter().map(|it| it.field).collect();
                write!(f, "change {applies_to} attribute `{key}`: {}", fields.join(", "))
            }
            DefinitionAction::Unchanged(_) => {
                write!(f, "{applies_to} attribute `{key}` is as declared")
            }
            DefinitionAction::Conflict(conflict) => {
                write!(f, "{applies_to} attribute `{key}` {conflict}")
            }
            DefinitionAction::Orphan { retired: true, .. } => {
                write!(f, "{applies_to} attribute `{key}` is not declared any more")
            }
            DefinitionAction::Orphan { retired: false, .. } => {
                write!(f, "{applies_to} attribute `{key}` is not declared")
            }
        }
    }
}

impl fmt::Display for DefinitionConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { is, declared, .. } => {
                write!(f, "is a {is} in Chatwoot, declared {declared}")
            }
            Self::Model { is, .. } => write!(f, "is a {is} attribute in Chatwoot"),
        }
    }
}

fn find<'a>(
    known: &'a [AttributeDefinition],
    applies_to: AppliesTo,
    key: &str,
) -> Option<&'a AttributeDefinition> {
    known.iter().find(|is| is.key == key && is.model == applies_to.model())
}

fn definition(attribute: &Attribute, store: &Store) -> NewAttributeDefinition {
    NewAttributeDefinition {
        key: attribute.key().to_owned(),
        display_name: attribute.name().to_owned(),
        description: attribute.description_text().map(str::to_owned),
        display_type: attribute.value_type().display_type(),
        model: attribute.applies_to().model(),
        values: attribute.value_type().choices(store),
        ..NewAttributeDefinition::default()
    }
}

/// Returns whether a definition has the name and the description of an attribute.
fn is_made_from(is: &AttributeDefinition, attribute: &Attribute) -> bool {
    is.display_name.as_deref() == Some(attribute.name())
        && is.description.as_deref() == attribute.description_text()
}

/// Returns whether every value of one type is one of the other too.
fn widens(is: &AttributeType, declared: &AttributeType) -> bool {
    use AttributeType::{Currency, Number, Percent, Text};
    let numeric = |kind: &AttributeType| matches!(kind, Number | Currency | Percent);
    is == declared || *declared == Text || (numeric(is) && numeric(declared))
}

fn differing(is: &AttributeDefinition, declared: &NewAttributeDefinition) -> Vec<DefinitionField> {
    let list = |values: Vec<Value>| (!values.is_empty()).then(|| Value::Array(values).to_string());
    let choices = declared.values.iter().flatten().map(|choice| choice.as_str().into());
    // The server stores a name without the spaces around it.
    let name = declared.display_name.trim().to_owned();
    // A declaration without a description leaves it to the agents.
    let description = declared.description.as_ref().or(is.description.as_ref()).cloned();
    let type_of = |it: &AttributeType| Some(it.as_str().to_owned());
    let fields = [
        ("attribute_key", Some(is.key.clone()), Some(declared.key.clone())),
        ("attribute_display_name", is.display_name.clone(), Some(name)),
        ("attribute_description", is.description.clone(), description),
        ("attribute_display_type", type_of(&is.display_type), type_of(&declared.display_type)),
        (
            "attribute_values",
            list(is.values.iter().flatten().cloned().collect()),
            list(choices.collect()),
        ),
    ];
    let differing = fields.into_iter().filter(|(_, is, declared)| is != declared);
    differing.map(|(field, is, declared)| DefinitionField { field, is, declared }).collect()
}

fn patch(is: &AttributeDefinition, declared: NewAttributeDefinition) -> AttributeDefinitionPatch {
    // A definition that was a list still has its values.
    let no_values = if is.values.as_ref().is_some_and(|values| !values.is_empty()) {
        Patch::Set(Vec::new())
    } else {
        Patch::Keep
    };
    let key = if is.key == declared.key { Patch::Keep } else { Patch::Set(declared.key) };
    AttributeDefinitionPatch {
        key,
        display_name: Patch::Set(declared.display_name),
        description: declared.description.map_or(Patch::Keep, Patch::Set),
        display_type: Patch::Set(declared.display_type),
        values: declared.values.map_or(no_values, Patch::Set),
        ..AttributeDefinitionPatch::default()
    }
}
