//! The check of the custom attributes' definitions.

use chatwoot_client::application::attribute_definitions::AttributeModel;

use super::finding::{Checked, Found};
use super::run::Patient;
use crate::provision::{is_same_definition, wanted_definitions};

impl Patient<'_> {
    pub(super) async fn attributes(&self) -> Checked {
        let store = &self.record().await?.store;
        let account = self.account().await?;
        let definitions = account.attribute_definitions();
        let known = definitions.list(Some(AttributeModel::Contact));
        let known = known.deadline(self.deadline()).await?;
        let wanted = wanted_definitions(store, self.doctor.ports.carts.is_some());
        let (mut missing, mut differing) = (Vec::new(), Vec::new());
        for wanted in &wanted {
            match known.iter().find(|known| known.key == wanted.key) {
                None => missing.push(wanted.key.as_str()),
                Some(is) if !is_same_definition(is, wanted) => differing.push(wanted.key.as_str()),
                Some(_) => {}
            }
        }
        let mut text = Vec::new();
        if !missing.is_empty() {
            text.push(format!("not defined: {}", missing.join(", ")));
        }
        if !differing.is_empty() {
            text.push(format!("defined otherwise: {}", differing.join(", ")));
        }
        if !text.is_empty() {
            let advice = "provision the store: it defines the attributes as declared";
            return Err(Found::failed(text.join("; "), advice));
        }
        Ok(Found::passed(format!("{} attributes are defined as declared", wanted.len())))
    }
}
