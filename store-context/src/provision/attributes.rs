//! Provisions the definitions of the store's attributes.

use chatwoot_client::Account;

use super::report::StepOutcome;
use super::{AtStep, ProvisionError, Run};
use crate::attributes::DefinitionAction;
use crate::model::ContactIdentifiers;

impl Run<'_> {
    /// Creates and changes the definitions; nothing is sent if one of them cannot be provisioned.
    pub(super) async fn attributes(&mut self, account: &Account) -> Result<(), ProvisionError> {
        const STEP: &str = "attributes";
        let definitions = account.attribute_definitions();
        let known = definitions.list(None).await.at(STEP)?;
        let declared = self.provisioner.ports.attributes_of(self.store);
        let changes = declared.definition_changes(&known, self.store);
        if changes.iter().any(|change| change.is_conflict()) {
            let conflicts = changes.into_iter().filter(|change| change.is_conflict()).collect();
            return Err(ProvisionError::AttributeConflicts(conflicts));
        }
        for change in changes {
            let outcome = match &change.action {
                DefinitionAction::Create(new) => {
                    definitions.create(new).await.at(STEP)?;
                    StepOutcome::Created
                }
                DefinitionAction::Change { id, patch, .. } => {
                    definitions.update(*id, patch).await.at(STEP)?;
                    StepOutcome::Changed
                }
                DefinitionAction::Unchanged(_) => StepOutcome::Unchanged,
                DefinitionAction::Orphan { retired: true, .. } => {
                    self.report.warn(format!("{change}: an administrator can delete it"));
                    continue;
                }
                DefinitionAction::Orphan { retired: false, .. } | DefinitionAction::Conflict(_) => {
                    continue;
                }
            };
            self.done(format!("attribute {}", change.key), outcome);
        }
        if self.store.identity.identifiers == ContactIdentifiers::Plain {
            self.report.warn(PLAIN_IDENTIFIERS.to_owned());
        }
        Ok(())
    }
}

const PLAIN_IDENTIFIERS: &str = "contacts carry the customers' own ids: a visitor who guesses one \
    becomes that customer's contact (Chatwoot 4.15.1); pseudonyms cannot be guessed";
