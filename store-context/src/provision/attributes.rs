//! Provisions the definitions of the store's attributes.

use chatwoot_client::Account;
use chatwoot_client::application::attribute_definitions::{
    AttributeDefinitionPatch, NewAttributeDefinition,
};
use chatwoot_client::types::AttributeDefinitionId;

use super::orphans::Orphan;
use super::plan::{FieldChange, PlanAction, ResourceKind};
use super::{AtStep, ProvisionError, Run, read};
use crate::attributes::DefinitionAction;
use crate::model::ContactIdentifiers;

const STEP: &str = "attributes";

/// A definition that provisioning writes.
pub(super) enum PlannedAttribute {
    Create(Box<NewAttributeDefinition>),
    Change(AttributeDefinitionId, Box<AttributeDefinitionPatch>),
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
        let list = account.map(|account| account.attribute_definitions().list(None));
        let known = read(list, STEP).await?;
        let declared = self.provisioner.ports.attributes_of(self.store);
        for change in declared.definition_changes(&known, self.store) {
            let what = format!("{} attribute {}", change.applies_to, change.key);
            let action = match change.action {
                DefinitionAction::Create(new) => {
                    writes.push(PlannedAttribute::Create(new));
                    PlanAction::Create
                }
                DefinitionAction::Change { id, fields, patch } => {
                    writes.push(PlannedAttribute::Change(id, patch));
                    let fields = fields.into_iter();
                    let fields = fields.map(|it| FieldChange::new(it.field, it.is, it.declared));
                    PlanAction::Change(fields.collect())
                }
                DefinitionAction::Unchanged(_) => PlanAction::Unchanged,
                DefinitionAction::Conflict(conflict) => PlanAction::Conflict(format!(
                    "{conflict}: declare it with Attribute::taking_over, or under another key"
                )),
                DefinitionAction::Orphan { id, retired: true } => {
                    self.orphan(what, Orphan::Attribute(id));
                    continue;
                }
                // Somebody else's.
                DefinitionAction::Orphan { retired: false, .. } => continue,
            };
            self.entry(ResourceKind::Attribute, what, action);
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
