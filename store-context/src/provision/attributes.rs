//! Provisions the definitions of the synced attributes.

use chatwoot_client::application::attribute_definitions::{
    AttributeDefinition, AttributeDefinitionPatch, AttributeModel, AttributeType,
    NewAttributeDefinition,
};
use chatwoot_client::{Account, Patch};
use serde_json::Value;

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run};
use crate::attributes::{self, Attribute, Display};
use crate::model::{ContactIdentifiers, Store, TierPolicy};

impl Run<'_> {
    pub(super) async fn attributes(&mut self, account: &Account) -> Result<(), ProvisionError> {
        const STEP: &str = "attributes";
        let definitions = account.attribute_definitions();
        let known = definitions.list(Some(AttributeModel::Contact)).await.at(STEP)?;
        for wanted in wanted_definitions(self.store, self.provisioner.ports.carts.is_some()) {
            let key = wanted.key.clone();
            let is = known.iter().find(|known| known.key == wanted.key);
            let outcome = match is {
                None => {
                    definitions.create(&wanted).await.at(STEP)?;
                    StepOutcome::Created
                }
                Some(is) if is_same_definition(is, &wanted) => StepOutcome::Unchanged,
                Some(is) => {
                    definitions.update(is.id, &patch(is, wanted)).await.at(STEP)?;
                    StepOutcome::Changed
                }
            };
            self.done(format!("attribute {key}"), outcome);
        }
        if self.store.identity.identifiers == ContactIdentifiers::Plain {
            self.report.warn(PLAIN_IDENTIFIERS.to_owned());
        }
        Ok(())
    }
}

const PLAIN_IDENTIFIERS: &str = "contacts carry the customers' own ids: a visitor who guesses one \
    becomes that customer's contact (Chatwoot 4.15.1); pseudonyms cannot be guessed";

/// Returns the definitions that a store's account needs.
pub(crate) fn wanted_definitions(store: &Store, carts: bool) -> Vec<NewAttributeDefinition> {
    let declared = attributes::of(store.tiers.is_some(), carts);
    declared.map(|attribute| definition(attribute, store)).collect()
}

fn definition(attribute: &Attribute, store: &Store) -> NewAttributeDefinition {
    let (display_type, values) = match attribute.display {
        Display::Text => (AttributeType::Text, None),
        Display::Number => (AttributeType::Number, None),
        Display::Date => (AttributeType::Date, None),
        Display::Tier => {
            let names = store.tiers.iter().flat_map(TierPolicy::names).map(str::to_owned);
            (AttributeType::List, Some(names.collect()))
        }
    };
    NewAttributeDefinition {
        key: attribute.key.to_owned(),
        display_name: attribute.name.to_owned(),
        description: Some(attribute.description.to_owned()),
        display_type,
        model: AttributeModel::Contact,
        values,
        ..NewAttributeDefinition::default()
    }
}

/// Returns whether a definition is as wanted.
pub(crate) fn is_same_definition(
    is: &AttributeDefinition,
    wanted: &NewAttributeDefinition,
) -> bool {
    let listed = wanted.values.iter().flatten().map(String::as_str);
    is.display_name.as_ref() == Some(&wanted.display_name)
        && is.description == wanted.description
        && is.display_type == wanted.display_type
        && is.values.iter().flatten().map(Value::as_str).eq(listed.map(Some))
}

fn patch(is: &AttributeDefinition, wanted: NewAttributeDefinition) -> AttributeDefinitionPatch {
    // A definition that was a list still has its values.
    let no_values = if is.values.as_ref().is_some_and(|values| !values.is_empty()) {
        Patch::Set(Vec::new())
    } else {
        Patch::Keep
    };
    AttributeDefinitionPatch {
        display_name: Patch::Set(wanted.display_name),
        description: Patch::from_wanted(wanted.description),
        display_type: Patch::Set(wanted.display_type),
        values: wanted.values.map_or(no_values, Patch::Set),
        ..AttributeDefinitionPatch::default()
    }
}
