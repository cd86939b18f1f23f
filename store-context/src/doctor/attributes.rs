//! The check of the custom attributes' definitions.

use super::finding::{Checked, Found};
use super::run::Patient;
use crate::attributes::DefinitionAction;

impl Patient<'_> {
    pub(super) async fn attributes(&self) -> Checked {
        let store = &self.record().await?.store;
        let account = self.account().await?;
        let definitions = account.attribute_definitions();
        let known = definitions.list(None).deadline(self.deadline()).await?;
        let declared = self.doctor.ports.attributes_of(store);
        let (mut missing, mut differing, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        let mut defined = 0;
        for change in declared.definition_changes(&known, store) {
            match &change.action {
                DefinitionAction::Create(_) => missing.push(change.key),
                DefinitionAction::Change { .. } => differing.push(change.key),
                DefinitionAction::Conflict(_) => conflicts.push(change.to_string()),
                DefinitionAction::Unchanged(_) => defined += 1,
                DefinitionAction::Orphan { .. } => {}
            }
        }
        let mut text = Vec::new();
        if !missing.is_empty() {
            text.push(format!("not defined: {}", missing.join(", ")));
        }
        if !differing.is_empty() {
            text.push(format!("defined otherwise: {}", differing.join(", ")));
        }
        let advice = if conflicts.is_empty() {
            "provision the store: it defines the attributes as declared"
        } else {
            "declare the attribute with Attribute::taking_over or under another key, then provision \
             the store"
        };
        text.append(&mut conflicts);
        if !text.is_empty() {
            return Err(Found::failed(text.join("; "), advice));
        }
        Ok(Found::passed(format!("{defined} attributes are defined as declared")))
    }
}
