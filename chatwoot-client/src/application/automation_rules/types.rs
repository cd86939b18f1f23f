//! Types of the automation rule operations: responses and request bodies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::FilterOperator;
use crate::application::attribute_definitions::AttributeModel;
use crate::application::automation_rules::{Action, ActionFile};
use crate::types::Patch;
use crate::types::Time;
use crate::types::{AccountId, AutomationRuleId};
use crate::types::{Extra, NullAsEmpty, open_enum};

open_enum! {
    /// The event that triggers a rule.
    pub enum RuleEvent {
        /// A conversation was created.
        ConversationCreated = "conversation_created",
        /// A conversation was updated.
        ConversationUpdated = "conversation_updated",
        /// A conversation was opened.
        ConversationOpened = "conversation_opened",
        /// A conversation was resolved.
        ConversationResolved = "conversation_resolved",
        /// A message was created.
        MessageCreated = "message_created",
    }
}

impl Default for RuleEvent {
    /// Returns [`RuleEvent::ConversationCreated`].
    fn default() -> Self {
        Self::ConversationCreated
    }
}

/// A rule as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AutomationRule {
    /// Its id.
    pub id: AutomationRuleId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The event that triggers it.
    pub event_name: RuleEvent,
    /// Its conditions.
    #[serde(default)]
    pub conditions: NullAsEmpty<Vec<RuleCondition>>,
    /// The actions it takes.
    #[serde(default)]
    pub actions: NullAsEmpty<Vec<Action>>,
    /// Whether it is active.
    pub active: Option<bool>,
    /// When it was created.
    pub created_on: Option<Time>,
    /// The files it sends; absent if there are none.
    pub files: Option<Vec<ActionFile>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleCondition {
    /// The attribute that is compared, such as `status` or a custom attribute's key.
    pub attribute_key: String,
    /// The comparison; the server also stores conditions without one, which are never met.
    pub filter_operator: Option<FilterOperator>,
    /// The values it is compared with, usually a list.
    #[serde(default)]
    pub values: Value,
    /// How it is joined to the next condition: `AND` or `OR`; `None` on the last one.
    pub query_operator: Option<String>,
    /// Fields that this version of the client does not name; `custom_attribute_type` for a custom
    /// attribute.
    #[serde(flatten)]
    pub extra: Extra,
}

impl RuleCondition {
    /// Creates a condition that is the last or only one.
    pub fn new<V: Into<Value>>(
        attribute: impl Into<String>,
        operator: FilterOperator,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            attribute_key: attribute.into(),
            filter_operator: Some(operator),
            values: Value::Array(values.into_iter().map(Into::into).collect()),
            query_operator: None,
            extra: Extra::new(),
        }
    }

    /// Requires the next condition as well.
    #[must_use]
    pub fn and(mut self) -> Self {
        self.query_operator = Some("AND".into());
        self
    }

    /// Accepts the next condition as an alternative.
    #[must_use]
    pub fn or(mut self) -> Self {
        self.query_operator = Some("OR".into());
        self
    }

    /// Compares a custom attribute, of conversations or of contacts.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "enums are taken by value")]
    pub fn custom(mut self, of: AttributeModel) -> Self {
        self.extra.insert("custom_attribute_type".into(), of.as_str().into());
        self
    }
}

/// A rule to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAutomationRule {
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The event that triggers it.
    pub event_name: RuleEvent,
    /// Its conditions; each but the last one says how it is joined to the next.
    pub conditions: Vec<RuleCondition>,
    /// The actions it takes.
    pub actions: Vec<Action>,
    /// Whether it is active; the server's default is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

impl NewAutomationRule {
    /// Creates a rule without conditions and actions.
    pub fn new(name: impl Into<String>, event: RuleEvent) -> Self {
        Self { name: name.into(), event_name: event, ..Self::default() }
    }
}

/// The changes to make to a rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AutomationRulePatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The event that triggers it.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub event_name: Patch<RuleEvent>,
    /// Its conditions, which replace all present ones.
    #[serde(rename = "conditions", skip_serializing_if = "Patch::is_keep")]
    pub replace_conditions: Patch<Vec<RuleCondition>>,
    /// Its actions, which replace all present ones.
    #[serde(rename = "actions", skip_serializing_if = "Patch::is_keep")]
    pub replace_actions: Patch<Vec<Action>>,
    /// Whether it is active.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub active: Patch<bool>,
}
