//! Provisions the definitions of the synced attributes.

use chatwoot_client::application::attribute_definitions::{
    AttributeDefinition, AttributeDefinitionPatch, AttributeModel, AttributeType,
    NewAttributeDefinition,
};
use chatwoot_client::types::AttributeDefinitionId;
use chatwoot_client::{Account, Patch};
use serde_json::Value;

use super::plan::{FieldChange, PlanAction, ResourceKind};
use super::{AtStep, ProvisionError, Run, read};
use crate::attributes::{self, Attribute, Display};
use crate::model::{ContactIdentifiers, Store, TierPolicy};

const STEP: &str = "attributes";

/// A definition that provisioning writes.
pub(super) enum PlannedAttribute {
    Create(NewAttributeDefinition),
    Change(AttributeDefinitionId, AttributeDefinitionPatch),
}

impl Run<'_> {
    /// Returns the definitions to write.
    pub(super) async fn plan_attributes(
        &mut self,
        account: Option<&Account>,
    ) -> Result<Vec<PlannedAttribute>, ProvisionError> {
        if self.store.identity.identifiers == ContactIdentifiers::Plain {
            self.plan.warn(PLAIN_IDENTIFIERS.to_owned());
        }
        let mut writes = Vec::new();
        if !self.provisioner.config.steps.attributes {
            return Ok(writes);
        }
        let model = Some(AttributeModel::Contact);
        let list = account.map(|account| account.attribute_definitions().list(model));
        let known = read(list, STEP).await?;
        let (tiers, carts) = (self.store.tiers.as_ref(), &self.provisioner.ports.carts);
        for attribute in attributes::of(tiers.is_some(), carts.is_some()) {
            let wanted = definition(attribute, self.store);
            let action = match known.iter().find(|known| known.key == wanted.key) {
                None => {
                    writes.push(PlannedAttribute::Create(wanted));
                    PlanAction::Create
                }
                Some(is) => {
                    let changes = changes(is, &wanted);
                    if !changes.is_empty() {
                        writes.push(PlannedAttribute::Change(is.id, patch(is, wanted)));
                    }
                    PlanAction::of(changes)
                }
            };
            self.entry(ResourceKind::Attribute, format!("attribute {}", attribute.key), action);
        }
        Ok(writes)
    }

    pub(super) async fn apply_attributes(
        &self,
        account: &Account,
        writes: Vec<PlannedAttribute>,
    ) -> Result<(), ProvisionError> {
        let definitions = account.attribute_definitions();
        for write in &writes {
            match write {
                PlannedAttribute::Create(wanted) => definitions.create(wanted).await.at(STEP)?,
                PlannedAttribute::Change(id, to) => definitions.update(*id, to).await.at(STEP)?,
            };
        }
        Ok(())
    }
}

const PLAIN_IDENTIFIERS: &str = "contacts carry the customers' own ids: a visitor who guesses one \
    becomes that customer's contact (Chatwoot 4.15.1); pseudonyms cannot be guessed";

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

fn changes(is: &AttributeDefinition, wanted: &NewAttributeDefinition) -> Vec<FieldChange> {
    let texts = |list: Vec<Value>| (!list.is_empty()).then(|| Value::Array(list).to_string());
    let values = is.values.iter().flatten().cloned();
    let wanted_values = wanted.values.iter().flatten().map(|text| text.as_str().into());
    let type_of = |it: &AttributeType| Some(it.as_str().to_owned());
    let fields = [
        ("attribute_display_name", is.display_name.clone(), Some(wanted.display_name.clone())),
        ("attribute_description", is.description.clone(), wanted.description.clone()),
        ("attribute_display_type", type_of(&is.display_type), type_of(&wanted.display_type)),
        ("attribute_values", texts(values.collect()), texts(wanted_values.collect())),
    ];
    let differing = fields.into_iter().filter(|(_, from, to)| from != to);
    differing.map(|(field, from, to)| FieldChange::new(field, from, to)).collect()
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
